/* image_view.c - how an image is shown. */

#include "broker/images.h"
#include "broker/programs.h"

/* The app of a build, NULL when it has none or that is gone. */
static struct status app_of(struct exchange *x, struct policy_txn *txn,
                            const json_t *record, json_t **out)
{
    struct api_id id;
    if (!json_object_get(record, "app"))
        return OK;
    TRY(api_json_id(record, "app", &id, &x->why));
    struct status got = policy_object_get(txn, POLICY_APP, &x->peer.account,
                                          api_id_bytes(&id), out, NULL);
    return got.code == STATUS_NOT_FOUND ? OK : got;
}

static const char *status_name_of(const json_t *record)
{
    const char *is = json_string_value(json_object_get(record, "status"));
    if (is && strcmp(is, "approved") == 0)
        return "WHITELISTED";
    return is && strcmp(is, "pending") == 0 ? "PENDING" : "REJECTED";
}

/* The image's own, or else its app's. */
static json_t *setting(const json_t *record, const json_t *app,
                       const char *name)
{
    json_t *own = json_object_get(record, name);
    return own ? own : json_object_get(app, name);
}

/* Beside the product's members those by which its list is searched. */
static json_t *flat_of(const json_t *record, const json_t *app)
{
    const json_t *info = json_object_get(record, "enclave_info");
    const json_t *docker = json_object_get(record, "docker_info");
    return json_pack("{s:O*, s:O*, s:O*, s:O*, s:O*}", "mrenclave",
                     json_object_get(info, "mrenclave"), "mrsigner",
                     json_object_get(info, "mrsigner"), "docker_image_name",
                     json_object_get(docker, "docker_image_name"),
                     "output_image_name",
                     json_object_get(app, "output_image_name"), "rule",
                     json_object_get(record, "rule"));
}

/* A program of it has a certificate through some node, and so may run. */
static json_t *view_of(const struct exchange *x, const json_t *record,
                       const json_t *app, bool deployed)
{
    json_t *created = json_object_get(record, "created_at");
    json_t *updated = json_object_get(record, "updated_at");
    json_t *decided = json_object_get(record, "status_updated_at");
    json_t *configs = json_object_get(record, "configs");
    return json_pack(
        "{s:O, s:O, s:O, s:O*, s:O*, s:{s:s, s:O}, s:{s:s, s:O}, s:O*, s:O*, "
        "s:O*, s:O*, s:O*, s:O*, s:O*, s:O*, s:O*, s:o, s:o, s:s}",
        "build_id", json_object_get(record, "build"), "created_at", created,
        "updated_at", updated ? updated : created, "app_id",
        json_object_get(record, "app"), "app_name",
        json_object_get(app, "name"), "status", "status",
        status_name_of(record), "status_updated_at",
        decided ? decided : created, "deployment_status", "status",
        deployed ? "DEPLOYED" : "UNDEPLOYED", "status_updated_at", created,
        "enclave_info", json_object_get(record, "enclave_info"), "docker_info",
        json_object_get(record, "docker_info"), "app_description",
        json_object_get(app, "description"), "mem_size",
        setting(record, app, "mem_size"), "threads",
        setting(record, app, "threads"), "advanced_settings",
        setting(record, app, "advanced_settings"), "build_name",
        json_object_get(record, "name"), "pending_task_id",
        json_object_get(record, "pending_task_id"), "attributes",
        json_object_get(record, "attributes"), "configs",
        configs ? json_incref(configs) : json_object(), "group_id",
        api_json_of_id(&x->peer.account), "class", plain_class_name(record));
}

struct status image_view(struct exchange *x, struct policy_txn *txn,
                         const json_t *record, json_t **out)
{
    AUTO_JSON *app = NULL, *flat = NULL, *view = NULL;
    bool deployed = false;
    TRY(app_of(x, txn, record, &app));
    TRY(program_is_placed(x, txn, record, &deployed));
    view = view_of(x, record, app, deployed);
    flat = flat_of(record, app);
    if (!view || !flat || json_object_update_missing(view, flat) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    if (app && !json_object_get(view, "app_description") &&
        json_object_set_new(view, "app_description", json_string("")) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    *out = TAKE(view);
    return OK;
}
