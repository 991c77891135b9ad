/* proof.c - inclusion and consistency: made as RFC 6962 section 2.1 defines
 * them, verified as RFC 9162 section 2.1 says. */

#include <openssl/crypto.h>

#include "api/merkle.h"

#define SIZE_LIMIT ((uint64_t)1 << 63)

struct tree {
    api_tree_fn read;
    void *context;
};

/* The largest power of two below n, as its exponent; n > 1. */
static unsigned split_level(uint64_t n)
{
    return 63 - (unsigned)__builtin_clzll(n - 1);
}

/* MTH of `size` > 0 leaves from `start` on. Every range that a proof speaks
 * of begins where a perfect subtree at least as large begins, so that its
 * perfect subtrees stand side by side, the largest first. */
static STATUS range_root(const struct tree *tree, uint64_t start, uint64_t size,
                         struct hash *out)
{
    unsigned level = (unsigned)__builtin_ctzll(size);
    uint64_t left = size & (size - 1); /* all but the smallest subtree */
    struct hash root, sibling;
    TRY(tree->read(tree->context, level, start + left, &root));
    while (left > 0) {
        level = (unsigned)__builtin_ctzll(left);
        left &= left - 1;
        TRY(tree->read(tree->context, level, start + left, &sibling));
        TRY(api_node_hash(&sibling, &root, &root));
    }
    *out = root;
    return OK;
}

/* Proofs are found from the root down and written from the leaf up. */
static void reverse(struct api_proof *proof)
{
    for (size_t i = 0, j = proof->count; i + 1 < j; i++) {
        j--;
        struct hash node = proof->nodes[i];
        proof->nodes[i] = proof->nodes[j];
        proof->nodes[j] = node;
    }
}

/* One step down: the half that `position` is not in goes into the proof. */
static STATUS descend(const struct tree *tree, uint64_t position,
                      uint64_t *start, uint64_t *size, struct api_proof *proof)
{
    uint64_t half = (uint64_t)1 << split_level(*size);
    bool right = position - *start >= half;
    TRY(range_root(tree, right ? *start : *start + half,
                   right ? half : *size - half, &proof->nodes[proof->count]));
    proof->count++;
    *start += right ? half : 0;
    *size = right ? *size - half : half;
    return OK;
}

struct status api_inclusion_prove(uint64_t index, uint64_t size,
                                  api_tree_fn read, void *context,
                                  struct api_proof *out)
{
    struct tree tree = { read, context };
    struct api_proof proof = { 0 };
    uint64_t start = 0;
    if (index >= size || size > SIZE_LIMIT)
        return failure(STATUS_INVALID, "api_inclusion_prove", 0);
    while (size > 1)
        TRY(descend(&tree, index, &start, &size, &proof));
    reverse(&proof);
    *out = proof;
    return OK;
}

struct status api_consistency_prove(uint64_t old, uint64_t size,
                                    api_tree_fn read, void *context,
                                    struct api_proof *out)
{
    struct tree tree = { read, context };
    struct api_proof proof = { 0 };
    uint64_t start = 0;
    if (old == 0 || old > size || size > SIZE_LIMIT)
        return failure(STATUS_INVALID, "api_consistency_prove", 0);
    /* Down to the range that ends where the old tree ended. */
    while (start + size != old)
        TRY(descend(&tree, old - 1, &start, &size, &proof));
    /* A range that is the whole old tree is known to the verifier. */
    if (start > 0)
        TRY(range_root(&tree, start, size, &proof.nodes[proof.count++]));
    reverse(&proof);
    *out = proof;
    return OK;
}

static bool same(const struct hash *a, const struct hash *b)
{
    return CRYPTO_memcmp(a->bytes, b->bytes, HASH_LEN) == 0;
}

static STATUS does_not_hold(void)
{
    return failure(STATUS_CORRUPT, "proof", 0);
}

/* RFC 9162 section 2.1.3.2; fn, sn and r are its names. */
struct status api_inclusion_verify(const struct hash *leaf_hash, uint64_t index,
                                   uint64_t size, const struct api_proof *proof,
                                   const struct hash *root)
{
    if (index >= size || proof->count > API_PROOF_MAX)
        return does_not_hold();
    uint64_t fn = index, sn = size - 1;
    struct hash r = *leaf_hash;
    for (size_t i = 0; i < proof->count; i++) {
        const struct hash *p = &proof->nodes[i];
        if (sn == 0)
            return does_not_hold();
        if ((fn & 1) || fn == sn) {
            TRY(api_node_hash(p, &r, &r));
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            TRY(api_node_hash(&r, p, &r));
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && same(&r, root) ? OK : does_not_hold();
}

/* RFC 9162 section 2.1.4.2, from step 3 on; fr and sr are its names. `first`
 * is the node both trees are grown from, `at` the next one of the proof. */
static STATUS grow(uint64_t old, uint64_t size, const struct hash *first,
                   const struct api_proof *proof, size_t at, struct hash *fr,
                   struct hash *sr)
{
    uint64_t fn = old - 1, sn = size - 1;
    for (; fn & 1; fn >>= 1)
        sn >>= 1;
    *fr = *sr = *first;
    for (; at < proof->count; at++) {
        const struct hash *c = &proof->nodes[at];
        if (sn == 0)
            return does_not_hold();
        if ((fn & 1) || fn == sn) {
            TRY(api_node_hash(c, fr, fr));
            TRY(api_node_hash(c, sr, sr));
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            TRY(api_node_hash(sr, c, sr));
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 ? OK : does_not_hold();
}

struct status api_consistency_verify(uint64_t old, const struct hash *old_root,
                                     uint64_t size, const struct hash *root,
                                     const struct api_proof *proof)
{
    struct hash fr, sr;
    if (old == 0 || old > size || proof->count > API_PROOF_MAX)
        return does_not_hold();
    if (old == size)
        return proof->count == 0 && same(old_root, root) ? OK : does_not_hold();
    /* A perfect old tree is itself the node to grow from. */
    bool perfect = (old & (old - 1)) == 0;
    if (!perfect && proof->count == 0)
        return does_not_hold();
    TRY(grow(old, size, perfect ? old_root : &proof->nodes[0], proof,
             perfect ? 0 : 1, &fr, &sr));
    return same(&fr, old_root) && same(&sr, root) ? OK : does_not_hold();
}
