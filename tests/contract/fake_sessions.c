/* fake_sessions.c - the module, its one slot, sessions, login, searches. */

#include <string.h>

#include "tests/contract/fake_private.h"

static bool initialised, logged_in;
static CK_SESSION_HANDLE newest;
static struct fake_session sessions[FAKE_TOKEN_SESSIONS];

void fake_sessions_reset(void)
{
    memset(sessions, 0, sizeof(sessions));
    initialised = logged_in = false;
}

bool fake_logged_in(void)
{
    return logged_in;
}

CK_RV fake_session_of(CK_SESSION_HANDLE handle, struct fake_session **out)
{
    if (!initialised)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    for (size_t i = 0; handle != 0 && i < FAKE_TOKEN_SESSIONS; i++) {
        if (sessions[i].handle != handle)
            continue;
        *out = &sessions[i];
        return CKR_OK;
    }
    return CKR_SESSION_HANDLE_INVALID;
}

static CK_RV initialize(void *arguments)
{
    (void)arguments;
    if (initialised)
        return CKR_CRYPTOKI_ALREADY_INITIALIZED;
    initialised = true;
    return CKR_OK;
}

static CK_RV finalize(void *reserved)
{
    (void)reserved;
    if (!initialised)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    for (size_t i = 0; i < FAKE_TOKEN_SESSIONS; i++)
        if (sessions[i].handle != 0)
            fake_forget(sessions[i].handle);
    fake_sessions_reset();
    return CKR_OK;
}

static CK_RV slot_list(CK_BBOOL present, CK_SLOT_ID *out, CK_ULONG *count)
{
    CK_ULONG room = *count;
    (void)present;
    if (!initialised)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    *count = 1;
    if (out && room < 1)
        return CKR_BUFFER_TOO_SMALL;
    if (out)
        out[0] = FAKE_TOKEN_SLOT;
    return CKR_OK;
}

static CK_RV token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *out)
{
    if (!initialised)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    if (slot != FAKE_TOKEN_SLOT)
        return CKR_SLOT_ID_INVALID;
    *out =
        (CK_TOKEN_INFO){ .flags = CKF_TOKEN_INITIALIZED | CKF_LOGIN_REQUIRED };
    memset(out->label, ' ', sizeof(out->label));
    memset(out->serialNumber, ' ', sizeof(out->serialNumber));
    memcpy(out->label, "accord", 6);
    return CKR_OK;
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *application,
                          CK_NOTIFY notify, CK_SESSION_HANDLE *out)
{
    (void)application;
    (void)notify;
    if (!initialised)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    if (slot != FAKE_TOKEN_SLOT)
        return CKR_SLOT_ID_INVALID;
    if (!(flags & CKF_SERIAL_SESSION))
        return CKR_SESSION_PARALLEL_NOT_SUPPORTED;
    for (size_t i = 0; i < FAKE_TOKEN_SESSIONS; i++) {
        if (sessions[i].handle != 0)
            continue;
        sessions[i] = (struct fake_session){ .handle = ++newest };
        *out = newest;
        return CKR_OK;
    }
    return CKR_SESSION_COUNT;
}

static CK_RV close_session(CK_SESSION_HANDLE handle)
{
    struct fake_session *s;
    CK_RV rv = fake_session_of(handle, &s);
    if (rv != CKR_OK)
        return rv;
    fake_forget(handle);
    *s = (struct fake_session){ .handle = 0 };
    bool any = false;
    for (size_t i = 0; i < FAKE_TOKEN_SESSIONS; i++)
        any |= sessions[i].handle != 0;
    logged_in = logged_in && any;
    return CKR_OK;
}

static CK_RV login(CK_SESSION_HANDLE handle, CK_USER_TYPE user,
                   CK_UTF8CHAR *pin, CK_ULONG len)
{
    struct fake_session *s;
    CK_RV rv = fake_session_of(handle, &s);
    if (rv != CKR_OK)
        return rv;
    if (logged_in)
        return CKR_USER_ALREADY_LOGGED_IN;
    if (user != CKU_USER)
        return CKR_USER_TYPE_INVALID;
    if (len != strlen(FAKE_TOKEN_PIN) || memcmp(pin, FAKE_TOKEN_PIN, len) != 0)
        return CKR_PIN_INCORRECT;
    logged_in = true;
    return CKR_OK;
}

/* --- searches ------------------------------------------------------------ */

static bool has_all(struct fake_object *o, CK_ATTRIBUTE *rows, CK_ULONG count)
{
    for (CK_ULONG i = 0; i < count; i++) {
        struct fake_row *row = fake_row_of(o, rows[i].type);
        if (!row || row->len != rows[i].ulValueLen ||
            memcmp(row->value, rows[i].pValue, row->len) != 0)
            return false;
    }
    return true;
}

static CK_RV find_init(CK_SESSION_HANDLE handle, CK_ATTRIBUTE *rows,
                       CK_ULONG count)
{
    struct fake_session *s;
    CK_RV rv = fake_session_of(handle, &s);
    if (rv != CKR_OK)
        return rv;
    if (s->work != FAKE_IDLE)
        return CKR_OPERATION_ACTIVE;
    s->work = FAKE_FIND;
    s->found_count = s->found_next = 0;
    for (CK_OBJECT_HANDLE i = 1; i <= FAKE_OBJECTS; i++) {
        struct fake_object *o = fake_object_of(i);
        if (o && has_all(o, rows, count))
            s->found[s->found_count++] = i;
    }
    return CKR_OK;
}

static CK_RV searching(CK_SESSION_HANDLE handle, struct fake_session **out)
{
    CK_RV rv = fake_session_of(handle, out);
    if (rv != CKR_OK)
        return rv;
    return (*out)->work == FAKE_FIND ? CKR_OK : CKR_OPERATION_NOT_INITIALIZED;
}

static CK_RV find(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE *out, CK_ULONG max,
                  CK_ULONG *count)
{
    struct fake_session *s;
    CK_RV rv = searching(handle, &s);
    if (rv != CKR_OK)
        return rv;
    for (*count = 0; *count < max && s->found_next < s->found_count; (*count)++)
        out[*count] = s->found[s->found_next++];
    return CKR_OK;
}

static CK_RV find_final(CK_SESSION_HANDLE handle)
{
    struct fake_session *s;
    CK_RV rv = searching(handle, &s);
    if (rv == CKR_OK)
        s->work = FAKE_IDLE;
    return rv;
}

void fake_sessions_fill(CK_FUNCTION_LIST *calls)
{
    calls->C_Initialize = initialize;
    calls->C_Finalize = finalize;
    calls->C_GetSlotList = slot_list;
    calls->C_GetTokenInfo = token_info;
    calls->C_OpenSession = open_session;
    calls->C_CloseSession = close_session;
    calls->C_Login = login;
    calls->C_FindObjectsInit = find_init;
    calls->C_FindObjects = find;
    calls->C_FindObjectsFinal = find_final;
}
