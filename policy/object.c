/* object.c - builds, datasets, configurations, apps, drafts: named things in
 * an account. Members whose name begins with "_" stay inside. */

#include "policy/nouns.h"

static const char *kind_word(enum policy_kind kind)
{
    if (kind == POLICY_BUILD)
        return "build";
    if (kind == POLICY_DATASET)
        return "dataset";
    if (kind == POLICY_CONFIGURATION)
        return "configuration";
    if (kind == POLICY_APP)
        return "app";
    if (kind == POLICY_DRAFT)
        return "draft";
    if (kind == POLICY_REQUEST)
        return "request";
    if (kind == POLICY_TASK)
        return "task";
    return kind == POLICY_WORKFLOW ? "workflow" : "object";
}

struct status policy_damaged(struct status read, const char *what)
{
    if (failed(read) && read.code != STATUS_NO_MEMORY)
        return failure(STATUS_CORRUPT, what, 0);
    return read;
}

struct status policy_object_get(struct policy_txn *txn, enum policy_kind kind,
                                const struct api_id *account, struct bytes id,
                                json_t **out, struct reason *why)
{
    struct policy_key key = policy_key(kind, api_id_bytes(account), id);
    struct status got = policy_get_json(txn, &key, out);
    if (got.code == STATUS_NOT_FOUND)
        return refuse(why, STATUS_NOT_FOUND, kind_word(kind),
                      "there is no such %s in this account", kind_word(kind));
    return got;
}

void policy_object_put(struct policy_txn *txn, enum policy_kind kind,
                       const struct api_id *account, struct bytes id,
                       const json_t *value)
{
    struct policy_key key = policy_key(kind, api_id_bytes(account), id);
    policy_put_json(txn, &key, value);
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
    search->found |= name && search->name && strcmp(name, search->name) == 0;
    return OK;
}

struct status policy_object_new(struct policy_txn *txn, enum policy_kind kind,
                                const struct api_id *account, struct bytes id,
                                const json_t *value, struct reason *why)
{
    struct policy_key key = policy_key(kind, api_id_bytes(account), id);
    if (policy_has(txn, &key))
        return refuse(why, STATUS_CONFLICT, kind_word(kind),
                      "there is a %s with this id already", kind_word(kind));

    struct name_search search = { .name = json_string_value(
                                      json_object_get(value, "name")) };
    struct policy_key all = policy_key(kind, api_id_bytes(account));
    TRY(policy_each_json(txn, &all, same_name, &search));
    if (search.found)
        return refuse(why, STATUS_CONFLICT, kind_word(kind),
                      "there is a %s named \"%s\" already", kind_word(kind),
                      search.name);
    policy_put_json(txn, &key, value);
    return OK;
}

void policy_object_delete(struct policy_txn *txn, enum policy_kind kind,
                          const struct api_id *account, struct bytes id)
{
    struct policy_key key = policy_key(kind, api_id_bytes(account), id);
    policy_delete(txn, &key);
}

struct status policy_object_rename(struct policy_txn *txn,
                                   enum policy_kind kind,
                                   const struct api_id *account, json_t *value,
                                   const char *name, struct reason *why)
{
    const char *is = json_string_value(json_object_get(value, "name"));
    struct name_search search = { .name = name };
    struct policy_key all = policy_key(kind, api_id_bytes(account));
    if (is && strcmp(is, name) == 0)
        return OK;
    TRY(policy_each_json(txn, &all, same_name, &search));
    if (search.found)
        return refuse(why, STATUS_CONFLICT, kind_word(kind),
                      "there is a %s named \"%s\" already", kind_word(kind),
                      name);
    return json_object_set_new(value, "name", json_string(name)) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

json_t *policy_object_view(const json_t *value)
{
    json_t *view = json_object();
    const char *name;
    json_t *member;
    json_t *all = json_incref((json_t *)(uintptr_t)value);
    json_object_foreach(all, name, member)
    {
        if (name[0] != '_' && json_object_set(view, name, member) != 0) {
            json_decref(view);
            view = NULL;
            break;
        }
    }
    json_decref(all);
    return view;
}

static struct status add_view(void *context, struct bytes tail,
                              const json_t *value)
{
    (void)tail;
    if (json_array_append_new(context, policy_object_view(value)) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

struct status policy_object_list(struct policy_txn *txn, enum policy_kind kind,
                                 const struct api_id *account, json_t **out)
{
    AUTO_JSON *list = json_array();
    struct policy_key all = policy_key(kind, api_id_bytes(account));
    if (!list)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(policy_each_json(txn, &all, add_view, list));
    *out = TAKE(list);
    return OK;
}

bool policy_object_owned(const json_t *value, const struct hash *owner)
{
    struct hash recorded;
    return !failed(api_json_hash(value, "owner_hash", &recorded, NULL)) &&
           hash_equal(&recorded, owner);
}
