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
