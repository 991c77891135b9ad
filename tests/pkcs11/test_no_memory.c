/* Every allocation of a job refused in turn, on a real token: the job says so,
 * nothing that it did half stays, and it goes when there is memory again. */

#include "tests/support/check.h"

#include "pkcs11/settings.h"
#include "tests/pkcs11/scene.h"
#include "tests/support/torture.h"

static struct stage stage;
static struct hsm_worker worker;
static struct scene scene;

static int set_up(void **state)
{
    (void)state;
    stage_make(&stage, "");
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

static struct status describe(void)
{
    return scene_job(&scene, PKCS11_DESCRIBE, bytes_of(NULL, 0));
}

static struct status probe(void)
{
    return scene_job(&scene, PKCS11_PROBE, bytes_of(NULL, 0));
}

static struct status nonce(void)
{
    return scene_job(&scene, PKCS11_NONCE, bytes_of(NULL, 0));
}

static struct status store_key(void)
{
    static const unsigned char salt[HASH_LEN] = { 1 };
    return scene_job(&scene, PKCS11_STORE_KEY, bytes_of(salt, sizeof(salt)));
}

static struct status list(void)
{
    static const unsigned char serial[CA_SERIAL_LEN] = { 1 };
    AUTO_CLEAR_BUFFER body = buffer_make(1024);
    const struct ca_crl_fields crl = { .number = 1,
                                       .this_update = scene.start,
                                       .next_update = scene.start + 3600,
                                       .serials =
                                           bytes_of(serial, sizeof(serial)) };
    torture_pause();
    pkcs11_encode_crl(&crl, &body);
    assert_ok(buffer_status(&body));
    torture_go_on();
    return scene_job(&scene, PKCS11_CRL, buffer_bytes(&body));
}

static void jobs_that_keep_nothing_say_so(void **state)
{
    (void)state;
    assert_true(torture(describe) > 0);
    assert_true(torture(probe) > 0);
    assert_true(torture(nonce) > 0);
    assert_true(torture(store_key) > 0);
    assert_true(torture(list) > 0);
}

/* The leaf was appended, then there was no memory for the answer: the next
 * run appends one more. */
static struct status append(void)
{
    unsigned char encoded[API_LEAF_LEN];
    struct api_leaf leaf = { .kind = API_LEAF_CHANGE,
                             .index = worker.log.state.frontier.size,
                             .time = scene.now };
    torture_pause();
    assert_ok(api_leaf_encode(&leaf, encoded));
    torture_go_on();
    return scene_job(&scene, PKCS11_APPEND, bytes_of(encoded, API_LEAF_LEN));
}

static void an_append_says_so_and_the_log_goes_on(void **state)
{
    (void)state;
    uint64_t size = worker.log.state.frontier.size;
    int allocations = torture(append);
    assert_true(allocations > 0);
    assert_true(worker.log.state.frontier.size > size);
    assert_ok(append());
}

static struct status release(void)
{
    AUTO_CLEAR_BUFFER body = buffer_make(16 * 1024);
    torture_pause();
    scene_prepare_release(&scene, &body);
    torture_go_on();
    return scene_job(&scene, PKCS11_RELEASE, buffer_bytes(&body));
}

static size_t objects(void)
{
    CK_BBOOL no = CK_FALSE;
    struct hsm_template t = { .count = 0 };
    CK_OBJECT_HANDLE found[64];
    size_t count = 0;
    hsm_template_value(&t, CKA_TOKEN, &no, sizeof(no));
    assert_ok(hsm_object_find(&scene.session, &t, found, 64, &count));
    return count;
}

static void a_release_says_so_and_leaves_no_object(void **state)
{
    (void)state;
    size_t before = objects();
    assert_true(torture(release) > 10);
    assert_int_equal(before, objects());
}

static struct status settings(void)
{
    static const char text[] = "[ca]\ndomain = a.example\n"
                               "[service]\npeers = 1000\n";
    struct hsm_settings read;
    struct reason why = { "" };
    TRY(hsm_settings_read("hsm.conf", bytes_of_string(text), &read, &why));
    hsm_settings_clear(&read);
    return OK;
}

static void the_configuration_says_so(void **state)
{
    (void)state;
    assert_true(torture(settings) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_that_keep_nothing_say_so),
        cmocka_unit_test(an_append_says_so_and_the_log_goes_on),
        cmocka_unit_test(a_release_says_so_and_leaves_no_object),
        cmocka_unit_test(the_configuration_says_so),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
