/* CBOR: what is read, and every input with a second meaning refused. */

#include "base/cbor.h"
#include "tests/support/check.h"

static STATUS check(const char *hex, size_t len)
{
    return cbor_check(bytes_of(hex, len));
}

#define ITEM(text)                                                             \
    {                                                                          \
        text, sizeof(text) - 1                                                 \
    }

struct item {
    const char *at;
    size_t len;
};

static void one_strict_item_is_read(void **state)
{
    (void)state;
    static const struct item rows[] = {
        ITEM("\x00"),
        ITEM("\x17"),
        ITEM("\x18\x18"),
        ITEM("\x18\xff"),
        ITEM("\x19\x01\x00"),
        ITEM("\x1a\x00\x01\x00\x00"),
        ITEM("\x1b\x00\x00\x00\x01\x00\x00\x00\x00"),
        ITEM("\x1b\xff\xff\xff\xff\xff\xff\xff\xff"),
        ITEM("\x38\x22"),
        ITEM("\x40"),
        ITEM("\x43"
             "abc"),
        ITEM("\x60"),
        ITEM("\x63"
             "abc"),
        ITEM("\x80"),
        ITEM("\x83\x01\x02\x03"),
        ITEM("\xa0"),
        ITEM("\xa2\x01\x02\x02\x02"),
        ITEM("\xa2\x01\x02\x61"
             "1\x02"), /* 1 and "1" differ */
        ITEM("\xd2\x80"),
        ITEM("\xf4"),
        ITEM("\xf5"),
        ITEM("\xf6"),
        ITEM("\x81\x81\x81\x81\x81\x81\x81\x00"),             /* 8 deep */
        ITEM("\xa1\x01\xa1\x01\xa1\x01\xa1\x01\xa1\x01\x00"), /* 6 */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (failed(check(rows[i].at, rows[i].len)))
            fail_msg("row %zu was refused", i);
}

static void everything_else_is_refused(void **state)
{
    (void)state;
    static const struct item rows[] = {
        ITEM(""),
        ITEM("\x18"),                 /* cut */
        ITEM("\x1b\x00\x00\x00\x01"), /* cut */
        ITEM("\x42"
             "a"), /* fewer than it says */
        ITEM("\x62"
             "a"),
        ITEM("\x82\x01"),
        ITEM("\xa1\x01"),
        ITEM("\xc1"),
        ITEM("\x00\x00"), /* something behind */
        ITEM("\xf6\xf6"),
        ITEM("\x18\x17"), /* not the shortest */
        ITEM("\x19\x00\xff"),
        ITEM("\x1a\x00\x00\xff\xff"),
        ITEM("\x1b\x00\x00\x00\x00\xff\xff\xff\xff"),
        ITEM("\x58\x01"
             "a"),
        ITEM("\x98\x01\x00"),
        ITEM("\x1c"), /* reserved */
        ITEM("\x1d"),
        ITEM("\x1e"),
        ITEM("\x5f\x41"
             "a\xff"), /* of indefinite length */
        ITEM("\x7f\x61"
             "a\xff"),
        ITEM("\x9f\x01\xff"),
        ITEM("\xbf\x01\x02\xff"),
        ITEM("\xff"),
        ITEM("\xa2\x01\x02\x01\x03"), /* a key twice */
        ITEM("\xa3\x01\x02\x03\x04\x01\x06"),
        ITEM("\xa2\x61"
             "a\x01\x61"
             "a\x01"),
        ITEM("\x81\xa2\x01\x02\x01\x03"), /* within */
        ITEM("\xa1\x01\xa2\x01\x02\x01\x03"),
        ITEM("\xf7"), /* undefined, unassigned, floats */
        ITEM("\xe0"),
        ITEM("\xf3"),
        ITEM("\xf8\x20"),
        ITEM("\xf9\x00\x00"),
        ITEM("\xfa\x00\x00\x00\x00"),
        ITEM("\xfb\x00\x00\x00\x00\x00\x00\x00\x00"),
        ITEM("\x5b\xff\xff\xff\xff\xff\xff\xff\xff"), /* lengths beyond */
        ITEM("\x7b\xff\xff\xff\xff\xff\xff\xff\xff"),
        ITEM("\x9b\xff\xff\xff\xff\xff\xff\xff\xff"),
        ITEM("\xbb\xff\xff\xff\xff\xff\xff\xff\xff"),
        ITEM("\xbb\x80\x00\x00\x00\x00\x00\x00\x00\x01\x02"),
        ITEM("\x81\x81\x81\x81\x81\x81\x81\x81\x00"), /* 9 deep */
        ITEM("\xd2\xd2\xd2\xd2\xd2\xd2\xd2\xd2\x00"),
        ITEM("\xa1\x81\x81\x81\x81\x81\x81\x81\x00\x00"),
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (!failed(check(rows[i].at, rows[i].len)))
            fail_msg("row %zu was read", i);
}

/* Bounded work whatever the input: nesting and width are cut off early. */
static void nesting_and_width_are_bounded(void **state)
{
    (void)state;
    static unsigned char deep[32 * 1024];
    static unsigned char wide[2 + 2 * 65 * 2];
    size_t len = 2;
    memset(deep, 0x81, sizeof(deep));
    assert_status(STATUS_INVALID, cbor_check(bytes_of(deep, sizeof(deep))));
    wide[0] = 0xb8;
    wide[1] = 64;
    for (unsigned i = 0; i < 65; i++) {
        if (i >= 24)
            wide[len++] = 0x18;
        wide[len++] = (unsigned char)i;
        wide[len++] = 0;
        if (i == 63)
            assert_ok(cbor_check(bytes_of(wide, len)));
    }
    wide[1] = 65;
    assert_status(STATUS_INVALID, cbor_check(bytes_of(wide, len)));
}

static const char sample[] = "\x87\x05\x42"
                             "ab\x63"
                             "xyz\x81\x01\xa1\x01\x02\xd2\x00\xf6";

static void readers_take_what_is_there(void **state)
{
    (void)state;
    struct cursor in = cursor_of(bytes_of(sample, sizeof(sample) - 1));
    assert_int_equal(cbor_array(&in), 7);
    assert_false(cbor_null(&in));
    assert_int_equal(cbor_uint(&in), 5);
    assert_true(bytes_equal(cbor_bytes(&in), bytes_of("ab", 2)));
    assert_true(bytes_equal(cbor_text(&in), bytes_of("xyz", 3)));
    assert_true(bytes_equal(cbor_item(&in), bytes_of("\x81\x01", 2)));
    assert_int_equal(cbor_map(&in), 1);
    assert_int_equal(cbor_uint(&in), 1);
    assert_int_equal(cbor_uint(&in), 2);
    assert_int_equal(cbor_tag(&in), 18);
    assert_int_equal(cbor_uint(&in), 0);
    assert_true(cbor_null(&in));
    assert_ok(cursor_finish(&in, "sample"));
    assert_false(cbor_null(&in)); /* the end is no null */
}

static void readers_break_on_another_type(void **state)
{
    (void)state;
    static const struct item rows[] = {
        ITEM("\x01"), ITEM("\x20"), ITEM("\x40"), ITEM("\x60"), ITEM("\x80"),
        ITEM("\xa0"), ITEM("\xc0"), ITEM("\xf6"), ITEM("")
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t reader = 0; reader < 7; reader++) {
            struct cursor in = cursor_of(bytes_of(rows[i].at, rows[i].len));
            switch (reader) {
            case 0: (void)cbor_uint(&in); break;
            case 2: (void)cbor_bytes(&in); break;
            case 3: (void)cbor_text(&in); break;
            case 4: (void)cbor_array(&in); break;
            case 5: (void)cbor_map(&in); break;
            case 6: (void)cbor_tag(&in); break;
            default: continue;
            }
            assert_int_equal(in.broken, i != reader);
            assert_false(in.broken && cbor_null(&in));
        }
}

/* Even of what was not checked: a length is compared before it is used. */
static void readers_never_go_beyond_the_end(void **state)
{
    (void)state;
    struct cursor in = cursor_of(bytes_of("\x5b\xff\xff\xff\xff"
                                          "\xff\xff\xff\xff",
                                          9));
    assert_int_equal(cbor_bytes(&in).len, 0);
    assert_true(in.broken);
    in = cursor_of(bytes_of("\x9a\x00\x01\x00\x00\x01", 6));
    assert_int_equal(cbor_array(&in), 0);
    assert_true(in.broken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_strict_item_is_read),
        cmocka_unit_test(everything_else_is_refused),
        cmocka_unit_test(nesting_and_width_are_bounded),
        cmocka_unit_test(readers_take_what_is_there),
        cmocka_unit_test(readers_break_on_another_type),
        cmocka_unit_test(readers_never_go_beyond_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
