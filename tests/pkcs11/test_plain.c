/* The CCM class: its credentials come and go in clear, where the operator of
 * the HSM allows it, and the sealed class stays as it is beside it. */

#include "tests/support/check.h"

#include "tests/pkcs11/scene.h"

static struct stage stage;
static struct hsm_worker worker;
static struct scene scene;
static struct api_context context; /* of the CCM class, new for each test */
static struct buffer blob;         /* what was made of `text` under it */

static const char text[] = "{\"query_string\":\"\"}";
#define TEXT bytes_of(text, sizeof(text) - 1)

static int set_up(void **state)
{
    (void)state;
    stage_make(&stage, "[ccm]\nplain_paths = yes\n");
    assert_int_equal(stage_init(&stage, NULL, 0), 0);
    stage_worker(&stage, &worker);
    scene_make(&scene, &worker);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scene_clear(&scene);
    hsm_worker_clear(&worker);
    stage_clear(&stage);
    return 0;
}

static void renew_context(void)
{
    context = (struct api_context){ .account = scene.context.account,
                                    .flags = API_CLASS_CCM };
    assert_ok(api_id_random(&context.dataset));
    assert_ok(api_id_random(&context.version));
}

static int fresh(void **state)
{
    (void)state;
    worker.settings.plain_paths = true;
    scene.now = scene.start * 1000;
    scene_reset(&scene);
    renew_context();
    assert_ok(scene_intake_plain(&scene, &context, TEXT));
    blob = buffer_make(API_CREDENTIAL_MAX + API_SEAL_TAG_LEN);
    buffer_put(&blob, buffer_bytes(&scene.out));
    return 0;
}

static int wipe(void **state)
{
    (void)state;
    buffer_clear(&blob);
    return 0;
}

static struct status release(void)
{
    return scene_release_plain(&scene, &context, buffer_bytes(&blob), NULL);
}

static void assert_refused(struct status s, const char *why)
{
    if (s.code != STATUS_DENIED || !strstr(scene.why.text, why))
        print_error("%s: %s\n", status_name(s.code), scene.why.text);
    assert_status(STATUS_DENIED, s);
    assert_non_null(strstr(scene.why.text, why));
    assert_int_equal(scene.out.len, 0);
}

static void gives_back_what_came_in(void **state)
{
    (void)state;
    assert_int_equal(blob.len, sizeof(text) - 1 + API_SEAL_TAG_LEN);
    assert_ok(release());
    assert_true(bytes_equal(buffer_bytes(&scene.out), TEXT));
    assert_ok(release());
    assert_true(bytes_equal(buffer_bytes(&scene.out), TEXT));
}

static void takes_the_longest_and_nothing_longer(void **state)
{
    static unsigned char longest[API_CREDENTIAL_MAX + 1];
    (void)state;
    memset(longest, 'x', sizeof(longest));
    renew_context();
    assert_ok(scene_intake_plain(&scene, &context,
                                 bytes_of(longest, API_CREDENTIAL_MAX)));
    buffer_clear(&blob);
    buffer_put(&blob, buffer_bytes(&scene.out));
    assert_ok(release());
    assert_int_equal(scene.out.len, API_CREDENTIAL_MAX);
    assert_memory_equal(scene.out.data, longest, API_CREDENTIAL_MAX);
    renew_context();
    assert_status(STATUS_INVALID,
                  scene_intake_plain(&scene, &context,
                                     bytes_of(longest, sizeof(longest))));
    assert_status(STATUS_INVALID,
                  scene_intake_plain(&scene, &context, bytes_of(NULL, 0)));
}

/* --- what the configuration of the HSM forbids --------------------------- */

static void takes_nothing_in_where_it_is_forbidden(void **state)
{
    size_t before = hsm_credentials_count(worker.credentials);
    (void)state;
    worker.settings.plain_paths = false;
    renew_context();
    assert_refused(scene_intake_plain(&scene, &context, TEXT), "plain_paths");
    assert_int_equal(hsm_credentials_count(worker.credentials), before);
}

static void gives_nothing_where_it_is_forbidden(void **state)
{
    (void)state;
    worker.settings.plain_paths = false;
    assert_refused(release(), "plain_paths");
}

/* --- the two classes ----------------------------------------------------- */

static void takes_no_credential_of_the_signed_class(void **state)
{
    struct api_context sealed = scene.context;
    (void)state;
    assert_ok(api_id_random(&sealed.version));
    assert_refused(scene_intake_plain(&scene, &sealed, TEXT), "CCM class");
    sealed.flags = 2;
    assert_refused(scene_intake_plain(&scene, &sealed, TEXT), "CCM class");
}

static void takes_no_owner_with_the_ccm_class(void **state)
{
    (void)state;
    renew_context();
    context.owner.bytes[3] = 1;
    assert_status(STATUS_INVALID, scene_intake_plain(&scene, &context, TEXT));
    assert_int_equal(scene.out.len, 0);
}

static void never_gives_a_sealed_credential_in_clear(void **state)
{
    struct bytes sealed = buffer_bytes(&scene.sealed.blob);
    struct api_context other = scene.context;
    (void)state;
    assert_refused(scene_release_plain(&scene, &scene.context, sealed, NULL),
                   "CCM class");
    /* Nor by calling it one of the other class: that is another ctx. */
    other.flags = API_CLASS_CCM;
    memset(other.owner.bytes, 0, HASH_LEN);
    assert_status(STATUS_NOT_FOUND,
                  scene_release_plain(&scene, &other, sealed, NULL));
    assert_int_equal(scene.out.len, 0);
}

/* --- leaf, certificate, blob --------------------------------------------- */

static void needs_a_leaf(void **state)
{
    (void)state;
    scene.skip_append = true;
    assert_refused(release(), "was not appended");
}

static void uses_a_leaf_once(void **state)
{
    AUTO_CLEAR_BUFFER asked = buffer_make(API_CREDENTIAL_MAX + 16 * 1024);
    (void)state;
    assert_ok(
        scene_release_plain(&scene, &context, buffer_bytes(&blob), &asked));
    assert_refused(
        scene_job(&scene, PKCS11_RELEASE_PLAIN, buffer_bytes(&asked)),
        "performed already");
}

static void needs_the_right_leaf_in_time(void **state)
{
    (void)state;
    scene.wrong_subject = true;
    assert_refused(release(), "another subject");
    scene_reset(&scene);
    scene.leaf.kind = API_LEAF_CHANGE;
    assert_refused(release(), "not of kind release");
    scene_reset(&scene);
    scene.leaf.account.bytes[0] ^= 1;
    assert_refused(release(), "another account");
    scene_reset(&scene);
    scene.delay = HSM_LEAF_LIFE + 1;
    assert_refused(release(), "60 s ago");
}

static void needs_an_enclaves_certificate_in_time(void **state)
{
    (void)state;
    scene.other_ca = true;
    assert_status(STATUS_DENIED, release());
    assert_int_equal(scene.out.len, 0);
    scene_reset(&scene);
    scene.not_after = scene.start - 1;
    assert_refused(release(), "certificate has expired");
    scene_reset(&scene);
    scene.not_before = scene.start + 1;
    assert_refused(release(), "certificate is not valid yet");
    scene_reset(&scene);
    scene.statement.account.bytes[3] ^= 1;
    assert_refused(release(), "for another account");
}

static void needs_no_persons_certificate(void **state)
{
    struct ca_key *key = NULL;
    (void)state;
    assert_ok(ca_key_generate(CA_KEY_P256, &key));
    scene.statement = (struct ca_statement){ .kind = CA_PERSON };
    scene.statement.account = context.account;
    memset(scene.statement.id.bytes, 0x77, API_ID_LEN);
    scene.spki = ca_spki(ca_key_public(key));
    assert_refused(release(), "not an enclave's");
    ca_key_free(key);
}

/* The product's enclaves may have any key: nothing is wrapped to it. */
static void takes_any_key_of_an_enclave(void **state)
{
    struct ca_key *key = NULL;
    (void)state;
    assert_ok(ca_key_generate(CA_KEY_P256, &key));
    scene.spki = ca_spki(ca_key_public(key));
    assert_ok(release());
    assert_true(bytes_equal(buffer_bytes(&scene.out), TEXT));
    ca_key_free(key);
}

static void opens_no_blob_but_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < blob.len; i += 5) {
        blob.data[i] ^= 1;
        assert_status(STATUS_CORRUPT, release());
        assert_int_equal(scene.out.len, 0);
        blob.data[i] ^= 1;
    }
    blob.len--;
    assert_status(STATUS_CORRUPT, release());
    blob.len++;
    assert_ok(release());
}

static void opens_only_under_its_own_key(void **state)
{
    AUTO_CLEAR_BUFFER first = buffer_make(256);
    (void)state;
    buffer_put(&first, buffer_bytes(&blob));
    renew_context();
    assert_ok(scene_intake_plain(&scene, &context, TEXT));
    assert_status(
        STATUS_CORRUPT,
        scene_release_plain(&scene, &context, buffer_bytes(&first), NULL));
    assert_int_equal(scene.out.len, 0);
}

/* --- the life of a key --------------------------------------------------- */

static void makes_no_second_key_for_one_version(void **state)
{
    (void)state;
    assert_status(STATUS_CONFLICT, scene_intake_plain(&scene, &context, TEXT));
    assert_int_equal(scene.out.len, 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, fresh, wipe)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(gives_back_what_came_in),
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
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
