/* receipt.c - what was released here stands in the log: the leaf is about
 * this certificate, this dataset and this version, and is in the tree. */

#include "enclave/session.h"

static struct status no_receipt(struct reason *why, const char *fault)
{
    return refuse(why, STATUS_DENIED, "receipt", "the receipt %s", fault);
}

/* The hash of the grant stands in the detail, which the leaf covers. */
static struct status read_grant(const struct api_receipt *receipt,
                                const struct api_leaf *leaf, struct hash *out,
                                struct reason *why)
{
    struct hash hash;
    AUTO_JSON *detail = NULL;
    if (!receipt->detail)
        return no_receipt(why, "has no detail");
    struct bytes text = bytes_of_string(receipt->detail);
    TRY(api_detail_hash(receipt->salt, text, &hash));
    if (!hash_equal(&hash, &leaf->detail))
        return no_receipt(why, "has a detail that is not that of its leaf");
    TRY(api_json_read(text, text.len, false, &detail, why));
    return api_json_hash(detail, "grant", out, why);
}

static struct status check_subject(const struct accord_session *session,
                                   const struct api_receipt *receipt,
                                   const struct api_leaf *leaf,
                                   const struct api_context *context,
                                   struct reason *why)
{
    struct hash ctx, certificate, grant, subject;
    TRY(read_grant(receipt, leaf, &grant, why));
    TRY(api_context_hash(context, &ctx));
    TRY(hash_of(&certificate, buffer_bytes(&session->leaf)));
    TRY(api_subject_release(receipt->salt, &ctx, &certificate, &grant,
                            &subject));
    if (leaf->kind != API_LEAF_RELEASE ||
        !hash_equal(&subject, &leaf->subject) ||
        !api_id_equal(&leaf->account, &context->account))
        return no_receipt(why, "is of something else than this release");
    return OK;
}

static struct status check_inclusion(const struct api_receipt *receipt,
                                     const struct api_leaf *leaf,
                                     struct reason *why)
{
    struct hash hash;
    TRY(api_leaf_hash(receipt->leaf, &hash));
    if (failed(api_inclusion_verify(&hash, leaf->index, receipt->head.size,
                                    &receipt->proof, &receipt->head.root)))
        return no_receipt(why, "does not prove that its leaf is in the log");
    return OK;
}

static struct status check_head(struct accord_session *session,
                                const struct api_receipt *receipt,
                                struct trouble *trouble)
{
    if (!session->log_key_wanted)
        return OK;
    TRY(session_fetch_log_key(session, trouble));
    TRY(api_receipt_verify(receipt, &session->log_key, &trouble->why));
    return session_take_head(session, &receipt->head, trouble);
}

struct status session_check_receipt(struct accord_session *session,
                                    const json_t *answer,
                                    const struct api_context *context,
                                    struct trouble *trouble)
{
    const json_t *value;
    struct api_receipt receipt;
    struct api_leaf leaf;
    struct reason *why = &trouble->why;
    TRY(api_json_object(answer, "receipt", &value, why));
    TRY(api_receipt_from_json(value, &receipt, why));
    TRY(api_leaf_decode(bytes_of(receipt.leaf, sizeof(receipt.leaf)), &leaf));
    TRY(check_subject(session, &receipt, &leaf, context, why));
    TRY(check_inclusion(&receipt, &leaf, why));
    TRY(check_head(session, &receipt, trouble));
    json_t *copy = json_deep_copy(value);
    if (!copy || json_array_append_new(session->receipts, copy) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}
