/* AES-GCM and AES key wrap as the worker uses them, and the attributes that
 * generation writes: the same on every token. */

#include "tests/contract/both.h"

static CK_BYTE nonce[12], aad[32] = { 7 };
static CK_GCM_PARAMS gcm_params = { .pIv = nonce,
                                    .ulIvLen = 12,
                                    .ulIvBits = 96,
                                    .pAAD = aad,
                                    .ulAADLen = 32,
                                    .ulTagBits = 128 };
static CK_MECHANISM gcm = { CKM_AES_GCM, &gcm_params, sizeof(gcm_params) };
static CK_MECHANISM kwp = { CKM_AES_KEY_WRAP_PAD, NULL, 0 };
static CK_BYTE text[50] = "not a credential, but as long as a short one";

static CK_RV encrypt(CK_OBJECT_HANDLE key, CK_BYTE *out, CK_ULONG *len)
{
    CK_RV rv = RV(C_EncryptInit, &gcm, key);
    return rv == CKR_OK ? RV(C_Encrypt, text, sizeof(text), out, len) : rv;
}

static CK_RV decrypt(CK_OBJECT_HANDLE key, CK_BYTE *in, CK_ULONG in_len,
                     CK_BYTE *out, CK_ULONG *len)
{
    CK_RV rv = RV(C_DecryptInit, &gcm, key);
    return rv == CKR_OK ? RV(C_Decrypt, in, in_len, out, len) : rv;
}

/* Every token computes the same bytes. */
static void assert_same(const CK_BYTE *made, size_t len, CK_BYTE *first)
{
    if (both.which == BOTH_FAKE)
        memcpy(first, made, len);
    assert_memory_equal(made, first, len);
}

static void gcm_seals_and_opens(void **state)
{
    static CK_BYTE first[66];
    CK_OBJECT_HANDLE sealing = both_secret(&both_aes, CKA_ENCRYPT, false);
    CK_OBJECT_HANDLE opening = both_secret(&both_aes, CKA_DECRYPT, false);
    CK_BYTE sealed[66], opened[66];
    CK_ULONG len = sizeof(sealed), opened_len = sizeof(opened);
    (void)state;
    assert_int_equal(encrypt(sealing, sealed, &len), CKR_OK);
    assert_int_equal(len, 66);
    assert_same(sealed, 66, first);
    assert_int_equal(decrypt(opening, sealed, 66, opened, &opened_len), CKR_OK);
    assert_int_equal(opened_len, sizeof(text));
    assert_memory_equal(opened, text, sizeof(text));
}

/* 0x05, which is why the worker does not think the token lost then. */
static void gcm_opens_nothing_that_was_changed(void **state)
{
    CK_OBJECT_HANDLE sealing = both_secret(&both_aes, CKA_ENCRYPT, false);
    CK_OBJECT_HANDLE opening = both_secret(&both_aes, CKA_DECRYPT, false);
    CK_BYTE sealed[66], opened[66];
    CK_ULONG len = sizeof(sealed), opened_len = sizeof(opened);
    (void)state;
    assert_int_equal(encrypt(sealing, sealed, &len), CKR_OK);
    static const size_t places[] = { 0, 49, 50, 65 };
    for (size_t i = 0; i < 4; i++, opened_len = sizeof(opened)) {
        sealed[places[i]] ^= 1;
        assert_int_equal(decrypt(opening, sealed, 66, opened, &opened_len),
                         CKR_GENERAL_ERROR);
        sealed[places[i]] ^= 1;
    }
    aad[0] ^= 1;
    CK_RV rv = decrypt(opening, sealed, 66, opened, &opened_len);
    aad[0] ^= 1;
    assert_int_equal(rv, CKR_GENERAL_ERROR);
    /* And no operation is left over. */
    opened_len = sizeof(opened);
    assert_int_equal(decrypt(opening, sealed, 66, opened, &opened_len), CKR_OK);
}

static void gcm_needs_a_key_that_may(void **state)
{
    CK_OBJECT_HANDLE sealing = both_secret(&both_aes, CKA_ENCRYPT, false);
    CK_OBJECT_HANDLE opening = both_secret(&both_aes, CKA_DECRYPT, false);
    CK_OBJECT_HANDLE generic = both_secret(&both_generic, CKA_SIGN, false);
    CK_MECHANISM wrong = { CKM_SHA256_HMAC, NULL, 0 };
    CK_BYTE out[66];
    CK_ULONG len = sizeof(out);
    (void)state;
    assert_int_equal(RV(C_EncryptInit, &gcm, opening),
                     CKR_KEY_FUNCTION_NOT_PERMITTED);
    assert_int_equal(RV(C_DecryptInit, &gcm, sealing),
                     CKR_KEY_FUNCTION_NOT_PERMITTED);
    assert_int_equal(RV(C_EncryptInit, &gcm, generic),
                     CKR_KEY_FUNCTION_NOT_PERMITTED);
    assert_int_equal(RV(C_EncryptInit, &wrong, sealing), CKR_MECHANISM_INVALID);
    assert_int_equal(RV(C_EncryptInit, &gcm, 999999),
                     CKR_OBJECT_HANDLE_INVALID);
    assert_int_equal(RV(C_Encrypt, text, 1, out, &len),
                     CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(RV(C_Decrypt, text, 17, out, &len),
                     CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(RV(C_EncryptInit, &gcm, sealing), CKR_OK);
    assert_int_equal(RV(C_EncryptInit, &gcm, sealing), CKR_OPERATION_ACTIVE);
    assert_int_equal(RV(C_DecryptInit, &gcm, opening), CKR_OPERATION_ACTIVE);
    len = 65;
    assert_int_equal(RV(C_Encrypt, text, sizeof(text), out, &len),
                     CKR_BUFFER_TOO_SMALL);
    assert_int_equal(len, 66);
    assert_int_equal(RV(C_Encrypt, text, sizeof(text), out, &len), CKR_OK);
}

static CK_RV unwrap(CK_OBJECT_HANDLE with, CK_BYTE *wrapped, CK_ULONG len,
                    CK_OBJECT_HANDLE *out)
{
    struct hsm_template t = { .count = 0 };
    hsm_template_secret(&t, &both_aes, CKA_DECRYPT);
    hsm_template_place(&t, false, true);
    hsm_template_flag(&t, CKA_SENSITIVE, false);
    hsm_template_flag(&t, CKA_EXTRACTABLE, true);
    return RV(C_UnwrapKey, &kwp, with, wrapped, len, t.rows, t.count, out);
}

static void key_wrap_gives_back_what_it_took(void **state)
{
    static CK_BYTE first[40];
    CK_OBJECT_HANDLE wrapping = both_secret(&both_aes, CKA_WRAP, false);
    CK_OBJECT_HANDLE unwrapping = both_secret(&both_aes, CKA_UNWRAP, false);
    CK_OBJECT_HANDLE may = both_secret(&both_aes, HSM_NO_USE, true);
    CK_OBJECT_HANDLE may_not = both_secret(&both_aes, HSM_NO_USE, false), back;
    CK_BYTE wrapped[40], value[32];
    CK_ULONG len = sizeof(wrapped);
    size_t read = 0;
    (void)state;
    assert_int_equal(RV(C_WrapKey, &kwp, wrapping, may, wrapped, &len), CKR_OK);
    assert_int_equal(len, 40);
    assert_same(wrapped, 40, first);
    assert_int_equal(unwrap(unwrapping, wrapped, 40, &back), CKR_OK);
    assert_ok(
        hsm_object_read(&both.session, back, CKA_VALUE, value, 32, &read));
    assert_memory_equal(value, both_value, 32);
    assert_int_equal(RV(C_WrapKey, &kwp, wrapping, may_not, wrapped, &len),
                     CKR_KEY_UNEXTRACTABLE);
    assert_int_equal(RV(C_WrapKey, &kwp, unwrapping, may, wrapped, &len),
                     CKR_KEY_FUNCTION_NOT_PERMITTED);
    assert_int_equal(unwrap(wrapping, wrapped, 40, &back),
                     CKR_KEY_FUNCTION_NOT_PERMITTED);
    for (size_t i = 0; i < 40; i += 13) {
        wrapped[i] ^= 0x80;
        assert_int_equal(unwrap(unwrapping, wrapped, 40, &back),
                         CKR_GENERAL_ERROR);
        wrapped[i] ^= 0x80;
    }
    assert_int_equal(unwrap(unwrapping, wrapped, 39, &back),
                     CKR_WRAPPED_KEY_LEN_RANGE);
}

/* --- attributes ---------------------------------------------------------- */

static bool flag_of(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
    CK_BBOOL value = 0xee;
    size_t len = 0;
    assert_ok(hsm_object_read(&both.session, object, type, &value, 1, &len));
    assert_in_range(value, CK_FALSE, CK_TRUE);
    return value == CK_TRUE;
}

static void where_a_key_comes_from_is_recorded(void **state)
{
    CK_MECHANISM generation = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_ULONG key_len = 32;
    struct hsm_template t = { .count = 0 };
    CK_OBJECT_HANDLE made = CK_INVALID_HANDLE, copied;
    CK_OBJECT_HANDLE given = both_secret(&both_aes, CKA_ENCRYPT, false);
    (void)state;
    hsm_template_secret(&t, &both_aes, CKA_ENCRYPT);
    hsm_template_place(&t, false, true);
    hsm_template_hidden(&t, false);
    hsm_template_value(&t, CKA_VALUE_LEN, &key_len, sizeof(key_len));
    assert_int_equal(RV(C_GenerateKey, &generation, t.rows, t.count, &made),
                     CKR_OK);
    assert_true(flag_of(made, CKA_LOCAL));
    assert_true(flag_of(made, CKA_ALWAYS_SENSITIVE));
    assert_true(flag_of(made, CKA_NEVER_EXTRACTABLE));
    assert_false(flag_of(given, CKA_LOCAL));
    assert_false(flag_of(given, CKA_ALWAYS_SENSITIVE));
    assert_false(flag_of(given, CKA_NEVER_EXTRACTABLE));
    CK_BBOOL no = CK_FALSE;
    CK_ATTRIBUTE row = { CKA_TOKEN, &no, sizeof(no) };
    assert_int_equal(RV(C_CopyObject, made, &row, 1, &copied), CKR_OK);
    assert_true(flag_of(copied, CKA_ALWAYS_SENSITIVE));
    t.count--; /* no length */
    assert_int_equal(RV(C_GenerateKey, &generation, t.rows, t.count, &made),
                     CKR_TEMPLATE_INCOMPLETE);
}

static void attributes_are_read_into_room_that_is_enough(void **state)
{
    CK_OBJECT_HANDLE key = both_secret(&both_aes, CKA_ENCRYPT, true);
    CK_BYTE value[32];
    CK_ATTRIBUTE rows[] = { { CKA_CLASS, NULL, 0 },
                            { CKA_KEY_TYPE, value, 1 },
                            { CKA_MODULUS, value, 32 } };
    (void)state;
    assert_int_equal(RV(C_GetAttributeValue, key, rows, 1), CKR_OK);
    assert_int_equal(rows[0].ulValueLen, sizeof(CK_ULONG));
    assert_int_equal(RV(C_GetAttributeValue, key, rows + 1, 1),
                     CKR_BUFFER_TOO_SMALL);
    assert_int_equal(rows[1].ulValueLen, CK_UNAVAILABLE_INFORMATION);
    assert_int_equal(RV(C_GetAttributeValue, key, rows + 2, 1),
                     CKR_ATTRIBUTE_TYPE_INVALID);
    assert_int_equal(rows[2].ulValueLen, CK_UNAVAILABLE_INFORMATION);
    assert_int_equal(RV(C_GetAttributeValue, 999999, rows, 1),
                     CKR_OBJECT_HANDLE_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(gcm_seals_and_opens),
        BOTH(gcm_opens_nothing_that_was_changed),
        BOTH(gcm_needs_a_key_that_may),
        BOTH(key_wrap_gives_back_what_it_took),
        BOTH(where_a_key_comes_from_is_recorded),
        BOTH(attributes_are_read_into_room_that_is_enough),
    };
    return both_run(tests, sizeof(tests) / sizeof(tests[0]));
}
