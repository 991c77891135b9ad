/* What DSM's clients write, and names of apps in a workflow: the first byte
 * says which. What is read is written back the same way, but for the case of
 * an id's digits. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "broker/dsm_words.h"
#include "ca/ca.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void key_name(struct bytes text)
{
    char name[DSM_KEY_NAME_LEN + 1];
    struct api_id id, again;
    if (!dsm_key_dataset(text, &id))
        return;
    dsm_key_name(&id, name);
    if (!dsm_key_dataset(bytes_of_string(name), &again) ||
        !api_id_equal(&id, &again))
        abort();
}

static void workflow_name(struct bytes text)
{
    char name[CA_NAME_MAX + 1], object[CA_NAME_MAX + 1] = "", id_text[37] = "";
    char again[CA_NAME_MAX + 1];
    struct api_id id;
    if (text.len > CA_NAME_MAX || memchr(text.at, 0, text.len))
        return;
    memcpy(name, text.at, text.len);
    name[text.len] = '\0';
    if (!ca_workflow_name_is(name, "a.b"))
        return;
    size_t label = strcspn(name, ".");
    memcpy(object, name, label);
    memcpy(id_text, name + label + 1, 36);
    if (failed(ca_name_check(text, NULL)) ||
        failed(api_id_parse(bytes_of_string(id_text), &id)) ||
        failed(ca_workflow_name_write(object, &id, "a.b", again)) ||
        strcmp(name, again) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct api_id id;
    if (size == 0)
        return 0;
    struct bytes text = bytes_of(data + 1, size - 1);
    if (data[0] == 'b')
        (void)dsm_basic(text, &id);
    else if (data[0] == 'k')
        key_name(text);
    else
        workflow_name(text);
    return 0;
}
