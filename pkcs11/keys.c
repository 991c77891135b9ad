#include "pkcs11/keys.h"

#include "pkcs11/rsa.h"

/* Not const only because Cryptoki's pointers are not. */
static CK_KEY_TYPE ec = CKK_EC, rsa = CKK_RSA, aes = CKK_AES,
                   generic = CKK_GENERIC_SECRET;
static unsigned char p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48,
                                0xce, 0x3d, 0x03, 0x01, 0x07 };
static unsigned char exponent[] = { 0x01, 0x00, 0x01 };
static CK_ULONG modulus_bits = 3072;
static CK_ULONG key_len = 32;

/* What accord-intake unwraps is born sensitive and stays in the token. */
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_ATTRIBUTE unwrapped[] = {
    { CKA_SENSITIVE, &yes, sizeof(yes) },
    { CKA_EXTRACTABLE, &no, sizeof(no) },
};

struct key_row {
    const char *label;
    const CK_KEY_TYPE *type;
    CK_ATTRIBUTE_TYPE use;       /* the sole one */
    CK_MECHANISM_TYPE mechanism; /* the sole one */
    CK_MECHANISM_TYPE generation;
    bool pair; /* has a public half */
};

static const struct key_row rows[HSM_KEYS] = {
    [HSM_CA] = { "accord-ca", &ec, CKA_SIGN, CKM_ECDSA, CKM_EC_KEY_PAIR_GEN,
                 true },
    [HSM_LOG] = { "accord-log", &ec, CKA_SIGN, CKM_ECDSA, CKM_EC_KEY_PAIR_GEN,
                  true },
    [HSM_INTAKE] = { "accord-intake", &rsa, CKA_UNWRAP, CKM_RSA_PKCS_OAEP,
                     CKM_RSA_PKCS_KEY_PAIR_GEN, true },
    [HSM_STORE] = { "accord-store", &generic, CKA_SIGN, CKM_SHA256_HMAC,
                    CKM_GENERIC_SECRET_KEY_GEN, false },
    [HSM_ROOT] = { "accord-root", &aes, CKA_DERIVE, CKM_AES_ECB_ENCRYPT_DATA,
                   CKM_AES_KEY_GEN, false },
};

const char *hsm_key_label(enum hsm_key key)
{
    return rows[key].label;
}

static void add_name(struct hsm_template *t, const struct key_row *row)
{
    hsm_template_value(t, CKA_LABEL, row->label, strlen(row->label));
    hsm_template_value(t, CKA_ID, row->label, strlen(row->label));
}

/* The private or secret half, all but the rows that only generation takes. */
static void describe_secret(struct hsm_template *t, const struct key_row *row)
{
    if (row->pair)
        hsm_template_private(t, row->type, row->use);
    else
        hsm_template_secret(t, row->type, row->use);
    hsm_template_place(t, true, true);
    hsm_template_hidden(t, false);
    add_name(t, row);
    hsm_template_value(t, CKA_ALLOWED_MECHANISMS, &row->mechanism,
                       sizeof(row->mechanism));
    if (!row->pair)
        hsm_template_value(t, CKA_VALUE_LEN, &key_len, sizeof(key_len));
    hsm_template_flag(t, CKA_COPYABLE, false);
    hsm_template_flag(t, CKA_MODIFIABLE, false);
}

/* The public half does nothing in the token: others use it outside. */
static void describe_public(struct hsm_template *t, const struct key_row *row)
{
    hsm_template_public(t, row->type, HSM_NO_USE);
    hsm_template_place(t, true, false);
    add_name(t, row);
    if (row->type == &ec) {
        hsm_template_value(t, CKA_EC_PARAMS, p256, sizeof(p256));
    } else {
        hsm_template_value(t, CKA_MODULUS_BITS, &modulus_bits,
                           sizeof(modulus_bits));
        hsm_template_value(t, CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent));
    }
    hsm_template_flag(t, CKA_COPYABLE, false);
    hsm_template_flag(t, CKA_MODIFIABLE, false);
}

/* Puts the unwrap template in front, so that MODIFIABLE stays the last. */
static void add_unwrap_template(struct hsm_template *t)
{
    CK_ATTRIBUTE last = t->rows[--t->count];
    hsm_template_value(t, CKA_UNWRAP_TEMPLATE, unwrapped, sizeof(unwrapped));
    t->rows[t->count++] = last;
}

STATUS hsm_key_generate(struct hsm_session *session, enum hsm_key key,
                        CK_OBJECT_HANDLE *secret_half,
                        CK_OBJECT_HANDLE *public_half)
{
    const struct key_row *row = &rows[key];
    CK_MECHANISM mechanism = { row->generation, NULL, 0 };
    struct hsm_template hidden = { .count = 0 }, open = { .count = 0 };

    describe_secret(&hidden, row);
    if (row->use == CKA_UNWRAP)
        add_unwrap_template(&hidden);
    *public_half = CK_INVALID_HANDLE;
    if (!row->pair)
        return CALL(session, C_GenerateKey, &mechanism, hidden.rows,
                    hidden.count, secret_half);
    describe_public(&open, row);
    return CALL(session, C_GenerateKeyPair, &mechanism, open.rows, open.count,
                hidden.rows, hidden.count, public_half, secret_half);
}

/* What generation itself must have recorded. */
static void describe_origin(struct hsm_template *t)
{
    hsm_template_flag(t, CKA_LOCAL, true);
    hsm_template_flag(t, CKA_ALWAYS_SENSITIVE, true);
    hsm_template_flag(t, CKA_NEVER_EXTRACTABLE, true);
}

static struct status check_unwrap_template(struct hsm_session *session,
                                           CK_OBJECT_HANDLE object,
                                           struct reason *why)
{
    CK_BBOOL values[2] = { CK_FALSE, CK_TRUE };
    /* SoftHSM wants to be told the types; others write them. */
    CK_ATTRIBUTE nested[2] = {
        { CKA_SENSITIVE, &values[0], sizeof(values[0]) },
        { CKA_EXTRACTABLE, &values[1], sizeof(values[1]) },
    };
    CK_ATTRIBUTE row = { CKA_UNWRAP_TEMPLATE, nested, sizeof(nested) };
    bool sensitive = false, kept = false;

    struct status s = CALL(session, C_GetAttributeValue, object, &row, 1);
    if (failed(s) || row.ulValueLen != sizeof(nested))
        return refuse(why, failed(s) ? STATUS_UNAVAILABLE : STATUS_CORRUPT,
                      "template",
                      "the module does not support CKA_UNWRAP_TEMPLATE on "
                      "accord-intake");
    for (size_t i = 0; i < 2; i++) {
        sensitive |= nested[i].type == CKA_SENSITIVE && values[i] == CK_TRUE;
        kept |= nested[i].type == CKA_EXTRACTABLE && values[i] == CK_FALSE;
    }
    if (!sensitive || !kept)
        return refuse(why, STATUS_CORRUPT, "template",
                      "CKA_UNWRAP_TEMPLATE of accord-intake is not what the "
                      "ceremony demands");
    return OK;
}

/* Exactly one object of that class and label. */
static struct status find_one(struct hsm_session *session,
                              CK_OBJECT_CLASS class, const char *label,
                              CK_OBJECT_HANDLE *out, struct reason *why)
{
    struct hsm_template t = { .count = 0 };
    CK_OBJECT_HANDLE found[2];
    size_t count = 0;

    hsm_template_value(&t, CKA_CLASS, &class, sizeof(class));
    hsm_template_value(&t, CKA_LABEL, label, strlen(label));
    TRY(hsm_object_find(session, &t, found, 2, &count));
    if (count == 0)
        return refuse(why, STATUS_NOT_FOUND, "token",
                      "the token has no key %s: run accord-hsm init", label);
    if (count > 1)
        return refuse(why, STATUS_CONFLICT, "token",
                      "the token has more than one key %s", label);
    *out = found[0];
    return OK;
}

static struct status find_key(struct hsm_session *session, enum hsm_key key,
                              CK_OBJECT_HANDLE *out, struct reason *why)
{
    const struct key_row *row = &rows[key];
    struct hsm_template hidden = { .count = 0 };
    CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;

    TRY(find_one(session, row->pair ? CKO_PRIVATE_KEY : CKO_SECRET_KEY,
                 row->label, &object, why));
    describe_secret(&hidden, row);
    describe_origin(&hidden);
    if (row->pair)
        hsm_template_flag(&hidden, CKA_ALWAYS_AUTHENTICATE, false);
    TRY(hsm_template_check(session, object, &hidden, row->label, why));
    if (row->use == CKA_UNWRAP)
        TRY(check_unwrap_template(session, object, why));
    *out = object;
    return OK;
}

STATUS hsm_keys_find(struct hsm_session *session, struct hsm_keys *out,
                     struct reason *why)
{
    struct hsm_keys keys;

    for (enum hsm_key key = HSM_CA; key < HSM_KEYS; key++)
        TRY(find_key(session, key, &keys.handle[key], why));
    *out = keys;
    return OK;
}

STATUS hsm_keys_count(struct hsm_session *session, size_t *out)
{
    size_t total = 0;

    for (enum hsm_key key = HSM_CA; key < HSM_KEYS; key++) {
        struct hsm_template t = { .count = 0 };
        CK_OBJECT_HANDLE found[8];
        size_t count = 0;
        hsm_template_value(&t, CKA_LABEL, rows[key].label,
                           strlen(rows[key].label));
        TRY(hsm_object_find(session, &t, found, 8, &count));
        total += count;
    }
    *out = total;
    return OK;
}

static struct status ec_spki(struct hsm_session *session,
                             CK_OBJECT_HANDLE object, struct buffer *out)
{
    /* SEQUENCE { SEQUENCE { ecPublicKey, prime256v1 }, BIT STRING (66) } */
    static const unsigned char head[] = {
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
        0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
        0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    };
    unsigned char point[80];
    size_t len = 0;

    TRY(hsm_object_read(session, object, CKA_EC_POINT, point, sizeof(point),
                        &len));
    /* PKCS#11 2.40: DER OCTET STRING around the uncompressed point */
    if (len != 67 || point[0] != 0x04 || point[1] != 65 || point[2] != 0x04)
        return failure(STATUS_CORRUPT, "CKA_EC_POINT", (uint32_t)len);
    buffer_put(out, bytes_of(head, sizeof(head)));
    buffer_put(out, bytes_of(point + 2, 65));
    return buffer_status(out);
}

static struct status rsa_spki(struct hsm_session *session,
                              CK_OBJECT_HANDLE object, struct buffer *out)
{
    unsigned char modulus[512];
    size_t len = 0;

    TRY(hsm_object_read(session, object, CKA_MODULUS, modulus, sizeof(modulus),
                        &len));
    return hsm_rsa_spki(bytes_of(modulus, len), out);
}

STATUS hsm_key_spki(struct hsm_session *session, enum hsm_key key,
                    struct ca_public_key *out, struct reason *why)
{
    const struct key_row *row = &rows[key];
    struct hsm_template open = { .count = 0 };
    CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
    AUTO_CLEAR_BUFFER spki = buffer_make(CA_SPKI_MAX);

    TRY(find_one(session, CKO_PUBLIC_KEY, row->label, &object, why));
    describe_public(&open, row);
    TRY(hsm_template_check(session, object, &open, row->label, why));
    TRY(row->type == &ec ? ec_spki(session, object, &spki)
                         : rsa_spki(session, object, &spki));
    return ca_public_key_read(buffer_bytes(&spki), out, why);
}
