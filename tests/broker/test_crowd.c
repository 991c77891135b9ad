/* Nobody has more connections than everybody may. */

#include "tests/support/check.h"

#include <pthread.h>
#include <stdio.h>

#include "base/bytes.h"
#include "broker/crowd.h"

static struct crowd *crowd;

static int set_up(void **state)
{
    (void)state;
    assert_ok(crowd_new(3, &crowd));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    crowd_free(crowd);
    crowd = NULL;
    return 0;
}

static bool enters(const char *who)
{
    return crowd_enter(crowd, bytes_of_string(who));
}

static void leaves(const char *who)
{
    crowd_leave(crowd, bytes_of_string(who));
}

static void each_has_as_many_as_everybody(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_true(enters("a"));
        assert_true(enters("b"));
    }
    assert_false(enters("a"));
    assert_false(enters("b"));
    assert_true(enters(""));
}

static void who_leaves_makes_room_for_one(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_true(enters("a"));
    leaves("a");
    assert_true(enters("a"));
    assert_false(enters("a"));
    for (int i = 0; i < 3; i++)
        leaves("a");
    leaves("a"); /* who is not there takes nobody with him */
    for (int i = 0; i < 3; i++)
        assert_true(enters("a"));
    assert_false(enters("a"));
}

static void thousands_are_told_apart(void **state)
{
    char who[32];
    (void)state;
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 20000; i++) {
            (void)snprintf(who, sizeof(who), "host %d", i);
            assert_true(enters(who));
        }
    for (int i = 0; i < 20000; i++) {
        (void)snprintf(who, sizeof(who), "host %d", i);
        assert_false(enters(who));
        leaves(who);
        assert_true(enters(who));
    }
}

static void *come_and_go(void *unused)
{
    for (int i = 0; i < 20000; i++)
        if (enters("a"))
            leaves("a");
    return unused;
}

static void threads_count_together(void **state)
{
    pthread_t threads[4];
    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, NULL),
                         0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < 3; i++)
        assert_true(enters("a"));
    assert_false(enters("a"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(each_has_as_many_as_everybody),
        CASE(who_leaves_makes_room_for_one),
        CASE(thousands_are_told_apart),
        CASE(threads_count_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
