/* accord-enclave's command line. */

#include "enclave/arguments.h"

#include "tests/support/check.h"

#define WORDS(...)                                                             \
    (const char *const[])                                                      \
    {                                                                          \
        "accord-enclave", __VA_ARGS__, NULL                                    \
    }

static struct status read_words(const char *const *words, struct arguments *out,
                                struct reason *why)
{
    int count = 0;
    while (words[count])
        count++;
    /* main()'s argv is not const, though nobody writes to it. */
    return arguments_read(count, (char **)(uintptr_t)words, out, why);
}

static void a_full_command_line(void **state)
{
    (void)state;
    struct arguments a;
    const char *const *words =
        WORDS("run", "--agent", "http://a", "-q", "--broker", "https://b",
              "--ca", "ca.pem", "--log-key", "ab", "--head", "h", "--receipts",
              "r", "--pause-before-release", "p", "--allow-http", "--network",
              "--simulate", "tdx", "hash", "--", "app", "-q", "--");
    assert_ok(read_words(words, &a, NULL));
    assert_int_equal(a.verb, ARGUMENTS_RUN);
    assert_string_equal(a.options.agent, "http://a");
    assert_string_equal(a.options.broker, "https://b");
    assert_string_equal(a.options.ca_file, "ca.pem");
    assert_string_equal(a.options.log_key, "ab");
    assert_string_equal(a.options.configuration, "hash");
    assert_string_equal(a.options.head, "h");
    assert_string_equal(a.receipts, "r");
    assert_string_equal(a.options.simulate, "tdx");
    assert_string_equal(a.pause_before_release, "p");
    assert_true(a.quiet && a.network && a.options.allow_http);
    assert_string_equal(a.app[0], "app");
    assert_string_equal(a.app[1], "-q");
    assert_string_equal(a.app[2], "--");
    assert_null(a.app[3]);
}

static void what_is_not_given_stays_unset(void **state)
{
    (void)state;
    struct arguments a;
    assert_ok(read_words(WORDS("run", "hash", "--", "app"), &a, NULL));
    assert_null(a.options.agent);
    assert_null(a.options.broker);
    assert_null(a.options.ca_file);
    assert_null(a.options.log_key);
    assert_null(a.options.head);
    assert_null(a.receipts);
    assert_null(a.options.simulate);
    assert_null(a.pause_before_release);
    assert_false(a.quiet || a.network || a.options.allow_http);
    assert_int_equal(a.options.size, sizeof(struct accord_options));
}

static void the_other_verbs(void **state)
{
    (void)state;
    struct arguments a;
    assert_ok(read_words(WORDS("measure", "--", "app", "x"), &a, NULL));
    assert_int_equal(a.verb, ARGUMENTS_MEASURE);
    assert_string_equal(a.app[1], "x");
    assert_ok(read_words(WORDS("--help"), &a, NULL));
    assert_int_equal(a.verb, ARGUMENTS_HELP);
    assert_ok(read_words(WORDS("help"), &a, NULL));
}

static void assert_wrong(const char *const *words, const char *says)
{
    struct arguments a;
    struct reason why = { "" };
    assert_status(STATUS_INVALID, read_words(words, &a, &why));
    if (!strstr(why.text, says))
        fail_msg("\"%s\" does not say \"%s\"", why.text, says);
}

static void mistakes_are_named(void **state)
{
    (void)state;
    const char *const nothing[] = { "accord-enclave", NULL };
    assert_wrong(nothing, "nothing to do");
    assert_wrong(WORDS("jump"), "unknown command jump");
    assert_wrong(WORDS("run"), "hash is missing");
    assert_wrong(WORDS("run", "--", "app"), "hash is missing");
    assert_wrong(WORDS("run", "hash"), "program is missing");
    assert_wrong(WORDS("run", "hash", "--"), "program is missing");
    assert_wrong(WORDS("run", "hash", "hash2", "--", "app"),
                 "more than one configuration: hash2");
    assert_wrong(WORDS("run", "--fast", "hash", "--", "app"),
                 "unknown option --fast");
    assert_wrong(WORDS("run", "hash", "--agent", "--", "app"),
                 "a value is missing behind --agent");
    assert_wrong(WORDS("run", "hash", "--agent"),
                 "a value is missing behind --agent");
    assert_wrong(WORDS("run", "--ca", "a", "--ca", "b", "hash", "--", "app"),
                 "given twice: --ca");
    assert_wrong(WORDS("measure", "app"), "usage: accord-enclave measure");
    assert_wrong(WORDS("measure", "--"), "usage: accord-enclave measure");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_command_line),
        cmocka_unit_test(what_is_not_given_stays_unset),
        cmocka_unit_test(the_other_verbs),
        cmocka_unit_test(mistakes_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
