/* routes_plain_apps.c - the product's apps (section 5.6 of the wire contract).
 */

#include <stdlib.h>

#include "broker/apps.h"
#include "broker/limits.h"
#include "broker/programs.h"
#include "broker/routes.h"
#include "broker/settings.h"
#include "broker/tasks.h"

#define DESCRIPTION_MAX 16384

struct making {
    struct api_id id;
    json_t *record, *domains;
};

static void making_free(void *work)
{
    struct making *m = work;
    json_decref(m->record);
    json_decref(m->domains);
    free(m);
}

static struct status making_new(struct exchange *x, struct making **out)
{
    *out = calloc(1, sizeof(**out));
    x->work = *out;
    return *out ? OK : failure(STATUS_NO_MEMORY, "calloc", 0);
}

static struct status find(struct exchange *x, struct policy_txn *txn,
                          struct making *m)
{
    TRY(product_path_id(x, 0, "app", &m->id));
    return plain_own(x, txn, POLICY_APP, api_id_bytes(&m->id), "app",
                     &m->record);
}

static struct status put(struct exchange *x, struct policy_txn *txn,
                         const struct making *m)
{
    if (json_object_set_new(m->record, "updated_at",
                            json_integer((json_int_t)(x->now / 1000))) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    policy_object_put(txn, POLICY_APP, &x->peer.account, api_id_bytes(&m->id),
                      m->record);
    return OK;
}

static struct status log_app(struct exchange *x, struct policy_txn *txn,
                             const struct making *m, const char *action)
{
    char id[API_ID_TEXT];
    api_id_text(&m->id, id);
    AUTO_JSON *extra = json_pack(
        "{s:O, s:O*, s:O*, s:O*}", "name", json_object_get(m->record, "name"),
        "domains_added", json_object_get(m->record, "domains_added"),
        "domains_removed", json_object_get(m->record, "domains_removed"),
        "task", json_object_get(m->record, "pending_task_id"));
    return plain_log(x, txn, action, "app", id, extra);
}

static struct status made_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct making *m = x->work;
    TRY(policy_read(x->broker->store, &txn));
    return app_view(x, txn, m->record, &x->answer);
}

/* --- what both POST and PATCH have ---------------------------------------- */

/* Numbers that the body has, into the record; all of them when `needed`. */
static struct status take_numbers(struct exchange *x, json_t *record,
                                  bool needed)
{
    static const struct {
        const char *name;
        int64_t max;
    } numbers[] = { { "isvprodid", 65535 },
                    { "isvsvn", 65535 },
                    { "mem_size", INT64_C(1) << 40 },
                    { "threads", 1 << 20 } };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        int64_t number = -1;
        TRY((needed ? product_integer : product_integer_optional)(
            x, numbers[i].name, 0, numbers[i].max, &number));
        if (number >= 0 && json_object_set_new(record, numbers[i].name,
                                               json_integer(number)) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
    }
    return OK;
}

static struct status take_texts(struct exchange *x, json_t *record, bool needed)
{
    static const char *const images[] = { "input_image_name",
                                          "output_image_name" };
    const char *text;
    TRY(product_text_optional(x, "description", DESCRIPTION_MAX, &text));
    if (text && json_object_set_new(record, "description", json_string(text)))
        return failure(STATUS_NO_MEMORY, "json", 0);
    for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
        TRY((needed ? product_text : product_text_optional)(x, images[i], 1024,
                                                            &text));
        if (text && json_object_set_new(record, images[i], json_string(text)))
            return failure(STATUS_NO_MEMORY, "json", 0);
    }
    return OK;
}

static struct status take_all(struct exchange *x, json_t *record, bool needed)
{
    const json_t *settings;
    TRY(PRODUCT_NOT_BUILT(x, "default_build_settings", "custom_metadata",
                          "certificate_policy", "signers"));
    TRY(product_group(x));
    TRY(take_texts(x, record, needed));
    TRY(take_numbers(x, record, needed));
    TRY(settings_read(x, &settings));
    if (settings && json_object_set(record, "advanced_settings",
                                    (json_t *)(uintptr_t)settings) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

/* --- POST ---------------------------------------------------------------- */

static struct status create_prepare(struct exchange *x)
{
    struct making *m;
    const char *name;
    const json_t *labels;
    TRY(making_new(x, &m));
    TRY(PRODUCT_ONLY(x, "name", "description", "input_image_name",
                     "output_image_name", "isvprodid", "isvsvn", "mem_size",
                     "threads", "allowed_domains", "advanced_settings",
                     "labels", "default_build_settings", "custom_metadata",
                     "certificate_policy", "signers", "group_id"));
    TRY(product_text(x, "name", POLICY_NAME_MAX, &name));
    if (failed(policy_name_check(name, &x->why)))
        return product_refuse(x, 400, "INVALID_NAME",
                              "name: a name holds no control characters");
    TRY(product_labels(x, "labels", 64, &labels));
    TRY(app_read_domains(x, &m->domains));
    if (!m->domains && !(m->domains = json_array()))
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(api_id_random(&m->id));
    m->record = json_pack(
        "{s:o, s:s, s:o, s:[], s:I, s:o}", "app", api_json_of_id(&m->id),
        "name", name, "labels",
        labels ? json_incref((json_t *)(uintptr_t)labels) : json_object(),
        "whitelisted_domains", "created_at", (json_int_t)(x->now / 1000),
        "creator", api_json_of_id(&x->session.user));
    if (!m->record)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return take_all(x, m->record, true);
}

static struct status create_change(struct exchange *x, struct policy_txn *txn)
{
    struct making *m = x->work;
    TRY(limit_check(x, txn, POLICY_APP, "apps"));
    TRY(app_want_domains(x, txn, &m->id, m->record, m->domains));
    TRY(plain_new(x, txn, POLICY_APP, api_id_bytes(&m->id), m->record, "app"));
    return log_app(x, txn, m, "app-create");
}

/* --- GET ----------------------------------------------------------------- */

static struct status list_answer(struct exchange *x)
{
    static const char *const filters[] = { "name", "description", NULL };
    static const char *const sort[] = { "name", "description", "created_at",
                                        "updated_at", NULL };
    static const struct product_list list = { filters, filters, sort };
    return plain_answer_list(x, POLICY_APP, app_view, &list);
}

static struct status get_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record = NULL;
    struct api_id id;
    TRY(product_path_id(x, 0, "app", &id));
    TRY(policy_read(x->broker->store, &txn));
    TRY(plain_find(x, txn, POLICY_APP, api_id_bytes(&id), "app", &record));
    return app_view(x, txn, record, &x->answer);
}

/* How many apps have each label. */
static struct status count_labels(void *context, struct bytes tail,
                                  const json_t *record)
{
    (void)tail;
    return product_count_labels(context, json_object_get(record, "labels"));
}

static struct status labels_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *items = json_array();
    struct policy_key all =
        policy_key(POLICY_APP, api_id_bytes(&x->peer.account));
    if (!items)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(policy_read(x->broker->store, &txn));
    TRY(policy_each_json(txn, &all, count_labels, items));
    x->answer = json_pack("{s:O}", "items", items);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* --- PATCH, DELETE ------------------------------------------------------- */

static struct status patch_prepare(struct exchange *x)
{
    struct making *m;
    AUTO_JSON *checked = json_object();
    TRY(making_new(x, &m));
    TRY(PRODUCT_ONLY(x, "description", "input_image_name", "output_image_name",
                     "isvprodid", "isvsvn", "mem_size", "threads",
                     "allowed_domains", "advanced_settings", "labels",
                     "default_build_settings", "custom_metadata",
                     "certificate_policy", "signers", "group_id"));
    if (!checked)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(take_all(x, checked, false));
    return app_read_domains(x, &m->domains);
}

static struct status patch_change(struct exchange *x, struct policy_txn *txn)
{
    struct making *m = x->work;
    TRY(find(x, txn, m));
    TRY(take_all(x, m->record, false));
    TRY(app_patch_labels(x, m->record));
    if (m->domains)
        TRY(app_want_domains(x, txn, &m->id, m->record, m->domains));
    TRY(put(x, txn, m));
    return log_app(x, txn, m, "app-change");
}

static struct status empty_prepare(struct exchange *x)
{
    struct making *m;
    return making_new(x, &m);
}

struct use {
    const char *app;
    bool found;
};

static struct status belongs(void *context, struct bytes tail,
                             const json_t *build)
{
    (void)tail;
    struct use *use = context;
    const char *app = json_string_value(json_object_get(build, "app"));
    use->found |= app && strcmp(app, use->app) == 0;
    return OK;
}

static struct status delete_change(struct exchange *x, struct policy_txn *txn)
{
    struct making *m = x->work;
    char id[API_ID_TEXT];
    struct use use = { id, false };
    struct policy_key builds =
        policy_key(POLICY_BUILD, api_id_bytes(&x->peer.account));
    TRY(find(x, txn, m));
    api_id_text(&m->id, id);
    TRY(policy_each_json(txn, &builds, belongs, &use));
    if (use.found)
        return product_refuse(x, 409, "CONFLICT",
                              "images belong to this app: delete them first");
    TRY(task_fail(x, txn, m->record));
    TRY(program_forget_app(txn, &x->peer.account, &m->id));
    policy_object_delete(txn, POLICY_APP, &x->peer.account,
                         api_id_bytes(&m->id));
    return log_app(x, txn, m, "app-delete");
}

/* clang-format off */
const struct route routes_plain_apps[] = {
    { HTTP_GET,    "/v1/apps",    A_USER_READING, PRODUCT, .answer = list_answer },
    { HTTP_POST,   "/v1/apps",    A_USER_WRITING, PRODUCT, create_prepare, create_change, NULL, made_answer, making_free, false },
    { HTTP_GET,    "/v1/apps/{}", A_USER_READING, PRODUCT, .answer = get_answer },
    { HTTP_PATCH,  "/v1/apps/{}", A_USER_WRITING, PRODUCT, patch_prepare, patch_change, NULL, made_answer, making_free, false },
    { HTTP_DELETE, "/v1/apps/{}", A_USER_WRITING, PRODUCT, empty_prepare, delete_change, NULL, product_answer_void, making_free, true },
    { HTTP_GET,    "/v1/apps/unique_labels/count", A_USER_READING, PRODUCT, .answer = labels_answer },
    { 0 },
};
/* clang-format on */
