/* worked_log.c - the examples of what the log keeps. */

#include "tests/api/worked_examples.h"
#include "tests/support/check.h"

void the_subjects_hold(void **state)
{
    (void)state;
    struct hash salt = example_hash("release-subject", "salt"),
                ctx = example_hash("release-subject", "ctx"),
                certificate = example_hash("release-subject", "certificate"),
                grant = example_hash("release-subject", "grant"), subject;
    assert_ok(hash_of(&subject, example("grant", "encoded")));
    assert_true(hash_equal(&subject, &grant));
    assert_ok(
        api_subject_release(salt.bytes, &ctx, &certificate, &grant, &subject));
    example_expect_hash("release-subject", "subject", &subject);

    salt = example_hash("text-subject", "salt");
    assert_ok(api_subject_text(salt.bytes, example_text("text-subject", "text"),
                               &subject));
    example_expect_hash("text-subject", "subject", &subject);
}

void the_certificate_subject_holds(void **state)
{
    (void)state;
    static const char block[] = "certificate-subject";
    struct hash salt = example_hash(block, "salt"), subject;
    const char *names[] = { example_text(block, "name_1"),
                            example_text(block, "name_2") };
    struct api_certificate_subject fields = {
        .kind = (uint8_t)example_number(block, "kind"),
        .account = example_id(block, "account"),
        .id = example_id(block, "id"),
        .spki = example_hash(block, "spki"),
        .not_after = example_number(block, "not_after"),
        .evidence = example_hash(block, "evidence"),
        .identity = example_hash(block, "identity"),
        .configuration = example_hash(block, "configuration"),
        .invitation = example_hash(block, "invitation"),
    };
    assert_ok(api_names_hash(names, 2, &fields.names));
    example_expect_hash(block, "names_hash", &fields.names);
    assert_ok(api_subject_certificate(salt.bytes, &fields, &subject));
    example_expect_hash(block, "subject", &subject);
}

void the_leaf_holds(void **state)
{
    (void)state;
    struct hash salt = example_hash("leaf", "salt"), hash;
    struct api_leaf leaf = {
        .kind = (uint8_t)example_number("leaf", "kind"),
        .index = example_number("leaf", "index"),
        .time = example_number("leaf", "time"),
        .account = example_id("leaf", "account"),
        .subject = example_hash("leaf", "subject"),
    };
    unsigned char encoded[API_LEAF_LEN];
    assert_ok(
        api_detail_hash(salt.bytes, example("leaf", "detail"), &leaf.detail));
    example_expect_hash("leaf", "detail_hash", &leaf.detail);
    assert_ok(api_leaf_encode(&leaf, encoded));
    example_expect("leaf", "encoded", bytes_of(encoded, sizeof(encoded)));
    assert_ok(api_leaf_hash(encoded, &hash));
    example_expect_hash("leaf", "hash", &hash);
}

static const char *const leaf_names[] = { "leaf_0", "leaf_1", "leaf_2",
                                          "leaf_3", "leaf_4" };

/* The perfect subtrees of the page's tree. */
static struct status read_tree(void *context, unsigned level, uint64_t start,
                               struct hash *out)
{
    struct hash left, right;
    if (level == 0) {
        *out = example_hash("tree", leaf_names[start]);
        return OK;
    }
    TRY(read_tree(context, level - 1, start, &left));
    TRY(read_tree(context, level - 1, start + ((uint64_t)1 << (level - 1)),
                  &right));
    return api_node_hash(&left, &right, out);
}

static void expect_proof(const char *name, const struct api_proof *proof)
{
    AUTO_CLEAR_BUFFER nodes = buffer_make(4096);
    for (size_t i = 0; i < proof->count; i++)
        buffer_put(&nodes, hash_bytes(&proof->nodes[i]));
    example_expect("tree", name, buffer_bytes(&nodes));
}

void the_tree_and_its_proofs_hold(void **state)
{
    (void)state;
    struct api_frontier frontier = { 0 };
    struct hash roots[6], leaf;
    struct api_proof proof;
    for (size_t i = 0; i < 5; i++) {
        leaf = example_hash("tree", leaf_names[i]);
        assert_ok(api_frontier_add(&frontier, &leaf));
        assert_ok(api_frontier_root(&frontier, &roots[i + 1]));
    }
    example_expect_hash("tree", "old_root", &roots[3]);
    example_expect_hash("tree", "root", &roots[5]);
    assert_ok(api_inclusion_prove(2, 5, read_tree, NULL, &proof));
    expect_proof("inclusion", &proof);
    leaf = example_hash("leaf", "hash");
    assert_ok(api_inclusion_verify(&leaf, 2, 5, &proof, &roots[5]));
    assert_ok(api_consistency_prove(3, 5, read_tree, NULL, &proof));
    expect_proof("consistency", &proof);
    assert_ok(api_consistency_verify(3, &roots[3], 5, &roots[5], &proof));
}

/* Its members; tests/ca holds them to a certificate. */
void the_statement_is_laid_out(void **state)
{
    (void)state;
    static const char *const names[] = { "version",       "kind",
                                         "account",       "id",
                                         "evidence_kind", "identity",
                                         "evidence",      "evidence_time",
                                         "configuration" };
    AUTO_CLEAR_BUFFER encoded = buffer_make(256);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        buffer_put(&encoded, example("statement", names[i]));
    example_expect("statement", "encoded", buffer_bytes(&encoded));
    struct bytes extension = example("statement", "extension");
    assert_true(extension.len > encoded.len);
    assert_memory_equal(extension.at + extension.len - encoded.len,
                        encoded.data, encoded.len);
}

void the_head_holds(void **state)
{
    (void)state;
    struct api_spki log = example_spki("keys", "log");
    struct api_head head = {
        .store = example_id("head", "store"),
        .epoch = (uint32_t)example_number("head", "epoch"),
        .size = example_number("head", "size"),
        .time = example_number("head", "time"),
        .root = example_hash("head", "root"),
        .signature = example_signature("head", "signature"),
    };
    unsigned char encoded[API_HEAD_LEN];
    assert_ok(api_head_encode(&head, encoded));
    example_expect("head", "message", bytes_of(encoded, sizeof(encoded)));
    assert_ok(api_head_verify(&head, &log));
}
