/* The five lines of harmonize, exactly. */

#include "examples/summary.h"

#include "tests/support/check.h"

#include <stdio.h>

#include "base/file.h"

#define HEADER "START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION\n"
#define S10    "          "
#define S49    S10 S10 S10 S10 "         "
#define LAST   "Name: DESCRIPTION, dtype: object\n"

static void assert_summary(const char *csv, const char *expected)
{
    AUTO_CLEAR_BUFFER out = buffer_make(65536);
    struct reason why = { "" };
    struct status s = summary_write(bytes_of_string(csv), &out, &why);
    if (failed(s))
        fail_msg("%s: %s", csv, why.text);
    buffer_put_u8(&out, '\0');
    assert_string_equal((const char *)out.data, expected);
}

static void five_padded_lines(void **state)
{
    (void)state;
    assert_summary(HEADER "1,2,3,4,5,a\n1,2,3,4,5,b\n1,2,3,4,5,a\n",
                   "count  3" S49 "\nunique 2" S49 "\ntop    a" S49
                   "\nfreq   2" S49 "\n" LAST);
}

static void columns_come_in_any_order_and_others_are_ignored(void **state)
{
    (void)state;
    assert_summary("MORE,DESCRIPTION,CODE,START,ENCOUNTER,PATIENT,STOP,X\n"
                   "m,d,,,,,,x\r\n",
                   "count  1" S49 "\nunique 1" S49 "\ntop    d" S49
                   "\nfreq   1" S49 "\n" LAST);
}

/* Padded by characters, not bytes; longer values are not cut. */
static void width_is_counted_in_characters(void **state)
{
    (void)state;
    assert_summary(HEADER ",,,,,\xc3\xa9\n",
                   "count  1" S49 "\nunique 1" S49 "\ntop    \xc3\xa9" S49
                   "\nfreq   1" S49 "\n" LAST);
    assert_summary(HEADER ",,,,,\xf0\x9f\x98\x80\n",
                   "count  1" S49 "\nunique 1" S49
                   "\ntop    \xf0\x9f\x98\x80" S49 "\nfreq   1" S49 "\n" LAST);
#define D60 "0123456789012345678901234567890123456789012345678901234567890"
    assert_summary(HEADER ",,,,," D60 "\n",
                   "count  1" S49 "\nunique 1" S49 "\ntop    " D60
                   "\nfreq   1" S49 "\n" LAST);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *csv, *says;
    } bad[] = {
        { "", "the file is empty" },
        { "\n", "the header has no column START" },
        { HEADER, "the file has no records" },
        { "START,STOP,PATIENT,ENCOUNTER,CODE\n1,2,3,4,5\n",
          "the header has no column DESCRIPTION" },
        { "START,STOP,PATIENT,ENCOUNTER,code,DESCRIPTION\n",
          "the header has no column CODE" },
        { HEADER "1,2,3,4,5\n", "line 2: Invalid CSV data: 5 fields" },
        { HEADER "1,2,3,4,5,6\n1,2,3,4,5,6,7\n",
          "line 3: Invalid CSV data: 7 fields, the header has 6" },
        { HEADER "1,2,3,4,5,6\n\n", "line 3: Invalid CSV data: 1 fields" },
        { HEADER "1,2,3,4,5,\"6\n", "line 2: a quoted field does not end" },
        { "\"START", "line 1: a quoted field does not end" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        AUTO_CLEAR_BUFFER out = buffer_make(65536);
        struct reason why = { "" };
        assert_status(STATUS_INVALID,
                      summary_write(bytes_of_string(bad[i].csv), &out, &why));
        if (!strstr(why.text, bad[i].says))
            fail_msg("\"%s\": \"%s\" does not say \"%s\"", bad[i].csv, why.text,
                     bad[i].says);
        assert_int_equal(out.len, 0);
    }
}

/* --- material that is not part of the project ------------------------------
 */

static bool read_shared(const char *name, struct buffer *out)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", SHARED, name);
    if (!failed(file_read(path, out)))
        return true;
    print_message("SKIPPED: %s is not there\n", path);
    return false;
}

static void the_vector_gives_its_output(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER csv = buffer_make(1 << 24), expected = buffer_make(4096),
                      out = buffer_make(4096);
    if (!read_shared("vectors/harmonize_1.csv", &csv) ||
        !read_shared("vectors/harmonize_1.out", &expected))
        skip();
    assert_ok(summary_write(buffer_bytes(&csv), &out, NULL));
    assert_int_equal(out.len, 265);
    assert_true(bytes_equal(buffer_bytes(&out), buffer_bytes(&expected)));
}

static void the_patient_file_gives_the_known_result(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER csv = buffer_make(1 << 26), out = buffer_make(4096);
    if (!read_shared("data/conditions.csv", &csv))
        skip();
    assert_ok(summary_write(buffer_bytes(&csv), &out, NULL));
    buffer_put_u8(&out, '\0');
    const char *text = (const char *)out.data;
    assert_int_equal(out.len, 265 + 1);
    assert_non_null(strstr(text, "count  8376 "));
    assert_non_null(strstr(text, "unique 129 "));
    assert_non_null(strstr(text, "top    Viral sinusitis (disorder) "));
    assert_non_null(strstr(text, "freq   1248 "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_padded_lines),
        cmocka_unit_test(columns_come_in_any_order_and_others_are_ignored),
        cmocka_unit_test(width_is_counted_in_characters),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(the_vector_gives_its_output),
        cmocka_unit_test(the_patient_file_gives_the_known_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
