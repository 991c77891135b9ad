#include "policy/nouns.h"

struct status policy_name_check(const char *name, struct reason *why)
{
    size_t len = strlen(name);
    if (len == 0 || len > POLICY_NAME_MAX)
        return refuse(why, STATUS_INVALID, "name",
                      "a name has 1 to %d bytes, this one has %zu",
                      POLICY_NAME_MAX, len);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
            return refuse(why, STATUS_INVALID, "name",
                          "a name holds no control characters");
    return OK;
}

struct name_search {
    const char *name;
    bool found;
};

static struct status same_name(void *context, struct bytes tail,
                               const json_t *value)
{
    (void)tail;
    struct name_search *search = context;
    const char *name = json_string_value(json_object_get(value, "name"));
    search->found |= name && strcmp(name, search->name) == 0;
    return OK;
}

struct status policy_account_add(struct policy_txn *txn,
                                 const struct api_id *account, const char *name,
                                 uint64_t now, struct reason *why)
{
    TRY(policy_name_check(name, why));
    struct name_search search = { name, false };
    struct policy_key all = policy_key_parts(POLICY_ACCOUNT, NULL, 0);
    TRY(policy_each_json(txn, &all, same_name, &search));
    if (search.found)
        return refuse(why, STATUS_CONFLICT, "account",
                      "there is an account named \"%s\" already", name);

    AUTO_JSON *record =
        json_pack("{s:o, s:s, s:I}", "account", api_json_of_id(account), "name",
                  name, "created_at", (json_int_t)now);
    struct policy_key key = policy_key(POLICY_ACCOUNT, api_id_bytes(account));
    policy_put_json(txn, &key, record);
    return OK;
}

struct status policy_account_name(struct policy_txn *txn,
                                  const struct api_id *account, char out[65])
{
    AUTO_JSON *record = NULL;
    const char *name;
    struct policy_key key = policy_key(POLICY_ACCOUNT, api_id_bytes(account));
    TRY(policy_get_json(txn, &key, &record));
    if (failed(api_json_text(record, "name", &name, NULL)) ||
        strlen(name) > POLICY_NAME_MAX)
        return failure(STATUS_CORRUPT, "account", 0);
    memcpy(out, name, strlen(name) + 1);
    return OK;
}
