#include "tests/support/check.h"

#include <string.h>

#include "ca/der.h"

#define BYTES(literal) bytes_of(literal, sizeof(literal) - 1)

/* The same for a static table. */
#define ROW(literal)                                                           \
    {                                                                          \
        (const unsigned char *)(literal), sizeof(literal) - 1                  \
    }

static void lengths_take_the_shortest_form(void **state)
{
    (void)state;
    static const struct {
        size_t contents, head;
    } rows[] = { { 0, 2 },   { 1, 2 },   { 127, 2 },   { 128, 3 },
                 { 255, 3 }, { 256, 4 }, { 65535, 4 }, { 65536, 5 } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER contents = buffer_make(1 << 17);
        AUTO_CLEAR_BUFFER out = buffer_make(1 << 17);
        if (rows[i].contents > 0)
            memset(buffer_extend(&contents, rows[i].contents), 7,
                   rows[i].contents);
        der_put(&out, DER_OCTET_STRING, buffer_bytes(&contents));
        assert_ok(buffer_status(&out));
        assert_int_equal(out.len, rows[i].head + rows[i].contents);

        struct cursor in = cursor_of(buffer_bytes(&out));
        assert_true(bytes_equal(der_take(&in, DER_OCTET_STRING),
                                buffer_bytes(&contents)));
        assert_true(der_finished(&in));
    }
}

static void only_the_shortest_definite_length_is_read(void **state)
{
    (void)state;
    static const struct {
        struct bytes der;
        const char *why;
    } rows[] = {
        { ROW("\x04\x80\x01\x00\x00"), "indefinite" },
        { ROW("\x04\x81\x01\x01"), "one byte in long form" },
        { ROW("\x04\x82\x00\x01\x01"), "leading zero" },
        { ROW("\x04\x84\x00\x00\x00\x01\x01"), "four bytes" },
        { ROW("\x04\x02\x01"), "beyond the end" },
        { ROW("\x04"), "no length" },
        { ROW(""), "nothing" },
        { ROW("\x05\x00"), "another tag" },
        { ROW("\x1f\x04\x00"), "a long tag" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cursor in = cursor_of(rows[i].der);
        (void)der_take(&in, DER_OCTET_STRING);
        if (!in.broken)
            fail_msg("accepted: %s", rows[i].why);
        assert_false(der_finished(&in));
        in = cursor_of(rows[i].der);
        (void)der_take_element(&in);
        if (i != 7 && !in.broken)
            fail_msg("accepted as any element: %s", rows[i].why);
    }
}

static void an_element_is_taken_with_its_head(void **state)
{
    (void)state;
    struct bytes two = BYTES("\x04\x01\x07\x05\x00");
    struct cursor in = cursor_of(two);
    assert_int_equal(der_next(&in), DER_OCTET_STRING);
    assert_true(bytes_equal(der_take_element(&in), bytes_of(two.at, 3)));
    assert_int_equal(der_next(&in), DER_NULL);
    assert_true(bytes_equal(der_take_element(&in), bytes_of(two.at + 3, 2)));
    assert_int_equal(der_next(&in), 0);
}

static void a_broken_parent_breaks_the_child(void **state)
{
    (void)state;
    struct cursor in = cursor_of(BYTES("\x31\x00"));
    struct cursor child = der_enter(&in, DER_SEQUENCE);
    assert_true(child.broken);
    assert_int_equal(der_next(&in), 0);
}

static void integers_are_written_in_their_one_form(void **state)
{
    (void)state;
    static const struct {
        struct bytes value, der;
    } rows[] = {
        { ROW(""), ROW("\x02\x01\x00") },
        { ROW("\x00\x00"), ROW("\x02\x01\x00") },
        { ROW("\x7f"), ROW("\x02\x01\x7f") },
        { ROW("\x80"), ROW("\x02\x02\x00\x80") },
        { ROW("\x00\x01\x02"), ROW("\x02\x02\x01\x02") },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER out = buffer_make(64);
        der_put_unsigned(&out, rows[i].value);
        assert_true(bytes_equal(buffer_bytes(&out), rows[i].der));

        unsigned char back[4];
        struct cursor in = cursor_of(rows[i].der);
        der_copy_unsigned(&in, back, sizeof(back));
        assert_true(der_finished(&in));
        AUTO_CLEAR_BUFFER again = buffer_make(64);
        der_put_unsigned(&again, bytes_of(back, sizeof(back)));
        assert_true(bytes_equal(buffer_bytes(&again), rows[i].der));
    }
    AUTO_CLEAR_BUFFER out = buffer_make(64);
    der_put_number(&out, 0x1234);
    assert_true(bytes_equal(buffer_bytes(&out), BYTES("\x02\x02\x12\x34")));
}

static void other_integers_are_refused(void **state)
{
    (void)state;
    static const struct bytes rows[] = {
        ROW("\x02\x01\x80"),             /* negative           */
        ROW("\x02\x02\xff\x01"),         /* negative           */
        ROW("\x02\x02\x00\x01"),         /* needless zero      */
        ROW("\x02\x00"),                 /* empty              */
        ROW("\x02\x03\x01\x02\x03"),     /* longer than wanted */
        ROW("\x02\x03\x00\x81\x02\x03"), /* truncated          */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned char out[2];
        struct cursor in = cursor_of(rows[i]);
        der_copy_unsigned(&in, out, sizeof(out));
        assert_false(der_finished(&in));
    }
}

static void bit_strings_hold_whole_octets(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER out = buffer_make(64);
    der_put_bits(&out, BYTES("ab"));
    struct cursor in = cursor_of(buffer_bytes(&out));
    assert_true(bytes_equal(der_take_bits(&in), BYTES("ab")));
    assert_true(der_finished(&in));

    in = cursor_of(BYTES("\x03\x02\x01\x80"));
    assert_int_equal(der_take_bits(&in).len, 0);
    assert_true(in.broken);
    in = cursor_of(BYTES("\x03\x00"));
    assert_int_equal(der_take_bits(&in).len, 0);
    assert_true(in.broken);
}

static void times_are_written_as_rfc_5280_wants(void **state)
{
    (void)state;
    static const struct {
        uint64_t seconds;
        const char *text;
    } rows[] = {
        { 0, "700101000000Z" },
        { 951782399, "000228235959Z" },
        { 951782400, "000229000000Z" },
        { 951868800, "000301000000Z" },
        { 1735689599, "241231235959Z" },
        { 2524607999, "491231235959Z" },
        { 2524608000, "20500101000000Z" },
        { 4107542399, "21000228235959Z" },
        { 4107542400, "21000301000000Z" },
        { DER_TIME_MAX, "99991231235959Z" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER out = buffer_make(64);
        der_put_time(&out, rows[i].seconds);
        assert_int_equal(out.data[0], strlen(rows[i].text) == 13
                                          ? DER_UTC_TIME
                                          : DER_GENERALIZED_TIME);
        assert_int_equal(out.len, strlen(rows[i].text) + 2);
        assert_memory_equal(out.data + 2, rows[i].text, out.len - 2);

        struct cursor in = cursor_of(buffer_bytes(&out));
        assert_true(der_take_time(&in) == rows[i].seconds);
        assert_true(der_finished(&in));
    }
}

static void every_day_of_four_centuries_comes_back(void **state)
{
    (void)state;
    for (uint64_t day = 0; day < 146097; day++) {
        AUTO_CLEAR_BUFFER out = buffer_make(64);
        der_put_time(&out, day * 86400 + day % 86400);
        struct cursor in = cursor_of(buffer_bytes(&out));
        assert_true(der_take_time(&in) == day * 86400 + day % 86400);
        assert_true(der_finished(&in));
    }
}

static void no_other_time_is_read(void **state)
{
    (void)state;
    static const struct {
        unsigned tag;
        const char *text;
    } rows[] = {
        { DER_UTC_TIME, "500101000000Z" }, /* 1950 */
        { DER_UTC_TIME, "270229000000Z" },
        { DER_UTC_TIME, "270431000000Z" },
        { DER_UTC_TIME, "271301000000Z" },
        { DER_UTC_TIME, "270001000000Z" },
        { DER_UTC_TIME, "270100000000Z" },
        { DER_UTC_TIME, "270132000000Z" },
        { DER_UTC_TIME, "270101240000Z" },
        { DER_UTC_TIME, "270101006000Z" },
        { DER_UTC_TIME, "270101000060Z" },
        { DER_UTC_TIME, "2701010000 0Z" },
        { DER_UTC_TIME, "270101000000z" },
        { DER_UTC_TIME, "2701010000Z" },
        { DER_UTC_TIME, "270101000000+0100" },
        { DER_UTC_TIME, "20270101000000Z" },
        { DER_GENERALIZED_TIME, "20270101000000Z" }, /* belongs in UTCTime */
        { DER_GENERALIZED_TIME, "20510101000000.5Z" },
        { DER_GENERALIZED_TIME, "21000229000000Z" },
        { DER_GENERALIZED_TIME, "270101000000Z" },
        { DER_OCTET_STRING, "270101000000Z" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER der = buffer_make(64);
        der_put(&der, rows[i].tag, bytes_of_string(rows[i].text));
        struct cursor in = cursor_of(buffer_bytes(&der));
        (void)der_take_time(&in);
        if (!in.broken)
            fail_msg("accepted: %s", rows[i].text);
    }
}

static void writing_past_the_maximum_is_remembered(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER out = buffer_make(4);
    size_t place = der_open(&out, DER_SEQUENCE);
    der_put(&out, DER_OCTET_STRING, BYTES("abc"));
    der_close(&out, place);
    assert_status(STATUS_INVALID, buffer_status(&out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_take_the_shortest_form),
        cmocka_unit_test(only_the_shortest_definite_length_is_read),
        cmocka_unit_test(an_element_is_taken_with_its_head),
        cmocka_unit_test(a_broken_parent_breaks_the_child),
        cmocka_unit_test(integers_are_written_in_their_one_form),
        cmocka_unit_test(other_integers_are_refused),
        cmocka_unit_test(bit_strings_hold_whole_octets),
        cmocka_unit_test(times_are_written_as_rfc_5280_wants),
        cmocka_unit_test(every_day_of_four_centuries_comes_back),
        cmocka_unit_test(no_other_time_is_read),
        cmocka_unit_test(writing_past_the_maximum_is_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
