/* routes_custody.c - what an owner (or, to take away, a manager) does with a
 * dataset: describe, rotate, suspend, resume, erase, delete. */

#include "broker/routes.h"
#include "broker/sealing.h"

/* The dataset of the path, as x->work. */
static struct status load(struct exchange *x, struct policy_txn *txn,
                          struct sealing *s)
{
    TRY(path_id(x, 0, &s->id));
    json_decref(s->record);
    s->record = NULL;
    return signed_own(x, txn, POLICY_DATASET, api_id_bytes(&s->id), &s->record);
}

static bool is_owner(const struct exchange *x, const struct sealing *s)
{
    return policy_object_owned(s->record, &x->peer.person.owner_hash);
}

static struct status need_owner(struct exchange *x, const struct sealing *s)
{
    if (is_owner(x, s))
        return OK;
    return exchange_deny(x, "role", "only the owner of a dataset does this");
}

static struct status need_owner_or_manager(struct exchange *x,
                                           const struct sealing *s)
{
    if (is_owner(x, s) || x->peer.person.role == POLICY_MANAGER)
        return OK;
    return exchange_deny(x, "role",
                         "only the owner of a dataset or a manager does this");
}

static struct status put(struct exchange *x, struct policy_txn *txn,
                         const struct sealing *s)
{
    if (json_object_set_new(s->record, "updated_at",
                            json_integer((json_int_t)(x->now / 1000))) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    policy_object_put(txn, POLICY_DATASET, &x->peer.account,
                      api_id_bytes(&s->id), s->record);
    return OK;
}

static struct status log_dataset(struct exchange *x, struct policy_txn *txn,
                                 const struct sealing *s, const char *action,
                                 const json_t *extra)
{
    char id[API_ID_TEXT];
    api_id_text(&s->id, id);
    return log_change(x, txn, action, "dataset", id, extra);
}

static struct status changed_answer(struct exchange *x)
{
    struct sealing *s = x->work;
    return answer_record(x, s->record, 200);
}

/* --- PATCH --------------------------------------------------------------- */

static struct status patch_prepare(struct exchange *x)
{
    struct sealing *s;
    const char *name = NULL, *description;
    TRY(sealing_new(x, &s));
    TRY(BODY_ONLY(x, "name", "description", "labels"));
    TRY(api_json_text_optional(x->body, "name", &name, &x->why));
    if (name)
        TRY(policy_name_check(name, &x->why));
    return sealing_optional_members(x, &description);
}

static struct status patch_change(struct exchange *x, struct policy_txn *txn)
{
    struct sealing *s = x->work;
    TRY(load(x, txn, s));
    TRY(need_owner(x, s));
    const char *name = json_string_value(json_object_get(x->body, "name"));
    if (name)
        TRY(policy_object_rename(txn, POLICY_DATASET, &x->peer.account,
                                 s->record, name, &x->why));
    if (json_object_update_existing(s->record, x->body) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(put(x, txn, s));
    return log_dataset(x, txn, s, "dataset-describe", x->body);
}

/* --- POST .../versions --------------------------------------------------- */

static struct status rotate_prepare(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct sealing *s;
    const char *description;
    TRY(sealing_new(x, &s));
    TRY(BODY_ONLY(x, "version", "owner", "location", "mechanism", "wrapped",
                  "proof", "blob", "expires"));
    TRY(policy_read(x->broker->store, &txn));
    TRY(load(x, txn, s));
    policy_txn_free(TAKE(txn)); /* never open across an HSM call */
    TRY(need_owner(x, s));
    TRY(sealing_optional_members(x, &description));
    TRY(sealing_read(x, s));
    return sealing_take_in(x, s);
}

/* Owners have signed where the data lies. */
static struct status same_place(struct exchange *x, struct policy_txn *txn,
                                const struct sealing *s)
{
    bool used = false;
    if (json_equal(json_object_get(s->record, "location"),
                   json_object_get(x->body, "location")))
        return OK;
    TRY(policy_workflow_uses(txn, &x->peer.account, &s->id, &used));
    if (used)
        return refuse(&x->why, STATUS_CONFLICT, "location",
                      "location: an approved workflow names the present one; "
                      "withdraw it first, or keep the location");
    return OK;
}

static struct status rotate_change(struct exchange *x, struct policy_txn *txn)
{
    struct sealing *s = x->work;
    TRY(load(x, txn, s));
    TRY(need_owner(x, s));
    TRY(same_place(x, txn, s));
    if (!json_is_true(json_object_get(s->record, "erased")))
        TRY(sealing_forget_version(x, txn, s));
    int64_t count;
    TRY(api_json_integer(s->record, "versions", 1, INT32_MAX, &count, &x->why));
    TRY(sealing_set_version(x, s, count + 1));
    TRY(sealing_put_version(x, txn, s));
    TRY(put(x, txn, s));
    return sealing_log(x, txn, s, "dataset-rotate");
}

/* --- suspend, resume ----------------------------------------------------- */

static struct status plain_prepare(struct exchange *x)
{
    struct sealing *s;
    return sealing_new(x, &s);
}

static struct status suspend_change(struct exchange *x, struct policy_txn *txn)
{
    struct sealing *s = x->work;
    TRY(load(x, txn, s));
    TRY(need_owner_or_manager(x, s));
    if (json_is_object(json_object_get(s->record, "suspended")))
        return refuse(&x->why, STATUS_CONFLICT, "dataset",
                      "this dataset is suspended already");
    const char *by = is_owner(x, s) ? "owner" : "manager";
    AUTO_JSON *extra = json_pack("{s:s}", "by", by);
    TRY(log_dataset(x, txn, s, "dataset-suspend", extra));
    if (json_object_set_new(s->record, "suspended",
                            json_pack("{s:s, s:o, s:I}", "by", by, "person",
                                      api_json_of_id(&x->peer.person.person),
                                      "leaf", (json_int_t)x->leaf[0].index)) !=
        0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return put(x, txn, s);
}

/* "accord resume v1 <dataset> <leaf>", or "... epoch <epoch>": a leaf's
 * number may have been another's before a restore. */
static struct status expected_statement(struct exchange *x,
                                        const struct sealing *s, const char *by,
                                        char out[128])
{
    const json_t *suspended = json_object_get(s->record, "suspended");
    bool restored = strcmp(by, "restore") == 0;
    char id[API_ID_TEXT];
    int64_t number;
    TRY(api_json_integer(suspended, restored ? "epoch" : "leaf", 0, INT64_MAX,
                         &number, &x->why));
    api_id_text(&s->id, id);
    (void)snprintf(out, 128, "accord resume v1 %s %s%lld", id,
                   restored ? "epoch " : "", (long long)number);
    return OK;
}

/* The owner says it himself. */
static struct status check_statement(struct exchange *x,
                                     const struct sealing *s, const char *by)
{
    char expected[128];
    const char *statement;
    struct api_signature signature;
    struct api_spki key;
    TRY(expected_statement(x, s, by, expected));
    TRY(api_json_text(x->body, "statement", &statement, &x->why));
    TRY(api_json_signature(x->body, "signature", &signature, &x->why));
    if (strcmp(statement, expected) != 0)
        return refuse(&x->why, STATUS_INVALID, "statement",
                      "statement: expected \"%s\"", expected);
    TRY(api_owner_current(&x->peer.person.owner, &key, &x->why));
    struct status held =
        api_verify(&key, bytes_of_string(statement), &signature);
    return failed(held)
               ? refuse_for(held, &x->why, STATUS_DENIED, "signature",
                            "signature: not by your key over the statement")
               : OK;
}

static struct status may_resume(struct exchange *x, const struct sealing *s)
{
    const json_t *suspended = json_object_get(s->record, "suspended");
    const char *by;
    if (!json_is_object(suspended))
        return refuse(&x->why, STATUS_CONFLICT, "dataset",
                      "this dataset is not suspended");
    TRY(api_json_text(suspended, "by", &by, &x->why));
    if (strcmp(by, "manager") == 0) {
        if (x->peer.person.role == POLICY_MANAGER)
            return OK;
        return exchange_deny(x, "role",
                             "a manager suspended it: only a manager resumes "
                             "it");
    }
    if (!is_owner(x, s) && strcmp(by, "restore") == 0)
        return exchange_deny(x, "role",
                             "an older store was put back: only the owner's "
                             "signature resumes it");
    if (!is_owner(x, s))
        return exchange_deny(x, "role",
                             "its owner suspended it: only the owner's "
                             "signature resumes it");
    return check_statement(x, s, by);
}

static struct status resume_prepare(struct exchange *x)
{
    struct sealing *s;
    TRY(sealing_new(x, &s));
    return BODY_ONLY(x, "statement", "signature");
}

static struct status resume_change(struct exchange *x, struct policy_txn *txn)
{
    struct sealing *s = x->work;
    TRY(load(x, txn, s));
    TRY(may_resume(x, s));
    TRY(policy_suspension_end(s->record));
    TRY(put(x, txn, s));
    return log_dataset(x, txn, s, "dataset-resume", x->body);
}

/* --- erase, delete ------------------------------------------------------- */

static struct status erase_change(struct exchange *x, struct policy_txn *txn)
{
    struct sealing *s = x->work;
    TRY(load(x, txn, s));
    TRY(need_owner(x, s));
    if (json_is_true(json_object_get(s->record, "erased")))
        return refuse(&x->why, STATUS_CONFLICT, "dataset",
                      "its credential is erased already");
    TRY(sealing_forget_version(x, txn, s));
    if (json_object_set_new(s->record, "erased", json_true()) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(put(x, txn, s));
    return log_dataset(x, txn, s, "dataset-erase", NULL);
}

static struct status delete_change(struct exchange *x, struct policy_txn *txn)
{
    struct sealing *s = x->work;
    bool used = false;
    TRY(load(x, txn, s));
    TRY(need_owner_or_manager(x, s));
    TRY(policy_workflow_uses(txn, &x->peer.account, &s->id, &used));
    if (used)
        return refuse(&x->why, STATUS_CONFLICT, "dataset",
                      "an approved workflow uses this dataset: withdraw it "
                      "first");
    if (!json_is_true(json_object_get(s->record, "erased")))
        TRY(sealing_forget_version(x, txn, s));
    policy_object_delete(txn, POLICY_DATASET, &x->peer.account,
                         api_id_bytes(&s->id));
    return log_dataset(x, txn, s, "dataset-delete", NULL);
}

static struct status deleted_answer(struct exchange *x)
{
    if (x->http_status == 0)
        x->http_status = 204;
    return OK;
}

/* clang-format off */
const struct route routes_custody[] = {
    { HTTP_PATCH,  "/accord/v1/datasets/{}",          A_WRITER, ACCORD, patch_prepare, patch_change, NULL, changed_answer, sealing_free, false },
    { HTTP_POST,   "/accord/v1/datasets/{}/versions", A_WRITER, ACCORD, rotate_prepare, rotate_change, sealing_erase, changed_answer, sealing_free, false },
    { HTTP_POST,   "/accord/v1/datasets/{}/suspend",  A_READER, ACCORD, plain_prepare, suspend_change, NULL, changed_answer, sealing_free, true },
    { HTTP_POST,   "/accord/v1/datasets/{}/resume",   A_READER, ACCORD, resume_prepare, resume_change, NULL, changed_answer, sealing_free, false },
    { HTTP_POST,   "/accord/v1/datasets/{}/erase",    A_WRITER, ACCORD, plain_prepare, erase_change, sealing_erase, changed_answer, sealing_free, false },
    { HTTP_DELETE, "/accord/v1/datasets/{}",          A_WRITER, ACCORD, plain_prepare, delete_change, sealing_erase, deleted_answer, sealing_free, false },
    { 0 },
};
/* clang-format on */
