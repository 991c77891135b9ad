/* The name under which the apps of a workflow find each other. */

#include "tests/support/check.h"

#include "ca/ca.h"

#define ID     "0c2cd9a4-d3a8-4d9e-8e1b-3a1f2d0d7f5a"
#define DOMAIN "accord.example"

static struct api_id workflow(void)
{
    struct api_id id;
    assert_ok(api_id_parse(bytes_of_string(ID), &id));
    return id;
}

static void it_is_written_and_known_again(void **state)
{
    char name[CA_NAME_MAX + 1];
    struct api_id id = workflow();
    (void)state;
    assert_ok(ca_workflow_name_write("app-1", &id, DOMAIN, name));
    assert_string_equal("app-1." ID ".workflow." DOMAIN, name);
    assert_true(ca_workflow_name_is(name, DOMAIN));
    assert_false(ca_workflow_name_is(name, "example"));
    assert_false(ca_workflow_name_is(name, "other.example"));
    assert_ok(ca_name_check(bytes_of_string(name), NULL));
}

static void objects_are_one_label_of_a_host_name(void **state)
{
    static const char *const bad[] = {
        "",
        "-a",
        "a-",
        "a.b",
        "a_b",
        "A",
        "a b",
        "\xc3\xa4",
        "*",
        "a23456789012345678901234567890123456789012345678901234567890abcd",
    };
    char name[CA_NAME_MAX + 1];
    struct api_id id = workflow();
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_status(STATUS_INVALID,
                      ca_workflow_name_write(bad[i], &id, DOMAIN, name));
    assert_ok(ca_workflow_name_write(
        "a23456789012345678901234567890123456789012345678901234567890abc", &id,
        DOMAIN, name));
    assert_ok(ca_workflow_name_write("0", &id, DOMAIN, name));
}

static void nothing_else_is_one(void **state)
{
    static const char *const bad[] = {
        "",
        "app",
        "app." ID,
        "app." ID ".workflow.",
        "app." ID ".workflow." DOMAIN ".",
        "a.app." ID ".workflow." DOMAIN,
        "app." ID ".workflow.x." DOMAIN,
        "app." ID ".id." DOMAIN,
        "app.0C2CD9A4-d3a8-4d9e-8e1b-3a1f2d0d7f5a.workflow." DOMAIN,
        "app.0c2cd9a4d3a84d9e8e1b3a1f2d0d7f5a0000.workflow." DOMAIN,
        "." ID ".workflow." DOMAIN,
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(ca_workflow_name_is(bad[i], DOMAIN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_written_and_known_again),
        cmocka_unit_test(objects_are_one_label_of_a_host_name),
        cmocka_unit_test(nothing_else_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
