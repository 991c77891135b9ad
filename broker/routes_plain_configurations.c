/* routes_plain_configurations.c - application configurations of the product's
 * clients (section 5.10 of the wire contract): named by their content. Name,
 * description and ports change; files, labels and zone do not. */

#include "base/text.h"
#include "broker/plain.h"
#include "broker/ports.h"
#include "broker/routes.h"
#include "broker/zone.h"

#include <stdlib.h>

#define LABELS_MAX      64
#define DESCRIPTION_MAX 16384
#define QUERY_ID_MAX    64

/* Where programs on the product's runtime may have files put. */
#define FILES_BELOW "/opt/fortanix/enclave-os/app-config/rw/"

struct configuring {
    struct hash id;
    json_t *record;
};

static void configuring_free(void *work)
{
    struct configuring *c = work;
    json_decref(c->record);
    free(c);
}

static struct status configuring_new(struct exchange *x,
                                     struct configuring **out)
{
    struct configuring *c = calloc(1, sizeof(*c));
    if (!c)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    x->work = c;
    *out = c;
    return OK;
}

/* --- shown --------------------------------------------------------------- */

static struct status view(struct exchange *x, struct policy_txn *txn,
                          const json_t *record, json_t **out)
{
    static const char *const same[] = { "name",   "description",
                                        "labels", "app_config",
                                        "ports",  "created_at",
                                        NULL };
    struct api_id zone;
    const json_t *updated = json_object_get(record, "updated_at");
    (void)txn; /* everything stands in the record */
    TRY(zone_id(&x->peer.account, &zone));
    AUTO_JSON *v = json_pack(
        "{s:O, s:O, s:{s:o, s:i}, s:o, s:s}", "config_id",
        json_object_get(record, "configuration"), "updated_at",
        updated ? updated : json_object_get(record, "created_at"), "zone", "id",
        api_json_of_id(&zone), "version", 0, "group_id",
        api_json_of_id(&x->peer.account), "class", plain_class_name(record));
    for (const char *const *name = same; *name; name++)
        if (json_object_set(v, *name, json_object_get(record, *name)) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
    *out = TAKE(v);
    return OK;
}

/* image_id: what the build's "configs" names, as a member to filter by. */
static struct status view_for_image(struct exchange *x, struct policy_txn *txn,
                                    const json_t *record, json_t **out)
{
    char image[QUERY_ID_MAX];
    struct api_id id;
    AUTO_JSON *build = NULL;
    AUTO_JSON *v = NULL;
    TRY(view(x, txn, record, &v));
    if (failed(http_query_value(x->request.query, "image_id", image,
                                sizeof(image))) ||
        failed(api_id_parse(bytes_of_string(image), &id))) {
        *out = TAKE(v);
        return OK; /* without the parameter all of them, else none */
    }
    struct status got = policy_object_get(txn, POLICY_BUILD, &x->peer.account,
                                          api_id_bytes(&id), &build, NULL);
    if (failed(got) && got.code != STATUS_NOT_FOUND)
        return got;
    const char *config = json_string_value(json_object_get(v, "config_id"));
    if (json_object_get(json_object_get(build, "configs"), config) &&
        json_object_set_new(v, "image_id", json_string(image)) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    *out = TAKE(v);
    return OK;
}

static struct status list_answer(struct exchange *x)
{
    static const char *const filters[] = { "name", "description", "image_id",
                                           "filter", NULL };
    static const char *const search[] = { "name", "description", NULL };
    static const char *const sort[] = { "name", "description", "created_at",
                                        "updated_at", NULL };
    static const struct product_list list = { filters, search, sort };
    return plain_answer_list(x, POLICY_CONFIGURATION, view_for_image, &list);
}

static struct status path_config(struct exchange *x, struct hash *out)
{
    if (failed(hex_decode(bytes_of_string(x->part[0]), out->bytes, HASH_LEN)))
        return product_refuse(x, 404, "NOT_FOUND",
                              "a configuration's id is 64 hexadecimal digits");
    return OK;
}

static struct status get_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record = NULL;
    struct hash id;
    TRY(path_config(x, &id));
    TRY(policy_read(x->broker->store, &txn));
    TRY(plain_find(x, txn, POLICY_CONFIGURATION, hash_bytes(&id),
                   "configuration", &record));
    return view(x, txn, record, &x->answer);
}

static struct status made_answer(struct exchange *x)
{
    const struct configuring *c = x->work;
    return view(x, NULL, c->record, &x->answer);
}

/* --- read ---------------------------------------------------------------- */

/* A reason that names the member is there already. */
static struct status invalid_value(struct exchange *x, struct status s)
{
    if (s.code == STATUS_INVALID)
        x->code = "INVALID_VALUE";
    return s;
}

/* The directory FILES_BELOW itself, "..", and what ends as a directory does
 * are refused where the program would start. */
static bool is_file_path(const char *key)
{
    size_t len = strlen(key);
    if (strncmp(key, FILES_BELOW, strlen(FILES_BELOW)) != 0 ||
        key[len - 1] == '/' || (len > 1 && strcmp(key + len - 2, "/.") == 0))
        return false;
    for (const char *at = strstr(key, "/.."); at; at = strstr(at + 1, "/.."))
        if (at[3] == '/' || at[3] == '\0')
            return false;
    return true;
}

static struct status check_contents(struct exchange *x, const char *key,
                                    const json_t *file)
{
    AUTO_CLEAR_BUFFER raw = buffer_make(API_CONFIGURATION_MAX);
    const json_t *contents = json_object_get(file, "contents");
    bool there = contents && !json_is_null(contents);
    if (!json_is_object(file) || json_object_size(file) != (contents ? 1 : 0) ||
        (there && (!json_is_string(contents) ||
                   failed(base64_decode(bytes_of(json_string_value(contents),
                                                 json_string_length(contents)),
                                        &raw)))))
        return product_refuse(x, 400, "INVALID_VALUE",
                              "app_config.%.100s: expected {\"contents\": "
                              "base64}",
                              key);
    return OK;
}

/* A key with a leading slash is a file for the product's runtime, any other
 * is the program's own word. */
static struct status check_app_config(struct exchange *x, const json_t **out)
{
    json_t *files = json_object_get(x->body, "app_config"), *file;
    const char *key;
    if (!json_is_object(files))
        return product_refuse(x, 400, "INVALID_VALUE",
                              "app_config: expected an object of "
                              "{\"contents\": base64}");
    json_object_foreach(files, key, file)
    {
        if (key[0] == '/' && !is_file_path(key))
            return product_refuse(x, 400, "INVALID_VALUE",
                                  "app_config.%.100s: a path is that of a file "
                                  "below " FILES_BELOW ", without \"..\"",
                                  key);
        TRY(check_contents(x, key, file));
    }
    *out = files;
    return OK;
}

/* There is one zone, whose certificate never changes. */
static struct status check_zone(struct exchange *x)
{
    static const char *const names[] = { "id", "version" };
    struct api_id own, asked;
    int64_t version = 0;
    const json_t *zone = json_object_get(x->body, "zone");
    if (!zone || json_is_null(zone))
        return OK;
    TRY(zone_id(&x->peer.account, &own));
    const json_t *given = json_object_get(zone, "version");
    if (failed(api_json_only(zone, names, 2, NULL)) ||
        failed(api_json_id(zone, "id", &asked, NULL)) ||
        !api_id_equal(&own, &asked) ||
        (given && !json_is_null(given) &&
         failed(api_json_integer(zone, "version", 0, 0, &version, NULL))))
        return product_refuse(x, 400, "INVALID_VALUE",
                              "zone: expected {\"id\": the account's zone, "
                              "\"version\": 0}");
    return OK;
}

static struct status check_name(struct exchange *x, const char *name)
{
    if (failed(policy_name_check(name, &x->why)))
        return product_refuse(x, 400, "INVALID_NAME",
                              "name: without control characters");
    return OK;
}

/* --- POST ---------------------------------------------------------------- */

static struct status make_record(struct exchange *x, struct configuring *c,
                                 const char *name, const char *description,
                                 const json_t *app_config, const json_t *labels,
                                 json_t *ports)
{
    json_int_t now = (json_int_t)(x->now / 1000);
    AUTO_JSON *none = json_object();
    labels = labels ? labels : none;
    AUTO_JSON *base = json_pack(
        "{s:O, s:O, s:[s%]}", "app_config", app_config, "labels", labels,
        "zone_ca", (const char *)x->broker->ca_pem.data, x->broker->ca_pem.len);
    if (!base)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(invalid_value(x, api_configuration_hash(base, &c->id, &x->why)));
    c->record = json_pack("{s:o, s:s, s:s, s:O, s:O, s:O, s:I, s:I, s:o}",
                          "configuration", api_json_of_hash(&c->id), "name",
                          name, "description", description ? description : "",
                          "app_config", app_config, "labels", labels, "ports",
                          ports, "created_at", now, "updated_at", now,
                          "creator", api_json_of_id(&x->session.user));
    return c->record ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status create_prepare(struct exchange *x)
{
    const char *name, *description;
    const json_t *app_config, *labels;
    AUTO_JSON *ports = NULL;
    struct configuring *c;
    TRY(configuring_new(x, &c));
    TRY(PRODUCT_ONLY(x, "name", "description", "app_config", "labels", "ports",
                     "zone", "group_id"));
    TRY(product_group(x));
    TRY(product_text(x, "name", POLICY_NAME_MAX, &name));
    TRY(check_name(x, name));
    TRY(product_text_optional(x, "description", DESCRIPTION_MAX, &description));
    TRY(check_app_config(x, &app_config));
    TRY(product_labels(x, "labels", LABELS_MAX, &labels));
    TRY(invalid_value(x, ports_read(x, &ports)));
    TRY(check_zone(x));
    return make_record(x, c, name, description, app_config, labels, ports);
}

static struct status log_config(struct exchange *x, struct policy_txn *txn,
                                const struct configuring *c, const char *action)
{
    char id[2 * HASH_LEN + 1];
    hex_encode(hash_bytes(&c->id), id);
    AUTO_JSON *extra =
        json_pack("{s:O, s:O}", "name", json_object_get(c->record, "name"),
                  "ports", json_object_get(c->record, "ports"));
    return plain_log(x, txn, action, "configuration", id, extra);
}

static struct status create_change(struct exchange *x, struct policy_txn *txn)
{
    const struct configuring *c = x->work;
    TRY(plain_new(x, txn, POLICY_CONFIGURATION, hash_bytes(&c->id), c->record,
                  "configuration"));
    return log_config(x, txn, c, "configuration-create");
}

/* --- PATCH, DELETE ------------------------------------------------------- */

static struct status change_prepare(struct exchange *x)
{
    const char *name, *description;
    struct configuring *c;
    TRY(configuring_new(x, &c));
    TRY(path_config(x, &c->id));
    TRY(PRODUCT_ONLY(x, "name", "description", "ports", "group_id"));
    TRY(product_group(x));
    TRY(product_text_optional(x, "name", POLICY_NAME_MAX, &name));
    if (name)
        TRY(check_name(x, name));
    TRY(product_text_optional(x, "description", DESCRIPTION_MAX, &description));
    if (json_is_null(json_object_get(x->body, "ports")))
        (void)json_object_del(x->body, "ports");
    if (json_object_get(x->body, "ports")) {
        json_t *ports = NULL;
        TRY(invalid_value(x, ports_read(x, &ports)));
        if (json_object_set_new(x->body, "ports", ports) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
    }
    return OK;
}

static struct status load(struct exchange *x, struct policy_txn *txn,
                          struct configuring *c)
{
    return plain_own(x, txn, POLICY_CONFIGURATION, hash_bytes(&c->id),
                     "configuration", &c->record);
}

static struct status change_change(struct exchange *x, struct policy_txn *txn)
{
    struct configuring *c = x->work;
    TRY(load(x, txn, c));
    const char *name = json_string_value(json_object_get(x->body, "name"));
    json_t *description = json_object_get(x->body, "description");
    json_t *ports = json_object_get(x->body, "ports");
    if (name)
        TRY(product_unique(x, policy_object_rename(txn, POLICY_CONFIGURATION,
                                                   &x->peer.account, c->record,
                                                   name, &x->why)));
    if ((json_is_string(description) &&
         json_object_set(c->record, "description", description) != 0) ||
        (ports && json_object_set(c->record, "ports", ports) != 0) ||
        json_object_set_new(c->record, "updated_at",
                            json_integer((json_int_t)(x->now / 1000))) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    policy_object_put(txn, POLICY_CONFIGURATION, &x->peer.account,
                      hash_bytes(&c->id), c->record);
    return log_config(x, txn, c, "configuration-change");
}

static struct status delete_prepare(struct exchange *x)
{
    struct configuring *c;
    TRY(configuring_new(x, &c));
    return path_config(x, &c->id);
}

static struct status delete_change(struct exchange *x, struct policy_txn *txn)
{
    struct configuring *c = x->work;
    bool used = false;
    TRY(load(x, txn, c));
    TRY(policy_workflow_configured(txn, &x->peer.account, &c->id, &used));
    if (used)
        return product_refuse(x, 409, "CONFLICT",
                              "an approved workflow uses this configuration: "
                              "delete that version of it first");
    policy_object_delete(txn, POLICY_CONFIGURATION, &x->peer.account,
                         hash_bytes(&c->id));
    return log_config(x, txn, c, "configuration-delete");
}

/* clang-format off */
const struct route routes_plain_configurations[] = {
    { HTTP_GET,    "/v1/app_configs",    A_USER_READING, PRODUCT, .answer = list_answer },
    { HTTP_POST,   "/v1/app_configs",    A_USER_WRITING, PRODUCT, create_prepare, create_change, NULL, made_answer, configuring_free, false },
    { HTTP_GET,    "/v1/app_configs/{}", A_USER_READING, PRODUCT, .answer = get_answer },
    { HTTP_PATCH,  "/v1/app_configs/{}", A_USER_WRITING, PRODUCT, change_prepare, change_change, NULL, made_answer, configuring_free, false },
    { HTTP_DELETE, "/v1/app_configs/{}", A_USER_WRITING, PRODUCT, delete_prepare, delete_change, NULL, product_answer_void, configuring_free, true },
    { 0 },
};
/* clang-format on */
