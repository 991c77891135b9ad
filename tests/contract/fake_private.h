/* fake_private.h - between the files of the fake token: its objects, its
 * sessions, and what a key may do. */

#ifndef TESTS_CONTRACT_FAKE_PRIVATE_H
#define TESTS_CONTRACT_FAKE_PRIVATE_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "tests/contract/fake_token.h"

#define FAKE_OBJECTS 64
#define FAKE_ROWS    40
#define FAKE_ROOM    512

struct fake_row {
    CK_ATTRIBUTE_TYPE type;
    CK_ULONG len;
    CK_BYTE value[FAKE_ROOM];
};

struct fake_object {
    bool used;
    CK_SESSION_HANDLE session; /* 0: of the token */
    EVP_PKEY *pkey;            /* of a pair, either half; owned */
    size_t count;
    struct fake_row rows[FAKE_ROWS];
};

/* --- fake_objects.c ------------------------------------------------------ */

/* NULL when there is none, or when it is private and nobody logged in. */
struct fake_object *fake_object_of(CK_OBJECT_HANDLE handle);
CK_RV fake_put(struct fake_object *o, CK_ATTRIBUTE_TYPE type, const void *value,
               CK_ULONG len);
bool fake_put_flag(struct fake_object *o, CK_ATTRIBUTE_TYPE type, bool value);
CK_RV fake_put_all(struct fake_object *o, const CK_ATTRIBUTE *rows,
                   CK_ULONG count);
struct fake_row *fake_row_of(struct fake_object *o, CK_ATTRIBUTE_TYPE type);
bool fake_flag(struct fake_object *o, CK_ATTRIBUTE_TYPE type, bool otherwise);
CK_ULONG fake_number(struct fake_object *o, CK_ATTRIBUTE_TYPE type);

/* `made` becomes an object of the session or of the token, as it says; its
 * pkey is taken over, on failure too. */
CK_RV fake_keep(CK_SESSION_HANDLE session, struct fake_object *made,
                CK_OBJECT_HANDLE *out);
/* Those of a session, when it is closed. */
void fake_forget(CK_SESSION_HANDLE session);
void fake_objects_reset(void);

/* CKR_OK when the key has that use, and the mechanism is among its own. */
CK_RV fake_may(struct fake_object *key, CK_ATTRIBUTE_TYPE use,
               const CK_MECHANISM *mechanism);

CK_RV fake_create(CK_SESSION_HANDLE, CK_ATTRIBUTE *, CK_ULONG,
                  CK_OBJECT_HANDLE *);
CK_RV fake_copy(CK_SESSION_HANDLE, CK_OBJECT_HANDLE, CK_ATTRIBUTE *, CK_ULONG,
                CK_OBJECT_HANDLE *);
CK_RV fake_destroy(CK_SESSION_HANDLE, CK_OBJECT_HANDLE);
CK_RV fake_get(CK_SESSION_HANDLE, CK_OBJECT_HANDLE, CK_ATTRIBUTE *, CK_ULONG);
CK_RV fake_set(CK_SESSION_HANDLE, CK_OBJECT_HANDLE, CK_ATTRIBUTE *, CK_ULONG);

/* --- fake_sessions.c ----------------------------------------------------- */

enum fake_work { FAKE_IDLE, FAKE_FIND, FAKE_SIGN, FAKE_ENCRYPT, FAKE_DECRYPT };

struct fake_session {
    CK_SESSION_HANDLE handle; /* 0: closed */
    enum fake_work work;      /* one at a time */
    CK_OBJECT_HANDLE key;
    CK_MECHANISM_TYPE mechanism;
    CK_BYTE nonce[12], aad[64];
    CK_ULONG aad_len;
    CK_OBJECT_HANDLE found[FAKE_OBJECTS];
    CK_ULONG found_count, found_next;
};

CK_RV fake_session_of(CK_SESSION_HANDLE handle, struct fake_session **out);
bool fake_logged_in(void);
void fake_sessions_reset(void);
void fake_sessions_fill(CK_FUNCTION_LIST *calls);

/* --- fake_ciphers.c, fake_keys.c ----------------------------------------- */

void fake_ciphers_fill(CK_FUNCTION_LIST *calls);
void fake_keys_fill(CK_FUNCTION_LIST *calls);

#endif
