/* routes_configurations.c - application configurations: content-addressed;
 * files, labels and zone are immutable, name, description and ports are not.
 */

#include "base/text.h"
#include "broker/body.h"
#include "broker/ports.h"
#include "broker/routes.h"

#include <stdlib.h>

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

/* "image": the build it is made for, if it is made for one. */
static struct status check_image(struct exchange *x)
{
    struct api_id image;
    if (!json_object_get(x->body, "image"))
        return OK;
    return api_json_id(x->body, "image", &image, &x->why);
}

static struct status create_prepare(struct exchange *x)
{
    const char *name, *description = "";
    const json_t *app_config, *labels;
    AUTO_JSON *ports = NULL;
    struct configuring *c = calloc(1, sizeof(*c));
    if (!c)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    x->work = c;
    TRY(BODY_ONLY(x, "name", "description", "app_config", "labels", "ports",
                  "image"));
    TRY(api_json_text(x->body, "name", &name, &x->why));
    TRY(policy_name_check(name, &x->why));
    TRY(api_json_text_optional(x->body, "description", &description, &x->why));
    TRY(api_json_object(x->body, "app_config", &app_config, &x->why));
    TRY(api_json_object(x->body, "labels", &labels, &x->why));
    TRY(ports_read(x, &ports));
    TRY(check_image(x));

    AUTO_JSON *base = json_pack(
        "{s:O, s:O, s:[s%]}", "app_config", app_config, "labels", labels,
        "zone_ca", (const char *)x->broker->ca_pem.data, x->broker->ca_pem.len);
    if (!base)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(api_configuration_hash(base, &c->id, &x->why));
    c->record = json_pack("{s:o, s:s, s:s, s:O, s:O, s:O, s:I, s:o, s:O*}",
                          "configuration", api_json_of_hash(&c->id), "name",
                          name, "description", description ? description : "",
                          "app_config", app_config, "labels", labels, "ports",
                          ports, "created_at", (json_int_t)(x->now / 1000),
                          "creator", api_json_of_id(&x->peer.person.person),
                          "image", json_object_get(x->body, "image"));
    return c->record ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status create_change(struct exchange *x, struct policy_txn *txn)
{
    struct configuring *c = x->work;
    char id[2 * HASH_LEN + 1];
    hex_encode(hash_bytes(&c->id), id);
    TRY(policy_object_new(txn, POLICY_CONFIGURATION, &x->peer.account,
                          hash_bytes(&c->id), c->record, &x->why));
    AUTO_JSON *extra =
        json_pack("{s:O, s:O}", "name", json_object_get(c->record, "name"),
                  "ports", json_object_get(c->record, "ports"));
    return log_change(x, txn, "configuration-create", "configuration", id,
                      extra);
}

static struct status created_answer(struct exchange *x)
{
    struct configuring *c = x->work;
    return answer_record(x, c->record, 201);
}

static struct status list_answer(struct exchange *x)
{
    return answer_list(x, POLICY_CONFIGURATION);
}

static struct status get_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record = NULL;
    struct hash id;
    TRY(path_hash(x, 0, &id));
    TRY(policy_read(x->broker->store, &txn));
    TRY(policy_object_get(txn, POLICY_CONFIGURATION, &x->peer.account,
                          hash_bytes(&id), &record, &x->why));
    return answer_record(x, record, 200);
}

/* --- PATCH, DELETE: only what is not under the hash ---------------------- */

static struct status patch_prepare(struct exchange *x)
{
    const char *name = NULL, *description = NULL;
    struct configuring *c = calloc(1, sizeof(*c));
    if (!c)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    x->work = c;
    TRY(path_hash(x, 0, &c->id));
    if (x->request.method == HTTP_DELETE)
        return OK;
    TRY(BODY_ONLY(x, "name", "description", "ports", "image"));
    TRY(check_image(x));
    TRY(api_json_text_optional(x->body, "name", &name, &x->why));
    TRY(api_json_text_optional(x->body, "description", &description, &x->why));
    if (name)
        TRY(policy_name_check(name, &x->why));
    if (json_object_get(x->body, "ports")) {
        json_t *ports = NULL;
        TRY(ports_read(x, &ports));
        if (json_object_set_new(x->body, "ports", ports) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
    }
    return OK;
}

static struct status load(struct exchange *x, struct policy_txn *txn,
                          char hex[2 * HASH_LEN + 1])
{
    struct configuring *c = x->work;
    hex_encode(hash_bytes(&c->id), hex);
    return signed_own(x, txn, POLICY_CONFIGURATION, hash_bytes(&c->id),
                      &c->record);
}

static struct status patch_change(struct exchange *x, struct policy_txn *txn)
{
    struct configuring *c = x->work;
    char id[2 * HASH_LEN + 1];
    TRY(load(x, txn, id));
    const char *name = json_string_value(json_object_get(x->body, "name"));
    if (name)
        TRY(policy_object_rename(txn, POLICY_CONFIGURATION, &x->peer.account,
                                 c->record, name, &x->why));
    if (json_object_update(c->record, x->body) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    policy_object_put(txn, POLICY_CONFIGURATION, &x->peer.account,
                      hash_bytes(&c->id), c->record);
    return log_change(x, txn, "configuration-change", "configuration", id,
                      x->body);
}

static struct status changed_answer(struct exchange *x)
{
    struct configuring *c = x->work;
    return answer_record(x, c->record, 200);
}

/* Agreed versions keep their own copy: deleting takes nothing from them. */
static struct status delete_change(struct exchange *x, struct policy_txn *txn)
{
    struct configuring *c = x->work;
    char id[2 * HASH_LEN + 1];
    TRY(load(x, txn, id));
    policy_object_delete(txn, POLICY_CONFIGURATION, &x->peer.account,
                         hash_bytes(&c->id));
    return log_change(x, txn, "configuration-delete", "configuration", id,
                      NULL);
}

static struct status deleted_answer(struct exchange *x)
{
    if (x->http_status == 0)
        x->http_status = 204;
    return OK;
}

/* clang-format off */
const struct route routes_configurations[] = {
    { HTTP_GET,  "/accord/v1/configurations",    A_READER, ACCORD, .answer = list_answer },
    { HTTP_POST, "/accord/v1/configurations",    A_WRITER, ACCORD, create_prepare, create_change, NULL, created_answer, configuring_free, false },
    { HTTP_GET,  "/accord/v1/configurations/{}", A_READER, ACCORD, .answer = get_answer },
    { HTTP_PATCH,  "/accord/v1/configurations/{}", A_WRITER, ACCORD, patch_prepare, patch_change, NULL, changed_answer, configuring_free, false },
    { HTTP_DELETE, "/accord/v1/configurations/{}", A_WRITER, ACCORD, patch_prepare, delete_change, NULL, deleted_answer, configuring_free, true },
    { 0 },
};
/* clang-format on */
