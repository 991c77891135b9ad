#include "broker/peers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Certificates of a few thousand programs and people that talk to us at the
 * same time; an evicted one is verified again. */
#define SLOTS 4096

struct peers {
    struct buffer root;
    pthread_mutex_t lock;
    struct peer *slot[SLOTS]; /* verified, by the hash's first bits; owned */
};

struct status peers_new(struct bytes root, struct peers **out)
{
    AUTO_FREE(peers) peers = calloc(1, sizeof(*peers));
    if (!peers)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    (void)pthread_mutex_init(&peers->lock, NULL);
    peers->root = buffer_make(CA_CERTIFICATE_MAX);
    buffer_put(&peers->root, root);
    TRY(buffer_status(&peers->root));
    *out = TAKE(peers);
    return OK;
}

void peers_free(struct peers *peers)
{
    if (!peers)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        free(peers->slot[i]);
    buffer_clear(&peers->root);
    (void)pthread_mutex_destroy(&peers->lock);
    free(peers);
}

static struct peer **slot_of(struct peers *peers, const struct hash *digest)
{
    size_t at = (size_t)digest->bytes[0] << 8 | digest->bytes[1];
    return &peers->slot[at % SLOTS];
}

static bool recall(struct peers *peers, const struct hash *digest,
                   struct peer *out)
{
    (void)pthread_mutex_lock(&peers->lock);
    const struct peer *known = *slot_of(peers, digest);
    bool found = known && hash_equal(&known->certificate, digest);
    if (found)
        *out = *known;
    (void)pthread_mutex_unlock(&peers->lock);
    return found;
}

/* Without memory it is verified again the next time. */
static void remember(struct peers *peers, const struct peer *peer)
{
    struct peer *copy = malloc(sizeof(*copy));
    if (!copy)
        return;
    *copy = *peer;
    (void)pthread_mutex_lock(&peers->lock);
    struct peer **slot = slot_of(peers, &peer->certificate);
    struct peer *evicted = *slot;
    *slot = copy;
    (void)pthread_mutex_unlock(&peers->lock);
    free(evicted);
}

static bool in_time(const struct ca_facts *facts, uint64_t now)
{
    return facts->not_before <= now && now < facts->not_after;
}

struct status peers_find(struct peers *peers, struct bytes der, uint64_t now,
                         struct peer *out, struct reason *why)
{
    struct hash digest;
    struct peer peer;
    TRY(hash_of(&digest, der));
    if (der.len > 0 && recall(peers, &digest, &peer)) {
        peer.chains = in_time(&peer.facts, now);
        *out = peer;
        return OK;
    }
    TRY(peer_read(der, &peer, why));
    if (peer.kind != PEER_NOBODY)
        peer.chains = !failed(ca_chain_verify(der, buffer_bytes(&peers->root),
                                              now, CA_FOR_CLIENT, NULL));
    if (peer.chains)
        remember(peers, &peer);
    *out = peer;
    return OK;
}
