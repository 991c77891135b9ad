#include "policy/nouns.h"

struct status policy_certificate_put(struct policy_txn *txn,
                                     const unsigned char serial[16],
                                     const json_t *value)
{
    struct policy_key key =
        policy_key(POLICY_CERTIFICATE, bytes_of(serial, 16));
    if (policy_has(txn, &key))
        return failure(STATUS_CONFLICT, "serial", 0);
    policy_put_json(txn, &key, value);
    return OK;
}

struct status policy_certificate_standing(struct policy_txn *txn,
                                          const unsigned char serial[16],
                                          bool *revoked,
                                          struct policy_verdict *verdict)
{
    AUTO_JSON *record = NULL;
    struct policy_verdict read = { 0 };
    struct policy_key key =
        policy_key(POLICY_CERTIFICATE, bytes_of(serial, 16));
    struct status got = policy_get_json(txn, &key, &record);
    /* Signed by our CA but never recorded: treat it as revoked. */
    if (got.code != STATUS_NOT_FOUND) {
        TRY(got);
        TRY(policy_verdict_read(record, &read));
    }
    *revoked = !json_is_false(json_object_get(record, "revoked"));
    *verdict = read;
    return OK;
}

struct status policy_certificate_revoked(struct policy_txn *txn,
                                         const unsigned char serial[16],
                                         bool *out)
{
    struct policy_verdict unused;
    return policy_certificate_standing(txn, serial, out, &unused);
}

static STATUS is_unused(struct policy_txn *txn, const struct hash *what,
                        const char *sentence, struct reason *why)
{
    struct policy_key key = policy_key(POLICY_USED_KEY, hash_bytes(what));
    if (policy_has(txn, &key))
        return refuse(why, STATUS_CONFLICT, "freshness", "%s", sentence);
    return OK;
}

static void use(struct policy_txn *txn, const struct hash *what)
{
    AUTO_JSON *seen = json_object();
    struct policy_key key = policy_key(POLICY_USED_KEY, hash_bytes(what));
    policy_put_json(txn, &key, seen);
}

struct status policy_freshness(struct policy_txn *txn,
                               const struct hash *evidence,
                               const struct hash *spki,
                               const struct hash *nonce, struct reason *why)
{
    TRY(is_unused(txn, spki,
                  "a certificate was issued for this key before: make a new "
                  "key",
                  why));
    TRY(is_unused(txn, evidence,
                  "this evidence was used before: make a new quote", why));
    TRY(is_unused(txn, nonce, "this nonce was used before: ask for another",
                  why));
    use(txn, spki);
    use(txn, evidence);
    if (!hash_is_zero(nonce))
        use(txn, nonce);
    return OK;
}
