/* log.c - leaves and heads as records. */

#include "policy/log.h"

#include "policy/log_tree.h"
#include "policy/txn.h"

#define RECORD_HEAD (API_LEAF_LEN + API_SALT_LEN)
#define DETAIL_MAX  ((size_t)1024 * 1024)
#define HEAD_LABEL  "accord head v1"

static void put_big_endian(uint64_t value, unsigned char out[8])
{
    for (size_t i = 0; i < 8; i++)
        out[i] = (unsigned char)(value >> (56 - 8 * i));
}

static struct policy_key numbered_key(enum policy_kind kind, uint64_t number)
{
    unsigned char be[8];
    put_big_endian(number, be);
    return policy_key(kind, bytes_of(be, sizeof(be)));
}

/* leaf || salt || detail, borrowed from `record` */
static struct status split(struct bytes record, struct policy_logged *out,
                           struct bytes *detail, struct api_leaf *leaf)
{
    struct policy_logged read;
    struct cursor in = cursor_of(record);
    cursor_copy(&in, read.leaf, sizeof(read.leaf));
    cursor_copy(&in, read.salt, sizeof(read.salt));
    if (in.broken)
        return failure(STATUS_CORRUPT, "leaf record", 0);
    if (failed(api_leaf_decode(bytes_of(read.leaf, sizeof(read.leaf)), leaf)))
        return failure(STATUS_CORRUPT, "leaf", 0);
    read.index = leaf->index;
    *out = read;
    *detail = cursor_take(&in, in.left);
    return OK;
}

/* Appends the record to `record` and takes it apart. */
static struct status read_leaf(struct policy_txn *txn, uint64_t index,
                               struct buffer *record, struct policy_logged *out,
                               struct bytes *detail)
{
    struct policy_key key = numbered_key(POLICY_LEAF, index);
    struct policy_logged read;
    struct api_leaf leaf;
    TRY(policy_get(txn, &key, record));
    TRY(split(buffer_bytes(record), &read, detail, &leaf));
    if (leaf.index != index)
        return failure(STATUS_CORRUPT, "leaf index", 0);
    *out = read;
    return OK;
}

struct status policy_log_read(struct policy_txn *txn, uint64_t index,
                              struct policy_logged *out, struct buffer *detail)
{
    AUTO_CLEAR_BUFFER record = buffer_make(RECORD_HEAD + DETAIL_MAX);
    struct policy_logged read;
    struct bytes text;
    TRY(read_leaf(txn, index, &record, &read, &text));
    if (detail) {
        buffer_put(detail, text);
        TRY(buffer_status(detail));
    }
    *out = read;
    return OK;
}

struct status policy_log_size(struct policy_txn *txn, uint64_t *size,
                              uint64_t *newest)
{
    AUTO_CLEAR_BUFFER record = buffer_make(RECORD_HEAD + DETAIL_MAX);
    struct policy_key all = policy_key_parts(POLICY_LEAF, NULL, 0), key, wanted;
    struct policy_logged read;
    struct bytes detail;
    struct api_leaf leaf;
    struct status s = policy_last(txn, &all, &key, &record);
    if (s.code == STATUS_NOT_FOUND) {
        *size = *newest = 0;
        return OK;
    }
    TRY(s);
    TRY(split(buffer_bytes(&record), &read, &detail, &leaf));
    wanted = numbered_key(POLICY_LEAF, leaf.index);
    if (!bytes_equal(bytes_of(key.bytes, key.len),
                     bytes_of(wanted.bytes, wanted.len)))
        return failure(STATUS_CORRUPT, "leaf index", 0);
    *size = leaf.index + 1;
    *newest = leaf.time;
    return OK;
}

/* --- appending ----------------------------------------------------------- */

/* A ready subject was made with a salt; it is of no use without it. */
static struct status check_event(const struct policy_event *event)
{
    if ((event->subject != NULL) == (event->subject_text != NULL))
        return failure(STATUS_INVALID, "event: one of two subjects", 0);
    if (event->subject && !event->salt)
        return failure(STATUS_INVALID, "event: subject without its salt", 0);
    if (!event->detail)
        return failure(STATUS_NO_MEMORY, "event: detail", 0);
    return OK;
}

static struct status fill_leaf(const struct policy_event *event,
                               const unsigned char *salt, struct bytes detail,
                               struct api_leaf *leaf)
{
    leaf->kind = (uint8_t)event->kind;
    leaf->account = event->account;
    if (event->subject)
        leaf->subject = *event->subject;
    else
        TRY(api_subject_text(salt, event->subject_text, &leaf->subject));
    return api_detail_hash(salt, detail, &leaf->detail);
}

static struct status append(struct policy_txn *txn, uint64_t now,
                            const struct policy_event *event,
                            struct policy_logged *out)
{
    AUTO_CLEAR_BUFFER detail = buffer_make(DETAIL_MAX);
    AUTO_CLEAR_BUFFER record = buffer_make(RECORD_HEAD + DETAIL_MAX);
    struct policy_logged made;
    struct api_leaf leaf = { 0 };
    uint64_t newest;
    TRY(check_event(event));
    TRY(api_json_canonical(event->detail, &detail));
    if (event->salt)
        memcpy(made.salt, event->salt, sizeof(made.salt));
    else
        TRY(random_fill(made.salt, sizeof(made.salt)));
    TRY(policy_log_size(txn, &made.index, &newest));
    leaf.index = made.index;
    leaf.time = now > newest ? now : newest;
    TRY(fill_leaf(event, made.salt, buffer_bytes(&detail), &leaf));
    TRY(api_leaf_encode(&leaf, made.leaf));

    struct policy_key key = numbered_key(POLICY_LEAF, made.index);
    buffer_put(&record, bytes_of(made.leaf, sizeof(made.leaf)));
    buffer_put(&record, bytes_of(made.salt, sizeof(made.salt)));
    buffer_put(&record, buffer_bytes(&detail));
    TRY(buffer_status(&record));
    policy_put(txn, &key, buffer_bytes(&record));
    TRY(log_tree_add(txn, made.index, made.leaf));
    *out = made;
    return OK;
}

struct status policy_log_append(struct policy_txn *txn, uint64_t now,
                                const struct policy_event *event,
                                struct policy_logged *out)
{
    struct status s = append(txn, now, event, out);
    policy_fail(txn, s);
    return s;
}

/* --- heads --------------------------------------------------------------- */

void policy_head_put(struct policy_txn *txn, const struct api_head *head)
{
    unsigned char record[API_HEAD_LEN + API_SIGNATURE_LEN];
    struct policy_key key = numbered_key(POLICY_HEAD, head->size);
    struct status s = api_head_encode(head, record);
    memcpy(record + API_HEAD_LEN, head->signature.bytes, API_SIGNATURE_LEN);
    if (failed(s))
        policy_fail(txn, s);
    else
        policy_put(txn, &key, bytes_of(record, sizeof(record)));
}

static struct status decode_head(struct bytes record, struct api_head *out)
{
    struct api_head head;
    struct cursor in = cursor_of(record);
    bool labelled = cursor_expect(&in, bytes_of_string(HEAD_LABEL));
    cursor_copy(&in, head.store.bytes, sizeof(head.store.bytes));
    head.epoch = cursor_u32(&in);
    head.size = cursor_u64(&in);
    head.time = cursor_u64(&in);
    cursor_copy(&in, head.root.bytes, sizeof(head.root.bytes));
    cursor_copy(&in, head.signature.bytes, sizeof(head.signature.bytes));
    if (!labelled || failed(cursor_finish(&in, "head")))
        return failure(STATUS_CORRUPT, "head record", 0);
    *out = head;
    return OK;
}

struct status policy_head_newest(struct policy_txn *txn, struct api_head *out)
{
    AUTO_CLEAR_BUFFER record = buffer_make(API_HEAD_LEN + API_SIGNATURE_LEN);
    struct policy_key all = policy_key_parts(POLICY_HEAD, NULL, 0), key;
    TRY(policy_last(txn, &all, &key, &record));
    return decode_head(buffer_bytes(&record), out);
}

/* --- receipts ------------------------------------------------------------ */

struct status policy_receipt(struct policy_txn *txn, uint64_t index,
                             const struct api_head *head, struct buffer *detail,
                             struct api_receipt *out)
{
    struct api_receipt made = { .head = *head };
    struct policy_logged logged;
    size_t start = detail->len;
    TRY(policy_prove_inclusion(txn, index, head->size, &made.proof));
    TRY(policy_log_read(txn, index, &logged, detail));
    buffer_put_u8(detail, 0);
    TRY(buffer_status(detail));
    memcpy(made.leaf, logged.leaf, sizeof(made.leaf));
    memcpy(made.salt, logged.salt, sizeof(made.salt));
    made.detail = (const char *)detail->data + start;
    *out = made;
    return OK;
}
