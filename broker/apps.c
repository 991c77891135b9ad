#include "broker/apps.h"

#include <strings.h>

#include "broker/programs.h"
#include "broker/tasks.h"
#include "ca/ca.h"

#define LABELS_MAX 64

/* --- domains ------------------------------------------------------------- */

static bool has(const json_t *names, const char *name)
{
    for (size_t i = 0; i < json_array_size(names); i++)
        if (strcasecmp(json_string_value(json_array_get(names, i)), name) == 0)
            return true;
    return false;
}

struct status app_read_domains(struct exchange *x, json_t **out)
{
    const json_t *given;
    AUTO_JSON *names = NULL;
    TRY(product_texts(x, "allowed_domains", CA_NAMES_MAX, &given));
    if (given && !(names = json_array()))
        return failure(STATUS_NO_MEMORY, "json", 0);
    for (size_t i = 0; i < json_array_size(given); i++) {
        struct reason why = { "" };
        const char *name = json_string_value(json_array_get(given, i));
        if (failed(ca_name_allowed(name, x->broker->hsm_facts.domain, NULL, 0,
                                   &why)))
            return product_refuse(x, 400, "INVALID_VALUE",
                                  "allowed_domains: %s", why.text);
        if (!has(names, name) &&
            json_array_append_new(names, json_string(name)) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
    }
    *out = TAKE(names);
    return OK;
}

/* What `of` has and `without` has not; NULL when out of memory. */
static json_t *difference(const json_t *of, const json_t *without)
{
    json_t *names = json_array();
    for (size_t i = 0; names && i < json_array_size(of); i++) {
        json_t *name = json_array_get(of, i);
        if (!has(without, json_string_value(name)) &&
            json_array_append(names, name) != 0) {
            json_decref(names);
            names = NULL;
        }
    }
    return names;
}

struct status app_want_domains(struct exchange *x, struct policy_txn *txn,
                               const struct api_id *app, json_t *record,
                               const json_t *wanted)
{
    struct api_id task;
    const json_t *approved = json_object_get(record, "whitelisted_domains");
    if (json_object_get(record, "pending_task_id"))
        return product_refuse(x, 400, "INVALID_STATE",
                              "allowed_domains: the last change of this app's "
                              "domains waits for its task");
    AUTO_JSON *more =
        json_pack("{s:o, s:o}", "domains_added", difference(wanted, approved),
                  "domains_removed", difference(approved, wanted));
    if (!more || json_object_update(record, more) != 0 ||
        json_object_set(record, "allowed_domains",
                        (json_t *)(uintptr_t)wanted) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    if (json_array_size(json_object_get(more, "domains_added")) == 0 &&
        json_array_size(json_object_get(more, "domains_removed")) == 0)
        return OK;
    TRY(task_open(x, txn, TASK_DOMAINS, app, more, &task));
    return json_object_set_new(record, "pending_task_id",
                               api_json_of_id(&task)) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

struct status app_settle_domains(struct exchange *x, struct policy_txn *txn,
                                 const json_t *task, bool approved)
{
    struct api_id id;
    AUTO_JSON *record = NULL;
    TRY(api_json_id(task, "entity_id", &id, &x->why));
    TRY(plain_own(x, txn, POLICY_APP, api_id_bytes(&id), "app", &record));
    const char *from = approved ? "allowed_domains" : "whitelisted_domains";
    const char *to = approved ? "whitelisted_domains" : "allowed_domains";
    if (json_object_set(record, to, json_object_get(record, from)) != 0 ||
        json_object_set_new(record, "domains_added", json_array()) != 0 ||
        json_object_set_new(record, "domains_removed", json_array()) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    (void)json_object_del(record, "pending_task_id");
    policy_object_put(txn, POLICY_APP, &x->peer.account, api_id_bytes(&id),
                      record);
    return OK;
}

/* --- labels -------------------------------------------------------------- */

static struct status patch_one(struct exchange *x, json_t *labels,
                               const json_t *patch)
{
    const char *op = json_string_value(json_object_get(patch, "op"));
    const char *path = json_string_value(json_object_get(patch, "path"));
    char key[PRODUCT_KEY_MAX + 1];
    json_t *value = json_object_get(patch, "value");
    bool removing = op && strcmp(op, "remove") == 0;
    bool setting = op && (strcmp(op, "add") == 0 || strcmp(op, "replace") == 0);
    if (!path || path[0] != '/' || !product_pointer_key(path + 1, key) ||
        !(removing || (setting && json_is_string(value) &&
                       json_string_length(value) <= 1024)))
        return product_refuse(x, 400, "INVALID_VALUE",
                              "labels: expected op (add, replace, remove), "
                              "path /KEY and a text as value");
    if (removing)
        (void)json_object_del(labels, key);
    else if (json_object_set(labels, key, value) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    if (json_object_size(labels) > LABELS_MAX)
        return product_refuse(x, 400, "INVALID_VALUE",
                              "labels: more than %d of them", LABELS_MAX);
    return OK;
}

struct status app_patch_labels(struct exchange *x, json_t *record)
{
    const json_t *list = json_object_get(x->body, "labels");
    json_t *labels = json_object_get(record, "labels");
    if (!list || json_is_null(list))
        return OK;
    if (!json_is_array(list))
        return product_refuse(x, 400, "INVALID_VALUE",
                              "labels: expected a list of changes");
    for (size_t i = 0; i < json_array_size(list); i++)
        TRY(patch_one(x, labels, json_array_get(list, i)));
    return OK;
}

/* --- view ---------------------------------------------------------------- */

static json_t *number_of(const json_t *record, const char *name)
{
    return json_integer(json_integer_value(json_object_get(record, name)));
}

static json_t *text_of(const json_t *record, const char *name)
{
    const char *text = json_string_value(json_object_get(record, name));
    return json_string(text ? text : "");
}

static json_t *names_of(const json_t *record, const char *name)
{
    json_t *names = json_object_get(record, name);
    return names ? json_incref(names) : json_array();
}

static json_t *build_settings(const json_t *record)
{
    return json_pack("{s:{s:o, s:o, s:o}}", "sgx", "isvprodid",
                     number_of(record, "isvprodid"), "mem_size",
                     number_of(record, "mem_size"), "threads",
                     number_of(record, "threads"));
}

struct status app_view(struct exchange *x, struct policy_txn *txn,
                       const json_t *record, json_t **out)
{
    json_t *labels = json_object_get(record, "labels");
    AUTO_JSON *nodes = json_array();
    struct api_id id;
    TRY(api_json_id(record, "app", &id, &x->why));
    if (!nodes)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(program_list_of_app(x, txn, &id, nodes));
    *out = json_pack(
        "{s:O, s:o, s:O, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o, s:O, s:O*, s:O*, s:o, s:o, s:o, s:s}",
        "app_id", json_object_get(record, "app"), "created_at",
        number_of(record, "created_at"), "name",
        json_object_get(record, "name"), "description",
        text_of(record, "description"), "input_image_name",
        text_of(record, "input_image_name"), "output_image_name",
        text_of(record, "output_image_name"), "isvprodid",
        number_of(record, "isvprodid"), "isvsvn", number_of(record, "isvsvn"),
        "mem_size", number_of(record, "mem_size"), "threads",
        number_of(record, "threads"), "allowed_domains",
        names_of(record, "allowed_domains"), "whitelisted_domains",
        names_of(record, "whitelisted_domains"), "domains_added",
        names_of(record, "domains_added"), "domains_removed",
        names_of(record, "domains_removed"), "nodes", nodes,
        "advanced_settings", json_object_get(record, "advanced_settings"),
        "pending_task_id", json_object_get(record, "pending_task_id"), "labels",
        labels ? json_incref(labels) : json_object(), "default_build_settings",
        build_settings(record), "group_id", api_json_of_id(&x->peer.account),
        "class", plain_class_name(record));
    json_t *updated = json_object_get(record, "updated_at");
    if (!*out ||
        json_object_set(*out, "updated_at",
                        updated ? updated
                                : json_object_get(record, "created_at")) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}
