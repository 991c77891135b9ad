#include "broker/plain.h"

struct status plain_find(struct exchange *x, struct policy_txn *txn,
                         enum policy_kind kind, struct bytes id,
                         const char *what, json_t **out)
{
    struct status got =
        policy_object_get(txn, kind, &x->peer.account, id, out, NULL);
    if (got.code == STATUS_NOT_FOUND)
        return product_refuse(x, 404, "NOT_FOUND",
                              "there is no such %s in this account", what);
    return got;
}

struct status plain_own(struct exchange *x, struct policy_txn *txn,
                        enum policy_kind kind, struct bytes id,
                        const char *what, json_t **out)
{
    AUTO_JSON *record = NULL;
    TRY(plain_find(x, txn, kind, id, what, &record));
    if (!policy_is_plain_class(record))
        return product_refuse(x, 403, "FORBIDDEN",
                              "this %s is of the signed class: only its "
                              "owner's signature changes it",
                              what);
    *out = TAKE(record);
    return OK;
}

struct status plain_new(struct exchange *x, struct policy_txn *txn,
                        enum policy_kind kind, struct bytes id, json_t *record,
                        const char *what)
{
    if (json_object_set_new(record, "class", json_string("ccm")) != 0)
        return failure(STATUS_NO_MEMORY, what, 0);
    return product_unique(
        x, policy_object_new(txn, kind, &x->peer.account, id, record, &x->why));
}

struct status plain_log(struct exchange *x, struct policy_txn *txn,
                        const char *action, const char *what, const char *id,
                        const json_t *extra)
{
    AUTO_JSON *detail = json_pack("{s:s}", "class", "ccm");
    if (!detail || (extra && json_object_update_missing(
                                 detail, (json_t *)(uintptr_t)extra) != 0))
        return failure(STATUS_NO_MEMORY, "json", 0);
    return log_change(x, txn, action, what, id, detail);
}

struct viewing {
    struct exchange *x;
    struct policy_txn *txn;
    plain_view_fn view;
    json_t *items;
};

static struct status add_view(void *context, struct bytes tail,
                              const json_t *record)
{
    (void)tail;
    struct viewing *v = context;
    json_t *view = NULL;
    TRY(v->view(v->x, v->txn, record, &view));
    if (view && json_array_append_new(v->items, view) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

struct status plain_answer_list(struct exchange *x, enum policy_kind kind,
                                plain_view_fn view,
                                const struct product_list *list)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *items = json_array();
    struct policy_key all = policy_key(kind, api_id_bytes(&x->peer.account));
    if (!items)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(policy_read(x->broker->store, &txn));
    struct viewing v = { x, txn, view, items };
    TRY(policy_each_json(txn, &all, add_view, &v));
    return product_answer_list(x, TAKE(items), list);
}

const char *plain_class_name(const json_t *record)
{
    return policy_is_plain_class(record) ? "ccm" : "signed";
}
