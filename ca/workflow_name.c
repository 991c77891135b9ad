#include "ca/name.h"

#include <stdio.h>

#include "base/cursor.h"

#define LABEL_MAX 63 /* RFC 1035 section 2.3.4 */

static bool is_lower_or_digit(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_object_label(struct bytes label)
{
    if (label.len == 0 || label.len > LABEL_MAX || label.at[0] == '-' ||
        label.at[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++)
        if (!is_lower_or_digit(label.at[i]) && label.at[i] != '-')
            return false;
    return true;
}

/* Canonical: as api_id_text() writes it. */
static bool is_id(struct bytes label)
{
    struct api_id id;
    char again[API_ID_TEXT];
    if (failed(api_id_parse(label, &id)))
        return false;
    api_id_text(&id, again);
    return bytes_equal(label, bytes_of_string(again));
}

bool ca_workflow_name_is(const char *name, const char *domain)
{
    struct bytes text = bytes_of_string(name);
    const unsigned char *dot = memchr(text.at, '.', text.len);
    if (!dot)
        return false;
    size_t label = (size_t)(dot - text.at);
    struct cursor in = cursor_of(bytes_of(dot + 1, text.len - label - 1));
    struct bytes id = cursor_take(&in, API_ID_TEXT - 1);
    cursor_expect(&in, bytes_of_string(".workflow."));
    cursor_expect(&in, bytes_of_string(domain));
    return !in.broken && in.left == 0 && is_id(id) &&
           is_object_label(bytes_of(text.at, label));
}

struct status ca_workflow_name_write(const char *object,
                                     const struct api_id *workflow,
                                     const char *domain,
                                     char out[CA_NAME_MAX + 1])
{
    char id[API_ID_TEXT], text[CA_NAME_MAX + 1];
    api_id_text(workflow, id);
    int len =
        snprintf(text, sizeof(text), "%s.%s.workflow.%s", object, id, domain);
    if (len < 0 || (size_t)len >= sizeof(text) ||
        !ca_workflow_name_is(text, domain))
        return failure(STATUS_INVALID, "ca_workflow_name_write", 0);
    memcpy(out, text, sizeof(text));
    return OK;
}
