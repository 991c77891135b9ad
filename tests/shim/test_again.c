/* A worker's start that met one bad answer of the token is tried again: an
 * operator is waited for only where another try could do harm. */

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/pkcs11/journey.h"
#include "tests/shim/codes.h"
#include "tests/support/check.h"

static struct shim_control *shim;
static char path[] = "/tmp/accord-shim-XXXXXX";

static void answer_once_at_a_start(enum shim_function function, CK_RV code)
{
    struct pkcs11_description before = { .epoch = 0 }, now = { .epoch = 0 };

    assert_ok(pkcs11_describe(r.door, &before, &r.why));
    shim_ask(&shim->rules[0], function, SHIM_ANSWER, code, 0, 1);
    assert_int_equal(0, stage_signal(stage_child(&r.stage, "worker"), SIGKILL));
    for (int i = 0; i < 2000 && now.generation <= before.generation; i++) {
        pkcs11_description_clear(&now);
        now.generation = 0;
        status_ignore(pkcs11_describe(r.door, &now, &r.why));
        (void)usleep(10000);
    }
    shim_stop_asking(&shim->rules[0]);
    if (now.generation <= before.generation)
        fail_msg("%s 0x%lx: %s", shim_name(function), code, r.why.text);
    assert_int_equal(1, atomic_load(&shim->rules[0].struck));
    pkcs11_description_clear(&before);
    pkcs11_description_clear(&now);
}

static void a_start_with_one_bad_answer_is_tried_again(void **state)
{
    (void)state;
    answer_once_at_a_start(SHIM_CopyObject, CKR_GENERAL_ERROR);
    answer_once_at_a_start(SHIM_SignInit, CKR_MECHANISM_INVALID);
    answer_once_at_a_start(SHIM_FindObjectsInit, CKR_ATTRIBUTE_TYPE_INVALID);
    answer_once_at_a_start(SHIM_UnwrapKey, CKR_WRAPPED_KEY_INVALID);
    answer_once_at_a_start(SHIM_GetTokenInfo, CKR_GENERAL_ERROR);
    answer_once_at_a_start(SHIM_GetAttributeValue, CKR_ATTRIBUTE_TYPE_INVALID);
}

static int begin(void **state)
{
    int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0 && close(fd) == 0);
    shim = shim_make(path);
    journey_begin(SHIM, "[ccm]\nplain_paths = yes\n");
    assert_ok(pkcs11_door_open(r.stage.socket_path, 20000, &r.door));
    return 0;
}

static int end(void **state)
{
    (void)state;
    pkcs11_door_free(r.door);
    journey_end();
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_start_with_one_bad_answer_is_tried_again),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
