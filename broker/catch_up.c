/* catch_up.c - the store's log reaches the HSM's frontier. */

#include "broker/writer.h"

static struct status log_size(struct broker *b, uint64_t *size)
{
    AUTO_FREE(policy_txn) txn = NULL;
    uint64_t newest;
    TRY(policy_read(b->store, &txn));
    return policy_log_size(txn, size, &newest);
}

static struct status gather(struct broker *b, uint64_t from, uint64_t to,
                            struct buffer *leaves)
{
    AUTO_FREE(policy_txn) txn = NULL;
    TRY(policy_read(b->store, &txn));
    for (uint64_t index = from; index < to; index++) {
        struct policy_logged logged;
        TRY(policy_log_read(txn, index, &logged, NULL));
        buffer_put(leaves, bytes_of(logged.leaf, sizeof(logged.leaf)));
    }
    return buffer_status(leaves);
}

static struct status compare_roots(struct broker *b,
                                   const struct pkcs11_description *at,
                                   struct reason *why)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct hash root;
    TRY(policy_read(b->store, &txn));
    TRY(policy_log_root(txn, at->size, &root));
    if (hash_equal(&root, &at->root))
        return OK;
    return refuse(why, STATUS_CORRUPT, "frontier",
                  "the log's root over %llu leaves is not the one the HSM "
                  "signed: this store belongs to another history",
                  (unsigned long long)at->size);
}

/* Where the HSM stands, asked again after anything went wrong. */
static struct status find_frontier(struct broker *b, uint64_t size,
                                   struct reason *why)
{
    struct pkcs11_description at = { 0 };
    struct status s = pkcs11_describe(b->hsm, &at, why);
    if (!failed(s) && at.size > size)
        s = refuse(why, STATUS_CORRUPT, "frontier",
                   "the store has %llu leaves but the HSM has signed %llu: an "
                   "older store was put back",
                   (unsigned long long)size, (unsigned long long)at.size);
    if (!failed(s))
        s = compare_roots(b, &at, why);
    if (!failed(s)) {
        b->frontier_size = at.size;
        b->frontier_known = true;
    }
    pkcs11_description_clear(&at);
    return s;
}

static void publish(struct broker *b, const struct api_head *head)
{
    (void)pthread_mutex_lock(&b->head_lock);
    b->head = *head;
    (void)pthread_mutex_unlock(&b->head_lock);
}

/* Up to one job's worth of leaves; none only asks for a signed head. */
static struct status append_some(struct broker *b, uint64_t size,
                                 struct reason *why)
{
    uint64_t left = size - b->frontier_size;
    uint64_t end =
        b->frontier_size + (left > WRITER_GROUP_MAX ? WRITER_GROUP_MAX : left);
    AUTO_CLEAR_BUFFER leaves =
        buffer_make((size_t)WRITER_GROUP_MAX * API_LEAF_LEN);
    struct api_head head;
    TRY(gather(b, b->frontier_size, end, &leaves));
    b->frontier_known = false; /* until the answer is here */
    TRY(pkcs11_append(b->hsm, buffer_bytes(&leaves), &head, why));
    b->frontier_size = end;
    b->frontier_known = true;
    publish(b, &head);
    return OK;
}

struct status writer_catch_up(struct broker *b, struct reason *why)
{
    uint64_t size;
    TRY(log_size(b, &size));
    /* An accord-hsm that went away is noticed here, before any record. */
    if (!pkcs11_door_connected(b->hsm))
        b->frontier_known = false;
    if (!b->frontier_known)
        TRY(find_frontier(b, size, why));
    while (b->frontier_size < size || broker_head(b).size < size)
        TRY(append_some(b, size, why));
    return OK;
}

struct api_head broker_head(struct broker *b)
{
    (void)pthread_mutex_lock(&b->head_lock);
    struct api_head head = b->head;
    (void)pthread_mutex_unlock(&b->head_lock);
    return head;
}
