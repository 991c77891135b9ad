/* RFC 4180, and everything that only looks like it. */

#include "examples/csv.h"

#include "tests/support/check.h"

/* Every record as "[field|field]", or the failure's reason. */
static void render(struct bytes text, struct buffer *out)
{
    struct csv csv;
    struct reason why = { "" };
    struct status s;
    csv_init(&csv, text);
    while (!failed(s = csv_next(&csv, &why))) {
        for (size_t i = 0; i < csv.count; i++) {
            buffer_put_u8(out, i == 0 ? '[' : '|');
            buffer_put(out, csv.fields[i]);
        }
        buffer_put_u8(out, ']');
    }
    if (s.code != STATUS_NOT_FOUND)
        buffer_printf(out, "%s %s", status_name(s.code), why.text);
    buffer_put_u8(out, '\0');
    csv_clear(&csv);
}

static void assert_records(struct bytes text, const char *expected)
{
    AUTO_CLEAR_BUFFER out = buffer_make(1 << 20);
    render(text, &out);
    assert_string_equal((const char *)out.data, expected);
}

struct row {
    const char *text, *expected;
};

static void assert_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_records(bytes_of_string(rows[i].text), rows[i].expected);
}

#define MARK "\xef\xbb\xbf"

static void records_and_fields(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "", "" },
        { "a", "[a]" },
        { "a\n", "[a]" },
        { "a,b\nc,d\n", "[a|b][c|d]" },
        { "a,b\r\nc,d", "[a|b][c|d]" },
        { "a\nb\r\nc\n", "[a][b][c]" },
        { ",\n,,", "[|][||]" },
        { "\n", "[]" },
        { "\n\n", "[][]" },
        { "\"a\",\"b,c\"\n", "[a|b,c]" },
        { "\"a\"\"b\"\n", "[a\"b]" },
        { "\"\"\"\"", "[\"]" },
        { "\"\",x", "[|x]" },
        { "\"a\nb\",c\nd", "[a\nb|c][d]" },
        { "\"a\r\nb\"\r\n", "[a\r\nb]" },
        { " a , b ", "[ a | b ]" },
        { "\xc3\xa9,\xf0\x9f\x98\x80", "[\xc3\xa9|\xf0\x9f\x98\x80]" },
        { MARK "a,b", "[a|b]" },
        { MARK "\"a\"", "[a]" },
        { MARK, "" },
        { "a" MARK, "[a" MARK "]" }, /* only at the beginning */
        { "x,\"1\",\"22\",\"333\"\n\"4\",y", "[x|1|22|333][4|y]" },
    };
    assert_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

/* "line N" is the line of the mistake; a field that does not end is told by
 * the line it begins in. */
static void bad_input_is_told_by_its_line(void **state)
{
    (void)state;
#define INVALID "invalid line "
#define QUOTE   ": a field holds a quote but is not quoted"
#define BEHIND  ": text behind a closing quote"
#define ENDLESS ": a quoted field does not end"
#define RETURN  ": a field holds a bare carriage return"
    static const struct row rows[] = {
        { "a\"b\n", INVALID "1" QUOTE },
        { "a\nb,c\"\n", "[a]" INVALID "2" QUOTE },
        { " \"a\"\n", INVALID "1" QUOTE }, /* blanks are part of a field */
        { "\"a\"b\n", INVALID "1" BEHIND },
        { "\"a\" ,b\n", INVALID "1" BEHIND },
        { "\"a\"\rb\n", INVALID "1" BEHIND },
        { "\"a\nb\"c\n", INVALID "2" BEHIND },
        { "\"", INVALID "1" ENDLESS },
        { "\"a", INVALID "1" ENDLESS },
        { "a\n\"b\n\n\nc", "[a]" INVALID "2" ENDLESS },
        { "\"a\"\"", INVALID "1" ENDLESS },
        { "a\rb\n", INVALID "1" RETURN },
        { "a\r", INVALID "1" RETURN },
        { "a\r\r\n", INVALID "1" RETURN },
        { "\"x\ny\",1\nb\"", "[x\ny|1]" INVALID "3" QUOTE },
    };
    assert_rows(rows, sizeof(rows) / sizeof(rows[0]));
    assert_records(bytes_of("a\0b", 3), INVALID "1: a field holds a NUL");
    assert_records(bytes_of("a\n\0", 3),
                   "[a]" INVALID "2: a field holds a NUL");
    assert_records(bytes_of("\"a\0b\"", 5), INVALID "1" ENDLESS);
}

static void a_record_has_a_largest_number_of_fields(void **state)
{
    (void)state;
    char commas[CSV_FIELDS_MAX + 2];
    struct csv csv;
    struct reason why = { "" };
    memset(commas, ',', sizeof(commas));
    csv_init(&csv, bytes_of(commas, CSV_FIELDS_MAX - 1));
    assert_ok(csv_next(&csv, &why));
    assert_int_equal(csv.count, CSV_FIELDS_MAX);
    csv_clear(&csv);
    csv_init(&csv, bytes_of(commas, CSV_FIELDS_MAX));
    assert_status(STATUS_INVALID, csv_next(&csv, &why));
    assert_string_equal(why.text, "line 1: more than 256 fields");
    csv_clear(&csv);
}

/* All fields of a record are whole, however often the memory behind the
 * quoted ones had to move. */
static void quoted_fields_stay_whole(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER text = buffer_make(1 << 20);
    struct csv csv;
    char expected[512];
    for (int i = 0; i < 200; i++)
        buffer_printf(&text, "%s\"%0400d\"", i ? "," : "", i);
    csv_init(&csv, buffer_bytes(&text));
    assert_ok(csv_next(&csv, NULL));
    assert_int_equal(csv.count, 200);
    for (size_t i = 0; i < 200; i++) {
        (void)snprintf(expected, sizeof(expected), "%0400d", (int)i);
        assert_int_equal(csv.fields[i].len, 400);
        assert_memory_equal(csv.fields[i].at, expected, 400);
    }
    csv_clear(&csv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_and_fields),
        cmocka_unit_test(bad_input_is_told_by_its_line),
        cmocka_unit_test(a_record_has_a_largest_number_of_fields),
        cmocka_unit_test(quoted_fields_stay_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
