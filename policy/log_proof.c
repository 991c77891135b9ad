/* log_proof.c - the tree above the leaves: nodes, roots, proofs. */

#include "policy/log_tree.h"

static struct policy_key node_key(unsigned level, uint64_t start)
{
    unsigned char be[9] = { (unsigned char)level };
    for (size_t i = 0; i < 8; i++)
        be[1 + i] = (unsigned char)(start >> (56 - 8 * i));
    return policy_key(POLICY_NODE, bytes_of(be, sizeof(be)));
}

static struct status read_node(struct policy_txn *txn, unsigned level,
                               uint64_t start, struct hash *out)
{
    AUTO_CLEAR_BUFFER record = buffer_make(HASH_LEN);
    struct policy_key key = node_key(level, start);
    TRY(policy_get(txn, &key, &record));
    if (record.len != HASH_LEN)
        return failure(STATUS_CORRUPT, "node record", 0);
    memcpy(out->bytes, record.data, HASH_LEN);
    return OK;
}

static struct status read_leaf_hash(struct policy_txn *txn, uint64_t index,
                                    struct hash *out)
{
    struct policy_logged logged;
    TRY(policy_log_read(txn, index, &logged, NULL));
    return api_leaf_hash(logged.leaf, out);
}

/* An api_tree_fn. What is missing below the log's size was taken away. */
static struct status read_tree(void *context, unsigned level, uint64_t start,
                               struct hash *out)
{
    struct policy_txn *txn = context;
    struct status s = level == 0 ? read_leaf_hash(txn, start, out)
                                 : read_node(txn, level, start, out);
    if (s.code == STATUS_NOT_FOUND)
        return failure(STATUS_CORRUPT, "log tree has a gap", level);
    return s;
}

struct status log_tree_add(struct policy_txn *txn, uint64_t index,
                           const unsigned char leaf[API_LEAF_LEN])
{
    struct hash right, left;
    uint64_t size = index + 1, width = 1;
    TRY(api_leaf_hash(leaf, &right));
    for (unsigned level = 1; size % (2 * width) == 0; level++) {
        uint64_t start = size - 2 * width;
        struct policy_key key = node_key(level, start);
        TRY(read_tree(txn, level - 1, start, &left));
        TRY(api_node_hash(&left, &right, &right));
        policy_put(txn, &key, hash_bytes(&right));
        width *= 2;
    }
    return OK;
}

static struct status within_log(struct policy_txn *txn, uint64_t size)
{
    uint64_t whole, newest;
    TRY(policy_log_size(txn, &whole, &newest));
    if (size > whole)
        return failure(STATUS_INVALID, "beyond the log", 0);
    return OK;
}

struct status policy_log_root(struct policy_txn *txn, uint64_t size,
                              struct hash *out)
{
    struct api_frontier frontier = { .size = size };
    uint64_t start = 0;
    size_t count = 0;
    TRY(within_log(txn, size));
    for (unsigned level = 64; level-- > 0;) {
        if (!(size >> level & 1))
            continue;
        TRY(read_tree(txn, level, start, &frontier.nodes[count++]));
        start += (uint64_t)1 << level;
    }
    return api_frontier_root(&frontier, out);
}

struct status policy_prove_inclusion(struct policy_txn *txn, uint64_t index,
                                     uint64_t size, struct api_proof *out)
{
    TRY(within_log(txn, size));
    return api_inclusion_prove(index, size, read_tree, txn, out);
}

struct status policy_prove_consistency(struct policy_txn *txn, uint64_t old,
                                       uint64_t size, struct api_proof *out)
{
    TRY(within_log(txn, size));
    return api_consistency_prove(old, size, read_tree, txn, out);
}
