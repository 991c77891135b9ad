/* receipt.c - a leaf with its proof, as JSON and back, and the whole check. */

#include "api/receipt.h"

#include "api/sorted.h"
#include "base/text.h"

json_t *api_head_to_json(const struct api_head *head)
{
    if (head->size > INT64_MAX || head->time > INT64_MAX)
        return NULL;
    return json_pack(
        "{s:o, s:I, s:I, s:I, s:o, s:o}", "store", api_json_of_id(&head->store),
        "epoch", (json_int_t)head->epoch, "size", (json_int_t)head->size,
        "time", (json_int_t)head->time, "root", api_json_of_hash(&head->root),
        "signature",
        api_json_of_base64(bytes_of(head->signature.bytes, API_SIGNATURE_LEN)));
}

struct status api_head_from_json(const json_t *value, struct api_head *out,
                                 struct reason *why)
{
    static const char *const names[] = { "store", "epoch", "size",
                                         "time",  "root",  "signature" };
    struct api_head head = { 0 };
    int64_t epoch, size, time;
    TRY(api_json_only(value, names, sizeof(names) / sizeof(names[0]), why));
    TRY(api_json_id(value, "store", &head.store, why));
    TRY(api_json_integer(value, "epoch", 1, UINT32_MAX, &epoch, why));
    TRY(api_json_integer(value, "size", 0, INT64_MAX, &size, why));
    TRY(api_json_integer(value, "time", 0, INT64_MAX, &time, why));
    TRY(api_json_hash(value, "root", &head.root, why));
    TRY(api_json_signature(value, "signature", &head.signature, why));
    head.epoch = (uint32_t)epoch;
    head.size = (uint64_t)size;
    head.time = (uint64_t)time;
    *out = head;
    return OK;
}

static json_t *proof_to_json(const struct api_proof *proof)
{
    json_t *list = json_array();
    for (size_t i = 0; i < proof->count; i++) {
        if (json_array_append_new(list, api_json_of_hash(&proof->nodes[i])) !=
            0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

json_t *api_receipt_to_json(const struct api_receipt *receipt)
{
    if (receipt->proof.count > API_PROOF_MAX)
        return NULL;
    return json_pack(
        "{s:o, s:o, s:s*, s:o, s:o}", "leaf",
        api_json_of_base64(bytes_of(receipt->leaf, API_LEAF_LEN)), "salt",
        api_json_of_base64(bytes_of(receipt->salt, API_SALT_LEN)), "detail",
        receipt->detail, "proof", proof_to_json(&receipt->proof), "head",
        api_head_to_json(&receipt->head));
}

static STATUS read_fixed(const json_t *value, const char *name,
                         unsigned char *out, size_t len, struct reason *why)
{
    AUTO_CLEAR_BUFFER raw = buffer_make(len);
    struct status read = api_json_base64(value, name, &raw, why);
    if (failed(read) || raw.len != len)
        return refuse(why, STATUS_INVALID, "receipt",
                      "%s: expected the base64 of %zu bytes", name, len);
    memcpy(out, raw.data, len);
    return OK;
}

static STATUS read_proof(const json_t *value, struct api_proof *out,
                         struct reason *why)
{
    const json_t *list;
    TRY(api_json_array(value, "proof", &list, why));
    size_t count = json_array_size(list);
    if (count > API_PROOF_MAX)
        return refuse(why, STATUS_INVALID, "receipt",
                      "proof: expected at most %d hashes", API_PROOF_MAX);
    for (size_t i = 0; i < count; i++) {
        const json_t *node = json_array_get(list, i);
        if (!json_is_string(node) ||
            failed(hex_decode(api_text_bytes(node), out->nodes[i].bytes,
                              HASH_LEN)))
            return refuse(why, STATUS_INVALID, "receipt",
                          "proof: element %zu is not a hash", i);
    }
    out->count = count;
    return OK;
}

struct status api_receipt_from_json(const json_t *value,
                                    struct api_receipt *out, struct reason *why)
{
    static const char *const names[] = { "leaf", "salt", "detail", "proof",
                                         "head" };
    struct api_receipt receipt = { .detail = NULL };
    const json_t *head;
    TRY(api_json_only(value, names, sizeof(names) / sizeof(names[0]), why));
    TRY(read_fixed(value, "leaf", receipt.leaf, API_LEAF_LEN, why));
    TRY(read_fixed(value, "salt", receipt.salt, API_SALT_LEN, why));
    TRY(api_json_text_optional(value, "detail", &receipt.detail, why));
    TRY(read_proof(value, &receipt.proof, why));
    TRY(api_json_object(value, "head", &head, why));
    TRY(api_within(api_head_from_json(head, &receipt.head, why), "head", why));
    *out = receipt;
    return OK;
}

struct status api_head_not_back(const struct api_head *seen,
                                const struct api_head *head, struct reason *why)
{
    if (!api_id_equal(&seen->store, &head->store) ||
        head->epoch != seen->epoch || head->size < seen->size)
        return refuse(why, STATUS_CORRUPT, "log",
                      "THE LOG WENT BACK: %llu leaves were signed before, the "
                      "broker now shows %llu (epoch %u, was %u)",
                      (unsigned long long)seen->size,
                      (unsigned long long)head->size, head->epoch, seen->epoch);
    return OK;
}

struct status api_head_continues(const struct api_head *seen,
                                 const struct api_head *head,
                                 const json_t *answer, struct reason *why)
{
    struct api_proof proof = { 0 };
    TRY(api_head_not_back(seen, head, why));
    if (failed(read_proof(answer, &proof, NULL)))
        return refuse(why, STATUS_CORRUPT, "log",
                      "the broker's consistency proof is malformed");
    struct status s = api_consistency_verify(seen->size, &seen->root,
                                             head->size, &head->root, &proof);
    return s.code == STATUS_CORRUPT
               ? refuse(why, STATUS_CORRUPT, "log",
                        "THE LOG WAS FORKED: the head over %llu leaves does "
                        "not continue the one over %llu that you have seen",
                        (unsigned long long)head->size,
                        (unsigned long long)seen->size)
               : s;
}

/* A signature or hash that does not hold is one answer; libcrypto out of
 * memory is another. */
static STATUS deny(struct status checked, const char *what, struct reason *why)
{
    if (checked.code == STATUS_NO_MEMORY || checked.code == STATUS_UNAVAILABLE)
        return checked;
    return refuse(why, STATUS_DENIED, "receipt", "%s", what);
}

static STATUS verify_detail(const struct api_receipt *receipt,
                            const struct api_leaf *leaf, struct reason *why)
{
    struct hash detail;
    if (!receipt->detail)
        return OK;
    TRY(api_detail_hash(receipt->salt, bytes_of_string(receipt->detail),
                        &detail));
    if (!hash_equal(&detail, &leaf->detail))
        return refuse(why, STATUS_DENIED, "receipt",
                      "the detail is not the one that the leaf names");
    return OK;
}

struct status api_receipt_verify(const struct api_receipt *receipt,
                                 const struct api_spki *log_key,
                                 struct reason *why)
{
    struct api_leaf leaf;
    struct hash leaf_hash;
    struct status checked = api_head_verify(&receipt->head, log_key);
    if (failed(checked))
        return deny(checked, "the head is not signed by the log key", why);
    checked = api_leaf_decode(bytes_of(receipt->leaf, API_LEAF_LEN), &leaf);
    if (failed(checked))
        return deny(checked, "the leaf is malformed", why);
    TRY(api_leaf_hash(receipt->leaf, &leaf_hash));
    checked = api_inclusion_verify(&leaf_hash, leaf.index, receipt->head.size,
                                   &receipt->proof, &receipt->head.root);
    if (failed(checked))
        return deny(checked,
                    "the proof does not lead from the leaf to the head", why);
    return verify_detail(receipt, &leaf, why);
}
