/* credential.c - what is inside the envelope: credential/v1. */

#include "api/seal.h"

#define ORIGIN "credential"
#define LABEL  "accord credential v1"

void api_credential_clear(struct api_credential *credential)
{
    secret_free(credential->content);
    *credential = (struct api_credential){ 0 };
}

static STATUS check_derived(const struct api_credential *credential,
                            enum status_code code, struct reason *why)
{
    struct hash owner;
    struct api_id derived;
    TRY(api_owner_hash(&credential->owner, &owner));
    TRY(api_id_derive(API_DATASET, &credential->account, &owner,
                      credential->random, &derived));
    if (!api_id_equal(&derived, &credential->dataset))
        return refuse(why, code, ORIGIN,
                      "the dataset's id does not follow from account, owner "
                      "and random");
    return OK;
}

static STATUS check_members(const struct api_credential *credential,
                            const struct api_signer *owner, struct reason *why)
{
    struct api_spki current;
    size_t location = strnlen(credential->location, API_LOCATION_MAX + 1);
    if (credential->flags != 0)
        return refuse(why, STATUS_INVALID, ORIGIN,
                      "flags are 0x%02x; only 0, the signed class, has a "
                      "credential of this form",
                      credential->flags);
    if (location == 0 || location > API_LOCATION_MAX)
        return refuse(why, STATUS_INVALID, ORIGIN,
                      "location: expected 1 to %d bytes", API_LOCATION_MAX);
    if (!credential->content)
        return refuse(why, STATUS_INVALID, ORIGIN, "content is missing");
    TRY(check_derived(credential, STATUS_INVALID, why));
    TRY(api_owner_current(&credential->owner, &current, why));
    if (!api_spki_equal(&current, &owner->key))
        return refuse(why, STATUS_INVALID, ORIGIN,
                      "the signing key is not the owner's current key");
    return OK;
}

/* All that comes before the credential bytes. */
static STATUS put_front(const struct api_credential *credential,
                        struct buffer *out)
{
    struct bytes location = bytes_of_string(credential->location);
    buffer_put_string(out, LABEL);
    buffer_put(out, api_id_bytes(&credential->account));
    buffer_put(out, api_id_bytes(&credential->dataset));
    buffer_put(out, bytes_of(credential->random, sizeof(credential->random)));
    buffer_put(out, api_id_bytes(&credential->version));
    buffer_put_u8(out, credential->flags);
    TRY(api_owner_encode(&credential->owner, out));
    buffer_put_u16(out, (uint16_t)location.len);
    buffer_put(out, location);
    buffer_put_u32(out, (uint32_t)secret_expose(credential->content).len);
    return buffer_status(out);
}

struct status api_credential_encode(const struct api_credential *credential,
                                    const struct api_signer *owner,
                                    struct secret **out, struct reason *why)
{
    AUTO_CLEAR_BUFFER front = buffer_make(API_CREDENTIAL_MAX);
    AUTO_FREE(secret) encoded = NULL;
    struct api_signature signature;
    TRY(check_members(credential, owner, why));
    TRY(put_front(credential, &front));
    struct bytes content = secret_expose(credential->content);
    size_t room = API_CREDENTIAL_MAX - front.len - API_SIGNATURE_LEN;
    if (content.len > room)
        return refuse(why, STATUS_INVALID, ORIGIN,
                      "content has %zu bytes; %zu fit", content.len, room);

    size_t signed_len = front.len + content.len;
    TRY(secret_new(signed_len + API_SIGNATURE_LEN, &encoded));
    unsigned char *at = secret_fill(encoded);
    memcpy(at, front.data, front.len);
    if (content.len > 0)
        memcpy(at + front.len, content.at, content.len);
    TRY(owner->sign(owner->context, bytes_of(at, signed_len), &signature));
    TRY(api_verify(&owner->key, bytes_of(at, signed_len), &signature));
    memcpy(at + signed_len, signature.bytes, API_SIGNATURE_LEN);
    *out = TAKE(encoded);
    return OK;
}

static STATUS denied(const char *what, struct reason *why)
{
    return refuse(why, STATUS_DENIED, ORIGIN, "%s", what);
}

static STATUS take_location(struct cursor *in, char out[API_LOCATION_MAX + 1],
                            struct reason *why)
{
    struct bytes location = cursor_take(in, cursor_u16(in));
    if (location.len == 0 || location.len > API_LOCATION_MAX)
        return denied("location has the wrong length", why);
    if (memchr(location.at, 0, location.len))
        return denied("location holds a NUL", why);
    memcpy(out, location.at, location.len);
    out[location.len] = '\0';
    return OK;
}

/* Everything but content and signature. */
static STATUS take_front(struct cursor *in, struct api_credential *out,
                         struct reason *why)
{
    if (!cursor_expect(in, bytes_of_string(LABEL)))
        return denied("the label \"" LABEL "\" is missing", why);
    cursor_copy(in, out->account.bytes, API_ID_LEN);
    cursor_copy(in, out->dataset.bytes, API_ID_LEN);
    cursor_copy(in, out->random, sizeof(out->random));
    cursor_copy(in, out->version.bytes, API_ID_LEN);
    out->flags = cursor_u8(in);
    if (!in->broken && out->flags != 0)
        return denied("flags are not those of the signed class", why);
    struct status owner = api_owner_decode(in, &out->owner);
    if (owner.code == STATUS_INVALID)
        return denied("the owner is cut short or not two P-256 keys and a "
                      "key chain",
                      why);
    TRY(owner);
    return take_location(in, out->location, why);
}

static STATUS decode(struct bytes encoded, struct api_credential *out,
                     struct reason *why)
{
    struct cursor in = cursor_of(encoded);
    struct api_signature signature;
    struct api_spki current;
    TRY(take_front(&in, out, why));
    struct bytes content = cursor_take(&in, cursor_u32(&in));
    cursor_copy(&in, signature.bytes, API_SIGNATURE_LEN);
    if (failed(cursor_finish(&in, ORIGIN)))
        return denied("its length is not the length of its members", why);
    TRY(api_owner_current(&out->owner, &current, why));
    TRY(check_derived(out, STATUS_DENIED, why));
    struct status held = api_verify(
        &current, bytes_of(encoded.at, encoded.len - API_SIGNATURE_LEN),
        &signature);
    if (held.code == STATUS_DENIED)
        return denied("it is not signed by its owner's current key", why);
    TRY(held);
    TRY(secret_new(content.len, &out->content));
    if (content.len > 0)
        memcpy(secret_fill(out->content), content.at, content.len);
    return OK;
}

struct status api_credential_decode(struct bytes encoded,
                                    struct api_credential *out,
                                    struct reason *why)
{
    struct api_credential read = { 0 };
    if (encoded.len > API_CREDENTIAL_MAX)
        return denied("it is longer than 64 KiB", why);
    TRY(decode(encoded, &read, why));
    *out = read;
    return OK;
}
