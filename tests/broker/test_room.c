/* Together nobody holds more than there is. */

#include "tests/support/check.h"

#include <pthread.h>

#include "broker/room.h"

static struct room room;

static int set_up(void **state)
{
    (void)state;
    room_init(&room, 100);
    return 0;
}

static void all_together_hold_what_there_is(void **state)
{
    size_t a = 0, b = 0;
    (void)state;
    assert_true(room_take(&room, &a, 60));
    assert_false(room_take(&room, &b, 41));
    assert_int_equal(b, 0);
    assert_true(room_take(&room, &b, 40));
    assert_false(room_take(&room, &a, 61));
    assert_int_equal(a, 60);
    assert_true(room_take(&room, &a, 60));
}

static void what_one_gives_back_another_can_have(void **state)
{
    size_t a = 0, b = 0;
    (void)state;
    assert_true(room_take(&room, &a, 100));
    assert_true(room_take(&room, &a, 30));
    assert_true(room_take(&room, &b, 70));
    assert_true(room_take(&room, &a, 0));
    assert_true(room_take(&room, &b, 100));
    assert_true(room_take(&room, &b, 0));
}

static void no_number_is_too_large(void **state)
{
    size_t a = 0, b = 0;
    (void)state;
    assert_false(room_take(&room, &a, SIZE_MAX));
    assert_true(room_take(&room, &b, 1));
    assert_false(room_take(&room, &a, SIZE_MAX));
    assert_true(room_take(&room, &a, 99));
}

static void *take_and_give(void *unused)
{
    size_t mine = 0;
    for (int i = 0; i < 100000; i++)
        if (room_take(&room, &mine, 60))
            (void)room_take(&room, &mine, 0);
    return unused;
}

static void threads_share_it(void **state)
{
    pthread_t threads[4];
    size_t a = 0;
    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, NULL),
                         0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_true(room_take(&room, &a, 100));
}

#define CASE(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(all_together_hold_what_there_is),
        CASE(what_one_gives_back_another_can_have),
        CASE(no_number_is_too_large),
        CASE(threads_share_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
