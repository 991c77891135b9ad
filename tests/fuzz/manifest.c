/* A proposal either has faults or becomes a manifest, and whatever is a
 * manifest can be told, drawn and compared; whatever else is read can be
 * drawn without harm. */

#include <stdint.h>
#include <stdlib.h>

#include "api/api.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXT_MAX ((size_t)16 * 1024 * 1024)

static void draw(const json_t *graph)
{
    AUTO_CLEAR_BUFFER drawing = buffer_make(TEXT_MAX);
    status_ignore(api_graph_draw(graph, false, &drawing)); /* may be no graph */
}

static void compare(const json_t *now, const json_t *before)
{
    AUTO_CLEAR_BUFFER text = buffer_make(TEXT_MAX);
    status_ignore(api_sentences(now, before, NULL, &text)); /* may be neither */
}

static void examine_manifest(struct bytes text)
{
    AUTO_JSON *manifest = NULL;
    AUTO_CLEAR_BUFFER canonical = buffer_make(API_MANIFEST_MAX);
    AUTO_CLEAR_BUFFER sentences = buffer_make(TEXT_MAX);
    if (failed(api_json_read(text, API_MANIFEST_MAX, false, &manifest, NULL)) ||
        failed(api_json_canonical(manifest, &canonical)) ||
        !bytes_equal(buffer_bytes(&canonical), text) ||
        failed(api_sentences(manifest, manifest, NULL, &sentences)))
        abort();
    draw(manifest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_JSON *proposal = NULL, *faults = NULL;
    AUTO_CLEAR_BUFFER text = buffer_make(API_MANIFEST_MAX);
    struct reason why;
    if (failed(api_json_read(bytes_of(data, size), API_MANIFEST_MAX, true,
                             &proposal, &why)))
        return 0;
    draw(proposal);
    compare(proposal, proposal);
    if (failed(api_proposal_check(proposal, &faults)))
        abort();
    bool made = !failed(api_manifest_text(proposal, &text, &why));
    if (made && json_array_size(faults) > 0)
        abort();
    if (made)
        examine_manifest(buffer_bytes(&text));
    return 0;
}
