#include "api/sorted.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;
    return strcmp(*left, *right); /* C17 7.24.4: as unsigned characters */
}

struct status api_sorted_names(const json_t *object, struct api_sorted *out)
{
    struct api_sorted made = { NULL, 0 };
    if (json_object_size(object) == 0) {
        *out = made;
        return OK;
    }
    made.names = calloc(json_object_size(object), sizeof(*made.names));
    if (!made.names)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    /* jansson iterates only what it may change */
    json_t *iterated = (json_t *)(uintptr_t)object;
    const char *name;
    json_t *unused;
    json_object_foreach(iterated, name, unused) made.names[made.count++] = name;
    qsort(made.names, made.count, sizeof(*made.names), compare);
    *out = made;
    return OK;
}

void api_sorted_clear(struct api_sorted *sorted)
{
    free(sorted->names);
    *sorted = (struct api_sorted){ NULL, 0 };
}

struct status api_within(struct status result, const char *where,
                         struct reason *why)
{
    if (!failed(result) || !why)
        return result;
    struct reason said = *why;
    status_ignore(refuse(why, result.code, result.origin, "%s: %s", where,
                         said.text)); /* only for its text */
    return result;
}
