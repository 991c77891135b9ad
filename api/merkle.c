/* merkle.c - the frontier and the signed head; proofs are in proof.c. */

#include "api/merkle.h"

#define SIZE_LIMIT ((uint64_t)1 << 63)
#define HEAD_LABEL "accord head v1"

struct status api_node_hash(const struct hash *left, const struct hash *right,
                            struct hash *out)
{
    return hash_of(out, bytes_of("\x01", 1), hash_bytes(left),
                   hash_bytes(right));
}

static size_t node_count(const struct api_frontier *frontier)
{
    return (size_t)__builtin_popcountll(frontier->size);
}

struct status api_frontier_add(struct api_frontier *frontier,
                               const struct hash *leaf_hash)
{
    size_t count = node_count(frontier);
    struct hash node = *leaf_hash;
    if (frontier->size >= SIZE_LIMIT)
        return failure(STATUS_CONFLICT, "api_frontier_add", 0);
    /* Two perfect subtrees of one size become one, as in a binary counter. */
    for (uint64_t size = frontier->size; size & 1; size >>= 1)
        TRY(api_node_hash(&frontier->nodes[--count], &node, &node));
    frontier->nodes[count] = node;
    frontier->size++;
    return OK;
}

struct status api_frontier_root(const struct api_frontier *frontier,
                                struct hash *out)
{
    size_t count = node_count(frontier);
    if (count == 0)
        return hash_of(out, bytes_of(NULL, 0));
    struct hash root = frontier->nodes[--count];
    while (count > 0)
        TRY(api_node_hash(&frontier->nodes[--count], &root, &root));
    *out = root;
    return OK;
}

struct status api_head_encode(const struct api_head *head,
                              unsigned char out[API_HEAD_LEN])
{
    if (head->epoch == 0)
        return failure(STATUS_INVALID, "api_head_encode", 0);
    AUTO_CLEAR_BUFFER encoded = buffer_make(API_HEAD_LEN);
    buffer_put_string(&encoded, HEAD_LABEL);
    buffer_put(&encoded, api_id_bytes(&head->store));
    buffer_put_u32(&encoded, head->epoch);
    buffer_put_u64(&encoded, head->size);
    buffer_put_u64(&encoded, head->time);
    buffer_put(&encoded, hash_bytes(&head->root));
    TRY(buffer_status(&encoded));
    memcpy(out, encoded.data, API_HEAD_LEN);
    return OK;
}

struct status api_head_verify(const struct api_head *head,
                              const struct api_spki *log_key)
{
    unsigned char encoded[API_HEAD_LEN];
    TRY(api_head_encode(head, encoded));
    return api_verify(log_key, bytes_of(encoded, sizeof(encoded)),
                      &head->signature);
}
