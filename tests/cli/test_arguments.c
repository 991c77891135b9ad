#include "tests/support/check.h"

#include <stdio.h>
#include <string.h>

#include "cli/arguments.h"

static const struct option own[] = {
    { "key-file", "FILE", "" },
    { "yes", NULL, "" },
    { "K", "FILE", "" },
    { 0 },
};

static const struct option common[] = {
    { "o", "FORM", "" },
    { 0 },
};

static struct status parse(const char *const *words, struct arguments *out,
                           struct reason *why)
{
    static char pool[ARGUMENTS_MAX + 2][32];
    char *argv[ARGUMENTS_MAX + 2];
    int argc = 0;
    for (; words[argc]; argc++) {
        (void)snprintf(pool[argc], sizeof(pool[argc]), "%s", words[argc]);
        argv[argc] = pool[argc];
    }
    return arguments_parse(argc, argv, own, common, out, why);
}

static void bad_input_is_refused_and_named(void **state)
{
    (void)state;
    static const struct {
        const char *words[6];
        const char *says;
    } table[] = {
        { { "--nothing" }, "no option --nothing" },
        { { "--key" }, "no option --key" },
        { { "--key-fil", "x" }, "no option --key-fil" },
        { { "-key-file", "x" }, "no option -key-file" },
        { { "-x" }, "no option -x" },
        { { "--"
            "=x" },
          "no option --=x" },
        { { "--key-file" }, "--key-file needs a value: FILE" },
        { { "a", "-K" }, "-K needs a value: FILE" },
        { { "--yes=no" }, "--yes takes no value" },
        { { "-o" }, "-o needs a value: FORM" },
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct arguments given;
        struct reason why = { "" };
        assert_status(STATUS_INVALID, parse(table[i].words, &given, &why));
        if (!strstr(why.text, table[i].says))
            fail_msg("\"%s\" does not say \"%s\"", why.text, table[i].says);
    }
}

static void options_stand_anywhere(void **state)
{
    (void)state;
    static const char *const words[] = { "-K",    "a", "name", "--key-file=b=c",
                                         "--yes", "-", NULL };
    struct arguments given;
    assert_ok(parse(words, &given, NULL));
    assert_int_equal(given.count, 2);
    assert_string_equal(given.at[0], "name");
    assert_string_equal(given.at[1], "-");
    assert_string_equal(arguments_value(&given, "K"), "a");
    assert_string_equal(arguments_value(&given, "key-file"), "b=c");
    assert_string_equal(arguments_value(&given, "yes"), "");
    assert_null(arguments_value(&given, "o"));
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    static const char *const words[] = { "--", "--yes", "--", NULL };
    struct arguments given;
    assert_ok(parse(words, &given, NULL));
    assert_int_equal(given.count, 2);
    assert_string_equal(given.at[0], "--yes");
    assert_string_equal(given.at[1], "--");
    assert_null(arguments_value(&given, "yes"));
}

static void repeated_options_come_in_their_order(void **state)
{
    (void)state;
    static const char *const words[] = { "-K", "a", "-o", "json",
                                         "-K", "b", NULL };
    struct arguments given;
    size_t position = 0;
    assert_ok(parse(words, &given, NULL));
    assert_string_equal(arguments_each(&given, "K", &position), "a");
    assert_string_equal(arguments_each(&given, "K", &position), "b");
    assert_null(arguments_each(&given, "K", &position));
}

static void more_than_fits_is_refused(void **state)
{
    (void)state;
    const char *words[ARGUMENTS_MAX + 2];
    struct arguments given;
    for (size_t i = 0; i <= ARGUMENTS_MAX; i++)
        words[i] = "x";
    words[ARGUMENTS_MAX + 1] = NULL;
    assert_status(STATUS_INVALID, parse(words, &given, NULL));
    words[ARGUMENTS_MAX] = NULL;
    assert_ok(parse(words, &given, NULL));
    for (size_t i = 0; i <= ARGUMENTS_MAX; i++)
        words[i] = "--yes";
    assert_status(STATUS_INVALID, parse(words, &given, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_input_is_refused_and_named),
        cmocka_unit_test(options_stand_anywhere),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(repeated_options_come_in_their_order),
        cmocka_unit_test(more_than_fits_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
