#include "tests/support/check.h"

#include "api/key.h"
#include "base/text.h"

#define ZEROS_31                                                               \
    "00000000000000000000000000000000000000000000000000000000000000"
#define ONES_32                                                                \
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static const struct {
    const char *raw, *der;
} pairs[] = {
    { ZEROS_31 "01" ZEROS_31 "7f", "300602010102017f" },
    { ZEROS_31 "80" ZEROS_31 "01", "300702020080020101" },
    { ONES_32 ONES_32, "3046022100" ONES_32 "022100" ONES_32 },
    { "7f" ZEROS_31 ZEROS_31 "ff", "302602207f" ZEROS_31 "020200ff" },
};

static void unhex(const char *text, void *out, size_t len)
{
    assert_ok(hex_decode(bytes_of_string(text), out, len));
}

static void both_forms_say_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        AUTO_CLEAR_BUFFER der = buffer_make(72);
        struct api_signature signature, back;
        unsigned char expected[72];
        size_t len = strlen(pairs[i].der) / 2;
        unhex(pairs[i].raw, signature.bytes, API_SIGNATURE_LEN);
        unhex(pairs[i].der, expected, len);
        assert_ok(api_signature_to_der(&signature, &der));
        assert_int_equal(der.len, len);
        assert_memory_equal(der.data, expected, len);
        assert_ok(api_signature_from_der(buffer_bytes(&der), &back));
        assert_memory_equal(back.bytes, signature.bytes, API_SIGNATURE_LEN);
    }
}

static void zeros_have_no_der(void **state)
{
    (void)state;
    static const char *const bad[] = {
        ZEROS_31 "00" ZEROS_31 "01",
        ZEROS_31 "01" ZEROS_31 "00",
    };
    for (size_t i = 0; i < 2; i++) {
        AUTO_CLEAR_BUFFER der = buffer_make(72);
        struct api_signature signature;
        unhex(bad[i], signature.bytes, API_SIGNATURE_LEN);
        assert_status(STATUS_INVALID, api_signature_to_der(&signature, &der));
        assert_int_equal(der.len, 0);
    }
}

static void anything_but_strict_der_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "30",
        "3000",
        "3003020101",
        "3006020101",
        "30060201010201",
        "3006020101020101ff", /* something behind it   */
        "3007020101020101",   /* length too long       */
        "3005020101020101",   /* length too short      */
        "3106020101020101",   /* another tag           */
        "3006030101020101",
        "3006020101030101",
        "308106020101020101", /* long form of length   */
        "3080020101020101",
        "3006020100020101", /* r = 0                 */
        "3006020101020100",
        "3006020181020101", /* negative              */
        "3006020101020180",
        "300702020001020101", /* needless zero         */
        "30070201010202007f",
        "30050200020101", /* empty                 */
        "30050201010200",
        "300402000200",
        "302602210100" ZEROS_31 "020101", /* 257 bits              */
        "30270222000100" ZEROS_31 "020101",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        unsigned char der[80];
        size_t len = strlen(bad[i]) / 2;
        struct api_signature out = { { 0x5a } };
        unhex(bad[i], der, len);
        assert_status(STATUS_INVALID,
                      api_signature_from_der(bytes_of(der, len), &out));
        assert_int_equal(out.bytes[0], 0x5a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms_say_the_same),
        cmocka_unit_test(zeros_have_no_der),
        cmocka_unit_test(anything_but_strict_der_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
