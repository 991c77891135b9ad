/* May we believe the wall clock? */

#include "broker/clock.h"
#include "tests/support/check.h"

#define START ((struct clock_reading){ 1000000, 500 })

static struct clock_reading later(uint64_t wall, uint64_t monotonic)
{
    return (struct clock_reading){ 1000000 + wall, 500 + monotonic };
}

static struct clock_watch watch;

static int begin(void **state)
{
    (void)state;
    clock_watch_init(&watch, START);
    return 0;
}

static struct status check(struct clock_reading now, uint64_t newest)
{
    return clock_check(&watch, now, newest, NULL);
}

static void clocks_that_agree_are_believed(void **state)
{
    (void)state;
    assert_true(clock_trusted(&watch));
    for (uint64_t t = 0; t < 100000; t += 9999)
        assert_ok(check(later(t, t), 0));
    assert_true(clock_trusted(&watch));
}

static void five_seconds_are_tolerated_and_not_more(void **state)
{
    (void)state;
    assert_ok(check(later(CLOCK_TOLERANCE_MS, 0), 0));
    clock_watch_init(&watch, START);
    assert_status(STATUS_UNAVAILABLE,
                  check(later(CLOCK_TOLERANCE_MS + 1, 0), 0));
    assert_false(clock_trusted(&watch));
    clock_watch_init(&watch, START);
    assert_ok(check(later(0, CLOCK_TOLERANCE_MS), 0));
    clock_watch_init(&watch, START);
    assert_status(STATUS_UNAVAILABLE,
                  check(later(0, CLOCK_TOLERANCE_MS + 1), 0));
}

static void a_jump_is_said_with_its_length(void **state)
{
    (void)state;
    struct reason why = { "" };
    assert_status(STATUS_UNAVAILABLE,
                  clock_check(&watch, later(60000, 1000), 0, &why));
    assert_non_null(strstr(why.text, "the wall clock jumped by 59000 ms"));
    clock_watch_init(&watch, START);
    assert_status(STATUS_UNAVAILABLE,
                  clock_check(&watch, later(0, 60000), 0, &why));
    assert_non_null(strstr(why.text, "-60000 ms"));
}

static void many_small_steps_are_followed(void **state)
{
    (void)state;
    /* An adjusted clock drifts 4 s per group: each is within tolerance. */
    for (uint64_t i = 1; i <= 10; i++)
        assert_ok(check(later(i * 64000, i * 60000), 0));
}

static void a_stop_lasts_until_somebody_accepts(void **state)
{
    (void)state;
    assert_status(STATUS_UNAVAILABLE, check(later(60000, 0), 0));
    assert_status(STATUS_UNAVAILABLE, check(later(0, 0), 0)); /* it is back */
    assert_true(clock_accept(&watch, later(60000, 0)));
    assert_true(clock_trusted(&watch));
    assert_ok(check(later(61000, 1000), 0));
    assert_false(clock_accept(&watch, later(61000, 1000)));
}

static void a_clock_behind_the_newest_leaf_is_not_believed(void **state)
{
    (void)state;
    struct clock_reading now = later(0, 0);
    assert_ok(check(now, now.wall + CLOCK_TOLERANCE_MS));
    struct reason why = { "" };
    assert_status(
        STATUS_UNAVAILABLE,
        clock_check(&watch, now, now.wall + CLOCK_TOLERANCE_MS + 1, &why));
    assert_non_null(strstr(why.text, "behind the newest leaf"));
    /* Accepting does not bring the leaf's time nearer. */
    assert_true(clock_accept(&watch, now));
    assert_status(STATUS_UNAVAILABLE,
                  check(now, now.wall + CLOCK_TOLERANCE_MS + 1));
}

static void both_clocks_of_this_machine_run(void **state)
{
    (void)state;
    struct clock_reading a = clock_now(), b = clock_now();
    assert_true(a.wall > 1600000000000);
    assert_true(b.monotonic >= a.monotonic);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(clocks_that_agree_are_believed, begin),
        cmocka_unit_test_setup(five_seconds_are_tolerated_and_not_more, begin),
        cmocka_unit_test_setup(a_jump_is_said_with_its_length, begin),
        cmocka_unit_test_setup(many_small_steps_are_followed, begin),
        cmocka_unit_test_setup(a_stop_lasts_until_somebody_accepts, begin),
        cmocka_unit_test_setup(a_clock_behind_the_newest_leaf_is_not_believed,
                               begin),
        cmocka_unit_test(both_clocks_of_this_machine_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
