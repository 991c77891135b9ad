#include "tests/support/check.h"

#include "cli/exit.h"

static void every_status_has_its_exit_code(void **state)
{
    (void)state;
    static const struct {
        enum status_code code;
        const char *origin;
        int exit;
    } table[] = {
        { STATUS_OK, NULL, 0 },
        { STATUS_INVALID, "broker", 1 },
        { STATUS_INVALID, "identity", 1 },
        { STATUS_CORRUPT, "log", 1 },
        { STATUS_NO_MEMORY, "json", 1 },
        { STATUS_DENIED, "broker", 3 },
        { STATUS_DENIED, NULL, 3 },
        { STATUS_NOT_FOUND, "build", 4 },
        { STATUS_CONFLICT, "build", 5 },
        { STATUS_NOT_FOUND, "pending", 6 },
        { STATUS_CONFLICT, "pending", 6 },
        { STATUS_DENIED, "build", 7 },
        { STATUS_DENIED, "identity", 7 },
        { STATUS_DENIED, "evidence", 7 },
        { STATUS_CORRUPT, "evidence", 7 },
        { STATUS_BUSY, NULL, 8 },
        { STATUS_UNAVAILABLE, "evidence", 8 },
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        assert_int_equal(exit_of(failure(table[i].code, table[i].origin, 0)),
                         table[i].exit);
}

static void only_codes_about_evidence_become_origins(void **state)
{
    (void)state;
    assert_string_equal(exit_origin("evidence"), "evidence");
    assert_string_equal(exit_origin("build"), "build");
    assert_string_equal(exit_origin("identity"), "identity");
    assert_string_equal(exit_origin("pending"), "broker");
    assert_string_equal(exit_origin("approvals"), "broker");
    assert_string_equal(exit_origin(NULL), "broker");
}

static void a_failure_ends_with_its_code(void **state)
{
    (void)state;
    struct reason why = { "no such thing" };
    assert_int_equal(exit_with(OK, NULL), 0);
    assert_int_equal(exit_with(failure(STATUS_NOT_FOUND, "x", 0), &why), 4);
    assert_int_equal(exit_with(failure(STATUS_BUSY, "x", 0), NULL), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_exit_code),
        cmocka_unit_test(only_codes_about_evidence_become_origins),
        cmocka_unit_test(a_failure_ends_with_its_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
