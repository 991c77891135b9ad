/* What the PIN alone buys: a process that has it, but not the worker's
 * checks, turns the known attacks of key-management interfaces on the keys
 * that `accord-hsm init` made. The last tests say what it does buy. */

#include "tests/support/check.h"

#include "pkcs11/rsa.h"
#include "tests/pkcs11/scene.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct stage stage;
static struct hsm_worker worker;
static struct scene scene;
static struct hsm_session *session = &scene.session;
static CK_OBJECT_HANDLE kept, mine_public, mine_private, mine_aes;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_OBJECT_CLASS secret_class = CKO_SECRET_KEY;
static CK_KEY_TYPE aes = CKK_AES;
static CK_ULONG key_len = 32;
static CK_RSA_PKCS_OAEP_PARAMS oaep = { CKM_SHA_1, CKG_MGF1_SHA1,
                                        CKZ_DATA_SPECIFIED, NULL, 0 };

/* clang-format off */
#define FLAG(type, value) { (type), &(value), sizeof(value) }
/* clang-format on */

/* PKCS#11 answers a refused attempt in many ways; it must be one of those
 * that mean "not allowed", not a lost device nor a bad argument. */
static void assert_refused(enum hsm_key key, const char *attempt, CK_RV rv)
{
    switch (rv) {
    case CKR_ACTION_PROHIBITED:
    case CKR_ATTRIBUTE_READ_ONLY:
    case CKR_ATTRIBUTE_SENSITIVE:
    case CKR_KEY_FUNCTION_NOT_PERMITTED:
    case CKR_KEY_UNEXTRACTABLE: return;
    default:
        fail_msg("%s on %s: 0x%lx", attempt, hsm_key_label(key),
                 (unsigned long)rv);
    }
}

static void make_mine(void)
{
    CK_MECHANISM pair = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
    CK_MECHANISM one = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_ULONG bits = 2048;
    CK_BYTE e[] = { 1, 0, 1 };
    CK_ATTRIBUTE public_rows[] = { FLAG(CKA_WRAP, yes), FLAG(CKA_ENCRYPT, yes),
                                   FLAG(CKA_MODULUS_BITS, bits),
                                   FLAG(CKA_PUBLIC_EXPONENT, e) };
    CK_ATTRIBUTE private_rows[] = { FLAG(CKA_UNWRAP, yes),
                                    FLAG(CKA_DECRYPT, yes),
                                    FLAG(CKA_SENSITIVE, no) };
    CK_ATTRIBUTE aes_rows[] = {
        FLAG(CKA_VALUE_LEN, key_len), FLAG(CKA_WRAP, yes),
        FLAG(CKA_UNWRAP, yes),        FLAG(CKA_DECRYPT, yes),
        FLAG(CKA_ENCRYPT, yes),       FLAG(CKA_SENSITIVE, no),
        FLAG(CKA_EXTRACTABLE, yes),
    };
    assert_ok(CALL(session, C_GenerateKeyPair, &pair, public_rows,
                   COUNT(public_rows), private_rows, COUNT(private_rows),
                   &mine_public, &mine_private));
    assert_ok(CALL(session, C_GenerateKey, &one, aes_rows, COUNT(aes_rows),
                   &mine_aes));
}

static int set_up(void **state)
{
    struct hash ctx;
    (void)state;
    stage_make(&stage, "");
    assert_int_equal(stage_init(&stage, NULL, 0), 0);
    stage_worker(&stage, &worker);
    scene_make(&scene, &worker);
    assert_ok(api_context_hash(&scene.context, &ctx));
    assert_ok(
        hsm_credentials_find(worker.credentials, &ctx, &kept, &scene.why));
    make_mine();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scene_clear(&scene);
    hsm_worker_clear(&worker);
    stage_clear(&stage);
    return 0;
}

static CK_RV read_rv(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
    unsigned char value[1024];
    CK_ATTRIBUTE row = { type, value, sizeof(value) };
    return session->calls->C_GetAttributeValue(session->handle, object, &row,
                                               1);
}

static CK_RV set_rv(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                    CK_BBOOL value)
{
    CK_ATTRIBUTE row = { type, &value, sizeof(value) };
    return session->calls->C_SetAttributeValue(session->handle, object, &row,
                                               1);
}

static CK_RV wrap_rv(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE with,
                     CK_OBJECT_HANDLE key, CK_BYTE *out, CK_ULONG *len)
{
    CK_MECHANISM mechanism = { type, NULL, 0 };
    if (type == CKM_RSA_PKCS_OAEP)
        mechanism = (CK_MECHANISM){ type, &oaep, sizeof(oaep) };
    return session->calls->C_WrapKey(session->handle, &mechanism, with, key,
                                     out, len);
}

#define EVERY_KEY(key) for (enum hsm_key key = HSM_CA; key < HSM_KEYS; key++)

static void no_key_of_the_ceremony_can_be_read(void **state)
{
    static const CK_ATTRIBUTE_TYPE rsa[] = {
        CKA_PRIVATE_EXPONENT, CKA_PRIME_1,    CKA_PRIME_2,
        CKA_EXPONENT_1,       CKA_EXPONENT_2, CKA_COEFFICIENT,
    };
    (void)state;
    EVERY_KEY(key)
    {
        CK_OBJECT_HANDLE object = worker.keys.handle[key];
        if (key != HSM_INTAKE)
            assert_int_equal(read_rv(object, CKA_VALUE),
                             CKR_ATTRIBUTE_SENSITIVE);
        for (size_t i = 0; key == HSM_INTAKE && i < COUNT(rsa); i++)
            assert_int_equal(read_rv(object, rsa[i]), CKR_ATTRIBUTE_SENSITIVE);
    }
}

static void no_key_of_the_ceremony_can_be_wrapped(void **state)
{
    static const CK_MECHANISM_TYPE with_aes[] = { CKM_AES_KEY_WRAP,
                                                  CKM_AES_KEY_WRAP_PAD };
    CK_BYTE out[4096];
    CK_ULONG ok_len = sizeof(out);
    (void)state;
    /* The attacker's key does wrap what may be wrapped. */
    assert_int_equal(
        wrap_rv(CKM_AES_KEY_WRAP, mine_aes, mine_aes, out, &ok_len), CKR_OK);
    EVERY_KEY(key)
    {
        CK_ULONG len = sizeof(out);
        CK_OBJECT_HANDLE object = worker.keys.handle[key];
        for (size_t i = 0; i < COUNT(with_aes); i++, len = sizeof(out))
            assert_refused(key, "wrap under AES",
                           wrap_rv(with_aes[i], mine_aes, object, out, &len));
        assert_refused(
            key, "wrap under RSA",
            wrap_rv(CKM_RSA_PKCS_OAEP, mine_public, object, out, &len));
    }
}

static void no_key_of_the_ceremony_can_be_given_another_use(void **state)
{
    static const struct {
        CK_ATTRIBUTE_TYPE type;
        bool value;
    } wishes[] = {
        { CKA_SENSITIVE, false }, { CKA_EXTRACTABLE, true },
        { CKA_MODIFIABLE, true }, { CKA_DECRYPT, true },
        { CKA_UNWRAP, true },     { CKA_DERIVE, true },
        { CKA_SIGN, true },       { CKA_COPYABLE, true },
        { CKA_WRAP, true },       { CKA_ENCRYPT, true },
        { CKA_LABEL, true },      { CKA_ID, true }, /* another one's name */
    };
    (void)state;
    EVERY_KEY(key)
    {
        CK_OBJECT_HANDLE object = worker.keys.handle[key];
        for (size_t i = 0; i < COUNT(wishes); i++)
            assert_refused(key, "set an attribute",
                           set_rv(object, wishes[i].type, wishes[i].value));
    }
    /* And they read as they did. */
    assert_ok(hsm_keys_find(session, &worker.keys, &scene.why));
}

static void no_key_of_the_ceremony_can_be_copied(void **state)
{
    CK_ATTRIBUTE relaxed[] = { FLAG(CKA_SENSITIVE, no),
                               FLAG(CKA_EXTRACTABLE, yes),
                               FLAG(CKA_MODIFIABLE, yes) };
    CK_OBJECT_HANDLE copy;
    (void)state;
    EVERY_KEY(key)
    {
        CK_OBJECT_HANDLE object = worker.keys.handle[key];
        for (CK_ULONG n = 0; n <= COUNT(relaxed); n++)
            assert_refused(key, "copy",
                           session->calls->C_CopyObject(session->handle, object,
                                                        relaxed, n, &copy));
    }
}

/* Wrap something with it, decrypt the result with it. */
static void no_key_of_the_ceremony_wraps_or_decrypts(void **state)
{
    CK_MECHANISM ecb = { CKM_AES_ECB, NULL, 0 };
    CK_MECHANISM pkcs = { CKM_RSA_PKCS, NULL, 0 };
    CK_MECHANISM raw = { CKM_RSA_X_509, NULL, 0 };
    CK_MECHANISM with_oaep = { CKM_RSA_PKCS_OAEP, &oaep, sizeof(oaep) };
    CK_MECHANISM *const all[] = { &ecb, &pkcs, &raw, &with_oaep };
    CK_FUNCTION_LIST *calls = session->calls;
    CK_BYTE out[512];
    (void)state;
    EVERY_KEY(key)
    {
        CK_OBJECT_HANDLE object = worker.keys.handle[key];
        CK_ULONG len = sizeof(out);
        for (size_t i = 0; i < COUNT(all); i++) {
            assert_refused(
                key, "decrypt",
                calls->C_DecryptInit(session->handle, all[i], object));
            assert_refused(
                key, "encrypt",
                calls->C_EncryptInit(session->handle, all[i], object));
        }
        CK_RV rv = wrap_rv(CKM_AES_KEY_WRAP, object, mine_aes, out, &len);
        if (rv != CKR_WRAPPING_KEY_TYPE_INCONSISTENT)
            assert_refused(key, "wrap with it", rv);
    }
}

static CK_RV derive_rv(CK_OBJECT_HANDLE from, CK_BYTE *input, CK_ULONG len,
                       CK_OBJECT_HANDLE *out)
{
    CK_KEY_DERIVATION_STRING_DATA data = { input, len };
    CK_MECHANISM ecb = { CKM_AES_ECB_ENCRYPT_DATA, &data, sizeof(data) };
    CK_ATTRIBUTE rows[] = {
        FLAG(CKA_CLASS, secret_class), FLAG(CKA_KEY_TYPE, aes),
        FLAG(CKA_VALUE_LEN, key_len),  FLAG(CKA_TOKEN, no),
        FLAG(CKA_SENSITIVE, no),       FLAG(CKA_EXTRACTABLE, yes)
    };
    return session->calls->C_DeriveKey(session->handle, &ecb, from, rows,
                                       COUNT(rows), out);
}

static void only_the_root_key_derives(void **state)
{
    CK_BYTE input[32] = { 1 };
    CK_OBJECT_HANDLE made;
    (void)state;
    EVERY_KEY(key)
    {
        if (key != HSM_ROOT)
            assert_refused(key, "derive",
                           derive_rv(worker.keys.handle[key], input,
                                     sizeof(input), &made));
    }
}

static CK_RV unwrap_rv(enum hsm_key key, CK_MECHANISM *mechanism,
                       CK_BBOOL *sensitive, CK_BBOOL *extractable,
                       CK_OBJECT_HANDLE *out)
{
    CK_ATTRIBUTE rows[] = {
        FLAG(CKA_CLASS, secret_class),
        FLAG(CKA_KEY_TYPE, aes),
        FLAG(CKA_TOKEN, no),
        FLAG(CKA_SENSITIVE, *sensitive),
        FLAG(CKA_EXTRACTABLE, *extractable),
        FLAG(CKA_DERIVE, yes),
    };
    return session->calls->C_UnwrapKey(
        session->handle, mechanism, worker.keys.handle[key],
        scene.sealed.wrapped.data, scene.sealed.wrapped.len, rows, COUNT(rows),
        out);
}

/* A sealed credential, taken in again as a key that may be read. */
static void a_seal_is_not_taken_in_as_a_readable_key(void **state)
{
    CK_MECHANISM right = { CKM_RSA_PKCS_OAEP, &oaep, sizeof(oaep) };
    CK_MECHANISM pkcs = { CKM_RSA_PKCS, NULL, 0 };
    CK_OBJECT_HANDLE made;
    (void)state;
    assert_int_equal(unwrap_rv(HSM_INTAKE, &right, &no, &no, &made),
                     CKR_TEMPLATE_INCONSISTENT);
    assert_int_equal(unwrap_rv(HSM_INTAKE, &right, &no, &yes, &made),
                     CKR_TEMPLATE_INCONSISTENT);
    assert_int_equal(unwrap_rv(HSM_INTAKE, &right, &yes, &yes, &made),
                     CKR_TEMPLATE_INCONSISTENT);
    assert_int_equal(unwrap_rv(HSM_INTAKE, &pkcs, &yes, &no, &made),
                     CKR_MECHANISM_INVALID);
}

/* A key of the attacker's own under one of the five names. */
static void a_planted_namesake_stops_the_worker(void **state)
{
    CK_BYTE value[32] = { 7 };
    CK_OBJECT_HANDLE planted;
    struct hsm_keys keys;
    CK_ATTRIBUTE rows[] = { FLAG(CKA_CLASS, secret_class),
                            FLAG(CKA_KEY_TYPE, aes),
                            FLAG(CKA_TOKEN, yes),
                            FLAG(CKA_PRIVATE, yes),
                            { CKA_LABEL, (CK_BYTE[]){ "accord-root" }, 11 },
                            FLAG(CKA_VALUE, value) };
    (void)state;
    assert_ok(CALL(session, C_CreateObject, rows, COUNT(rows), &planted));
    assert_status(STATUS_CONFLICT, hsm_keys_find(session, &keys, &scene.why));
    assert_ok(hsm_ckr_status("C_DestroyObject", session->calls->C_DestroyObject(
                                                    session->handle, planted)));
    assert_ok(hsm_keys_find(session, &keys, &scene.why));
}

static void a_credentials_key_is_neither_read_nor_changed(void **state)
{
    static const CK_ATTRIBUTE_TYPE uses[] = { CKA_DECRYPT, CKA_ENCRYPT,
                                              CKA_DERIVE,  CKA_SIGN,
                                              CKA_WRAP,    CKA_UNWRAP,
                                              CKA_LABEL,   CKA_ID };
    CK_ATTRIBUTE relaxed[] = { FLAG(CKA_SENSITIVE, no) };
    CK_BYTE input[32] = { 1 };
    CK_OBJECT_HANDLE made;
    (void)state;
    assert_int_equal(read_rv(kept, CKA_VALUE), CKR_ATTRIBUTE_SENSITIVE);
    for (size_t i = 0; i < COUNT(uses); i++)
        assert_refused(HSM_INTAKE, "give K' a use",
                       set_rv(kept, uses[i], CK_TRUE));
    assert_refused(HSM_INTAKE, "make K' readable",
                   set_rv(kept, CKA_SENSITIVE, CK_FALSE));
    assert_refused(
        HSM_INTAKE, "copy K'",
        session->calls->C_CopyObject(session->handle, kept, relaxed, 1, &made));
    assert_refused(HSM_INTAKE, "derive from K'",
                   derive_rv(kept, input, sizeof(input), &made));
}

/* Limits: what follows succeeds, and docs must not promise otherwise. */

static void limit_the_pin_wraps_a_credentials_key_to_any_key(void **state)
{
    CK_MECHANISM mechanism = { CKM_RSA_PKCS_OAEP, &oaep, sizeof(oaep) };
    CK_BYTE wrapped[512], clear[512];
    CK_ULONG len = sizeof(wrapped), clear_len = sizeof(clear);
    (void)state;
    assert_int_equal(
        wrap_rv(CKM_RSA_PKCS_OAEP, mine_public, kept, wrapped, &len), CKR_OK);
    assert_ok(CALL(session, C_DecryptInit, &mechanism, mine_private));
    assert_ok(CALL(session, C_Decrypt, wrapped, len, clear, &clear_len));
    assert_int_equal(clear_len, API_KEY_LEN);
}

/* What accord-intake unwraps stays hidden, but for its holder it derives:
 * the PIN and a recorded seal give K'. */
static void limit_the_pin_opens_a_recorded_seal(void **state)
{
    CK_MECHANISM right = { CKM_RSA_PKCS_OAEP, &oaep, sizeof(oaep) };
    CK_OBJECT_HANDLE k, made;
    struct hash ctx;
    (void)state;
    assert_int_equal(unwrap_rv(HSM_INTAKE, &right, &yes, &no, &k), CKR_OK);
    assert_int_equal(read_rv(k, CKA_VALUE), CKR_ATTRIBUTE_SENSITIVE);
    assert_ok(api_context_hash(&scene.context, &ctx));
    assert_int_equal(derive_rv(k, ctx.bytes, sizeof(ctx.bytes), &made), CKR_OK);
    assert_int_equal(read_rv(made, CKA_VALUE), CKR_OK);
}

/* It encrypts blocks under the root key, as deriving is: never the key. */
static void limit_the_pin_derives_readable_keys_from_the_root(void **state)
{
    CK_BYTE input[32] = { 1 }, value[32];
    CK_OBJECT_HANDLE root = worker.keys.handle[HSM_ROOT], made;
    size_t len = 0;
    (void)state;
    assert_int_equal(derive_rv(root, input, sizeof(input), &made), CKR_OK);
    assert_ok(
        hsm_object_read(session, made, CKA_VALUE, value, sizeof(value), &len));
    assert_int_equal(len, sizeof(value));
    assert_int_equal(read_rv(root, CKA_VALUE), CKR_ATTRIBUTE_SENSITIVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_key_of_the_ceremony_can_be_read),
        cmocka_unit_test(no_key_of_the_ceremony_can_be_wrapped),
        cmocka_unit_test(no_key_of_the_ceremony_can_be_given_another_use),
        cmocka_unit_test(no_key_of_the_ceremony_can_be_copied),
        cmocka_unit_test(no_key_of_the_ceremony_wraps_or_decrypts),
        cmocka_unit_test(only_the_root_key_derives),
        cmocka_unit_test(a_seal_is_not_taken_in_as_a_readable_key),
        cmocka_unit_test(a_planted_namesake_stops_the_worker),
        cmocka_unit_test(a_credentials_key_is_neither_read_nor_changed),
        cmocka_unit_test(limit_the_pin_wraps_a_credentials_key_to_any_key),
        cmocka_unit_test(limit_the_pin_opens_a_recorded_seal),
        cmocka_unit_test(limit_the_pin_derives_readable_keys_from_the_root),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
