/* routes_nodes.c - compute nodes as people see them (section 5.14 of the wire
 * contract). How they come to be there is in routes_enrolment.c. */

#include "base/text.h"
#include "broker/issue.h"
#include "broker/node.h"
#include "broker/product.h"
#include "broker/programs.h"
#include "broker/routes.h"

/* --- records ------------------------------------------------------------- */

struct status node_get(struct exchange *x, struct policy_txn *txn,
                       const struct api_id *account, const struct api_id *node,
                       json_t **out)
{
    struct policy_key key = policy_key(
        POLICY_COMPUTE_NODE, api_id_bytes(account), api_id_bytes(node));
    struct status got = policy_get_json(txn, &key, out);
    if (got.code == STATUS_NOT_FOUND)
        return refuse(&x->why, STATUS_NOT_FOUND, "node",
                      "there is no such node in this account");
    return got;
}

void node_put(struct policy_txn *txn, const struct api_id *account,
              const struct api_id *node, const json_t *record)
{
    struct policy_key key = policy_key(
        POLICY_COMPUTE_NODE, api_id_bytes(account), api_id_bytes(node));
    policy_put_json(txn, &key, record);
}

struct status node_set_status(json_t *record, const char *status, uint64_t now)
{
    json_t *is = json_object_get(record, "status");
    if (json_object_set_new(is, "status", json_string(status)) != 0 ||
        json_object_set_new(is, "status_updated_at",
                            json_integer((json_int_t)now)) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

/* False when the node has none. */
static bool serial_of(const json_t *record, unsigned char out[CA_SERIAL_LEN])
{
    const char *text = json_string_value(json_object_get(record, "_serial"));
    return text &&
           !failed(hex_decode(bytes_of_string(text), out, CA_SERIAL_LEN));
}

/* `apps` is what runs there. */
static struct status view_with(struct exchange *x, struct policy_txn *txn,
                               const json_t *record, json_t *apps, json_t **out)
{
    unsigned char serial[CA_SERIAL_LEN];
    AUTO_JSON *view = policy_object_view(record);
    json_t *pem = NULL;
    if (!view || json_object_set(view, "apps", apps) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    struct status got = failure(STATUS_NOT_FOUND, "serial", 0);
    if (serial_of(record, serial))
        got = issue_kept_pem(x, txn, serial, &pem);
    if (failed(got) && got.code != STATUS_NOT_FOUND)
        return got;
    if (pem && json_object_set_new(view, "certificate", pem) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    *out = TAKE(view);
    return OK;
}

struct status node_view(struct exchange *x, struct policy_txn *txn,
                        const json_t *record, json_t **out)
{
    AUTO_JSON *apps = json_array();
    struct api_id id;
    if (!apps)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(api_json_id(record, "node_id", &id, &x->why));
    TRY(program_list_of_node(x, txn, &id, apps));
    return view_with(x, txn, record, apps, out);
}

/* --- GET ----------------------------------------------------------------- */

struct listing {
    struct exchange *x;
    struct policy_txn *txn;
    json_t *apps; /* lists, by node */
    json_t *items;
};

static struct status add_node(void *context, struct bytes tail,
                              const json_t *record)
{
    (void)tail;
    struct listing *l = context;
    const char *id = json_string_value(json_object_get(record, "node_id"));
    json_t *view = NULL, *known = id ? json_object_get(l->apps, id) : NULL;
    AUTO_JSON *apps = known ? json_incref(known) : json_array();
    TRY(view_with(l->x, l->txn, record, apps, &view));
    if (json_array_append_new(l->items, view) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

static struct status gather(struct exchange *x, json_t **out)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *items = json_array(), *apps = json_object();
    struct policy_key all =
        policy_key(POLICY_COMPUTE_NODE, api_id_bytes(&x->peer.account));
    if (!items || !apps)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(policy_read(x->broker->store, &txn));
    TRY(program_list_by_node(x, txn, apps));
    struct listing l = { x, txn, apps, items };
    TRY(policy_each_json(txn, &all, add_node, &l));
    *out = TAKE(items);
    return OK;
}

static struct status list_answer(struct exchange *x)
{
    static const char *const filters[] = { "name", "description", "status",
                                           "sgx_version=sgx_info", NULL };
    static const char *const search[] = { "name", "description", "ipaddress",
                                          NULL };
    static const char *const sort[] = { "name",
                                        "description",
                                        "ipaddress",
                                        "status=status",
                                        "created_at=status",
                                        "status_updated_at=status",
                                        "last_seen_at=status",
                                        NULL };
    static const struct product_list list = { filters, search, sort };
    json_t *items = NULL;
    TRY(gather(x, &items));
    return product_answer_list(x, items, &list);
}

static struct status items_answer(struct exchange *x)
{
    json_t *items = NULL;
    TRY(gather(x, &items));
    x->answer = json_pack("{s:o}", "items", items);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* How many nodes have each label. */
static struct status labels_answer(struct exchange *x)
{
    AUTO_JSON *nodes = NULL, *items = json_array();
    TRY(gather(x, &nodes));
    for (size_t i = 0; i < json_array_size(nodes); i++)
        TRY(product_count_labels(
            items, json_object_get(json_array_get(nodes, i), "labels")));
    x->answer = json_pack("{s:O}", "items", items);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status find(struct exchange *x, struct policy_txn *txn,
                          struct api_id *id, json_t **out)
{
    if (failed(api_id_parse(bytes_of_string(x->part[0]), id)))
        *id = (struct api_id){ { 0 } }; /* nobody's */
    return node_get(x, txn, &x->peer.account, id, out);
}

static struct status get_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record = NULL;
    struct api_id id;
    TRY(policy_read(x->broker->store, &txn));
    TRY(find(x, txn, &id, &record));
    return node_view(x, txn, record, &x->answer);
}

/* --- its certificate ----------------------------------------------------- */

static struct status no_certificate(struct exchange *x)
{
    return product_refuse(x, 404, "NOT_FOUND", "this node has no certificate");
}

static struct status certificate_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record = NULL;
    unsigned char serial[CA_SERIAL_LEN];
    struct api_id id;
    json_t *pem = NULL;
    TRY(policy_read(x->broker->store, &txn));
    TRY(find(x, txn, &id, &record));
    if (!serial_of(record, serial))
        return no_certificate(x);
    struct status got = issue_kept_pem(x, txn, serial, &pem);
    if (got.code == STATUS_NOT_FOUND)
        return no_certificate(x);
    TRY(got);
    memcpy(id.bytes, serial, sizeof(id.bytes));
    x->answer =
        json_pack("{s:o, s:s, s:o, s:O}", "certificate_id", api_json_of_id(&id),
                  "status", "ISSUED", "certificate", pem, "node_id",
                  json_object_get(record, "node_id"));
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status details_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record = NULL;
    unsigned char serial[CA_SERIAL_LEN];
    struct api_id id;
    TRY(policy_read(x->broker->store, &txn));
    TRY(find(x, txn, &id, &record));
    if (!serial_of(record, serial))
        return no_certificate(x);
    struct status got = issue_kept_details(x, txn, serial, &x->answer);
    if (got.code == STATUS_NOT_FOUND)
        return no_certificate(x);
    TRY(got);
    return json_object_set_new(x->answer, "ias_quote_status",
                               json_string("NOT_ATTESTED")) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

/* --- PATCH, deactivate --------------------------------------------------- */

static void json_free(void *work)
{
    json_decref(work);
}

/* {"op": add|replace|remove, "path": "/labels/KEY" or "/description"} */
static struct status apply_one(struct exchange *x, json_t *record,
                               const json_t *patch)
{
    const char *op = json_string_value(json_object_get(patch, "op"));
    const char *path = json_string_value(json_object_get(patch, "path"));
    json_t *value = json_object_get(patch, "value");
    json_t *into = record;
    char key[PRODUCT_KEY_MAX + 1];
    bool removing = op && strcmp(op, "remove") == 0;
    if (!op || !path ||
        (!removing && strcmp(op, "add") != 0 && strcmp(op, "replace") != 0))
        return product_refuse(x, 400, "INVALID_VALUE",
                              "patch: expected op (add, remove, replace), path "
                              "and value");
    const char *name = path[0] == '/' ? path + 1 : path;
    if (strncmp(name, "labels/", 7) == 0) {
        name += 7;
        into = json_object_get(record, "labels");
    } else if (strcmp(name, "description") != 0) {
        return product_refuse(
            x, 400, "INVALID_VALUE",
            "patch: only /description and /labels/KEY change");
    }
    if (!product_pointer_key(name, key) ||
        (!removing &&
         (!json_is_string(value) || json_string_length(value) > 1024)))
        return product_refuse(x, 400, "INVALID_VALUE",
                              "patch: expected text of at most 1024 bytes");
    if (removing)
        (void)json_object_del(into, key);
    else if (json_object_size(into) >= 64 && !json_object_get(into, key))
        return product_refuse(x, 400, "INVALID_VALUE",
                              "patch: too many labels");
    else if (json_object_set(into, key, value) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

static struct status patch_prepare(struct exchange *x)
{
    TRY(PRODUCT_ONLY(x, "patch"));
    const json_t *list = json_object_get(x->body, "patch");
    if (!json_is_array(list) || json_array_size(list) > 64)
        return product_refuse(x, 400, "INVALID_VALUE",
                              "patch: expected a list of at most 64");
    return OK;
}

static struct status patch_change(struct exchange *x, struct policy_txn *txn)
{
    AUTO_JSON *record = NULL;
    struct api_id id;
    const json_t *list = json_object_get(x->body, "patch");
    TRY(find(x, txn, &id, &record));
    for (size_t i = 0; i < json_array_size(list); i++)
        TRY(apply_one(x, record, json_array_get(list, i)));
    node_put(txn, &x->peer.account, &id, record);
    x->work = json_incref(record);
    return node_log(x, txn, "node-change", &id, NULL);
}

static struct status patch_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    TRY(policy_read(x->broker->store, &txn));
    return node_view(x, txn, x->work, &x->answer);
}

/* From now on its certificate opens nothing. */
static struct status revoke(struct policy_txn *txn, const json_t *record,
                            uint64_t now)
{
    unsigned char serial[CA_SERIAL_LEN];
    AUTO_JSON *certificate = NULL;
    AUTO_JSON *entry = json_pack("{s:I}", "at", (json_int_t)now);
    if (!serial_of(record, serial))
        return OK;
    struct bytes which = bytes_of(serial, sizeof(serial));
    struct policy_key key = policy_key(POLICY_CERTIFICATE, which);
    struct policy_key revoked = policy_key(POLICY_REVOKED, which);
    TRY(policy_get_json(txn, &key, &certificate));
    if (json_object_set_new(certificate, "revoked", json_true()) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    policy_put_json(txn, &key, certificate);
    policy_put_json(txn, &revoked, entry);
    return OK;
}

static struct status deactivate_change(struct exchange *x,
                                       struct policy_txn *txn)
{
    AUTO_JSON *record = NULL;
    struct api_id id;
    TRY(find(x, txn, &id, &record));
    TRY(node_set_status(record, "DEACTIVATED", x->now / 1000));
    TRY(revoke(txn, record, x->now / 1000));
    node_put(txn, &x->peer.account, &id, record);
    x->work = json_incref(record);
    return node_log(x, txn, "node-deactivate", &id, NULL);
}

/* clang-format off */
const struct route routes_nodes[] = {
    { HTTP_GET,   "/v1/nodes",                A_USER_READING,  PRODUCT, .answer = list_answer },
    { HTTP_GET,   "/v1/nodes/{}",             A_USER_READING,  PRODUCT, .answer = get_answer },
    { HTTP_PATCH, "/v1/nodes/{}",             A_USER_WRITING,  PRODUCT, patch_prepare, patch_change, NULL, patch_answer, json_free, false },
    { HTTP_GET,   "/v1/nodes/{}/certificate", A_USER_READING,  PRODUCT, .answer = certificate_answer },
    { HTTP_GET,   "/v1/nodes/{}/certificate-details", A_USER_READING, PRODUCT, .answer = details_answer },
    { HTTP_GET,   "/v1/nodes/unique_labels/count", A_USER_READING, PRODUCT, .answer = labels_answer },
    { HTTP_POST,  "/v1/nodes/{}/deactivate",  A_USER_MANAGING, PRODUCT, .change = deactivate_change, .answer = product_answer_void, .release = json_free, .tightens = true },
    { HTTP_GET,   "/accord/v1/nodes",         A_READER,        ACCORD,  .answer = items_answer },
    { HTTP_GET,   "/accord/v1/nodes/{}",      A_READER,        ACCORD,  .answer = get_answer },
    { HTTP_POST,  "/accord/v1/nodes/{}/deactivate", A_MANAGER, ACCORD,  .change = deactivate_change, .answer = patch_answer, .release = json_free, .tightens = true },
    { 0 },
};
/* clang-format on */
