#include "tests/contract/fake_token.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <string.h>

#define OBJECTS 32
#define ROWS    32
#define ROOM    64

struct row {
    CK_ATTRIBUTE_TYPE type;
    CK_ULONG len;
    CK_BYTE value[ROOM];
};

struct object {
    bool used;
    size_t count;
    struct row rows[ROWS];
};

static struct object objects[OBJECTS];
static CK_OBJECT_HANDLE found[OBJECTS], signing;
static CK_ULONG found_count, found_next;

void fake_token_reset(void)
{
    memset(objects, 0, sizeof(objects));
}

static struct object *object_of(CK_OBJECT_HANDLE handle)
{
    bool known = handle > 0 && handle <= OBJECTS && objects[handle - 1].used;
    return known ? &objects[handle - 1] : NULL;
}

static struct row *row_of(struct object *o, CK_ATTRIBUTE_TYPE type)
{
    for (size_t i = 0; i < o->count; i++)
        if (o->rows[i].type == type)
            return &o->rows[i];
    return NULL;
}

static bool flag(struct object *o, CK_ATTRIBUTE_TYPE type, bool otherwise)
{
    struct row *row = row_of(o, type);
    return row ? row->value[0] == CK_TRUE : otherwise;
}

static CK_RV put(struct object *o, const CK_ATTRIBUTE *from)
{
    struct row *row = row_of(o, from->type);
    if (from->ulValueLen > ROOM || (!row && o->count == ROWS))
        return CKR_DEVICE_MEMORY;
    if (!row)
        row = &o->rows[o->count++];
    row->type = from->type;
    row->len = from->ulValueLen;
    memcpy(row->value, from->pValue, from->ulValueLen);
    return CKR_OK;
}

/* `o` with the rows put over it becomes a new object. */
static CK_RV keep(struct object o, CK_ATTRIBUTE_PTR rows, CK_ULONG count,
                  CK_OBJECT_HANDLE_PTR out)
{
    for (CK_ULONG i = 0; i < count; i++) {
        CK_RV rv = put(&o, &rows[i]);
        if (rv != CKR_OK)
            return rv;
    }
    o.used = true;
    for (size_t i = 0; i < OBJECTS; i++) {
        if (objects[i].used)
            continue;
        objects[i] = o;
        *out = i + 1;
        return CKR_OK;
    }
    return CKR_DEVICE_MEMORY;
}

static CK_RV create(CK_SESSION_HANDLE session, CK_ATTRIBUTE_PTR rows,
                    CK_ULONG count, CK_OBJECT_HANDLE_PTR out)
{
    (void)session;
    return keep((struct object){ .count = 0 }, rows, count, out);
}

static CK_RV destroy(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE handle)
{
    struct object *o = object_of(handle);
    (void)session;
    if (!o)
        return CKR_OBJECT_HANDLE_INVALID;
    memset(o, 0, sizeof(*o));
    return CKR_OK;
}

static CK_RV get(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE handle,
                 CK_ATTRIBUTE_PTR rows, CK_ULONG count)
{
    struct object *o = object_of(handle);
    CK_RV rv = CKR_OK;
    (void)session;
    if (!o)
        return CKR_OBJECT_HANDLE_INVALID;
    for (CK_ULONG i = 0; i < count; i++) {
        struct row *row = row_of(o, rows[i].type);
        bool hidden =
            rows[i].type == CKA_VALUE &&
            (flag(o, CKA_SENSITIVE, true) || !flag(o, CKA_EXTRACTABLE, false));
        if (!row || hidden || rows[i].ulValueLen < row->len) {
            rv = hidden ? CKR_ATTRIBUTE_SENSITIVE
                 : !row ? CKR_ATTRIBUTE_TYPE_INVALID
                        : CKR_BUFFER_TOO_SMALL;
            rows[i].ulValueLen = CK_UNAVAILABLE_INFORMATION;
            continue;
        }
        memcpy(rows[i].pValue, row->value, row->len);
        rows[i].ulValueLen = row->len;
    }
    return rv;
}

/* One way only: to sensitive, to not extractable. */
static bool relaxes(struct object *o, const CK_ATTRIBUTE *row)
{
    bool to = *(const CK_BBOOL *)row->pValue == CK_TRUE;
    return (row->type == CKA_SENSITIVE && !to &&
            flag(o, CKA_SENSITIVE, true)) ||
           (row->type == CKA_EXTRACTABLE && to &&
            !flag(o, CKA_EXTRACTABLE, false));
}

static CK_RV may_change(struct object *o, CK_ATTRIBUTE_PTR rows, CK_ULONG count)
{
    if (!flag(o, CKA_MODIFIABLE, true))
        return CKR_ACTION_PROHIBITED;
    for (CK_ULONG i = 0; i < count; i++)
        if (relaxes(o, &rows[i]))
            return CKR_ATTRIBUTE_READ_ONLY;
    return CKR_OK;
}

static CK_RV set(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE handle,
                 CK_ATTRIBUTE_PTR rows, CK_ULONG count)
{
    struct object *o = object_of(handle);
    (void)session;
    CK_RV rv = o ? may_change(o, rows, count) : CKR_OBJECT_HANDLE_INVALID;
    for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++)
        rv = rows[i].type == CKA_COPYABLE ? CKR_ATTRIBUTE_READ_ONLY
                                          : put(o, &rows[i]);
    return rv;
}

static CK_RV copy(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE handle,
                  CK_ATTRIBUTE_PTR rows, CK_ULONG count,
                  CK_OBJECT_HANDLE_PTR out)
{
    struct object *o = object_of(handle);
    (void)session;
    if (!o)
        return CKR_OBJECT_HANDLE_INVALID;
    if (!flag(o, CKA_COPYABLE, true))
        return CKR_ACTION_PROHIBITED;
    if (!flag(o, CKA_MODIFIABLE, true)) /* so says SoftHSM */
        return CKR_ATTRIBUTE_READ_ONLY;
    CK_RV rv = may_change(o, rows, count);
    return rv == CKR_OK ? keep(*o, rows, count, out) : rv;
}

static bool has_all(struct object *o, CK_ATTRIBUTE_PTR rows, CK_ULONG count)
{
    for (CK_ULONG i = 0; i < count; i++) {
        struct row *row = row_of(o, rows[i].type);
        if (!row || row->len != rows[i].ulValueLen ||
            memcmp(row->value, rows[i].pValue, row->len) != 0)
            return false;
    }
    return true;
}

static CK_RV find_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE_PTR rows,
                       CK_ULONG count)
{
    (void)session;
    found_count = found_next = 0;
    for (size_t i = 0; i < OBJECTS; i++)
        if (objects[i].used && has_all(&objects[i], rows, count))
            found[found_count++] = i + 1;
    return CKR_OK;
}

static CK_RV find(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE_PTR out,
                  CK_ULONG max, CK_ULONG_PTR count)
{
    (void)session;
    for (*count = 0; *count < max && found_next < found_count; (*count)++)
        out[*count] = found[found_next++];
    return CKR_OK;
}

static CK_RV find_final(CK_SESSION_HANDLE session)
{
    (void)session;
    return CKR_OK;
}

static CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism,
                       CK_OBJECT_HANDLE key)
{
    struct object *o = object_of(key);
    (void)session;
    if (!o)
        return CKR_OBJECT_HANDLE_INVALID;
    if (!flag(o, CKA_SIGN, false))
        return CKR_KEY_FUNCTION_NOT_PERMITTED;
    if (mechanism->mechanism != CKM_SHA256_HMAC)
        return CKR_MECHANISM_INVALID;
    signing = key;
    return CKR_OK;
}

static CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG len,
                  CK_BYTE_PTR out, CK_ULONG_PTR out_len)
{
    struct object *o = object_of(signing);
    struct row *key = o ? row_of(o, CKA_VALUE) : NULL;
    unsigned made = 0;
    (void)session;
    signing = CK_INVALID_HANDLE;
    if (!key)
        return CKR_OPERATION_NOT_INITIALIZED;
    if (!HMAC(EVP_sha256(), key->value, (int)key->len, data, len, out, &made))
        return CKR_FUNCTION_FAILED;
    *out_len = made;
    return CKR_OK;
}

static bool encrypt(const struct row *key, const CK_BYTE *in, int len,
                    CK_BYTE *out)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int n = 0;
    bool good = context && key &&
                EVP_EncryptInit_ex(context, EVP_aes_256_ecb(), NULL, key->value,
                                   NULL) == 1 &&
                EVP_EncryptUpdate(context, out, &n, in, len) == 1 && n == len;
    EVP_CIPHER_CTX_free(context);
    return good;
}

static CK_RV derive(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism,
                    CK_OBJECT_HANDLE key, CK_ATTRIBUTE_PTR rows, CK_ULONG count,
                    CK_OBJECT_HANDLE_PTR out)
{
    const CK_KEY_DERIVATION_STRING_DATA *data = mechanism->pParameter;
    struct object *o = object_of(key), made = { .count = 0 };
    CK_BYTE value[ROOM];
    CK_ATTRIBUTE row = { CKA_VALUE, value, sizeof(value) };
    (void)session;
    if (!o)
        return CKR_OBJECT_HANDLE_INVALID;
    if (!flag(o, CKA_DERIVE, false))
        return CKR_KEY_FUNCTION_NOT_PERMITTED;
    if (mechanism->mechanism != CKM_AES_ECB_ENCRYPT_DATA)
        return CKR_MECHANISM_INVALID;
    row.ulValueLen = data->string_data_len;
    if (data->string_data_len > ROOM ||
        !encrypt(row_of(o, CKA_VALUE), data->string_data,
                 (int)data->string_data_len, value))
        return CKR_FUNCTION_FAILED;
    CK_RV rv = put(&made, &row);
    return rv == CKR_OK ? keep(made, rows, count, out) : rv;
}

CK_FUNCTION_LIST fake_token_calls(void)
{
    return (CK_FUNCTION_LIST){
        .version = { 2, 40 },
        .C_CreateObject = create,
        .C_CopyObject = copy,
        .C_DestroyObject = destroy,
        .C_GetAttributeValue = get,
        .C_SetAttributeValue = set,
        .C_FindObjectsInit = find_init,
        .C_FindObjects = find,
        .C_FindObjectsFinal = find_final,
        .C_SignInit = sign_init,
        .C_Sign = sign,
        .C_DeriveKey = derive,
    };
}
