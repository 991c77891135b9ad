/* Passwords changed, forgotten, reset; what that does to sessions and
 * datasets; installations that are stricter. */

#include <pthread.h>
#include <stdio.h>

#include "broker/password.h"
#include "tests/broker/users_cast.h"

#define ANOTHER "another password"

static struct answer *change(struct stage *s, const struct user *u,
                             const char *from, const char *to)
{
    return user_ask(
        s, u, HTTP_POST,
        json_pack("{s:s, s:s}", "current_password", from, "new_password", to),
        "/v1/users/change_password");
}

static void begin_change(struct stage *s, const struct user *u,
                         struct answer *out)
{
    s->headers = u->headers;
    stage_begin(s, out, AS_NOBODY, HTTP_POST,
                json_pack("{s:s, s:s}", "current_password", PASSWORD,
                          "new_password", ANOTHER),
                "/v1/users/change_password");
    s->headers = NULL;
}

static struct answer *forgot(struct stage *s, const char *email)
{
    return stage_ask(s, AS_NOBODY, HTTP_POST,
                     json_pack("{s:s}", "user_email", email),
                     "/v1/users/forgot_password");
}

static struct answer *reset(struct stage *s, const char *id, const char *token)
{
    return stage_ask(
        s, AS_NOBODY, HTTP_POST,
        json_pack("{s:s, s:s}", "reset_token", token, "new_password", ANOTHER),
        "/v1/users/%s/reset_password", id);
}

static bool suspends(struct stage *s, const struct user *u)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct api_id id;
    bool does = false;
    assert_ok(api_id_parse(bytes_of_string(u->id), &id));
    assert_ok(policy_read(s->broker.store, &txn));
    assert_ok(policy_user_suspends(txn, &id, &does));
    return does;
}

/* --- scrypt -------------------------------------------------------------- */

static void a_password_is_kept_as_scrypt(void **state)
{
    (void)state;
    struct policy_password kept, again;
    AUTO_FREE(secret) right = NULL;
    AUTO_FREE(secret) wrong = NULL;
    assert_ok(secret_new(strlen(PASSWORD), &right));
    memcpy(secret_fill(right), PASSWORD, strlen(PASSWORD));
    assert_ok(secret_new(strlen(ANOTHER), &wrong));
    memcpy(secret_fill(wrong), ANOTHER, strlen(ANOTHER));
    assert_ok(password_keep(right, &kept));
    assert_true(kept.log_n >= 15 && kept.r >= 8);
    assert_ok(password_verify(right, &kept));
    assert_status(STATUS_DENIED, password_verify(wrong, &kept));
    assert_status(STATUS_DENIED, password_verify(right, NULL));
    assert_ok(password_keep(right, &again)); /* another salt */
    assert_false(hash_equal(&kept.verifier, &again.verifier));
}

/* hashlib.scrypt(b"pleaseletmein", salt=b"SodiumChloride16", n=16384, r=8,
 * p=1, dklen=32) of Python says the same. */
static void scrypt_is_everybody_s(void **state)
{
    (void)state;
    static const unsigned char known[32] = {
        0xcb, 0x07, 0x77, 0x2a, 0xe1, 0xb9, 0x37, 0xbe, 0x7e, 0xff, 0xe9,
        0xff, 0x0a, 0x37, 0xea, 0x77, 0x8a, 0xa3, 0xcd, 0x04, 0x1a, 0x9d,
        0x1d, 0x63, 0x23, 0x54, 0x8f, 0x7e, 0xb1, 0x4a, 0x5c, 0xd6
    };
    struct policy_password kept = { .set = true, .log_n = 14, .r = 8, .p = 1 };
    AUTO_FREE(secret) password = NULL;
    memcpy(kept.verifier.bytes, known, sizeof(known));
    memcpy(kept.salt, "SodiumChloride16", 16);
    assert_ok(secret_new(13, &password));
    memcpy(secret_fill(password), "pleaseletmein", 13);
    assert_ok(password_verify(password, &kept));
    kept.salt[0] ^= 1;
    assert_status(STATUS_DENIED, password_verify(password, &kept));
}

/* Sixteen at once: some wait, the rest is told to come again. */
#define CROWD 16
static pthread_barrier_t together;
static enum status_code outcome[CROWD];

static void *keep_one(void *context)
{
    struct policy_password kept;
    AUTO_FREE(secret) password = NULL;
    enum status_code *out = context;
    if (failed(secret_new(strlen(PASSWORD), &password)))
        return NULL; /* *out stays: the test fails */
    memcpy(secret_fill(password), PASSWORD, strlen(PASSWORD));
    (void)pthread_barrier_wait(&together);
    *out = password_keep(password, &kept).code;
    return NULL;
}

static void a_crowd_leaves_threads_for_others(void **state)
{
    (void)state;
    pthread_t thread[CROWD];
    size_t done = 0, busy = 0;
    assert_int_equal(0, pthread_barrier_init(&together, NULL, CROWD));
    for (size_t i = 0; i < CROWD; i++) {
        outcome[i] = STATUS_CORRUPT;
        assert_int_equal(
            0, pthread_create(&thread[i], NULL, keep_one, &outcome[i]));
    }
    for (size_t i = 0; i < CROWD; i++) {
        assert_int_equal(0, pthread_join(thread[i], NULL));
        done += outcome[i] == STATUS_OK;
        busy += outcome[i] == STATUS_BUSY;
    }
    (void)pthread_barrier_destroy(&together);
    assert_int_equal(CROWD, done + busy);
    assert_true(done >= PASSWORD_AT_ONCE + PASSWORD_WAITING);
    assert_true(busy > 0);
    assert_int_equal(0, pthread_barrier_init(&together, NULL, 1));
    (void)keep_one(&outcome[0]); /* and afterwards there is room again */
    assert_int_equal(STATUS_OK, outcome[0]);
    (void)pthread_barrier_destroy(&together);
}

/* --- change -------------------------------------------------------------- */

static void a_change_ends_all_other_sessions(void **state)
{
    struct stage *s = *state;
    struct user u, elsewhere;
    user_make(s, "owner@example.com", &u);
    elsewhere = u;
    user_log_in(s, &elsewhere);
    assert_event_says(change(s, &u, "not the password", ANOTHER), 403,
                      "FORBIDDEN",
                      "current_password: this is not your password");
    assert_event(change(s, &u, PASSWORD, "short"), 400, "INVALID_VALUE");
    assert_int_equal(204, change(s, &u, PASSWORD, ANOTHER)->status);
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "password-change");
    assert_answer(user_ask(s, &u, HTTP_GET, NULL, "/v1/user"), 200, NULL);
    assert_event(user_ask(s, &elsewhere, HTTP_GET, NULL, "/v1/user"), 401,
                 "INVALID_SESSION");
    assert_event_says(user_auth(s, u.email, PASSWORD, NULL, false), 401,
                      "AUTH_FAILED", "wrong e-mail address or password");
    assert_answer(user_auth(s, u.email, ANOTHER, NULL, false), 200, NULL);
    assert_false(suspends(s, &u));
}

/* Both prove the old password; only one finds it still there. */
static void of_two_changes_at_once_one_is_made(void **state)
{
    struct stage *s = *state;
    struct user u, elsewhere;
    struct answer one, other;
    user_make(s, "owner@example.com", &u);
    elsewhere = u;
    user_log_in(s, &elsewhere);
    begin_change(s, &u, &one);
    begin_change(s, &elsewhere, &other);
    stage_write(s);
    assert_int_equal(204, one.status);
    assert_event_says(&other, 409, "CONFLICT",
                      "your password has changed meanwhile");
    answer_clear(&one);
    answer_clear(&other);
}

static void guessing_by_change_is_locked_too(void **state)
{
    struct stage *s = *state;
    struct user u;
    user_make(s, "owner@example.com", &u);
    for (int i = 0; i < 10; i++)
        assert_event(change(s, &u, "not the password", ANOTHER), 403,
                     "FORBIDDEN");
    assert_event_says(change(s, &u, PASSWORD, ANOTHER), 423, "LOCKED",
                      "too many wrong passwords for this address: wait");
}

/* --- forgotten ----------------------------------------------------------- */

static void forgetting_tells_nothing(void **state)
{
    struct stage *s = *state;
    struct user u;
    user_make(s, "owner@example.com", &u);
    mails_clear(s);
    uint64_t size = stage_log_size(s);
    struct answer *a = forgot(s, u.email);
    assert_int_equal(204, a->status);
    assert_int_equal(1, mails_count(s));
    a = forgot(s, "nobody@example.com");
    assert_int_equal(204, a->status);
    assert_int_equal(1, mails_count(s));
    assert_int_equal(size, stage_log_size(s)); /* nobody is known yet */
    for (int i = 0; i < 10; i++)
        assert_int_equal(
            204, forgot(s, i % 2 ? u.email : "Owner@Example.Com")->status);
    /* one of an hour's five was to confirm; nobody is buried in mail */
    assert_int_equal(4, mails_count(s));
}

static void a_reset_suspends_datasets_until_they_are_resumed(void **state)
{
    struct stage *s = *state;
    struct user u, other;
    char token[128];
    user_make(s, "owner@example.com", &u);
    user_make(s, "other@example.com", &other);
    mails_clear(s);
    assert_int_equal(204, forgot(s, u.email)->status);
    mail_take_token(s, "reset", token);
    struct answer *a = stage_ask(s, AS_NOBODY, HTTP_POST,
                                 json_pack("{s:s}", "reset_token", token),
                                 "/v1/users/%s/validate_token", u.id);
    assert_answer(a, 200, NULL);
    assert_string_equal(u.email, answer_text(a, "user_email"));
    assert_event_says(reset(s, other.id, token), 401, "AUTH_FAILED",
                      "this token is unknown, used or expired: ask for");
    assert_false(suspends(s, &u));
    assert_int_equal(204, reset(s, u.id, token)->status);
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "password-reset");
    assert_true(suspends(s, &u));
    assert_event(reset(s, u.id, token), 401, "AUTH_FAILED"); /* once */
    assert_event(user_ask(s, &u, HTTP_GET, NULL, "/v1/user"), 401,
                 "INVALID_SESSION");
    assert_answer(user_auth(s, u.email, ANOTHER, NULL, false), 200, NULL);
    (void)snprintf(u.headers, sizeof(u.headers), "Authorization: Bearer %s\r\n",
                   answer_text(s->last, "access_token"));
    assert_event(user_ask(s, &other, HTTP_POST, NULL,
                          "/v1/users/%s/resume_datasets", u.id),
                 403, "FORBIDDEN");
    assert_true(suspends(s, &u));
    assert_int_equal(204, user_ask(s, &u, HTTP_POST, NULL,
                                   "/v1/users/%s/resume_datasets", u.id)
                              ->status);
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "datasets-resume");
    assert_false(suspends(s, &u));
}

static void a_reset_unlocks_and_its_token_ends_in_an_hour(void **state)
{
    struct stage *s = *state;
    struct user u;
    char token[128];
    user_make(s, "owner@example.com", &u);
    mails_clear(s);
    for (int i = 0; i < 10; i++)
        (void)user_auth(s, u.email, "not the password", NULL, false);
    assert_int_equal(204, forgot(s, u.email)->status);
    mail_take_token(s, "reset", token);
    stage_pass(3600);
    assert_event(reset(s, u.id, token), 401, "AUTH_FAILED");
    assert_int_equal(204, forgot(s, u.email)->status);
    mail_take_token(s, "reset", token);
    for (int i = 0; i < 10; i++)
        (void)user_auth(s, u.email, "not the password", NULL, false);
    assert_int_equal(204, reset(s, u.id, token)->status);
    assert_answer(user_auth(s, u.email, ANOTHER, NULL, false), 200, NULL);
}

static void a_token_outlives_a_restart(void **state)
{
    struct stage *s = *state;
    struct reason why = { "" };
    struct user u;
    char token[128];
    user_make(s, "owner@example.com", &u);
    mails_clear(s);
    assert_int_equal(204, forgot(s, u.email)->status);
    mail_take_token(s, "reset", token);
    stage_close(s);
    assert_ok(stage_open(s, &why));
    assert_int_equal(204, reset(s, u.id, token)->status);
}

static void the_terms_are_accepted(void **state)
{
    struct stage *s = *state;
    struct user u;
    user_make(s, "owner@example.com", &u);
    assert_int_equal(
        204, user_ask(s, &u, HTTP_PATCH, NULL, "/v1/users/terms_and_conditions")
                 ->status);
    struct answer *a = user_ask(s, &u, HTTP_GET, NULL, "/v1/user");
    assert_true(json_is_true(
        json_object_get(a->body, "accepted_latest_terms_and_conditions")));
}

/* --- stricter installations ---------------------------------------------- */

static void with_confirm_first_nobody_learns_who_signed_up(void **state)
{
    struct stage *s = *state;
    char token[128], first[API_ID_TEXT];
    stage_configure(s, "[users]\nconfirm_first = yes\n");
    struct answer *a = user_sign_up(s, "owner@example.com", PASSWORD);
    assert_answer(a, 201, NULL);
    (void)snprintf(first, sizeof(first), "%s", answer_text(a, "user_id"));
    assert_event(user_auth(s, "owner@example.com", PASSWORD, NULL, false), 401,
                 "USER_ACCOUNT_PENDING");
    mail_take_token(s, "confirm", token);
    assert_answer(stage_ask(s, AS_NOBODY, HTTP_POST,
                            json_pack("{s:s}", "confirm_token", token),
                            "/v1/users/confirm_email"),
                  200, NULL);
    assert_answer(user_auth(s, "owner@example.com", PASSWORD, NULL, false), 200,
                  NULL);
    a = user_sign_up(s, "owner@example.com", ANOTHER);
    assert_answer(a, 201, NULL); /* as if it were new */
    assert_string_not_equal(first, answer_text(a, "user_id"));
    assert_int_equal(1, mails_count(s)); /* who has it is told */
    assert_newest_leaf(s, API_LEAF_CHANGE, "action", "sign-up-again");
    for (int i = 0; i < 10; i++)
        assert_answer(user_sign_up(s, "OWNER@example.com", ANOTHER), 201, NULL);
    assert_int_equal(4, mails_count(s)); /* the hour's fifth confirmed */
    assert_answer(user_auth(s, "owner@example.com", PASSWORD, NULL, false), 200,
                  NULL);
}

static void signing_up_may_be_for_the_invited_or_for_nobody(void **state)
{
    struct stage *s = *state;
    struct user u;
    user_make_managing(s, "owner@example.com", &u);
    assert_answer(user_ask(s, &u, HTTP_POST,
                           json_pack("{s:s, s:[s]}", "user_email",
                                     "data@example.com", "roles", "READER"),
                           "/v1/users/invite"),
                  201, NULL);
    stage_configure(s, "[users]\nsign_up = invited\n");
    assert_event_says(user_sign_up(s, "other@example.com", PASSWORD), 403,
                      "FORBIDDEN", "only who was invited signs up at this");
    assert_answer(user_sign_up(s, "data@example.com", PASSWORD), 201, NULL);
    stage_configure(s, "[users]\nsign_up = off\n");
    assert_event_says(user_sign_up(s, "data2@example.com", PASSWORD), 403,
                      "FORBIDDEN", "nobody signs up at this installation");
}

static void one_host_does_not_try_for_ever(void **state)
{
    struct stage *s = *state;
    struct user u;
    char email[64];
    user_make(s, "owner@example.com", &u);
    s->from = bytes_of("\x7f\0\0\1", 4);
    for (int i = 0; i < 60; i++) {
        (void)snprintf(email, sizeof(email), "user%d@example.com", i / 5);
        assert_event(user_auth(s, email, "not the password", NULL, false), 401,
                     "AUTH_FAILED");
    }
    assert_event_says(user_auth(s, u.email, PASSWORD, NULL, false), 429,
                      "LOCKED",
                      "too many wrong passwords from your host: wait");
    assert_string_equal("300", s->last->retry_after);
    s->from = bytes_of("\x7f\0\0\2", 4);
    assert_answer(user_auth(s, u.email, PASSWORD, NULL, false), 200, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_is_kept_as_scrypt),
        cmocka_unit_test(scrypt_is_everybody_s),
        cmocka_unit_test(a_crowd_leaves_threads_for_others),
        stage_test(a_change_ends_all_other_sessions),
        stage_test(of_two_changes_at_once_one_is_made),
        stage_test(guessing_by_change_is_locked_too),
        stage_test(forgetting_tells_nothing),
        stage_test(a_reset_suspends_datasets_until_they_are_resumed),
        stage_test(a_reset_unlocks_and_its_token_ends_in_an_hour),
        stage_test(a_token_outlives_a_restart),
        stage_test(the_terms_are_accepted),
        stage_test(with_confirm_first_nobody_learns_who_signed_up),
        stage_test(signing_up_may_be_for_the_invited_or_for_nobody),
        stage_test(one_host_does_not_try_for_ever),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
