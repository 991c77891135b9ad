/* Logging in as each client does it: who gets what, what ends a session, who
 * is kept out, and that nobody learns which addresses exist. */

#include <stdio.h>
#include <time.h>

#include "base/text.h"
#include "tests/broker/users_cast.h"

#define DAY 86400

static struct answer *refresh(struct stage *s, const struct user *u)
{
    return user_ask(s, u, HTTP_POST, NULL, "/v1/sys/session/refresh");
}

static json_int_t info(const struct answer *a, const char *member)
{
    return json_integer_value(
        json_object_get(json_object_get(a->body, "session_info"), member));
}

/* --- forms --------------------------------------------------------------- */

static void a_password_gives_a_bearer_token(void **state)
{
    struct stage *s = *state;
    struct user u;
    user_make(s, "owner@example.com", &u);
    assert_int_equal(43, strlen(u.token));
    struct answer *a = refresh(s, &u);
    assert_answer(a, 200, NULL);
    assert_string_equal(
        u.id, json_string_value(json_object_get(
                  json_object_get(a->body, "session_info"), "subject_id")));
    assert_int_equal(stage_seconds() + DAY, info(a, "session_expires_at"));
    assert_int_equal(stage_seconds() + 3600,
                     info(a, "session_token_expires_at"));
    assert_null(json_object_get(json_object_get(a->body, "session_info"),
                                "selected_account_id"));
}

static void a_log_in_is_a_leaf_without_the_address(void **state)
{
    struct stage *s = *state;
    struct user u;
    AUTO_JSON *detail = NULL;
    user_make(s, "owner@example.com", &u);
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "log-in");
    assert_newest_leaf(s, API_LEAF_CHANGE, "by", "password");
    assert_newest_leaf(s, API_LEAF_CHANGE, "actor", u.id);
    (void)stage_leaf(s, stage_log_size(s) - 1, &detail);
    AUTO_CLEAR_BUFFER text = buffer_make(4096);
    assert_ok(api_json_canonical(detail, &text));
    buffer_put_u8(&text, '\0');
    assert_null(strstr((const char *)text.data, "owner@"));
}

static void without_the_hsm_nobody_logs_in_but_sessions_go_on(void **state)
{
    struct stage *s = *state;
    struct user u;
    user_make(s, "owner@example.com", &u);
    soft_door_fate_of_all(s->door, SOFT_AWAY);
    assert_int_equal(503, user_auth(s, u.email, PASSWORD, NULL, false)->status);
    assert_answer(user_ask(s, &u, HTTP_GET, NULL, "/v1/user"), 200, NULL);
    soft_door_fate_of_all(s->door, SOFT_WORKS);
    user_log_in(s, &u);
}

static void calls_without_an_answer_are_200_for_version_2_only(void **state)
{
    struct stage *s = *state;
    struct user u;
    user_make_managing(s, "owner@example.com", &u); /* sends Content-Type */
    struct answer *a = user_ask(s, &u, HTTP_POST, NULL,
                                "/v1/accounts/select_account/%s", u.account);
    assert_int_equal(204, a->status);
    assert_int_equal(0, a->raw.len);
    u.v2 = true;
    user_log_in(s, &u);
    a = user_ask(s, &u, HTTP_POST, NULL, "/v1/accounts/select_account/%s",
                 u.account);
    assert_int_equal(200, a->status);
    assert_int_equal(0, a->raw.len);
}

static void the_selected_account_stays_with_the_token(void **state)
{
    struct stage *s = *state;
    struct user u, again;
    user_make_managing(s, "owner@example.com", &u);
    assert_answer(user_ask(s, &u, HTTP_GET, NULL, "/v1/users"), 200, NULL);
    again = u;
    user_log_in(s, &again); /* another session: nothing selected */
    assert_event(user_ask(s, &again, HTTP_GET, NULL, "/v1/users"), 403,
                 "NO_ACCOUNT_SELECTED");
    struct answer *a = user_ask(s, &again, HTTP_POST, NULL,
                                "/v1/sys/session/select_account/%s", u.account);
    assert_answer(a, 200, NULL);
    assert_string_equal(u.account, json_string_value(json_object_get(
                                       json_object_get(a->body, "session_info"),
                                       "selected_account_id")));
    assert_answer(user_ask(s, &again, HTTP_GET, NULL, "/v1/users"), 200, NULL);
}

static void a_cookie_wants_its_header(void **state)
{
    struct stage *s = *state;
    struct user u;
    user_make(s, "owner@example.com", &u);
    struct answer *a =
        user_auth(s, u.email, PASSWORD, "X-CSRF-Header: true\r\n", false);
    assert_answer(a, 200, NULL);
    assert_null(json_object_get(a->body, "access_token"));
    assert_non_null(strstr(a->set_cookie, "; Secure; HttpOnly; SameSite="));
    char cookie[64];
    size_t len = strcspn(a->set_cookie, ";");
    assert_int_equal(strlen("accord-session=") + SESSION_TOKEN_CHARS, len);
    (void)snprintf(cookie, sizeof(cookie), "%.*s", (int)len, a->set_cookie);
    (void)snprintf(u.headers, sizeof(u.headers),
                   "Cookie: a=b; %s\r\nX-CSRF-Header: true\r\n", cookie);
    assert_answer(refresh(s, &u), 200, NULL);
    *strstr(u.headers, "X-CSRF") = '\0';
    assert_event_says(refresh(s, &u), 403, "FORBIDDEN",
                      "a session by cookie needs X-CSRF-Header: true");
    /* and it serves as a cookie only */
    (void)snprintf(u.headers, sizeof(u.headers), "Authorization: Bearer %s\r\n",
                   strchr(cookie, '=') + 1);
    assert_event(refresh(s, &u), 401, "INVALID_SESSION");
}

static void a_bearer_token_is_no_cookie(void **state)
{
    struct stage *s = *state;
    struct user u;
    user_make(s, "owner@example.com", &u);
    (void)snprintf(u.headers, sizeof(u.headers),
                   "Cookie: accord-session=%s\r\nX-CSRF-Header: true\r\n",
                   u.token);
    assert_event(refresh(s, &u), 401, "INVALID_SESSION");
}

static void the_product_s_other_prefix_is_the_same(void **state)
{
    struct stage *s = *state;
    struct user u;
    user_make(s, "owner@example.com", &u);
    assert_answer(
        user_ask(s, &u, HTTP_GET, NULL, "/api/v1/confidential_computing/user"),
        200, NULL);
    assert_event(user_ask(s, &u, HTTP_GET, NULL,
                          "/api/v1/confidential_computing/nothing"),
                 404, "NOT_FOUND");
    assert_event(user_ask(s, &u, HTTP_GET, NULL,
                          "/api/v1/confidential_computing/accord/v1/me"),
                 404, "NOT_FOUND");
    assert_event(user_ask(s, &u, HTTP_DELETE, NULL, "/v1/user"), 405,
                 "METHOD_NOT_ALLOWED");
    assert_string_equal("GET", s->last->allow);
}

/* --- ends ---------------------------------------------------------------- */

static void a_session_that_is_not_used_ends(void **state)
{
    struct stage *s = *state;
    struct user u;
    user_make(s, "owner@example.com", &u);
    stage_pass(3599);
    assert_answer(refresh(s, &u), 200, NULL); /* counts as a use */
    stage_pass(3599);
    assert_answer(refresh(s, &u), 200, NULL);
    stage_pass(3600);
    assert_event_says(refresh(s, &u), 401, "SESSION_EXPIRED",
                      "this session has ended: log in again");
    assert_event(refresh(s, &u), 401, "INVALID_SESSION"); /* forgotten */
}

static void a_session_ends_after_a_day_used_or_not(void **state)
{
    struct stage *s = *state;
    struct user u;
    user_make(s, "owner@example.com", &u);
    for (int i = 0; i < 47; i++) {
        stage_pass(1800);
        assert_answer(refresh(s, &u), 200, NULL);
    }
    stage_pass(1799);
    struct answer *a = refresh(s, &u);
    assert_int_equal(info(a, "session_expires_at"),
                     info(a, "session_token_expires_at"));
    stage_pass(1);
    assert_event(refresh(s, &u), 401, "SESSION_EXPIRED");
}

static void a_terminated_session_is_gone(void **state)
{
    struct stage *s = *state;
    struct user u;
    user_make(s, "owner@example.com", &u);
    assert_int_equal(
        204,
        user_ask(s, &u, HTTP_POST, NULL, "/v1/sys/session/terminate")->status);
    assert_event(refresh(s, &u), 401, "INVALID_SESSION");
}

static void a_restart_ends_all_sessions(void **state)
{
    struct stage *s = *state;
    struct reason why = { "" };
    struct user u;
    user_make(s, "owner@example.com", &u);
    stage_close(s);
    assert_ok(stage_open(s, &why));
    assert_event(refresh(s, &u), 401, "INVALID_SESSION");
    user_log_in(s, &u); /* the user is still there */
}

static void the_sixty_fifth_session_ends_the_oldest(void **state)
{
    (void)state;
    AUTO_FREE(sessions) sessions = NULL;
    AUTO_FREE(secret) first = NULL;
    struct api_id user = { { 1 } };
    struct session session;
    assert_ok(sessions_new(3600, DAY, &sessions));
    assert_ok(
        sessions_open(sessions, &user, 0, SESSION_V4, 100, &first, &session));
    for (uint64_t i = 1; i < SESSIONS_PER_USER; i++) {
        AUTO_FREE(secret) token = NULL;
        assert_ok(sessions_open(sessions, &user, 0, SESSION_V4, 100 + i, &token,
                                &session));
    }
    assert_int_equal(SESSION_LIVE, sessions_find(sessions, secret_expose(first),
                                                 100, &session));
    AUTO_FREE(secret) one_more = NULL;
    assert_ok(sessions_open(sessions, &user, 0, SESSION_V4, 200, &one_more,
                            &session));
    assert_int_equal(
        SESSION_UNKNOWN,
        sessions_find(sessions, secret_expose(first), 200, &session));
}

/* --- kept out ------------------------------------------------------------ */

static void wrong_passwords_and_unknown_addresses_look_the_same(void **state)
{
    struct stage *s = *state;
    struct user u;
    AUTO_CLEAR_BUFFER known = buffer_make(4096);
    user_make(s, "owner@example.com", &u);
    struct answer *a = user_auth(s, u.email, "not the password", NULL, false);
    assert_event(a, 401, "AUTH_FAILED");
    buffer_put(&known, buffer_bytes(&a->raw));
    a = user_auth(s, "nobody@example.com", "not the password", NULL, false);
    assert_int_equal(401, a->status);
    assert_true(bytes_equal(buffer_bytes(&known), buffer_bytes(&a->raw)));
}

/* The same work is done, whatever is found: the derivation is asked for. */
static void an_unknown_address_costs_a_derivation_too(void **state)
{
    struct stage *s = *state;
    struct user u;
    uint64_t cost[2] = { 0, 0 };
    user_make(s, "owner@example.com", &u);
    const char *const who[] = { u.email, "nobody@example.com" };
    for (int i = 0; i < 4; i++) {
        struct timespec from, to;
        (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
        assert_int_equal(
            401,
            user_auth(s, who[i % 2], "not the password", NULL, false)->status);
        (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
        cost[i % 2] += (uint64_t)((to.tv_sec - from.tv_sec) * 1000000000 +
                                  to.tv_nsec - from.tv_nsec);
    }
    assert_true(cost[0] < 3 * cost[1] && cost[1] < 3 * cost[0]);
}

static void ten_wrong_passwords_lock_an_address_known_or_not(void **state)
{
    struct stage *s = *state;
    struct user u;
    user_make(s, "owner@example.com", &u);
    const char *const who[] = { u.email, "nobody@example.com" };
    for (size_t k = 0; k < 2; k++) {
        for (int i = 0; i < 10; i++)
            assert_event(user_auth(s, who[k], "not the password", NULL, false),
                         401, "AUTH_FAILED");
        assert_event(user_auth(s, who[k], PASSWORD, NULL, false), 423,
                     "LOCKED");
    }
    stage_pass(899);
    assert_event(user_auth(s, u.email, PASSWORD, NULL, false), 423, "LOCKED");
    stage_pass(1);
    assert_answer(user_auth(s, u.email, PASSWORD, NULL, false), 200, NULL);
}

static void the_right_password_gives_attempts_back(void **state)
{
    struct stage *s = *state;
    struct user u;
    user_make(s, "owner@example.com", &u);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 9; i++)
            assert_event(user_auth(s, u.email, "not the password", NULL, false),
                         401, "AUTH_FAILED");
        assert_answer(user_auth(s, u.email, PASSWORD, NULL, false), 200, NULL);
    }
}

static void credentials_are_read_strictly(void **state)
{
    struct stage *s = *state;
    static const char *const fields[] = {
        "", "Authorization: Basic\r\n", "Authorization: Basic !!!!\r\n",
        "Authorization: Basic YWJj\r\n", /* no colon */
        "Authorization: Digest YWJj\r\n"
    };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        s->headers = fields[i];
        assert_event_says(
            stage_ask(s, AS_NOBODY, HTTP_POST, NULL, "/v1/sys/auth"), 401,
            "AUTH_FAILED", "Authorization: expected Basic and the base64 of");
    }
    s->headers = NULL;
    assert_event(stage_ask(s, AS_NOBODY, HTTP_POST,
                           json_pack("{s:{s:s, s:s, s:s}}", "oauth_auth_code",
                                     "idp_id", "", "code", "x", "email", "x@y"),
                           "/v1/sys/auth"),
                 501, "INVALID_BODY_PARAMETER");
}

static void without_a_log_in_nothing_is_shown(void **state)
{
    struct stage *s = *state;
    struct person root;
    person_first(s, &root, "root");
    assert_event_says(stage_ask(s, AS_NOBODY, HTTP_GET, NULL, "/v1/accounts"),
                      401, "AUTH_FAILED", "log in first");
    s->headers = "Authorization: Bearer none\r\n";
    assert_event_says(stage_ask(s, AS_NOBODY, HTTP_GET, NULL, "/v1/accounts"),
                      401, "INVALID_SESSION",
                      "this token belongs to no session: log in");
    s->headers = NULL;
    /* a certificate is no log-in, and a log-in no certificate */
    assert_event_says(stage_ask(s, as(&root), HTTP_GET, NULL, "/v1/accounts"),
                      403, "FORBIDDEN",
                      "this needs a log-in with a password, not a certificate");
    struct user u;
    user_make_managing(s, "owner@example.com", &u);
    assert_answer(user_ask(s, &u, HTTP_GET, NULL, "/accord/v1/me"), 403,
                  "certificate");
    person_clear(&root);
}

static void anybody_may_ask_for_the_version_and_the_methods(void **state)
{
    struct stage *s = *state;
    struct answer *a =
        stage_ask(s, AS_NOBODY, HTTP_GET, NULL, "/v1/sys/version");
    assert_answer(a, 200, NULL);
    assert_string_equal(ACCORD_VERSION, answer_text(a, "version"));
    a = stage_ask(s, AS_NOBODY, HTTP_POST, json_object(),
                  "/v1/sys/auth/discover");
    assert_answer(a, 200, NULL);
    assert_true(json_is_object(json_object_get(
        json_array_get(json_object_get(a->body, "auth_methods"), 0),
        "password")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(a_password_gives_a_bearer_token),
        stage_test(a_log_in_is_a_leaf_without_the_address),
        stage_test(without_the_hsm_nobody_logs_in_but_sessions_go_on),
        stage_test(calls_without_an_answer_are_200_for_version_2_only),
        stage_test(the_selected_account_stays_with_the_token),
        stage_test(a_cookie_wants_its_header),
        stage_test(a_bearer_token_is_no_cookie),
        stage_test(the_product_s_other_prefix_is_the_same),
        stage_test(a_session_that_is_not_used_ends),
        stage_test(a_session_ends_after_a_day_used_or_not),
        stage_test(a_terminated_session_is_gone),
        stage_test(a_restart_ends_all_sessions),
        cmocka_unit_test(the_sixty_fifth_session_ends_the_oldest),
        stage_test(wrong_passwords_and_unknown_addresses_look_the_same),
        stage_test(an_unknown_address_costs_a_derivation_too),
        stage_test(ten_wrong_passwords_lock_an_address_known_or_not),
        stage_test(the_right_password_gives_attempts_back),
        stage_test(credentials_are_read_strictly),
        stage_test(without_a_log_in_nothing_is_shown),
        stage_test(anybody_may_ask_for_the_version_and_the_methods),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
