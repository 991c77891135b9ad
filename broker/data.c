#include "broker/data.h"

#include "base/text.h"

#define LABELS_MAX           64
#define LONG_DESCRIPTION_MAX 16384 /* as the product says */

/* A query string often is a key: it would lie in records and leaves. */
static struct status check_location(struct exchange *x, const char *location)
{
    bool fits = true;
    for (const char *at = location; at && *at; at++)
        fits = fits && (unsigned char)*at > 0x20 && *at != 0x7f && *at != '?' &&
               *at != '#';
    if (!fits)
        return product_refuse(x, 400, "INVALID_VALUE",
                              "location: without query string, fragment and "
                              "blanks; a query string belongs into "
                              "credentials.contents");
    return OK;
}

struct status data_read(struct exchange *x, bool all)
{
    const char *name = NULL, *location = NULL, *text;
    const json_t *labels;
    TRY(PRODUCT_ONLY(x, "name", "description", "labels", "location",
                     "credentials", "metadata", "long_description",
                     "group_id"));
    TRY(PRODUCT_NOT_BUILT(x, "metadata"));
    TRY(product_group(x));
    TRY(product_text_optional(x, "name", POLICY_NAME_MAX, &name));
    TRY(product_text_optional(x, "location", API_LOCATION_MAX, &location));
    if (all || name) {
        TRY(product_text(x, "name", POLICY_NAME_MAX, &name));
        if (failed(policy_name_check(name, &x->why)))
            return product_refuse(x, 400, "INVALID_NAME",
                                  "name: without control characters");
    }
    if (all || location)
        TRY(product_text(x, "location", API_LOCATION_MAX, &location));
    TRY(check_location(x, location));
    TRY(product_text_optional(x, "description", LONG_DESCRIPTION_MAX, &text));
    TRY(product_text_optional(x, "long_description", LONG_DESCRIPTION_MAX,
                              &text));
    return product_labels(x, "labels", LABELS_MAX, &labels);
}

struct status data_take_contents(struct exchange *x, struct secret **out)
{
    AUTO_FREE(secret) taken = NULL;
    const json_t *credentials = json_object_get(x->body, "credentials");
    const json_t *contents = json_object_get(credentials, "contents");
    if (json_object_size(credentials) != 1 || !json_is_string(contents))
        return product_refuse(x, 400, "INVALID_VALUE",
                              "credentials: expected {\"contents\": text}");
    struct bytes text =
        bytes_of(json_string_value(contents), json_string_length(contents));
    struct status s = text.len > 0 && text.len <= 2 * API_CREDENTIAL_MAX
                          ? base64_decode_secret(text, &taken)
                          : failure(STATUS_INVALID, "contents", 0);
    (void)json_object_del(x->body, "credentials"); /* wiped: api/json.h */
    if (s.code == STATUS_INVALID ||
        (taken && secret_expose(taken).len > API_CREDENTIAL_MAX))
        return product_refuse(x, 400, "INVALID_VALUE",
                              "credentials.contents: expected 1 to %d bytes in "
                              "base64, of the standard alphabet, with padding",
                              API_CREDENTIAL_MAX);
    TRY(s);
    *out = TAKE(taken);
    return OK;
}
