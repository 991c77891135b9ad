#include "api/restore.h"

#include "base/buffer.h"

#define ORIGIN        "restore"
#define REQUEST_LABEL "accord restore v1"
#define RECORD_LABEL  "accord restored v1"
#define SALT_LABEL    "accord restore salt v1"

static size_t nodes_of(uint64_t size)
{
    return (size_t)__builtin_popcountll(size);
}

struct status api_restore_request_encode(
    const struct api_restore_request *request, struct buffer *out)
{
    buffer_put_string(out, REQUEST_LABEL);
    buffer_put(out, api_id_bytes(&request->store));
    buffer_put_u64(out, request->frontier.size);
    buffer_put_u64(out, request->time);
    for (size_t i = 0; i < nodes_of(request->frontier.size); i++)
        buffer_put(out, hash_bytes(&request->frontier.nodes[i]));
    return buffer_status(out);
}

struct status api_restore_request_decode(struct bytes encoded,
                                         struct api_restore_request *out)
{
    struct cursor in = cursor_of(encoded);
    struct api_restore_request read = { .time = 0 };
    (void)cursor_expect(&in, bytes_of_string(REQUEST_LABEL));
    cursor_copy(&in, read.store.bytes, API_ID_LEN);
    read.frontier.size = cursor_u64(&in);
    read.time = cursor_u64(&in);
    for (size_t i = 0; i < nodes_of(read.frontier.size); i++)
        cursor_copy(&in, read.frontier.nodes[i].bytes, HASH_LEN);
    TRY(cursor_finish(&in, ORIGIN));
    if (read.frontier.size == 0 || read.frontier.size > INT64_MAX)
        return failure(STATUS_INVALID, ORIGIN, 0);
    *out = read;
    return OK;
}

static struct status check(const struct api_restore *restore)
{
    if (restore->epoch < 2 || restore->kept_size == 0 ||
        restore->kept_size > restore->lost_size ||
        restore->lost_size > INT64_MAX) /* the leaf says it in JSON */
        return failure(STATUS_INVALID, ORIGIN, 0);
    return OK;
}

struct status api_restore_encode(const struct api_restore *restore,
                                 unsigned char out[API_RESTORE_LEN])
{
    AUTO_CLEAR_BUFFER encoded = buffer_make(API_RESTORE_LEN);
    TRY(check(restore));
    buffer_put_string(&encoded, RECORD_LABEL);
    buffer_put(&encoded, api_id_bytes(&restore->store));
    buffer_put_u32(&encoded, restore->epoch);
    buffer_put_u64(&encoded, restore->time);
    buffer_put_u64(&encoded, restore->kept_size);
    buffer_put(&encoded, hash_bytes(&restore->kept_root));
    buffer_put_u64(&encoded, restore->lost_size);
    buffer_put(&encoded, hash_bytes(&restore->lost_root));
    TRY(buffer_status(&encoded));
    memcpy(out, encoded.data, API_RESTORE_LEN);
    return OK;
}

struct status api_restore_decode(struct bytes encoded, struct api_restore *out)
{
    struct cursor in = cursor_of(encoded);
    struct api_restore read;
    (void)cursor_expect(&in, bytes_of_string(RECORD_LABEL));
    cursor_copy(&in, read.store.bytes, API_ID_LEN);
    read.epoch = cursor_u32(&in);
    read.time = cursor_u64(&in);
    read.kept_size = cursor_u64(&in);
    cursor_copy(&in, read.kept_root.bytes, HASH_LEN);
    read.lost_size = cursor_u64(&in);
    cursor_copy(&in, read.lost_root.bytes, HASH_LEN);
    TRY(cursor_finish(&in, ORIGIN));
    TRY(check(&read));
    *out = read;
    return OK;
}

static json_t *tree(uint64_t size, const struct hash *root)
{
    return json_pack("{s:I, s:o}", "size", (json_int_t)size, "root",
                     api_json_of_hash(root));
}

struct status api_restore_leaf(const struct api_restore *restore,
                               unsigned char leaf[API_LEAF_LEN],
                               unsigned char salt[API_SALT_LEN],
                               json_t **detail)
{
    unsigned char record[API_RESTORE_LEN];
    AUTO_CLEAR_BUFFER text = buffer_make(4096);
    struct api_leaf made = { .kind = API_LEAF_RESTORE,
                             .index = restore->kept_size,
                             .time = restore->time };
    struct hash salted;
    TRY(api_restore_encode(restore, record));
    TRY(hash_of(&salted, bytes_of_string(SALT_LABEL),
                bytes_of(record, sizeof(record))));
    AUTO_JSON *said =
        json_pack("{s:s, s:I, s:o, s:o}", "action", "store-restore", "epoch",
                  (json_int_t)restore->epoch, "kept",
                  tree(restore->kept_size, &restore->kept_root), "lost",
                  tree(restore->lost_size, &restore->lost_root));
    if (!said)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(api_json_canonical(said, &text));
    TRY(api_subject_text(salted.bytes, "store", &made.subject));
    TRY(api_detail_hash(salted.bytes, buffer_bytes(&text), &made.detail));
    TRY(api_leaf_encode(&made, leaf));
    memcpy(salt, salted.bytes, API_SALT_LEN);
    *detail = TAKE(said);
    return OK;
}
