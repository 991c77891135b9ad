#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/acquaintance.h"

static struct context context;

static struct hash filled(unsigned char with)
{
    struct hash made;
    memset(made.bytes, with, sizeof(made.bytes));
    return made;
}

static bool met(unsigned char owner, unsigned char key)
{
    AUTO_JSON *people = NULL;
    struct hash who = filled(owner), with = filled(key);
    assert_ok(acquaintance_read(&context, &people, NULL));
    return acquaintance_met(people, &who, &with);
}

static void add(unsigned char owner, unsigned char key)
{
    struct hash who = filled(owner), with = filled(key);
    AUTO_JSON *manifest = json_pack(
        "{s:{s:{s:s, s:o, s:o}}}", "people", "some-uuid", "name", "Dana",
        "owner", api_json_of_hash(&who), "key", api_json_of_hash(&with));
    assert_non_null(manifest);
    assert_ok(acquaintance_add(&context, manifest, NULL));
}

static void nobody_is_met_at_first(void **state)
{
    (void)state;
    assert_false(met(1, 2));
}

static void whoever_was_agreed_with_is_met_with_that_key(void **state)
{
    (void)state;
    add(1, 2);
    add(3, 4);
    assert_true(met(1, 2));
    assert_true(met(3, 4));
    assert_false(met(1, 4));
    assert_false(met(2, 1));
}

static void a_new_key_takes_the_place_of_the_one_before(void **state)
{
    (void)state;
    add(1, 5);
    assert_true(met(1, 5));
    assert_false(met(1, 2));
}

static void a_damaged_file_is_named(void **state)
{
    (void)state;
    char path[2200];
    AUTO_JSON *people = NULL;
    struct reason why = { "" };
    assert_ok(context_file(&context, "people.json", path));
    assert_ok(file_write(path, bytes_of_string("{\"people\":["), 0600));
    assert_true(failed(acquaintance_read(&context, &people, &why)));
    assert_non_null(strstr(why.text, path));
    assert_non_null(
        strstr(why.text, "is damaged: remove it, and nobody counts as met"));
    assert_null(people);
    assert_ok(file_write(path, bytes_of_string("{}"), 0600));
    assert_status(STATUS_INVALID, acquaintance_read(&context, &people, &why));
    assert_int_equal(unlink(path), 0);
}

static int make_directory(void **state)
{
    (void)state;
    (void)snprintf(context.directory, sizeof(context.directory),
                   "/tmp/accord-people.XXXXXX");
    return mkdtemp(context.directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
    (void)state;
    return rmdir(context.directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_met_at_first),
        cmocka_unit_test(whoever_was_agreed_with_is_met_with_that_key),
        cmocka_unit_test(a_new_key_takes_the_place_of_the_one_before),
        cmocka_unit_test(a_damaged_file_is_named),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
