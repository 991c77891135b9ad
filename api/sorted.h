/* sorted.h - the members of a JSON object by the bytes of their names, and
 * the way to a member that is at fault. For this folder only. */

#ifndef API_SORTED_H
#define API_SORTED_H

#include "api/json.h"

/* Names are borrowed from the object; the list itself is owned. */
struct api_sorted {
    const char **names;
    size_t count;
};

/* memcmp order, a shorter prefix first. Anything but an object has none. */
STATUS api_sorted_names(const json_t *object, struct api_sorted *out);
void api_sorted_clear(struct api_sorted *sorted);

#define AUTO_SORTED __attribute__((cleanup(api_sorted_clear))) struct api_sorted

/* Passes `result` on; when it is a failure, "where: " is put before the
 * sentence in `why`. */
STATUS api_within(struct status result, const char *where, struct reason *why);

/* A member that is there and not null, else NULL. */
static inline const json_t *api_member(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_null(value) ? NULL : value;
}

/* Text with its length: configurations may hold NUL. */
static inline struct bytes api_text_bytes(const json_t *text)
{
    return bytes_of(json_string_value(text), json_string_length(text));
}

#endif
