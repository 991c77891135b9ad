/* routes_plain_drafts.c - graphs that are being edited, and grant nothing
 * (section 5.11 of the wire contract). */

#include <stdlib.h>

#include "broker/limits.h"
#include "broker/plain.h"
#include "broker/plain_graph.h"
#include "broker/product.h"
#include "broker/routes.h"

#define NAME_MAX_BYTES        256
#define DESCRIPTION_MAX_BYTES 4096

struct drafting {
    struct api_id id;
    const char *name, *description; /* in the body */
    int64_t version;                /* that was looked at */
    json_t *graph;
    json_t *record;
};

static void drafting_free(void *work)
{
    struct drafting *d = work;
    json_decref(d->graph);
    json_decref(d->record);
    free(d);
}

static struct status drafting_new(struct exchange *x, struct drafting **out)
{
    x->work = *out = calloc(1, sizeof(struct drafting));
    return x->work ? OK : failure(STATUS_NO_MEMORY, "calloc", 0);
}

/* --- views --------------------------------------------------------------- */

static struct status draft_view(struct exchange *x, struct policy_txn *txn,
                                const json_t *record, json_t **out)
{
    (void)txn;
    const json_t *metadata = json_object_get(record, "metadata");
    const json_t *parent = json_object_get(metadata, "parent");
    if (!policy_is_plain_class(record)) {
        *out = NULL; /* the signed class has drafts of its own */
        return OK;
    }
    *out = json_pack("{s:O, s:O, s:O, s:O, s:O, s:O, s:O, s:O, s:O, s:O*, s:O, "
                     "s:o, s:o, s:s, s:s, s:O*, s:O*}",
                     "graph_id", json_object_get(record, "draft"), "name",
                     json_object_get(record, "name"), "creator_id",
                     json_object_get(record, "creator"), "created_at",
                     json_object_get(record, "created_at"), "updated_at",
                     json_object_get(record, "updated_at"), "description",
                     json_object_get(record, "description"), "version",
                     json_object_get(record, "version"), "objects",
                     json_object_get(record, "objects"), "edges",
                     json_object_get(record, "edges"), "metadata",
                     json_object_get(record, "metadata"), "labels",
                     json_object_get(record, "labels"), "group_id",
                     api_json_of_id(&x->peer.account), "acct_id",
                     api_json_of_id(&x->peer.account), "type", "OWNED", "class",
                     plain_class_name(record), "parent_graph_id",
                     json_object_get(parent, "graph_id"), "project",
                     json_object_get(metadata, "project"));
    return *out ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status list_answer(struct exchange *x)
{
    static const char *const filters[] = {
        "name", "description", "parent_graph_id", "project", "filter", NULL
    };
    static const char *const search[] = { "name", "description", NULL };
    static const char *const sort[] = { "name", "description", "created_at",
                                        "updated_at", NULL };
    static const struct product_list list = { filters, search, sort };
    return plain_answer_list(x, POLICY_DRAFT, draft_view, &list);
}

/* Drafts of the signed class are none of this dialect. */
static struct status find(struct exchange *x, struct policy_txn *txn,
                          struct api_id *id, json_t **out)
{
    AUTO_JSON *record = NULL;
    TRY(product_path_id(x, 0, "draft", id));
    TRY(plain_find(x, txn, POLICY_DRAFT, api_id_bytes(id), "draft", &record));
    if (!policy_is_plain_class(record))
        return product_refuse(x, 404, "NOT_FOUND", "there is no such draft");
    *out = TAKE(record);
    return OK;
}

static struct status get_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *record = NULL;
    struct api_id id;
    TRY(policy_read(x->broker->store, &txn));
    TRY(find(x, txn, &id, &record));
    return draft_view(x, txn, record, &x->answer);
}

static struct status changed_answer(struct exchange *x)
{
    const struct drafting *d = x->work;
    return draft_view(x, NULL, d->record, &x->answer);
}

/* --- POST, PUT, DELETE --------------------------------------------------- */

static struct status read_body(struct exchange *x, struct drafting *d)
{
    TRY(product_text(x, "name", NAME_MAX_BYTES, &d->name));
    TRY(product_text_optional(x, "description", DESCRIPTION_MAX_BYTES,
                              &d->description));
    return plain_graph_read(x, x->body, &d->graph);
}

/* Name, description, time and the graph, into a record. */
static struct status fill(struct exchange *x, struct drafting *d)
{
    const char *text = d->description ? d->description : "";
    json_t *now = json_integer((json_int_t)(x->now / 1000));
    (void)json_object_del(d->record, "metadata");
    if (json_object_set_new(d->record, "name", json_string(d->name)) ||
        json_object_set_new(d->record, "description", json_string(text)) ||
        json_object_set_new(d->record, "updated_at", now) ||
        json_object_update(d->record, d->graph))
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

static struct status create_prepare(struct exchange *x)
{
    struct drafting *d;
    TRY(drafting_new(x, &d));
    TRY(PRODUCT_ONLY(x, "name", "description", "objects", "edges", "metadata",
                     "group_id", "labels"));
    TRY(plain_graph_ours(x, "", x->body, "group_id"));
    TRY(read_body(x, d));
    TRY(api_id_random(&d->id));
    d->record =
        json_pack("{s:o, s:o, s:I, s:i}", "draft", api_json_of_id(&d->id),
                  "creator", api_json_of_id(&x->session.user), "created_at",
                  (json_int_t)(x->now / 1000), "version", 1);
    return d->record ? fill(x, d) : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status log_draft(struct exchange *x, struct policy_txn *txn,
                               const char *action, const struct api_id *id)
{
    char text[API_ID_TEXT];
    api_id_text(id, text);
    return plain_log(x, txn, action, "draft", text, NULL);
}

static struct status create_change(struct exchange *x, struct policy_txn *txn)
{
    struct drafting *d = x->work;
    TRY(limit_check(x, txn, POLICY_DRAFT, "drafts"));
    TRY(plain_new(x, txn, POLICY_DRAFT, api_id_bytes(&d->id), d->record,
                  "draft"));
    return log_draft(x, txn, "draft-create", &d->id);
}

static struct status put_prepare(struct exchange *x)
{
    struct drafting *d;
    TRY(drafting_new(x, &d));
    TRY(PRODUCT_ONLY(x, "name", "description", "version", "objects", "edges",
                     "metadata", "labels"));
    TRY(product_integer(x, "version", 0, INT32_MAX, &d->version));
    return read_body(x, d);
}

/* `version` is the lock: what was looked at must be what is replaced. */
static struct status put_change(struct exchange *x, struct policy_txn *txn)
{
    struct drafting *d = x->work;
    TRY(find(x, txn, &d->id, &d->record));
    json_int_t version =
        json_integer_value(json_object_get(d->record, "version"));
    if (version != d->version)
        return product_refuse(x, 409, "CONFLICT",
                              "version: the draft is at %lld by now: look at "
                              "it again",
                              (long long)version);
    if (json_object_set_new(d->record, "version", json_integer(version + 1)))
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(product_unique(x,
                       policy_object_rename(txn, POLICY_DRAFT, &x->peer.account,
                                            d->record, d->name, &x->why)));
    TRY(fill(x, d));
    policy_object_put(txn, POLICY_DRAFT, &x->peer.account, api_id_bytes(&d->id),
                      d->record);
    return log_draft(x, txn, "draft-change", &d->id);
}

static struct status delete_change(struct exchange *x, struct policy_txn *txn)
{
    AUTO_JSON *record = NULL;
    struct api_id id;
    TRY(find(x, txn, &id, &record));
    policy_object_delete(txn, POLICY_DRAFT, &x->peer.account,
                         api_id_bytes(&id));
    return log_draft(x, txn, "draft-delete", &id);
}

/* clang-format off */
const struct route routes_plain_drafts[] = {
    { HTTP_GET,    "/v1/workflows/draft/graphs",    A_USER_READING, PRODUCT, .answer = list_answer },
    { HTTP_POST,   "/v1/workflows/draft/graphs",    A_USER_WRITING, PRODUCT, create_prepare, create_change, NULL, changed_answer, drafting_free, false },
    { HTTP_GET,    "/v1/workflows/draft/graphs/{}", A_USER_READING, PRODUCT, .answer = get_answer },
    { HTTP_PUT,    "/v1/workflows/draft/graphs/{}", A_USER_WRITING, PRODUCT, put_prepare, put_change, NULL, changed_answer, drafting_free, false },
    { HTTP_DELETE, "/v1/workflows/draft/graphs/{}", A_USER_WRITING, PRODUCT, .change = delete_change, .answer = product_answer_void, .tightens = true },
    { 0 },
};
/* clang-format on */
