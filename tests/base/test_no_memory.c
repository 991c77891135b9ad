/* Every allocation of a scenario is refused once; each time the scenario
 * says so and, under ASan, leaks nothing. */

#include "tests/support/check.h"
#include "tests/support/torture.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/config.h"

static STATUS write_a_growing_buffer(void)
{
    AUTO_CLEAR_BUFFER b = buffer_make(4096);
    buffer_put_string(&b, "first");
    for (int i = 0; i < 40; i++)
        buffer_printf(&b, "%010d", i);
    return buffer_status(&b);
}

static void a_buffer_reports_the_refusal(void **state)
{
    (void)state;
    assert_int_equal(torture(write_a_growing_buffer), 4); /* 64 to 512 */
}

static STATUS print_into_a_buffer(void)
{
    AUTO_CLEAR_BUFFER b = buffer_make(16);
    buffer_printf(&b, "%d", 1);
    return buffer_status(&b);
}

static void a_printed_buffer_reports_the_refusal(void **state)
{
    (void)state;
    assert_int_equal(torture(print_into_a_buffer), 1);
}

static STATUS copy_to_a_string(void)
{
    AUTO_CLEAR_BUFFER b = buffer_make(16);
    buffer_put_string(&b, "abc");
    TRY(buffer_status(&b));
    char *copy = buffer_string(&b);
    free(copy);
    return copy ? OK : failure(STATUS_NO_MEMORY, "buffer_string", 0);
}

static void a_string_reports_the_refusal(void **state)
{
    (void)state;
    assert_int_equal(torture(copy_to_a_string), 2);
}

static const struct config_option options[] = {
    { "", "text", CONFIG_TEXT, NULL, 0, 0, "given" },
    { "a", "path", CONFIG_PATH, "/default", 0, 0, "not given" },
    { "a", "list", CONFIG_LIST, "x", 0, 0, "given" },
    { "a", "none", CONFIG_TEXT, "", 0, 0, "absent" },
    { "a", "number", CONFIG_NUMBER, "1", 0, 9, "not given" },
};

static STATUS parse_a_configuration(void)
{
    AUTO_FREE(config) config = NULL;
    return config_parse("c", bytes_of_string("text = t\n[a]\nlist = 1, 2\n"),
                        options, sizeof(options) / sizeof(options[0]), &config,
                        NULL);
}

static void a_configuration_reports_the_refusal(void **state)
{
    (void)state;
    /* the configuration, the sections seen, and four texts */
    assert_int_equal(torture(parse_a_configuration), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_reports_the_refusal),
        cmocka_unit_test(a_printed_buffer_reports_the_refusal),
        cmocka_unit_test(a_string_reports_the_refusal),
        cmocka_unit_test(a_configuration_reports_the_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
