/* routes_people.c - who is here: installation, joining, persons,
 * invitations. */

#include "base/text.h"
#include "broker/body.h"
#include "broker/issue.h"
#include "broker/routes.h"
#include "broker/version.h"

#include <stdlib.h>

#define INVITATION_SECONDS (7 * 86400)
#define PERSON_SECONDS     (364ull * 86400)

/* --- GET /accord/v1/installation ----------------------------------------- */

static struct status installation_answer(struct exchange *x)
{
    const struct broker *b = x->broker;
    AUTO_CLEAR_BUFFER intake = buffer_make(16 * 1024);
    ca_pem_write("CERTIFICATE", buffer_bytes(&b->hsm_facts.intake_certificate),
                 &intake);
    TRY(buffer_status(&intake));
    x->answer = json_pack(
        "{s:s, s:s, s:o, s:s, s:s%, s:s%, s:o, s:b, s:b}", "name",
        config_text(b->config, "installation", "name"), "version",
        ACCORD_VERSION, "store", api_json_of_id(&b->hsm_facts.store), "domain",
        b->hsm_facts.domain, "ca", (const char *)b->ca_pem.data, b->ca_pem.len,
        "intake", (const char *)intake.data, intake.len, "log_key",
        api_json_of_base64(api_spki_bytes(&b->hsm_facts.log_key)),
        "single_user", b->single_user, "plain_paths", b->hsm_facts.plain_paths);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* --- POST /accord/v1/join ------------------------------------------------ */

struct joining {
    struct policy_invitation invitation;
    struct policy_person person;
    struct issue issue;
};

static void joining_free(void *work)
{
    struct joining *j = work;
    issue_clear(&j->issue);
    free(j);
}

/* The recovery key's word that it belongs to this person's key. */
static struct status check_recovery(struct exchange *x, struct joining *j,
                                    const struct hash *secret)
{
    struct api_signature proof;
    struct hash first, recovery;
    AUTO_CLEAR_BUFFER message = buffer_make(256);
    const struct api_owner *owner = &j->person.owner;
    TRY(api_json_signature(x->body, "proof", &proof, &x->why));
    TRY(api_spki_hash(&owner->first, &first));
    TRY(api_spki_hash(&owner->recovery, &recovery));
    if (hash_equal(&first, &recovery))
        return refuse(&x->why, STATUS_INVALID, "recovery",
                      "recovery: must not be the same key");
    buffer_put_string(&message, "accord join v1");
    buffer_put(&message, hash_bytes(secret));
    buffer_put(&message, hash_bytes(&first));
    buffer_put(&message, hash_bytes(&recovery));
    TRY(buffer_status(&message));
    struct status held =
        api_verify(&owner->recovery, buffer_bytes(&message), &proof);
    return failed(held) ? refuse_for(held, &x->why, STATUS_DENIED, "proof",
                                     "proof: not signed by the recovery key")
                        : OK;
}

static struct status read_join(struct exchange *x, struct joining *j,
                               struct hash *secret)
{
    const char *pem, *name;
    struct ca_csr csr = { 0 };
    TRY(BODY_ONLY(x, "secret", "csr", "recovery", "proof", "name"));
    TRY(api_json_hash(x->body, "secret", secret, &x->why));
    TRY(api_json_text(x->body, "csr", &pem, &x->why));
    TRY(api_json_text(x->body, "name", &name, &x->why));
    TRY(policy_name_check(name, &x->why));
    TRY(api_json_spki(x->body, "recovery", &j->person.owner.recovery, &x->why));
    memcpy(j->person.name, name, strlen(name) + 1);

    TRY(ca_csr_read(bytes_of_string(pem), &csr, &x->why));
    struct status s = api_spki_read(ca_spki(&csr.key), &j->person.owner.first);
    if (!failed(s))
        s = issue_init(&j->issue, CA_PERSON, &csr.key, NULL, name);
    else
        s = refuse(&x->why, STATUS_INVALID, "csr",
                   "csr: a person's key is a P-256 key");
    ca_csr_clear(&csr);
    return s;
}

static struct status find_invitation(struct exchange *x, struct policy_txn *txn,
                                     struct joining *j)
{
    return policy_invitation_find(txn, &j->invitation.id, &j->person.key,
                                  x->now / 1000, &j->invitation, &x->why);
}

static struct status join_prepare(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct hash secret;
    struct joining *j = calloc(1, sizeof(*j));
    if (!j)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    x->work = j;
    TRY(read_join(x, j, &secret));
    TRY(check_recovery(x, j, &secret));
    TRY(hash_of(&j->invitation.id, hash_bytes(&secret)));
    TRY(api_owner_hash(&j->person.owner, &j->person.owner_hash));
    TRY(api_spki_hash(&j->person.owner.first, &j->person.key));
    TRY(api_id_random(&j->person.person));
    TRY(policy_read(x->broker->store, &txn));
    return find_invitation(x, txn, j);
}

static struct status join_first(struct exchange *x, struct policy_txn *txn,
                                struct joining *j)
{
    struct policy_person other;
    struct status found = policy_person_find(txn, &j->person.key, &other);
    if (found.code != STATUS_NOT_FOUND)
        return refuse_for(found, &x->why, STATUS_CONFLICT, "csr",
                          "csr: this key belongs to a person already");
    j->person.account = j->invitation.account;
    j->person.role = j->invitation.role;
    j->person.created_at = x->now / 1000;
    j->invitation.used_by = j->person.key;
    j->invitation.person = j->person.person;
    return policy_invitation_put(txn, &j->invitation);
}

/* The answer got lost: the same person once more, as the record is by now.
 * Whoever was suspended or has changed keys since gains nothing. */
static struct status join_again(struct exchange *x, struct policy_txn *txn,
                                struct joining *j)
{
    struct policy_person now;
    TRY(policy_person_get(txn, &j->invitation.account, &j->invitation.person,
                          &now));
    if (now.suspended || !hash_equal(&now.key, &j->person.key))
        return refuse(&x->why, STATUS_DENIED, "invitation",
                      "this invitation is used: ask for a new one");
    j->person = now;
    return OK;
}

static struct status join_change(struct exchange *x, struct policy_txn *txn)
{
    struct joining *j = x->work;
    struct pkcs11_certify *c = &j->issue.certify;
    TRY(find_invitation(x, txn, j)); /* it may be used by now */
    TRY(hash_is_zero(&j->invitation.used_by) ? join_first(x, txn, j)
                                             : join_again(x, txn, j));
    j->person.certificate_not_after = x->now / 1000 + PERSON_SECONDS;
    TRY(policy_person_put(txn, &j->person));
    c->account = j->person.account;
    c->id = j->person.person;
    c->not_after = j->person.certificate_not_after;
    c->invitation = j->invitation.id;
    return issue_record(x, txn, &j->issue);
}

static struct status join_perform(struct exchange *x)
{
    struct joining *j = x->work;
    return issue_sign(x, &j->issue);
}

static struct status join_answer(struct exchange *x)
{
    struct joining *j = x->work;
    x->http_status = 201;
    x->answer =
        json_pack("{s:o, s:o, s:s, s:s, s:o}", "person",
                  api_json_of_id(&j->person.person), "account",
                  api_json_of_id(&j->person.account), "role",
                  policy_role_name(j->person.role), "name", j->person.name,
                  "certificate", issue_pem(x, &j->issue));
    if (!x->answer)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return exchange_add_receipt(x, 0);
}

/* --- GET /accord/v1/me --------------------------------------------------- */

struct waiting {
    const char *person;
    uint64_t now; /* seconds */
    json_t *list;
};

static struct status add_waiting(void *context, struct bytes tail,
                                 const json_t *request)
{
    (void)tail;
    struct waiting *w = context;
    const json_t *mine =
        json_object_get(json_object_get(request, "people"), w->person);
    if (!policy_request_waits(request, w->now) || !mine ||
        json_is_string(json_object_get(mine, "decision")))
        return OK;
    if (json_array_append(w->list, json_object_get(request, "request")) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

static struct status me_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    char person[API_ID_TEXT], account[POLICY_NAME_MAX + 1];
    struct policy_key all =
        policy_key(POLICY_REQUEST, api_id_bytes(&x->peer.account));
    TRY(policy_read(x->broker->store, &txn));
    TRY(policy_account_name(txn, &x->peer.account, account));
    x->answer = policy_person_view(&x->peer.person);
    api_id_text(&x->peer.person.person, person);
    AUTO_JSON *list = json_array();
    struct waiting w = { person, x->now / 1000, list };
    if (!x->answer || json_object_set(x->answer, "waiting", list) ||
        json_object_set_new(x->answer, "account_name", json_string(account)))
        return failure(STATUS_NO_MEMORY, "json", 0);
    return policy_each_json(txn, &all, add_waiting, &w);
}

static struct status people_answer(struct exchange *x)
{
    return answer_list(x, POLICY_PERSON);
}

/* --- POST /accord/v1/invitations ----------------------------------------- */

struct inviting {
    struct policy_invitation invitation;
    struct hash secret;
};

static struct status invite_prepare(struct exchange *x)
{
    const char *name, *role;
    struct inviting *i = calloc(1, sizeof(*i));
    if (!i)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    x->work = i;
    TRY(BODY_ONLY(x, "name", "role"));
    TRY(api_json_text(x->body, "name", &name, &x->why));
    TRY(policy_name_check(name, &x->why));
    TRY(api_json_text(x->body, "role", &role, &x->why));
    if (failed(policy_role_parse(role, &i->invitation.role)))
        return refuse(&x->why, STATUS_INVALID, "role",
                      "role: one of reader, writer, manager");
    memcpy(i->invitation.name, name, strlen(name) + 1);
    i->invitation.account = x->peer.account;
    i->invitation.expires = x->now / 1000 + INVITATION_SECONDS;
    TRY(random_fill(i->secret.bytes, sizeof(i->secret.bytes)));
    return hash_of(&i->invitation.id, hash_bytes(&i->secret));
}

static struct status invite_change(struct exchange *x, struct policy_txn *txn)
{
    struct inviting *i = x->work;
    char id[2 * HASH_LEN + 1];
    hex_encode(hash_bytes(&i->invitation.id), id);
    AUTO_JSON *extra = json_pack("{s:s, s:s, s:I}", "name", i->invitation.name,
                                 "role", policy_role_name(i->invitation.role),
                                 "expires", (json_int_t)i->invitation.expires);
    TRY(policy_invitation_put(txn, &i->invitation));
    return log_change(x, txn, "invite", "invitation", id, extra);
}

static struct status invite_answer(struct exchange *x)
{
    struct inviting *i = x->work;
    char line[1024];
    TRY(broker_invitation_line(x->broker, &i->secret, line, sizeof(line)));
    x->http_status = 201;
    x->answer = json_pack("{s:s, s:I}", "invitation", line, "expires",
                          (json_int_t)i->invitation.expires);
    if (!x->answer)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return exchange_add_receipt(x, 0);
}

/* clang-format off */
const struct route routes_people[] = {
    { HTTP_GET,  "/accord/v1/installation", ANYBODY,   ACCORD, .answer = installation_answer },
    { HTTP_POST, "/accord/v1/join",         ANYBODY,   ACCORD, join_prepare, join_change, join_perform, join_answer, joining_free, false },
    { HTTP_GET,  "/accord/v1/me",           A_READER,  ACCORD, .answer = me_answer },
    { HTTP_GET,  "/accord/v1/people",       A_READER,  ACCORD, .answer = people_answer },
    { HTTP_POST, "/accord/v1/invitations",  A_MANAGER, ACCORD, invite_prepare, invite_change, NULL, invite_answer, free, false },
    { 0 },
};
/* clang-format on */
