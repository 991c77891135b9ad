/* The engine knows places and failures and nothing else: here it runs over
 * the real table with every step replaced by a note of what ran where. */

#include <stdlib.h>

#include "broker/broker.h"
#include "broker/exchange.h"
#include "tests/support/check.h"

/* The table under test; each test fills it before it begins. */
#define STEPS_MAX 8
static struct step table[STEPS_MAX + 1];

struct note {
    const char *name;
    enum place place;
};
static struct note notes[16];
static size_t noted, handed, ended;
static enum status_code fails_with;
static struct status last_status;
static const char *last_failed_step;

static struct status note(struct exchange *x)
{
    notes[noted++] = (struct note){ x->step->name, x->place };
    return OK;
}

static struct status note_and_fail(struct exchange *x)
{
    notes[noted++] = (struct note){ x->step->name, x->place };
    return failure(fails_with, x->step->name, 7);
}

static bool never(const struct exchange *x)
{
    (void)x;
    return false;
}

static bool when_failed(const struct exchange *x)
{
    return failed(x->status);
}

static void handover(struct exchange *x, enum place to)
{
    handed++;
    assert_int_equal(to, x->place);
    exchange_resume(x);
}

static void finished(struct exchange *x)
{
    ended++;
    last_status = x->status;
    last_failed_step = x->failed_step;
    exchange_free(x);
}

static void run(void)
{
    struct broker broker = { 0 };
    struct exchange *x = exchange_new(&broker);
    assert_non_null(x);
    x->step = table;
    x->handover = handover;
    x->finished = finished;
    noted = handed = ended = 0;
    exchange_resume(x);
    assert_int_equal(1, ended);
}

static void assert_ran(const char *const *names, size_t count)
{
    assert_int_equal(count, noted);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(names[i], notes[i].name);
}
#define ASSERT_RAN(...)                                                        \
    assert_ran((const char *const[]){ __VA_ARGS__ },                           \
               sizeof((const char *const[]){ __VA_ARGS__ }) /                  \
                   sizeof(const char *))

static int clear(void **state)
{
    (void)state;
    memset(table, 0, sizeof(table));
    fails_with = STATUS_INVALID;
    return 0;
}

static void steps_run_in_order_each_at_its_place(void **state)
{
    (void)state;
    table[0] = (struct step){ "a", ON_LOOP, UNLESS_FAILED, note, NULL };
    table[1] = (struct step){ "b", ON_LOOP, UNLESS_FAILED, note, NULL };
    table[2] = (struct step){ "c", ON_POOL, UNLESS_FAILED, note, NULL };
    table[3] = (struct step){ "d", ON_WRITER, UNLESS_FAILED, note, NULL };
    table[4] = (struct step){ "e", ON_LOOP, ALWAYS, note, NULL };
    run();
    ASSERT_RAN("a", "b", "c", "d", "e");
    for (size_t i = 0; i < noted; i++)
        assert_int_equal(table[i].place, notes[i].place);
    assert_int_equal(3, handed); /* once per change of place, not per step */
    assert_ok(last_status);
}

static void a_failing_step_leaves_only_what_always_runs(void **state)
{
    (void)state;
    table[0] = (struct step){ "a", ON_LOOP, UNLESS_FAILED, note, NULL };
    table[1] =
        (struct step){ "b", ON_POOL, UNLESS_FAILED, note_and_fail, NULL };
    table[2] = (struct step){ "c", ON_WRITER, UNLESS_FAILED, note, NULL };
    table[3] = (struct step){ "d", ON_LOOP, ALWAYS, note, NULL };
    run();
    ASSERT_RAN("a", "b", "d");
    assert_int_equal(2, handed); /* to the pool and back: never the writer */
    assert_status(STATUS_INVALID, last_status);
    assert_int_equal(7, last_status.detail);
    assert_string_equal("b", last_failed_step);
}

static void the_first_failure_is_kept(void **state)
{
    (void)state;
    table[0] = (struct step){ "a", ON_LOOP, ALWAYS, note_and_fail, NULL };
    table[1] = (struct step){ "b", ON_LOOP, ALWAYS, note_and_fail, NULL };
    run();
    ASSERT_RAN("a", "b");
    assert_string_equal("a", last_failed_step);
    assert_string_equal("a", last_status.origin);
}

static void a_step_that_is_not_wanted_moves_nobody(void **state)
{
    (void)state;
    table[0] = (struct step){ "a", ON_LOOP, UNLESS_FAILED, note, NULL };
    table[1] = (struct step){ "b", ON_WRITER, UNLESS_FAILED, note, never };
    table[2] = (struct step){ "c", ON_LOOP, ALWAYS, note, NULL };
    run();
    ASSERT_RAN("a", "c");
    assert_int_equal(0, handed);
}

static void an_always_step_still_says_whether_it_is_wanted(void **state)
{
    (void)state;
    table[0] =
        (struct step){ "a", ON_LOOP, UNLESS_FAILED, note_and_fail, NULL };
    table[1] = (struct step){ "b", ON_WRITER, ALWAYS, note, when_failed };
    table[2] = (struct step){ "c", ON_POOL, ALWAYS, note, never };
    run();
    ASSERT_RAN("a", "b");
    table[0].run = note;
    run();
    ASSERT_RAN("a");
}

static void a_denial_names_its_code_and_its_reason(void **state)
{
    (void)state;
    struct broker broker = { 0 };
    struct exchange *x = exchange_new(&broker);
    assert_non_null(x);
    assert_status(STATUS_DENIED, exchange_deny(x, "role", "you are %s", "no"));
    assert_string_equal("role", x->code);
    assert_string_equal("you are no", x->why.text);
    exchange_free(x);
}

static void an_exchange_begins_at_the_first_step_on_its_loop(void **state)
{
    (void)state;
    struct broker broker = { 0 };
    struct exchange *x = exchange_new(&broker);
    assert_non_null(x);
    assert_ptr_equal(exchange_steps, x->step);
    assert_int_equal(ON_LOOP, x->place);
    exchange_free(x);
    exchange_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(steps_run_in_order_each_at_its_place, clear),
        cmocka_unit_test_setup(a_failing_step_leaves_only_what_always_runs,
                               clear),
        cmocka_unit_test_setup(the_first_failure_is_kept, clear),
        cmocka_unit_test_setup(a_step_that_is_not_wanted_moves_nobody, clear),
        cmocka_unit_test_setup(an_always_step_still_says_whether_it_is_wanted,
                               clear),
        cmocka_unit_test(a_denial_names_its_code_and_its_reason),
        cmocka_unit_test(an_exchange_begins_at_the_first_step_on_its_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
