#include "pkcs11/template.h"

#include <assert.h>
#include <stdlib.h>

/* Not const only because Cryptoki's pointers are not. */
static CK_BBOOL truth[2] = { CK_FALSE, CK_TRUE };
static CK_OBJECT_CLASS public_class = CKO_PUBLIC_KEY;
static CK_OBJECT_CLASS private_class = CKO_PRIVATE_KEY;
static CK_OBJECT_CLASS secret_class = CKO_SECRET_KEY;

static const CK_ATTRIBUTE_TYPE private_uses[] = {
    CKA_SIGN, CKA_SIGN_RECOVER, CKA_DECRYPT, CKA_UNWRAP, CKA_DERIVE,
};
static const CK_ATTRIBUTE_TYPE public_uses[] = {
    CKA_VERIFY, CKA_VERIFY_RECOVER, CKA_ENCRYPT, CKA_WRAP, CKA_DERIVE,
};
static const CK_ATTRIBUTE_TYPE secret_uses[] = {
    CKA_SIGN, CKA_VERIFY, CKA_ENCRYPT, CKA_DECRYPT,
    CKA_WRAP, CKA_UNWRAP, CKA_DERIVE,
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void hsm_template_value(struct hsm_template *t, CK_ATTRIBUTE_TYPE type,
                        const void *value, size_t len)
{
    if (t->count == HSM_TEMPLATE_MAX)
        abort();
    t->rows[t->count++] = (CK_ATTRIBUTE){ type, (void *)(uintptr_t)value, len };
}

void hsm_template_flag(struct hsm_template *t, CK_ATTRIBUTE_TYPE type,
                       bool value)
{
    hsm_template_value(t, type, &truth[value], sizeof(truth[value]));
}

static void add_class(struct hsm_template *t, const CK_OBJECT_CLASS *class,
                      const CK_KEY_TYPE *type)
{
    hsm_template_value(t, CKA_CLASS, class, sizeof(*class));
    hsm_template_value(t, CKA_KEY_TYPE, type, sizeof(*type));
}

static void add_uses(struct hsm_template *t, const CK_ATTRIBUTE_TYPE *uses,
                     size_t count, CK_ATTRIBUTE_TYPE use)
{
    for (size_t i = 0; i < count; i++)
        hsm_template_flag(t, uses[i], uses[i] == use);
}

void hsm_template_private(struct hsm_template *t, const CK_KEY_TYPE *type,
                          CK_ATTRIBUTE_TYPE use)
{
    add_class(t, &private_class, type);
    add_uses(t, private_uses, COUNT(private_uses), use);
}

void hsm_template_public(struct hsm_template *t, const CK_KEY_TYPE *type,
                         CK_ATTRIBUTE_TYPE use)
{
    add_class(t, &public_class, type);
    add_uses(t, public_uses, COUNT(public_uses), use);
}

void hsm_template_secret(struct hsm_template *t, const CK_KEY_TYPE *type,
                         CK_ATTRIBUTE_TYPE use)
{
    add_class(t, &secret_class, type);
    add_uses(t, secret_uses, COUNT(secret_uses), use);
}

void hsm_template_place(struct hsm_template *t, bool token, bool private)
{
    hsm_template_flag(t, CKA_TOKEN, token);
    hsm_template_flag(t, CKA_PRIVATE, private);
}

void hsm_template_hidden(struct hsm_template *t, bool extractable)
{
    hsm_template_flag(t, CKA_SENSITIVE, true);
    hsm_template_flag(t, CKA_EXTRACTABLE, extractable);
}

static const char *attribute_name(CK_ATTRIBUTE_TYPE type)
{
    switch (type) {
    case CKA_CLASS: return "CKA_CLASS";
    case CKA_KEY_TYPE: return "CKA_KEY_TYPE";
    case CKA_TOKEN: return "CKA_TOKEN";
    case CKA_PRIVATE: return "CKA_PRIVATE";
    case CKA_LABEL: return "CKA_LABEL";
    case CKA_ID: return "CKA_ID";
    case CKA_SENSITIVE: return "CKA_SENSITIVE";
    case CKA_EXTRACTABLE: return "CKA_EXTRACTABLE";
    case CKA_SIGN: return "CKA_SIGN";
    case CKA_SIGN_RECOVER: return "CKA_SIGN_RECOVER";
    case CKA_VERIFY: return "CKA_VERIFY";
    case CKA_VERIFY_RECOVER: return "CKA_VERIFY_RECOVER";
    case CKA_ENCRYPT: return "CKA_ENCRYPT";
    case CKA_DECRYPT: return "CKA_DECRYPT";
    case CKA_WRAP: return "CKA_WRAP";
    case CKA_UNWRAP: return "CKA_UNWRAP";
    case CKA_DERIVE: return "CKA_DERIVE";
    case CKA_LOCAL: return "CKA_LOCAL";
    case CKA_NEVER_EXTRACTABLE: return "CKA_NEVER_EXTRACTABLE";
    case CKA_ALWAYS_SENSITIVE: return "CKA_ALWAYS_SENSITIVE";
    case CKA_ALWAYS_AUTHENTICATE: return "CKA_ALWAYS_AUTHENTICATE";
    case CKA_ALLOWED_MECHANISMS: return "CKA_ALLOWED_MECHANISMS";
    case CKA_COPYABLE: return "CKA_COPYABLE";
    case CKA_MODIFIABLE: return "CKA_MODIFIABLE";
    case CKA_EC_PARAMS: return "CKA_EC_PARAMS";
    case CKA_MODULUS_BITS: return "CKA_MODULUS_BITS";
    case CKA_PUBLIC_EXPONENT: return "CKA_PUBLIC_EXPONENT";
    case CKA_VALUE_LEN: return "CKA_VALUE_LEN";
    default: return "an attribute";
    }
}

static struct status check_row(struct hsm_session *session,
                               CK_OBJECT_HANDLE object, const CK_ATTRIBUTE *row,
                               const char *name, struct reason *why)
{
    unsigned char value[256];
    size_t len = 0;

    struct status s =
        hsm_object_read(session, object, row->type, value, sizeof(value), &len);
    if (s.code == STATUS_NOT_FOUND) /* it may have said so once: try again */
        return refuse(why, STATUS_UNAVAILABLE, "template",
                      "the module does not support %s on %s",
                      attribute_name(row->type), name);
    TRY(s);
    if (!bytes_equal(bytes_of(value, len),
                     bytes_of(row->pValue, row->ulValueLen)))
        return refuse(why, STATUS_CORRUPT, "template",
                      "%s of %s is not what the ceremony demands",
                      attribute_name(row->type), name);
    return OK;
}

STATUS hsm_template_check(struct hsm_session *session, CK_OBJECT_HANDLE object,
                          const struct hsm_template *t, const char *name,
                          struct reason *why)
{
    for (CK_ULONG i = 0; i < t->count; i++)
        TRY(check_row(session, object, &t->rows[i], name, why));
    return OK;
}

STATUS hsm_object_make(struct hsm_session *session, struct hsm_template *t,
                       CK_OBJECT_HANDLE *out)
{
    return CALL(session, C_CreateObject, t->rows, t->count, out);
}

STATUS hsm_object_find(struct hsm_session *session, struct hsm_template *t,
                       CK_OBJECT_HANDLE *out, size_t max, size_t *count)
{
    CK_ULONG found = 0;

    TRY(CALL(session, C_FindObjectsInit, t->rows, t->count));
    struct status s = CALL(session, C_FindObjects, out, max, &found);
    struct status end =
        hsm_ckr_status("C_FindObjectsFinal",
                       session->calls->C_FindObjectsFinal(session->handle));
    TRY(s);
    TRY(end);
    *count = found;
    return OK;
}

STATUS hsm_object_read(struct hsm_session *session, CK_OBJECT_HANDLE object,
                       CK_ATTRIBUTE_TYPE type, void *out, size_t max,
                       size_t *len)
{
    CK_ATTRIBUTE row = { type, out, max };

    TRY(CALL(session, C_GetAttributeValue, object, &row, 1));
    if (row.ulValueLen == CK_UNAVAILABLE_INFORMATION || row.ulValueLen > max)
        return failure(STATUS_NOT_FOUND, "C_GetAttributeValue", 0);
    *len = row.ulValueLen;
    return OK;
}
