#include "policy/nouns.h"

struct status policy_invitation_put(struct policy_txn *txn,
                                    const struct policy_invitation *i)
{
    AUTO_JSON *record = json_pack(
        "{s:o, s:s, s:s, s:I, s:o, s:o}", "account",
        api_json_of_id(&i->account), "role", policy_role_name(i->role), "name",
        i->name, "expires", (json_int_t)i->expires, "used_by",
        api_json_of_hash(&i->used_by), "person", api_json_of_id(&i->person));
    struct policy_key key = policy_key(POLICY_INVITATION, hash_bytes(&i->id));
    policy_put_json(txn, &key, record);
    return record ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status invitation_read(const json_t *record,
                                     struct policy_invitation *out)
{
    const char *role, *name;
    int64_t expires;
    TRY(api_json_id(record, "account", &out->account, NULL));
    TRY(api_json_text(record, "role", &role, NULL));
    TRY(policy_role_parse(role, &out->role));
    TRY(api_json_text(record, "name", &name, NULL));
    TRY(policy_name_check(name, NULL));
    memcpy(out->name, name, strlen(name) + 1);
    TRY(api_json_integer(record, "expires", 0, INT64_MAX, &expires, NULL));
    out->expires = (uint64_t)expires;
    TRY(api_json_hash(record, "used_by", &out->used_by, NULL));
    return api_json_id(record, "person", &out->person, NULL);
}

struct status policy_invitation_find(struct policy_txn *txn,
                                     const struct hash *id,
                                     const struct hash *key_hash, uint64_t now,
                                     struct policy_invitation *out,
                                     struct reason *why)
{
    AUTO_JSON *record = NULL;
    struct policy_invitation found = { .id = *id };
    struct policy_key key = policy_key(POLICY_INVITATION, hash_bytes(id));
    struct status got = policy_get_json(txn, &key, &record);
    if (failed(got) && got.code != STATUS_NOT_FOUND)
        return got;
    if (!failed(got))
        TRY(policy_damaged(invitation_read(record, &found), "invitation"));

    bool usable =
        !failed(got) && now < found.expires &&
        (hash_is_zero(&found.used_by) || hash_equal(&found.used_by, key_hash));
    if (!usable)
        return refuse(why, STATUS_DENIED, "invitation",
                      "this invitation is unknown, used or expired: ask for "
                      "a new one");
    *out = found;
    return OK;
}
