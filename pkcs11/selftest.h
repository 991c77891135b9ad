/* selftest.h - does the token do what sealing needs? Tried, not looked up:
 * modules list mechanisms that they do not do, and do others wrongly. */

#ifndef PKCS11_SELFTEST_H
#define PKCS11_SELFTEST_H

#include "pkcs11/keys.h"

/* Seals a credential to the certificate's key and opens it in the token:
 * OAEP unwrap, AES-ECB derivation, HMAC, and possession of that key. Writes
 * nothing to the token. */
STATUS hsm_selftest_intake(struct hsm_session *session, CK_OBJECT_HANDLE intake,
                           struct bytes intake_certificate, struct reason *why);

/* The whole way, for the ceremony: the key moves to the token, is wrapped to
 * a fresh RSA key, comes out, and opens the blob; then it is destroyed. */
STATUS hsm_selftest_release(struct hsm_session *session,
                            CK_OBJECT_HANDLE intake,
                            struct bytes intake_certificate,
                            struct reason *why);

/* The CCM class, whole: a key is made, seals, moves to the token, opens, and
 * is destroyed. For the start of a worker that allows plain paths. */
STATUS hsm_selftest_plain(struct hsm_session *session, struct reason *why);

/* Placement "wrapped": a key goes out wrapped under a key derived from
 * accord-root, comes back, and opens what it sealed. Writes nothing. */
STATUS hsm_selftest_wrapped(struct hsm_session *session, CK_OBJECT_HANDLE root,
                            struct reason *why);

#endif
