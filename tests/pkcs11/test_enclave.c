/* From evidence to credential, through the door of the whole program: an
 * enclave gets its certificate, an owner brings a credential and grants it,
 * the enclave opens it. Nothing here is a double but the platform's keys. */

#include <signal.h>
#include <unistd.h>

#include "tests/pkcs11/journey.h"
#include "tests/support/check.h"

static int begin(void **state)
{
    (void)state;
    journey_begin(stage_module(), "");
    return 0;
}

static int end(void **state)
{
    (void)state;
    journey_end();
    return 0;
}

static void append(struct api_leaf *leaf, unsigned char out[API_LEAF_LEN])
{
    struct api_head head;
    assert_ok(journey_append(leaf, out, &head));
}

static void an_enclave_opens_what_its_owner_granted(void **state)
{
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    AUTO_CLEAR_BUFFER wrapped = buffer_make(512);
    struct api_sealed sealed;
    struct secret *text = NULL;
    unsigned char grant[API_GRANT_LEN];
    struct pkcs11_release release;
    struct api_leaf leaf;
    (void)state;

    assert_ok(journey_certify(journey.enclave, &der));
    assert_ok(journey_bring(&sealed, &journey.kept));
    journey_ask(&der, grant, &release, &leaf);
    append(&leaf, release.leaf);
    assert_ok(pkcs11_release(r.door, &release, &wrapped, &r.why));
    assert_ok(journey_open(buffer_bytes(&wrapped), buffer_bytes(&sealed.blob),
                           &text));
    assert_true(secret_equals(text, bytes_of("secret", 6)));
    secret_free(text);
    api_sealed_clear(&sealed);

    /* The leaf is used up, and a restarted worker has forgotten it too. */
    buffer_clear(&wrapped);
    assert_status(STATUS_DENIED,
                  pkcs11_release(r.door, &release, &wrapped, &r.why));
    assert_non_null(strstr(r.why.text, "performed already"));
    append(&leaf, release.leaf);
    assert_int_equal(stage_signal(stage_child(&r.stage, "worker"), SIGKILL), 0);
    running_await(STATUS_OK);
    assert_status(STATUS_UNAVAILABLE,
                  pkcs11_release(r.door, &release, &wrapped, &r.why));
    assert_non_null(strstr(r.why.text, "not appended in this generation"));
    assert_int_equal(wrapped.len, 0);
    append(&leaf, release.leaf);
    assert_ok(pkcs11_release(r.door, &release, &wrapped, &r.why));
}

static void evidence_for_another_key_gets_no_certificate(void **state)
{
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    (void)state;
    assert_status(STATUS_DENIED, journey_certify(journey.forge.other, &der));
    assert_non_null(strstr(r.why.text, "does not bind"));
    assert_int_equal(der.len, 0);
}

static void evidence_of_another_program_gets_no_certificate(void **state)
{
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    (void)state;
    journey.forge.report.mrenclave[0] ^= 1;
    assert_status(STATUS_DENIED, journey_certify(journey.enclave, &der));
    journey.forge.report.mrenclave[0] ^= 1;
    assert_int_equal(der.len, 0);
}

static void evidence_under_another_root_gets_no_certificate(void **state)
{
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    (void)state;
    journey.forge.root.key = journey.forge.root.signer =
        journey.forge.ca.signer = journey.forge.other;
    assert_status(STATUS_DENIED, journey_certify(journey.enclave, &der));
    journey.forge.root.key = journey.forge.root.signer =
        journey.forge.ca.signer = journey.forge.keys[0];
    assert_int_equal(der.len, 0);
}

/* A verifier that was brought down by what it read costs one generation. */
static void a_verifier_that_died_is_replaced(void **state)
{
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    pid_t verifier = stage_child(&r.stage, "verifier");
    struct status s = { .code = STATUS_UNAVAILABLE };
    (void)state;
    assert_int_equal(stage_signal(verifier, SIGKILL), 0);
    for (int i = 0; i < 500 && failed(s); i++) {
        (void)usleep(20000);
        s = pkcs11_probe(r.door, &r.why);
        pid_t now = stage_child(&r.stage, "verifier");
        if (now == verifier || now == 0)
            s.code = STATUS_UNAVAILABLE;
    }
    assert_ok(s);
    assert_ok(journey_certify(journey.enclave, &der));
}

#define CASE(test)                                                             \
    cmocka_unit_test_setup_teardown(test, running_connect, running_hang_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_enclave_opens_what_its_owner_granted),
        CASE(evidence_for_another_key_gets_no_certificate),
        CASE(evidence_of_another_program_gets_no_certificate),
        CASE(evidence_under_another_root_gets_no_certificate),
        CASE(a_verifier_that_died_is_replaced),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
