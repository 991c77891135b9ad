#include "tests/support/check.h"

#include <stdlib.h>

#include "api/json.h"

#define DEEP_16 "[[[[[[[[[[[[[[[["
#define SHUT_16 "]]]]]]]]]]]]]]]]"

static json_t *read(const char *text)
{
    json_t *value = NULL;
    struct reason why = { "" };
    struct status result =
        api_json_read(bytes_of_string(text), 4096, false, &value, &why);
    if (failed(result))
        print_error("%s: %s\n", text, why.text);
    assert_ok(result);
    return value;
}

/* Asserts that `text`, read and written canonically, is `expected`. */
static void assert_canonical(const char *text, const char *expected)
{
    AUTO_JSON *value = read(text);
    AUTO_CLEAR_BUFFER out = buffer_make(4096);
    assert_ok(api_json_canonical(value, &out));
    char *written = buffer_string(&out);
    assert_string_equal(written, expected);
    free(written);
}

static void one_value_of_any_kind_is_read(void **state)
{
    (void)state;
    static const char *const same[] = {
        "{}",
        "[]",
        "\"\"",
        "0",
        "-1",
        "true",
        "false",
        "null",
        "[1,[2,{\"a\":[]}],\"x\",null,true,false]",
        "9223372036854775807",
        "-9223372036854775808",
        DEEP_16 SHUT_16,
    };
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        assert_canonical(same[i], same[i]);
}

static void white_space_does_not_count(void **state)
{
    (void)state;
    assert_canonical(" \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } } \n",
                     "{\"a\":[1,2],\"b\":{}}");
    assert_canonical("-0", "0");
}

static void members_are_sorted_by_the_bytes_of_their_names(void **state)
{
    (void)state;
    assert_canonical("{\"b\":1,\"a\":2,\"B\":3,\"\":4,\"aa\":5}",
                     "{\"\":4,\"B\":3,\"a\":2,\"aa\":5,\"b\":1}");
    /* U+FFFF before U+10000, though UTF-16 has it the other way round */
    assert_canonical("{\"\\ud800\\udc00\":1,\"\\uffff\":2}",
                     "{\"\xef\xbf\xbf\":2,\"\xf0\x90\x80\x80\":1}");
    assert_canonical("[{\"z\":{\"b\":1,\"a\":2}}]",
                     "[{\"z\":{\"a\":2,\"b\":1}}]");
}

static void strings_are_escaped_as_little_as_possible(void **state)
{
    (void)state;
    assert_canonical("\"\\u0022\\u005c\\/\\b\\f\\n\\r\\t\"",
                     "\"\\\"\\\\/\\b\\f\\n\\r\\t\"");
    assert_canonical("\"\\u0001\\u001F\\u007f\"", "\"\\u0001\\u001f\x7f\"");
    assert_canonical("\"\\u00e9\\u2028\\ud83d\\ude00\"",
                     "\"\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80\"");
    assert_canonical("\"\xc3\xa9\xef\xbb\xbf\xf4\x8f\xbf\xbf\"",
                     "\"\xc3\xa9\xef\xbb\xbf\xf4\x8f\xbf\xbf\"");
}

static void every_control_character_is_escaped(void **state)
{
    (void)state;
    for (unsigned char c = 0; c < 0x20; c++) {
        AUTO_CLEAR_BUFFER out = buffer_make(16);
        AUTO_JSON *value = NULL;
        api_json_string(bytes_of(&c, 1), &out);
        assert_true(out.len == 4 || out.len == 8);
        assert_ok(api_json_read(buffer_bytes(&out), 16, true, &value, NULL));
        assert_int_equal(json_string_length(value), 1);
        assert_memory_equal(json_string_value(value), &c, 1);
    }
}

static void nul_is_read_only_where_it_is_allowed(void **state)
{
    (void)state;
    AUTO_JSON *value = NULL;
    AUTO_CLEAR_BUFFER out = buffer_make(64);
    struct bytes text = bytes_of_string("[\"a\\u0000b\"]");
    struct reason why = { "" };
    assert_status(STATUS_INVALID, api_json_read(text, 64, false, &value, &why));
    assert_string_equal(why.text,
                        "line 1, column 4: \\u0000 is not allowed here");
    assert_ok(api_json_read(text, 64, true, &value, NULL));
    assert_int_equal(json_string_length(json_array_get(value, 0)), 3);
    assert_ok(api_json_canonical(value, &out));
    assert_true(bytes_equal(buffer_bytes(&out), text));
}

static const struct {
    const char *text, *said;
} bad[] = {
    { "", "line 1, column 1: expected a value, found the end" },
    { "  ", "line 1, column 3: expected a value, found the end" },
    { "{} {}", "line 1, column 4: something behind the document" },
    { "1 2", "line 1, column 3: something behind" },
    { "[1]]", "line 1, column 4: something behind" },
    { "nul", "expected a value" },
    { "True", "expected a value" },
    { "nullx", "something behind" },
    { "NaN", "expected a value" },
    { "-", "expected a value" },
    { "+1", "expected a value" },
    { "01", "something behind" },
    { "-01", "something behind" },
    { ".5", "expected a value" },
    { "1.0", "line 1, column 1: a number that is not an integer" },
    { "[1, 2.5]", "line 1, column 5: a number that is not an integer" },
    { "1e3", "not an integer" },
    { "1E3", "not an integer" },
    { "-0.0", "not an integer" },
    { "9223372036854775808", "more than 64 bits" },
    { "-9223372036854775809", "more than 64 bits" },
    { "{", "expected a member" },
    { "{\"a\":1,}", "line 1, column 8: expected a member" },
    { "{a:1}", "expected a member" },
    { "{\"a\" 1}", "line 1, column 6: expected ':'" },
    { "{\"a\":}", "expected a value" },
    { "{\"a\":1 \"b\":2}", "expected ',' or '}'" },
    { "{\n \"a\": 1,\n \"a\": 2}",
      "line 3, column 2: a member for the second time" },
    { "{\"a\":1,\"\\u0061\":2}", "second time" },
    { "[1", "expected ',' or ']'" },
    { "[1}", "expected ',' or ']'" },
    { "[1,]", "expected a value" },
    { "[,1]", "expected a value" },
    { "\"a", "the string has no end" },
    { "\"a\\", "the string has no end" },
    { "\"a\\\"", "the string has no end" },
    { "\"\n\"", "line 1, column 2: a control character" },
    { "\"\x1f\"", "a control character" },
    { "\"\\x\"", "line 1, column 2: an unknown escape" },
    { "\"\\u12\"", "\\u without four" },
    { "\"\\u12g4\"", "\\u without four" },
    { "\"\\ud800\"", "half of a surrogate pair" },
    { "\"\\ud800\\u0041\"", "half of a surrogate pair" },
    { "\"\\ud800\\ud800\"", "half of a surrogate pair" },
    { "\"\\udc00\"", "half of a surrogate pair" },
    { "\"\\ud800x\"", "half of a surrogate pair" },
    { "\"\xc3\xa9\xff\"", "line 1, column 3: not UTF-8" },
    { "\"\x80\"", "not UTF-8" },
    { "\"\xc0\x80\"", "not UTF-8" },
    { "\"\xc1\xbf\"", "not UTF-8" },
    { "\"\xe0\x9f\xbf\"", "not UTF-8" },
    { "\"\xed\xa0\x80\"", "not UTF-8" },
    { "\"\xf0\x8f\xbf\xbf\"", "not UTF-8" },
    { "\"\xf4\x90\x80\x80\"", "not UTF-8" },
    { "\"\xf5\x80\x80\x80\"", "not UTF-8" },
    { "\"\xe2\x82\"", "not UTF-8" },
    { "\"\xe2\x82", "not UTF-8" },
    { "\"\\\xff\"", "not UTF-8" },
    { "\"\\\xc3\xa9\"", "an unknown escape" },
    { "\xef\xbb\xbf{}", "expected a value" },
    { "'a'", "expected a value" },
    { "/**/1", "expected a value" },
    { "[\f1]", "expected a value" },
    { DEEP_16 "[" SHUT_16 "]", "line 1, column 17: more than 16 levels" },
    { DEEP_16 "{}" SHUT_16, "more than 16 levels" },
};

static void bad_text_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        json_t *value = NULL;
        struct reason why = { "" };
        assert_status(STATUS_INVALID,
                      api_json_read(bytes_of_string(bad[i].text), 4096, false,
                                    &value, &why));
        if (!strstr(why.text, bad[i].said))
            fail_msg("%s: %s", bad[i].text, why.text);
        assert_null(value);
    }
}

static void a_nul_byte_is_no_end(void **state)
{
    (void)state;
    json_t *value = NULL;
    assert_status(STATUS_INVALID,
                  api_json_read(bytes_of("{}\0", 3), 64, true, &value, NULL));
    assert_status(STATUS_INVALID,
                  api_json_read(bytes_of("\"\0\"", 3), 64, true, &value, NULL));
    assert_status(STATUS_INVALID, api_json_read(bytes_of("{\"\\u0000\":1}", 12),
                                                64, true, &value, NULL));
    assert_status(STATUS_INVALID,
                  api_json_read(bytes_of(NULL, 0), 64, true, &value, NULL));
    assert_null(value);
}

static void levels_close_again(void **state)
{
    (void)state;
    assert_canonical("[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]",
                     "[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]");
}

static void the_maximum_is_a_maximum(void **state)
{
    (void)state;
    AUTO_JSON *value = NULL;
    struct reason why = { "" };
    assert_ok(api_json_read(bytes_of_string("[12]"), 4, false, &value, NULL));
    assert_status(STATUS_INVALID, api_json_read(bytes_of_string("[123]"), 4,
                                                false, &value, &why));
    assert_string_equal(why.text,
                        "the document has 5 bytes; at most 4 are allowed");
}

static void reasons_do_not_quote_the_document(void **state)
{
    (void)state;
    json_t *value = NULL;
    struct reason why = { "" };
    assert_status(
        STATUS_INVALID,
        api_json_read(bytes_of_string("{\"password\":\"hunter2\" \"x\"}"), 4096,
                      false, &value, &why));
    assert_null(strstr(why.text, "hunter2"));
    assert_null(strstr(why.text, "password"));
}

static void real_numbers_have_no_canonical_text(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER out = buffer_make(64);
    AUTO_JSON *value = json_pack("{s:[f]}", "a", 1.5);
    assert_status(STATUS_INVALID, api_json_canonical(value, &out));
    assert_status(STATUS_INVALID, api_json_canonical(NULL, &out));
}

static void a_buffer_that_is_too_small_is_reported(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER out = buffer_make(6);
    AUTO_JSON *value = read("[1,2,3]");
    assert_status(STATUS_INVALID, api_json_canonical(value, &out));
}

static void answers_are_built_from_our_own_kinds(void **state)
{
    (void)state;
    const struct api_id id = { { 0xab, [15] = 1 } };
    const struct hash hash = { { 0xcd, [31] = 2 } };
    AUTO_JSON *value =
        json_pack("{s:o, s:o, s:o, s:o}", "id", api_json_of_id(&id), "hash",
                  api_json_of_hash(&hash), "bytes",
                  api_json_of_base64(bytes_of("\1\2", 2)), "none",
                  api_json_of_base64(bytes_of(NULL, 0)));
    AUTO_CLEAR_BUFFER out = buffer_make(512);
    assert_ok(api_json_canonical(value, &out));
    char *text = buffer_string(&out);
    assert_string_equal(
        text, "{\"bytes\":\"AQI=\",\"hash\":\"cd000000000000000000000000000000"
              "00000000000000000000000000000002\","
              "\"id\":\"ab000000-0000-0000-0000-000000000001\",\"none\":\"\"}");
    free(text);
}

static int open_memory(void **state)
{
    (void)state;
    api_json_memory_open();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_value_of_any_kind_is_read),
        cmocka_unit_test(white_space_does_not_count),
        cmocka_unit_test(members_are_sorted_by_the_bytes_of_their_names),
        cmocka_unit_test(strings_are_escaped_as_little_as_possible),
        cmocka_unit_test(every_control_character_is_escaped),
        cmocka_unit_test(nul_is_read_only_where_it_is_allowed),
        cmocka_unit_test(bad_text_is_refused_with_its_place),
        cmocka_unit_test(a_nul_byte_is_no_end),
        cmocka_unit_test(levels_close_again),
        cmocka_unit_test(the_maximum_is_a_maximum),
        cmocka_unit_test(reasons_do_not_quote_the_document),
        cmocka_unit_test(real_numbers_have_no_canonical_text),
        cmocka_unit_test(a_buffer_that_is_too_small_is_reported),
        cmocka_unit_test(answers_are_built_from_our_own_kinds),
    };
    return cmocka_run_group_tests(tests, open_memory, NULL);
}
