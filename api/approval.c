/* approval.c - the signed text, and which grants belong to it. */

#include "api/approval.h"

#include <stdlib.h>

#include "api/manifest.h"
#include "api/sorted.h"

#define APPROVAL_MAX 1024

static STATUS out_of_memory(void)
{
    return failure(STATUS_NO_MEMORY, "json", 0);
}

struct status api_approval_text(const struct api_approval *approval,
                                struct buffer *out)
{
    if (approval->head_size > INT64_MAX || approval->sign_by > INT64_MAX ||
        approval->valid_until > INT64_MAX)
        return failure(STATUS_INVALID, "approval", 0);
    AUTO_JSON *value =
        json_pack("{s:s, s:o, s:o, s:s, s:{s:I, s:o}, s:I, s:I}", "accord",
                  "approval/v1", "request", api_json_of_id(&approval->request),
                  "digest", api_json_of_hash(&approval->digest), "decision",
                  approval->approve ? "approve" : "decline", "head", "size",
                  (json_int_t)approval->head_size, "root",
                  api_json_of_hash(&approval->head_root), "sign_by",
                  (json_int_t)approval->sign_by, "valid_until",
                  (json_int_t)approval->valid_until);
    return value ? api_json_canonical(value, out) : out_of_memory();
}

static STATUS read_head(const json_t *value, struct api_approval *out,
                        struct reason *why)
{
    static const char *const names[] = { "size", "root" };
    const json_t *head;
    int64_t size;
    TRY(api_json_object(value, "head", &head, why));
    TRY(api_within(api_json_only(head, names, 2, why), "head", why));
    TRY(api_within(api_json_integer(head, "size", 0, INT64_MAX, &size, why),
                   "head", why));
    TRY(api_within(api_json_hash(head, "root", &out->head_root, why), "head",
                   why));
    out->head_size = (uint64_t)size;
    return OK;
}

static STATUS read_words(const json_t *value, struct api_approval *out,
                         struct reason *why)
{
    const char *label, *decision;
    TRY(api_json_text(value, "accord", &label, why));
    if (strcmp(label, "approval/v1") != 0)
        return refuse(why, STATUS_INVALID, "approval",
                      "accord: expected \"approval/v1\"");
    TRY(api_json_text(value, "decision", &decision, why));
    out->approve = strcmp(decision, "approve") == 0;
    if (!out->approve && strcmp(decision, "decline") != 0)
        return refuse(why, STATUS_INVALID, "approval",
                      "decision: expected \"approve\" or \"decline\"");
    return OK;
}

/* One text, one meaning: what was read must write the same bytes again. */
static STATUS check_canonical(struct bytes text,
                              const struct api_approval *read,
                              struct reason *why)
{
    AUTO_CLEAR_BUFFER again = buffer_make(APPROVAL_MAX);
    TRY(api_approval_text(read, &again));
    if (!bytes_equal(buffer_bytes(&again), text))
        return refuse(why, STATUS_INVALID, "approval",
                      "the approval is not in its canonical form");
    return OK;
}

struct status api_approval_read(struct bytes text, struct api_approval *out,
                                struct reason *why)
{
    static const char *const names[] = { "accord",     "request", "digest",
                                         "decision",   "head",    "sign_by",
                                         "valid_until" };
    struct api_approval read = { 0 };
    int64_t sign_by, valid_until;
    AUTO_JSON *value = NULL;
    TRY(api_json_read(text, APPROVAL_MAX, false, &value, why));
    TRY(api_json_only(value, names, sizeof(names) / sizeof(names[0]), why));
    TRY(read_words(value, &read, why));
    TRY(api_json_id(value, "request", &read.request, why));
    TRY(api_json_hash(value, "digest", &read.digest, why));
    TRY(read_head(value, &read, why));
    TRY(api_json_integer(value, "sign_by", 0, INT64_MAX, &sign_by, why));
    TRY(api_json_integer(value, "valid_until", 0, INT64_MAX, &valid_until,
                         why));
    read.sign_by = (uint64_t)sign_by;
    read.valid_until = (uint64_t)valid_until;
    TRY(check_canonical(text, &read, why));
    *out = read;
    return OK;
}

/* Grants in the making: what they share, and the list. */
struct wanted {
    const json_t *apps;
    struct api_grant shared;
    struct api_grant *list;
    size_t count, capacity;
};

/* One grant is enough for two objects of one dataset, or two ports. */
static bool already_wanted(const struct wanted *w, const struct api_grant *g)
{
    for (size_t i = 0; i < w->count; i++)
        if (api_id_equal(&w->list[i].dataset, &g->dataset) &&
            hash_equal(&w->list[i].configuration, &g->configuration))
            return true;
    return false;
}

static STATUS want(struct wanted *w, const struct api_grant *grant)
{
    if (already_wanted(w, grant))
        return OK;
    if (w->count == w->capacity) {
        size_t capacity = w->capacity ? 2 * w->capacity : 8;
        struct api_grant *list = reallocarray(w->list, capacity, sizeof(*list));
        if (!list)
            return failure(STATUS_NO_MEMORY, "reallocarray", 0);
        w->list = list;
        w->capacity = capacity;
    }
    w->list[w->count++] = *grant;
    return OK;
}

static STATUS want_port(struct wanted *w, const json_t *port,
                        const struct api_id *dataset)
{
    struct api_grant grant = w->shared;
    const char *app_key;
    const json_t *app;
    grant.dataset = *dataset;
    TRY(api_json_text(port, "app", &app_key, NULL));
    TRY(api_json_object(w->apps, app_key, &app, NULL));
    TRY(api_json_hash(app, "runtime", &grant.configuration, NULL));
    TRY(api_json_hash(app, "identity", &grant.identity, NULL));
    return want(w, &grant);
}

static STATUS want_dataset(struct wanted *w, const json_t *entry)
{
    struct hash owner;
    struct api_id dataset;
    const json_t *ports;
    TRY(api_json_hash(entry, "owner", &owner, NULL));
    if (!hash_equal(&owner, &w->shared.owner))
        return OK;
    TRY(api_json_id(entry, "dataset", &dataset, NULL));
    TRY(api_json_array(entry, "ports", &ports, NULL));
    for (size_t i = 0; i < json_array_size(ports); i++)
        TRY(want_port(w, json_array_get(ports, i), &dataset));
    return OK;
}

static STATUS want_all(struct wanted *w, const json_t *manifest)
{
    const json_t *datasets;
    AUTO_SORTED sorted = { 0 };
    TRY(api_json_id(manifest, "account", &w->shared.account, NULL));
    TRY(api_json_object(manifest, "apps", &w->apps, NULL));
    TRY(api_json_object(manifest, "datasets", &datasets, NULL));
    TRY(api_sorted_names(datasets, &sorted));
    for (size_t i = 0; i < sorted.count; i++)
        TRY(want_dataset(w, json_object_get(datasets, sorted.names[i])));
    return OK;
}

struct status api_grants_wanted(const json_t *manifest,
                                const struct hash *digest,
                                const struct hash *owner, uint64_t not_before,
                                uint64_t not_after, struct api_grant **out,
                                size_t *count)
{
    struct wanted w = { .shared = { .owner = *owner,
                                    .not_before = not_before,
                                    .not_after = not_after,
                                    .digest = *digest } };
    struct status made = want_all(&w, manifest);
    if (failed(made)) {
        free(w.list);
        return made;
    }
    *out = w.list;
    *count = w.count;
    return OK;
}
