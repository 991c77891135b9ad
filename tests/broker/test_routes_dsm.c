/* The DSM paths: a program of the product gets its dataset's credential, by
 * the same decision and under the same record as a sealed one. */

#include "base/text.h"
#include "tests/broker/plain_play.h"

static struct plain_play scene;

static int setup(void **state)
{
    void *stage = NULL;
    (void)state;
    assert_int_equal(0, stage_setup(&stage));
    plain_play_make(&scene, stage);
    return 0;
}

static int teardown(void **state)
{
    void *stage = scene.play.stage;
    (void)state;
    plain_play_clear(&scene);
    return stage_teardown(&stage);
}

static char field[256];

/* The next requests carry it; NULL: no field. */
static void carry(const char *scheme, const char *value)
{
    (void)snprintf(field, sizeof(field), "Authorization: %s %s\r\n", scheme,
                   value ? value : "");
    scene.play.stage->headers = value ? field : NULL;
}

static void carry_app(const char *id, const char *rest)
{
    AUTO_CLEAR_BUFFER plain = buffer_make(128), text = buffer_make(256);
    buffer_printf(&plain, "%s%s", id, rest);
    base64_encode(buffer_bytes(&plain), &text);
    buffer_put_u8(&text, 0);
    carry("Basic", (const char *)text.data);
}

static struct answer *post(const char *path, json_t *body)
{
    return stage_ask(scene.play.stage, as_enclave(&scene.enclave), HTTP_POST,
                     body, "%s", path);
}

/* Plain text, as the sdkms client shows it. */
static void assert_text(const struct answer *a, int status, const char *says)
{
    AUTO_CLEAR_BUFFER text = buffer_make(4096);
    buffer_put(&text, buffer_bytes(&a->raw));
    buffer_put_u8(&text, 0);
    if (a->status != status || !strstr((const char *)text.data, says))
        print_error("%d %s\n", a->status, (const char *)text.data);
    assert_int_equal(status, a->status);
    assert_string_equal("text/plain; charset=utf-8", a->type);
    assert_non_null(strstr((const char *)text.data, says));
    assert_null(a->body);
}

static void log_in(void)
{
    char id[API_ID_TEXT];
    api_id_text(&scene.play.stage->broker.hsm_facts.store, id);
    carry_app(id, ":");
    struct answer *a = post("/sys/v1/session/auth", NULL);
    assert_answer(a, 200, NULL);
    assert_string_equal("Bearer", answer_text(a, "token_type"));
    assert_string_equal(id, answer_text(a, "entity_id"));
    assert_int_equal(
        600, json_integer_value(json_object_get(a->body, "expires_in")));
    carry("Bearer", answer_text(a, "access_token"));
}

static struct answer *export(void)
{
    return post("/crypto/v1/keys/export",
                json_pack("{s:s+}", "name", scene.dataset, "-credentials"));
}

/* --- what is given ------------------------------------------------------- */

static void a_program_exports_its_datasets_credential(void **state)
{
    AUTO_CLEAR_BUFFER value = buffer_make(256);
    (void)state;
    log_in();
    struct answer *a = export();
    assert_answer(a, 200, NULL);
    assert_ok(api_json_base64(a->body, "value", &value, NULL));
    assert_true(
        bytes_equal(buffer_bytes(&value), bytes_of_string(PLAIN_CONTENT)));
    assert_string_equal("SECRET", answer_text(a, "obj_type"));
    assert_string_equal("External", answer_text(a, "origin"));
    assert_string_equal("20300317T174640Z", answer_text(a, "created_at"));
    assert_true(json_is_true(json_object_get(a->body, "enabled")));
    assert_true(json_is_false(json_object_get(a->body, "public_only")));
    assert_string_equal("EXPORT", json_string_value(json_array_get(
                                      json_object_get(a->body, "key_ops"), 0)));
    assert_non_null(
        json_object_get(json_object_get(a->body, "creator"), "app"));
    assert_answer(post("/sys/v1/session/terminate", NULL), 204, NULL);
    assert_text(export(), 401, "this token belongs to no session of this");
}

static void the_key_has_an_id_too(void **state)
{
    (void)state;
    log_in();
    struct answer *a = post("/crypto/v1/keys/export",
                            json_pack("{s:s}", "kid", scene.dataset));
    assert_answer(a, 200, NULL);
    assert_string_equal(scene.dataset, answer_text(a, "kid"));
}

static void an_export_has_its_leaf_before_it_happens(void **state)
{
    struct stage *s = scene.play.stage;
    (void)state;
    log_in();
    uint64_t size = stage_log_size(s);
    assert_answer(export(), 200, NULL);
    assert_int_equal(size + 1, stage_log_size(s));
    assert_newest_leaf(s, API_LEAF_RELEASE, "dataset", scene.dataset);
    assert_newest_leaf(s, API_LEAF_RELEASE, "form", "plain");
    assert_newest_leaf(s, API_LEAF_RELEASE, "action", "release");
    soft_door_fate(s->door, SOFT_RELEASE_PLAIN, SOFT_REFUSES, 1);
    assert_text(export(), 403, "the HSM refuses");
    assert_int_equal(size + 3, stage_log_size(s));
    assert_int_equal(API_LEAF_FAILED, stage_leaf(s, size + 2, NULL).kind);
}

static void without_the_hsm_nothing_is_exported(void **state)
{
    struct stage *s = scene.play.stage;
    (void)state;
    log_in();
    soft_door_fate_of_all(s->door, SOFT_AWAY);
    struct answer *a = export();
    assert_int_equal(503, a->status);
    assert_string_equal("text/plain; charset=utf-8", a->type);
    soft_door_fate_of_all(s->door, SOFT_WORKS);
    assert_int_equal(0, s->door->calls[SOFT_RELEASE_PLAIN]);
}

/* --- sessions ------------------------------------------------------------ */

static void the_certificate_alone_identifies_the_app(void **state)
{
    (void)state;
    carry("", NULL);
    struct answer *a = post("/sys/v1/session/auth", NULL);
    assert_answer(a, 200, NULL);
    carry("Bearer", answer_text(a, "access_token"));
    assert_answer(export(), 200, NULL);
}

static void another_app_or_a_password_is_refused(void **state)
{
    char id[API_ID_TEXT];
    (void)state;
    api_id_text(&scene.play.stage->broker.hsm_facts.store, id);
    carry_app(scene.dataset, ":");
    assert_text(post("/sys/v1/session/auth", NULL), 401, "no such app");
    carry_app(id, ":secret");
    assert_text(post("/sys/v1/session/auth", NULL), 401,
                "Authorization: expected Basic with the app's id");
    carry_app(id, "");
    assert_text(post("/sys/v1/session/auth", NULL), 401, "expected Basic");
    carry("Basic", "!");
    assert_text(post("/sys/v1/session/auth", NULL), 401, "expected Basic");
}

static void without_a_certificate_there_is_no_session(void **state)
{
    struct stage *s = scene.play.stage;
    (void)state;
    assert_text(
        stage_ask(s, AS_NOBODY, HTTP_POST, NULL, "/sys/v1/session/auth"), 401,
        "this needs an enclave's client certificate");
    assert_text(stage_ask(s, as(&scene.play.alice), HTTP_POST, NULL,
                          "/sys/v1/session/auth"),
                403, "this needs an enclave's client certificate");
}

static void a_token_is_good_with_its_certificate_only(void **state)
{
    struct enclave other;
    (void)state;
    log_in();
    const char *headers = scene.play.stage->headers;
    scene.play.stage->headers = NULL;
    enclave_make(&scene.play, soft_rsa_key(1), &other);
    scene.play.stage->headers = headers;
    assert_text(stage_ask(scene.play.stage, as_enclave(&other), HTTP_POST,
                          json_pack("{s:s}", "kid", scene.dataset),
                          "/crypto/v1/keys/export"),
                401, "of this certificate");
    enclave_clear(&other);
    assert_answer(export(), 200, NULL);
}

/* salmiac: once a day, a new key, the same configuration. */
static void a_program_renews_its_certificate(void **state)
{
    struct enclave first = scene.enclave;
    (void)state;
    stage_pass(24 * 3600);
    scene.play.stage->headers = NULL;
    enclave_make(&scene.play, soft_rsa_key(1), &scene.enclave);
    log_in();
    assert_answer(export(), 200, NULL);
    scene.play.stage->headers = NULL;
    assert_answer(stage_ask(scene.play.stage, as_enclave(&first), HTTP_GET,
                            NULL, "/v1/runtime/app_configs"),
                  200, NULL); /* until it ends by itself */
    enclave_clear(&first);
}

static void a_session_lives_while_it_is_used(void **state)
{
    (void)state;
    log_in();
    stage_pass(599);
    assert_answer(post("/sys/v1/session/refresh", NULL), 204, NULL);
    stage_pass(599);
    assert_answer(export(), 200, NULL);
    stage_pass(600);
    assert_text(export(), 401, "has ended");
}

static void without_a_token_nothing_is_exported(void **state)
{
    (void)state;
    carry("", NULL);
    assert_text(export(), 401, "Authorization: expected Bearer with a token");
    assert_text(post("/sys/v1/session/terminate", NULL), 401,
                "Authorization: expected Bearer with a token");
}

/* --- what is refused ----------------------------------------------------- */

static void keys_are_described_in_one_way(void **state)
{
    (void)state;
    log_in();
    assert_text(post("/crypto/v1/keys/export",
                     json_pack("{s:s, s:s}", "name", "x", "kid", "y")),
                400, "a key is described by exactly one of name and kid");
    assert_text(post("/crypto/v1/keys/export", json_object()), 400,
                "exactly one");
    assert_text(post("/crypto/v1/keys/export",
                     json_pack("{s:s}", "transient_key", "eA==")),
                400, "transient_key");
    assert_text(post("/crypto/v1/keys/export",
                     json_pack("{s:s}", "name", scene.dataset)),
                404, "there is no such key");
}

/* The one decision: the same codes, in the log as for a sealed release. */
static void assert_denied(const char *code)
{
    struct stage *s = scene.play.stage;
    unsigned before = s->door->calls[SOFT_RELEASE_PLAIN];
    assert_text(export(), 403, code);
    assert_int_equal(before, s->door->calls[SOFT_RELEASE_PLAIN]);
    assert_newest_leaf(s, API_LEAF_DENIAL, "code", code);
    assert_newest_leaf(s, API_LEAF_DENIAL, "route", "/crypto/v1/keys/export");
}

static void a_reset_password_suspends_until_its_user_resumes(void **state)
{
    (void)state;
    log_in();
    plain_play_put_user(&scene, true);
    assert_denied("suspended");
    plain_play_put_user(&scene, false);
    assert_answer(export(), 200, NULL);
}

static void a_suspended_dataset_is_not_exported(void **state)
{
    (void)state;
    log_in();
    plain_play_put_dataset(
        &scene, json_pack("{s:{s:s}}", "suspended", "by", "manager"));
    assert_denied("suspended");
}

static void a_dataset_on_no_port_is_not_exported(void **state)
{
    struct api_id other;
    char text[API_ID_TEXT];
    (void)state;
    log_in();
    assert_ok(api_id_random(&other));
    api_id_text(&other, text);
    assert_text(post("/crypto/v1/keys/export", json_pack("{s:s}", "kid", text)),
                403, "dataset");
}

static void a_sealed_dataset_is_not_exported(void **state)
{
    struct enclave sealed;
    (void)state;
    play_agree(&scene.play); /* the signed workflow of the same people */
    enclave_make(&scene.play, soft_rsa_key(1), &sealed);
    struct answer *a = stage_ask(scene.play.stage, as_enclave(&sealed),
                                 HTTP_POST, NULL, "/sys/v1/session/auth");
    assert_answer(a, 200, NULL);
    carry("Bearer", answer_text(a, "access_token"));
    assert_text(stage_ask(scene.play.stage, as_enclave(&sealed), HTTP_POST,
                          json_pack("{s:s}", "kid", scene.play.input.text),
                          "/crypto/v1/keys/export"),
                403, "form");
    enclave_clear(&sealed);
}

static void a_plain_dataset_is_not_released_sealed(void **state)
{
    (void)state;
    assert_answer(post("/accord/v1/release",
                       json_pack("{s:s}", "dataset", scene.dataset)),
                  403, "form");
}

static void where_the_hsm_forbids_it_nothing_is_exported(void **state)
{
    (void)state;
    log_in();
    scene.play.stage->door->plain_forbidden = true;
    assert_text(export(), 403, "ccm.plain_paths");
}

/* --- the rest ------------------------------------------------------------ */

static void it_says_what_it_is(void **state)
{
    struct stage *s = scene.play.stage;
    (void)state;
    struct answer *a =
        stage_ask(s, AS_NOBODY, HTTP_GET, NULL, "/sys/v1/version");
    assert_answer(a, 200, NULL);
    assert_string_equal("Software", answer_text(a, "server_mode"));
    assert_string_equal("v1", answer_text(a, "api_version"));
    assert_true(strlen(answer_text(a, "version")) > 0);
    assert_answer(stage_ask(s, AS_NOBODY, HTTP_GET, NULL, "/sys/v1/health"),
                  204, NULL);
    atomic_store(&s->broker.metrics.hsm_well, 0);
    assert_text(stage_ask(s, AS_NOBODY, HTTP_GET, NULL, "/sys/v1/health"), 503,
                "the HSM does not answer");
    assert_text(stage_ask(s, AS_NOBODY, HTTP_GET, NULL, "/crypto/v1/keys"), 404,
                "no such path");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_program_exports_its_datasets_credential),
        CASE(the_key_has_an_id_too),
        CASE(an_export_has_its_leaf_before_it_happens),
        CASE(without_the_hsm_nothing_is_exported),
        CASE(the_certificate_alone_identifies_the_app),
        CASE(another_app_or_a_password_is_refused),
        CASE(without_a_certificate_there_is_no_session),
        CASE(a_token_is_good_with_its_certificate_only),
        CASE(a_program_renews_its_certificate),
        CASE(a_session_lives_while_it_is_used),
        CASE(without_a_token_nothing_is_exported),
        CASE(keys_are_described_in_one_way),
        CASE(a_suspended_dataset_is_not_exported),
        CASE(a_reset_password_suspends_until_its_user_resumes),
        CASE(a_dataset_on_no_port_is_not_exported),
        CASE(a_sealed_dataset_is_not_exported),
        CASE(a_plain_dataset_is_not_released_sealed),
        CASE(where_the_hsm_forbids_it_nothing_is_exported),
        CASE(it_says_what_it_is),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
