#include "broker/body.h"
#include "base/text.h"

struct status body_only(struct exchange *x, const char *const *names,
                        size_t count)
{
    if (!json_is_object(x->body))
        return refuse(&x->why, STATUS_INVALID, "body",
                      "the body must be a JSON object");
    return api_json_only(x->body, names, count, &x->why);
}

struct status body_owner(struct exchange *x, struct api_owner *out,
                         struct api_spki *current)
{
    AUTO_CLEAR_BUFFER encoded = buffer_make(4096);
    struct hash hash;
    TRY(api_json_base64(x->body, "owner", &encoded, &x->why));
    struct cursor in = cursor_of(buffer_bytes(&encoded));
    struct status decoded = api_owner_decode(&in, out);
    if (!failed(decoded))
        decoded = cursor_finish(&in, "owner");
    if (failed(decoded))
        return refuse_for(decoded, &x->why, STATUS_INVALID, "owner",
                          "owner: not an owner record");
    TRY(api_owner_current(out, current, &x->why));
    TRY(api_owner_hash(out, &hash));
    if (!hash_equal(&hash, &x->peer.person.owner_hash))
        return refuse(&x->why, STATUS_DENIED, "owner",
                      "owner: this is not your own owner record");
    struct hash key;
    TRY(api_spki_hash(current, &key));
    if (!hash_equal(&key, &x->peer.person.key))
        return refuse(&x->why, STATUS_DENIED, "owner",
                      "owner: your key has changed since");
    return OK;
}

struct status body_derived_id(struct exchange *x, enum api_object kind,
                              struct api_id *out)
{
    AUTO_CLEAR_BUFFER random = buffer_make(16);
    struct api_id derived;
    TRY(api_json_id(x->body, "id", out, &x->why));
    struct status read = api_json_base64(x->body, "random", &random, &x->why);
    if (failed(read) || random.len != 16)
        return refuse_for(read, &x->why, STATUS_INVALID, "random",
                          "random: expected 16 bytes in base64");
    TRY(api_id_derive(kind, &x->peer.account, &x->peer.person.owner_hash,
                      random.data, &derived));
    if (!api_id_equal(&derived, out))
        return refuse(&x->why, STATUS_INVALID, "id",
                      "id: does not follow from account, owner and random");
    return OK;
}

struct status path_id(struct exchange *x, size_t index, struct api_id *out)
{
    if (failed(api_id_parse(bytes_of_string(x->part[index]), out)))
        return refuse(&x->why, STATUS_INVALID, "path",
                      "\"%s\" in the path is not a UUID", x->part[index]);
    return OK;
}

struct status path_hash(struct exchange *x, size_t index, struct hash *out)
{
    struct bytes text = bytes_of_string(x->part[index]);
    if (failed(hex_decode(text, out->bytes, sizeof(out->bytes))))
        return refuse(&x->why, STATUS_INVALID, "path",
                      "\"%s\" in the path is not a hash", x->part[index]);
    return OK;
}

struct status signed_only(struct exchange *x, const json_t *record)
{
    if (policy_is_plain_class(record))
        return exchange_deny(x, "class",
                             "this is of the CCM class: it changes under /v1 "
                             "only");
    return OK;
}

struct status signed_own(struct exchange *x, struct policy_txn *txn,
                         enum policy_kind kind, struct bytes id, json_t **out)
{
    AUTO_JSON *record = NULL;
    TRY(policy_object_get(txn, kind, &x->peer.account, id, &record, &x->why));
    TRY(signed_only(x, record));
    *out = TAKE(record);
    return OK;
}

struct status log_event(struct exchange *x, struct policy_txn *txn,
                        enum api_leaf_kind kind, const char *action,
                        const char *subject_kind, const char *subject_id,
                        const json_t *extra)
{
    char subject[128];
    (void)snprintf(subject, sizeof(subject), "%s/%s", subject_kind, subject_id);
    bool by_password = x->peer.kind == PEER_SESSION;
    AUTO_JSON *detail = json_pack(
        "{s:s, s:o, s:s}", "action", action, "actor",
        api_json_of_id(by_password ? &x->session.user : &x->peer.person.person),
        "subject", subject);
    if (!detail ||
        (by_password &&
         json_object_set_new(detail, "by", json_string("password")) != 0) ||
        (extra &&
         json_object_update_missing(detail, (json_t *)(uintptr_t)extra) != 0))
        return failure(STATUS_NO_MEMORY, "json", 0);
    struct policy_event event = { .kind = kind,
                                  .account = x->peer.account,
                                  .subject_text = subject,
                                  .detail = detail };
    return exchange_log(x, txn, &event);
}

struct status log_change(struct exchange *x, struct policy_txn *txn,
                         const char *action, const char *subject_kind,
                         const char *subject_id, const json_t *extra)
{
    return log_event(x, txn, API_LEAF_CHANGE, action, subject_kind, subject_id,
                     extra);
}

/* Certificates are of no class. */
static struct status tell_class(json_t *view)
{
    if (json_object_get(view, "class") || json_object_get(view, "serial"))
        return OK;
    return json_object_set_new(view, "class", json_string("signed")) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

struct status answer_list(struct exchange *x, enum policy_kind kind)
{
    AUTO_FREE(policy_txn) txn = NULL;
    json_t *items = NULL, *item;
    size_t i;
    TRY(policy_read(x->broker->store, &txn));
    TRY(policy_object_list(txn, kind, &x->peer.account, &items));
    x->answer = json_pack("{s:o}", "items", items);
    if (!x->answer)
        return failure(STATUS_NO_MEMORY, "json", 0);
    json_array_foreach(items, i, item)
    {
        if (kind != POLICY_PERSON)
            TRY(tell_class(item));
    }
    return OK;
}

struct status answer_record(struct exchange *x, const json_t *record,
                            int status)
{
    x->answer = policy_object_view(record);
    if (!x->answer)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(tell_class(x->answer));
    if (x->http_status == 0)
        x->http_status = status;
    return exchange_add_receipt(x, 0);
}
