/* template.h - attribute templates: the same rows make a key and check it.
 *
 * Every use that a key of its class could have is written down, true or
 * false: nothing is left to a module's default. CKA_MODIFIABLE=FALSE is
 * always the last row: SoftHSM 2.6.1 applies rows in order, and refuses all
 * behind it. */

#ifndef PKCS11_TEMPLATE_H
#define PKCS11_TEMPLATE_H

#include "base/bytes.h"
#include "pkcs11/token.h"

#define HSM_TEMPLATE_MAX 32
#define HSM_NO_USE       ((CK_ATTRIBUTE_TYPE)-1)

struct hsm_template {
    CK_ATTRIBUTE rows[HSM_TEMPLATE_MAX];
    CK_ULONG count;
};

/* Adding past the maximum is a bug of ours and aborts. */
void hsm_template_flag(struct hsm_template *t, CK_ATTRIBUTE_TYPE type,
                       bool value);
/* The value is borrowed until the template was used. */
void hsm_template_value(struct hsm_template *t, CK_ATTRIBUTE_TYPE type,
                        const void *value, size_t len);

/* Class and key type, and every use of that class: true for `use`, false for
 * all others. */
void hsm_template_private(struct hsm_template *t, const CK_KEY_TYPE *type,
                          CK_ATTRIBUTE_TYPE use);
void hsm_template_public(struct hsm_template *t, const CK_KEY_TYPE *type,
                         CK_ATTRIBUTE_TYPE use);
void hsm_template_secret(struct hsm_template *t, const CK_KEY_TYPE *type,
                         CK_ATTRIBUTE_TYPE use);

/* TOKEN and PRIVATE; and for keys that are neither public: SENSITIVE,
 * EXTRACTABLE. */
void hsm_template_place(struct hsm_template *t, bool token, bool private);
void hsm_template_hidden(struct hsm_template *t, bool extractable);

/* Reads every row back from the object and compares. STATUS_CORRUPT with a
 * reason naming object and attribute when one differs or when the module
 * does not support it. */
STATUS hsm_template_check(struct hsm_session *session, CK_OBJECT_HANDLE object,
                          const struct hsm_template *t, const char *name,
                          struct reason *why);

/* Creates a session object, or a token object, from the rows. */
STATUS hsm_object_make(struct hsm_session *session, struct hsm_template *t,
                       CK_OBJECT_HANDLE *out);

/* Finds at most `max` objects whose attributes equal all rows. */
STATUS hsm_object_find(struct hsm_session *session, struct hsm_template *t,
                       CK_OBJECT_HANDLE *out, size_t max, size_t *count);

/* Reads one attribute of at most `max` bytes. */
STATUS hsm_object_read(struct hsm_session *session, CK_OBJECT_HANDLE object,
                       CK_ATTRIBUTE_TYPE type, void *out, size_t max,
                       size_t *len);

#endif
