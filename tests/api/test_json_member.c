#include "tests/support/check.h"

#include "api/json.h"
#include "tests/api/example_key.h"

static json_t *object;

static int read_object(void **state)
{
    (void)state;
    return failed(api_json_read(
               bytes_of_string(
                   "{\"text\":\"hello\",\"nul\":\"a\\u0000b\",\"empty\":\"\","
                   "\"null\":null,\"seven\":7,\"yes\":true,\"no\":false,"
                   "\"object\":{},\"array\":[],"
                   "\"id\":\"01234567-89AB-cdef-fedc-ba9876543210\","
                   "\"hash\":\"000102030405060708090a0b0c0d0e0f"
                   "101112131415161718191A1B1C1D1E1F\",\"base64\":\"AQID\"}"),
               4096, true, &object, NULL))
               ? -1
               : 0;
}

static int drop_object(void **state)
{
    (void)state;
    json_decref(object);
    return 0;
}

#define assert_refused(said, call)                                             \
    do {                                                                       \
        struct reason why_ = { "" }, *why = &why_;                             \
        assert_status(STATUS_INVALID, call);                                   \
        assert_string_equal(why_.text, said);                                  \
    } while (0)

static void text_is_borrowed(void **state)
{
    (void)state;
    const char *text = NULL;
    assert_ok(api_json_text(object, "text", &text, NULL));
    assert_ptr_equal(text, json_string_value(json_object_get(object, "text")));
    assert_ok(api_json_text(object, "empty", &text, NULL));
    assert_string_equal(text, "");
}

static void other_text_is_refused_by_name(void **state)
{
    (void)state;
    const char *text = "untouched";
    assert_refused("none is missing",
                   api_json_text(object, "none", &text, why));
    assert_refused("null is missing",
                   api_json_text(object, "null", &text, why));
    assert_refused("seven: expected text",
                   api_json_text(object, "seven", &text, why));
    assert_refused("nul: expected text without NUL",
                   api_json_text(object, "nul", &text, why));
    assert_refused("text is missing", api_json_text(NULL, "text", &text, why));
    assert_refused(
        "text is missing",
        api_json_text(json_object_get(object, "array"), "text", &text, why));
    assert_string_equal(text, "untouched");
}

static void optional_text_may_be_absent_or_null(void **state)
{
    (void)state;
    const char *text = "untouched";
    assert_refused("seven: expected text",
                   api_json_text_optional(object, "seven", &text, why));
    assert_refused("nul: expected text without NUL",
                   api_json_text_optional(object, "nul", &text, why));
    assert_string_equal(text, "untouched");
    assert_ok(api_json_text_optional(object, "none", &text, NULL));
    assert_null(text);
    text = "x";
    assert_ok(api_json_text_optional(object, "null", &text, NULL));
    assert_null(text);
    assert_ok(api_json_text_optional(object, "text", &text, NULL));
    assert_string_equal(text, "hello");
}

static void integers_lie_within_their_limits(void **state)
{
    (void)state;
    int64_t number = 0;
    assert_ok(api_json_integer(object, "seven", 7, 7, &number, NULL));
    assert_int_equal(number, 7);
    number = 99;
    assert_refused("seven: expected an integer from 8 to 9",
                   api_json_integer(object, "seven", 8, 9, &number, why));
    assert_refused("seven: expected an integer from -1 to 6",
                   api_json_integer(object, "seven", -1, 6, &number, why));
    assert_refused("text: expected an integer from 0 to 9",
                   api_json_integer(object, "text", 0, 9, &number, why));
    assert_refused("yes: expected an integer from 0 to 9",
                   api_json_integer(object, "yes", 0, 9, &number, why));
    assert_refused("none is missing",
                   api_json_integer(object, "none", 0, 9, &number, why));
    assert_int_equal(number, 99);
}

static void an_absent_flag_is_false(void **state)
{
    (void)state;
    bool flag = false;
    assert_ok(api_json_flag(object, "yes", &flag, NULL));
    assert_true(flag);
    assert_refused("seven: expected true or false",
                   api_json_flag(object, "seven", &flag, why));
    assert_true(flag);
    assert_ok(api_json_flag(object, "no", &flag, NULL));
    assert_false(flag);
    flag = true;
    assert_ok(api_json_flag(object, "none", &flag, NULL));
    assert_false(flag);
    flag = true;
    assert_ok(api_json_flag(object, "null", &flag, NULL));
    assert_false(flag);
}

static void objects_and_arrays_are_told_apart(void **state)
{
    (void)state;
    const json_t *value = object;
    assert_refused("array: expected an object",
                   api_json_object(object, "array", &value, why));
    assert_refused("null is missing",
                   api_json_object(object, "null", &value, why));
    assert_refused("object: expected an array",
                   api_json_array(object, "object", &value, why));
    assert_refused("none is missing",
                   api_json_array(object, "none", &value, why));
    assert_ptr_equal(value, object);
    assert_ok(api_json_object(object, "object", &value, NULL));
    assert_true(json_is_object(value));
    assert_ok(api_json_array(object, "array", &value, NULL));
    assert_true(json_is_array(value));
}

static void ids_and_hashes_are_read(void **state)
{
    (void)state;
    struct api_id id;
    struct hash hash;
    assert_ok(api_json_id(object, "id", &id, NULL));
    assert_int_equal(id.bytes[4], 0x89);
    assert_ok(api_json_hash(object, "hash", &hash, NULL));
    for (unsigned char i = 0; i < 32; i++)
        assert_int_equal(hash.bytes[i], i);
    assert_refused("text: expected a UUID",
                   api_json_id(object, "text", &id, why));
    assert_refused("none is missing", api_json_id(object, "none", &id, why));
    assert_refused("seven: expected text",
                   api_json_id(object, "seven", &id, why));
    assert_refused("id: expected 64 hexadecimal digits",
                   api_json_hash(object, "id", &hash, why));
    assert_refused("none is missing",
                   api_json_hash(object, "none", &hash, why));
    assert_int_equal(id.bytes[4], 0x89);
    assert_int_equal(hash.bytes[31], 31);
}

static void base64_is_appended_within_the_maximum(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER out = buffer_make(4);
    buffer_put_u8(&out, 9);
    assert_ok(api_json_base64(object, "base64", &out, NULL));
    assert_int_equal(out.len, 4);
    assert_memory_equal(out.data, "\x09\x01\x02\x03", 4);

    AUTO_CLEAR_BUFFER small = buffer_make(2);
    assert_refused("base64: expected base64 of at most 2 bytes",
                   api_json_base64(object, "base64", &small, why));
    AUTO_CLEAR_BUFFER wide = buffer_make(64);
    assert_refused("text: expected base64 of at most 64 bytes",
                   api_json_base64(object, "text", &wide, why));
    assert_refused("none is missing",
                   api_json_base64(object, "none", &wide, why));
    assert_ok(api_json_base64(object, "empty", &wide, NULL));
    assert_int_equal(wide.len, 0);
}

static void keys_and_signatures_are_read_whole(void **state)
{
    (void)state;
    AUTO_FREE(api_key) key = example_key("json");
    struct api_spki spki = api_key_signer(key).key, read;
    struct api_signature signature = { { 1, [63] = 2 } }, back;
    AUTO_JSON *holder = json_pack(
        "{s:o, s:o, s:o}", "key", api_json_of_base64(api_spki_bytes(&spki)),
        "signature", api_json_of_base64(bytes_of(signature.bytes, 64)), "short",
        api_json_of_base64(bytes_of(signature.bytes, 63)));
    assert_ok(api_json_spki(holder, "key", &read, NULL));
    assert_true(api_spki_equal(&read, &spki));
    assert_ok(api_json_signature(holder, "signature", &back, NULL));
    assert_memory_equal(back.bytes, signature.bytes, 64);
    assert_refused("signature: expected a P-256 public key",
                   api_json_spki(holder, "signature", &read, why));
    assert_refused("short: expected a signature of 64 bytes",
                   api_json_signature(holder, "short", &back, why));
    assert_refused("key: expected base64 of at most 64 bytes",
                   api_json_signature(holder, "key", &back, why));
    assert_refused("none is missing",
                   api_json_spki(holder, "none", &read, why));
    assert_true(api_spki_equal(&read, &spki));
    assert_memory_equal(back.bytes, signature.bytes, 64);
}

static void the_first_unknown_member_is_named(void **state)
{
    (void)state;
    static const char *const names[] = { "a", "b" };
    AUTO_JSON *value = json_pack("{s:i, s:i}", "b", 1, "a", 2);
    assert_ok(api_json_only(value, names, 2, NULL));
    assert_refused("unknown member \"b\"", api_json_only(value, names, 1, why));
    assert_refused("unknown member \"b\"", api_json_only(value, NULL, 0, why));
    assert_ok(api_json_only(json_object_get(object, "object"), NULL, 0, NULL));
    assert_refused(
        "expected an object",
        api_json_only(json_object_get(object, "array"), names, 2, why));
    assert_refused("expected an object", api_json_only(NULL, names, 2, why));
}

static void a_name_that_may_move_a_terminal_is_not_shown(void **state)
{
    (void)state;
    AUTO_JSON *value = json_pack("{s:i}", "\x1b[2J", 1);
    AUTO_JSON *foreign = json_pack("{s:i}", "\xc3\xa9", 1);
    assert_refused("unknown member \"(not printable)\"",
                   api_json_only(value, NULL, 0, why));
    assert_refused("unknown member \"(not printable)\"",
                   api_json_only(foreign, NULL, 0, why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_borrowed),
        cmocka_unit_test(other_text_is_refused_by_name),
        cmocka_unit_test(optional_text_may_be_absent_or_null),
        cmocka_unit_test(integers_lie_within_their_limits),
        cmocka_unit_test(an_absent_flag_is_false),
        cmocka_unit_test(objects_and_arrays_are_told_apart),
        cmocka_unit_test(ids_and_hashes_are_read),
        cmocka_unit_test(base64_is_appended_within_the_maximum),
        cmocka_unit_test(keys_and_signatures_are_read_whole),
        cmocka_unit_test(the_first_unknown_member_is_named),
        cmocka_unit_test(a_name_that_may_move_a_terminal_is_not_shown),
    };
    return cmocka_run_group_tests(tests, read_object, drop_object);
}
