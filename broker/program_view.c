/* program_view.c - certificates as people are shown them, and of an app those
 * on its nodes. */

#include "base/text.h"
#include "broker/programs.h"

static const json_t *at(const json_t *value, const char *name)
{
    return json_object_get(value, name);
}

/* --- certificates -------------------------------------------------------- */

static const char *status_of(const struct exchange *x, const json_t *record)
{
    json_int_t end = json_integer_value(at(record, "not_after"));
    if (!json_is_false(at(record, "revoked")))
        return "REVOKED";
    return x->now / 1000 > (uint64_t)end ? "EXPIRED" : "ISSUED";
}

/* The program's build, and the app that it belongs to. */
static struct status add_program(struct exchange *x, struct policy_txn *txn,
                                 const json_t *certificate, json_t *view)
{
    struct api_id build, app;
    TRY(api_json_id(certificate, "id", &build, &x->why));
    AUTO_JSON *record = NULL;
    struct status got = policy_object_get(txn, POLICY_BUILD, &x->peer.account,
                                          api_id_bytes(&build), &record, NULL);
    if (failed(got))
        return got.code == STATUS_NOT_FOUND ? OK : got;
    bool has_app = !failed(api_json_id(record, "app", &app, NULL));
    if (json_object_set_new(view, "build_id", api_json_of_id(&build)) ||
        (has_app && json_object_set_new(view, "app_id", api_json_of_id(&app))))
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

struct status program_certificate(struct exchange *x, struct policy_txn *txn,
                                  const unsigned char serial[CA_SERIAL_LEN],
                                  const json_t *record, json_t **out)
{
    AUTO_JSON *pem = NULL, *view = NULL;
    struct api_id id;
    memcpy(id.bytes, serial, sizeof(id.bytes));
    struct status kept = issue_kept_pem(x, txn, serial, &pem);
    if (failed(kept) && kept.code != STATUS_NOT_FOUND)
        return kept;
    view = json_pack("{s:o, s:s, s:O*, s:O*, s:O*}", "certificate_id",
                     api_json_of_id(&id), "status", status_of(x, record), "csr",
                     at(record, "csr"), "certificate", pem, "node_id",
                     at(record, "node"));
    if (!view)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(add_program(x, txn, record, view));
    *out = TAKE(view);
    return OK;
}

/* --- of an app on a node ------------------------------------------------- */

/* What is remembered, and the certificate's record; its serial. */
struct placed {
    json_t *record, *certificate;
    unsigned char serial[CA_SERIAL_LEN];
};

static void placed_clear(struct placed *p)
{
    json_decref(p->record);
    json_decref(p->certificate);
}

static struct status load(struct policy_txn *txn, const json_t *record,
                          struct placed *out)
{
    const char *text = json_string_value(at(record, "serial"));
    if (!text ||
        failed(hex_decode(bytes_of_string(text), out->serial, CA_SERIAL_LEN)))
        return failure(STATUS_CORRUPT, "placed", 0);
    struct policy_key key =
        policy_key(POLICY_CERTIFICATE, bytes_of(out->serial, CA_SERIAL_LEN));
    return policy_damaged(policy_get_json(txn, &key, &out->certificate),
                          "placed");
}

static struct status find(struct exchange *x, struct policy_txn *txn,
                          const struct api_id *app, const struct api_id *node,
                          struct placed *out)
{
    struct policy_key key = program_key(&x->peer.account, app, node);
    TRY(policy_get_json(txn, &key, &out->record));
    return load(txn, out->record, out);
}

struct status program_at(struct exchange *x, struct policy_txn *txn,
                         const struct api_id *app, const struct api_id *node,
                         json_t **out)
{
    struct placed p = { 0 };
    struct status s = find(x, txn, app, node, &p);
    if (!failed(s))
        s = program_certificate(x, txn, p.serial, p.certificate, out);
    placed_clear(&p);
    return s;
}

/* The state of the platform as the attestation service of old named it. */
static const char *quote_status(const json_t *certificate)
{
    static const char *const words[][2] = {
        { "UpToDate", "OK" },
        { "SWHardeningNeeded", "SW_HARDENING_NEEDED" },
        { "ConfigurationNeeded", "CONFIGURATION_NEEDED" },
        { "ConfigurationAndSWHardeningNeeded",
          "CONFIGURATION_AND_SW_HARDENING_NEEDED" },
        { "OutOfDate", "GROUP_OUT_OF_DATE" },
        { "OutOfDateConfigurationNeeded", "GROUP_OUT_OF_DATE" },
        { "TDRelaunchAdvised", "TD_RELAUNCH_ADVISED" },
        { "TDRelaunchAdvisedConfigurationNeeded", "TD_RELAUNCH_ADVISED" },
    };
    const json_t *verdict = at(certificate, "verdict");
    const char *tcb = json_string_value(at(verdict, "tcb"));
    for (size_t i = 0; tcb && i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(tcb, words[i][0]) == 0)
            return words[i][1];
    return tcb ? "UNEVALUATED" : "SIGNATURE_INVALID"; /* refused since */
}

static struct status details(struct exchange *x, struct policy_txn *txn,
                             const struct placed *p, json_t **out)
{
    AUTO_JSON *view = NULL;
    const char *cpusvn = json_string_value(at(p->record, "cpusvn"));
    TRY(issue_kept_details(x, txn, p->serial, &view));
    AUTO_JSON *more =
        json_pack("{s:O*, s:s, s:s}", "enclave_info",
                  at(p->record, "enclave_info"), "cpusvn", cpusvn ? cpusvn : "",
                  "ias_quote_status", quote_status(p->certificate));
    if (!more || json_object_update(view, more) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    *out = TAKE(view);
    return OK;
}

struct status program_details_at(struct exchange *x, struct policy_txn *txn,
                                 const struct api_id *app,
                                 const struct api_id *node, json_t **out)
{
    struct placed p = { 0 };
    struct status s = find(x, txn, app, node, &p);
    if (!failed(s))
        s = details(x, txn, &p, out);
    placed_clear(&p);
    return s;
}

/* --- lists --------------------------------------------------------------- */

struct listing {
    struct exchange *x;
    struct policy_txn *txn;
    const struct api_id *app, *node; /* NULL: any, and in the tail */
    struct api_id own;               /* what `app` may point to */
    const char *build;               /* NULL: any */
    json_t *list;                    /* NULL: is there a good one? */
    json_t *map;                     /* of lists, instead; by node */
    bool good;
};

static struct status name_of(struct listing *l, const struct api_id *node,
                             json_t **out)
{
    AUTO_JSON *record = NULL;
    struct policy_key key =
        policy_key(POLICY_COMPUTE_NODE, api_id_bytes(&l->x->peer.account),
                   api_id_bytes(node));
    struct status got = policy_get_json(l->txn, &key, &record);
    if (failed(got))
        return got.code == STATUS_NOT_FOUND ? OK : got;
    *out = json_incref(json_object_get(record, "name"));
    return OK;
}

/* AppNodeInfo. Whether it runs nobody says. */
static struct status add(struct listing *l, const struct api_id *node,
                         const struct placed *p)
{
    AUTO_JSON *certificate = NULL, *name = NULL;
    TRY(name_of(l, node, &name));
    TRY(program_certificate(l->x, l->txn, p->serial, p->certificate,
                            &certificate));
    json_t *made = json_object_get(p->record, "created_at");
    json_t *view =
        json_pack("{s:O, s:O, s:o, s:O*, s:{s:s, s:O, s:O}}", "certificate",
                  certificate, "created_at", made, "node_id",
                  api_json_of_id(node), "node_name", name, "status", "status",
                  "UNKNOWN", "status_updated_at", made, "attested_at", made);
    return json_array_append_new(l->list, view) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

/* The node's own list out of the map. */
static struct status take_list(struct listing *l, const struct api_id *node)
{
    char id[API_ID_TEXT];
    api_id_text(node, id);
    l->list = json_object_get(l->map, id);
    if (l->list)
        return OK;
    l->list = json_array();
    return json_object_set_new(l->map, id, l->list) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status see(void *context, struct bytes tail, const json_t *record)
{
    struct listing *l = context;
    struct api_id app, node;
    struct cursor in = cursor_of(tail);
    const char *build = json_string_value(at(record, "build"));
    if (!l->app)
        cursor_copy(&in, app.bytes, API_ID_LEN);
    cursor_copy(&in, node.bytes, API_ID_LEN);
    if (failed(cursor_finish(&in, "placed")))
        return failure(STATUS_CORRUPT, "placed", 0);
    if ((l->node && !api_id_equal(l->node, &node)) ||
        (l->build && (!build || strcmp(build, l->build) != 0)))
        return OK;
    if (l->map)
        TRY(take_list(l, &node));
    struct placed p = { .record = json_incref((json_t *)(uintptr_t)record) };
    struct status s = load(l->txn, record, &p);
    if (!failed(s) && l->list)
        s = add(l, &node, &p);
    else if (!failed(s))
        l->good |= strcmp(status_of(l->x, p.certificate), "ISSUED") == 0;
    placed_clear(&p);
    return s;
}

static struct status list_all(struct listing *l)
{
    const struct api_id *account = &l->x->peer.account;
    struct policy_key prefix =
        l->app ? policy_key(POLICY_PLACED, api_id_bytes(account),
                            api_id_bytes(l->app))
               : policy_key(POLICY_PLACED, api_id_bytes(account));
    return policy_each_json(l->txn, &prefix, see, l);
}

struct status program_list_of_app(struct exchange *x, struct policy_txn *txn,
                                  const struct api_id *app, json_t *list)
{
    struct listing l = { .x = x, .txn = txn, .app = app, .list = list };
    return list_all(&l);
}

struct status program_list_of_node(struct exchange *x, struct policy_txn *txn,
                                   const struct api_id *node, json_t *list)
{
    struct listing l = { .x = x, .txn = txn, .node = node, .list = list };
    return list_all(&l);
}

struct status program_list_by_node(struct exchange *x, struct policy_txn *txn,
                                   json_t *map)
{
    struct listing l = { .x = x, .txn = txn, .map = map };
    return list_all(&l);
}

static struct status of_build(struct listing *l, const json_t *build)
{
    l->build = json_string_value(at(build, "build"));
    l->app = &l->own;
    if (!l->build || failed(api_json_id(build, "app", &l->own, NULL)))
        return OK;
    return list_all(l);
}

struct status program_list_of_build(struct exchange *x, struct policy_txn *txn,
                                    const json_t *build, json_t *list)
{
    struct listing l = { .x = x, .txn = txn, .list = list };
    return of_build(&l, build);
}

struct status program_is_placed(struct exchange *x, struct policy_txn *txn,
                                const json_t *build, bool *out)
{
    struct listing l = { .x = x, .txn = txn };
    TRY(of_build(&l, build));
    *out = l.good;
    return OK;
}
