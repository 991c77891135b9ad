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
#include "ca/ca.h"

struct tls;

/* Trusts client certificates issued by `root` (DER) and nothing else. */
STATUS tls_new(struct bytes root, struct tls **out);
void tls_free(struct tls *tls);
DEFINE_AUTO_FREE(tls);

/* Replaces key and certificate for connections accepted from now on. Takes
 * the key over, also on failure. `not_before` and `not_after` in seconds. */
STATUS tls_set(struct tls *tls, struct ca_key *key, struct bytes leaf);

/* True from half of the certificate's life on (or when there is none). */
bool tls_due(struct tls *tls, uint64_t now);

/* One loop thread's own context, made anew after tls_set(). Kept in `*mine`
 * with its generation; free with SSL_CTX_free(). */
STATUS tls_context(struct tls *tls, SSL_CTX **mine, unsigned *generation);

#endif
