#include "tests/support/check.h"

#include <stdlib.h>

#include "base/buffer.h"

static void assert_holds(const struct buffer *b, const char *expected)
{
    assert_true(bytes_equal(buffer_bytes(b), bytes_of_string(expected)));
}

static void an_empty_buffer_allocates_nothing(void **state)
{
    (void)state;
    struct buffer b = buffer_make(10);
    assert_null(b.data);
    assert_int_equal(buffer_bytes(&b).len, 0);
    assert_ok(buffer_status(&b));
    buffer_put(&b, bytes_of(NULL, 0));
    assert_null(b.data);
    buffer_clear(&b); /* fine although there is nothing */
}

static void integers_are_big_endian(void **state)
{
    (void)state;
    static const unsigned char expected[] = { 0x01, 0x02, 0x03, 0x04, 0x05,
                                              0x06, 0x07, 0x08, 0x09, 0x0a,
                                              0x0b, 0x0c, 0x0d, 0x0e, 0x0f };
    AUTO_CLEAR_BUFFER b = buffer_make(64);
    buffer_put_u8(&b, 0x01);
    buffer_put_u16(&b, 0x0203);
    buffer_put_u32(&b, 0x04050607);
    buffer_put_u64(&b, 0x08090a0b0c0d0e0f);
    assert_ok(buffer_status(&b));
    assert_int_equal(b.len, sizeof(expected));
    assert_memory_equal(b.data, expected, sizeof(expected));
}

static void it_fills_up_to_its_maximum_and_no_further(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER b = buffer_make(5);
    buffer_put_string(&b, "abc");
    buffer_put_string(&b, "de");
    assert_ok(buffer_status(&b));
    assert_holds(&b, "abcde");
    buffer_put_u8(&b, 'f');
    assert_status(STATUS_INVALID, buffer_status(&b));
    assert_holds(&b, "abcde");
}

static void the_first_refusal_sticks(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER b = buffer_make(3);
    buffer_put_string(&b, "ab");
    buffer_put_string(&b, "too long");
    buffer_put_string(&b, "c"); /* would fit */
    buffer_printf(&b, "%d", 1); /* too */
    assert_null(buffer_extend(&b, 1));
    assert_status(STATUS_INVALID, buffer_status(&b));
    assert_holds(&b, "ab");
}

static void clearing_makes_it_usable_again(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER b = buffer_make(3);
    buffer_put_string(&b, "too long");
    buffer_clear(&b);
    assert_ok(buffer_status(&b));
    assert_int_equal(b.max, 3);
    buffer_put_string(&b, "abc");
    assert_ok(buffer_status(&b));
    assert_holds(&b, "abc");
}

static void what_was_written_survives_growing(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER b = buffer_make(1000);
    for (size_t i = 0; i < 1000; i++)
        buffer_put_u8(&b, (uint8_t)(i % 251));
    assert_ok(buffer_status(&b));
    assert_int_equal(b.len, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(b.data[i], i % 251);
}

static void printf_writes_text_without_its_nul(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER b = buffer_make(64);
    buffer_printf(&b, "%s-%04d", "x", 42);
    buffer_printf(&b, "%s", "");
    buffer_printf(&b, "!");
    assert_ok(buffer_status(&b));
    assert_holds(&b, "x-0042!");
}

static void printf_may_fill_the_last_byte_and_no_more(void **state)
{
    (void)state;
    for (size_t max = 1; max < 200; max++) {
        AUTO_CLEAR_BUFFER b = buffer_make(max);
        buffer_printf(&b, "%0*d", (int)max, 7);
        assert_ok(buffer_status(&b));
        assert_int_equal(b.len, max);
        buffer_printf(&b, "x");
        assert_status(STATUS_INVALID, buffer_status(&b));
        assert_int_equal(b.len, max);
    }
}

static void extend_gives_room_that_counts_as_written(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER b = buffer_make(8);
    buffer_put_string(&b, "ab");
    unsigned char *at = buffer_extend(&b, 3);
    assert_non_null(at);
    memcpy(at, "cde", 3);
    assert_holds(&b, "abcde");
    assert_null(buffer_extend(&b, 4));
    assert_status(STATUS_INVALID, buffer_status(&b));
}

static void an_absurd_length_is_refused_without_overflow(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER b = buffer_make(8);
    buffer_put_string(&b, "ab");
    assert_null(buffer_extend(&b, SIZE_MAX));
    assert_status(STATUS_INVALID, buffer_status(&b));
}

static void consume_drops_the_front(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER b = buffer_make(6);
    buffer_consume(&b, 0);
    buffer_put_string(&b, "abcdef");
    buffer_consume(&b, 0);
    assert_holds(&b, "abcdef");
    buffer_consume(&b, 2);
    assert_holds(&b, "cdef");
    assert_memory_equal(b.data + 4, "\0\0", 2); /* no copy left behind */
    buffer_put_string(&b, "gh");                /* there is room again */
    assert_ok(buffer_status(&b));
    assert_holds(&b, "cdefgh");
    buffer_consume(&b, 6);
    assert_holds(&b, "");
}

static void a_string_is_a_copy_with_a_nul(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER b = buffer_make(8);
    char *empty = buffer_string(&b);
    assert_string_equal(empty, "");
    free(empty);

    buffer_put_string(&b, "abc");
    char *copy = buffer_string(&b);
    buffer_clear(&b);
    assert_string_equal(copy, "abc");
    free(copy);
}

static void there_is_no_string_of_bytes_with_a_nul_inside(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER b = buffer_make(8);
    buffer_put(&b, bytes_of("a\0b", 3));
    assert_null(buffer_string(&b));
}

static void bytes_compare_by_length_and_content(void **state)
{
    (void)state;
    assert_true(bytes_equal(bytes_of(NULL, 0), bytes_of("x", 0)));
    assert_true(bytes_equal(bytes_of("ab", 2), bytes_of_string("ab")));
    assert_false(bytes_equal(bytes_of("ab", 2), bytes_of("ab", 1)));
    assert_false(bytes_equal(bytes_of("ab", 2), bytes_of("ac", 2)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_buffer_allocates_nothing),
        cmocka_unit_test(integers_are_big_endian),
        cmocka_unit_test(it_fills_up_to_its_maximum_and_no_further),
        cmocka_unit_test(the_first_refusal_sticks),
        cmocka_unit_test(clearing_makes_it_usable_again),
        cmocka_unit_test(what_was_written_survives_growing),
        cmocka_unit_test(printf_writes_text_without_its_nul),
        cmocka_unit_test(printf_may_fill_the_last_byte_and_no_more),
        cmocka_unit_test(extend_gives_room_that_counts_as_written),
        cmocka_unit_test(an_absurd_length_is_refused_without_overflow),
        cmocka_unit_test(consume_drops_the_front),
        cmocka_unit_test(a_string_is_a_copy_with_a_nul),
        cmocka_unit_test(there_is_no_string_of_bytes_with_a_nul_inside),
        cmocka_unit_test(bytes_compare_by_length_and_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
