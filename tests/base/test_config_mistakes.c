/* Every mistake a person can make in a configuration file is refused, and
 * the message names the line and what is wrong there. */

#include "tests/support/check.h"

#include <stdio.h>

#include "base/config.h"

static const struct config_option options[] = {
    { "", "name", CONFIG_TEXT, "accord", 0, 0, "what it is called" },
    { "server", "listen", CONFIG_TEXT, NULL, 0, 0, "where to listen" },
    { "server", "threads", CONFIG_NUMBER, "4", 1, 64, "loop threads" },
    { "store", "path", CONFIG_PATH, "/var/lib/accord", 0, 0, "the store" },
    { "store", "shift", CONFIG_NUMBER, "", INT64_MIN, INT64_MAX, "any" },
    { "server", "plain", CONFIG_FLAG, "no", 0, 0, "plain paths" },
    { "server", "names", CONFIG_LIST, "", 0, 0, "names" },
};
#define COUNT (sizeof(options) / sizeof(options[0]))

static STATUS parse(const char *text, struct config **out, struct reason *why)
{
    return config_parse("f", bytes_of_string(text), options, COUNT, out, why);
}

static struct config *parsed(const char *text)
{
    struct config *config = NULL;
    struct reason why = { "" };
    struct status s = parse(text, &config, &why);
    assert_string_equal(why.text, "");
    assert_ok(s);
    return config;
}

static void assert_refused(struct bytes text, const char *expected)
{
    struct config *config = NULL;
    struct reason why = { "" };
    assert_status(STATUS_INVALID,
                  config_parse("f", text, options, COUNT, &config, &why));
    assert_string_equal(why.text, expected);
    assert_null(config);
}

static const struct {
    const char *text, *complaint;
} bad[] = {
    { "", "f:0: listen is missing from section [server]" },
    { "[server]\n\n#\n", "f:3: listen is missing from section [server]" },
    { "color = red\n", "f:1: unknown option color in section []" },
    { "\nthreads = 1\n", "f:2: unknown option threads in section []" },
    { "[server]\nname = x\n", "f:2: unknown option name in section [server]" },
    { "Name = x\n", "f:1: unknown option Name in section []" },
    { "[clients]\n", "f:1: unknown section [clients]" },
    { "[Server]\n", "f:1: unknown section [Server]" },
    { "[server]\n[store]\n[server]\n",
      "f:3: section [server] is here a second time" },
    { "name = a\n#\nname = a\n", "f:3: name was already given in line 1" },
    { "name = a\n  b\n",
      "f:2: the line starts with a blank; lines are not continued" },
    { "\tname = a\n",
      "f:1: the line starts with a blank; lines are not continued" },
    { "  # indented\n",
      "f:1: the line starts with a blank; lines are not continued" },
    { "name = a\\\nb\n",
      "f:1: name ends in a backslash; lines are not continued" },
    { "name\n", "f:1: this is neither name = value nor [section]" },
    { "name: x\n", "f:1: this is neither name = value nor [section]" },
    { "= x\n", "f:1: this is not the name of an option" },
    { "na me = x\n", "f:1: this is not the name of an option" },
    { "\xc3\xa9 = x\n", "f:1: this is not the name of an option" },
    { "\x1b[2J = x\n", "f:1: this is not the name of an option" },
    { "\xef\xbb\xbfname = x\n", "f:1: this is not the name of an option" },
    { "[server\n", "f:1: the section's name does not end with ]" },
    { "[\n", "f:1: the section's name does not end with ]" },
    { "[]\n", "f:1: this is not the name of a section" },
    { "[ server ]\n", "f:1: this is not the name of a section" },
    { "[server] # x\n", "f:1: the section's name does not end with ]" },
    { "name =\n", "f:1: name has no value" },
    { "name = \t \n", "f:1: name has no value" },
    { "name = a\tb\n", "f:1: name has a value with a control character or "
                       "that is not UTF-8" },
    { "name = a\r\n", "f:1: name has a value with a control character or "
                      "that is not UTF-8" },
    { "[store]\npath = etc\n", "f:2: path must be a path that starts with /" },
    { "[server]\nplain = true\n", "f:2: plain must be yes or no" },
    { "[server]\nplain = Yes\n", "f:2: plain must be yes or no" },
    { "[server]\nnames = ,\n",
      "f:2: names has an empty item between its commas" },
    { "[server]\nnames = a,\n",
      "f:2: names has an empty item between its commas" },
    { "[server]\nnames = a, ,b\n",
      "f:2: names has an empty item between its commas" },
};

static void every_mistake_is_named_with_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_refused(bytes_of_string(bad[i].text), bad[i].complaint);
}

static void a_number_is_decimal_and_within_its_bounds(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "0",
        "65",
        "-1",
        "+1",
        "01",
        "1.0",
        "0x1",
        "1k",
        "1 0",
        "-",
        "--1",
        "1-",
        "-0",
        "four",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551617",
        "99999999999999999999999999",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char text[96];
        (void)snprintf(text, sizeof(text), "[server]\nthreads = %s\n",
                       wrong[i]);
        assert_refused(bytes_of_string(text),
                       "f:2: threads must be a whole number from 1 to 64");
    }
}

static void a_number_may_be_as_large_as_its_type(void **state)
{
    (void)state;
    AUTO_FREE(config) c = parsed("[server]\nlisten = x\n"
                                 "[store]\nshift = 9223372036854775807\n");
    assert_true(config_number(c, "store", "shift") == INT64_MAX);
    assert_refused(bytes_of_string("[store]\nshift = 9223372036854775808\n"),
                   "f:2: shift must be a whole number from "
                   "-9223372036854775808 to 9223372036854775807");
}

static void text_is_well_formed_utf8_without_control_characters(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "\x80",
        "\xc3",
        "\xc0\xaf",
        "\xc1\xbf",
        "\xe0\x80\xaf",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf0\x80\x80\xaf",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "\xe2\x82",
        "\xe2\x28\xa1",
        "\x01",
        "\x7f",
        "\xc2\x85",
    };
    static const char *const right[] = {
        "\xc2\xa0",     "\xdf\xbf",         "\xe0\xa0\x80",     "\xed\x9f\xbf",
        "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "~",
    };
    char text[64];
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        (void)snprintf(text, sizeof(text), "name = a%s\n", wrong[i]);
        assert_refused(bytes_of_string(text),
                       "f:1: name has a value with a control character or "
                       "that is not UTF-8");
    }
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        (void)snprintf(text, sizeof(text), "name = %s\n[server]\nlisten = x",
                       right[i]);
        AUTO_FREE(config) c = parsed(text);
        assert_string_equal(config_text(c, "", "name"), right[i]);
    }
    assert_refused(bytes_of("name = a\0b\n", 11),
                   "f:1: name has a value with a control character or "
                   "that is not UTF-8");
}

static void a_value_has_at_most_4096_bytes(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER text = buffer_make(8192);
    buffer_put_string(&text, "[server]\nlisten = ");
    memset(buffer_extend(&text, 4096), 'x', 4096);
    struct config *config = NULL;
    assert_ok(
        config_parse("f", buffer_bytes(&text), options, COUNT, &config, NULL));
    assert_int_equal(strlen(config_text(config, "server", "listen")), 4096);
    config_free(config);
    buffer_put_string(&text, "y");
    assert_refused(buffer_bytes(&text),
                   "f:2: listen has a value longer than 4096 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mistake_is_named_with_its_line),
        cmocka_unit_test(a_number_is_decimal_and_within_its_bounds),
        cmocka_unit_test(a_number_may_be_as_large_as_its_type),
        cmocka_unit_test(text_is_well_formed_utf8_without_control_characters),
        cmocka_unit_test(a_value_has_at_most_4096_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
