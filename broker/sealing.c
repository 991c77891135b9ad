#include "broker/sealing.h"

#include <stdlib.h>

#include "broker/dying.h"
#include "broker/plain.h"

void sealing_free(void *work)
{
    struct sealing *s = work;
    buffer_clear(&s->wrapped);
    buffer_clear(&s->blob);
    buffer_clear(&s->kept);
    json_decref(s->record);
    free(s);
}

struct status sealing_new(struct exchange *x, struct sealing **out)
{
    struct sealing *s = calloc(1, sizeof(*s));
    if (!s)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    s->wrapped = buffer_make(1024);
    s->blob = buffer_make(API_CREDENTIAL_MAX + 64);
    s->kept = buffer_make(PKCS11_KEPT_LEN);
    x->work = s;
    *out = s;
    return OK;
}

static struct status check_location(struct exchange *x, const char **out)
{
    TRY(api_json_text(x->body, "location", out, &x->why));
    size_t len = strlen(*out);
    if (len > API_LOCATION_MAX)
        return refuse(&x->why, STATUS_INVALID, "location",
                      "location: longer than %d bytes", API_LOCATION_MAX);
    if (strncmp(*out, "https://", 8) != 0 && strncmp(*out, "http://", 7) != 0)
        return refuse(&x->why, STATUS_INVALID, "location",
                      "location: expected an http:// or https:// URL");
    if (strpbrk(*out, "?# \t\r\n"))
        return refuse(&x->why, STATUS_INVALID, "location",
                      "location: without query string, fragment or blanks; "
                      "the query string belongs into the credential");
    return OK;
}

/* SEALED of docs/HTTP.md: form first, then the HSM looks at it. */
struct status sealing_read(struct exchange *x, struct sealing *s)
{
    const char *mechanism, *location;
    struct api_owner owner;
    struct api_spki key;
    TRY(api_json_text(x->body, "mechanism", &mechanism, &x->why));
    if (strcmp(mechanism, "RSA-OAEP-SHA1") != 0)
        return refuse(&x->why, STATUS_INVALID, "mechanism",
                      "mechanism: this HSM takes RSA-OAEP-SHA1");
    TRY(check_location(x, &location));
    TRY(body_owner(x, &owner, &key));
    TRY(api_json_id(x->body, "version", &s->version, &x->why));
    TRY(api_json_base64(x->body, "wrapped", &s->wrapped, &x->why));
    TRY(api_json_base64(x->body, "blob", &s->blob, &x->why));
    AUTO_CLEAR_BUFFER proof = buffer_make(HASH_LEN);
    struct status read = api_json_base64(x->body, "proof", &proof, &x->why);
    if (failed(read) || proof.len != HASH_LEN)
        return refuse_for(read, &x->why, STATUS_INVALID, "proof",
                          "proof: expected 32 bytes in base64");
    memcpy(s->proof.bytes, proof.data, HASH_LEN);
    s->context = (struct api_context){ .account = x->peer.account,
                                       .dataset = s->id,
                                       .version = s->version,
                                       .owner = x->peer.person.owner_hash };
    return OK;
}

/* A version that was taken out of use a moment ago. */
static struct status not_dying(struct exchange *x, const struct sealing *s)
{
    AUTO_FREE(policy_txn) txn = NULL;
    TRY(policy_read(x->broker->store, &txn));
    if (dying_is(txn, &s->context))
        return refuse(&x->why, STATUS_CONFLICT, "version",
                      "version: it was replaced or erased; seal a new one");
    return OK;
}

struct status sealing_take_in(struct exchange *x, struct sealing *s)
{
    struct pkcs11_intake intake = { .context = s->context,
                                    .wrapped = buffer_bytes(&s->wrapped),
                                    .proof = s->proof };
    TRY(not_dying(x, s));
    TRY(hash_of(&intake.blob, buffer_bytes(&s->blob)));
    TRY(pkcs11_intake(x->broker->hsm, &intake, &s->kept, &x->why));
    return OK;
}

struct status sealing_take_plain(struct exchange *x, struct sealing *s,
                                 const struct secret *credential)
{
    if (!x->broker->hsm_facts.plain_paths)
        return product_refuse(x, 403, "FORBIDDEN",
                              "this installation takes no credential in "
                              "clear: ccm.plain_paths of accord-hsm is no");
    TRY(api_id_random(&s->version));
    s->context = (struct api_context){ .account = x->peer.account,
                                       .dataset = s->id,
                                       .version = s->version,
                                       .flags = API_CLASS_CCM };
    return pkcs11_intake_plain(x->broker->hsm, &s->context, credential,
                               &s->blob, &x->why);
}

/* The members of a dataset that come with every sealed version. */
struct status sealing_set_version(struct exchange *x, struct sealing *s,
                                  int64_t count)
{
    json_t *expires = json_object_get(x->body, "expires");
    int bad = json_object_set(s->record, "location",
                              json_object_get(x->body, "location")) ||
              json_object_set(s->record, "owner",
                              json_object_get(x->body, "owner")) ||
              json_object_set_new(s->record, "version",
                                  api_json_of_id(&s->version)) ||
              json_object_set_new(s->record, "versions", json_integer(count)) ||
              json_object_set(s->record, "expires",
                              expires ? expires : json_null()) ||
              json_object_set_new(s->record, "erased", json_false()) ||
              json_object_set_new(s->record, "updated_at",
                                  json_integer((json_int_t)(x->now / 1000)));
    return bad ? failure(STATUS_NO_MEMORY, "json", 0) : OK;
}

struct status sealing_optional_members(struct exchange *x,
                                       const char **description)
{
    int64_t expires;
    const json_t *labels = json_object_get(x->body, "labels");
    const char *key;
    json_t *label;
    *description = "";
    TRY(api_json_text_optional(x->body, "description", description, &x->why));
    if (!*description)
        *description = "";
    if (labels && !json_is_object(labels))
        return refuse(&x->why, STATUS_INVALID, "labels",
                      "labels: expected an object of texts");
    json_object_foreach(json_object_get(x->body, "labels"), key, label)
    {
        if (!json_is_string(label))
            return refuse(&x->why, STATUS_INVALID, "labels",
                          "labels.%s: expected text", key);
    }
    if (json_object_get(x->body, "expires"))
        TRY(api_json_integer(x->body, "expires", 1, INT64_MAX, &expires,
                             &x->why));
    return OK;
}

/* The version's own record and its blob. */
struct status sealing_put_version(struct exchange *x, struct policy_txn *txn,
                                  struct sealing *s)
{
    struct policy_key version =
        policy_key(POLICY_VERSION, api_id_bytes(&x->peer.account),
                   api_id_bytes(&s->id), api_id_bytes(&s->version));
    struct policy_key blob =
        policy_key(POLICY_BLOB, api_id_bytes(&x->peer.account),
                   api_id_bytes(&s->id), api_id_bytes(&s->version));
    bool plain = policy_is_plain_class(s->record);
    AUTO_JSON *record = json_pack("{s:s, s:O, s:I}", "mechanism",
                                  plain ? "plain" : "RSA-OAEP-SHA1", "location",
                                  json_object_get(s->record, "location"),
                                  "created_at", (json_int_t)(x->now / 1000));
    policy_put_json(txn, &version, record);
    policy_put(txn, &blob, buffer_bytes(&s->blob));
    if (s->kept.len > 0) {
        struct policy_key kept =
            policy_key(POLICY_KEPT_KEY, api_id_bytes(&x->peer.account),
                       api_id_bytes(&s->id), api_id_bytes(&s->version));
        policy_put(txn, &kept, buffer_bytes(&s->kept));
    }
    return OK;
}

struct status sealing_log(struct exchange *x, struct policy_txn *txn,
                          struct sealing *s, const char *action)
{
    char id[API_ID_TEXT];
    struct hash blob;
    api_id_text(&s->id, id);
    TRY(hash_of(&blob, buffer_bytes(&s->blob)));
    AUTO_JSON *extra = json_pack(
        "{s:O, s:O, s:o, s:o}", "name", json_object_get(s->record, "name"),
        "location", json_object_get(s->record, "location"), "version",
        api_json_of_id(&s->version), "blob", api_json_of_hash(&blob));
    return policy_is_plain_class(s->record)
               ? plain_log(x, txn, action, "dataset", id, extra)
               : log_change(x, txn, action, "dataset", id, extra);
}

static struct status context_of(struct exchange *x, const struct sealing *s,
                                struct api_context *out)
{
    struct api_context context = { .account = x->peer.account,
                                   .dataset = s->id };
    if (policy_is_plain_class(s->record))
        context.flags = API_CLASS_CCM;
    else
        TRY(api_json_hash(s->record, "owner_hash", &context.owner, &x->why));
    TRY(api_json_id(s->record, "version", &context.version, &x->why));
    *out = context;
    return OK;
}

struct status sealing_forget_version(struct exchange *x, struct policy_txn *txn,
                                     struct sealing *s)
{
    TRY(context_of(x, s, &s->dead));
    struct bytes account = api_id_bytes(&s->dead.account);
    struct bytes dataset = api_id_bytes(&s->dead.dataset);
    struct bytes dead = api_id_bytes(&s->dead.version);
    struct policy_key blob = policy_key(POLICY_BLOB, account, dataset, dead);
    struct policy_key kept =
        policy_key(POLICY_KEPT_KEY, account, dataset, dead);
    struct policy_key version =
        policy_key(POLICY_VERSION, account, dataset, dead);
    policy_delete(txn, &blob);
    policy_delete(txn, &kept);
    policy_delete(txn, &version);
    dying_note(txn, &s->dead);
    s->kills = true;
    return OK;
}

struct status sealing_erase(struct exchange *x)
{
    const struct sealing *s = x->work;
    return s->kills ? pkcs11_erase(x->broker->hsm, &s->dead, &x->why) : OK;
}
