#include "tests/support/check.h"

#include <string.h>

#include "api/leaf.h"
#include "base/buffer.h"

static const unsigned char salt[API_SALT_LEN] = { 0x5a, 1, 2, 3 };

static struct api_leaf sample(void)
{
    struct api_leaf leaf = {
        .kind = API_LEAF_RELEASE,
        .index = 0x0102030405060708,
        .time = 0x1112131415161718,
    };
    memset(leaf.account.bytes, 0xb1, API_ID_LEN);
    memset(leaf.subject.bytes, 0xb2, HASH_LEN);
    memset(leaf.detail.bytes, 0xb3, HASH_LEN);
    return leaf;
}

static struct hash hash_filled(unsigned char value)
{
    struct hash hash;
    memset(hash.bytes, value, HASH_LEN);
    return hash;
}

static void a_leaf_is_laid_out_as_the_header_says(void **state)
{
    (void)state;
    struct api_leaf leaf = sample();
    unsigned char encoded[API_LEAF_LEN], expected[API_LEAF_LEN];
    expected[0] = 5;
    memcpy(expected + 1, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
    memcpy(expected + 9, "\x11\x12\x13\x14\x15\x16\x17\x18", 8);
    memset(expected + 17, 0xb1, 16);
    memset(expected + 33, 0xb2, 32);
    memset(expected + 65, 0xb3, 32);
    assert_ok(api_leaf_encode(&leaf, encoded));
    assert_memory_equal(encoded, expected, API_LEAF_LEN);
}

static void a_leaf_survives_encoding(void **state)
{
    (void)state;
    for (uint8_t kind = API_LEAF_STORE; kind <= API_LEAF_RESTORE; kind++) {
        struct api_leaf leaf = sample(), back;
        unsigned char encoded[API_LEAF_LEN], again[API_LEAF_LEN];
        leaf.kind = kind;
        assert_ok(api_leaf_encode(&leaf, encoded));
        assert_ok(api_leaf_decode(bytes_of(encoded, API_LEAF_LEN), &back));
        assert_int_equal(back.kind, kind);
        assert_true(back.index == leaf.index && back.time == leaf.time);
        assert_true(hash_equal(&back.detail, &leaf.detail));
        assert_ok(api_leaf_encode(&back, again));
        assert_memory_equal(encoded, again, API_LEAF_LEN);
    }
}

static void other_lengths_and_kinds_are_refused(void **state)
{
    (void)state;
    unsigned char encoded[API_LEAF_LEN + 1] = { 0 };
    struct api_leaf leaf = sample(), out = { .index = 77 };
    assert_ok(api_leaf_encode(&leaf, encoded));
    for (size_t len = 0; len <= API_LEAF_LEN + 1; len++)
        if (len != API_LEAF_LEN)
            assert_status(STATUS_INVALID,
                          api_leaf_decode(bytes_of(encoded, len), &out));
    for (unsigned kind = 0; kind < 256; kind++) {
        if (kind >= API_LEAF_STORE && kind <= API_LEAF_RESTORE)
            continue;
        unsigned char refused[API_LEAF_LEN] = { 0x5a };
        encoded[0] = leaf.kind = (uint8_t)kind;
        assert_status(STATUS_INVALID,
                      api_leaf_decode(bytes_of(encoded, API_LEAF_LEN), &out));
        assert_status(STATUS_INVALID, api_leaf_encode(&leaf, refused));
        assert_int_equal(refused[0], 0x5a);
    }
    assert_int_equal(out.index, 77);
}

static void kinds_have_names(void **state)
{
    (void)state;
    static const char *const names[] = {
        NULL,     "store",  "certificate", "change", "approval", "release",
        "denial", "failed", "summary",     "clock",  "restore",  NULL,
    };
    for (uint8_t kind = 0; kind < sizeof(names) / sizeof(names[0]); kind++) {
        const char *name = api_leaf_kind_name(kind);
        assert_int_equal(name == NULL, names[kind] == NULL);
        if (name)
            assert_string_equal(name, names[kind]);
    }
    assert_null(api_leaf_kind_name(255));
}

static void the_leaf_hash_is_that_of_rfc_6962(void **state)
{
    (void)state;
    struct api_leaf leaf = sample();
    unsigned char message[1 + API_LEAF_LEN] = { 0 };
    struct hash hash, expected;
    assert_ok(api_leaf_encode(&leaf, message + 1));
    assert_ok(hash_of(&expected, bytes_of(message, sizeof(message))));
    assert_ok(api_leaf_hash(message + 1, &hash));
    assert_true(hash_equal(&hash, &expected));
}

static void a_release_is_named_by_all_its_parts(void **state)
{
    (void)state;
    struct hash ctx = hash_filled(1), certificate = hash_filled(2),
                grant = hash_filled(3), hash, expected;
    assert_ok(hash_of(&expected, bytes_of_string("accord release v1"),
                      bytes_of(salt, 32), hash_bytes(&ctx),
                      hash_bytes(&certificate), hash_bytes(&grant)));
    assert_ok(api_subject_release(salt, &ctx, &certificate, &grant, &hash));
    assert_true(hash_equal(&hash, &expected));
}

static void a_certificate_is_named_by_all_its_parts(void **state)
{
    (void)state;
    struct api_certificate_subject fields = {
        .kind = 4,
        .account = { { 0xc1 } },
        .id = { { 0xc2 } },
        .spki = hash_filled(1),
        .names = hash_filled(2),
        .not_after = 0x0102030405060708,
        .evidence = hash_filled(3),
        .identity = hash_filled(4),
        .configuration = hash_filled(5),
        .invitation = hash_filled(6),
    };
    AUTO_CLEAR_BUFFER message = buffer_make(512);
    struct hash hash, expected;
    buffer_put_string(&message, "accord certificate v1");
    buffer_put(&message, bytes_of(salt, 32));
    buffer_put_u8(&message, 4);
    buffer_put(&message, api_id_bytes(&fields.account));
    buffer_put(&message, api_id_bytes(&fields.id));
    for (unsigned char i = 1; i <= 6; i++) {
        struct hash part = hash_filled(i);
        if (i == 3)
            buffer_put_u64(&message, 0x0102030405060708);
        buffer_put(&message, hash_bytes(&part));
    }
    assert_int_equal(message.len, 21 + 32 + 1 + 16 + 16 + 6 * 32 + 8);
    assert_ok(hash_of(&expected, buffer_bytes(&message)));
    assert_ok(api_subject_certificate(salt, &fields, &hash));
    assert_true(hash_equal(&hash, &expected));
}

static void any_other_subject_is_named_by_its_text(void **state)
{
    (void)state;
    struct hash hash, expected;
    assert_ok(hash_of(&expected, bytes_of_string("accord subject v1"),
                      bytes_of(salt, 32), bytes_of_string("person/1")));
    assert_ok(api_subject_text(salt, "person/1", &hash));
    assert_true(hash_equal(&hash, &expected));
}

static void names_are_hashed_each_with_a_newline(void **state)
{
    (void)state;
    static const char *const names[] = { "a.example", "", "b.example" };
    struct hash hash, expected;
    assert_ok(hash_of(&expected, bytes_of_string("a.example\n\nb.example\n")));
    assert_ok(api_names_hash(names, 3, &hash));
    assert_true(hash_equal(&hash, &expected));
    assert_ok(hash_of(&expected, bytes_of(NULL, 0)));
    assert_ok(api_names_hash(NULL, 0, &hash));
    assert_true(hash_equal(&hash, &expected));
}

static void a_name_with_a_newline_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = { "a.example\nb.example" };
    struct hash hash;
    assert_status(STATUS_INVALID, api_names_hash(names, 1, &hash));
}

static void a_detail_is_hashed_behind_its_salt(void **state)
{
    (void)state;
    struct hash hash, expected;
    assert_ok(hash_of(&expected, bytes_of(salt, 32), bytes_of_string("{}")));
    assert_ok(api_detail_hash(salt, bytes_of_string("{}"), &hash));
    assert_true(hash_equal(&hash, &expected));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_leaf_is_laid_out_as_the_header_says),
        cmocka_unit_test(a_leaf_survives_encoding),
        cmocka_unit_test(other_lengths_and_kinds_are_refused),
        cmocka_unit_test(kinds_have_names),
        cmocka_unit_test(the_leaf_hash_is_that_of_rfc_6962),
        cmocka_unit_test(a_release_is_named_by_all_its_parts),
        cmocka_unit_test(a_certificate_is_named_by_all_its_parts),
        cmocka_unit_test(any_other_subject_is_named_by_its_text),
        cmocka_unit_test(names_are_hashed_each_with_a_newline),
        cmocka_unit_test(a_name_with_a_newline_is_refused),
        cmocka_unit_test(a_detail_is_hashed_behind_its_salt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
