/* Certificates that are renewed, keys that are replaced. */

#include <stdlib.h>

#include "tests/broker/key_cast.h"

static struct answer *join(struct stage *s, json_t *body)
{
    return stage_ask(s, AS_NOBODY, HTTP_POST, body, "/accord/v1/join");
}

static struct answer *me(struct stage *s, const struct person *who)
{
    return stage_ask(s, as(who), HTTP_GET, NULL, "/accord/v1/me");
}

static void a_certificate_is_renewed_for_the_same_key_only(void **state)
{
    struct stage *s = *state;
    struct person root, other;
    person_first(s, &root, "root");
    person_make(&other, "other");
    stage_pass(30 * STAGE_DAY);
    char *csr = csr_pem(root.key, "root");
    struct answer *a =
        stage_ask(s, as(&root), HTTP_POST, json_pack("{s:s}", "csr", csr),
                  "/accord/v1/me/certificate");
    free(csr);
    assert_answer(a, 200, NULL);
    assert_receipt(s, a);
    take_certificate(a, &root.certificate);
    assert_answer(me(s, &root), 200, NULL);
    csr = csr_pem(other.key, "root");
    a = stage_ask(s, as(&root), HTTP_POST, json_pack("{s:s}", "csr", csr),
                  "/accord/v1/me/certificate");
    free(csr);
    assert_answer(a, 403, "denied");
    assert_says(a, "csr: not your current key; change it first with POST");
    person_clear(&other);
    person_clear(&root);
}

static void the_recovery_key_replaces_a_lost_key(void **state)
{
    struct stage *s = *state;
    struct person root;
    AUTO_CLEAR_BUFFER old = buffer_make(CA_CERTIFICATE_MAX);
    person_first(s, &root, "root");
    buffer_put(&old, as(&root));
    struct answer *a =
        stage_ask(s, AS_NOBODY, HTTP_POST, key_body(&root, root.recovery),
                  "/accord/v1/key");
    assert_answer(a, 200, NULL);
    assert_receipt(s, a);
    take_certificate(a, &root.certificate);
    a = me(s, &root);
    assert_answer(a, 200, NULL);
    assert_string_equal(root.text, answer_text(a, "person"));
    struct answer *stale =
        stage_ask(s, buffer_bytes(&old), HTTP_GET, NULL, "/accord/v1/me");
    assert_answer(stale, 403, "certificate");
    assert_says(stale, "this key belongs to nobody here any more");
    a = stage_ask(s, AS_NOBODY, HTTP_POST, key_body(&root, root.key),
                  "/accord/v1/key"); /* and by the key before it */
    assert_answer(a, 200, NULL);
    person_clear(&root);
}

static void a_replaced_key_does_not_come_back_by_joining(void **state)
{
    struct stage *s = *state;
    struct person root, p, stolen;
    char secret[65];
    person_first(s, &root, "root");
    person_make(&p, "p");
    person_invite(s, &root, "writer", secret);
    person_join(s, &p, secret);
    stolen = p;
    assert_ok(api_key_generate(&stolen.key));
    struct api_key *old = p.key;
    p.key = stolen.key; /* key_body() frees it */
    stolen.key = old;
    struct answer *a = stage_ask(s, AS_NOBODY, HTTP_POST,
                                 key_body(&p, p.recovery), "/accord/v1/key");
    assert_answer(a, 200, NULL);
    take_certificate(a, &p.certificate);
    assert_answer(join(s, join_body(&stolen, secret)), 403, "denied");
    assert_answer(me(s, &p), 200, NULL);
    api_key_free(old);
    person_clear(&p);
    person_clear(&root);
}

static void nobody_else_replaces_a_key(void **state)
{
    struct stage *s = *state;
    struct person root, thief, before;
    person_first(s, &root, "root");
    person_join_as(s, &root, "writer", "thief", &thief);
    before = root;
    json_t *body = key_body(&root, root.recovery);
    assert_int_equal(
        0, json_object_set_new(body, "person", json_string(thief.text)));
    struct answer *a =
        stage_ask(s, AS_NOBODY, HTTP_POST, body, "/accord/v1/key");
    assert_answer(a, 409, "conflict");
    assert_says(a, "owner: not your record with exactly one key change");

    json_t *forged = key_body(&thief, thief.recovery);
    assert_int_equal(
        0, json_object_set_new(forged, "person", json_string(root.text)));
    a = stage_ask(s, AS_NOBODY, HTTP_POST, forged, "/accord/v1/key");
    assert_answer(a, 409, "conflict");
    assert_answer(me(s, &before), 200, NULL);
    person_clear(&thief);
    person_clear(&root);
}

static void a_key_change_is_used_once(void **state)
{
    struct stage *s = *state;
    struct person root;
    person_first(s, &root, "root");
    AUTO_JSON *body = key_body(&root, root.recovery);
    assert_answer(stage_ask(s, AS_NOBODY, HTTP_POST, json_deep_copy(body),
                            "/accord/v1/key"),
                  200, NULL);
    assert_answer(stage_ask(s, AS_NOBODY, HTTP_POST, json_deep_copy(body),
                            "/accord/v1/key"),
                  409, "conflict");
    person_clear(&root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(a_certificate_is_renewed_for_the_same_key_only),
        stage_test(the_recovery_key_replaces_a_lost_key),
        stage_test(a_replaced_key_does_not_come_back_by_joining),
        stage_test(nobody_else_replaces_a_key),
        stage_test(a_key_change_is_used_once),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
