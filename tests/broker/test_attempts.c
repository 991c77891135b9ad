/* Attempts are counted per kind and name, and forgotten in time. */

#include "broker/attempts.h"
#include "tests/support/check.h"

#define WHO bytes_of_string("owner@example.com")

static void so_many_and_then_a_pause(void **state)
{
    (void)state;
    AUTO_FREE(attempts) a = NULL;
    assert_ok(attempts_new(&a));
    for (int i = 0; i < 10; i++) {
        assert_int_equal(0, attempts_wait(a, ATTEMPTS_PASSWORD, WHO, 1000));
        attempts_count(a, ATTEMPTS_PASSWORD, WHO, 1000);
    }
    assert_int_equal(900, attempts_wait(a, ATTEMPTS_PASSWORD, WHO, 1000));
    assert_int_equal(1, attempts_wait(a, ATTEMPTS_PASSWORD, WHO, 1899));
    assert_int_equal(0, attempts_wait(a, ATTEMPTS_PASSWORD, WHO, 1900));
    assert_int_equal(0, attempts_wait(a, ATTEMPTS_HOST, WHO, 1000));
    assert_int_equal(
        0, attempts_wait(a, ATTEMPTS_PASSWORD, bytes_of_string("else"), 1000));
}

static void an_old_attempt_does_not_count(void **state)
{
    (void)state;
    AUTO_FREE(attempts) a = NULL;
    assert_ok(attempts_new(&a));
    for (int i = 0; i < 9; i++)
        attempts_count(a, ATTEMPTS_PASSWORD, WHO, 1000);
    attempts_count(a, ATTEMPTS_PASSWORD, WHO, 1900); /* a new window */
    assert_int_equal(0, attempts_wait(a, ATTEMPTS_PASSWORD, WHO, 1900));
}

static void what_is_forgotten_does_not_count(void **state)
{
    (void)state;
    AUTO_FREE(attempts) a = NULL;
    assert_ok(attempts_new(&a));
    for (int i = 0; i < 9; i++)
        attempts_count(a, ATTEMPTS_PASSWORD, WHO, 1000);
    attempts_forget(a, ATTEMPTS_PASSWORD, WHO);
    attempts_count(a, ATTEMPTS_PASSWORD, WHO, 1000);
    assert_int_equal(0, attempts_wait(a, ATTEMPTS_PASSWORD, WHO, 1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_and_then_a_pause),
        cmocka_unit_test(an_old_attempt_does_not_count),
        cmocka_unit_test(what_is_forgotten_does_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
