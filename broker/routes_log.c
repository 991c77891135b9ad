/* routes_log.c - the log, for whoever wants to check: heads and proofs for
 * anybody, details for the members of the account. */

#include "broker/body.h"
#include "broker/routes.h"

#include <stdlib.h>

#define LEAVES_MAX 1000

static struct status query_number(struct exchange *x, const char *name,
                                  uint64_t *out)
{
    char text[16];
    uint64_t value = 0;
    if (failed(http_query_value(x->request.query, name, text, sizeof(text))) ||
        text[0] == '\0')
        return refuse(&x->why, STATUS_INVALID, "query",
                      "the query needs %s=<number>", name);
    for (const char *at = text; *at; at++) {
        if (*at < '0' || *at > '9')
            return refuse(&x->why, STATUS_INVALID, "query",
                          "%s in the query is not a number", name);
        value = value * 10 + (uint64_t)(*at - '0');
    }
    *out = value;
    return OK;
}

static struct status head_answer(struct exchange *x)
{
    struct api_head head = broker_head(x->broker);
    x->answer = api_head_to_json(&head);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status consistency_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    uint64_t from, to;
    struct api_proof proof;
    TRY(query_number(x, "from", &from));
    TRY(query_number(x, "to", &to));
    if (from == 0 || from > to || to > broker_head(x->broker).size)
        return refuse(&x->why, STATUS_INVALID, "query",
                      "from and to must be sizes of signed heads, from <= to");
    TRY(policy_read(x->broker->store, &txn));
    TRY(policy_prove_consistency(txn, from, to, &proof));
    AUTO_JSON *list = json_array();
    for (size_t i = 0; i < proof.count; i++)
        if (json_array_append_new(list, api_json_of_hash(&proof.nodes[i])))
            return failure(STATUS_NO_MEMORY, "json", 0);
    x->answer = json_pack("{s:O}", "proof", list);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* Details are for the account's members; the installation's are for all. */
static bool may_see(const struct exchange *x, const struct api_leaf *leaf)
{
    return api_id_is_zero(&leaf->account) ||
           api_id_equal(&leaf->account, &x->peer.account);
}

/* What a leaf only names by its digest, whole, beside it. What is not there,
 * the verifier counts as missing. */
static struct status add_whole(struct policy_txn *txn, const json_t *detail,
                               const char *member, enum policy_kind kind,
                               json_t *entry)
{
    AUTO_CLEAR_BUFFER whole = buffer_make(ATTEST_COLLATERAL_MAX);
    struct hash digest;
    if (failed(api_json_hash(detail, member, &digest, NULL)))
        return OK;
    struct policy_key key = policy_key(kind, hash_bytes(&digest));
    struct status got = policy_get(txn, &key, &whole);
    if (got.code == STATUS_NOT_FOUND)
        return OK;
    TRY(got);
    return json_object_set_new(entry, member,
                               api_json_of_base64(buffer_bytes(&whole)))
               ? failure(STATUS_NO_MEMORY, "json", 0)
               : OK;
}

static struct status add_evidence(struct policy_txn *txn, struct bytes detail,
                                  json_t *entry)
{
    AUTO_JSON *parsed = NULL;
    TRY(api_json_read(detail, 1024 * 1024, false, &parsed, NULL));
    TRY(add_whole(txn, parsed, "evidence", POLICY_EVIDENCE, entry));
    return add_whole(txn, parsed, "collateral", POLICY_COLLATERAL, entry);
}

static struct status add_leaf(struct exchange *x, struct policy_txn *txn,
                              uint64_t index, json_t *list)
{
    AUTO_CLEAR_BUFFER detail = buffer_make(1024 * 1024);
    struct policy_logged logged;
    struct api_leaf leaf;
    struct status read = policy_log_read(txn, index, &logged, &detail);
    if (read.code == STATUS_NOT_FOUND) /* it is below the signed head */
        return refuse(&x->why, STATUS_CORRUPT, "log", "leaf %llu is missing",
                      (unsigned long long)index);
    TRY(read);
    TRY(api_leaf_decode(bytes_of(logged.leaf, sizeof(logged.leaf)), &leaf));
    AUTO_JSON *entry = json_pack(
        "{s:I, s:o, s:o}", "index", (json_int_t)index, "leaf",
        api_json_of_base64(bytes_of(logged.leaf, sizeof(logged.leaf))), "salt",
        api_json_of_base64(bytes_of(logged.salt, sizeof(logged.salt))));
    if (!entry)
        return failure(STATUS_NO_MEMORY, "json", 0);
    if (may_see(x, &leaf)) {
        if (json_object_set_new(
                entry, "detail",
                json_stringn((const char *)detail.data, detail.len)))
            return failure(STATUS_NO_MEMORY, "json", 0);
        TRY(add_evidence(txn, buffer_bytes(&detail), entry));
    }
    return json_array_append(list, entry) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status leaves_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *list = json_array();
    uint64_t from, count;
    struct api_head head = broker_head(x->broker);
    TRY(query_number(x, "from", &from));
    TRY(query_number(x, "count", &count));
    if (count == 0 || count > LEAVES_MAX)
        return refuse(&x->why, STATUS_INVALID, "query", "count is 1 to %d",
                      LEAVES_MAX);
    TRY(policy_read(x->broker->store, &txn));
    for (uint64_t i = from; i < head.size && i - from < count; i++)
        TRY(add_leaf(x, txn, i, list));
    x->answer = json_pack("{s:O, s:o}", "leaves", list, "head",
                          api_head_to_json(&head));
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status receipt_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_CLEAR_BUFFER detail = buffer_make(1024 * 1024);
    struct api_receipt receipt;
    struct api_leaf leaf;
    struct api_head head = broker_head(x->broker);
    char *end = NULL;
    unsigned long long index = strtoull(x->part[0], &end, 10);
    if (x->part[0][0] < '0' || x->part[0][0] > '9' || *end != '\0')
        return refuse(&x->why, STATUS_INVALID, "path",
                      "\"%s\" in the path is not a leaf's index", x->part[0]);
    if (index >= head.size)
        return refuse(&x->why, STATUS_NOT_FOUND, "leaf",
                      "the log has no leaf %llu yet", index);
    TRY(policy_read(x->broker->store, &txn));
    TRY(policy_receipt(txn, index, &head, &detail, &receipt));
    TRY(api_leaf_decode(bytes_of(receipt.leaf, sizeof(receipt.leaf)), &leaf));
    if (!may_see(x, &leaf))
        receipt.detail = NULL;
    x->answer = api_receipt_to_json(&receipt);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* clang-format off */
const struct route routes_log[] = {
    { HTTP_GET, "/accord/v1/log/head",        ANYBODY,  ACCORD, .answer = head_answer },
    { HTTP_GET, "/accord/v1/log/consistency", ANYBODY,  ACCORD, .answer = consistency_answer },
    { HTTP_GET, "/accord/v1/log/leaves",      A_READER, ACCORD, .answer = leaves_answer },
    { HTTP_GET, "/accord/v1/log/receipts/{}", A_READER, ACCORD, .answer = receipt_answer },
    { 0 },
};
/* clang-format on */
