/* How often each text occurs, and which occurs most. */

#include "examples/tally.h"

#include "tests/support/check.h"

static struct tally *tally_of(const char *const *texts, size_t count)
{
    struct tally *t = NULL;
    assert_ok(tally_new(&t));
    for (size_t i = 0; i < count; i++)
        assert_ok(tally_add(t, bytes_of_string(texts[i])));
    return t;
}

static void assert_top(const struct tally *t, const char *text, size_t freq)
{
    size_t got = 99;
    struct bytes top = tally_top(t, &got);
    assert_int_equal(got, freq);
    assert_true(bytes_equal(top, bytes_of_string(text)));
}

static void texts_are_counted(void **state)
{
    (void)state;
    static const char *const texts[] = { "b", "a", "a", "c", "", "a", "" };
    AUTO_FREE(tally) t = tally_of(texts, 7);
    assert_int_equal(tally_count(t), 7);
    assert_int_equal(tally_unique(t), 4);
    assert_top(t, "a", 3);
}

static void nothing_added_has_no_top(void **state)
{
    (void)state;
    AUTO_FREE(tally) t = tally_of(NULL, 0);
    assert_int_equal(tally_count(t), 0);
    assert_int_equal(tally_unique(t), 0);
    assert_top(t, "", 0);
    tally_free(NULL);
}

static void of_several_the_first_to_appear_is_top(void **state)
{
    (void)state;
    static const char *const texts[] = { "z", "y", "x", "x", "y", "z" };
    AUTO_FREE(tally) t = tally_of(texts, 6);
    assert_top(t, "z", 2);
    assert_ok(tally_add(t, bytes_of_string("x")));
    assert_top(t, "x", 3);
}

static void texts_are_copied_and_may_hold_anything(void **state)
{
    (void)state;
    AUTO_FREE(tally) t = NULL;
    size_t freq;
    char text[] = { 'a', '\0', 'b' };
    assert_ok(tally_new(&t));
    assert_ok(tally_add(t, bytes_of(text, 3)));
    text[2] = 'c';
    assert_ok(tally_add(t, bytes_of(text, 3)));
    assert_ok(tally_add(t, bytes_of(text, 2)));
    assert_int_equal(tally_unique(t), 3);
    assert_memory_equal(tally_top(t, &freq).at, "a\0b", 3);
}

/* Far beyond the size it begins with, and the order survives the growing. */
static void it_grows(void **state)
{
    (void)state;
    enum { TEXTS = 20000 };
    AUTO_FREE(tally) t = NULL;
    char text[16];
    assert_ok(tally_new(&t));
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < TEXTS; i++) {
            (void)snprintf(text, sizeof(text), "%d", i);
            assert_ok(tally_add(t, bytes_of_string(text)));
        }
    }
    assert_int_equal(tally_count(t), 2 * TEXTS);
    assert_int_equal(tally_unique(t), TEXTS);
    assert_top(t, "0", 2);
    assert_ok(tally_add(t, bytes_of_string("19999")));
    assert_top(t, "19999", 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_counted),
        cmocka_unit_test(nothing_added_has_no_top),
        cmocka_unit_test(of_several_the_first_to_appear_is_top),
        cmocka_unit_test(texts_are_copied_and_may_hold_anything),
        cmocka_unit_test(it_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
