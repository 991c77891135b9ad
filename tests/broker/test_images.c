/* The product's builds: what is measured becomes a rule, a task approves it,
 * and only then is there a certificate. */

#include <stdio.h>

#include "base/text.h"
#include "tests/broker/apps_cast.h"
#include "tests/broker/plain_play.h"
#include "tests/support/examples.h"

#define ENCLAVE                                                                \
    "efa6a676f372257af59b11c6400aefbed607fd2b232b378de2043e035ec13201"
#define SIGNER                                                                 \
    "ac2ef828f67e7a77f61262161504b7ded7aa03437dfbd9ac5ec81f265f2befaa"
#define SHA384                                                                 \
    "0102030405060708091011121314151617181920212223242526272829303132333435"   \
    "36373839404142434445464748"

struct scene {
    struct stage *stage;
    struct user user;
    char app[API_ID_TEXT], build[API_ID_TEXT], task[API_ID_TEXT];
};

static void scene_make(struct scene *c, struct stage *s)
{
    *c = (struct scene){ .stage = s };
    user_make_managing(s, "owner@example.com", &c->user);
    struct app app;
    app_make(s, &c->user, "testapp", NULL, &app);
    memcpy(c->app, app.id, sizeof(c->app));
}

static json_t *body_of(const struct scene *c, const char *enclave)
{
    return json_pack("{s:s, s:s, s:i, s:i, s:s}", "mrenclave", enclave,
                     "mrsigner", SIGNER, "isvprodid", 0, "isvsvn", 0, "app_id",
                     c->app);
}

static struct answer *post(struct scene *c, json_t *body)
{
    return user_ask(c->stage, &c->user, HTTP_POST, body, "/v1/builds");
}

static struct answer *make(struct scene *c)
{
    struct answer *a = post(c, body_of(c, ENCLAVE));
    assert_answer(a, 200, NULL);
    keep_id(c->build, a, "build_id");
    keep_id(c->task, a, "pending_task_id");
    return a;
}

static struct answer *get(struct scene *c)
{
    struct answer *a =
        user_ask(c->stage, &c->user, HTTP_GET, NULL, "/v1/builds/%s", c->build);
    assert_answer(a, 200, NULL);
    return a;
}

static const char *state_of(const struct answer *a)
{
    return json_string_value(
        json_object_get(json_object_get(a->body, "status"), "status"));
}

static void decide(struct scene *c, const char *word)
{
    assert_answer(task_decide(c->stage, &c->user, c->task, word), 200, NULL);
}

/* --- the life of an image ------------------------------------------------ */

static void an_image_is_what_em_cli_posts(void **state)
{
    struct scene c;
    scene_make(&c, *state);
    const char *const pairs[] = { "aaaaaaaa-0000-4000-8000-000000000001", c.app,
                                  NULL };
    json_t *request = example(19, pairs);
    struct answer *a = post(&c, request ? request : body_of(&c, ENCLAVE));
    assert_answer(a, 200, NULL);
    assert_string_equal("PENDING", state_of(a));
    assert_string_equal("ccm", answer_text(a, "class"));
    keep_id(c.build, a, "build_id");
    assert_newest_leaf(c.stage, API_LEAF_CHANGE, "action", "build-create");
    assert_newest_leaf(c.stage, API_LEAF_CHANGE, "class", "ccm");
    a = get(&c);
    const json_t *info = json_object_get(a->body, "enclave_info");
    assert_string_equal(ENCLAVE,
                        json_string_value(json_object_get(info, "mrenclave")));
    a = user_ask(c.stage, &c.user, HTTP_GET, NULL, "/v1/builds/deployments/%s",
                 c.build);
    assert_int_equal(0, json_array_size(json_object_get(a->body, "items")));
    a = user_ask(c.stage, &c.user, HTTP_GET, NULL, "/v1/registry");
    assert_true(json_is_array(a->body));
}

static void an_image_is_whitelisted_or_rejected_by_its_task(void **state)
{
    struct scene c;
    scene_make(&c, *state);
    make(&c);
    decide(&c, "APPROVED");
    struct answer *a = get(&c);
    assert_string_equal("WHITELISTED", state_of(a));
    assert_null(json_object_get(a->body, "pending_task_id"));
    a = user_ask(c.stage, &c.user, HTTP_GET, NULL, "/v1/tasks/status/%s",
                 c.task);
    assert_string_equal(c.build, answer_text(a, "build_id"));

    assert_event_says(post(&c, body_of(&c, ENCLAVE)), 400, "UNIQUE_VIOLATION",
                      "this account has an image with these measurements "
                      "already");
    assert_int_equal(204, user_ask(c.stage, &c.user, HTTP_DELETE, NULL,
                                   "/v1/builds/%s", c.build)
                              ->status);
    assert_newest_leaf(c.stage, API_LEAF_CHANGE, "action", "build-delete");
    make(&c);
    decide(&c, "DENIED");
    assert_string_equal("REJECTED", state_of(get(&c)));
    assert_event(user_ask(c.stage, &c.user, HTTP_PATCH,
                          json_pack("{s:s}", "status", "APPROVED"),
                          "/v1/tasks/%s", c.task),
                 400, "INVALID_STATE");
    a = user_ask(c.stage, &c.user, HTTP_GET, NULL,
                 "/v1/builds?status=REJECTED&all_search=efa6a6");
    assert_int_equal(1, json_array_size(json_object_get(a->body, "items")));
    a = user_ask(c.stage, &c.user, HTTP_GET, NULL,
                 "/v1/builds?deployed_status=DEPLOYED");
    assert_int_equal(0, json_array_size(json_object_get(a->body, "items")));
    assert_event_says(
        user_ask(c.stage, &c.user, HTTP_DELETE, NULL, "/v1/apps/%s", c.app),
        409, "CONFLICT", "images belong to this app: delete them first");
}

static void a_deleted_image_fails_its_task(void **state)
{
    struct scene c;
    scene_make(&c, *state);
    make(&c);
    assert_int_equal(204, user_ask(c.stage, &c.user, HTTP_DELETE, NULL,
                                   "/v1/builds/%s", c.build)
                              ->status);
    struct answer *a =
        user_ask(c.stage, &c.user, HTTP_GET, NULL, "/v1/tasks/%s", c.task);
    assert_string_equal("FAILED", state_of(a));
    c.user.v2 = true;
    user_log_in(c.stage, &c.user);
    user_select(c.stage, &c.user, c.user.account);
    make(&c);
    assert_int_equal(200, user_ask(c.stage, &c.user, HTTP_DELETE, NULL,
                                   "/v1/builds/%s", c.build)
                              ->status);
}

static void an_app_has_so_many_images(void **state)
{
    struct scene c;
    scene_make(&c, *state);
    stage_configure(c.stage, "[limits]\nimages = 1\n");
    user_log_in(c.stage, &c.user);
    user_select(c.stage, &c.user, c.user.account);
    make(&c);
    assert_event_says(post(&c, body_of(&c, SIGNER)), 403, "QUOTA_EXCEEDED",
                      "this app has 1 images already, as many as it may");
}

/* --- configurations ------------------------------------------------------ */

static void configurations_go_with_an_image(void **state)
{
    struct scene c;
    scene_make(&c, *state);
    make(&c);
    struct hash hash;
    AUTO_FREE(policy_txn) txn = NULL;
    char id[65];
    memset(hash.bytes, 0x3f, sizeof(hash.bytes));
    hex_encode(hash_bytes(&hash), id);
    struct api_id account;
    assert_ok(api_id_parse(bytes_of_string(c.user.account), &account));
    assert_event(user_ask(c.stage, &c.user, HTTP_PATCH,
                          json_pack("{s:{s:{}}}", "configs", id),
                          "/v1/builds/%s", c.build),
                 404, "NOT_FOUND");
    AUTO_JSON *record = json_pack("{s:s, s:s, s:s}", "class", "ccm",
                                  "configuration", id, "name", "c");
    assert_ok(policy_write(c.stage->broker.store, &txn));
    policy_object_put(txn, POLICY_CONFIGURATION, &account, hash_bytes(&hash),
                      record);
    assert_ok(policy_commit(txn));
    policy_txn_free(TAKE(txn));
    json_t *request = example(22, NULL);
    if (!request)
        request = json_pack("{s:{s:{}}}", "configs", id);
    AUTO_JSON *sent = json_incref(request);
    struct answer *a = user_ask(c.stage, &c.user, HTTP_PATCH, request,
                                "/v1/builds/%s", c.build);
    assert_answer(a, 200, NULL);
    assert_like_example(20, a->body);
    assert_true(json_equal(json_object_get(sent, "configs"),
                           json_object_get(a->body, "configs")));
    assert_non_null(json_object_get(json_object_get(a->body, "configs"), id));
    a = user_ask(c.stage, &c.user, HTTP_GET, NULL, "/v1/builds");
    assert_like_example(21, a->body);
    a = user_ask(c.stage, &c.user, HTTP_GET, NULL, "/v1/builds?config_id=%s",
                 id);
    assert_int_equal(1, json_array_size(json_object_get(a->body, "items")));
    a = user_ask(c.stage, &c.user, HTTP_GET, NULL, "/v1/builds?config_id=%s",
                 ENCLAVE);
    assert_int_equal(0, json_array_size(json_object_get(a->body, "items")));
    a = user_ask(c.stage, &c.user, HTTP_PATCH, json_pack("{s:{}}", "configs"),
                 "/v1/builds/%s", c.build);
    assert_int_equal(0, json_object_size(json_object_get(a->body, "configs")));
}

/* --- rules --------------------------------------------------------------- */

static struct answer *post_attributes(struct scene *c, const char *platform,
                                      json_t *measured)
{
    return post(c,
                json_pack("{s:s, s:s, s:i, s:i, s:s, s:{s:o}}", "mrenclave", "",
                          "mrsigner", "", "isvprodid", 0, "isvsvn", 0, "app_id",
                          c->app, "attributes", platform, measured));
}

static const char *rule_text(const struct answer *a, const char *member)
{
    return json_string_value(
        json_object_get(json_object_get(a->body, "rule"), member));
}

static void every_platform_has_its_rule(void **state)
{
    struct scene c;
    scene_make(&c, *state);
    struct answer *a = make(&c);
    assert_string_equal("sgx-simulated", rule_text(a, "kind"));
    assert_string_equal(ENCLAVE, rule_text(a, "mrenclave"));
    a = post_attributes(&c, "nitro_enclave",
                        json_pack("{s:s, s:s, s:s, s:s}", "hash_algorithm",
                                  "Sha384", "pcr0", SHA384, "pcr1", SHA384,
                                  "pcr2", SHA384));
    assert_answer(a, 200, NULL);
    assert_string_equal("nitro-simulated", rule_text(a, "kind"));
    assert_string_equal(SHA384, rule_text(a, "pcr2"));
    assert_non_null(json_object_get(json_object_get(a->body, "attributes"),
                                    "nitro_enclave"));
    a = post_attributes(&c, "baremetal_tdx",
                        json_pack("{s:s, s:s, s:s}", "mrtd", SHA384, "rtmr1",
                                  SHA384, "rtmr2", SHA384));
    assert_answer(a, 200, NULL);
    assert_string_equal("tdx-simulated", rule_text(a, "kind"));
    a = post_attributes(&c, "baremetal_amd_sev_snp",
                        json_pack("{s:s}", "measurement", SHA384));
    assert_answer(a, 200, NULL);
    assert_string_equal("snp-simulated", rule_text(a, "kind"));
    assert_event(post_attributes(&c, "azure_cvm", json_object()), 501,
                 "INVALID_BODY_PARAMETER");
    assert_says(c.stage->last,
                "attributes.azure_cvm: this broker cannot verify such images");
}

static void what_is_no_measurement_is_refused(void **state)
{
    struct scene c;
    scene_make(&c, *state);
    assert_event(post(&c, body_of(&c, "efa6")), 400, "INVALID_VALUE");
    assert_says(c.stage->last, "mrenclave: expected 64 hexadecimal digits");
    assert_event(post_attributes(
                     &c, "nitro_enclave",
                     json_pack("{s:s, s:s}", "pcr0", SHA384, "pcr1", SHA384)),
                 400, "INVALID_VALUE"); /* pcr2 decides what runs */
    assert_event(
        post_attributes(&c, "nitro_enclave",
                        json_pack("{s:s, s:s, s:s, s:s}", "hash_algorithm",
                                  "Sha256", "pcr0", SHA384, "pcr1", SHA384,
                                  "pcr2", SHA384)),
        400, "INVALID_VALUE");
    json_t *body = body_of(&c, ENCLAVE);
    assert_int_equal(0, json_object_del(body, "app_id"));
    assert_event(post(&c, body), 400, "MISSING_REQUIRED_PARAMETER");
    body = body_of(&c, ENCLAVE);
    assert_int_equal(0, json_object_del(body, "app_id"));
    assert_int_equal(
        0, json_object_set_new(body, "app_name", json_string("nobody's")));
    assert_event(post(&c, body), 404, "NOT_FOUND");
    body = body_of(&c, ENCLAVE);
    assert_int_equal(0, json_object_set_new(body, "docker_info",
                                            json_pack("{s:i}", "x", 1)));
    assert_event(post(&c, body), 400, "INVALID_BODY_PARAMETER");
    body = body_of(&c, ENCLAVE);
    assert_int_equal(0, json_object_del(body, "app_id"));
    assert_int_equal(
        0, json_object_set_new(body, "app_name", json_string("testapp")));
    assert_answer(post(&c, body), 200, NULL);
}

static void the_operator_names_the_anchor(void **state)
{
    struct scene c;
    scene_make(&c, *state);
    stage_configure(c.stage, "[ccm]\nanchors = nitro:sim\ntcb = OutOfDate\n");
    user_log_in(c.stage, &c.user);
    user_select(c.stage, &c.user, c.user.account);
    assert_event(post(&c, body_of(&c, ENCLAVE)), 501, "INVALID_BODY_PARAMETER");
    assert_says(c.stage->last, "no anchor is named for sgx images: ccm.anchors "
                               "of the broker's configuration");
    stage_configure(c.stage, "[ccm]\nanchors = sgx:sim\ntcb = OutOfDate\n");
    user_log_in(c.stage, &c.user);
    user_select(c.stage, &c.user, c.user.account);
    struct answer *a = post(&c, body_of(&c, ENCLAVE));
    assert_answer(a, 200, NULL);
    AUTO_CLEAR_BUFFER tcb = buffer_make(256);
    assert_ok(api_json_canonical(
        json_object_get(json_object_get(a->body, "rule"), "tcb"), &tcb));
    buffer_put_u8(&tcb, '\0');
    assert_string_equal("[\"unevaluated\",\"OutOfDate\"]",
                        (const char *)tcb.data);
}

/* --- at a certificate ---------------------------------------------------- */

static void put_build(struct plain_play *p, json_t *more)
{
    AUTO_JSON *build = NULL, *extra = more;
    AUTO_FREE(policy_txn) txn = NULL;
    assert_ok(policy_write(p->play.stage->broker.store, &txn));
    assert_ok(policy_object_get(txn, POLICY_BUILD, &p->context.account,
                                api_id_bytes(&p->play.program.id), &build,
                                NULL));
    assert_int_equal(0, json_object_update(build, extra));
    policy_object_put(txn, POLICY_BUILD, &p->context.account,
                      api_id_bytes(&p->play.program.id), build);
    assert_ok(policy_commit(txn));
}

static struct answer *attest(struct plain_play *p)
{
    static struct enclave e;
    AUTO_CLEAR_BUFFER quote = buffer_make(65536);
    e = p->enclave;
    e.key = NULL;
    assert_ok(ca_key_generate(CA_KEY_P256, &e.key));
    quote_make(p->play.stage, &e, &quote);
    struct answer *a =
        stage_ask(p->play.stage, AS_NOBODY, HTTP_POST, attest_body(&e, &quote),
                  "/accord/v1/certificates");
    ca_key_free(e.key);
    return a;
}

static void only_a_whitelisted_image_gets_a_certificate(void **state)
{
    struct plain_play p;
    plain_play_make(&p, *state);
    assert_answer(attest(&p), 200, NULL);
    put_build(&p, json_pack("{s:s}", "status", "pending"));
    assert_answer(attest(&p), 403, "build-pending");
    assert_says(p.play.stage->last, "the build waits for its approval");
    p.enclave.measured ^= 1; /* another program learns nothing of that */
    assert_answer(attest(&p), 403, "build");
    p.enclave.measured ^= 1;
    put_build(&p, json_pack("{s:s}", "status", "denied"));
    assert_answer(attest(&p), 403, "build");
    plain_play_clear(&p);
}

static void an_image_keeps_its_signer(void **state)
{
    struct plain_play p;
    plain_play_make(&p, *state);
    put_build(&p, json_pack("{s:{s:s, s:i, s:i}}", "enclave_info", "mrsigner",
                            SIGNER, "isvprodid", 0, "isvsvn", 0));
    assert_answer(attest(&p), 403, "build");
    assert_says(p.play.stage->last, "this image has another signer, product or "
                                    "version than was approved");
    plain_play_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(an_image_is_what_em_cli_posts),
        stage_test(an_image_is_whitelisted_or_rejected_by_its_task),
        stage_test(a_deleted_image_fails_its_task),
        stage_test(an_app_has_so_many_images),
        stage_test(configurations_go_with_an_image),
        stage_test(every_platform_has_its_rule),
        stage_test(what_is_no_measurement_is_refused),
        stage_test(the_operator_names_the_anchor),
        stage_test(only_a_whitelisted_image_gets_a_certificate),
        stage_test(an_image_keeps_its_signer),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
