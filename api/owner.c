#include "api/owner.h"

#define ORIGIN       "owner"
#define OWNER_LABEL  "accord owner v1"
#define CHANGE_LABEL "accord key v1"

struct status api_owner_hash(const struct api_owner *owner, struct hash *out)
{
    struct hash first, recovery;
    TRY(api_spki_hash(&owner->first, &first));
    TRY(api_spki_hash(&owner->recovery, &recovery));
    return hash_of(out, bytes_of_string(OWNER_LABEL), hash_bytes(&first),
                   hash_bytes(&recovery));
}

static void put_change(const struct api_key_change *change, struct buffer *out)
{
    buffer_put_string(out, CHANGE_LABEL);
    buffer_put(out, hash_bytes(&change->owner));
    buffer_put_u32(out, change->number);
    buffer_put(out, hash_bytes(&change->old_key));
    buffer_put(out, api_spki_bytes(&change->new_key));
}

static STATUS denied(size_t number, const char *what, struct reason *why)
{
    return refuse(why, STATUS_DENIED, ORIGIN, "key change %zu: %s", number,
                  what);
}

/* By either of the two keys that may; STATUS_DENIED when by neither. */
static STATUS check_signature(const struct api_key_change *change,
                              const struct api_spki *current,
                              const struct api_spki *recovery)
{
    AUTO_CLEAR_BUFFER message = buffer_make(API_KEY_CHANGE_LEN);
    put_change(change, &message);
    TRY(buffer_status(&message));
    struct status by_current =
        api_verify(current, buffer_bytes(&message), &change->signature);
    if (by_current.code != STATUS_DENIED)
        return by_current;
    return api_verify(recovery, buffer_bytes(&message), &change->signature);
}

/* `key` is the one that speaks before this link. */
static STATUS check_link(const struct api_owner *owner,
                         const struct hash *identity, size_t number,
                         const struct api_spki *key, struct reason *why)
{
    const struct api_key_change *change = &owner->chain[number - 1];
    struct hash old_key;
    struct api_spki unused;
    TRY(api_spki_hash(key, &old_key));
    if (!hash_equal(&change->owner, identity))
        return denied(number, "it is another owner's", why);
    if (change->number != number)
        return denied(number, "it has another number", why);
    if (!hash_equal(&change->old_key, &old_key))
        return denied(number, "it replaces a key that does not speak then",
                      why);
    if (api_spki_read(api_spki_bytes(&change->new_key), &unused).code ==
        STATUS_INVALID)
        return denied(number, "its new key is not a P-256 key", why);
    struct status held = check_signature(change, key, &owner->recovery);
    if (held.code == STATUS_DENIED || held.code == STATUS_INVALID)
        return denied(number, "its signature does not hold", why);
    return held;
}

struct status api_owner_current(const struct api_owner *owner,
                                struct api_spki *out, struct reason *why)
{
    struct hash identity;
    struct api_spki key = owner->first;
    if (owner->changes > API_CHAIN_MAX)
        return refuse(why, STATUS_DENIED, ORIGIN, "more than %d key changes",
                      API_CHAIN_MAX);
    TRY(api_owner_hash(owner, &identity));
    for (size_t number = 1; number <= owner->changes; number++) {
        TRY(check_link(owner, &identity, number, &key, why));
        key = owner->chain[number - 1].new_key;
    }
    *out = key;
    return OK;
}

struct status api_owner_change(struct api_owner *owner,
                               const struct api_spki *new_key,
                               const struct api_signer *by, struct reason *why)
{
    struct api_spki current;
    TRY(api_owner_current(owner, &current, why));
    if (owner->changes == API_CHAIN_MAX)
        return refuse(why, STATUS_CONFLICT, ORIGIN,
                      "the key was changed %d times already, no more are "
                      "possible",
                      API_CHAIN_MAX);
    if (!api_spki_equal(&by->key, &current) &&
        !api_spki_equal(&by->key, &owner->recovery))
        return refuse(why, STATUS_DENIED, ORIGIN,
                      "a key change is signed by the current or the recovery "
                      "key; this is neither");

    AUTO_CLEAR_BUFFER message = buffer_make(API_KEY_CHANGE_LEN);
    struct api_owner changed = *owner;
    struct api_key_change *link = &changed.chain[changed.changes++];
    link->number = (uint32_t)changed.changes;
    TRY(api_owner_hash(owner, &link->owner));
    TRY(api_spki_hash(&current, &link->old_key));
    TRY(api_spki_read(api_spki_bytes(new_key), &link->new_key));
    put_change(link, &message);
    TRY(buffer_status(&message));
    TRY(by->sign(by->context, buffer_bytes(&message), &link->signature));
    /* A token may answer with anything. */
    TRY(api_owner_current(&changed, &current, why));
    *owner = changed;
    return OK;
}

struct status api_owner_encode(const struct api_owner *owner,
                               struct buffer *out)
{
    if (owner->changes > API_CHAIN_MAX)
        return failure(STATUS_INVALID, ORIGIN, 0);
    buffer_put(out, api_spki_bytes(&owner->first));
    buffer_put(out, api_spki_bytes(&owner->recovery));
    buffer_put_u8(out, (uint8_t)owner->changes);
    for (size_t i = 0; i < owner->changes; i++) {
        put_change(&owner->chain[i], out);
        buffer_put(
            out, bytes_of(owner->chain[i].signature.bytes, API_SIGNATURE_LEN));
    }
    return buffer_status(out);
}

static STATUS take_key(struct cursor *in, struct api_spki *out)
{
    return api_spki_read(cursor_take(in, API_SPKI_LEN), out);
}

static STATUS take_change(struct cursor *in, struct api_key_change *out)
{
    if (!cursor_expect(in, bytes_of_string(CHANGE_LABEL)))
        return failure(STATUS_INVALID, ORIGIN, 0);
    cursor_copy(in, out->owner.bytes, HASH_LEN);
    out->number = cursor_u32(in);
    cursor_copy(in, out->old_key.bytes, HASH_LEN);
    TRY(take_key(in, &out->new_key));
    cursor_copy(in, out->signature.bytes, API_SIGNATURE_LEN);
    return in->broken ? failure(STATUS_INVALID, ORIGIN, 0) : OK;
}

struct status api_owner_decode(struct cursor *in, struct api_owner *out)
{
    struct api_owner owner = { 0 };
    TRY(take_key(in, &owner.first));
    TRY(take_key(in, &owner.recovery));
    owner.changes = cursor_u8(in);
    if (in->broken || owner.changes > API_CHAIN_MAX)
        return failure(STATUS_INVALID, ORIGIN, 0);
    for (size_t i = 0; i < owner.changes; i++)
        TRY(take_change(in, &owner.chain[i]));
    *out = owner;
    return OK;
}
