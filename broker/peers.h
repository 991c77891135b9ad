/* peers.h - which client certificates are ours: asked in each handshake and
 * again for each request.
 *
 * That the zone CA signed these very bytes does not change, so it is verified
 * once and remembered by the certificate's SHA-256. Whatever can change is
 * never remembered: time is compared at each call, revocation and roles are
 * the store's (authorise.c). Safe from several threads. */

#ifndef BROKER_PEERS_H
#define BROKER_PEERS_H

#include "base/scope.h"
#include "broker/peer.h"

struct peers;

/* `root` is the zone CA's certificate, DER; a copy is kept. */
STATUS peers_new(struct bytes root, struct peers **out);
void peers_free(struct peers *peers);
DEFINE_AUTO_FREE(peers);

/* As peer_read(), and out->chains says whether ca_chain_verify() holds for a
 * client at `now` (seconds). */
STATUS peers_find(struct peers *peers, struct bytes der, uint64_t now,
                  struct peer *out, struct reason *why);

#endif
