/* routes_plain_builds.c - the product's builds (section 5.7 of the wire
 * contract).
 */

#include <stdlib.h>

#include "base/text.h"
#include "broker/images.h"
#include "broker/programs.h"
#include "broker/routes.h"
#include "broker/settings.h"
#include "broker/tasks.h"

#define CONFIGS_MAX 256

struct making {
    struct api_id id, app;
    char app_name[POLICY_NAME_MAX + 1]; /* instead of its id; "" */
    json_t *record;
};

static void making_free(void *work)
{
    struct making *m = work;
    json_decref(m->record);
    free(m);
}

static struct status making_new(struct exchange *x, struct making **out)
{
    *out = calloc(1, sizeof(**out));
    x->work = *out;
    return *out ? OK : failure(STATUS_NO_MEMORY, "calloc", 0);
}

static struct status made_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    const struct making *m = x->work;
    TRY(policy_read(x->broker->store, &txn));
    return image_view(x, txn, m->record, &x->answer);
}

/* --- POST ---------------------------------------------------------------- */

static struct status app_named(struct exchange *x, struct making *m)
{
    const char *name;
    TRY(product_id_optional(x, "app_id", &m->app));
    TRY(product_text_optional(x, "app_name", POLICY_NAME_MAX, &name));
    if (name)
        memcpy(m->app_name, name, strlen(name) + 1);
    if (api_id_is_zero(&m->app) && !m->app_name[0])
        return product_refuse(x, 400, "MISSING_REQUIRED_PARAMETER",
                              "app_id is missing");
    return OK;
}

/* Settings of its own; those it lacks are its app's. */
static struct status take_settings(struct exchange *x, json_t *record)
{
    const json_t *settings;
    int64_t mem_size = -1, threads = -1;
    TRY(settings_read(x, &settings));
    TRY(product_integer_optional(x, "mem_size", 0, INT64_C(1) << 40,
                                 &mem_size));
    TRY(product_integer_optional(x, "threads", 0, 1 << 20, &threads));
    if ((settings && json_object_set(record, "advanced_settings",
                                     (json_t *)(uintptr_t)settings) != 0) ||
        (mem_size >= 0 && json_object_set_new(record, "mem_size",
                                              json_integer(mem_size)) != 0) ||
        (threads >= 0 &&
         json_object_set_new(record, "threads", json_integer(threads)) != 0))
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

static struct status make_record(struct exchange *x, struct making *m)
{
    struct api_identity_rule rule;
    struct hash identity;
    AUTO_JSON *info = NULL;
    const json_t *docker;
    json_int_t now = (json_int_t)(x->now / 1000);
    TRY(image_read_rule(x, &rule, &info));
    TRY(settings_docker(x, &docker));
    TRY(api_identity_hash(&rule, &identity, &x->why));
    TRY(api_id_random(&m->id));
    m->record = json_pack(
        "{s:o, s:o, s:o, s:s, s:{}, s:o, s:o, s:I, s:I, s:O*, s:O*, s:O*}",
        "build", api_json_of_id(&m->id), "rule", api_rule_to_json(&rule),
        "identity", api_json_of_hash(&identity), "status", "pending", "configs",
        "creator", api_json_of_id(&x->session.user), "owner_user",
        api_json_of_id(&x->session.user), "created_at", now,
        "status_updated_at", now, "enclave_info", info, "docker_info", docker,
        "attributes", info ? NULL : json_object_get(x->body, "attributes"));
    if (!m->record)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return take_settings(x, m->record);
}

static struct status create_prepare(struct exchange *x)
{
    struct making *m;
    TRY(making_new(x, &m));
    TRY(PRODUCT_ONLY(x, "docker_info", "mrenclave", "mrsigner", "isvprodid",
                     "isvsvn", "app_id", "app_name", "mem_size", "threads",
                     "advanced_settings", "attributes", "launch_hint",
                     "enable_overlay_filesystem_persistence", "group_id"));
    TRY(PRODUCT_NOT_BUILT(x, "launch_hint",
                          "enable_overlay_filesystem_persistence"));
    TRY(product_group(x));
    TRY(app_named(x, m));
    return make_record(x, m);
}

struct search {
    const char *name;
    struct api_id found;
};

static struct status has_name(void *context, struct bytes tail,
                              const json_t *app)
{
    struct search *s = context;
    const char *name = json_string_value(json_object_get(app, "name"));
    if (name && strcmp(name, s->name) == 0 && tail.len == API_ID_LEN)
        memcpy(s->found.bytes, tail.at, API_ID_LEN);
    return OK;
}

static struct status find_app(struct exchange *x, struct policy_txn *txn,
                              struct making *m, json_t **out)
{
    struct search s = { .name = m->app_name, .found = m->app };
    struct policy_key all =
        policy_key(POLICY_APP, api_id_bytes(&x->peer.account));
    if (api_id_is_zero(&m->app))
        TRY(policy_each_json(txn, &all, has_name, &s));
    m->app = s.found;
    return plain_own(x, txn, POLICY_APP, api_id_bytes(&m->app), "app", out);
}

struct others {
    const json_t *record;
    int64_t of_app;
    bool same;
};

static struct status compare(void *context, struct bytes tail,
                             const json_t *build)
{
    (void)tail;
    struct others *o = context;
    if (!policy_is_plain_class(build))
        return OK;
    o->of_app += json_equal(json_object_get(build, "app"),
                            json_object_get(o->record, "app"));
    o->same |= json_equal(json_object_get(build, "identity"),
                          json_object_get(o->record, "identity"));
    return OK;
}

static struct status check_others(struct exchange *x, struct policy_txn *txn,
                                  const json_t *record)
{
    struct others o = { record, 0, false };
    int64_t most = config_number(x->broker->config, "limits", "images");
    struct policy_key all =
        policy_key(POLICY_BUILD, api_id_bytes(&x->peer.account));
    TRY(policy_each_json(txn, &all, compare, &o));
    if (o.same)
        return product_refuse(x, 400, "UNIQUE_VIOLATION",
                              "this account has an image with these "
                              "measurements already");
    if (o.of_app >= most)
        return product_refuse(x, 403, "QUOTA_EXCEEDED",
                              "this app has %lld images already, as many as it "
                              "may",
                              (long long)o.of_app);
    return OK;
}

static struct status create_change(struct exchange *x, struct policy_txn *txn)
{
    struct making *m = x->work;
    struct api_id task;
    AUTO_JSON *app = NULL;
    char id[API_ID_TEXT], name[POLICY_NAME_MAX + 16];
    TRY(find_app(x, txn, m, &app));
    (void)snprintf(name, sizeof(name), "%s %.12s",
                   json_string_value(json_object_get(app, "name")),
                   json_string_value(json_object_get(m->record, "identity")));
    if (json_object_set_new(m->record, "app", api_json_of_id(&m->app)) != 0 ||
        json_object_set_new(m->record, "name", json_string(name)) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(check_others(x, txn, m->record));
    TRY(task_open(x, txn, TASK_BUILD, &m->id, NULL, &task));
    if (json_object_set_new(m->record, "pending_task_id",
                            api_json_of_id(&task)) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(plain_new(x, txn, POLICY_BUILD, api_id_bytes(&m->id), m->record,
                  "build"));
    api_id_text(&m->id, id);
    AUTO_JSON *extra = json_pack("{s:O, s:O, s:O, s:O}", "app",
                                 json_object_get(m->record, "app"), "rule",
                                 json_object_get(m->record, "rule"), "identity",
                                 json_object_get(m->record, "identity"), "task",
                                 json_object_get(m->record, "pending_task_id"));
    return plain_log(x, txn, "build-create", "build", id, extra);
}

/* --- GET ----------------------------------------------------------------- */

static struct status list_view(struct exchange *x, struct policy_txn *txn,
                               const json_t *record, json_t **out)
{
    char config[80];
    if (!failed(http_query_value(x->request.query, "config_id", config,
                                 sizeof(config))) &&
        config[0] &&
        !json_object_get(json_object_get(record, "configs"), config))
        return OK;
    return image_view(x, txn, record, out);
}

static struct status list_answer(struct exchange *x)
{
    static const char *const filters[] = { "docker_image_name", "status",
                                           "deployed_status=deployment_status",
                                           NULL };
    static const char *const search[] = { "docker_image_name", "app_name",
                                          "mrenclave",         "mrsigner",
                                          "output_image_name", NULL };
    static const char *const sort[] = {
        "app_name",          "build_name",    "created_at", "updated_at",
        "docker_image_name", "status=status", NULL
    };
    static const struct product_list list = { filters, search, sort };
    return plain_answer_list(x, POLICY_BUILD, list_view, &list);
}

static struct status get_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record = NULL;
    struct api_id id;
    TRY(product_path_id(x, 0, "build", &id));
    TRY(policy_read(x->broker->store, &txn));
    TRY(plain_find(x, txn, POLICY_BUILD, api_id_bytes(&id), "build", &record));
    return image_view(x, txn, record, &x->answer);
}

static struct status deployments_answer(struct exchange *x)
{
    static const char *const filters[] = { "status", NULL };
    static const char *const search[] = { "node_name", NULL };
    static const char *const sort[] = { "node_name", "created_at",
                                        "status=status", NULL };
    static const struct product_list list = { filters, search, sort };
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record = NULL, *items = json_array();
    struct api_id id;
    TRY(product_path_id(x, 0, "build", &id));
    TRY(policy_read(x->broker->store, &txn));
    TRY(plain_find(x, txn, POLICY_BUILD, api_id_bytes(&id), "build", &record));
    if (!items)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(program_list_of_build(x, txn, record, items));
    return product_answer_list(x, TAKE(items), &list);
}

static struct status registry_answer(struct exchange *x)
{
    x->answer = json_array();
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* --- PATCH, DELETE ------------------------------------------------------- */

static struct status find(struct exchange *x, struct policy_txn *txn,
                          struct making *m)
{
    TRY(product_path_id(x, 0, "build", &m->id));
    return plain_own(x, txn, POLICY_BUILD, api_id_bytes(&m->id), "build",
                     &m->record);
}

static struct status patch_prepare(struct exchange *x)
{
    struct making *m;
    const json_t *configs;
    TRY(making_new(x, &m));
    TRY(PRODUCT_ONLY(x, "configs"));
    configs = json_object_get(x->body, "configs");
    if (configs && !json_is_null(configs) &&
        (!json_is_object(configs) || json_object_size(configs) > CONFIGS_MAX))
        return product_refuse(x, 400, "INVALID_VALUE",
                              "configs: expected an object of at most %d "
                              "configuration ids",
                              CONFIGS_MAX);
    return OK;
}

/* {id: {}} of configurations that are there. */
static struct status take_configs(struct exchange *x, struct policy_txn *txn,
                                  json_t *record)
{
    json_t *given = json_object_get(x->body, "configs"), *value;
    const char *id;
    AUTO_JSON *configs = json_object();
    json_object_foreach(given, id, value)
    {
        struct hash hash;
        AUTO_JSON *configuration = NULL;
        if (failed(hex_decode(bytes_of_string(id), hash.bytes, HASH_LEN)) ||
            !json_is_object(value))
            return product_refuse(x, 400, "INVALID_VALUE",
                                  "configs: expected configuration ids, each "
                                  "with {}");
        TRY(plain_own(x, txn, POLICY_CONFIGURATION, hash_bytes(&hash),
                      "configuration", &configuration));
        if (json_object_set_new(configs,
                                json_string_value(json_object_get(
                                    configuration, "configuration")),
                                json_object()) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
    }
    return json_object_set(record, "configs", configs) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status patch_change(struct exchange *x, struct policy_txn *txn)
{
    struct making *m = x->work;
    json_t *given = json_object_get(x->body, "configs");
    char id[API_ID_TEXT];
    TRY(find(x, txn, m));
    if (given && !json_is_null(given))
        TRY(take_configs(x, txn, m->record));
    if (json_object_set_new(m->record, "updated_at",
                            json_integer((json_int_t)(x->now / 1000))) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    policy_object_put(txn, POLICY_BUILD, &x->peer.account, api_id_bytes(&m->id),
                      m->record);
    AUTO_JSON *extra =
        json_pack("{s:O}", "configs", json_object_get(m->record, "configs"));
    api_id_text(&m->id, id);
    return plain_log(x, txn, "build-change", "build", id, extra);
}

static struct status delete_prepare(struct exchange *x)
{
    struct making *m;
    return making_new(x, &m);
}

static struct status delete_change(struct exchange *x, struct policy_txn *txn)
{
    struct making *m = x->work;
    char id[API_ID_TEXT];
    bool used = false;
    TRY(find(x, txn, m));
    TRY(policy_workflow_uses(txn, &x->peer.account, &m->id, &used));
    if (used)
        return product_refuse(x, 409, "CONFLICT",
                              "an approved workflow uses this image: delete "
                              "that version first");
    TRY(task_fail(x, txn, m->record));
    TRY(program_forget_build(txn, &x->peer.account, m->record));
    policy_object_delete(txn, POLICY_BUILD, &x->peer.account,
                         api_id_bytes(&m->id));
    AUTO_JSON *extra =
        json_pack("{s:O}", "identity", json_object_get(m->record, "identity"));
    api_id_text(&m->id, id);
    return plain_log(x, txn, "build-delete", "build", id, extra);
}

/* clang-format off */
const struct route routes_plain_builds[] = {
    { HTTP_GET,    "/v1/builds",    A_USER_READING, PRODUCT, .answer = list_answer },
    { HTTP_POST,   "/v1/builds",    A_USER_WRITING, PRODUCT, create_prepare, create_change, NULL, made_answer, making_free, false },
    { HTTP_GET,    "/v1/builds/{}", A_USER_READING, PRODUCT, .answer = get_answer },
    { HTTP_PATCH,  "/v1/builds/{}", A_USER_WRITING, PRODUCT, patch_prepare, patch_change, NULL, made_answer, making_free, false },
    { HTTP_DELETE, "/v1/builds/{}", A_USER_WRITING, PRODUCT, delete_prepare, delete_change, NULL, product_answer_void, making_free, true },
    { HTTP_GET,    "/v1/builds/deployments/{}", A_USER_READING, PRODUCT, .answer = deployments_answer },
    { HTTP_GET,    "/v1/registry",  A_USER_READING, PRODUCT, .answer = registry_answer },
    { 0 },
};
/* clang-format on */
