/* routes_members.c - who has a part in an account: invited, accepted,
 * removed (section 5.4 of the wire contract). */

#include <stdlib.h>

#include "broker/routes.h"
#include "broker/users.h"

/* --- POST /v1/users/invite ----------------------------------------------- */

struct inviting {
    struct policy_user user;
    struct policy_member member;
    char account_name[POLICY_NAME_MAX + 1];
};

static struct status invite_prepare(struct exchange *x)
{
    const char *email, *first, *last;
    struct inviting *i = calloc(1, sizeof(*i));
    if (!i)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    x->work = i;
    TRY(PRODUCT_ONLY(x, "user_email", "roles", "first_name", "last_name"));
    TRY(product_text(x, "user_email", POLICY_EMAIL_MAX, &email));
    if (failed(policy_email_normalise(email, i->user.email, &x->why)))
        return product_refuse(x, 400, "INVALID_VALUE",
                              "user_email: this is not an e-mail address");
    TRY(product_read_roles(x, &i->member.role));
    if (i->member.role == POLICY_NO_ROLE)
        return product_refuse(x, 400, "MISSING_REQUIRED_PARAMETER",
                              "roles is missing");
    TRY(product_text_optional(x, "first_name", POLICY_NAME_MAX, &first));
    TRY(product_text_optional(x, "last_name", POLICY_NAME_MAX, &last));
    if ((first && first[0] && failed(policy_name_check(first, NULL))) ||
        (last && last[0] && failed(policy_name_check(last, NULL))))
        return product_refuse(x, 400, "INVALID_NAME",
                              "a name holds no control characters");
    if (first)
        memcpy(i->user.first_name, first, strlen(first) + 1);
    if (last)
        memcpy(i->user.last_name, last, strlen(last) + 1);
    i->user.created_at = x->now / 1000;
    return api_id_random(&i->user.user);
}

/* An address nobody has becomes a user without a password. */
static struct status find_or_make(struct policy_txn *txn, struct inviting *i)
{
    struct policy_user known;
    struct status got = policy_user_find(txn, i->user.email, &known);
    if (got.code == STATUS_NOT_FOUND)
        return policy_user_put(txn, &i->user);
    TRY(got);
    i->user = known; /* names are the user's own */
    return OK;
}

static struct status invite_change(struct exchange *x, struct policy_txn *txn)
{
    struct inviting *i = x->work;
    struct policy_member there;
    TRY(find_or_make(txn, i));
    struct status got =
        policy_member_get(txn, &x->peer.account, &i->user.user, &there);
    if (!failed(got))
        return product_refuse(x, 400, "UNIQUE_VIOLATION",
                              "this user has a part in the account already");
    if (got.code != STATUS_NOT_FOUND)
        return got;
    i->member.account = x->peer.account;
    i->member.user = i->user.user;
    i->member.state = POLICY_MEMBER_PENDING;
    i->member.created_at = x->now / 1000;
    TRY(policy_member_put(txn, &i->member));
    TRY(policy_account_name(txn, &x->peer.account, i->account_name));
    AUTO_JSON *extra =
        json_pack("{s:s}", "role", policy_role_name(i->member.role));
    return user_log(x, txn, "user-invite", &x->peer.account, user_actor(x),
                    &i->user.user, extra);
}

static struct status invite_perform(struct exchange *x)
{
    const struct inviting *i = x->work;
    mail_invite(x, &i->user, i->account_name);
    return OK;
}

static struct status invite_answer(struct exchange *x)
{
    const struct inviting *i = x->work;
    x->http_status = 201;
    x->answer = user_view(&i->user, &i->member);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* --- POST /v1/users/{}/resend_invite ------------------------------------- */

static struct status resend_prepare(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct api_id id;
    struct policy_user user;
    struct policy_member member;
    char name[POLICY_NAME_MAX + 1];
    struct attempts *a = x->broker->attempts;
    TRY(product_path_id(x, 0, "user", &id));
    TRY(policy_read(x->broker->store, &txn));
    struct status got = policy_member_get(txn, &x->peer.account, &id, &member);
    if (got.code == STATUS_NOT_FOUND)
        return product_refuse(x, 404, "NOT_FOUND",
                              "there is no such user in this account");
    TRY(got);
    if (member.state != POLICY_MEMBER_PENDING)
        return product_refuse(x, 400, "INVALID_STATE",
                              "this invitation is accepted already");
    TRY(policy_user_get(txn, &id, &user));
    TRY(policy_account_name(txn, &x->peer.account, name));
    struct bytes address = bytes_of_string(user.email);
    if (attempts_wait(a, ATTEMPTS_MAIL, address, x->now / 1000) > 0)
        return product_refuse(x, 429, "LOCKED",
                              "there were some mails already: wait an hour");
    attempts_count(a, ATTEMPTS_MAIL, address, x->now / 1000);
    mail_invite(x, &user, name);
    return OK;
}

/* --- POST /v1/users/process_invite --------------------------------------- */

static struct status process_prepare(struct exchange *x)
{
    const json_t *accepts, *rejects;
    TRY(PRODUCT_ONLY(x, "accepts", "rejects"));
    TRY(product_texts(x, "accepts", 100, &accepts));
    TRY(product_texts(x, "rejects", 100, &rejects));
    if (!x->user.email_verified)
        return product_refuse(x, 403, "USER_ACCOUNT_PENDING",
                              "confirm your e-mail address first: an "
                              "invitation is for whoever has it");
    if (json_array_size(accepts) + json_array_size(rejects) >
        EXCHANGE_LEAVES_MAX)
        return product_refuse(x, 400, "INVALID_VALUE",
                              "at most %d invitations at a time",
                              EXCHANGE_LEAVES_MAX);
    return OK;
}

static struct status process_one(struct exchange *x, struct policy_txn *txn,
                                 const json_t *which, bool accept)
{
    struct api_id account;
    struct policy_member member;
    struct status got =
        api_id_parse(bytes_of_string(json_string_value(which)), &account);
    if (!failed(got))
        got = policy_member_get(txn, &account, &x->session.user, &member);
    if (got.code == STATUS_NOT_FOUND || got.code == STATUS_INVALID ||
        (!failed(got) && member.state != POLICY_MEMBER_PENDING))
        return product_refuse(x, 404, "NOT_FOUND",
                              "you are not invited to this account");
    TRY(got);
    if (accept) {
        member.state = POLICY_MEMBER_ACTIVE;
        TRY(policy_member_put(txn, &member));
    } else {
        policy_member_delete(txn, &member);
    }
    return user_log(x, txn, accept ? "invite-accept" : "invite-reject",
                    &account, &x->session.user, &x->session.user, NULL);
}

static struct status process_change(struct exchange *x, struct policy_txn *txn)
{
    static const char *const members[] = { "rejects", "accepts" };
    for (size_t accept = 0; accept < 2; accept++) {
        const json_t *list = json_object_get(x->body, members[accept]);
        for (size_t i = 0; i < json_array_size(list); i++)
            TRY(process_one(x, txn, json_array_get(list, i), accept));
    }
    return OK;
}

/* --- DELETE /v1/users/{}/accounts ---------------------------------------- */

static struct status remove_change(struct exchange *x, struct policy_txn *txn)
{
    struct api_id id;
    struct policy_member member;
    size_t managers = 0;
    TRY(product_path_id(x, 0, "user", &id));
    bool manages = x->peer.kind == PEER_PERSON || /* the row: A_MANAGER */
                   x->member.role == POLICY_MANAGER;
    if (!manages && !api_id_equal(&id, &x->session.user))
        return product_refuse(x, 403, "FORBIDDEN",
                              "only a MANAGER removes others");
    struct status got = policy_member_get(txn, &x->peer.account, &id, &member);
    if (got.code == STATUS_NOT_FOUND)
        return product_refuse(x, 404, "NOT_FOUND",
                              "there is no such user in this account");
    TRY(got);
    policy_member_delete(txn, &member);
    TRY(policy_members_managing(txn, &x->peer.account, &managers));
    if (managers == 0)
        return product_refuse(x, 409, "CONFLICT",
                              "this is the last active MANAGER of the account");
    return user_log(x, txn, "user-remove", &x->peer.account, user_actor(x), &id,
                    NULL);
}

/* clang-format off */
const struct route routes_members[] = {
    { HTTP_POST,   "/v1/users/invite",           A_USER_MANAGING, PRODUCT, invite_prepare, invite_change, invite_perform, invite_answer, free, false },
    { HTTP_POST,   "/v1/users/{}/resend_invite", A_USER_MANAGING, PRODUCT, .prepare = resend_prepare, .answer = product_answer_void },
    { HTTP_POST,   "/v1/users/process_invite",   A_USER,          PRODUCT, process_prepare, process_change, NULL, product_answer_void, NULL, false },
    { HTTP_DELETE, "/v1/users/{}/accounts",      A_USER_READING,  PRODUCT, .change = remove_change, .answer = product_answer_void, .tightens = true },
    { HTTP_POST,   "/accord/v1/users",           A_MANAGER,       ACCORD,  invite_prepare, invite_change, invite_perform, invite_answer, free, false },
    { HTTP_DELETE, "/accord/v1/users/{}",        A_MANAGER,       ACCORD,  .change = remove_change, .answer = product_answer_void, .tightens = true },
    { 0 },
};
/* clang-format on */
