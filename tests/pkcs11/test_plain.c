/* The CCM class: its credentials come and go in clear, where the operator of
 * the HSM allows it, and the sealed class stays as it is beside it. */

#include <stdio.h>

#include "tests/support/check.h"

#include "tests/pkcs11/plain_scene.h"

static void assert_refused(struct status s, const char *why)
{
    if (s.code != STATUS_DENIED || !strstr(p.scene.why.text, why))
        print_error("%s: %s\n", status_name(s.code), p.scene.why.text);
    assert_status(STATUS_DENIED, s);
    assert_non_null(strstr(p.scene.why.text, why));
    assert_int_equal(p.scene.out.len, 0);
}

static void gives_back_what_came_in(void **state)
{
    (void)state;
    assert_int_equal(p.blob.len, PLAIN_TEXT.len + API_SEAL_TAG_LEN);
    assert_ok(plain_release());
    assert_true(bytes_equal(buffer_bytes(&p.scene.out), PLAIN_TEXT));
    assert_ok(plain_release());
    assert_true(bytes_equal(buffer_bytes(&p.scene.out), PLAIN_TEXT));
}

static void takes_the_longest_and_nothing_longer(void **state)
{
    static unsigned char longest[API_CREDENTIAL_MAX + 1];
    (void)state;
    memset(longest, 'x', sizeof(longest));
    plain_renew();
    assert_ok(scene_intake_plain(&p.scene, &p.context,
                                 bytes_of(longest, API_CREDENTIAL_MAX)));
    buffer_clear(&p.blob);
    buffer_put(&p.blob, buffer_bytes(&p.scene.out));
    assert_ok(plain_release());
    assert_int_equal(p.scene.out.len, API_CREDENTIAL_MAX);
    assert_memory_equal(p.scene.out.data, longest, API_CREDENTIAL_MAX);
    plain_renew();
    assert_status(STATUS_INVALID,
                  scene_intake_plain(&p.scene, &p.context,
                                     bytes_of(longest, sizeof(longest))));
    assert_status(STATUS_INVALID,
                  scene_intake_plain(&p.scene, &p.context, bytes_of(NULL, 0)));
}

/* --- what the configuration of the HSM forbids --------------------------- */

static void takes_nothing_in_where_it_is_forbidden(void **state)
{
    size_t before = hsm_credentials_count(p.worker.credentials);
    (void)state;
    p.worker.settings.plain_paths = false;
    plain_renew();
    assert_refused(scene_intake_plain(&p.scene, &p.context, PLAIN_TEXT),
                   "plain_paths");
    assert_int_equal(hsm_credentials_count(p.worker.credentials), before);
}

static void gives_nothing_where_it_is_forbidden(void **state)
{
    (void)state;
    p.worker.settings.plain_paths = false;
    assert_refused(plain_release(), "plain_paths");
}

/* --- the two classes ----------------------------------------------------- */

static void takes_no_credential_of_the_signed_class(void **state)
{
    struct api_context sealed = p.scene.context;
    (void)state;
    assert_ok(api_id_random(&sealed.version));
    assert_refused(scene_intake_plain(&p.scene, &sealed, PLAIN_TEXT),
                   "only credentials of the CCM class arrive in clear");
    sealed.flags = 2;
    assert_refused(scene_intake_plain(&p.scene, &sealed, PLAIN_TEXT),
                   "CCM class");
}

static void takes_no_owner_with_the_ccm_class(void **state)
{
    (void)state;
    plain_renew();
    p.context.owner.bytes[3] = 1;
    assert_status(STATUS_INVALID,
                  scene_intake_plain(&p.scene, &p.context, PLAIN_TEXT));
    assert_int_equal(p.scene.out.len, 0);
}

static void never_gives_a_sealed_credential_in_clear(void **state)
{
    struct bytes sealed = buffer_bytes(&p.scene.sealed.blob);
    struct api_context other = p.scene.context;
    (void)state;
    assert_refused(
        scene_release_plain(&p.scene, &p.scene.context, sealed, NULL),
        "CCM class");
    /* Nor by calling it one of the other class: that is another ctx. */
    other.flags = API_CLASS_CCM;
    memset(other.owner.bytes, 0, HASH_LEN);
    assert_status(STATUS_NOT_FOUND,
                  scene_release_plain(&p.scene, &other, sealed, NULL));
    assert_int_equal(p.scene.out.len, 0);
}

/* --- leaf, certificate, blob --------------------------------------------- */

static void needs_a_leaf(void **state)
{
    (void)state;
    p.scene.skip_append = true;
    assert_refused(plain_release(), "was not appended");
}

static void uses_a_leaf_once(void **state)
{
    AUTO_CLEAR_BUFFER asked = buffer_make(API_CREDENTIAL_MAX + 16 * 1024);
    (void)state;
    assert_ok(scene_release_plain(&p.scene, &p.context, buffer_bytes(&p.blob),
                                  &asked));
    assert_refused(
        scene_job(&p.scene, PKCS11_RELEASE_PLAIN, buffer_bytes(&asked)),
        "performed already");
}

static void needs_the_right_leaf_in_time(void **state)
{
    (void)state;
    p.scene.wrong_subject = true;
    assert_refused(plain_release(), "another subject");
    scene_reset(&p.scene);
    p.scene.leaf.kind = API_LEAF_CHANGE;
    assert_refused(plain_release(), "not of kind release");
    scene_reset(&p.scene);
    p.scene.leaf.account.bytes[0] ^= 1;
    assert_refused(plain_release(), "another account");
    scene_reset(&p.scene);
    p.scene.delay = HSM_LEAF_LIFE + 1;
    assert_refused(plain_release(), "60 s ago");
}

static void needs_an_enclaves_certificate_in_time(void **state)
{
    (void)state;
    p.scene.other_ca = true;
    assert_status(STATUS_DENIED, plain_release());
    assert_int_equal(p.scene.out.len, 0);
    scene_reset(&p.scene);
    p.scene.not_after = p.scene.start - 1;
    assert_refused(plain_release(), "certificate has expired");
    scene_reset(&p.scene);
    p.scene.not_before = p.scene.start + 1;
    assert_refused(plain_release(), "certificate is not valid yet");
    scene_reset(&p.scene);
    p.scene.statement.account.bytes[3] ^= 1;
    assert_refused(plain_release(), "for another account");
}

static void needs_no_persons_certificate(void **state)
{
    struct ca_key *key = NULL;
    (void)state;
    assert_ok(ca_key_generate(CA_KEY_P256, &key));
    p.scene.statement = (struct ca_statement){ .kind = CA_PERSON };
    p.scene.statement.account = p.context.account;
    memset(p.scene.statement.id.bytes, 0x77, API_ID_LEN);
    p.scene.spki = ca_spki(ca_key_public(key));
    assert_refused(plain_release(), "not an enclave's");
    ca_key_free(key);
}

/* The product's enclaves may have any key: nothing is wrapped to it. */
static void takes_any_key_of_an_enclave(void **state)
{
    struct ca_key *key = NULL;
    (void)state;
    assert_ok(ca_key_generate(CA_KEY_P256, &key));
    p.scene.spki = ca_spki(ca_key_public(key));
    assert_ok(plain_release());
    assert_true(bytes_equal(buffer_bytes(&p.scene.out), PLAIN_TEXT));
    ca_key_free(key);
}

static void opens_no_blob_but_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < p.blob.len; i += 5) {
        p.blob.data[i] ^= 1;
        assert_status(STATUS_CORRUPT, plain_release());
        assert_int_equal(p.scene.out.len, 0);
        assert_string_equal(
            p.scene.why.text,
            "the stored credential does not open under its key");
        p.blob.data[i] ^= 1;
    }
    p.blob.len--;
    assert_status(STATUS_CORRUPT, plain_release());
    p.blob.len++;
    assert_ok(plain_release());
}

static void opens_only_under_its_own_key(void **state)
{
    AUTO_CLEAR_BUFFER first = buffer_make(256);
    (void)state;
    buffer_put(&first, buffer_bytes(&p.blob));
    plain_renew();
    assert_ok(scene_intake_plain(&p.scene, &p.context, PLAIN_TEXT));
    assert_status(
        STATUS_CORRUPT,
        scene_release_plain(&p.scene, &p.context, buffer_bytes(&first), NULL));
    assert_int_equal(p.scene.out.len, 0);
}

/* --- the life of a key --------------------------------------------------- */

static void makes_no_second_key_for_one_version(void **state)
{
    (void)state;
    assert_status(STATUS_CONFLICT,
                  scene_intake_plain(&p.scene, &p.context, PLAIN_TEXT));
    assert_int_equal(p.scene.out.len, 0);
}

/* The door asks nothing that cannot be kept. */
static void a_credential_has_a_size(void **state)
{
    static const size_t sizes[] = { 0, API_CREDENTIAL_MAX + 1 };
    struct pkcs11_door *door = NULL;
    AUTO_CLEAR_BUFFER blob = buffer_make(1024);
    (void)state;
    assert_ok(pkcs11_door_open("/nonexistent/socket", 1000, &door));
    for (size_t i = 0; i < 2; i++) {
        AUTO_FREE(secret) credential = NULL;
        struct reason why = { "" };
        char said[96];
        assert_ok(secret_new(sizes[i], &credential));
        assert_status(
            STATUS_INVALID,
            pkcs11_intake_plain(door, &p.context, credential, &blob, &why));
        (void)snprintf(said, sizeof(said),
                       "the credential has %zu bytes; 1 to %d can be kept",
                       sizes[i], API_CREDENTIAL_MAX);
        assert_string_equal(why.text, said);
    }
    pkcs11_door_free(door);
}

#define CASE(test)                                                             \
    cmocka_unit_test_setup_teardown(test, plain_fresh, plain_wipe)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(gives_back_what_came_in),
        CASE(a_credential_has_a_size),
        CASE(takes_the_longest_and_nothing_longer),
        CASE(takes_nothing_in_where_it_is_forbidden),
        CASE(gives_nothing_where_it_is_forbidden),
        CASE(takes_no_credential_of_the_signed_class),
        CASE(takes_no_owner_with_the_ccm_class),
        CASE(never_gives_a_sealed_credential_in_clear),
        CASE(needs_a_leaf),
        CASE(uses_a_leaf_once),
        CASE(needs_the_right_leaf_in_time),
        CASE(needs_an_enclaves_certificate_in_time),
        CASE(needs_no_persons_certificate),
        CASE(takes_any_key_of_an_enclave),
        CASE(opens_no_blob_but_its_own),
        CASE(opens_only_under_its_own_key),
        CASE(makes_no_second_key_for_one_version),
    };
    return cmocka_run_group_tests(tests, plain_begin, plain_end);
}
