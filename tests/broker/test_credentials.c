/* What strangers write into Authorization and Cookie. */

#include "broker/credentials.h"
#include "tests/support/check.h"

static int group(void **state)
{
    (void)state;
    return failed(secret_heap_open(1 << 20)) ? -1 : 0;
}

static struct status basic(const char *field, char *email,
                           struct secret **password)
{
    return credentials_basic(bytes_of_string(field), email, password, NULL);
}

static void basic_splits_at_the_first_colon(void **state)
{
    (void)state;
    char email[POLICY_EMAIL_MAX + 1];
    AUTO_FREE(secret) password = NULL;
    /* Owner@Example.com:a:b */
    assert_ok(basic("Basic T3duZXJARXhhbXBsZS5jb206YTpi", email, &password));
    assert_string_equal("owner@example.com", email);
    assert_true(secret_equals(password, bytes_of_string("a:b")));
}

static void the_scheme_s_case_does_not_matter(void **state)
{
    (void)state;
    char email[POLICY_EMAIL_MAX + 1];
    AUTO_FREE(secret) password = NULL;
    assert_ok(basic("bASIC YUBiOnBhc3N3b3Jk", email, &password)); /* a@b */
    assert_true(bytes_equal(bytes_of_string("t"),
                            credentials_bearer(bytes_of_string("bearer t"))));
}

static void other_forms_are_refused(void **state)
{
    (void)state;
    static const char *const fields[] = {
        "",
        "Basic",
        "Basic ",
        "Basic YUBi",                 /* a@b: no colon */
        "Basic OnBhc3N3b3Jk",         /* :password */
        "Basic YUBiOg==",             /* a@b: */
        "Basic YUBiOnBhc3N3b3Jk ",    /* a blank behind */
        "Basic YUBiOnBhc3N3b3J",      /* padding */
        "Basic YQBAYjpwYXNzd29yZA==", /* a NUL in the address */
        "Basic YTpwYXNzd29yZA==",     /* no address */
        "Bearer YUBiOnBhc3N3b3Jk",
    };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        char email[POLICY_EMAIL_MAX + 1] = "untouched";
        AUTO_FREE(secret) password = NULL;
        assert_status(STATUS_INVALID, basic(fields[i], email, &password));
        assert_string_equal("untouched", email);
        assert_null(password);
    }
}

static struct bytes cookie(const char *field)
{
    return credentials_cookie(bytes_of_string(field));
}

static void our_cookie_is_found_among_others(void **state)
{
    (void)state;
    struct bytes x = bytes_of_string("x");
    assert_true(bytes_equal(x, cookie("accord-session=x")));
    assert_true(bytes_equal(x, cookie("a=b; accord-session=x; c=d")));
    assert_true(bytes_equal(x, cookie("a=b;accord-session=x")));
    assert_int_equal(0, cookie("").len);
    assert_int_equal(0, cookie("accord-session=").len);
    assert_int_equal(0, cookie("xaccord-session=x").len);
    assert_int_equal(0, cookie("a=accord-session=x").len);
    /* twice: one of them is not ours */
    assert_int_equal(0, cookie("accord-session=x; accord-session=y").len);
}

static void addresses_compare_in_lower_case(void **state)
{
    (void)state;
    char email[POLICY_EMAIL_MAX + 1];
    assert_ok(policy_email_normalise("A.B+c@Example.COM", email, NULL));
    assert_string_equal("a.b+c@example.com", email);
    static const char *const bad[] = { "",      "a",         "@b",    "a@",
                                       "a@b@c", "a b@c",     "a@b\n", "<a@b>",
                                       "a,b@c", "\xc3\xa4@b" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_status(STATUS_INVALID,
                      policy_email_normalise(bad[i], email, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(basic_splits_at_the_first_colon),
        cmocka_unit_test(the_scheme_s_case_does_not_matter),
        cmocka_unit_test(other_forms_are_refused),
        cmocka_unit_test(our_cookie_is_found_among_others),
        cmocka_unit_test(addresses_compare_in_lower_case),
    };
    return cmocka_run_group_tests(tests, group, NULL);
}
