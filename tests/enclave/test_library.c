/* libaccord as a program sees it: one header, one archive. */

#include "enclave/accord.h"

#include "tests/support/check.h"

static void a_session_that_did_not_open_says_why(void **state)
{
    (void)state;
    struct accord_options options = ACCORD_OPTIONS_INIT;
    struct accord_session *session = NULL;
    options.configuration = "zz";
    assert_int_equal(accord_session_open(&options, &session), ACCORD_USAGE);
    assert_string_equal(
        accord_error(session),
        "options: configuration: expected 64 hexadecimal digits (invalid)");
    assert_int_equal(accord_dataset_count(session), 0);
    assert_null(accord_dataset_name(session, 0));
    assert_int_equal(accord_download(session, 0, -1), ACCORD_ERROR);
    accord_session_free(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_that_did_not_open_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
