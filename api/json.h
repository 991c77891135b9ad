/* json.h - jansson, behind our rules.
 *
 * Every document is read with duplicate members refused, one value and
 * nothing behind it, at most 16 levels, at most the given size, and no
 * real numbers. All jansson memory is wiped when freed (json_memory_open). */

#ifndef API_JSON_H
#define API_JSON_H

#include <jansson.h>

#include "api/id.h"
#include "api/key.h"
#include "base/buffer.h"
#include "base/hash.h"
#include "base/scope.h"
#include "base/status.h"

#define AUTO_JSON __attribute__((cleanup(api_json_release))) json_t

static inline void api_json_release(json_t **value)
{
    json_decref(*value);
}

/* Makes jansson wipe what it frees. Call once, before any other use. */
void api_json_memory_open(void);

/* Draws the seed of objects' hash tables, which reads a file: before a process
 * gives files up. */
void api_json_seed(void);

/* STATUS_INVALID with a reason naming line and column. Strings may hold NUL
 * (`\u0000`) only when `allow_nul`. The caller owns *out. */
STATUS api_json_read(struct bytes text, size_t max, bool allow_nul,
                     json_t **out, struct reason *why);

/* Canonical text: members sorted by the bytes of their UTF-8 names at every
 * level, strings as in the runtime configuration (1.2 of the wire contract:
 * only ", \, \b \t \n \f \r and \u00xx are escaped), integers in decimal, no
 * white space. STATUS_INVALID for a real number. */
STATUS api_json_canonical(const json_t *value, struct buffer *out);

/* Appends one string in that form, quotes included. */
void api_json_string(struct bytes text, struct buffer *out);

/* Members of an object, each with a reason that names the member ("name is
 * missing", "name: expected text"). Text is borrowed from `object`. */
STATUS api_json_text(const json_t *object, const char *name, const char **out,
                     struct reason *why);
STATUS api_json_text_optional(const json_t *object, const char *name,
                              const char **out, struct reason *why);
STATUS api_json_integer(const json_t *object, const char *name, int64_t min,
                        int64_t max, int64_t *out, struct reason *why);
STATUS api_json_flag(const json_t *object, const char *name, bool *out,
                     struct reason *why); /* absent: false */
STATUS api_json_object(const json_t *object, const char *name,
                       const json_t **out, struct reason *why);
STATUS api_json_array(const json_t *object, const char *name,
                      const json_t **out, struct reason *why);
STATUS api_json_id(const json_t *object, const char *name, struct api_id *out,
                   struct reason *why);
STATUS api_json_hash(const json_t *object, const char *name, struct hash *out,
                     struct reason *why); /* 64 hexadecimal digits */
STATUS api_json_base64(const json_t *object, const char *name,
                       struct buffer *out, struct reason *why);
STATUS api_json_spki(const json_t *object, const char *name,
                     struct api_spki *out, struct reason *why); /* base64 */
STATUS api_json_signature(const json_t *object, const char *name,
                          struct api_signature *out,
                          struct reason *why); /* base64 */

/* Refuses members that are not in `names[count]`, naming the first. */
STATUS api_json_only(const json_t *object, const char *const *names,
                     size_t count, struct reason *why);

/* New values for building answers; NULL when out of memory (json_pack and
 * json_object_set_new pass that on). */
json_t *api_json_of_id(const struct api_id *id);
json_t *api_json_of_hash(const struct hash *hash);
json_t *api_json_of_base64(struct bytes bytes);

#endif
