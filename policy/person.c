#include "policy/nouns.h"

static const char *const role_names[] = {
    [POLICY_NO_ROLE] = "none",
    [POLICY_READER] = "reader",
    [POLICY_WRITER] = "writer",
    [POLICY_MANAGER] = "manager",
};

const char *policy_role_name(enum policy_role role)
{
    return role_names[role];
}

struct status policy_role_parse(const char *name, enum policy_role *out)
{
    for (int role = POLICY_READER; role <= POLICY_MANAGER; role++) {
        if (strcmp(name, role_names[role]) == 0) {
            *out = (enum policy_role)role;
            return OK;
        }
    }
    return failure(STATUS_INVALID, "role", 0);
}

static struct policy_key person_key(const struct api_id *account,
                                    const struct api_id *person)
{
    return policy_key(POLICY_PERSON, api_id_bytes(account),
                      api_id_bytes(person));
}

static json_t *owner_json(const struct api_owner *owner)
{
    AUTO_CLEAR_BUFFER encoded = buffer_make(4096);
    if (failed(api_owner_encode(owner, &encoded)))
        return NULL;
    return api_json_of_base64(buffer_bytes(&encoded));
}

json_t *policy_person_view(const struct policy_person *person)
{
    return json_pack("{s:o, s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:I, s:I}",
                     "person", api_json_of_id(&person->person), "account",
                     api_json_of_id(&person->account), "name", person->name,
                     "role", policy_role_name(person->role), "state",
                     person->suspended ? "suspended" : "active", "owner",
                     owner_json(&person->owner), "owner_hash",
                     api_json_of_hash(&person->owner_hash), "key",
                     api_json_of_hash(&person->key), "certificate_not_after",
                     (json_int_t)person->certificate_not_after, "created_at",
                     (json_int_t)person->created_at);
}

static struct status owner_read(const json_t *record, struct api_owner *out)
{
    AUTO_CLEAR_BUFFER encoded = buffer_make(4096);
    TRY(api_json_base64(record, "owner", &encoded, NULL));
    struct cursor in = cursor_of(buffer_bytes(&encoded));
    TRY(api_owner_decode(&in, out));
    return cursor_finish(&in, "owner");
}

static struct status person_read(const json_t *record,
                                 struct policy_person *out)
{
    const char *name, *role, *state;
    int64_t not_after, created;
    struct policy_person p = { 0 };
    TRY(api_json_id(record, "person", &p.person, NULL));
    TRY(api_json_id(record, "account", &p.account, NULL));
    TRY(api_json_text(record, "name", &name, NULL));
    TRY(policy_name_check(name, NULL));
    memcpy(p.name, name, strlen(name) + 1);
    TRY(api_json_text(record, "role", &role, NULL));
    TRY(policy_role_parse(role, &p.role));
    TRY(api_json_text(record, "state", &state, NULL));
    p.suspended = strcmp(state, "active") != 0;
    TRY(owner_read(record, &p.owner));
    TRY(api_json_hash(record, "owner_hash", &p.owner_hash, NULL));
    TRY(api_json_hash(record, "key", &p.key, NULL));
    TRY(api_json_integer(record, "certificate_not_after", 0, INT64_MAX,
                         &not_after, NULL));
    TRY(api_json_integer(record, "created_at", 0, INT64_MAX, &created, NULL));
    p.certificate_not_after = (uint64_t)not_after;
    p.created_at = (uint64_t)created;
    *out = p;
    return OK;
}

struct status policy_person_get(struct policy_txn *txn,
                                const struct api_id *account,
                                const struct api_id *person,
                                struct policy_person *out)
{
    AUTO_JSON *record = NULL;
    struct policy_key key = person_key(account, person);
    TRY(policy_get_json(txn, &key, &record));
    return policy_damaged(person_read(record, out), "person");
}

struct status policy_person_put(struct policy_txn *txn,
                                const struct policy_person *person)
{
    AUTO_JSON *record = policy_person_view(person);
    struct policy_key key = person_key(&person->account, &person->person);
    policy_put_json(txn, &key, record);

    unsigned char where[2 * API_ID_LEN];
    memcpy(where, person->account.bytes, API_ID_LEN);
    memcpy(where + API_ID_LEN, person->person.bytes, API_ID_LEN);
    struct policy_key index =
        policy_key(POLICY_PERSON_KEY, hash_bytes(&person->key));
    policy_put(txn, &index, bytes_of(where, sizeof(where)));
    return record ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

struct status policy_person_find(struct policy_txn *txn,
                                 const struct hash *key_hash,
                                 struct policy_person *out)
{
    AUTO_CLEAR_BUFFER where = buffer_make(64);
    struct policy_key index =
        policy_key(POLICY_PERSON_KEY, hash_bytes(key_hash));
    TRY(policy_get(txn, &index, &where));

    struct cursor in = cursor_of(buffer_bytes(&where));
    struct api_id account, person;
    cursor_copy(&in, account.bytes, sizeof(account.bytes));
    cursor_copy(&in, person.bytes, sizeof(person.bytes));
    if (failed(cursor_finish(&in, "person")))
        return failure(STATUS_CORRUPT, "person key", 0);

    struct policy_person found;
    TRY(policy_person_get(txn, &account, &person, &found));
    /* A key that was replaced no longer names its person. */
    if (!hash_equal(&found.key, key_hash))
        return failure(STATUS_NOT_FOUND, "person key", 0);
    *out = found;
    return OK;
}

struct owner_search {
    const struct hash *owner;
    struct policy_person *out;
    bool found;
};

static struct status same_owner(void *context, struct bytes tail,
                                const json_t *value)
{
    (void)tail;
    struct owner_search *search = context;
    struct hash owner;
    if (search->found ||
        failed(api_json_hash(value, "owner_hash", &owner, NULL)) ||
        !hash_equal(&owner, search->owner))
        return OK;
    search->found = true;
    return person_read(value, search->out);
}

struct status policy_person_of_owner(struct policy_txn *txn,
                                     const struct api_id *account,
                                     const struct hash *owner,
                                     struct policy_person *out)
{
    struct owner_search search = { owner, out, false };
    struct policy_key all = policy_key(POLICY_PERSON, api_id_bytes(account));
    TRY(policy_each_json(txn, &all, same_owner, &search));
    return search.found ? OK : failure(STATUS_NOT_FOUND, "person", 0);
}
