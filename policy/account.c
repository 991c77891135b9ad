#include "policy/agreement.h"
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
    const struct api_id *but; /* NULL: none */
    bool found;
};

static struct status same_name(void *context, struct bytes tail,
                               const json_t *value)
{
    struct name_search *search = context;
    const char *name = json_string_value(json_object_get(value, "name"));
    bool other = !search->but || !bytes_equal(tail, api_id_bytes(search->but));
    search->found |= other && name && strcmp(name, search->name) == 0;
    return OK;
}

static struct status name_is_free(struct policy_txn *txn, const char *name,
                                  const struct api_id *but, struct reason *why)
{
    TRY(policy_name_check(name, why));
    struct name_search search = { name, but, false };
    struct policy_key all = policy_key_parts(POLICY_ACCOUNT, NULL, 0);
    TRY(policy_each_json(txn, &all, same_name, &search));
    if (search.found)
        return refuse(why, STATUS_CONFLICT, "account",
                      "there is an account named \"%s\" already", name);
    return OK;
}

struct status policy_account_add(struct policy_txn *txn,
                                 const struct api_id *account, const char *name,
                                 uint64_t now, struct reason *why)
{
    TRY(name_is_free(txn, name, NULL, why));
    AUTO_JSON *record =
        json_pack("{s:o, s:s, s:I}", "account", api_json_of_id(account), "name",
                  name, "created_at", (json_int_t)now);
    struct policy_key key = policy_key(POLICY_ACCOUNT, api_id_bytes(account));
    policy_put_json(txn, &key, record);
    return OK;
}

struct status policy_account_get(struct policy_txn *txn,
                                 const struct api_id *account,
                                 struct policy_account *out)
{
    AUTO_JSON *record = NULL;
    struct policy_account found = { .account = *account };
    const char *name;
    int64_t created;
    struct policy_key key = policy_key(POLICY_ACCOUNT, api_id_bytes(account));
    TRY(policy_get_json(txn, &key, &record));
    if (failed(api_json_text(record, "name", &name, NULL)) ||
        strlen(name) > POLICY_NAME_MAX ||
        failed(api_json_integer(record, "created_at", 0, INT64_MAX, &created,
                                NULL)))
        return failure(STATUS_CORRUPT, "account", 0);
    memcpy(found.name, name, strlen(name) + 1);
    found.created_at = (uint64_t)created;
    *out = found;
    return OK;
}

struct status policy_account_name(struct policy_txn *txn,
                                  const struct api_id *account, char out[65])
{
    struct policy_account found;
    TRY(policy_account_get(txn, account, &found));
    memcpy(out, found.name, sizeof(found.name));
    return OK;
}

struct status policy_account_rename(struct policy_txn *txn,
                                    const struct api_id *account,
                                    const char *name, struct reason *why)
{
    AUTO_JSON *record = NULL;
    struct policy_key key = policy_key(POLICY_ACCOUNT, api_id_bytes(account));
    TRY(policy_get_json(txn, &key, &record));
    TRY(name_is_free(txn, name, account, why));
    if (json_object_set_new(record, "name", json_string(name)) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    policy_put_json(txn, &key, record);
    return OK;
}

/* --- deletion ------------------------------------------------------------ */

static struct status leave(void *context, const struct policy_member *member)
{
    policy_member_delete(context, member);
    return OK;
}

struct looking {
    uint64_t now; /* seconds */
    bool found;
};

static struct status any(void *context, struct bytes tail, const json_t *record)
{
    (void)tail, (void)record;
    ((struct looking *)context)->found = true;
    return OK;
}

static struct status waits(void *context, struct bytes tail,
                           const json_t *record)
{
    (void)tail;
    struct looking *l = context;
    l->found |= policy_request_waits(record, l->now);
    return OK;
}

static struct status lives(void *context, struct bytes tail,
                           const json_t *record)
{
    (void)tail;
    ((struct looking *)context)->found |= policy_workflow_lives(record);
    return OK;
}

static struct status is_active(void *context, struct bytes tail,
                               const json_t *record)
{
    (void)tail;
    const json_t *status = json_object_get(record, "status");
    const char *text = json_string_value(json_object_get(status, "status"));
    ((struct looking *)context)->found |=
        !text || strcmp(text, "DEACTIVATED") != 0;
    return OK;
}

/* What must be gone before its account goes. */
static const struct {
    enum policy_kind kind;
    const char *what;
    policy_each_json_fn look;
} things[] = {
    { POLICY_PERSON, "people with keys", any },
    { POLICY_APP, "apps", any },
    { POLICY_BUILD, "images", any },
    { POLICY_DATASET, "datasets", any },
    { POLICY_CONFIGURATION, "application configurations", any },
    { POLICY_DRAFT, "drafts", any },
    { POLICY_REQUEST, "requests that wait for approval", waits },
    { POLICY_WORKFLOW, "workflows", lives },
    { POLICY_COMPUTE_NODE, "nodes that are not deactivated", is_active },
};

/* What is only history by then; the log keeps what happened. */
static const enum policy_kind history[] = {
    POLICY_TASK,         POLICY_REQUEST,    POLICY_WORKFLOW,
    POLICY_COMPUTE_NODE, POLICY_DEPLOYMENT, POLICY_WORKFLOW_VERSION,
};

struct sweeping {
    struct policy_txn *txn;
    struct policy_key prefix;
};

static struct status sweep(void *context, struct bytes tail,
                           struct bytes contents)
{
    (void)contents;
    struct sweeping *s = context;
    struct policy_key key = s->prefix;
    if (key.len + tail.len > sizeof(key.bytes))
        return failure(STATUS_CORRUPT, "account", 0);
    memcpy(key.bytes + key.len, tail.at, tail.len);
    key.len += tail.len;
    policy_delete(s->txn, &key);
    return OK;
}

struct status policy_account_delete(struct policy_txn *txn,
                                    const struct api_id *account, uint64_t now,
                                    struct reason *why)
{
    struct policy_key key = policy_key(POLICY_ACCOUNT, api_id_bytes(account));
    for (size_t i = 0; i < sizeof(things) / sizeof(things[0]); i++) {
        struct looking l = { .now = now };
        struct policy_key all =
            policy_key(things[i].kind, api_id_bytes(account));
        TRY(policy_each_json(txn, &all, things[i].look, &l));
        if (l.found)
            return refuse(why, STATUS_CONFLICT, "account",
                          "this account is not empty: it has %s",
                          things[i].what);
    }
    for (size_t i = 0; i < sizeof(history) / sizeof(history[0]); i++) {
        struct sweeping s = { txn,
                              policy_key(history[i], api_id_bytes(account)) };
        struct policy_key all = s.prefix;
        TRY(policy_each(txn, &all, sweep, &s));
    }
    TRY(policy_members_each(txn, account, leave, txn));
    policy_delete(txn, &key);
    return OK;
}
