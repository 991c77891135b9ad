#include "tests/support/check.h"
#include "tests/support/temp_dir.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/config.h"
#include "base/file.h"

static const struct config_option options[] = {
    { "", "name", CONFIG_TEXT, "accord", 0, 0, "what it is called" },
    { "server", "listen", CONFIG_TEXT, NULL, 0, 0, "where to listen" },
    { "server", "threads", CONFIG_NUMBER, "4", 1, 64, "loop threads" },
    { "store", "path", CONFIG_PATH, "/var/lib/accord", 0, 0, "the store" },
    { "store", "shift", CONFIG_NUMBER, "", INT64_MIN, INT64_MAX, "any" },
    { "server", "plain", CONFIG_FLAG, "no", 0, 0, "plain paths" },
    { "server", "names", CONFIG_LIST, "", 0, 0, "names" },
    { "server", "kinds", CONFIG_LIST, "sgx, tdx", 0, 0, "kinds" },
    { "server", "note", CONFIG_TEXT, "", 0, 0, "a note" },
    { "store", "sync", CONFIG_FLAG, "", 0, 0, "may be absent" },
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

static void every_type_is_read(void **state)
{
    (void)state;
    AUTO_FREE(config) c = parsed("# a comment\n"
                                 "; another\n"
                                 "\n"
                                 " \t\n"
                                 "name = \xc3\xa9 = ; # \xe2\x82\xac\n"
                                 "[store]\n"
                                 "path=/a b\n"
                                 "shift=-9223372036854775808\n"
                                 "sync = yes\n"
                                 "[server] \t\n"
                                 "listen\t=\t::1 \n"
                                 "threads = 64\n"
                                 "plain = yes\n"
                                 "names = a ,b ,  c d  \n"
                                 "kinds = nitro"); /* no newline */
    assert_string_equal(config_text(c, "", "name"),
                        "\xc3\xa9 = ; # \xe2\x82\xac");
    assert_string_equal(config_text(c, "store", "path"), "/a b");
    assert_true(config_number(c, "store", "shift") == INT64_MIN);
    assert_true(config_flag(c, "store", "sync"));
    assert_string_equal(config_text(c, "server", "listen"), "::1");
    assert_int_equal(config_number(c, "server", "threads"), 64);
    assert_true(config_flag(c, "server", "plain"));
    assert_int_equal(config_list_count(c, "server", "names"), 3);
    assert_string_equal(config_list_item(c, "server", "names", 0), "a");
    assert_string_equal(config_list_item(c, "server", "names", 1), "b");
    assert_string_equal(config_list_item(c, "server", "names", 2), "c d");
    assert_int_equal(config_list_count(c, "server", "kinds"), 1);
}

static void what_is_not_given_has_its_default(void **state)
{
    (void)state;
    AUTO_FREE(config) c = parsed("[server]\nlisten = x\n");
    assert_string_equal(config_text(c, "", "name"), "accord");
    assert_int_equal(config_number(c, "server", "threads"), 4);
    assert_string_equal(config_text(c, "store", "path"), "/var/lib/accord");
    assert_false(config_flag(c, "server", "plain"));
    assert_int_equal(config_list_count(c, "server", "kinds"), 2);
    assert_string_equal(config_list_item(c, "server", "kinds", 1), "tdx");
}

static void what_may_be_absent_reads_as_nothing(void **state)
{
    (void)state;
    AUTO_FREE(config) c = parsed("[server]\nlisten = x\n");
    assert_string_equal(config_text(c, "server", "note"), "");
    assert_int_equal(config_number(c, "store", "shift"), 0);
    assert_false(config_flag(c, "store", "sync"));
    assert_int_equal(config_list_count(c, "server", "names"), 0);
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

static void a_long_file_name_does_not_hide_the_complaint(void **state)
{
    (void)state;
    char name[400];
    memset(name, 'd', sizeof(name));
    memcpy(name + sizeof(name) - 6, "/file", 6);
    struct config *config = NULL;
    struct reason why = { "" };
    assert_status(STATUS_INVALID,
                  config_parse(name, bytes_of_string("\nx = 1\n"), options,
                               COUNT, &config, &why));
    assert_non_null(strstr(why.text, "/file:2: unknown option x"));
}

static void a_wrong_default_is_found_at_the_first_start(void **state)
{
    (void)state;
    static const struct config_option wrong = {
        "", "n", CONFIG_NUMBER, "9", 1, 8, "beyond its own bounds"
    };
    struct config *config = NULL;
    struct reason why = { "" };
    assert_status(STATUS_INVALID, config_parse("f", bytes_of(NULL, 0), &wrong,
                                               1, &config, &why));
    assert_string_equal(why.text, "f:0: n must be a whole number from 1 to 8");
}

static void ask_for_what_is_not_there(const struct config *c, int question)
{
    switch (question) {
    case 0: (void)config_text(c, "server", "nonsense"); break;
    case 1: (void)config_text(c, "", "listen"); break;
    case 2: (void)config_number(c, "server", "listen"); break;
    case 3: (void)config_text(c, "server", "threads"); break;
    case 4: (void)config_flag(c, "server", "threads"); break;
    case 5: (void)config_list_item(c, "server", "kinds", 2); break;
    default: break;
    }
}

static void asking_for_what_is_not_in_the_table_aborts(void **state)
{
    (void)state;
    AUTO_FREE(config) c = parsed("[server]\nlisten = x\n");
    for (int question = 0; question <= 6; question++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            (void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
            (void)signal(SIGABRT, SIG_DFL);
            ask_for_what_is_not_there(c, question);
            _exit(0);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        if (question == 6)
            assert_true(WIFEXITED(status)); /* nothing was asked */
        else
            assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    }
}

static const char sample[] = "\n# what it is called\n"
                             "#name = accord\n"
                             "\n[server]\n"
                             "\n# where to listen (required)\n"
                             "#listen =\n"
                             "\n# loop threads (1 to 64)\n"
                             "#threads = 4\n"
                             "\n# plain paths (yes or no)\n"
                             "#plain = no\n"
                             "\n# names (separated by commas)\n"
                             "#names =\n"
                             "\n# kinds (separated by commas)\n"
                             "#kinds = sgx, tdx\n"
                             "\n# a note\n"
                             "#note =\n"
                             "\n[store]\n"
                             "\n# the store (an absolute path)\n"
                             "#path = /var/lib/accord\n"
                             "\n# any (-9223372036854775808 to "
                             "9223372036854775807)\n"
                             "#shift =\n"
                             "\n# may be absent (yes or no)\n"
                             "#sync =\n";

static void the_sample_shows_every_option_under_its_section(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER out = buffer_make(4096);
    config_write_sample(options, COUNT, &out);
    assert_ok(buffer_status(&out));
    char *text = buffer_string(&out);
    assert_string_equal(text, sample);
    free(text);
}

/* Takes the '#' away from `#name = value`, but not from `# words`. */
static char *uncommented(const char *text)
{
    char *made = strdup(text);
    assert_non_null(made);
    for (char *at = made; (at = strchr(at, '#')); at++) {
        char *end = strchr(at, '\n');
        if (at[1] != ' ' && end[-1] != '=')
            memmove(at, at + 1, strlen(at));
    }
    return made;
}

static void the_sample_parses_to_the_defaults(void **state)
{
    (void)state;
    static const struct config_option none_required[] = {
        { "", "name", CONFIG_TEXT, "accord", 0, 0, "called" },
        { "a", "n", CONFIG_NUMBER, "4", 1, 64, "number" },
        { "a", "l", CONFIG_LIST, "x, y", 0, 0, "list" },
    };
    AUTO_CLEAR_BUFFER out = buffer_make(4096);
    config_write_sample(none_required, 3, &out);
    char *as_is = buffer_string(&out);
    char *bare = uncommented(as_is);
    assert_string_not_equal(as_is, bare);
    const char *const texts[] = { as_is, bare };
    for (size_t i = 0; i < 2; i++) {
        struct reason why = { "" };
        AUTO_FREE(config) c = NULL;
        assert_ok(config_parse("sample", bytes_of_string(texts[i]),
                               none_required, 3, &c, &why));
        assert_string_equal(config_text(c, "", "name"), "accord");
        assert_int_equal(config_number(c, "a", "n"), 4);
        assert_int_equal(config_list_count(c, "a", "l"), 2);
    }
    free(as_is);
    free(bare);
}

static void a_file_is_loaded_and_named_in_complaints(void **state)
{
    (void)state;
    struct temp_dir dir = temp_dir_make();
    const char *path = temp_dir_path(&dir, "c");
    struct config *config = NULL;
    struct reason why = { "" };
    assert_ok(
        file_write(path, bytes_of_string("[server]\nlisten = x\n"), 0600));
    assert_ok(config_load(path, options, COUNT, &config, &why));
    assert_string_equal(config_text(config, "server", "listen"), "x");
    config_free(config);

    char expected[256];
    config = NULL;
    assert_ok(file_write(path, bytes_of_string("x\n"), 0600));
    assert_status(STATUS_INVALID,
                  config_load(path, options, COUNT, &config, &why));
    (void)snprintf(expected, sizeof(expected),
                   "%s:1: this is neither name = value nor [section]", path);
    assert_string_equal(why.text, expected);
    assert_null(config);
    temp_dir_remove(&dir);
}

static void a_file_that_cannot_be_read_or_is_too_large_says_so(void **state)
{
    (void)state;
    struct temp_dir dir = temp_dir_make();
    const char *path = temp_dir_path(&dir, "c");
    struct config *config = NULL;
    struct reason why = { "" };
    assert_status(STATUS_NOT_FOUND,
                  config_load(path, options, COUNT, &config, &why));
    assert_non_null(strstr(why.text, path));
    assert_non_null(strstr(why.text, "No such file"));

    static unsigned char large[256 * 1024 + 1];
    memset(large, '#', sizeof(large));
    assert_ok(file_write(path, bytes_of(large, sizeof(large)), 0600));
    assert_status(STATUS_INVALID,
                  config_load(path, options, COUNT, &config, &why));
    assert_non_null(strstr(why.text, "larger than 262144 bytes"));
    assert_null(config);
    temp_dir_remove(&dir);
}

static void freeing_nothing_is_fine(void **state)
{
    (void)state;
    config_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(what_is_not_given_has_its_default),
        cmocka_unit_test(what_may_be_absent_reads_as_nothing),
        cmocka_unit_test(every_mistake_is_named_with_its_line),
        cmocka_unit_test(a_number_is_decimal_and_within_its_bounds),
        cmocka_unit_test(a_number_may_be_as_large_as_its_type),
        cmocka_unit_test(text_is_well_formed_utf8_without_control_characters),
        cmocka_unit_test(a_value_has_at_most_4096_bytes),
        cmocka_unit_test(a_long_file_name_does_not_hide_the_complaint),
        cmocka_unit_test(a_wrong_default_is_found_at_the_first_start),
        cmocka_unit_test(asking_for_what_is_not_in_the_table_aborts),
        cmocka_unit_test(the_sample_shows_every_option_under_its_section),
        cmocka_unit_test(the_sample_parses_to_the_defaults),
        cmocka_unit_test(a_file_is_loaded_and_named_in_complaints),
        cmocka_unit_test(a_file_that_cannot_be_read_or_is_too_large_says_so),
        cmocka_unit_test(freeing_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
