/* tls_library.h - the libcrypto of one thread's handshakes, with the keys
 * they may use and no others.
 *
 * libcrypto's own provider offers forty decoders and eighteen kinds of keys,
 * and OpenSSL 3.0 walks through all of them for each certificate that comes
 * in: a quarter of a handshake (docs/PERFORMANCE.md). Ours is that
 * provider with RSA, EC and X25519 keys, and decoders for the first two from
 * SubjectPublicKeyInfo (RFC 5280, 4.1.2.7). So a client that nobody
 * knows yet reaches no decoder but those: another kind of key in its
 * certificate is no key. */

#ifndef BROKER_TLS_LIBRARY_H
#define BROKER_TLS_LIBRARY_H

#include <openssl/crypto.h>

#include "base/scope.h"
#include "base/status.h"

struct tls_library;

/* For one thread: nothing in it is shared, locks neither. STATUS_UNAVAILABLE
 * when libcrypto refuses. */
STATUS tls_library_new(struct tls_library **out);

/* After everything that was made with it. NULL is nothing. */
void tls_library_free(struct tls_library *library);
DEFINE_AUTO_FREE(tls_library);

/* Borrowed until tls_library_free(). */
OSSL_LIB_CTX *tls_library_context(const struct tls_library *library);

#endif
