/* Ten denial leaves a minute and identity, then a count. */

#include <stdlib.h>

#include "broker/denial.h"
#include "tests/support/check.h"

#define MINUTE 60000

static struct denial_table *table;

static int begin(void **state)
{
    (void)state;
    table = calloc(1, sizeof(*table));
    return table ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    free(table);
    return 0;
}

static struct hash who(unsigned char slot, unsigned char other)
{
    struct hash h = { { 0 } };
    h.bytes[1] = slot;
    h.bytes[31] = other;
    return h;
}

static bool admit(const struct hash *h, uint64_t now, uint32_t *summary,
                  struct hash *whose)
{
    return denial_admit(table, h, now, summary, whose);
}

/* Sends `count` denials at `now`; how many had a leaf of their own. */
static unsigned send(const struct hash *h, uint64_t now, unsigned count)
{
    unsigned own = 0;
    uint32_t summary;
    struct hash whose;
    for (unsigned i = 0; i < count; i++) {
        own += admit(h, now, &summary, &whose);
        assert_int_equal(0, summary);
    }
    return own;
}

static void ten_a_minute_have_a_leaf(void **state)
{
    (void)state;
    struct hash a = who(1, 1);
    assert_int_equal(DENIAL_PER_MINUTE, send(&a, MINUTE, 25));
    assert_int_equal(0, send(&a, 2 * MINUTE - 1, 5));
}

static void identities_do_not_share_a_limit(void **state)
{
    (void)state;
    struct hash a = who(1, 1), b = who(2, 1);
    assert_int_equal(10, send(&a, MINUTE, 20));
    assert_int_equal(10, send(&b, MINUTE, 20));
}

static void the_next_minute_begins_with_a_summary(void **state)
{
    (void)state;
    struct hash a = who(1, 1), whose;
    uint32_t summary;
    assert_int_equal(10, send(&a, MINUTE, 17));
    assert_true(admit(&a, 2 * MINUTE, &summary, &whose));
    assert_int_equal(7, summary);
    assert_true(hash_equal(&a, &whose));
    assert_int_equal(9, send(&a, 2 * MINUTE, 20)); /* told once */
}

static void nothing_suppressed_is_no_summary(void **state)
{
    (void)state;
    struct hash a = who(1, 1), whose;
    uint32_t summary;
    assert_int_equal(10, send(&a, MINUTE, 10));
    assert_true(admit(&a, 2 * MINUTE, &summary, &whose));
    assert_int_equal(0, summary);
}

static void whoever_takes_a_slot_over_pays_its_summary(void **state)
{
    (void)state;
    struct hash a = who(1, 1), b = who(1, 2), whose; /* the same slot */
    uint32_t summary;
    assert_int_equal(10, send(&a, MINUTE, 14));
    assert_true(admit(&b, MINUTE, &summary, &whose));
    assert_int_equal(4, summary);
    assert_true(hash_equal(&a, &whose));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ten_a_minute_have_a_leaf, begin, end),
        cmocka_unit_test_setup_teardown(identities_do_not_share_a_limit, begin,
                                        end),
        cmocka_unit_test_setup_teardown(the_next_minute_begins_with_a_summary,
                                        begin, end),
        cmocka_unit_test_setup_teardown(nothing_suppressed_is_no_summary, begin,
                                        end),
        cmocka_unit_test_setup_teardown(
            whoever_takes_a_slot_over_pays_its_summary, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
