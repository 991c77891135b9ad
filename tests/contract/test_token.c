/* Objects and their attributes, HMAC and derivation: the same on every token.
 */

#include "tests/contract/both.h"

static CK_KEY_TYPE aes = CKK_AES, generic = CKK_GENERIC_SECRET;
static const CK_BYTE key_value[32] = { 1, 2, 3 };

static CK_OBJECT_HANDLE make(const CK_KEY_TYPE *type, CK_ATTRIBUTE_TYPE use,
                             bool modifiable, bool readable)
{
    struct hsm_template t = { .count = 0 };
    CK_OBJECT_HANDLE made = CK_INVALID_HANDLE;
    hsm_template_secret(&t, type, use);
    hsm_template_place(&t, false, true);
    hsm_template_flag(&t, CKA_SENSITIVE, !readable);
    hsm_template_flag(&t, CKA_EXTRACTABLE, readable);
    hsm_template_value(&t, CKA_LABEL, "contract", 8);
    hsm_template_value(&t, CKA_VALUE, key_value, sizeof(key_value));
    hsm_template_flag(&t, CKA_MODIFIABLE, modifiable);
    assert_ok(hsm_object_make(&both.session, &t, &made));
    return made;
}

static void destroy(CK_OBJECT_HANDLE object)
{
    assert_int_equal(both.calls->C_DestroyObject(both.session.handle, object),
                     CKR_OK);
}

static CK_RV set(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, bool to)
{
    CK_BBOOL value = to ? CK_TRUE : CK_FALSE;
    CK_ATTRIBUTE row = { type, &value, sizeof(value) };
    return both.calls->C_SetAttributeValue(both.session.handle, object, &row,
                                           1);
}

static CK_RV derive(CK_OBJECT_HANDLE from, bool readable, CK_OBJECT_HANDLE *out)
{
    static CK_BYTE input[32] = { 9 };
    static CK_ULONG len = 32;
    CK_KEY_DERIVATION_STRING_DATA data = { input, sizeof(input) };
    CK_MECHANISM ecb = { CKM_AES_ECB_ENCRYPT_DATA, &data, sizeof(data) };
    struct hsm_template t = { .count = 0 };
    hsm_template_secret(&t, &aes, HSM_NO_USE);
    hsm_template_flag(&t, CKA_SENSITIVE, !readable);
    hsm_template_flag(&t, CKA_EXTRACTABLE, readable);
    hsm_template_value(&t, CKA_VALUE_LEN, &len, sizeof(len));
    return both.calls->C_DeriveKey(both.session.handle, &ecb, from, t.rows,
                                   t.count, out);
}

static void reads_back_what_was_made(void **state)
{
    CK_OBJECT_HANDLE key = make(&aes, CKA_DERIVE, true, true);
    CK_BYTE value[64];
    size_t len = 0;
    (void)state;
    assert_ok(hsm_object_read(&both.session, key, CKA_VALUE, value, 64, &len));
    assert_int_equal(len, sizeof(key_value));
    assert_memory_equal(value, key_value, len);
    assert_ok(hsm_object_read(&both.session, key, CKA_DERIVE, value, 64, &len));
    assert_int_equal(value[0], CK_TRUE);
    destroy(key);
}

static void hides_the_value_of_a_sensitive_key(void **state)
{
    CK_OBJECT_HANDLE key = make(&aes, CKA_DERIVE, true, false);
    CK_BYTE value[64];
    CK_ATTRIBUTE row = { CKA_VALUE, value, sizeof(value) };
    (void)state;
    assert_int_equal(
        both.calls->C_GetAttributeValue(both.session.handle, key, &row, 1),
        CKR_ATTRIBUTE_SENSITIVE);
    assert_int_equal(row.ulValueLen, CK_UNAVAILABLE_INFORMATION);
    destroy(key);
}

static void never_relaxes_a_key(void **state)
{
    CK_OBJECT_HANDLE key = make(&aes, CKA_DERIVE, true, false);
    (void)state;
    assert_int_equal(set(key, CKA_EXTRACTABLE, true), CKR_ATTRIBUTE_READ_ONLY);
    assert_int_equal(set(key, CKA_SENSITIVE, false), CKR_ATTRIBUTE_READ_ONLY);
    assert_int_equal(set(key, CKA_DERIVE, false), CKR_OK);
    destroy(key);
}

static void leaves_what_is_not_modifiable_alone(void **state)
{
    CK_OBJECT_HANDLE key = make(&aes, CKA_DERIVE, false, false), made;
    (void)state;
    assert_int_equal(set(key, CKA_ENCRYPT, true), CKR_ACTION_PROHIBITED);
    assert_int_equal(derive(key, false, &made), CKR_OK);
    destroy(made);
    destroy(key);
}

static CK_RV copy(CK_OBJECT_HANDLE from, CK_ATTRIBUTE_TYPE type, bool to,
                  CK_OBJECT_HANDLE *out)
{
    CK_BBOOL value = to ? CK_TRUE : CK_FALSE;
    CK_ATTRIBUTE row = { type, &value, sizeof(value) };
    return both.calls->C_CopyObject(both.session.handle, from, &row, 1, out);
}

static void copies_what_may_be_modified_and_no_laxer(void **state)
{
    CK_OBJECT_HANDLE key = make(&aes, CKA_DERIVE, true, false);
    CK_OBJECT_HANDLE fixed = make(&aes, CKA_DERIVE, false, false), made;
    (void)state;
    assert_int_equal(copy(key, CKA_SENSITIVE, false, &made),
                     CKR_ATTRIBUTE_READ_ONLY);
    assert_int_equal(copy(key, CKA_EXTRACTABLE, true, &made),
                     CKR_ATTRIBUTE_READ_ONLY);
    assert_int_equal(copy(fixed, CKA_PRIVATE, true, &made),
                     CKR_ATTRIBUTE_READ_ONLY);
    assert_int_equal(copy(key, CKA_MODIFIABLE, false, &made), CKR_OK);
    assert_int_equal(set(made, CKA_ENCRYPT, true), CKR_ACTION_PROHIBITED);
    destroy(made);
    assert_int_equal(set(key, CKA_COPYABLE, false), CKR_ATTRIBUTE_READ_ONLY);
    destroy(fixed);
    destroy(key);
}

static void finds_by_label_until_destroyed(void **state)
{
    CK_OBJECT_HANDLE key = make(&aes, CKA_DERIVE, true, false), found[2];
    struct hsm_template t = { .count = 0 };
    size_t count = 0;
    (void)state;
    hsm_template_value(&t, CKA_LABEL, "contract", 8);
    assert_ok(hsm_object_find(&both.session, &t, found, 2, &count));
    assert_int_equal(count, 1);
    assert_int_equal(found[0], key);
    destroy(key);
    assert_ok(hsm_object_find(&both.session, &t, found, 2, &count));
    assert_int_equal(count, 0);
    assert_int_equal(both.calls->C_DestroyObject(both.session.handle, key),
                     CKR_OBJECT_HANDLE_INVALID);
}

/* All compute AES-256-ECB and HMAC-SHA-256: the same bytes. */
static CK_BYTE derived[3][32], macs[3][HASH_LEN];

static void derives_only_with_a_key_that_may(void **state)
{
    CK_OBJECT_HANDLE may = make(&aes, CKA_DERIVE, true, false);
    CK_OBJECT_HANDLE may_not = make(&aes, CKA_ENCRYPT, true, false), made;
    size_t len = 0;
    (void)state;
    assert_int_equal(derive(may_not, true, &made),
                     CKR_KEY_FUNCTION_NOT_PERMITTED);
    assert_int_equal(derive(may, true, &made), CKR_OK);
    assert_ok(hsm_object_read(&both.session, made, CKA_VALUE,
                              derived[both.which], 32, &len));
    assert_int_equal(len, 32);
    assert_memory_equal(derived[both.which], derived[0], 32);
    destroy(made);
    destroy(may);
    destroy(may_not);
}

static void signs_only_with_a_key_that_may(void **state)
{
    CK_OBJECT_HANDLE may = make(&generic, CKA_SIGN, true, false);
    CK_OBJECT_HANDLE may_not = make(&generic, CKA_DERIVE, true, false);
    CK_MECHANISM mac = { CKM_SHA256_HMAC, NULL, 0 };
    (void)state;
    assert_int_equal(both.calls->C_SignInit(both.session.handle, &mac, may_not),
                     CKR_KEY_FUNCTION_NOT_PERMITTED);
    assert_ok(
        hsm_mac(&both.session, may, bytes_of_string("text"), macs[both.which]));
    assert_memory_equal(macs[both.which], macs[0], HASH_LEN);
    CK_BYTE again[HASH_LEN];
    CK_ULONG len = sizeof(again);
    assert_int_equal(
        both.calls->C_Sign(both.session.handle, again, 1, again, &len),
        CKR_OPERATION_NOT_INITIALIZED);
    destroy(may);
    destroy(may_not);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(reads_back_what_was_made),
        BOTH(hides_the_value_of_a_sensitive_key),
        BOTH(never_relaxes_a_key),
        BOTH(leaves_what_is_not_modifiable_alone),
        BOTH(copies_what_may_be_modified_and_no_laxer),
        BOTH(finds_by_label_until_destroyed),
        BOTH(derives_only_with_a_key_that_may),
        BOTH(signs_only_with_a_key_that_may),
    };
    return both_run(tests, sizeof(tests) / sizeof(tests[0]));
}
