/* difference.h - two manifests side by side. For this folder only. */

#ifndef API_DIFFERENCE_H
#define API_DIFFERENCE_H

#include "api/sentences.h"

struct api_comparison {
    const json_t *now, *before; /* manifests */
    struct buffer *out;
};

static inline void api_say(const struct api_comparison *c, const char *text)
{
    buffer_put_string(c->out, text);
}

/* True when a member is the same, or missing, in both. */
static inline bool api_same(const json_t *a, const json_t *b,
                            const char *member)
{
    const json_t *left = json_object_get(a, member);
    const json_t *right = json_object_get(b, member);
    return left == right || json_equal(left, right);
}

/* The entry of a map whose member has this text, and its key through `key`
 * (NULL is fine); NULL when there is none. */
const json_t *api_find(const json_t *map, const char *member, const char *text,
                       const char **key);

/* `  Program "app-1"`: the beginning of a sentence. */
STATUS api_say_subject(const struct api_comparison *c, const char *what,
                       const json_t *entry);

/* `  Program "app-1" WHAT "now", before "before".` when the text changed. */
STATUS api_say_text(const struct api_comparison *c, const char *subject,
                    const char *member, const char *what, const json_t *now,
                    const json_t *before);

/* What changed between entries of one name; NULL is one that is not there,
 * of one of both. */
STATUS api_say_dataset(const struct api_comparison *c, const char *key,
                       const json_t *now, const json_t *before);
STATUS api_say_app(const struct api_comparison *c, const char *key,
                   const json_t *now, const json_t *before);
STATUS api_say_person(const struct api_comparison *c, const char *key,
                      const json_t *now, const json_t *before);

#endif
