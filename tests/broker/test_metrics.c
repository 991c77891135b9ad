/* Counters, and their text for Prometheus. */

#include <stdlib.h>

#include "broker/metrics.h"
#include "tests/support/check.h"

static struct metrics metrics;

static int begin(void **state)
{
    (void)state;
    metrics = (struct metrics){ 0 };
    return 0;
}

/* The value behind a name at the beginning of a line. */
static void assert_shows(uint64_t log_size, const char *line)
{
    AUTO_CLEAR_BUFFER out = buffer_make(16384);
    buffer_put_string(&out, "\n");
    metrics_write(&metrics, log_size, &out);
    buffer_put_u8(&out, 0);
    assert_ok(buffer_status(&out));
    if (!strstr((const char *)out.data, line))
        fail_msg("no line %s in %s", line, (const char *)out.data);
}

static void answers_are_counted_by_class(void **state)
{
    (void)state;
    static const int statuses[] = {
        200, 201, 202, 204, 400, 403, 409, 500, 503
    };
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        metrics_answer(&metrics, statuses[i]);
    assert_shows(0, "\naccord_requests_total 9\n");
    assert_shows(0, "\naccord_answers_2xx_total 4\n");
    assert_shows(0, "\naccord_answers_4xx_total 3\n");
    assert_shows(0, "\naccord_answers_5xx_total 2\n");
}

static void groups_are_counted_with_what_is_in_them(void **state)
{
    (void)state;
    metrics_group(&metrics, 5);
    metrics_group(&metrics, 1);
    assert_shows(0, "\naccord_groups_total 2\n");
    assert_shows(0, "\naccord_grouped_exchanges_total 6\n");
}

static void every_value_has_a_type(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER out = buffer_make(16384);
    metrics_write(&metrics, 42, &out);
    assert_ok(buffer_status(&out));
    char *text = buffer_string(&out);
    assert_non_null(text);
    size_t types = 0, values = 0;
    for (char *line = text; *line; line = strchr(line, '\n') + 1) {
        types += strncmp(line, "# TYPE accord_", 14) == 0;
        values += strncmp(line, "accord_", 7) == 0;
    }
    assert_int_equal(types, values);
    assert_true(values >= 14);
    free(text);
    assert_shows(42, "\naccord_log_leaves 42\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(answers_are_counted_by_class, begin),
        cmocka_unit_test_setup(groups_are_counted_with_what_is_in_them, begin),
        cmocka_unit_test_setup(every_value_has_a_type, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
