#include "policy/store_state.h"

#include <openssl/evp.h>

#include "base/text.h"

#define STATE_LEN (HASH_LEN + 8)

static struct policy_key state_key(void)
{
    return policy_key(POLICY_META, bytes_of_string("state"));
}

static bool counts(struct bytes key)
{
    struct policy_key state = state_key();
    return key.at[0] != POLICY_LEAF && key.at[0] != POLICY_NODE &&
           key.at[0] != POLICY_HEAD &&
           !bytes_equal(key, store_key_bytes(&state));
}

static struct status hash_record(const struct policy_txn *txn, struct bytes key,
                                 struct bytes sealed, struct hash *out)
{
    unsigned char length = (unsigned char)key.len; /* <= POLICY_KEY_MAX */
    const struct bytes parts[] = { bytes_of(&length, 1), key, sealed };
    return seal_mac(txn->policy->seal, parts, 3, out);
}

static void add(struct hash *sum, const struct hash *term)
{
    unsigned carry = 0;
    for (size_t i = HASH_LEN; i-- > 0;) {
        carry += (unsigned)sum->bytes[i] + term->bytes[i];
        sum->bytes[i] = (unsigned char)carry;
        carry >>= 8;
    }
}

/* sum + ~term + 1 */
static void subtract(struct hash *sum, const struct hash *term)
{
    unsigned carry = 1;
    for (size_t i = HASH_LEN; i-- > 0;) {
        carry += (unsigned)sum->bytes[i] + (0xffU ^ term->bytes[i]);
        sum->bytes[i] = (unsigned char)carry;
        carry >>= 8;
    }
}

static struct status read_state(struct policy_txn *txn, struct hash *sum,
                                uint64_t *leaves)
{
    AUTO_CLEAR_BUFFER record = buffer_make(STATE_LEN);
    struct policy_key key = state_key();
    TRY(policy_get(txn, &key, &record));
    struct cursor in = cursor_of(buffer_bytes(&record));
    cursor_copy(&in, sum->bytes, sizeof(sum->bytes));
    *leaves = cursor_u64(&in);
    if (failed(cursor_finish(&in, "state")))
        return failure(STATUS_CORRUPT, "state", 0);
    return OK;
}

/* An empty store has none yet. */
static struct status load(struct policy_txn *txn)
{
    uint64_t leaves;
    struct status s = read_state(txn, &txn->state.sum, &leaves);
    if (failed(s) && s.code != STATUS_NOT_FOUND)
        return s;
    txn->state.loaded = true;
    return OK;
}

struct status state_change(struct policy_txn *txn, struct bytes key,
                           const struct bytes *after)
{
    struct bytes before;
    struct hash term;
    txn->state.changed = true;
    if (!counts(key))
        return OK;
    if (!txn->state.loaded)
        TRY(load(txn));
    struct status found = store_find(txn, key, &before);
    if (!failed(found)) {
        TRY(hash_record(txn, key, before, &term));
        subtract(&txn->state.sum, &term);
    } else if (found.code != STATUS_NOT_FOUND) {
        return found;
    }
    if (after) {
        TRY(hash_record(txn, key, *after, &term));
        add(&txn->state.sum, &term);
    }
    return OK;
}

/* By the newest leaf's key alone. */
static struct status count_leaves(struct policy_txn *txn, uint64_t *out)
{
    struct policy_key all = policy_key_parts(POLICY_LEAF, NULL, 0), last;
    struct status s = store_last_key(txn, &all, &last);
    if (s.code == STATUS_NOT_FOUND) {
        *out = 0;
        return OK;
    }
    TRY(s);
    struct cursor in = cursor_of(bytes_of(last.bytes + 1, last.len - 1));
    uint64_t index = cursor_u64(&in);
    if (failed(cursor_finish(&in, "leaf key")))
        return failure(STATUS_CORRUPT, "leaf key", 0);
    *out = index + 1;
    return OK;
}

struct status state_write(struct policy_txn *txn)
{
    AUTO_CLEAR_BUFFER contents = buffer_make(STATE_LEN);
    struct policy_key key = state_key();
    uint64_t leaves;
    if (!txn->state.changed)
        return OK;
    if (!txn->state.loaded)
        TRY(load(txn));
    TRY(count_leaves(txn, &leaves));
    TRY(store_record_data_key(txn)); /* it counts, so it comes first */
    buffer_put(&contents, hash_bytes(&txn->state.sum));
    buffer_put_u64(&contents, leaves);
    TRY(buffer_status(&contents));
    return store_seal(txn, store_key_bytes(&key), buffer_bytes(&contents));
}

/* --- comparing ----------------------------------------------------------- */

/* Moves behind the record at `place`; over the whole log at once. */
static void pass(struct store_place *place)
{
    if (place->bytes[0] == POLICY_LEAF || place->bytes[0] == POLICY_NODE) {
        place->bytes[0]++;
        place->len = 1;
    } else {
        place->bytes[place->len++] = 0;
    }
}

static struct status add_record(struct policy_txn *txn, struct bytes key,
                                struct bytes sealed, struct hash *sum)
{
    struct hash term;
    if (!counts(key))
        return OK;
    TRY(hash_record(txn, key, sealed, &term));
    add(sum, &term);
    return OK;
}

static struct status sum_records(struct policy_txn *txn, struct hash *sum)
{
    struct store_place place = { .bytes = { 0 }, .len = 1 };
    for (;;) {
        struct bytes sealed;
        struct status s = store_seek(txn, &place, &sealed);
        if (s.code == STATUS_NOT_FOUND)
            return OK;
        TRY(s);
        TRY(add_record(txn, bytes_of(place.bytes, place.len), sealed, sum));
        pass(&place);
    }
}

static bool is_damaged(struct policy_txn *txn, struct bytes key,
                       struct bytes sealed)
{
    AUTO_CLEAR_BUFFER unused = buffer_make(SEAL_CONTENTS_MAX);
    if (key.at[0] == POLICY_DATA_KEY)
        return false; /* tried before */
    return store_unseal(txn, key, sealed, &unused).code == STATUS_CORRUPT;
}

/* The first record that does not open, as hexadecimal; "" for none. */
static void name_damaged(struct policy_txn *txn,
                         char out[2 * POLICY_KEY_MAX + 1])
{
    struct store_place place = { .bytes = { 0 }, .len = 1 };
    struct bytes sealed;
    out[0] = 0;
    while (!failed(store_seek(txn, &place, &sealed))) {
        struct bytes key = bytes_of(place.bytes, place.len);
        if (is_damaged(txn, key, sealed)) {
            hex_encode(key, out);
            return;
        }
        place.bytes[place.len++] = 0;
    }
}

static struct status differs(struct policy_txn *txn, const char *directory,
                             struct reason *why)
{
    char damaged[2 * POLICY_KEY_MAX + 1];
    name_damaged(txn, damaged);
    if (damaged[0])
        return refuse(why, STATUS_CORRUPT, "state",
                      "record %s in %s was changed: restore the store from a "
                      "backup",
                      damaged, directory);
    return refuse(why, STATUS_CORRUPT, "state",
                  "records in %s were taken away, or put back as they were "
                  "before: restore the store from a backup",
                  directory);
}

/* The last one's number says nothing of those before it. */
static struct status count_present(struct policy_txn *txn, uint64_t most,
                                   uint64_t *out)
{
    struct policy_key all = policy_key_parts(POLICY_LEAF, NULL, 0);
    return store_count(txn, &all, most, out);
}

struct status state_check(struct policy_txn *txn, const char *directory,
                          struct reason *why)
{
    struct hash sum = { { 0 } }, written;
    uint64_t leaves, leaves_written, present;
    TRY(sum_records(txn, &sum));
    TRY(count_leaves(txn, &leaves));
    TRY(count_present(txn, leaves, &present));
    struct status s = read_state(txn, &written, &leaves_written);
    if (failed(s) && s.code != STATUS_CORRUPT && s.code != STATUS_NOT_FOUND)
        return s;
    if (failed(s) || !hash_equal(&sum, &written) || leaves != leaves_written ||
        present != leaves)
        return differs(txn, directory, why);
    return OK;
}
