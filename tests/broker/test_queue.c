/* First in, first out, bounded, closable. */

#include "broker/exchange.h"
#include "broker/queue.h"
#include "tests/support/check.h"

static struct queue queue;
static struct exchange x[4];

static int begin(void **state)
{
    (void)state;
    queue_init(&queue, 2);
    memset(x, 0, sizeof(x));
    return 0;
}

static int end(void **state)
{
    (void)state;
    queue_clear(&queue);
    return 0;
}

static void what_comes_first_is_taken_first(void **state)
{
    (void)state;
    assert_true(queue_put(&queue, &x[0], false));
    assert_true(queue_put(&queue, &x[1], false));
    assert_ptr_equal(&x[0], queue_take(&queue, 1));
    assert_null(x[0].next);
    assert_ptr_equal(&x[1], queue_take(&queue, 1));
    assert_int_equal(0, queue.count);
}

static void a_full_queue_takes_nothing_but_by_force(void **state)
{
    (void)state;
    assert_true(queue_put(&queue, &x[0], false));
    assert_true(queue_put(&queue, &x[1], false));
    assert_false(queue_put(&queue, &x[2], false));
    assert_true(queue_put(&queue, &x[2], true));
    assert_int_equal(3, queue.count);
    assert_false(queue_put(&queue, &x[3], false));
    assert_ptr_equal(&x[0], queue_take(&queue, 8));
}

static void many_are_taken_as_one_list(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_true(queue_put(&queue, &x[i], true));
    struct exchange *group = queue_take(&queue, 3);
    assert_ptr_equal(&x[0], group);
    assert_ptr_equal(&x[1], x[0].next);
    assert_ptr_equal(&x[2], x[1].next);
    assert_null(x[2].next);
    assert_int_equal(1, queue.count);
    assert_true(queue_put(&queue, &x[0], false)); /* behind the fourth */
    assert_ptr_equal(&x[3], queue_take(&queue, 8));
    assert_ptr_equal(&x[0], x[3].next);
}

static void a_closed_queue_gives_what_it_has_and_then_nothing(void **state)
{
    (void)state;
    assert_true(queue_put(&queue, &x[0], false));
    queue_close(&queue);
    assert_false(queue_put(&queue, &x[1], false));
    assert_true(queue_put(&queue, &x[2], true)); /* it must go on */
    assert_ptr_equal(&x[0], queue_take(&queue, 1));
    assert_ptr_equal(&x[2], queue_take(&queue, 1));
    assert_null(queue_take(&queue, 1));
    assert_null(queue_take(&queue, 1));
}

static void *take_one(void *into)
{
    *(struct exchange **)into = queue_take(&queue, 1);
    return NULL;
}

static void a_taker_waits_until_something_comes(void **state)
{
    (void)state;
    pthread_t thread;
    struct exchange *taken = NULL;
    assert_int_equal(0, pthread_create(&thread, NULL, take_one, &taken));
    assert_true(queue_put(&queue, &x[0], false));
    assert_int_equal(0, pthread_join(thread, NULL));
    assert_ptr_equal(&x[0], taken);
    assert_int_equal(0, pthread_create(&thread, NULL, take_one, &taken));
    queue_close(&queue);
    assert_int_equal(0, pthread_join(thread, NULL));
    assert_null(taken);
}

#define queue_test(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        queue_test(what_comes_first_is_taken_first),
        queue_test(a_full_queue_takes_nothing_but_by_force),
        queue_test(many_are_taken_as_one_list),
        queue_test(a_closed_queue_gives_what_it_has_and_then_nothing),
        queue_test(a_taker_waits_until_something_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
