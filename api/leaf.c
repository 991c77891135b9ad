#include "api/leaf.h"

#include "base/buffer.h"

#define ORIGIN "leaf"

static const char *const kind_names[] = {
    [API_LEAF_STORE] = "store",     [API_LEAF_CERTIFICATE] = "certificate",
    [API_LEAF_CHANGE] = "change",   [API_LEAF_APPROVAL] = "approval",
    [API_LEAF_RELEASE] = "release", [API_LEAF_DENIAL] = "denial",
    [API_LEAF_FAILED] = "failed",   [API_LEAF_SUMMARY] = "summary",
    [API_LEAF_CLOCK] = "clock",     [API_LEAF_RESTORE] = "restore",
};

const char *api_leaf_kind_name(uint8_t kind)
{
    if (kind >= sizeof(kind_names) / sizeof(kind_names[0]))
        return NULL;
    return kind_names[kind];
}

struct status api_leaf_encode(const struct api_leaf *leaf,
                              unsigned char out[API_LEAF_LEN])
{
    if (!api_leaf_kind_name(leaf->kind))
        return failure(STATUS_INVALID, ORIGIN, 0);
    AUTO_CLEAR_BUFFER encoded = buffer_make(API_LEAF_LEN);
    buffer_put_u8(&encoded, leaf->kind);
    buffer_put_u64(&encoded, leaf->index);
    buffer_put_u64(&encoded, leaf->time);
    buffer_put(&encoded, api_id_bytes(&leaf->account));
    buffer_put(&encoded, hash_bytes(&leaf->subject));
    buffer_put(&encoded, hash_bytes(&leaf->detail));
    TRY(buffer_status(&encoded));
    memcpy(out, encoded.data, API_LEAF_LEN);
    return OK;
}

struct status api_leaf_decode(struct bytes encoded, struct api_leaf *out)
{
    struct cursor in = cursor_of(encoded);
    struct api_leaf leaf;
    leaf.kind = cursor_u8(&in);
    leaf.index = cursor_u64(&in);
    leaf.time = cursor_u64(&in);
    cursor_copy(&in, leaf.account.bytes, API_ID_LEN);
    cursor_copy(&in, leaf.subject.bytes, HASH_LEN);
    cursor_copy(&in, leaf.detail.bytes, HASH_LEN);
    TRY(cursor_finish(&in, ORIGIN));
    if (!api_leaf_kind_name(leaf.kind))
        return failure(STATUS_INVALID, ORIGIN, 0);
    *out = leaf;
    return OK;
}

struct status api_leaf_hash(const unsigned char leaf[API_LEAF_LEN],
                            struct hash *out)
{
    return hash_of(out, bytes_of("\x00", 1), bytes_of(leaf, API_LEAF_LEN));
}

struct status api_subject_release(const unsigned char salt[API_SALT_LEN],
                                  const struct hash *ctx,
                                  const struct hash *certificate,
                                  const struct hash *grant, struct hash *out)
{
    return hash_of(out, bytes_of_string("accord release v1"),
                   bytes_of(salt, API_SALT_LEN), hash_bytes(ctx),
                   hash_bytes(certificate), hash_bytes(grant));
}

struct status api_subject_certificate(
    const unsigned char salt[API_SALT_LEN],
    const struct api_certificate_subject *fields, struct hash *out)
{
    AUTO_CLEAR_BUFFER message = buffer_make(512);
    buffer_put_string(&message, "accord certificate v1");
    buffer_put(&message, bytes_of(salt, API_SALT_LEN));
    buffer_put_u8(&message, fields->kind);
    buffer_put(&message, api_id_bytes(&fields->account));
    buffer_put(&message, api_id_bytes(&fields->id));
    buffer_put(&message, hash_bytes(&fields->spki));
    buffer_put(&message, hash_bytes(&fields->names));
    buffer_put_u64(&message, fields->not_after);
    buffer_put(&message, hash_bytes(&fields->evidence));
    buffer_put(&message, hash_bytes(&fields->identity));
    buffer_put(&message, hash_bytes(&fields->configuration));
    buffer_put(&message, hash_bytes(&fields->invitation));
    TRY(buffer_status(&message));
    return hash_of(out, buffer_bytes(&message));
}

struct status api_subject_text(const unsigned char salt[API_SALT_LEN],
                               const char *text, struct hash *out)
{
    return hash_of(out, bytes_of_string("accord subject v1"),
                   bytes_of(salt, API_SALT_LEN), bytes_of_string(text));
}

struct status api_names_hash(const char *const *names, size_t count,
                             struct hash *out)
{
    AUTO_CLEAR_BUFFER message = buffer_make(SIZE_MAX);
    for (size_t i = 0; i < count; i++) {
        /* "a\nb" must not stand for "a" and "b" */
        if (strchr(names[i], '\n'))
            return failure(STATUS_INVALID, ORIGIN, 0);
        buffer_put_string(&message, names[i]);
        buffer_put_u8(&message, '\n');
    }
    TRY(buffer_status(&message));
    return hash_of(out, buffer_bytes(&message));
}

struct status api_detail_hash(const unsigned char salt[API_SALT_LEN],
                              struct bytes detail, struct hash *out)
{
    return hash_of(out, bytes_of(salt, API_SALT_LEN), detail);
}
