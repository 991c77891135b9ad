#include "broker/limits.h"

#include "broker/product.h"

static struct status check(struct exchange *x, const char *option,
                           const char *what, int64_t count)
{
    if (count < config_number(x->broker->config, "limits", option))
        return OK;
    if (x->route->dialect == PRODUCT)
        return product_refuse(x, 403, "QUOTA_EXCEEDED",
                              "this account has %lld %s already, as many as "
                              "it may",
                              (long long)count, what);
    return refuse(&x->why, STATUS_CONFLICT, "limits",
                  "this account has %lld %s already, as many as it may",
                  (long long)count, what);
}

static struct status count_one(void *context, struct bytes tail,
                               struct bytes contents)
{
    (void)tail, (void)contents;
    (*(int64_t *)context)++;
    return OK;
}

struct status limit_check(struct exchange *x, struct policy_txn *txn,
                          enum policy_kind kind, const char *what)
{
    int64_t count = 0;
    struct policy_key all = policy_key(kind, api_id_bytes(&x->peer.account));
    TRY(policy_each(txn, &all, count_one, &count));
    return check(x, what, what, count);
}

struct waiting {
    uint64_t now; /* seconds */
    int64_t count;
};

static struct status count_waiting(void *context, struct bytes tail,
                                   const json_t *request)
{
    (void)tail;
    struct waiting *w = context;
    w->count += policy_request_waits(request, w->now);
    return OK;
}

struct status limit_check_waiting(struct exchange *x, struct policy_txn *txn)
{
    struct waiting w = { .now = x->now / 1000 };
    struct policy_key all =
        policy_key(POLICY_REQUEST, api_id_bytes(&x->peer.account));
    TRY(policy_each_json(txn, &all, count_waiting, &w));
    return check(x, "requests", "requests that wait for approval", w.count);
}
