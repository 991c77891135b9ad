/* What was erased stays erased: whoever kept an upload, or a wrapped key,
 * brings neither back. */

#include "pkcs11/erased.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/pkcs11/plain_scene.h"
#include "tests/support/check.h"

/* --- the list ------------------------------------------------------------ */

static struct hash number(uint64_t n)
{
    struct hash ctx;
    assert_ok(hash_of(&ctx, bytes_of((const unsigned char *)&n, sizeof(n))));
    return ctx;
}

static struct hsm_erased *reopened(struct hsm_erased *erased, const char *path)
{
    struct reason why = { "" };
    hsm_erased_free(erased);
    erased = NULL;
    assert_ok(hsm_erased_open(path, &erased, &why));
    return erased;
}

static void remembers_thousands_over_a_restart(void **state)
{
    struct temp_dir dir = temp_dir_make();
    const char *path = temp_dir_path(&dir, "erased");
    struct hsm_erased *erased = reopened(NULL, path);
    struct stat about;
    (void)state;
    for (uint64_t i = 0; i < 3000; i++) {
        struct hash ctx = number(i);
        assert_false(hsm_erased_holds(erased, &ctx));
        assert_ok(hsm_erased_add(erased, &ctx));
        assert_ok(hsm_erased_add(erased, &ctx)); /* once is enough */
    }
    erased = reopened(erased, path);
    for (uint64_t i = 0; i < 6000; i++) {
        struct hash ctx = number(i);
        assert_true(hsm_erased_holds(erased, &ctx) == (i < 3000));
    }
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_size, 3000 * HASH_LEN);
    hsm_erased_free(erased);
    temp_dir_remove(&dir);
}

static void a_torn_end_costs_nothing_that_was_answered(void **state)
{
    struct temp_dir dir = temp_dir_make();
    const char *path = temp_dir_path(&dir, "erased");
    struct hsm_erased *erased = reopened(NULL, path);
    struct hash first = number(1), second = number(2), third = number(3);
    (void)state;
    assert_ok(hsm_erased_add(erased, &first));
    assert_ok(hsm_erased_add(erased, &second));
    assert_int_equal(truncate(path, 2 * HASH_LEN - 7), 0);
    erased = reopened(erased, path);
    assert_true(hsm_erased_holds(erased, &first));
    assert_false(hsm_erased_holds(erased, &second));
    assert_ok(hsm_erased_add(erased, &third));
    erased = reopened(erased, path);
    assert_true(hsm_erased_holds(erased, &first));
    assert_true(hsm_erased_holds(erased, &third));
    hsm_erased_free(erased);
    temp_dir_remove(&dir);
}

static void refuses_a_list_that_others_may_write(void **state)
{
    struct temp_dir dir = temp_dir_make();
    const char *path = temp_dir_path(&dir, "erased");
    struct hsm_erased *erased = reopened(NULL, path);
    struct reason why = { "" };
    char said[240];
    (void)state;
    hsm_erased_free(erased);
    assert_int_equal(chmod(path, 0660), 0);
    assert_status(STATUS_DENIED, hsm_erased_open(path, &erased, &why));
    (void)snprintf(said, sizeof(said),
                   "the list of erased keys %s must be a file of mode 0600 "
                   "that belongs to accord-hsm",
                   path);
    assert_string_equal(why.text, said);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_status(STATUS_UNAVAILABLE, hsm_erased_open(path, &erased, &why));
    (void)snprintf(said, sizeof(said),
                   "cannot open the list of erased keys %s: Is a directory",
                   path);
    assert_string_equal(why.text, said);
    temp_dir_remove(&dir);
}

/* --- the jobs ------------------------------------------------------------ */

static struct pkcs11_intake upload(void)
{
    struct pkcs11_intake intake = {
        .context = p.scene.context,
        .wrapped = buffer_bytes(&p.scene.sealed.wrapped),
        .proof = p.scene.sealed.proof,
    };
    assert_ok(hash_of(&intake.blob, buffer_bytes(&p.scene.sealed.blob)));
    return intake;
}

static STATUS erase(const struct api_context *context)
{
    AUTO_CLEAR_BUFFER body = buffer_make(128);
    pkcs11_put_context(&body, context);
    return scene_job(&p.scene, PKCS11_ERASE, buffer_bytes(&body));
}

static void an_upload_that_was_kept_is_not_taken_in_again(void **state)
{
    struct pkcs11_intake intake = upload();
    (void)state;
    assert_ok(scene_release(&p.scene, NULL));
    assert_ok(erase(&p.scene.context));
    assert_status(STATUS_CONFLICT, scene_intake(&p.scene, &intake));
    assert_string_equal(p.scene.why.text, "this version of the credential was "
                                          "erased: seal a new one");
    assert_int_equal(p.scene.out.len, 0);
    assert_status(STATUS_NOT_FOUND, scene_release(&p.scene, NULL));
}

/* A kill, or a token that fails, may leave the key behind the list. */
static void a_key_that_outlived_its_erasing_is_not_given(void **state)
{
    CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
    struct hash ctx;
    (void)state;
    assert_ok(api_context_hash(&p.context, &ctx));
    assert_ok(hsm_credentials_find(p.worker.credentials, &ctx, &key, NULL));
    assert_ok(plain_release());
    assert_ok(hsm_erased_add(p.worker.erased, &ctx));
    assert_status(STATUS_NOT_FOUND, plain_release());
    assert_ok(hsm_credentials_find(p.worker.credentials, &ctx, &key, NULL));
    assert_ok(erase(&p.context));
    assert_status(STATUS_NOT_FOUND,
                  hsm_credentials_find(p.worker.credentials, &ctx, &key, NULL));
}

static void nor_is_one_of_the_ccm_class(void **state)
{
    (void)state;
    assert_ok(erase(&p.context));
    assert_status(STATUS_CONFLICT,
                  scene_intake_plain(&p.scene, &p.context, PLAIN_TEXT));
    assert_status(STATUS_NOT_FOUND, plain_release());
}

/* Placement "wrapped": the broker has the key, and it opens nothing more. */
static void a_kept_key_is_worth_nothing_any_more(void **state)
{
    (void)state;
    assert_int_equal(p.scene.kept.len, PKCS11_KEPT_LEN);
    assert_ok(scene_release(&p.scene, NULL));
    assert_ok(erase(&p.scene.context));
    assert_status(STATUS_NOT_FOUND, scene_release(&p.scene, NULL));
    assert_string_equal(p.scene.why.text,
                        "the token has no key for this credential");
}

static void a_list_that_cannot_be_written_stops_the_erasing(void **state)
{
    const struct rlimit none = { 0, RLIM_INFINITY };
    struct rlimit before;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    struct status s = erase(&p.context);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_status(STATUS_UNAVAILABLE, s);
    assert_string_equal(p.scene.why.text,
                        "the list of erased keys could not be written");
    assert_ok(plain_release());
}

static int begin_wrapped(void **state)
{
    (void)state;
    return plain_begin_with("[credentials]\nplacement = wrapped\n");
}

#define CASE(test)                                                             \
    cmocka_unit_test_setup_teardown(test, plain_fresh, plain_wipe)

int main(void)
{
    const struct CMUnitTest lists[] = {
        cmocka_unit_test(remembers_thousands_over_a_restart),
        cmocka_unit_test(a_torn_end_costs_nothing_that_was_answered),
        cmocka_unit_test(refuses_a_list_that_others_may_write),
    };
    const struct CMUnitTest on_the_token[] = {
        CASE(a_list_that_cannot_be_written_stops_the_erasing),
        CASE(nor_is_one_of_the_ccm_class),
        CASE(a_key_that_outlived_its_erasing_is_not_given),
        CASE(an_upload_that_was_kept_is_not_taken_in_again),
    };
    const struct CMUnitTest wrapped[] = {
        CASE(nor_is_one_of_the_ccm_class),
        CASE(a_kept_key_is_worth_nothing_any_more),
    };
    int failures = cmocka_run_group_tests(lists, NULL, NULL);
    failures += cmocka_run_group_tests(on_the_token, plain_begin, plain_end);
    return failures + cmocka_run_group_tests(wrapped, begin_wrapped, plain_end);
}
