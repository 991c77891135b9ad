/* shim.c - the module: trouble on request (control.h), and, with
 * $ACCORD_SHIM_STRICT set, the rules that SoftHSM is lax about:
 *     handles    are other numbers in each process
 *     sessions   at most 24
 *     fork       a child must initialise for itself (section 5.4)
 *     login      by the first session only, and never twice */

#include <dlfcn.h>
#include <fcntl.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "tests/shim/control.h"

#define REAL         "/usr/lib/softhsm/libsofthsm2.so"
#define SESSIONS_MAX 24

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(
    CK_FUNCTION_LIST_PTR_PTR out);

static CK_FUNCTION_LIST real, shim;
static struct shim_control *control; /* NULL: no trouble */
static bool strict;
static pid_t initialised_by;
static CK_OBJECT_HANDLE mask; /* strict: handles are xored with it */
static atomic_int sessions;
static CK_SLOT_ID slot;

/* --- trouble ------------------------------------------------------------- */

static void rest(uint64_t ms)
{
    const struct timespec time = { (time_t)(ms / 1000),
                                   (long)(ms % 1000) * 1000000 };
    (void)nanosleep(&time, NULL);
}

/* Does this call meet the trouble of the rule? */
static bool strikes(struct shim_rule *rule, enum shim_function function)
{
    uint32_t asked = atomic_load(&rule->function);
    if (asked != function && asked != SHIM_ANY)
        return false;
    uint64_t left = atomic_load(&rule->after);
    while (left > 0)
        if (atomic_compare_exchange_weak(&rule->after, &left, left - 1))
            return false;
    left = atomic_load(&rule->times);
    while (left > 0) {
        uint64_t next = left == UINT64_MAX ? left : left - 1;
        if (atomic_compare_exchange_weak(&rule->times, &left, next)) {
            atomic_fetch_add(&rule->struck, 1);
            return true;
        }
    }
    return false;
}

/* The first rule that strikes, or NULL. */
static struct shim_rule *trouble_for(enum shim_function function)
{
    if (!control)
        return NULL;
    atomic_fetch_add(&control->calls[function], 1);
    for (size_t i = 0; i < SHIM_RULES; i++)
        if (strikes(&control->rules[i], function))
            return &control->rules[i];
    return NULL;
}

/* What goes before the call. False: *answer is the answer, without it. */
static bool begin(enum shim_function function, CK_SESSION_HANDLE session,
                  CK_RV *answer, CK_RV *lost)
{
    *lost = CKR_OK;
    if (strict && function != SHIM_Initialize && getpid() != initialised_by) {
        *answer = CKR_CRYPTOKI_NOT_INITIALIZED;
        return false;
    }
    struct shim_rule *rule = trouble_for(function);
    if (!rule)
        return true;
    uint64_t code = atomic_load(&rule->code);
    switch ((enum shim_trouble)atomic_load(&rule->trouble)) {
    case SHIM_ANSWER: *answer = (CK_RV)code; return false;
    case SHIM_LOSE: *lost = (CK_RV)code; return true;
    case SHIM_HANG:
        while (atomic_load(&rule->function) != SHIM_NONE)
            rest(5);
        return true;
    case SHIM_DELAY: rest(code); return true;
    case SHIM_LOGOUT: (void)real.C_Logout(session); return true;
    case SHIM_CLOSE: (void)real.C_CloseAllSessions(slot); return true;
    }
    return true;
}

/* PASS(Sign, session, real.C_Sign(...)): the body of most functions. */
#define PASS(name, session, call)                                              \
    do {                                                                       \
        CK_RV answer, lost;                                                    \
        if (!begin(SHIM_##name, (session), &answer, &lost))                    \
            return answer;                                                     \
        answer = (call);                                                       \
        return lost != CKR_OK ? lost : answer;                                 \
    } while (0)

/* PASS_OBJECT: the same, and *out becomes one of our handles. */
#define PASS_OBJECT(name, session, call, out)                                  \
    do {                                                                       \
        CK_RV answer, lost;                                                    \
        if (!begin(SHIM_##name, (session), &answer, &lost))                    \
            return answer;                                                     \
        answer = (call);                                                       \
        if (answer == CKR_OK)                                                  \
            *(out) ^= mask;                                                    \
        return lost != CKR_OK ? lost : answer;                                 \
    } while (0)

/* --- the token ----------------------------------------------------------- */

static CK_RV initialize(void *arguments)
{
    initialised_by = getpid();
    atomic_store(&sessions, 0);
    PASS(Initialize, 0, real.C_Initialize(arguments));
}

static CK_RV finalize(void *reserved)
{
    PASS(Finalize, 0, real.C_Finalize(reserved));
}

static CK_RV slot_list(CK_BBOOL present, CK_SLOT_ID_PTR out, CK_ULONG_PTR count)
{
    PASS(GetSlotList, 0, real.C_GetSlotList(present, out, count));
}

static CK_RV token_info(CK_SLOT_ID id, CK_TOKEN_INFO_PTR out)
{
    PASS(GetTokenInfo, 0, real.C_GetTokenInfo(id, out));
}

static CK_RV open_counted(CK_SLOT_ID id, CK_FLAGS flags, void *application,
                          CK_NOTIFY notify, CK_SESSION_HANDLE_PTR out)
{
    slot = id;
    if (strict && atomic_fetch_add(&sessions, 1) >= SESSIONS_MAX) {
        atomic_fetch_sub(&sessions, 1);
        return CKR_SESSION_COUNT;
    }
    CK_RV rv = real.C_OpenSession(id, flags, application, notify, out);
    if (strict && rv != CKR_OK)
        atomic_fetch_sub(&sessions, 1);
    return rv;
}

static CK_RV open_session(CK_SLOT_ID id, CK_FLAGS flags, void *application,
                          CK_NOTIFY notify, CK_SESSION_HANDLE_PTR out)
{
    PASS(OpenSession, 0, open_counted(id, flags, application, notify, out));
}

static CK_RV close_counted(CK_SESSION_HANDLE session)
{
    CK_RV rv = real.C_CloseSession(session);
    if (strict && rv == CKR_OK)
        atomic_fetch_sub(&sessions, 1);
    return rv;
}

static CK_RV close_session(CK_SESSION_HANDLE session)
{
    PASS(CloseSession, session, close_counted(session));
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user,
                   CK_UTF8CHAR_PTR pin, CK_ULONG len)
{
    if (strict && atomic_load(&sessions) > 1)
        return CKR_USER_ALREADY_LOGGED_IN;
    PASS(Login, session, real.C_Login(session, user, pin, len));
}

/* --- objects ------------------------------------------------------------- */

static CK_RV create(CK_SESSION_HANDLE s, CK_ATTRIBUTE_PTR t, CK_ULONG n,
                    CK_OBJECT_HANDLE_PTR out)
{
    PASS_OBJECT(CreateObject, s, real.C_CreateObject(s, t, n, out), out);
}

static CK_RV copy(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE from,
                  CK_ATTRIBUTE_PTR t, CK_ULONG n, CK_OBJECT_HANDLE_PTR out)
{
    PASS_OBJECT(CopyObject, s, real.C_CopyObject(s, from ^ mask, t, n, out),
                out);
}

static CK_RV destroy(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE object)
{
    PASS(DestroyObject, s, real.C_DestroyObject(s, object ^ mask));
}

static CK_RV get_value(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE object,
                       CK_ATTRIBUTE_PTR t, CK_ULONG n)
{
    PASS(GetAttributeValue, s,
         real.C_GetAttributeValue(s, object ^ mask, t, n));
}

static CK_RV set_value(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE object,
                       CK_ATTRIBUTE_PTR t, CK_ULONG n)
{
    PASS(SetAttributeValue, s,
         real.C_SetAttributeValue(s, object ^ mask, t, n));
}

static CK_RV find_init(CK_SESSION_HANDLE s, CK_ATTRIBUTE_PTR t, CK_ULONG n)
{
    PASS(FindObjectsInit, s, real.C_FindObjectsInit(s, t, n));
}

static CK_RV find_masked(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE_PTR out,
                         CK_ULONG max, CK_ULONG_PTR count)
{
    CK_RV rv = real.C_FindObjects(s, out, max, count);
    for (CK_ULONG i = 0; rv == CKR_OK && i < *count; i++)
        out[i] ^= mask;
    return rv;
}

static CK_RV find(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE_PTR out, CK_ULONG max,
                  CK_ULONG_PTR count)
{
    PASS(FindObjects, s, find_masked(s, out, max, count));
}

static CK_RV find_final(CK_SESSION_HANDLE s)
{
    PASS(FindObjectsFinal, s, real.C_FindObjectsFinal(s));
}

/* --- keys ---------------------------------------------------------------- */

static CK_RV sign_init(CK_SESSION_HANDLE s, CK_MECHANISM_PTR m,
                       CK_OBJECT_HANDLE key)
{
    PASS(SignInit, s, real.C_SignInit(s, m, key ^ mask));
}

static CK_RV sign(CK_SESSION_HANDLE s, CK_BYTE_PTR data, CK_ULONG len,
                  CK_BYTE_PTR out, CK_ULONG_PTR out_len)
{
    PASS(Sign, s, real.C_Sign(s, data, len, out, out_len));
}

static CK_RV encrypt_init(CK_SESSION_HANDLE s, CK_MECHANISM_PTR m,
                          CK_OBJECT_HANDLE key)
{
    PASS(EncryptInit, s, real.C_EncryptInit(s, m, key ^ mask));
}

static CK_RV encrypt(CK_SESSION_HANDLE s, CK_BYTE_PTR data, CK_ULONG len,
                     CK_BYTE_PTR out, CK_ULONG_PTR out_len)
{
    PASS(Encrypt, s, real.C_Encrypt(s, data, len, out, out_len));
}

static CK_RV decrypt_init(CK_SESSION_HANDLE s, CK_MECHANISM_PTR m,
                          CK_OBJECT_HANDLE key)
{
    PASS(DecryptInit, s, real.C_DecryptInit(s, m, key ^ mask));
}

static CK_RV decrypt(CK_SESSION_HANDLE s, CK_BYTE_PTR data, CK_ULONG len,
                     CK_BYTE_PTR out, CK_ULONG_PTR out_len)
{
    PASS(Decrypt, s, real.C_Decrypt(s, data, len, out, out_len));
}

static CK_RV generate(CK_SESSION_HANDLE s, CK_MECHANISM_PTR m,
                      CK_ATTRIBUTE_PTR t, CK_ULONG n, CK_OBJECT_HANDLE_PTR out)
{
    PASS_OBJECT(GenerateKey, s, real.C_GenerateKey(s, m, t, n, out), out);
}

static CK_RV pair_masked(CK_RV rv, CK_OBJECT_HANDLE_PTR public,
                         CK_OBJECT_HANDLE_PTR private)
{
    if (rv == CKR_OK) {
        *public ^= mask;
        *private ^= mask;
    }
    return rv;
}

static CK_RV generate_pair(CK_SESSION_HANDLE s, CK_MECHANISM_PTR m,
                           CK_ATTRIBUTE_PTR t, CK_ULONG n, CK_ATTRIBUTE_PTR u,
                           CK_ULONG k, CK_OBJECT_HANDLE_PTR public,
                           CK_OBJECT_HANDLE_PTR private)
{
    PASS(GenerateKeyPair, s,
         pair_masked(real.C_GenerateKeyPair(s, m, t, n, u, k, public, private),
                     public, private));
}

static CK_RV wrap(CK_SESSION_HANDLE s, CK_MECHANISM_PTR m,
                  CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE key,
                  CK_BYTE_PTR out, CK_ULONG_PTR len)
{
    PASS(WrapKey, s,
         real.C_WrapKey(s, m, wrapping ^ mask, key ^ mask, out, len));
}

static CK_RV unwrap(CK_SESSION_HANDLE s, CK_MECHANISM_PTR m,
                    CK_OBJECT_HANDLE key, CK_BYTE_PTR wrapped, CK_ULONG len,
                    CK_ATTRIBUTE_PTR t, CK_ULONG n, CK_OBJECT_HANDLE_PTR out)
{
    PASS_OBJECT(UnwrapKey, s,
                real.C_UnwrapKey(s, m, key ^ mask, wrapped, len, t, n, out),
                out);
}

static CK_RV derive(CK_SESSION_HANDLE s, CK_MECHANISM_PTR m,
                    CK_OBJECT_HANDLE base, CK_ATTRIBUTE_PTR t, CK_ULONG n,
                    CK_OBJECT_HANDLE_PTR out)
{
    PASS_OBJECT(DeriveKey, s, real.C_DeriveKey(s, m, base ^ mask, t, n, out),
                out);
}

/* --- the module ---------------------------------------------------------- */

static void map_control(void)
{
    const char *path = getenv("ACCORD_SHIM");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    const int access = PROT_READ | PROT_WRITE;
    void *at = mmap(NULL, sizeof(*control), access, MAP_SHARED, fd, 0);
    (void)close(fd);
    if (at != MAP_FAILED)
        control = at;
}

static void take_over(void)
{
    shim.C_Initialize = initialize;
    shim.C_Finalize = finalize;
    shim.C_GetSlotList = slot_list;
    shim.C_GetTokenInfo = token_info;
    shim.C_OpenSession = open_session;
    shim.C_CloseSession = close_session;
    shim.C_Login = login;
    shim.C_CreateObject = create;
    shim.C_CopyObject = copy;
    shim.C_DestroyObject = destroy;
    shim.C_GetAttributeValue = get_value;
    shim.C_SetAttributeValue = set_value;
    shim.C_FindObjectsInit = find_init;
    shim.C_FindObjects = find;
    shim.C_FindObjectsFinal = find_final;
    shim.C_SignInit = sign_init;
    shim.C_Sign = sign;
    shim.C_EncryptInit = encrypt_init;
    shim.C_Encrypt = encrypt;
    shim.C_DecryptInit = decrypt_init;
    shim.C_Decrypt = decrypt;
    shim.C_GenerateKey = generate;
    shim.C_GenerateKeyPair = generate_pair;
    shim.C_WrapKey = wrap;
    shim.C_UnwrapKey = unwrap;
    shim.C_DeriveKey = derive;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR out)
{
    void *module = dlopen(REAL, RTLD_NOW | RTLD_LOCAL);
    CK_C_GetFunctionList get = NULL;
    CK_FUNCTION_LIST_PTR list = NULL;

    if (module)
        *(void **)&get = dlsym(module, "C_GetFunctionList");
    if (!get || get(&list) != CKR_OK)
        return CKR_GENERAL_ERROR;
    strict = getenv("ACCORD_SHIM_STRICT") != NULL;
    mask = strict ? (CK_OBJECT_HANDLE)getpid() << 8 : 0;
    map_control();
    real = shim = *list;
    take_over();
    *out = &shim;
    return CKR_OK;
}
