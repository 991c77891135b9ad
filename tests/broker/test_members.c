/* Invitations, roles and what each may do, leaving. */

#include <stdio.h>

#include "tests/broker/users_cast.h"

static struct answer *invite(struct stage *s, const struct user *who,
                             const char *email, const char *role)
{
    return user_ask(
        s, who, HTTP_POST,
        json_pack("{s:s, s:[s]}", "user_email", email, "roles", role),
        "/v1/users/invite");
}

static struct answer *process(struct stage *s, const struct user *who,
                              const char *what, const char *account)
{
    return user_ask(s, who, HTTP_POST, json_pack("{s:[s]}", what, account),
                    "/v1/users/process_invite");
}

static size_t accounts(struct stage *s, const struct user *u)
{
    struct answer *a = user_ask(s, u, HTTP_GET, NULL, "/v1/accounts");
    assert_answer(a, 200, NULL);
    return json_array_size(json_object_get(a->body, "items"));
}

static void confirm(struct stage *s)
{
    char token[128];
    mail_take_token(s, "confirm", token);
    assert_answer(stage_ask(s, AS_NOBODY, HTTP_POST,
                            json_pack("{s:s}", "confirm_token", token),
                            "/v1/users/confirm_email"),
                  200, NULL);
}

/* --- invitations --------------------------------------------------------- */

static void somebody_new_is_invited_sets_a_password_and_accepts(void **state)
{
    struct stage *s = *state;
    struct user u, guest = { .v2 = false };
    char token[128];
    user_make_managing(s, "owner@example.com", &u);
    mails_clear(s);
    struct answer *a = invite(s, &u, "Data@Example.com", "WRITER");
    assert_answer(a, 201, NULL);
    assert_string_equal("PENDING", answer_text(a, "status"));
    assert_string_equal("PENDING", answer_text(a, "user_account_status"));
    (void)snprintf(guest.email, sizeof(guest.email), "data@example.com");
    (void)snprintf(guest.id, sizeof(guest.id), "%s", answer_text(a, "user_id"));
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "user-invite");

    mail_take_token(s, "reset", token);
    assert_int_equal(204, stage_ask(s, AS_NOBODY, HTTP_POST,
                                    json_pack("{s:s, s:s}", "reset_token",
                                              token, "new_password", PASSWORD),
                                    "/v1/users/%s/reset_password", guest.id)
                              ->status);
    user_log_in(s, &guest);
    a = user_ask(s, &guest, HTTP_GET, NULL, "/v1/accounts");
    assert_string_equal(
        "PENDING",
        json_string_value(json_object_get(
            json_array_get(json_object_get(a->body, "items"), 0), "status")));
    assert_event(user_ask(s, &guest, HTTP_POST, NULL,
                          "/v1/accounts/select_account/%s", u.account),
                 403, "USER_ACCOUNT_PENDING");
    assert_int_equal(204, process(s, &guest, "accepts", u.account)->status);
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "invite-accept");
    user_select(s, &guest, u.account);
    a = user_ask(s, &guest, HTTP_GET, NULL, "/v1/user");
    assert_string_equal("ACTIVE", answer_text(a, "user_account_status"));
    assert_string_equal("WRITER", json_string_value(json_array_get(
                                      json_object_get(a->body, "roles"), 0)));
    assert_int_equal(2, json_array_size(json_object_get(a->body, "roles")));
}

static void an_invitation_is_rejected_and_gone(void **state)
{
    struct stage *s = *state;
    struct user u, guest;
    user_make_managing(s, "owner@example.com", &u);
    mails_clear(s);
    user_make(s, "data@example.com", &guest);
    confirm(s);
    assert_answer(invite(s, &u, guest.email, "READER"), 201, NULL);
    assert_event_says(invite(s, &u, guest.email, "READER"), 400,
                      "UNIQUE_VIOLATION",
                      "this user has a part in the account already");
    assert_int_equal(1, accounts(s, &guest));
    assert_int_equal(204, process(s, &guest, "rejects", u.account)->status);
    assert_int_equal(0, accounts(s, &guest));
    assert_event_says(process(s, &guest, "accepts", u.account), 404,
                      "NOT_FOUND", "you are not invited to this account");
    assert_answer(invite(s, &u, guest.email, "READER"), 201, NULL);
}

/* Whoever signs up with an address first does not have it. */
static void an_address_that_is_not_confirmed_accepts_nothing(void **state)
{
    struct stage *s = *state;
    struct user u, squatter;
    user_make_managing(s, "owner@example.com", &u);
    user_make(s, "data@example.com", &squatter);
    assert_answer(invite(s, &u, squatter.email, "MANAGER"), 201, NULL);
    assert_int_equal(0, accounts(s, &squatter));
    assert_event_says(process(s, &squatter, "accepts", u.account), 403,
                      "USER_ACCOUNT_PENDING",
                      "confirm your e-mail address first");
    assert_event(user_ask(s, &squatter, HTTP_POST, NULL,
                          "/v1/accounts/select_account/%s", u.account),
                 404, "NOT_FOUND");
    assert_event(
        user_ask(s, &squatter, HTTP_GET, NULL, "/v1/accounts/%s", u.account),
        404, "NOT_FOUND");
}

static void inviting_tells_nothing_of_who_has_the_address(void **state)
{
    struct stage *s = *state;
    struct user u, known;
    user_make_managing(s, "owner@example.com", &u);
    user_make(s, "known@example.com", &known);
    assert_answer(user_ask(s, &known, HTTP_PATCH,
                           json_pack("{s:s}", "first_name", "Known"),
                           "/v1/users/%s", known.id),
                  200, NULL);
    stage_pass(10);
    json_t *one = json_deep_copy(invite(s, &u, known.email, "READER")->body);
    json_t *other =
        json_deep_copy(invite(s, &u, "new@example.com", "READER")->body);
    json_t *const both[] = { one, other };
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(0, json_object_del(both[i], "user_id"));
        assert_int_equal(0, json_object_del(both[i], "user_email"));
    }
    assert_true(json_equal(one, other));
    json_decref(one);
    json_decref(other);
}

static void an_invitation_is_mailed_again_but_not_without_end(void **state)
{
    struct stage *s = *state;
    struct user u;
    char id[API_ID_TEXT];
    user_make_managing(s, "owner@example.com", &u);
    mails_clear(s);
    struct answer *a = invite(s, &u, "data@example.com", "READER");
    (void)snprintf(id, sizeof(id), "%s", answer_text(a, "user_id"));
    for (int i = 0; i < 5; i++)
        assert_int_equal(204, user_ask(s, &u, HTTP_POST, NULL,
                                       "/v1/users/%s/resend_invite", id)
                                  ->status);
    assert_event_says(
        user_ask(s, &u, HTTP_POST, NULL, "/v1/users/%s/resend_invite", id), 429,
        "LOCKED", "there were some mails already: wait an hour");
    assert_int_equal(6, mails_count(s));
    stage_pass(3600);
    user_log_in(s, &u);
    user_select(s, &u, u.account);
    assert_int_equal(
        204, user_ask(s, &u, HTTP_POST, NULL, "/v1/users/%s/resend_invite", id)
                 ->status);
    assert_event(
        user_ask(s, &u, HTTP_POST, NULL, "/v1/users/%s/resend_invite", u.id),
        400, "INVALID_STATE");
}

/* --- roles --------------------------------------------------------------- */

/* What a role is refused: rows of all, answered 403 FORBIDDEN or not. */
static const struct {
    enum http_method method;
    const char *path;
    enum policy_role least;
} matrix[] = {
    { HTTP_GET, "/v1/users", POLICY_READER },
    { HTTP_GET, "/v1/zones", POLICY_READER },
    { HTTP_GET, "/v1/nodes", POLICY_READER },
    { HTTP_GET, "/v1/nodes/none", POLICY_READER },
    { HTTP_PATCH, "/v1/nodes/none", POLICY_WRITER },
    { HTTP_GET, "/v1/zones/none/token", POLICY_MANAGER },
    { HTTP_POST, "/v1/nodes/none/deactivate", POLICY_MANAGER },
    { HTTP_POST, "/v1/users/invite", POLICY_MANAGER },
    { HTTP_POST, "/v1/users/none/resend_invite", POLICY_MANAGER },
};

static void each_role_may_what_it_may(void **state)
{
    struct stage *s = *state;
    struct user all[4];
    user_make_managing(s, "owner@example.com", &all[POLICY_MANAGER]);
    user_make_in(s, &all[POLICY_MANAGER], "READER", "reader@example.com",
                 &all[POLICY_READER]);
    user_make_in(s, &all[POLICY_MANAGER], "WRITER", "writer@example.com",
                 &all[POLICY_WRITER]);
    for (size_t i = 0; i < sizeof(matrix) / sizeof(matrix[0]); i++) {
        for (int role = POLICY_READER; role <= POLICY_MANAGER; role++) {
            struct answer *a =
                user_ask(s, &all[role], matrix[i].method,
                         matrix[i].method == HTTP_GET ? NULL : json_object(),
                         "%s", matrix[i].path);
            if (role >= (int)matrix[i].least)
                assert_int_not_equal(403, a->status);
            else
                assert_event(a, 403, "FORBIDDEN");
        }
    }
}

static void a_refusal_for_a_role_is_a_leaf_of_the_user(void **state)
{
    struct stage *s = *state;
    struct user u, reader;
    user_make_managing(s, "owner@example.com", &u);
    user_make_in(s, &u, "READER", "reader@example.com", &reader);
    assert_event(invite(s, &reader, "a@b", "READER"), 403, "FORBIDDEN");
    assert_newest_leaf(s, API_LEAF_DENIAL, "user", reader.id);
    assert_newest_leaf(s, API_LEAF_DENIAL, "who", "user");
}

static void a_role_changes_at_once(void **state)
{
    struct stage *s = *state;
    struct user u, other;
    user_make_managing(s, "owner@example.com", &u);
    user_make_in(s, &u, "READER", "other@example.com", &other);
    assert_event(user_ask(s, &other, HTTP_PATCH,
                          json_pack("{s:[s]}", "roles", "MANAGER"),
                          "/v1/users/%s", other.id),
                 403, "FORBIDDEN");
    assert_answer(user_ask(s, &u, HTTP_PATCH,
                           json_pack("{s:[s]}", "roles", "MANAGER"),
                           "/v1/users/%s", other.id),
                  200, NULL);
    assert_answer(invite(s, &other, "a@b", "READER"), 201, NULL);
    assert_answer(
        user_ask(s, &other, HTTP_PATCH,
                 json_pack("{s:s}", "user_account_status", "DISABLED"),
                 "/v1/users/%s", u.id),
        200, NULL);
    assert_event_says(user_ask(s, &u, HTTP_GET, NULL, "/v1/users"), 403,
                      "NO_ACCOUNT_SELECTED", "select an account first");
    assert_event(user_ask(s, &u, HTTP_PATCH,
                          json_pack("{s:[s]}", "roles", "MANAGER"),
                          "/v1/users/%s", u.id),
                 403, "FORBIDDEN");
    assert_event(user_ask(s, &u, HTTP_PATCH,
                          json_pack("{s:s}", "first_name", "Mallory"),
                          "/v1/users/%s", other.id),
                 404, "NOT_FOUND");
}

/* --- leaving ------------------------------------------------------------- */

static void the_last_manager_stays(void **state)
{
    struct stage *s = *state;
    struct user u, other;
    user_make_managing(s, "owner@example.com", &u);
    user_make_in(s, &u, "WRITER", "other@example.com", &other);
    assert_event_says(
        user_ask(s, &u, HTTP_PATCH, json_pack("{s:[s]}", "roles", "READER"),
                 "/v1/users/%s", u.id),
        409, "CONFLICT", "this is the last active MANAGER of the account");
    assert_event(
        user_ask(s, &u, HTTP_DELETE, NULL, "/v1/users/%s/accounts", u.id), 409,
        "CONFLICT");
    assert_event(user_ask(s, &u, HTTP_DELETE, NULL, "/v1/users/%s", u.id), 409,
                 "CONFLICT");
    assert_answer(invite(s, &u, "a@b", "READER"), 201, NULL); /* still */
}

static void a_member_leaves_or_is_removed(void **state)
{
    struct stage *s = *state;
    struct user u, one, other;
    user_make_managing(s, "owner@example.com", &u);
    user_make_in(s, &u, "WRITER", "one@example.com", &one);
    user_make_in(s, &u, "WRITER", "other@example.com", &other);
    assert_event(
        user_ask(s, &one, HTTP_DELETE, NULL, "/v1/users/%s/accounts", other.id),
        403, "FORBIDDEN");
    assert_int_equal(204, user_ask(s, &one, HTTP_DELETE, NULL,
                                   "/v1/users/%s/accounts", one.id)
                              ->status);
    assert_event(user_ask(s, &one, HTTP_GET, NULL, "/v1/zones"), 403,
                 "NO_ACCOUNT_SELECTED");
    assert_int_equal(204, user_ask(s, &u, HTTP_DELETE, NULL,
                                   "/v1/users/%s/accounts", other.id)
                              ->status);
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "user-remove");
    assert_int_equal(0, accounts(s, &other));
}

static void a_profile_is_deleted_by_its_user_only(void **state)
{
    struct stage *s = *state;
    struct user u, other;
    user_make_managing(s, "owner@example.com", &u);
    user_make_in(s, &u, "WRITER", "other@example.com", &other);
    assert_event(user_ask(s, &u, HTTP_DELETE, NULL, "/v1/users/%s", other.id),
                 403, "FORBIDDEN");
    assert_int_equal(
        204, user_ask(s, &other, HTTP_DELETE, NULL, "/v1/users/%s", other.id)
                 ->status);
    assert_event(user_ask(s, &other, HTTP_GET, NULL, "/v1/user"), 401,
                 "INVALID_SESSION");
    assert_event(user_auth(s, other.email, PASSWORD, NULL, false), 401,
                 "AUTH_FAILED");
    assert_event(user_ask(s, &u, HTTP_GET, NULL, "/v1/users/%s", other.id), 404,
                 "NOT_FOUND");
    user_make(s, "other@example.com", &other); /* the address is free again */
}

/* --- persons and users in one account ------------------------------------ */

static void a_person_invites_and_removes_users(void **state)
{
    struct stage *s = *state;
    struct person root;
    struct user u;
    char account[API_ID_TEXT];
    person_first(s, &root, "root");
    api_id_text(&root.account, account);
    mails_clear(s);
    user_make(s, "owner@example.com", &u);
    confirm(s);
    struct answer *a = stage_ask(
        s, as(&root), HTTP_POST,
        json_pack("{s:s, s:[s]}", "user_email", u.email, "roles", "MANAGER"),
        "/accord/v1/users");
    assert_answer(a, 201, NULL);
    assert_newest_leaf(s, API_LEAF_CHANGE, "by", "certificate");
    assert_newest_leaf(s, API_LEAF_CHANGE, "actor", root.text);
    assert_answer(stage_ask(s, as(&root), HTTP_POST,
                            json_pack("{s:s}", "user_email", "x"),
                            "/accord/v1/users"),
                  400, "invalid"); /* our dialect, our codes */
    assert_int_equal(204, process(s, &u, "accepts", account)->status);
    user_select(s, &u, account);
    assert_event(user_ask(s, &u, HTTP_DELETE, NULL, "/v1/accounts/%s", account),
                 409, "CONFLICT");
    a = stage_ask(s, as(&root), HTTP_GET, NULL, "/accord/v1/users");
    assert_int_equal(1, json_array_size(json_object_get(a->body, "items")));
    /* the person manages on: the last user who does may go */
    assert_int_equal(204, stage_ask(s, as(&root), HTTP_DELETE, NULL,
                                    "/accord/v1/users/%s", u.id)
                              ->status);
    assert_event(user_ask(s, &u, HTTP_GET, NULL, "/v1/users"), 403,
                 "NO_ACCOUNT_SELECTED");
    person_clear(&root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(somebody_new_is_invited_sets_a_password_and_accepts),
        stage_test(an_invitation_is_rejected_and_gone),
        stage_test(an_address_that_is_not_confirmed_accepts_nothing),
        stage_test(inviting_tells_nothing_of_who_has_the_address),
        stage_test(an_invitation_is_mailed_again_but_not_without_end),
        stage_test(each_role_may_what_it_may),
        stage_test(a_refusal_for_a_role_is_a_leaf_of_the_user),
        stage_test(a_role_changes_at_once),
        stage_test(the_last_manager_stays),
        stage_test(a_member_leaves_or_is_removed),
        stage_test(a_profile_is_deleted_by_its_user_only),
        stage_test(a_person_invites_and_removes_users),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
