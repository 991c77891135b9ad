/* routes_membership.c - what changes about people and accounts: roles, keys,
 * certificates, further accounts. */

#include <stdlib.h>

#include "broker/body.h"
#include "broker/issue.h"
#include "broker/routes.h"

#define PERSON_SECONDS     (364ull * 86400)
#define INVITATION_SECONDS (7 * 86400)

/* --- PATCH /accord/v1/people/{} ------------------------------------------ */

static struct status patch_prepare(struct exchange *x)
{
    const char *role = NULL, *state = NULL;
    enum policy_role parsed;
    TRY(BODY_ONLY(x, "role", "state"));
    TRY(api_json_text_optional(x->body, "role", &role, &x->why));
    TRY(api_json_text_optional(x->body, "state", &state, &x->why));
    if (role && failed(policy_role_parse(role, &parsed)))
        return refuse(&x->why, STATUS_INVALID, "role",
                      "role: one of reader, writer, manager");
    if (state && strcmp(state, "active") != 0 &&
        strcmp(state, "suspended") != 0)
        return refuse(&x->why, STATUS_INVALID, "state",
                      "state: active or suspended");
    x->work = calloc(1, sizeof(struct policy_person));
    return x->work ? OK : failure(STATUS_NO_MEMORY, "calloc", 0);
}

static struct status count_manager(void *context, struct bytes tail,
                                   const json_t *person)
{
    (void)tail;
    size_t *count = context;
    const char *role = json_string_value(json_object_get(person, "role"));
    const char *state = json_string_value(json_object_get(person, "state"));
    *count += role && state && strcmp(role, "manager") == 0 &&
              strcmp(state, "active") == 0;
    return OK;
}

/* An account without a manager could never be managed again. */
static struct status keep_a_manager(struct exchange *x, struct policy_txn *txn)
{
    size_t count = 0;
    struct policy_key all =
        policy_key(POLICY_PERSON, api_id_bytes(&x->peer.account));
    TRY(policy_each_json(txn, &all, count_manager, &count));
    if (count == 0)
        return refuse(&x->why, STATUS_CONFLICT, "role",
                      "this is the last active manager of the account");
    return OK;
}

static struct status patch_change(struct exchange *x, struct policy_txn *txn)
{
    struct policy_person *person = x->work;
    struct api_id id;
    char text[API_ID_TEXT];
    TRY(path_id(x, 0, &id));
    struct status got = policy_person_get(txn, &x->peer.account, &id, person);
    if (got.code == STATUS_NOT_FOUND)
        return refuse(&x->why, STATUS_NOT_FOUND, "person",
                      "there is no such person in this account");
    TRY(got);
    const char *role = json_string_value(json_object_get(x->body, "role"));
    const char *state = json_string_value(json_object_get(x->body, "state"));
    if (role)
        TRY(policy_role_parse(role, &person->role));
    if (state)
        person->suspended = strcmp(state, "suspended") == 0;
    TRY(policy_person_put(txn, person));
    TRY(keep_a_manager(x, txn));
    api_id_text(&id, text);
    return log_change(x, txn, "person-change", "person", text, x->body);
}

static struct status patch_answer(struct exchange *x)
{
    x->answer = policy_person_view(x->work);
    if (!x->answer)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return exchange_add_receipt(x, 0);
}

/* --- POST /accord/v1/me/certificate -------------------------------------- */

static void issue_free(void *work)
{
    issue_clear(work);
    free(work);
}

/* The very key the person has now: a changed key is announced first. */
static struct status renew_prepare(struct exchange *x)
{
    const char *pem;
    struct ca_csr csr = { 0 };
    struct issue *issue = calloc(1, sizeof(*issue));
    if (!issue)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    x->work = issue;
    TRY(BODY_ONLY(x, "csr"));
    TRY(api_json_text(x->body, "csr", &pem, &x->why));
    TRY(ca_csr_read(bytes_of_string(pem), &csr, &x->why));
    struct status s = OK;
    if (!hash_equal(&csr.key.hash, &x->peer.person.key))
        s = refuse(&x->why, STATUS_DENIED, "csr",
                   "csr: not your current key; change it first with POST "
                   "/accord/v1/key");
    if (!failed(s))
        s = issue_init(issue, CA_PERSON, &csr.key, NULL, x->peer.person.name);
    ca_csr_clear(&csr);
    return s;
}

static struct status renew_change(struct exchange *x, struct policy_txn *txn)
{
    struct issue *issue = x->work;
    struct policy_person person;
    TRY(policy_person_get(txn, &x->peer.account, &x->peer.person.person,
                          &person));
    person.certificate_not_after = x->now / 1000 + PERSON_SECONDS;
    TRY(policy_person_put(txn, &person));
    issue->certify.account = person.account;
    issue->certify.id = person.person;
    issue->certify.not_after = person.certificate_not_after;
    return issue_record(x, txn, issue);
}

static struct status renew_perform(struct exchange *x)
{
    return issue_sign(x, x->work);
}

static struct status renew_answer(struct exchange *x)
{
    x->answer = json_pack("{s:o}", "certificate", issue_pem(x, x->work));
    if (!x->answer)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return exchange_add_receipt(x, 0);
}

/* --- POST /accord/v1/key ------------------------------------------------- */

/* A change is believed for its signature alone, by the key before it or by
 * the recovery key: whoever has lost the key can still ask. */
struct changing {
    struct policy_person person;
    struct issue issue;
};

static void changing_free(void *work)
{
    struct changing *c = work;
    issue_clear(&c->issue);
    free(c);
}

static struct status append_change(struct exchange *x, struct api_owner *owner)
{
    AUTO_CLEAR_BUFFER encoded = buffer_make(4096);
    struct api_owner told;
    struct api_spki current;
    TRY(api_json_base64(x->body, "owner", &encoded, &x->why));
    struct cursor in = cursor_of(buffer_bytes(&encoded));
    struct status decoded = api_owner_decode(&in, &told);
    if (!failed(decoded))
        decoded = cursor_finish(&in, "owner");
    if (failed(decoded))
        return refuse_for(decoded, &x->why, STATUS_INVALID, "owner",
                          "owner: not an owner record");
    TRY(api_owner_current(&told, &current, &x->why));
    bool longer = told.changes == owner->changes + 1 &&
                  api_spki_equal(&told.first, &owner->first) &&
                  api_spki_equal(&told.recovery, &owner->recovery);
    for (size_t i = 0; longer && i < owner->changes; i++)
        longer =
            api_spki_equal(&told.chain[i].new_key, &owner->chain[i].new_key);
    if (!longer)
        return refuse(&x->why, STATUS_CONFLICT, "owner",
                      "owner: not your record with exactly one key change "
                      "more");
    *owner = told;
    return OK;
}

static struct status read_change(struct exchange *x, struct policy_txn *txn,
                                 struct changing *c)
{
    struct api_id account, person;
    struct api_spki current;
    TRY(api_json_id(x->body, "account", &account, &x->why));
    TRY(api_json_id(x->body, "person", &person, &x->why));
    struct status got = policy_person_get(txn, &account, &person, &c->person);
    if (got.code == STATUS_NOT_FOUND || (!failed(got) && c->person.suspended))
        return refuse(&x->why, STATUS_DENIED, "person",
                      "no key of this person can be changed");
    TRY(got);
    TRY(append_change(x, &c->person.owner));
    TRY(api_owner_current(&c->person.owner, &current, &x->why));
    TRY(api_spki_hash(&current, &c->person.key));
    if (!hash_equal(&c->person.key, &c->issue.key.hash))
        return refuse(&x->why, STATUS_INVALID, "csr",
                      "csr: not for the key that the change names");
    return OK;
}

static struct status change_prepare(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    const char *pem;
    struct ca_csr csr = { 0 };
    struct changing *c = calloc(1, sizeof(*c));
    if (!c)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    x->work = c;
    TRY(BODY_ONLY(x, "account", "person", "owner", "csr"));
    TRY(api_json_text(x->body, "csr", &pem, &x->why));
    TRY(ca_csr_read(bytes_of_string(pem), &csr, &x->why));
    struct status s =
        issue_init(&c->issue, CA_PERSON, &csr.key, NULL, csr.common_name);
    ca_csr_clear(&csr);
    TRY(s);
    TRY(policy_read(x->broker->store, &txn));
    return read_change(x, txn, c);
}

static struct status change_change(struct exchange *x, struct policy_txn *txn)
{
    struct changing *c = x->work;
    struct policy_person other;
    TRY(read_change(x, txn, c));
    struct status found = policy_person_find(txn, &c->person.key, &other);
    if (found.code != STATUS_NOT_FOUND)
        return refuse_for(found, &x->why, STATUS_CONFLICT, "csr",
                          "csr: this key belongs to a person already");
    c->person.certificate_not_after = x->now / 1000 + PERSON_SECONDS;
    TRY(policy_person_put(txn, &c->person));
    c->issue.certify.account = c->person.account;
    c->issue.certify.id = c->person.person;
    c->issue.certify.not_after = c->person.certificate_not_after;
    return issue_record(x, txn, &c->issue);
}

static struct status change_perform(struct exchange *x)
{
    struct changing *c = x->work;
    return issue_sign(x, &c->issue);
}

static struct status change_answer(struct exchange *x)
{
    struct changing *c = x->work;
    x->answer = json_pack("{s:o, s:O}", "certificate", issue_pem(x, &c->issue),
                          "owner", json_object_get(x->body, "owner"));
    if (!x->answer)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return exchange_add_receipt(x, 0);
}

/* --- accounts ------------------------------------------------------------ */

static struct status accounts_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    char name[POLICY_NAME_MAX + 1];
    TRY(policy_read(x->broker->store, &txn));
    TRY(policy_account_name(txn, &x->peer.account, name));
    x->answer = json_pack("{s:[{s:o, s:s}]}", "items", "account",
                          api_json_of_id(&x->peer.account), "name", name);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

struct founding {
    struct api_id account;
    struct policy_invitation invitation;
    struct hash secret;
};

static struct status found_prepare(struct exchange *x)
{
    const char *name;
    struct founding *f = calloc(1, sizeof(*f));
    if (!f)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    x->work = f;
    TRY(BODY_ONLY(x, "name"));
    TRY(api_json_text(x->body, "name", &name, &x->why));
    TRY(policy_name_check(name, &x->why));
    TRY(api_id_random(&f->account));
    TRY(random_fill(f->secret.bytes, sizeof(f->secret.bytes)));
    f->invitation.account = f->account;
    f->invitation.role = POLICY_MANAGER;
    f->invitation.expires = x->now / 1000 + INVITATION_SECONDS;
    (void)snprintf(f->invitation.name, sizeof(f->invitation.name), "manager");
    return hash_of(&f->invitation.id, hash_bytes(&f->secret));
}

static struct status found_change(struct exchange *x, struct policy_txn *txn)
{
    struct founding *f = x->work;
    char id[API_ID_TEXT];
    api_id_text(&f->account, id);
    TRY(policy_account_add(txn, &f->account,
                           json_string_value(json_object_get(x->body, "name")),
                           x->now / 1000, &x->why));
    TRY(policy_invitation_put(txn, &f->invitation));
    return log_change(x, txn, "account-create", "account", id, x->body);
}

static struct status found_answer(struct exchange *x)
{
    struct founding *f = x->work;
    char line[1024];
    TRY(broker_invitation_line(x->broker, &f->secret, line, sizeof(line)));
    x->http_status = 201;
    x->answer = json_pack("{s:o, s:O, s:s, s:I}", "account",
                          api_json_of_id(&f->account), "name",
                          json_object_get(x->body, "name"), "invitation", line,
                          "expires", (json_int_t)f->invitation.expires);
    if (!x->answer)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return exchange_add_receipt(x, 0);
}

/* clang-format off */
const struct route routes_membership[] = {
    { HTTP_PATCH, "/accord/v1/people/{}",      A_MANAGER, ACCORD, patch_prepare, patch_change, NULL, patch_answer, free, false },
    { HTTP_POST,  "/accord/v1/me/certificate", A_READER,  ACCORD, renew_prepare, renew_change, renew_perform, renew_answer, issue_free, false },
    { HTTP_POST,  "/accord/v1/key",            ANYBODY,   ACCORD, change_prepare, change_change, change_perform, change_answer, changing_free, false },
    { HTTP_GET,   "/accord/v1/accounts",       A_READER,  ACCORD, .answer = accounts_answer },
    { HTTP_POST,  "/accord/v1/accounts",       A_MANAGER, ACCORD, found_prepare, found_change, NULL, found_answer, free, false },
    { 0 },
};
/* clang-format on */
