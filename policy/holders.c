#include "policy/holders.h"

void holders_clear(struct holders *h)
{
    for (size_t i = 0; i < h->count; i++)
        json_decref(h->at[i].runtime);
    h->count = 0;
}

static struct status add_holder(void *context, struct bytes tail,
                                const json_t *value)
{
    struct holders *h = context;
    struct holder found = { 0 };
    struct cursor in = cursor_of(tail);
    int64_t created;
    cursor_copy(&in, found.account.bytes, API_ID_LEN);
    cursor_copy(&in, found.workflow.bytes, API_ID_LEN);
    found.version = cursor_u32(&in);
    if (failed(cursor_finish(&in, "runtime")) ||
        failed(api_json_integer(value, "created_at", 0, INT64_MAX, &created,
                                NULL)))
        return failure(STATUS_CORRUPT, "runtime", 0);
    if (h->count == HOLDERS_MAX)
        return failure(STATUS_BUSY, "runtime", 0);
    found.created_at = (uint64_t)created;
    found.runtime = json_incref((json_t *)(uintptr_t)value); /* only read */

    /* Newest first: version within a workflow, time across workflows. */
    size_t at = h->count++;
    while (at > 0 && (h->at[at - 1].created_at < found.created_at ||
                      (h->at[at - 1].created_at == found.created_at &&
                       h->at[at - 1].version < found.version))) {
        h->at[at] = h->at[at - 1];
        at--;
    }
    h->at[at] = found;
    return OK;
}

struct status holders_find(struct policy_txn *txn, const struct hash *runtime,
                           struct holders *out)
{
    struct policy_key prefix = policy_key(POLICY_RUNTIME, hash_bytes(runtime));
    out->count = 0;
    struct status s = policy_each_json(txn, &prefix, add_holder, out);
    if (failed(s))
        holders_clear(out);
    return s;
}

void version_bytes(uint32_t version, unsigned char out[4])
{
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)(version >> (24 - 8 * i));
}

struct status holder_version(struct policy_txn *txn, const struct holder *h,
                             struct agreed_version **out)
{
    unsigned char number[4];
    version_bytes(h->version, number);
    struct policy_key key =
        policy_key(POLICY_WORKFLOW_VERSION, api_id_bytes(&h->account),
                   api_id_bytes(&h->workflow), bytes_of(number, 4));
    return versions_get(txn, &key, out);
}

struct status holder_build(struct policy_txn *txn, const struct holder *h,
                           const struct api_id *build, enum holder_build *out)
{
    AUTO_JSON *record = NULL;
    struct status got = policy_object_get(txn, POLICY_BUILD, &h->account,
                                          api_id_bytes(build), &record, NULL);
    if (failed(got) && got.code != STATUS_NOT_FOUND)
        return got;
    const char *status = json_string_value(json_object_get(record, "status"));
    *out = HOLDER_BUILD_WITHDRAWN;
    if (status && strcmp(status, "approved") == 0)
        *out = HOLDER_BUILD_APPROVED;
    else if (status && strcmp(status, "pending") == 0)
        *out = HOLDER_BUILD_PENDING;
    return OK;
}
