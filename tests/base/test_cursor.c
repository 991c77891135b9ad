#include "tests/support/check.h"

#include "base/cursor.h"

static const unsigned char record[] = { 1, 2,  3,  4,  5,  6,  7, 8,
                                        9, 10, 11, 12, 13, 14, 15 };

static void integers_are_read_big_endian(void **state)
{
    (void)state;
    struct cursor c = cursor_of(bytes_of(record, sizeof(record)));
    assert_int_equal(cursor_u8(&c), 0x01);
    assert_int_equal(cursor_u16(&c), 0x0203);
    assert_int_equal(cursor_u32(&c), 0x04050607);
    assert_int_equal(cursor_u64(&c), 0x08090a0b0c0d0e0f);
    assert_ok(cursor_finish(&c, "record"));
}

static void a_taken_run_points_into_the_record(void **state)
{
    (void)state;
    struct cursor c = cursor_of(bytes_of(record, sizeof(record)));
    struct bytes run = cursor_take(&c, 4);
    assert_ptr_equal(run.at, record);
    assert_int_equal(run.len, 4);
    assert_int_equal(cursor_u8(&c), 5);
}

static void the_first_read_past_the_end_breaks_it_for_good(void **state)
{
    (void)state;
    struct cursor c = cursor_of(bytes_of(record, 5));
    (void)cursor_u32(&c);
    assert_int_equal(cursor_u16(&c), 0); /* one byte short */
    assert_true(c.broken);
    assert_int_equal(cursor_u8(&c), 0); /* although one byte was left */
    assert_int_equal(cursor_u32(&c), 0);
    assert_int_equal(cursor_u64(&c), 0);
    struct bytes run = cursor_take(&c, 0);
    assert_int_equal(run.len, 0);
    assert_false(cursor_expect(&c, bytes_of(record + 4, 1)));
    assert_status(STATUS_INVALID, cursor_finish(&c, "record"));
}

static void a_length_from_the_input_cannot_reach_outside(void **state)
{
    (void)state;
    struct cursor c = cursor_of(bytes_of(record, sizeof(record)));
    struct bytes run = cursor_take(&c, SIZE_MAX);
    assert_null(run.at);
    assert_int_equal(run.len, 0);
    assert_status(STATUS_INVALID, cursor_finish(&c, "record"));
}

static void bytes_left_over_are_an_error(void **state)
{
    (void)state;
    struct cursor c = cursor_of(bytes_of(record, 2));
    (void)cursor_u8(&c);
    struct status s = cursor_finish(&c, "record");
    assert_status(STATUS_INVALID, s);
    assert_string_equal(s.origin, "record");
    (void)cursor_u8(&c);
    assert_ok(cursor_finish(&c, "record"));
}

static void copying_takes_all_or_gives_zeros(void **state)
{
    (void)state;
    unsigned char out[4] = { 0xff, 0xff, 0xff, 0xff };
    struct cursor c = cursor_of(bytes_of(record, 6));
    cursor_copy(&c, out, 4);
    assert_memory_equal(out, record, 4);
    cursor_copy(&c, out, 4);
    assert_memory_equal(out, "\0\0\0\0", 4);
    assert_status(STATUS_INVALID, cursor_finish(&c, "record"));
}

static void expected_bytes_are_consumed_and_others_break_it(void **state)
{
    (void)state;
    struct cursor c = cursor_of(bytes_of_string("magic1"));
    assert_true(cursor_expect(&c, bytes_of_string("magic")));
    assert_int_equal(c.left, 1);
    assert_false(cursor_expect(&c, bytes_of_string("2")));
    assert_status(STATUS_INVALID, cursor_finish(&c, "record"));

    struct cursor brief = cursor_of(bytes_of_string("mag"));
    assert_false(cursor_expect(&brief, bytes_of_string("magic")));
}

static void nothing_at_all_reads_as_nothing(void **state)
{
    (void)state;
    struct cursor c = cursor_of(bytes_of(NULL, 0));
    assert_int_equal(cursor_take(&c, 0).len, 0);
    cursor_copy(&c, &(char){ 0 }, 0);
    assert_ok(cursor_finish(&c, "record"));
    assert_int_equal(cursor_u8(&c), 0);
    assert_status(STATUS_INVALID, cursor_finish(&c, "record"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_read_big_endian),
        cmocka_unit_test(a_taken_run_points_into_the_record),
        cmocka_unit_test(the_first_read_past_the_end_breaks_it_for_good),
        cmocka_unit_test(a_length_from_the_input_cannot_reach_outside),
        cmocka_unit_test(bytes_left_over_are_an_error),
        cmocka_unit_test(copying_takes_all_or_gives_zeros),
        cmocka_unit_test(expected_bytes_are_consumed_and_others_break_it),
        cmocka_unit_test(nothing_at_all_reads_as_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
