#include "tests/support/check.h"

#include <string.h>

#include "cli/output.h"

static void assert_plain(const char *text, const char *expected)
{
    AUTO_CLEAR_BUFFER out = buffer_make(4096);
    output_plain(text, &out);
    assert_int_equal(out.len, strlen(expected));
    assert_memory_equal(out.data, expected, out.len);
}

static void what_moves_a_cursor_is_shown_instead(void **state)
{
    (void)state;
    assert_plain("a\x1b[2Jb", "a\\u{1b}[2Jb");
    assert_plain("a\xe2\x80\xae"
                 "b",
                 "a\\u{202e}b");
    assert_plain("a\rb", "a\\u{d}b");
}

static void quotes_and_backslashes_stay(void **state)
{
    (void)state;
    assert_plain("{\"a\":\"b\\\\c\"}", "{\"a\":\"b\\\\c\"}");
    assert_plain("Zo\xc3\xab", "Zo\xc3\xab");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_moves_a_cursor_is_shown_instead),
        cmocka_unit_test(quotes_and_backslashes_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
