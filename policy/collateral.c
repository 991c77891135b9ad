#include "policy/collateral.h"

static struct policy_key seen_key(const struct policy_collateral *set)
{
    return policy_key(POLICY_COLLATERAL_SEEN, hash_bytes(&set->anchor),
                      bytes_of(&set->tee, 1),
                      bytes_of(set->fmspc, sizeof(set->fmspc)),
                      bytes_of(&set->ca, 1));
}

const char *policy_collateral_ca(uint8_t ca)
{
    return ca == 1 ? "processor" : ca == 2 ? "platform" : NULL;
}

struct seen {
    int64_t evaluation, issued, qe_issued, root_crl, pck_crl;
};

static STATUS read_seen(const json_t *record, struct seen *out)
{
    TRY(api_json_integer(record, "evaluation", 0, INT64_MAX, &out->evaluation,
                         NULL));
    TRY(api_json_integer(record, "issued", 0, INT64_MAX, &out->issued, NULL));
    TRY(api_json_integer(record, "qe_issued", 0, INT64_MAX, &out->qe_issued,
                         NULL));
    TRY(api_json_integer(record, "root_crl", 0, INT64_MAX, &out->root_crl,
                         NULL));
    return api_json_integer(record, "pck_crl", 0, INT64_MAX, &out->pck_crl,
                            NULL);
}

static STATUS older(const char *what, uint64_t ours, int64_t seen,
                    struct reason *why)
{
    return refuse(why, STATUS_DENIED, "collateral",
                  "collateral: its %s is %llu, and %lld was used before", what,
                  (unsigned long long)ours, (long long)seen);
}

static STATUS check_age(const struct policy_collateral *set,
                        const struct seen *seen, struct reason *why)
{
    if (set->evaluation < (uint64_t)seen->evaluation)
        return older("evaluation", set->evaluation, seen->evaluation, why);
    if (set->evaluation == (uint64_t)seen->evaluation &&
        set->issued < (uint64_t)seen->issued)
        return older("issue date", set->issued, seen->issued, why);
    if (set->evaluation == (uint64_t)seen->evaluation &&
        set->qe_issued < (uint64_t)seen->qe_issued)
        return older("quoting enclave's issue date", set->qe_issued,
                     seen->qe_issued, why);
    if (set->root_crl < (uint64_t)seen->root_crl)
        return older("root revocation list", set->root_crl, seen->root_crl,
                     why);
    if (set->pck_crl < (uint64_t)seen->pck_crl)
        return older("platform revocation list", set->pck_crl, seen->pck_crl,
                     why);
    return OK;
}

static void remember(struct policy_txn *txn,
                     const struct policy_collateral *set, struct bytes encoded)
{
    struct policy_key seen = seen_key(set);
    struct policy_key whole =
        policy_key(POLICY_COLLATERAL, hash_bytes(&set->digest));
    AUTO_JSON *record = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:o}", "evaluation",
        (json_int_t)set->evaluation, "issued", (json_int_t)set->issued,
        "qe_issued", (json_int_t)set->qe_issued, "root_crl",
        (json_int_t)set->root_crl, "pck_crl", (json_int_t)set->pck_crl,
        "digest", api_json_of_hash(&set->digest));
    policy_put_json(txn, &seen, record);
    policy_put(txn, &whole, encoded);
}

struct status policy_collateral_use(struct policy_txn *txn,
                                    const struct policy_collateral *set,
                                    struct bytes encoded, bool *fresh,
                                    struct reason *why)
{
    AUTO_JSON *record = NULL;
    struct policy_key key = seen_key(set);
    struct hash digest = { { 0 } };
    struct status got = policy_get_json(txn, &key, &record);
    if (!failed(got)) {
        struct seen seen;
        if (failed(read_seen(record, &seen)) ||
            failed(api_json_hash(record, "digest", &digest, NULL)))
            return failure(STATUS_CORRUPT, "collateral", 0);
        TRY(check_age(set, &seen, why));
    } else if (got.code != STATUS_NOT_FOUND) {
        return got;
    }
    bool is_new = failed(got) || !hash_equal(&digest, &set->digest);
    if (is_new)
        remember(txn, set, encoded);
    *fresh = is_new;
    return OK;
}

struct status policy_collateral_get(struct policy_txn *txn,
                                    const struct hash *digest,
                                    struct buffer *out)
{
    struct policy_key key = policy_key(POLICY_COLLATERAL, hash_bytes(digest));
    return policy_get(txn, &key, out);
}
