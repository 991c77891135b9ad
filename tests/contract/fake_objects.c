/* fake_objects.c - objects are rows; what may be read, changed and copied. */

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <string.h>

#include "tests/contract/fake_private.h"

static struct fake_object objects[FAKE_OBJECTS];

static void clear(struct fake_object *o)
{
    EVP_PKEY_free(o->pkey);
    memset(o, 0, sizeof(*o));
}

void fake_objects_reset(void)
{
    for (size_t i = 0; i < FAKE_OBJECTS; i++)
        clear(&objects[i]);
}

void fake_forget(CK_SESSION_HANDLE session)
{
    for (size_t i = 0; i < FAKE_OBJECTS; i++)
        if (objects[i].used && objects[i].session == session)
            clear(&objects[i]);
}

struct fake_object *fake_object_of(CK_OBJECT_HANDLE handle)
{
    if (handle == 0 || handle > FAKE_OBJECTS || !objects[handle - 1].used)
        return NULL;
    struct fake_object *o = &objects[handle - 1];
    return fake_logged_in() || !fake_flag(o, CKA_PRIVATE, true) ? o : NULL;
}

struct fake_row *fake_row_of(struct fake_object *o, CK_ATTRIBUTE_TYPE type)
{
    for (size_t i = 0; i < o->count; i++)
        if (o->rows[i].type == type)
            return &o->rows[i];
    return NULL;
}

bool fake_flag(struct fake_object *o, CK_ATTRIBUTE_TYPE type, bool otherwise)
{
    struct fake_row *row = fake_row_of(o, type);
    return row ? row->value[0] == CK_TRUE : otherwise;
}

CK_ULONG fake_number(struct fake_object *o, CK_ATTRIBUTE_TYPE type)
{
    CK_ULONG number = CK_UNAVAILABLE_INFORMATION;
    struct fake_row *row = fake_row_of(o, type);
    if (row && row->len == sizeof(number))
        memcpy(&number, row->value, sizeof(number));
    return number;
}

CK_RV fake_put(struct fake_object *o, CK_ATTRIBUTE_TYPE type, const void *value,
               CK_ULONG len)
{
    struct fake_row *row = fake_row_of(o, type);
    if (len > FAKE_ROOM || (!row && o->count == FAKE_ROWS))
        return CKR_DEVICE_MEMORY;
    if (!row)
        row = &o->rows[o->count++];
    row->type = type;
    row->len = len;
    memcpy(row->value, value, len);
    return CKR_OK;
}

bool fake_put_flag(struct fake_object *o, CK_ATTRIBUTE_TYPE type, bool value)
{
    CK_BBOOL flag = value ? CK_TRUE : CK_FALSE;
    return fake_put(o, type, &flag, sizeof(flag)) == CKR_OK;
}

/* The one nested template that there is: pairs of type and flag. */
static CK_RV put_nested(struct fake_object *o, const CK_ATTRIBUTE *from)
{
    const CK_ATTRIBUTE *nested = from->pValue;
    CK_BYTE packed[8 * (sizeof(CK_ATTRIBUTE_TYPE) + 1)];
    CK_ULONG len = 0;
    for (size_t i = 0; i < from->ulValueLen / sizeof(*nested); i++) {
        if (len + sizeof(nested[i].type) + 1 > sizeof(packed))
            return CKR_DEVICE_MEMORY;
        memcpy(packed + len, &nested[i].type, sizeof(nested[i].type));
        packed[len + sizeof(nested[i].type)] = *(CK_BYTE *)nested[i].pValue;
        len += sizeof(nested[i].type) + 1;
    }
    return fake_put(o, from->type, packed, len);
}

CK_RV fake_put_all(struct fake_object *o, const CK_ATTRIBUTE *rows,
                   CK_ULONG count)
{
    CK_RV rv = CKR_OK;
    for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++)
        rv =
            rows[i].type == CKA_UNWRAP_TEMPLATE
                ? put_nested(o, &rows[i])
                : fake_put(o, rows[i].type, rows[i].pValue, rows[i].ulValueLen);
    return rv;
}

static CK_RV place(struct fake_object *made, CK_OBJECT_HANDLE *out)
{
    for (size_t i = 0; i < FAKE_OBJECTS; i++) {
        if (objects[i].used)
            continue;
        objects[i] = *made;
        *out = i + 1;
        return CKR_OK;
    }
    return CKR_DEVICE_MEMORY;
}

CK_RV fake_keep(CK_SESSION_HANDLE session, struct fake_object *made,
                CK_OBJECT_HANDLE *out)
{
    bool hidden = fake_flag(made, CKA_PRIVATE, true) && !fake_logged_in();
    made->used = true;
    made->session = fake_flag(made, CKA_TOKEN, false) ? 0 : session;
    CK_RV rv = hidden ? CKR_USER_NOT_LOGGED_IN : place(made, out);
    if (rv != CKR_OK)
        EVP_PKEY_free(made->pkey);
    return rv;
}

CK_RV fake_may(struct fake_object *key, CK_ATTRIBUTE_TYPE use,
               const CK_MECHANISM *mechanism)
{
    struct fake_row *own = fake_row_of(key, CKA_ALLOWED_MECHANISMS);
    if (!fake_flag(key, use, false))
        return CKR_KEY_FUNCTION_NOT_PERMITTED;
    for (CK_ULONG at = 0; own && at < own->len; at += sizeof(CK_ULONG))
        if (memcmp(own->value + at, &mechanism->mechanism, sizeof(CK_ULONG)) ==
            0)
            return CKR_OK;
    return own ? CKR_MECHANISM_INVALID : CKR_OK;
}

/* --- calls --------------------------------------------------------------- */

static EVP_PKEY *rsa_of(struct fake_row *n, struct fake_row *e)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params = NULL;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    BIGNUM *modulus = BN_bin2bn(n->value, (int)n->len, NULL);
    BIGNUM *exponent = BN_bin2bn(e->value, (int)e->len, NULL);
    if (OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) == 1)
        params = OSSL_PARAM_BLD_to_param(builder);
    if (params && EVP_PKEY_fromdata_init(context) == 1)
        (void)EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params);
    BN_free(modulus);
    BN_free(exponent);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    return key;
}

CK_RV fake_create(CK_SESSION_HANDLE session, CK_ATTRIBUTE *rows, CK_ULONG count,
                  CK_OBJECT_HANDLE *out)
{
    struct fake_session *s;
    struct fake_object made = { .count = 0 };
    CK_RV rv = fake_session_of(session, &s);
    if (rv == CKR_OK)
        rv = fake_put_all(&made, rows, count);
    if (rv != CKR_OK)
        return rv;
    struct fake_row *n = fake_row_of(&made, CKA_MODULUS);
    struct fake_row *e = fake_row_of(&made, CKA_PUBLIC_EXPONENT);
    if (n && e)
        made.pkey = rsa_of(n, e);
    if (fake_number(&made, CKA_CLASS) != CKO_DATA &&
        (!fake_put_flag(&made, CKA_LOCAL, false) ||
         !fake_put_flag(&made, CKA_ALWAYS_SENSITIVE, false) ||
         !fake_put_flag(&made, CKA_NEVER_EXTRACTABLE, false)))
        return CKR_DEVICE_MEMORY;
    return fake_keep(session, &made, out);
}

CK_RV fake_destroy(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE handle)
{
    struct fake_session *s;
    CK_RV rv = fake_session_of(session, &s);
    if (rv != CKR_OK)
        return rv;
    struct fake_object *o = fake_object_of(handle);
    if (!o)
        return CKR_OBJECT_HANDLE_INVALID;
    clear(o);
    return CKR_OK;
}

static bool is_hidden(struct fake_object *o, CK_ATTRIBUTE_TYPE type)
{
    return type == CKA_VALUE && fake_number(o, CKA_CLASS) != CKO_DATA &&
           (fake_flag(o, CKA_SENSITIVE, true) ||
            !fake_flag(o, CKA_EXTRACTABLE, false));
}

/* Into the nested rows of the caller, whose types say what is asked for. */
static CK_RV read_nested(const struct fake_row *row, CK_ATTRIBUTE *out)
{
    CK_ATTRIBUTE *nested = out->pValue;
    size_t step = sizeof(CK_ATTRIBUTE_TYPE) + 1, count = row->len / step;
    if (out->ulValueLen < count * sizeof(*nested))
        return CKR_BUFFER_TOO_SMALL;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            if (memcmp(&nested[i].type, row->value + j * step,
                       sizeof(nested[i].type)) == 0)
                memcpy(nested[i].pValue, row->value + (j + 1) * step - 1, 1);
    out->ulValueLen = count * sizeof(*nested);
    return CKR_OK;
}

static CK_RV read_row(struct fake_object *o, CK_ATTRIBUTE *out)
{
    struct fake_row *row = fake_row_of(o, out->type);
    CK_RV rv = CKR_OK;
    if (is_hidden(o, out->type))
        rv = CKR_ATTRIBUTE_SENSITIVE;
    else if (!row)
        rv = CKR_ATTRIBUTE_TYPE_INVALID;
    else if (out->type == CKA_UNWRAP_TEMPLATE)
        return read_nested(row, out);
    else if (out->pValue && out->ulValueLen < row->len)
        rv = CKR_BUFFER_TOO_SMALL;
    if (rv == CKR_OK && out->pValue)
        memcpy(out->pValue, row->value, row->len);
    out->ulValueLen = rv == CKR_OK ? row->len : CK_UNAVAILABLE_INFORMATION;
    return rv;
}

CK_RV fake_get(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE handle,
               CK_ATTRIBUTE *rows, CK_ULONG count)
{
    struct fake_session *s;
    CK_RV rv = fake_session_of(session, &s);
    struct fake_object *o = rv == CKR_OK ? fake_object_of(handle) : NULL;
    if (rv != CKR_OK || !o)
        return rv != CKR_OK ? rv : CKR_OBJECT_HANDLE_INVALID;
    for (CK_ULONG i = 0; i < count; i++) {
        CK_RV one = read_row(o, &rows[i]);
        if (one != CKR_OK)
            rv = one;
    }
    return rv;
}

/* One way only: to sensitive, to not extractable. */
static bool relaxes(struct fake_object *o, const CK_ATTRIBUTE *row)
{
    bool to = *(const CK_BBOOL *)row->pValue == CK_TRUE;
    return (row->type == CKA_SENSITIVE && !to &&
            fake_flag(o, CKA_SENSITIVE, true)) ||
           (row->type == CKA_EXTRACTABLE && to &&
            !fake_flag(o, CKA_EXTRACTABLE, false));
}

static CK_RV may_change(struct fake_object *o, CK_ATTRIBUTE *rows,
                        CK_ULONG count)
{
    if (!fake_flag(o, CKA_MODIFIABLE, true))
        return CKR_ACTION_PROHIBITED;
    for (CK_ULONG i = 0; i < count; i++)
        if (relaxes(o, &rows[i]))
            return CKR_ATTRIBUTE_READ_ONLY;
    return CKR_OK;
}

CK_RV fake_set(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE handle,
               CK_ATTRIBUTE *rows, CK_ULONG count)
{
    struct fake_session *s;
    CK_RV rv = fake_session_of(session, &s);
    struct fake_object *o = rv == CKR_OK ? fake_object_of(handle) : NULL;
    if (rv == CKR_OK)
        rv = o ? may_change(o, rows, count) : CKR_OBJECT_HANDLE_INVALID;
    for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++)
        rv = rows[i].type == CKA_COPYABLE ? CKR_ATTRIBUTE_READ_ONLY
                                          : fake_put_all(o, &rows[i], 1);
    return rv;
}

CK_RV fake_copy(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE handle,
                CK_ATTRIBUTE *rows, CK_ULONG count, CK_OBJECT_HANDLE *out)
{
    struct fake_session *s;
    CK_RV rv = fake_session_of(session, &s);
    struct fake_object *o = rv == CKR_OK ? fake_object_of(handle) : NULL;
    if (rv != CKR_OK || !o)
        return rv != CKR_OK ? rv : CKR_OBJECT_HANDLE_INVALID;
    if (!fake_flag(o, CKA_COPYABLE, true))
        return CKR_ACTION_PROHIBITED;
    if (!fake_flag(o, CKA_MODIFIABLE, true)) /* so says SoftHSM */
        return CKR_ATTRIBUTE_READ_ONLY;
    rv = may_change(o, rows, count);
    if (rv != CKR_OK)
        return rv;
    struct fake_object made = *o;
    if (made.pkey)
        (void)EVP_PKEY_up_ref(made.pkey);
    rv = fake_put_all(&made, rows, count);
    return rv == CKR_OK ? fake_keep(session, &made, out) : rv;
}
