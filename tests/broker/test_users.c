/* Signing up, accounts, invitations, roles, passwords. */

#include <unistd.h>

#include <stdio.h>

#include "tests/broker/users_cast.h"
#include "tests/support/heard.h"

/* --- signing up ---------------------------------------------------------- */

static void whoever_signs_up_is_a_user(void **state)
{
    struct stage *s = *state;
    struct answer *a = user_sign_up(s, "Owner@Example.com", PASSWORD);
    assert_answer(a, 201, NULL);
    assert_string_equal("owner@example.com", answer_text(a, "user_email"));
    assert_string_equal("ACTIVE", answer_text(a, "status"));
    assert_true(json_is_false(json_object_get(a->body, "email_verified")));
    assert_null(json_object_get(a->body, "password"));
    assert_int_equal(1, mails_count(s));
    assert_event_says(user_sign_up(s, "owner@example.com", PASSWORD), 400,
                      "USER_ALREADY_EXISTS",
                      "there is a user with this e-mail address");
}

static void signing_up_is_read_strictly(void **state)
{
    struct stage *s = *state;
    assert_event_says(user_sign_up(s, "owner", PASSWORD), 400, "INVALID_VALUE",
                      "user_email: this is not an e-mail address");
    assert_event(user_sign_up(s, "a@b", "1234567"), 400, "INVALID_VALUE");
    assert_event(stage_ask(s, AS_NOBODY, HTTP_POST,
                           json_pack("{s:s}", "user_email", "a@b"),
                           "/v1/users"),
                 400, "MISSING_REQUIRED_PARAMETER");
    assert_event(stage_ask(s, AS_NOBODY, HTTP_POST,
                           json_pack("{s:s, s:s, s:s}", "user_email", "a@b",
                                     "user_password", PASSWORD, "admin", "yes"),
                           "/v1/users"),
                 400, "INVALID_BODY_PARAMETER");
    assert_int_equal(0, mails_count(s));
}

static void an_address_is_confirmed_once_by_its_mail(void **state)
{
    struct stage *s = *state;
    struct user u;
    char token[128];
    user_make(s, "owner@example.com", &u);
    mail_take_token(s, "confirm", token);
    struct answer *a = stage_ask(s, AS_NOBODY, HTTP_POST,
                                 json_pack("{s:s}", "confirm_token", token),
                                 "/v1/users/confirm_email");
    assert_answer(a, 200, NULL);
    assert_string_equal(u.email, answer_text(a, "user_email"));
    a = user_ask(s, &u, HTTP_GET, NULL, "/v1/user");
    assert_true(json_is_true(json_object_get(a->body, "email_verified")));
    assert_event(stage_ask(s, AS_NOBODY, HTTP_POST,
                           json_pack("{s:s}", "confirm_token", token),
                           "/v1/users/confirm_email"),
                 401, "AUTH_FAILED");
}

static void a_token_for_one_thing_serves_no_other(void **state)
{
    struct stage *s = *state;
    struct user u;
    char token[128];
    user_make(s, "owner@example.com", &u);
    mail_take_token(s, "confirm", token);
    assert_event(stage_ask(s, AS_NOBODY, HTTP_POST,
                           json_pack("{s:s, s:s}", "reset_token", token,
                                     "new_password", "another password"),
                           "/v1/users/%s/reset_password", u.id),
                 401, "AUTH_FAILED");
    token[0] = token[0] == '0' ? '1' : '0';
    assert_event(stage_ask(s, AS_NOBODY, HTTP_POST,
                           json_pack("{s:s}", "confirm_token", token),
                           "/v1/users/confirm_email"),
                 401, "AUTH_FAILED");
}

/* --- accounts ------------------------------------------------------------ */

static void an_account_is_its_maker_s(void **state)
{
    struct stage *s = *state;
    struct user u, other;
    user_make(s, "owner@example.com", &u);
    struct answer *a =
        user_ask(s, &u, HTTP_POST, json_pack("{s:s}", "name", "testaccount"),
                 "/v1/accounts");
    assert_answer(a, 200, NULL);
    assert_string_equal("testaccount", answer_text(a, "name"));
    assert_string_equal("ACTIVE", answer_text(a, "status"));
    assert_string_equal("MANAGER", json_string_value(json_array_get(
                                       json_object_get(a->body, "roles"), 0)));
    assert_int_equal(3, json_array_size(json_object_get(a->body, "roles")));
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "account-create");
    (void)snprintf(u.account, sizeof(u.account), "%s",
                   answer_text(a, "acct_id"));
    assert_event(user_ask(s, &u, HTTP_POST,
                          json_pack("{s:s}", "name", "testaccount"),
                          "/v1/accounts"),
                 400, "UNIQUE_VIOLATION");
    a = user_ask(s, &u, HTTP_GET, NULL, "/v1/accounts");
    assert_int_equal(1, json_array_size(json_object_get(a->body, "items")));
    assert_null(json_object_get(a->body, "metadata"));

    user_make(s, "other@example.com", &other);
    a = user_ask(s, &other, HTTP_GET, NULL, "/v1/accounts");
    assert_int_equal(0, json_array_size(json_object_get(a->body, "items")));
    assert_event(
        user_ask(s, &other, HTTP_GET, NULL, "/v1/accounts/%s", u.account), 404,
        "NOT_FOUND");
    assert_event(user_ask(s, &other, HTTP_POST, NULL,
                          "/v1/accounts/select_account/%s", u.account),
                 404, "NOT_FOUND");
}

static void one_host_does_not_sign_up_for_ever(void **state)
{
    struct stage *s = *state;
    s->from = bytes_of("\x7f\0\0\3", 4);
    for (int i = 0; i < 200; i++)
        attempts_count(s->broker.attempts, ATTEMPTS_SIGN_UP, s->from,
                       stage_seconds());
    assert_event_says(user_sign_up(s, "more@example.com", PASSWORD), 429,
                      "LOCKED", "too many signed up from your host: wait some");
    s->from = bytes_of("\x7f\0\0\4", 4);
    assert_answer(user_sign_up(s, "more@example.com", PASSWORD), 201, NULL);
}

/* Whoever signs up is a user all the same, and can ask for it again. */
static void a_mail_that_cannot_be_written_is_told_the_operator(void **state)
{
    struct stage *s = *state;
    char outbox[512];
    (void)snprintf(outbox, sizeof(outbox), "%s/outbox", stage_store(s));
    assert_int_equal(0, rmdir(outbox));
    heard_begin();
    struct answer *a = user_sign_up(s, "owner@example.com", PASSWORD);
    assert_heard("mail: cannot write to /");
    assert_answer(a, 201, NULL);
}

static void only_a_node_reports(void **state)
{
    struct stage *s = *state;
    assert_event_says(
        stage_ask(s, AS_NOBODY, HTTP_POST, json_object(), "/v1/node/status"),
        401, "NODE_NOT_ENROLLED",
        "this needs a compute node's client certificate");
}

static void attestation_cannot_be_switched_off(void **state)
{
    struct stage *s = *state;
    struct user u;
    user_make(s, "owner@example.com", &u);
    assert_event_says(
        user_ask(s, &u, HTTP_POST,
                 json_pack("{s:s, s:{s:b}}", "name", "a", "node_enrollment",
                           "attestation_enforcement_disabled_insecure", true),
                 "/v1/accounts"),
        400, "ATTESTATION_REQUIRED", "attestation is enforced here, always");
    assert_answer(
        user_ask(s, &u, HTTP_POST,
                 json_pack("{s:s, s:{s:b}}", "name", "a", "node_enrollment",
                           "attestation_enforcement_disabled_insecure", false),
                 "/v1/accounts"),
        200, NULL);
    assert_event_says(
        user_ask(s, &u, HTTP_POST,
                 json_pack("{s:s, s:s}", "name", "b", "custom_logo", "AAAA"),
                 "/v1/accounts"),
        501, "INVALID_BODY_PARAMETER", "custom_logo: this is not built here");
}

static void an_account_is_renamed_and_deleted_by_a_manager(void **state)
{
    struct stage *s = *state;
    struct user u, reader;
    user_make_managing(s, "owner@example.com", &u);
    user_make_in(s, &u, "WRITER", "writer@example.com", &reader);
    assert_event(user_ask(s, &reader, HTTP_PATCH,
                          json_pack("{s:s}", "name", "mine"), "/v1/accounts/%s",
                          u.account),
                 403, "FORBIDDEN");
    struct answer *a =
        user_ask(s, &u, HTTP_PATCH, json_pack("{s:s}", "name", "renamed"),
                 "/v1/accounts/%s", u.account);
    assert_answer(a, 200, NULL);
    assert_string_equal("renamed", answer_text(a, "name"));
    assert_event(
        user_ask(s, &reader, HTTP_DELETE, NULL, "/v1/accounts/%s", u.account),
        403, "FORBIDDEN");
    assert_int_equal(
        204, user_ask(s, &u, HTTP_DELETE, NULL, "/v1/accounts/%s", u.account)
                 ->status);
    assert_event(user_ask(s, &reader, HTTP_GET, NULL, "/v1/users"), 403,
                 "NO_ACCOUNT_SELECTED");
}

static void an_account_with_a_person_in_it_stays(void **state)
{
    struct stage *s = *state;
    struct person root;
    struct user u;
    struct policy_member manager = { .role = POLICY_MANAGER };
    struct policy_txn *txn = NULL;
    char account[API_ID_TEXT];
    person_first(s, &root, "root");
    user_make(s, "owner@example.com", &u);
    manager.account = root.account;
    assert_ok(api_id_parse(bytes_of_string(u.id), &manager.user));
    assert_ok(policy_write(s->broker.store, &txn));
    assert_ok(policy_member_put(txn, &manager));
    assert_ok(policy_commit(txn));
    policy_txn_free(txn);
    api_id_text(&root.account, account);
    assert_event(user_ask(s, &u, HTTP_DELETE, NULL, "/v1/accounts/%s", account),
                 409, "CONFLICT");
    person_clear(&root);
}

/* --- names --------------------------------------------------------------- */

static struct answer *rename_as(struct stage *s, const struct user *by,
                                const struct user *whom, const char *name)
{
    return user_ask(s, by, HTTP_PATCH, json_pack("{s:s}", "first_name", name),
                    "/v1/users/%s", whom->id);
}

static void names_are_the_user_s_own(void **state)
{
    struct stage *s = *state;
    struct user u, other;
    user_make_managing(s, "owner@example.com", &u);
    user_make_in(s, &u, "WRITER", "other@example.com", &other);
    assert_event(rename_as(s, &other, &u, "Mallory"), 403, "FORBIDDEN");
    struct answer *a =
        user_ask(s, &other, HTTP_PATCH,
                 json_pack("{s:s, s:n}", "first_name", "Other", "last_name"),
                 "/v1/users/%s", other.id);
    assert_answer(a, 200, NULL);
    assert_string_equal("Other", answer_text(a, "first_name"));
    assert_event(user_ask(s, &other, HTTP_PATCH,
                          json_pack("{s:s}", "user_email", "x@y"),
                          "/v1/users/%s", other.id),
                 501, "INVALID_BODY_PARAMETER");
}

/* em-client's update_user with names and roles at once. */
static void a_manager_names_whom_nobody_else_sees(void **state)
{
    struct stage *s = *state;
    struct user u, other, invited, elsewhere;
    user_make_managing(s, "owner@example.com", &u);
    user_make_in(s, &u, "READER", "other@example.com", &other);
    struct answer *a = user_ask(
        s, &u, HTTP_PATCH,
        json_pack("{s:s, s:[s]}", "first_name", "Dana", "roles", "WRITER"),
        "/v1/users/%s", other.id);
    assert_answer(a, 200, NULL);
    assert_string_equal("Dana", answer_text(a, "first_name"));
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "user-change");
    /* who has not accepted is nobody's yet */
    user_make(s, "invited@example.com", &invited);
    assert_answer(user_ask(s, &u, HTTP_POST,
                           json_pack("{s:s, s:[s]}", "user_email",
                                     invited.email, "roles", "READER"),
                           "/v1/users/invite"),
                  201, NULL);
    assert_event(rename_as(s, &u, &invited, "Mallory"), 403, "FORBIDDEN");
    /* another account sees the name, too */
    user_make_managing(s, "third@example.com", &elsewhere);
    assert_answer(user_ask(s, &elsewhere, HTTP_POST,
                           json_pack("{s:s, s:[s]}", "user_email", other.email,
                                     "roles", "READER"),
                           "/v1/users/invite"),
                  201, NULL);
    assert_event_says(rename_as(s, &u, &other, "Mallory"), 403, "FORBIDDEN",
                      "only the user changes a name, or a MANAGER of the only "
                      "account that the user is in");
    a = user_ask(s, &other, HTTP_GET, NULL, "/v1/user");
    assert_string_equal("Dana", answer_text(a, "first_name"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(whoever_signs_up_is_a_user),
        stage_test(signing_up_is_read_strictly),
        stage_test(an_address_is_confirmed_once_by_its_mail),
        stage_test(a_token_for_one_thing_serves_no_other),
        stage_test(an_account_is_its_maker_s),
        stage_test(one_host_does_not_sign_up_for_ever),
        stage_test(a_mail_that_cannot_be_written_is_told_the_operator),
        stage_test(only_a_node_reports),
        stage_test(attestation_cannot_be_switched_off),
        stage_test(an_account_is_renamed_and_deleted_by_a_manager),
        stage_test(an_account_with_a_person_in_it_stays),
        stage_test(names_are_the_user_s_own),
        stage_test(a_manager_names_whom_nobody_else_sees),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
