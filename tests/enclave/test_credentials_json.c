/* The product's credential text: read exactly, refused by position. */

#include "enclave/credentials_json.h"

#include "tests/support/check.h"

#define KEY "00112233445566778899aabbccddeeffFFEEDDCCBBAA99887766554433221100"
#define ENC "\"encryption\":{\"key\":\"" KEY "\"}"

static int setup(void **state)
{
    (void)state;
    return failed(secret_heap_open(1 << 18));
}

static void read_well(const char *text, const char *query)
{
    struct credentials c = { 0 };
    struct reason why = { "" };
    struct status s = credentials_json_read(bytes_of_string(text), &c, &why);
    if (failed(s))
        fail_msg("%s: %s", text, why.text);
    assert_int_equal(secret_expose(c.key).len, 32);
    assert_int_equal(secret_expose(c.key).at[1], 0x11);
    assert_int_equal(secret_expose(c.key).at[16], 0xff);
    if (query)
        assert_true(secret_equals(c.query, bytes_of_string(query)));
    else
        assert_null(c.query);
    credentials_clear(&c);
    assert_null(c.key);
}

static void both_members_in_either_order(void **state)
{
    (void)state;
    read_well("{\"query_string\":\"YT1i\"," ENC "}", "a=b");
    read_well("{" ENC ",\"query_string\":\"YT1i\"}", "a=b");
    read_well(" {\t\"query_string\" :\n\"YT1iCg==\" ,\r\n" ENC " } \n",
              "a=b\n");
    read_well("{\"query_string\":\"\"," ENC "}", NULL);
    /* "/" may be written with an escape: PHP does */
    read_well("{\"query_string\":\"Pz8\\/\"," ENC "}", "???");
    read_well("{\"query_string\":\"Pz8/\"," ENC "}", "???");
}

/* clang-format off */
static const struct {
    const char *text;
    const char *says;
} bad[] = {
    { "",                                           "expected '{' at byte 0" },
    { "[]",                                         "expected '{' at byte 0" },
    { "{}",                                         "expected '\"' at byte 1" },
    { "{" ENC "}",                                  "expected ','" },
    { "{\"query_string\":\"YT1i\"}",                "expected ',' at byte 22" },
    { "{\"query_string\":\"YT1i\"," ENC ",\"a\":1}", "expected '}'" },
    { "{\"query_string\":\"YT1i\"," ENC "}x",       "nothing behind" },
    { "{\"query_string\":\"YT1i\"," ENC,            "expected '}'" },
    { "{\"query_string\":\"YT1i\" " ENC "}",        "expected ','" },
    { "{\"query_string\":\"YT1i\",\"query_string\":\"YT1i\"}", "query_string once" },
    { "{\"query_string\":\"\",\"query_string\":\"\"}", "query_string once" },
    { "{" ENC "," ENC "}",                          "encryption once" },
    { "{\"query_string\":\"YT1\"," ENC "}",         "query_string is not base64" },
    { "{\"query_string\":\"YT1i\n\"," ENC "}",      "printable ASCII at byte 21" },
    { "{\"query_string\":\"YT\\u0031i\"," ENC "}",  "no escape but" },
    { "{\"query_string\":\"YT1i\\\"," ENC "}",      "no escape but" },
    { "{\"query_string\":\"YT1i\xc3\xbc\"," ENC "}", "printable ASCII" },
    { "{\"query_string\":1," ENC "}",               "expected '\"'" },
    { "{\"query_string\":null," ENC "}",            "expected '\"'" },
    { "{\"query_string\":\"YT1i",                   "the end of a text" },
    { "{\"Query_string\":\"YT1i\"," ENC "}",        "no member but" },
    { "{\"query_string\":\"YT1i\",\"encryption\":\"" KEY "\"}", "expected '{'" },
    { "{\"query_string\":\"YT1i\",\"encryption\":{}}", "expected '\"'" },
    { "{\"query_string\":\"YT1i\",\"encryption\":{\"kez\":\"" KEY "\"}}", "key as the only member" },
    { "{\"query_string\":\"YT1i\",\"encryption\":{\"key\":\"" KEY "\",\"a\":\"\"}}", "expected '}'" },
    { "{\"query_string\":\"YT1i\",\"encryption\":{\"key\":\"" KEY "0\"}}", "key is not 64" },
    { "{\"query_string\":\"YT1i\",\"encryption\":{\"key\":\"0123\"}}", "key is not 64" },
    { "{\"query_string\":\"YT1i\",\"encryption\":{\"key\":\"g" KEY "\"}}", "key is not 64" },
    { "{\"query_string\":\"YT1i\",\"encryption\":{\"key\":\"\"}}", "key is not 64" },
    { "{\"query_string\":\"YT1i\",\"encryption\":{\"key\":\"zz112233445566778899aabbccddeeff"
      "FFEEDDCCBBAA99887766554433221100\"}}",       "key is not 64" },
};
/* clang-format on */

static void anything_else_is_refused_without_being_quoted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct credentials c = { 0 };
        struct reason why = { "" };
        assert_status(
            STATUS_INVALID,
            credentials_json_read(bytes_of_string(bad[i].text), &c, &why));
        if (!strstr(why.text, bad[i].says))
            fail_msg("%s: \"%s\" does not say \"%s\"", bad[i].text, why.text,
                     bad[i].says);
        assert_null(strstr(why.text, "YT1"));
        assert_null(strstr(why.text, "0011"));
        assert_null(c.key);
        assert_null(c.query);
    }
}

static void a_nul_is_no_end(void **state)
{
    (void)state;
    static const char text[] = "{\"query_string\":\"YT1i\"," ENC "}\0x";
    struct credentials c = { 0 };
    struct reason why = { "" };
    assert_status(
        STATUS_INVALID,
        credentials_json_read(bytes_of(text, sizeof(text) - 2), &c, &why));
    assert_non_null(strstr(why.text, "nothing behind"));
}

static void every_shorter_text_is_refused(void **state)
{
    (void)state;
    static const char text[] = "{\"query_string\":\"YT1i\"," ENC "}";
    for (size_t len = 0; len < sizeof(text) - 1; len++) {
        struct credentials c = { 0 };
        struct reason why = { "" };
        assert_status(STATUS_INVALID,
                      credentials_json_read(bytes_of(text, len), &c, &why));
        assert_null(c.key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_members_in_either_order),
        cmocka_unit_test(anything_else_is_refused_without_being_quoted),
        cmocka_unit_test(a_nul_is_no_end),
        cmocka_unit_test(every_shorter_text_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
