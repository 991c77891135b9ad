#include "tests/support/check.h"

#include "api/id.h"

static const struct api_id sample = { { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab,
                                        0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98,
                                        0x76, 0x54, 0x32, 0x10 } };
#define SAMPLE_TEXT "01234567-89ab-cdef-fedc-ba9876543210"

static void text_is_lower_case_with_hyphens(void **state)
{
    (void)state;
    char text[API_ID_TEXT];
    memset(text, 'x', sizeof(text));
    api_id_text(&sample, text);
    assert_string_equal(text, SAMPLE_TEXT);
}

static void both_forms_in_either_case_are_read(void **state)
{
    (void)state;
    static const char *const good[] = {
        SAMPLE_TEXT,
        "01234567-89AB-CDEF-FEDC-BA9876543210",
        "0123456789abcdeffedcba9876543210",
        "0123456789ABCDEFfedcba9876543210",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct api_id id;
        assert_ok(api_id_parse(bytes_of_string(good[i]), &id));
        assert_true(api_id_equal(&id, &sample));
    }
}

static void anything_else_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "0",
        "0123456789abcdeffedcba987654321",
        "0123456789abcdeffedcba98765432100",
        "0123456789abcdeffedcba987654321g",
        "01234567-89ab-cdef-fedc-ba987654321",
        "01234567-89ab-cdef-fedc-ba98765432100",
        "0123456-789ab-cdef-fedc-ba9876543210",
        "01234567089ab-cdef-fedc-ba9876543210",
        "01234567-89ab-cdef-fedc0ba9876543210",
        "01234567-89ab-cdef-fedc-ba98765432-0",
        "01234567_89ab_cdef_fedc_ba9876543210",
        "01234567-89ab-cdef-fedc-ba987654321\xc3",
        "{01234567-89ab-cdef-fedc-ba9876543210}",
        "urn:uuid:01234567-89ab-cdef-fedc-ba9876543210",
        " 0123456789abcdeffedcba987654321",
        "------------------------------------",
        "--------------------------------",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct api_id id = sample;
        assert_status(STATUS_INVALID,
                      api_id_parse(bytes_of_string(bad[i]), &id));
        assert_true(api_id_equal(&id, &sample));
    }
    struct api_id id;
    assert_status(STATUS_INVALID, api_id_parse(bytes_of(NULL, 0), &id));
}

static void random_ids_are_version_4_and_differ(void **state)
{
    (void)state;
    struct api_id first, second;
    assert_ok(api_id_random(&first));
    assert_ok(api_id_random(&second));
    assert_int_equal(api_id_version(&first), 4);
    assert_int_equal(first.bytes[8] & 0xc0, 0x80);
    assert_false(api_id_equal(&first, &second));
    assert_false(api_id_is_zero(&first));
}

static void only_sixteen_zeros_are_zero(void **state)
{
    (void)state;
    struct api_id id = { { 0 } };
    assert_true(api_id_is_zero(&id));
    for (size_t i = 0; i < API_ID_LEN; i++) {
        id.bytes[i] = 1;
        assert_false(api_id_is_zero(&id));
        id.bytes[i] = 0;
    }
}

/* Bit by bit, as the words of the format say. */
static void naive_id(const struct hash *hash, unsigned char out[16])
{
    size_t from = 0;
    memset(out, 0, 16);
    for (size_t bit = 0; bit < 128; bit++) {
        bool version = bit >= 48 && bit < 52, variant = bit == 64 || bit == 65;
        unsigned byte = hash->bytes[from / 8];
        bool set = byte >> (7 - from % 8) & 1;
        if (version || variant)
            set = bit == 48 || bit == 64;
        if (!version && !variant)
            from++;
        if (set)
            out[bit / 8] |= (unsigned char)(0x80 >> bit % 8);
    }
    assert_int_equal(from, 122);
}

static void derived_ids_hold_the_first_122_bits_of_the_hash(void **state)
{
    (void)state;
    static const char *const labels[] = { "accord dataset v1",
                                          "accord build v1" };
    unsigned char random[16], expected[16];
    for (unsigned char turn = 0; turn < 64; turn++) {
        struct hash owner, hash;
        struct api_id id;
        memset(random, turn, sizeof(random));
        memset(owner.bytes, 255 - turn, sizeof(owner.bytes));
        assert_ok(hash_of(&hash, bytes_of_string(labels[turn % 2]),
                          api_id_bytes(&sample), hash_bytes(&owner),
                          bytes_of(random, 16)));
        naive_id(&hash, expected);
        assert_ok(api_id_derive(turn % 2 ? API_BUILD : API_DATASET, &sample,
                                &owner, random, &id));
        assert_memory_equal(id.bytes, expected, 16);
        assert_int_equal(api_id_version(&id), 8);
    }
}

static void every_input_of_a_derived_id_counts(void **state)
{
    (void)state;
    const struct hash owner = { { 1 } }, other_owner = { { 2 } };
    const struct api_id other_account = { { 9 } };
    const unsigned char random[16] = { 3 }, other_random[16] = { 4 };
    struct api_id ids[5];
    assert_ok(api_id_derive(API_DATASET, &sample, &owner, random, &ids[0]));
    assert_ok(api_id_derive(API_BUILD, &sample, &owner, random, &ids[1]));
    assert_ok(
        api_id_derive(API_DATASET, &other_account, &owner, random, &ids[2]));
    assert_ok(
        api_id_derive(API_DATASET, &sample, &other_owner, random, &ids[3]));
    assert_ok(
        api_id_derive(API_DATASET, &sample, &owner, other_random, &ids[4]));
    for (size_t i = 0; i < 5; i++)
        for (size_t j = i + 1; j < 5; j++)
            assert_false(api_id_equal(&ids[i], &ids[j]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_lower_case_with_hyphens),
        cmocka_unit_test(both_forms_in_either_case_are_read),
        cmocka_unit_test(anything_else_is_refused_and_changes_nothing),
        cmocka_unit_test(random_ids_are_version_4_and_differ),
        cmocka_unit_test(only_sixteen_zeros_are_zero),
        cmocka_unit_test(derived_ids_hold_the_first_122_bits_of_the_hash),
        cmocka_unit_test(every_input_of_a_derived_id_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
