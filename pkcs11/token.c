#include "pkcs11/token.h"

#include <errno.h>
#include <p11-kit/p11-kit.h>
#include <stdlib.h>
#include <unistd.h>

/* A missing configuration is CKR_GENERAL_ERROR without a word in SoftHSM:
 * look first, so that the operator reads which file it was. */
static struct status check_paths(const struct hsm_place *place,
                                 struct reason *why)
{
    if (place->module[0] != '/')
        return refuse(why, STATUS_INVALID, "module",
                      "the module's path %s is not absolute", place->module);
    if (access(place->module, R_OK) != 0)
        return refuse(why, STATUS_NOT_FOUND, "module",
                      "cannot read the PKCS#11 module %s: %s", place->module,
                      strerrordesc_np(errno));
    if (!place->softhsm_conf[0])
        return OK;
    if (access(place->softhsm_conf, R_OK) != 0)
        return refuse(why, STATUS_NOT_FOUND, "softhsm_conf",
                      "cannot read softhsm_conf %s: %s", place->softhsm_conf,
                      strerrordesc_np(errno));
    if (setenv("SOFTHSM2_CONF", place->softhsm_conf, 1) != 0)
        return failure(STATUS_NO_MEMORY, "setenv", (uint32_t)errno);
    return OK;
}

static struct status load(const struct hsm_place *place,
                          struct hsm_token *token, struct reason *why)
{
    CK_C_INITIALIZE_ARGS arguments = { .flags = CKF_OS_LOCKING_OK };

    TRY(check_paths(place, why));
    CK_FUNCTION_LIST *calls = p11_kit_module_load(
        place->module, P11_KIT_MODULE_UNMANAGED | P11_KIT_MODULE_CRITICAL);
    if (!calls)
        return refuse(why, STATUS_UNAVAILABLE, "p11_kit_module_load",
                      "cannot load the PKCS#11 module %s: %s", place->module,
                      p11_kit_message() ? p11_kit_message() : "no reason");
    struct status s =
        hsm_ckr_status("C_Initialize", calls->C_Initialize(&arguments));
    if (failed(s)) {
        p11_kit_module_release(calls);
        return refuse(why, STATUS_UNAVAILABLE, "C_Initialize",
                      "%s: C_Initialize answered 0x%x", place->module,
                      (unsigned)s.detail);
    }
    token->calls = calls;
    return OK;
}

/* Token texts are padded with blanks and not terminated. */
static bool is_text(const CK_UTF8CHAR *padded, size_t width, const char *text)
{
    size_t len = strlen(text);
    if (len > width || memcmp(padded, text, len) != 0)
        return false;
    for (size_t i = len; i < width; i++)
        if (padded[i] != ' ')
            return false;
    return true;
}

static bool is_the_token(CK_FUNCTION_LIST *calls, CK_SLOT_ID slot,
                         const struct hsm_place *place)
{
    CK_TOKEN_INFO info;
    return calls->C_GetTokenInfo(slot, &info) == CKR_OK &&
           (info.flags & CKF_TOKEN_INITIALIZED) != 0 &&
           is_text(info.label, sizeof(info.label), place->label) &&
           (!place->serial[0] ||
            is_text(info.serialNumber, sizeof(info.serialNumber),
                    place->serial));
}

/* By label and serial: slot numbers change. */
static struct status find_slot(const struct hsm_place *place,
                               struct hsm_token *token, struct reason *why)
{
    CK_SLOT_ID slots[64];
    CK_ULONG count = sizeof(slots) / sizeof(slots[0]);
    size_t found = 0;

    TRY(hsm_ckr_status("C_GetSlotList",
                       token->calls->C_GetSlotList(CK_TRUE, slots, &count)));
    for (CK_ULONG i = 0; i < count; i++) {
        if (is_the_token(token->calls, slots[i], place)) {
            token->slot = slots[i];
            found++;
        }
    }
    if (found == 0)
        return refuse(why, STATUS_NOT_FOUND, "token",
                      "no initialised token with label %s%s%s; make one with: "
                      "softhsm2-util --init-token --free --label %s "
                      "(or pkcs11-tool --init-token)",
                      place->label, place->serial[0] ? " and serial " : "",
                      place->serial, place->label);
    if (found > 1)
        return refuse(why, STATUS_CONFLICT, "token",
                      "%zu tokens have the label %s: name the serial too",
                      found, place->label);
    return OK;
}

STATUS hsm_token_open(const struct hsm_place *place, struct hsm_token **out,
                      struct reason *why)
{
    AUTO_FREE(hsm_token) token = calloc(1, sizeof(*token));
    if (!token)
        return failure(STATUS_NO_MEMORY, "calloc", 0);

    token->anchor = CK_INVALID_HANDLE;
    TRY(load(place, token, why));
    TRY(find_slot(place, token, why));
    *out = TAKE(token);
    return OK;
}

STATUS hsm_token_login(struct hsm_token *token, const struct secret *pin,
                       struct reason *why)
{
    struct bytes text = secret_expose(pin);

    TRY(hsm_ckr_status("C_OpenSession",
                       token->calls->C_OpenSession(
                           token->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION,
                           NULL, NULL, &token->anchor)));
    CK_RV rv = token->calls->C_Login(
        token->anchor, CKU_USER, (CK_UTF8CHAR *)(uintptr_t)text.at, text.len);
    if (rv == CKR_USER_ALREADY_LOGGED_IN)
        return OK;
    struct status s = hsm_ckr_status("C_Login", rv);
    if (!failed(s))
        return OK;
    return refuse(why, s.code, "C_Login",
                  s.code == STATUS_DENIED ? "the token refuses the PIN (0x%x)"
                                          : "the token cannot log in (0x%x)",
                  (unsigned)s.detail);
}

void hsm_token_free(struct hsm_token *token)
{
    if (!token)
        return;
    if (token->calls) {
        if (token->anchor != CK_INVALID_HANDLE)
            (void)token->calls->C_CloseSession(token->anchor);
        (void)token->calls->C_Finalize(NULL);
        p11_kit_module_release(token->calls);
    }
    free(token);
}

STATUS hsm_session_open(const struct hsm_token *token, struct hsm_session *out)
{
    struct hsm_session session = { token->calls, token->slot,
                                   CK_INVALID_HANDLE };
    TRY(hsm_ckr_status("C_OpenSession",
                       token->calls->C_OpenSession(
                           token->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION,
                           NULL, NULL, &session.handle)));
    *out = session;
    return OK;
}

void hsm_session_clear(struct hsm_session *session)
{
    if (session->handle != CK_INVALID_HANDLE)
        (void)session->calls->C_CloseSession(session->handle);
    session->handle = CK_INVALID_HANDLE;
}

STATUS hsm_session_renew(struct hsm_session *session)
{
    hsm_session_clear(session);
    return hsm_ckr_status(
        "C_OpenSession", session->calls->C_OpenSession(
                             session->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION,
                             NULL, NULL, &session->handle));
}

void hsm_object_destroy(struct hsm_object *object)
{
    if (object->handle != CK_INVALID_HANDLE)
        (void)CALL(object->session, C_DestroyObject, object->handle).code;
    object->handle = CK_INVALID_HANDLE;
}
