/* world_log.c - the log of the world's broker: leaves, heads, proofs. */

#include "tests/enclave/world_private.h"

#include <stdio.h>

struct view {
    const struct world *world;
    bool forked; /* another first leaf */
};

/* The root of a perfect subtree, by appending its leaves one by one. */
static struct status subtree(void *context, unsigned level, uint64_t start,
                             struct hash *out)
{
    const struct view *view = context;
    struct api_frontier frontier = { 0 };
    for (uint64_t i = start; i < start + ((uint64_t)1 << level); i++) {
        struct hash leaf = view->world->log[i];
        if (i == 0 && view->forked)
            leaf.bytes[0] ^= 1;
        TRY(api_frontier_add(&frontier, &leaf));
    }
    return api_frontier_root(&frontier, out);
}

static void root_of(const struct view *view, uint64_t size, struct hash *out)
{
    struct api_frontier frontier = { 0 };
    for (uint64_t i = 0; i < size; i++) {
        struct hash leaf;
        assert_ok(subtree((void *)(uintptr_t)view, 0, i, &leaf));
        assert_ok(api_frontier_add(&frontier, &leaf));
    }
    assert_ok(api_frontier_root(&frontier, out));
}

static void sign(const struct world *w, const struct view *view, uint64_t size,
                 struct api_head *head)
{
    unsigned char signed_bytes[API_HEAD_LEN];
    const struct api_signer signer = api_key_signer(
        world_is(w, WORLD_SIGNS_THE_HEAD_WITH_ANOTHER_KEY) ? w->owner_key
                                                           : w->log_key);
    *head = (struct api_head){ .epoch = 1, .size = size, .time = 1000 };
    if (world_is(w, WORLD_SHOWS_ANOTHER_EPOCH))
        head->epoch = 2;
    root_of(view, size, &head->root);
    assert_ok(api_head_encode(head, signed_bytes));
    assert_ok(signer.sign(signer.context,
                          bytes_of(signed_bytes, sizeof(signed_bytes)),
                          &head->signature));
}

void world_log_add(struct world *w, struct api_receipt *receipt)
{
    struct view view = { w, world_is(w, WORLD_GIVES_RECEIPTS_OF_ANOTHER_LOG) };
    assert_true(w->leaves < WORLD_LEAVES_MAX);
    assert_ok(api_leaf_hash(receipt->leaf, &w->log[w->leaves]));
    w->leaves++;
    assert_ok(api_inclusion_prove(w->leaves - 1, w->leaves, subtree, &view,
                                  &receipt->proof));
    sign(w, &view, w->leaves, &receipt->head);
    if (world_is(w, WORLD_PROVES_NOTHING))
        receipt->proof.nodes[0].bytes[0] ^= 1;
}

json_t *world_head(const struct world *w)
{
    struct api_head head;
    const struct view view = { w, world_is(w, WORLD_SHOWS_ANOTHER_LOG) };
    bool older = world_is(w, WORLD_SHOWS_AN_OLDER_LOG);
    sign(w, &view, w->leaves - (older ? 1 : 0), &head);
    return api_head_to_json(&head);
}

json_t *world_consistency(const struct world *w, struct bytes query)
{
    unsigned long long from = 0, to = 0;
    char text[64] = "";
    struct api_proof proof;
    struct view view = { w, world_is(w, WORLD_SHOWS_ANOTHER_LOG) };
    json_t *list = json_array();
    assert_true(query.len < sizeof(text));
    memcpy(text, query.at, query.len);
    assert_int_equal(sscanf(text, "from=%llu&to=%llu", &from, &to), 2);
    assert_true(to <= w->leaves);
    assert_ok(api_consistency_prove(from, to, subtree, &view, &proof));
    if (world_is(w, WORLD_PROVES_NO_CONSISTENCY))
        proof.nodes[0].bytes[0] ^= 1;
    if (world_is(w, WORLD_HAS_NO_PROOF))
        return json_pack("{s:o}", "leaves", list);
    for (size_t i = 0; i < proof.count; i++)
        assert_int_equal(
            json_array_append_new(list, api_json_of_hash(&proof.nodes[i])), 0);
    return json_pack("{s:o}", "proof", list);
}
