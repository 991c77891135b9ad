/* suspension.c - what rests after an older store was put back, and how it
 * wakes. */

#include "policy/nouns.h"

struct everything {
    struct policy_txn *txn;
    uint32_t epoch;
    uint64_t leaf;
};

/* A manager's suspension is the manager's to end, whatever the owner says. */
static json_t *kept(const json_t *suspended)
{
    const char *by = json_string_value(json_object_get(suspended, "by"));
    if (by && strcmp(by, "manager") == 0)
        return json_incref((json_t *)(uintptr_t)suspended);
    return json_null();
}

static struct status suspend_one(void *context, struct bytes tail,
                                 const json_t *value)
{
    const struct everything *e = context;
    if (policy_is_plain_class(value))
        return OK; /* its user's to resume: below */
    struct policy_key key = policy_key(POLICY_DATASET, tail);
    AUTO_JSON *record = json_copy((json_t *)(uintptr_t)value);
    json_t *suspended =
        json_pack("{s:s, s:I, s:I, s:o}", "by", "restore", "epoch",
                  (json_int_t)e->epoch, "leaf", (json_int_t)e->leaf, "before",
                  kept(json_object_get(value, "suspended")));
    if (json_object_set_new(record, "suspended", suspended) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    policy_put_json(e->txn, &key, record);
    return OK;
}

static struct status suspend_user(void *context, struct bytes tail,
                                  const json_t *value)
{
    const struct everything *e = context;
    struct policy_key key = policy_key(POLICY_USER, tail);
    AUTO_JSON *record = json_copy((json_t *)(uintptr_t)value);
    if (json_object_set_new(record, "reset", json_true()) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    policy_put_json(e->txn, &key, record);
    return OK;
}

struct status policy_suspend_all(struct policy_txn *txn, uint32_t epoch,
                                 uint64_t leaf)
{
    struct everything e = { txn, epoch, leaf };
    struct policy_key datasets = policy_key_parts(POLICY_DATASET, NULL, 0);
    struct policy_key users = policy_key_parts(POLICY_USER, NULL, 0);
    TRY(policy_each_json(txn, &datasets, suspend_one, &e));
    return policy_each_json(txn, &users, suspend_user, &e);
}

struct status policy_suspension_end(json_t *record)
{
    json_t *suspended = json_object_get(record, "suspended");
    json_t *before = json_object_get(suspended, "before");
    before = json_is_object(before) ? json_incref(before) : json_null();
    return json_object_set_new(record, "suspended", before) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}
