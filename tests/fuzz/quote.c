/* A seed is a root and a quote: length of the PEM 2, PEM, quote. Whatever is
 * accepted is accepted again and alike, is of the anchor's kind, and has no
 * byte to spare but zeros. Seeds: tests/attest/quote_seeds.c. */

#include <stdint.h>
#include <stdlib.h>

#include "attest/attest.h"
#include "base/cursor.h"

#define NOW 1750000000u /* within the seeds' validity */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_accepted(struct bytes quote,
                           const struct attest_anchor *anchor,
                           const struct attest_identity *id)
{
    struct attest_identity again;
    AUTO_CLEAR_BUFFER longer = buffer_make(quote.len + 1);
    if ((id->kind != (API_KIND_SGX | API_KIND_SIMULATED) &&
         id->kind != (API_KIND_TDX | API_KIND_SIMULATED)) ||
        id->tcb != API_TCB_UNEVALUATED ||
        !hash_equal(&id->anchor, &anchor->spki))
        abort();
    struct attest_question asked = attest_ask(quote, anchor, 1, NOW);
    if (failed(attest_verify(&asked, &again, NULL)) ||
        memcmp(&again.tdx, &id->tdx, sizeof(id->tdx)) != 0 ||
        memcmp(again.report_data, id->report_data, 64) != 0)
        abort();
    buffer_put(&longer, quote);
    buffer_put_u8(&longer, 1);
    asked.evidence = buffer_bytes(&longer);
    if (failed(buffer_status(&longer)) ||
        !failed(attest_verify(&asked, &again, NULL)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor in = cursor_of(bytes_of(data, size));
    struct bytes pem = cursor_take(&in, cursor_u16(&in));
    struct bytes quote = bytes_of(in.at, in.left);
    struct attest_anchor anchor;
    struct attest_identity id;
    struct reason why = { "" };
    if (in.broken ||
        failed(attest_anchor_read(pem, "seed", true, &anchor, NULL)))
        return 0;
    struct attest_question asked = attest_ask(quote, &anchor, 1, NOW);
    struct status s = attest_verify(&asked, &id, &why);
    if (!failed(s))
        check_accepted(quote, &anchor, &id);
    else if (s.code != STATUS_DENIED || why.text[0] == '\0')
        abort();
    return 0;
}
