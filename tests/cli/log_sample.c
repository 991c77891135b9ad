#include "tests/support/check.h"

#include "tests/cli/log_sample.h"

void log_sample_init(struct log_sample *log)
{
    *log = (struct log_sample){ .leaves = json_array() };
    assert_non_null(log->leaves);
    assert_ok(api_key_generate(&log->key));
    assert_ok(api_id_random(&log->store));
    log->log_key = api_key_signer(log->key).key;
}

void log_sample_clear(struct log_sample *log)
{
    api_key_free(log->key);
    json_decref(log->leaves);
}

void log_sample_add(struct log_sample *log, uint8_t kind, uint64_t time,
                    const char *detail)
{
    struct api_leaf leaf = { .kind = kind,
                             .index = log->frontier.size,
                             .time = time };
    unsigned char raw[API_LEAF_LEN], salt[API_SALT_LEN];
    struct hash hash;
    memset(salt, (int)(log->frontier.size + 1), sizeof(salt));
    assert_ok(api_detail_hash(salt, bytes_of_string(detail), &leaf.detail));
    assert_ok(api_leaf_encode(&leaf, raw));
    assert_ok(api_leaf_hash(raw, &hash));
    assert_ok(api_frontier_add(&log->frontier, &hash));
    json_t *entry = json_pack(
        "{s:I, s:o, s:o, s:s}", "index", (json_int_t)leaf.index, "leaf",
        api_json_of_base64(bytes_of(raw, sizeof(raw))), "salt",
        api_json_of_base64(bytes_of(salt, sizeof(salt))), "detail", detail);
    assert_int_equal(json_array_append_new(log->leaves, entry), 0);
}

struct api_head log_sample_head(const struct log_sample *log)
{
    struct api_head head = {
        .store = log->store, .epoch = 1, .size = log->frontier.size, .time = 99
    };
    unsigned char raw[API_HEAD_LEN];
    struct api_signer signer = api_key_signer(log->key);
    assert_ok(api_frontier_root(&log->frontier, &head.root));
    assert_ok(api_head_encode(&head, raw));
    assert_ok(signer.sign(signer.context, bytes_of(raw, sizeof(raw)),
                          &head.signature));
    return head;
}

json_t *log_sample_export(const struct log_sample *log)
{
    struct api_head head = log_sample_head(log);
    json_t *made = json_pack("{s:s, s:o, s:o}", "accord", "log/v1", "head",
                             api_head_to_json(&head), "leaves",
                             json_deep_copy(log->leaves));
    assert_non_null(made);
    return made;
}
