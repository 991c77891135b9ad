/* product.h - what all rows of the product's dialect (/v1) have in common:
 * refusals with an EventType, typed members of request bodies, lists with
 * paging, filters and sorting, answers without a body.
 *
 * The clients write an optional member as absent or null; both are read the
 * same. Members nobody knows are refused by name, and so is a member of a
 * newer API that would be ignored otherwise. */

#ifndef BROKER_PRODUCT_H
#define BROKER_PRODUCT_H

#include "broker/body.h"

/* --- refusals ------------------------------------------------------------ */

/* Answers `http_status` with this EventType (section 0.6 of the wire
 * contract) and sentence. 403 counts as a denial and gets its leaf, but not
 * NO_ACCOUNT_SELECTED. */
STATUS product_refuse(struct exchange *x, int http_status, const char *event,
                      const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* An Event; its message goes on with the faults, each with its place, and they
 * are a member besides (NULL: none). NULL when out of memory. */
json_t *product_event(const char *message, const char *code,
                      const json_t *faults);

/* `s` as it is, but STATUS_CONFLICT becomes 400 UNIQUE_VIOLATION and
 * STATUS_NOT_FOUND 404: the reason is in x->why already. */
STATUS product_unique(struct exchange *x, struct status s);

/* READER, WRITER, MANAGER, and back; a list of all the roles it includes. */
const char *product_role_name(enum policy_role role);
json_t *product_roles(enum policy_role role);
/* The greatest of the roles in the member "roles"; *out is POLICY_NO_ROLE
 * when there is no such member. 400 for unknown ones and an empty list. */
STATUS product_read_roles(struct exchange *x, enum policy_role *out);

/* --- members of the body ------------------------------------------------- */

/* Refuses a body that is missing, no object, or has members that are not
 * named. */
STATUS product_only(struct exchange *x, const char *const *names, size_t count);
#define PRODUCT_ONLY(x, ...)                                                   \
    product_only((x), (const char *const[]){ __VA_ARGS__ },                    \
                 sizeof((const char *const[]){ __VA_ARGS__ }) /                \
                     sizeof(const char *))

/* 501 when one of these members is there and not null: known, not built. */
STATUS product_not_built(struct exchange *x, const char *const *names,
                         size_t count);
#define PRODUCT_NOT_BUILT(x, ...)                                              \
    product_not_built((x), (const char *const[]){ __VA_ARGS__ },               \
                      sizeof((const char *const[]){ __VA_ARGS__ }) /           \
                          sizeof(const char *))

/* Text of 1..max bytes (0..max for the optional one, NULL when absent),
 * borrowed from the body. 400 INVALID_VALUE otherwise, or
 * MISSING_REQUIRED_PARAMETER. */
STATUS product_text(struct exchange *x, const char *name, size_t max,
                    const char **out);
STATUS product_text_optional(struct exchange *x, const char *name, size_t max,
                             const char **out);
STATUS product_integer(struct exchange *x, const char *name, int64_t min,
                       int64_t max, int64_t *out);
/* *out stays when the member is absent. */
STATUS product_integer_optional(struct exchange *x, const char *name,
                                int64_t min, int64_t max, int64_t *out);
STATUS product_flag(struct exchange *x, const char *name, bool *out);
STATUS product_id(struct exchange *x, const char *name, struct api_id *out);
/* Zero when absent. */
STATUS product_id_optional(struct exchange *x, const char *name,
                           struct api_id *out);
/* "group_id": an account has one group, of the account's own id; 400 for
 * another. */
STATUS product_group(struct exchange *x);
/* An array of at most `max` texts; an object of at most `max` texts. NULL
 * when absent; borrowed. */
STATUS product_texts(struct exchange *x, const char *name, size_t max,
                     const json_t **out);
STATUS product_labels(struct exchange *x, const char *name, size_t max,
                      const json_t **out);
/* The member's text as a secret, taken out of the body and wiped there. */
STATUS product_secret(struct exchange *x, const char *name,
                      struct secret **out);
/* Wipes the request's own bytes: after this only x->body, x->part and what
 * was copied may be read. */
void product_forget_request(struct exchange *x);

/* Placeholder `index` of the path as an id: 404 when it is none, since
 * nothing has it. */
STATUS product_path_id(struct exchange *x, size_t index, const char *what,
                       struct api_id *out);

#define PRODUCT_KEY_MAX 128
/* The key that one part of a JSON pointer stands for (RFC 6901): ~1 is a slash,
 * ~0 a tilde. False when there is none, or one of more than PRODUCT_KEY_MAX
 * bytes, or a tilde stands for nothing. */
bool product_pointer_key(const char *part, char out[PRODUCT_KEY_MAX + 1]);

/* --- answers ------------------------------------------------------------- */

/* What GET of a list understands; each list of names ends with NULL. */
struct product_list {
    const char *const *filters; /* query parameters: member equals value, or
                                   one of its elements; "parameter=member"
                                   where the member has another name;
                                   "filter" stands for {"labels": {name:
                                   text}}, which is 400 elsewhere          */
    const char *const *search;  /* all_search: one of these contains it,
                                   letters of either case                */
    const char *const *sort;    /* sort_by: member:ASC or :DESC, several;
                                   "member=object" where it is in that one */
};

/* Answers {"metadata", "items"} out of `items` (an array of objects, taken
 * over): filtered, sorted, then `offset` and `limit`. Without a limit all of
 * them; pages count from 0. */
STATUS product_answer_list(struct exchange *x, json_t *items,
                           const struct product_list *list);

/* Counts an item's "labels" into [{"key", "value", "count"}], the answer's
 * "items" of GET .../unique_labels/count. */
STATUS product_count_labels(json_t *items, const json_t *labels);

/* No body: 200 for a session of em-client 2, else 204. */
STATUS product_answer_void(struct exchange *x);

/* json_pack() for answers without the members whose value is NULL: adds them
 * only when there. False when out of memory. */
bool product_add(json_t *object, const char *name, json_t *value);

#endif
