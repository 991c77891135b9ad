#include "tests/support/check.h"

#include <stdio.h>
#include <string.h>

#include "cli/groups.h"

static void every_command_says_what_it_is(void **state)
{
    (void)state;
    for (const struct command *const *g = command_groups; *g; g++)
        for (const struct command *c = *g; c->verb; c++) {
            assert_non_null(c->group);
            assert_non_null(c->run);
            assert_true(strlen(c->summary) > 10);
            assert_memory_equal(c->example, "accord ", 7);
            assert_true(c->least <= c->most);
            assert_true((c->most == 0) == (c->arguments[0] == '\0'));
        }
}

struct words {
    char text[2][32];
    char *argv[2];
};

static void fill(struct words *words, const char *first, const char *second)
{
    (void)snprintf(words->text[0], sizeof(words->text[0]), "%s", first);
    (void)snprintf(words->text[1], sizeof(words->text[1]), "%s", second);
    words->argv[0] = words->text[0];
    words->argv[1] = words->text[1];
}

static void every_command_is_found_by_its_words(void **state)
{
    (void)state;
    for (const struct command *const *g = command_groups; *g; g++)
        for (const struct command *c = *g; c->verb; c++) {
            struct words words;
            fill(&words, c->group, c->verb);
            bool alone = c->group[0] == '\0';
            const struct command *found = NULL;
            assert_int_equal(
                command_find(alone ? 1 : 2, words.argv + alone, &found),
                alone ? 1 : 2);
            assert_ptr_equal(found, c);
        }
}

static void a_group_goes_before_a_command_of_its_name(void **state)
{
    (void)state;
    struct words replace, file;
    fill(&replace, "key", "replace");
    fill(&file, "key", "patients.key");
    const struct command *found = NULL;
    assert_int_equal(command_find(2, replace.argv, &found), 2);
    assert_string_equal(found->group, "key");
    assert_int_equal(command_find(2, file.argv, &found), 1);
    assert_string_equal(found->group, "");
}

static void what_is_no_command_is_not_found(void **state)
{
    (void)state;
    struct words words;
    fill(&words, "dataset", "fly");
    const struct command *found = NULL;
    assert_int_equal(command_find(2, words.argv, &found), 0);
    assert_int_equal(command_find(1, words.argv, &found), 0);
    assert_int_equal(command_find(0, words.argv, &found), 0);
    assert_true(command_is_group("dataset"));
    assert_false(command_is_group("join"));
    assert_false(command_is_group(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_says_what_it_is),
        cmocka_unit_test(every_command_is_found_by_its_words),
        cmocka_unit_test(a_group_goes_before_a_command_of_its_name),
        cmocka_unit_test(what_is_no_command_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
