/* token.h - the module, the token and sessions: where Cryptoki becomes ours.
 *
 * Names beginning hsm_ belong to the program accord-hsm; the door, which the
 * broker links, uses none of them. Only the worker and the ceremony load a
 * module; both do it once, after exec, and never fork afterwards. */

#ifndef PKCS11_TOKEN_H
#define PKCS11_TOKEN_H

#include <p11-kit/pkcs11.h>

#include "base/scope.h"
#include "base/secret.h"
#include "base/status.h"

/* Which module and which token in it. Texts are borrowed. */
struct hsm_place {
    const char *module;       /* absolute path                            */
    const char *softhsm_conf; /* exported as SOFTHSM2_CONF; "": left alone */
    const char *label;
    const char *serial; /* "": any token with that label */
};

struct hsm_token {
    CK_FUNCTION_LIST *calls;
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE anchor; /* keeps the login alive: closing the last
                                 session logs out */
};

/* Loads and initialises the module (with OS locking) and finds exactly one
 * initialised token of that label and serial. STATUS_NOT_FOUND with a reason
 * naming what is missing, STATUS_UNAVAILABLE when the module fails. */
STATUS hsm_token_open(const struct hsm_place *place, struct hsm_token **out,
                      struct reason *why);

/* Opens the anchor session and logs in once. STATUS_DENIED when the token
 * does not take the PIN: never to be repeated without an operator. */
STATUS hsm_token_login(struct hsm_token *token, const struct secret *pin,
                       struct reason *why);

/* Logs out, finalises, unloads. */
void hsm_token_free(struct hsm_token *token);
DEFINE_AUTO_FREE(hsm_token);

/* One session, used by one thread at a time. */
struct hsm_session {
    CK_FUNCTION_LIST *calls; /* borrowed from the token */
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE handle;
};

STATUS hsm_session_open(const struct hsm_token *token, struct hsm_session *out);
void hsm_session_clear(struct hsm_session *session);

/* After a failed call an operation may still be active in a session, and
 * would poison the next: closes it and opens a new one. */
STATUS hsm_session_renew(struct hsm_session *session);

/* CALL(session, C_SignInit, ...) runs the function and names it on failure. */
#define CALL(session, function, ...)                                           \
    hsm_ckr_status(#function,                                                  \
                   (session)->calls->function((session)->handle, __VA_ARGS__))

/* The one place a CK_RV becomes a status. */
STATUS hsm_ckr_status(const char *call, CK_RV rv);

/* Does this status mean that device, session or login are gone, so that only
 * a new worker can help? CKR_GENERAL_ERROR does not: SoftHSM says it for bad
 * ciphertexts of clients. */
bool hsm_is_lost(struct status status);

/* Session object that is destroyed when its scope ends. */
struct hsm_object {
    struct hsm_session *session;
    CK_OBJECT_HANDLE handle;
};
void hsm_object_destroy(struct hsm_object *object);
#define AUTO_DESTROY                                                           \
    __attribute__((cleanup(hsm_object_destroy))) struct hsm_object

#endif
