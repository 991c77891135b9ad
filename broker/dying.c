#include "broker/dying.h"

#include <stdlib.h>

#include "broker/pool.h"
#include "broker/route.h"

static struct policy_key key_of(const struct api_context *context)
{
    return policy_key(POLICY_DYING, api_id_bytes(&context->account),
                      api_id_bytes(&context->dataset),
                      api_id_bytes(&context->version));
}

void dying_note(struct policy_txn *txn, const struct api_context *context)
{
    struct policy_key key = key_of(context);
    policy_put(txn, &key, hash_bytes(&context->owner));
}

bool dying_is(struct policy_txn *txn, const struct api_context *context)
{
    struct policy_key key = key_of(context);
    return policy_has(txn, &key);
}

struct dying {
    struct api_context context[DYING_ROUND];
    size_t count;
};

static struct status add(void *into, struct bytes tail, struct bytes contents)
{
    struct dying *d = into;
    struct api_context found = { .flags = 0 };
    struct cursor in = cursor_of(tail), owner = cursor_of(contents);
    if (d->count == DYING_ROUND)
        return OK; /* the next round's */
    cursor_copy(&in, found.account.bytes, API_ID_LEN);
    cursor_copy(&in, found.dataset.bytes, API_ID_LEN);
    cursor_copy(&in, found.version.bytes, API_ID_LEN);
    cursor_copy(&owner, found.owner.bytes, HASH_LEN);
    if (failed(cursor_finish(&in, "dying")) ||
        failed(cursor_finish(&owner, "dying")))
        return failure(STATUS_CORRUPT, "dying", 0);
    if (hash_is_zero(&found.owner))
        found.flags = API_CLASS_CCM;
    d->context[d->count++] = found;
    return OK;
}

static struct status find(struct broker *broker, struct dying *out)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_key all = policy_key_parts(POLICY_DYING, NULL, 0);
    TRY(policy_read(broker->store, &txn));
    return policy_each(txn, &all, add, out);
}

static struct status forget(struct exchange *x, struct policy_txn *txn)
{
    const struct dying *d = x->work;
    for (size_t i = 0; i < d->count; i++) {
        struct policy_key key = key_of(&d->context[i]);
        policy_delete(txn, &key);
    }
    return OK;
}

static const struct route forget_route = {
    .path = "(keys destroyed)",
    .change = forget,
};

static struct status destroy(struct broker *broker, struct dying *d,
                             struct reason *why)
{
    size_t done = 0;
    struct status s = OK;
    while (done < d->count && !failed(s)) {
        s = pkcs11_erase(broker->hsm, &d->context[done], why);
        done += !failed(s);
    }
    d->count = done;
    if (done > 0) {
        struct status forgotten = pool_run(broker, &forget_route, d, why);
        s = failed(s) ? s : forgotten;
    }
    return s;
}

struct status dying_round(struct broker *broker, struct reason *why)
{
    struct dying *d = calloc(1, sizeof(*d));
    if (!d)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    struct status s = find(broker, d);
    if (!failed(s))
        s = destroy(broker, d, why);
    free(d);
    return s;
}
