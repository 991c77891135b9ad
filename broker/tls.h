/* tls.h - the server's TLS identity and rules.
 *
 * The key is made in memory and certified by the zone CA; the HSM is not in
 * the handshake. TLS 1.3 and 1.2 with ECDHE and AEAD only; a client
 * certificate is asked for always and required per route; no resumption (it
 * would skip verification), no renegotiation, no compression, no early data.
 */

#ifndef BROKER_TLS_H
#define BROKER_TLS_H

#include <openssl/ssl.h>

#include "base/scope.h"
#include "base/status.h"
#include "broker/peers.h"
#include "ca/ca.h"

struct tls;

/* Trusts client certificates issued by `root` (DER) and nothing else: what
 * `peers` says, which is borrowed and made with the same root. */
STATUS tls_new(struct bytes root, struct peers *peers, struct tls **out);
void tls_free(struct tls *tls);
DEFINE_AUTO_FREE(tls);

/* Replaces key and certificate for connections accepted from now on. Takes
 * the key over, also on failure. `not_before` and `not_after` in seconds. */
STATUS tls_set(struct tls *tls, struct ca_key *key, struct bytes leaf);

/* True from half of the certificate's life on (or when there is none). */
bool tls_due(struct tls *tls, uint64_t now);

/* What one loop thread has for itself; all zero at first. libcrypto's own
 * caches and locks are in it too: shared by threads they cost more than the
 * curves (docs/PERFORMANCE.md). */
struct tls_thread {
    struct tls_library *library; /* tls_library.h */
    SSL_CTX *context;            /* for new connections */
    unsigned generation;
};

/* Makes mine->context, anew after tls_set(). On failure *mine is as it was. */
STATUS tls_context(struct tls *tls, struct tls_thread *mine);

/* After the last connection made with it. */
void tls_thread_clear(struct tls_thread *mine);

#endif
