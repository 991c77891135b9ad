#include "policy/users.h"

static const char *const state_names[] = {
    [POLICY_MEMBER_ACTIVE] = "active",
    [POLICY_MEMBER_PENDING] = "pending",
    [POLICY_MEMBER_DISABLED] = "disabled",
};

static struct policy_key member_key(const struct api_id *account,
                                    const struct api_id *user)
{
    return policy_key(POLICY_MEMBER, api_id_bytes(account), api_id_bytes(user));
}

static struct policy_key index_key(const struct api_id *account,
                                   const struct api_id *user)
{
    return policy_key(POLICY_MEMBERSHIP, api_id_bytes(user),
                      api_id_bytes(account));
}

static struct status state_read(const char *name, enum policy_membership *out)
{
    for (int i = POLICY_MEMBER_ACTIVE; i <= POLICY_MEMBER_DISABLED; i++) {
        if (strcmp(name, state_names[i]) == 0) {
            *out = (enum policy_membership)i;
            return OK;
        }
    }
    return failure(STATUS_INVALID, "state", 0);
}

static struct status member_read(const json_t *record,
                                 struct policy_member *out)
{
    struct policy_member m;
    const char *role, *state;
    int64_t created;
    TRY(api_json_id(record, "account", &m.account, NULL));
    TRY(api_json_id(record, "user", &m.user, NULL));
    TRY(api_json_text(record, "role", &role, NULL));
    TRY(policy_role_parse(role, &m.role));
    TRY(api_json_text(record, "state", &state, NULL));
    TRY(state_read(state, &m.state));
    TRY(api_json_integer(record, "created_at", 0, INT64_MAX, &created, NULL));
    m.created_at = (uint64_t)created;
    *out = m;
    return OK;
}

struct status policy_member_get(struct policy_txn *txn,
                                const struct api_id *account,
                                const struct api_id *user,
                                struct policy_member *out)
{
    AUTO_JSON *record = NULL;
    struct policy_key key = member_key(account, user);
    TRY(policy_get_json(txn, &key, &record));
    return policy_damaged(member_read(record, out), "member");
}

struct status policy_member_put(struct policy_txn *txn,
                                const struct policy_member *m)
{
    struct policy_key key = member_key(&m->account, &m->user);
    struct policy_key index = index_key(&m->account, &m->user);
    AUTO_JSON *nothing = json_object();
    AUTO_JSON *record = json_pack(
        "{s:o, s:o, s:s, s:s, s:I}", "account", api_json_of_id(&m->account),
        "user", api_json_of_id(&m->user), "role", policy_role_name(m->role),
        "state", state_names[m->state], "created_at",
        (json_int_t)m->created_at);
    policy_put_json(txn, &key, record);
    policy_put_json(txn, &index, nothing);
    return record && nothing ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

void policy_member_delete(struct policy_txn *txn, const struct policy_member *m)
{
    struct policy_key key = member_key(&m->account, &m->user);
    struct policy_key index = index_key(&m->account, &m->user);
    policy_delete(txn, &key);
    policy_delete(txn, &index);
}

struct visit {
    struct policy_txn *txn;
    const struct api_id *user;
    policy_member_fn each;
    void *context;
};

static struct status visit_member(void *context, struct bytes tail,
                                  const json_t *record)
{
    (void)tail;
    const struct visit *v = context;
    struct policy_member member;
    TRY(policy_damaged(member_read(record, &member), "member"));
    return v->each(v->context, &member);
}

struct status policy_members_each(struct policy_txn *txn,
                                  const struct api_id *account,
                                  policy_member_fn each, void *context)
{
    struct visit v = { txn, NULL, each, context };
    struct policy_key all = policy_key(POLICY_MEMBER, api_id_bytes(account));
    return policy_each_json(txn, &all, visit_member, &v);
}

static struct status visit_index(void *context, struct bytes tail,
                                 const json_t *nothing)
{
    (void)nothing;
    const struct visit *v = context;
    struct policy_member member;
    struct api_id account;
    if (tail.len != API_ID_LEN)
        return failure(STATUS_CORRUPT, "membership", 0);
    memcpy(account.bytes, tail.at, API_ID_LEN);
    TRY(policy_damaged(policy_member_get(v->txn, &account, v->user, &member),
                       "membership"));
    return v->each(v->context, &member);
}

struct status policy_memberships_each(struct policy_txn *txn,
                                      const struct api_id *user,
                                      policy_member_fn each, void *context)
{
    struct visit v = { txn, user, each, context };
    struct policy_key all = policy_key(POLICY_MEMBERSHIP, api_id_bytes(user));
    return policy_each_json(txn, &all, visit_index, &v);
}

static struct status count_manager(void *context,
                                   const struct policy_member *member)
{
    size_t *count = context;
    *count +=
        member->role == POLICY_MANAGER && member->state == POLICY_MEMBER_ACTIVE;
    return OK;
}

static struct status count_person(void *context, struct bytes tail,
                                  const json_t *person)
{
    (void)tail;
    size_t *count = context;
    const char *role = json_string_value(json_object_get(person, "role"));
    const char *state = json_string_value(json_object_get(person, "state"));
    *count += role && state && strcmp(role, "manager") == 0 &&
              strcmp(state, "active") == 0;
    return OK;
}

struct status policy_members_managing(struct policy_txn *txn,
                                      const struct api_id *account, size_t *out)
{
    size_t count = 0;
    struct policy_key people = policy_key(POLICY_PERSON, api_id_bytes(account));
    TRY(policy_members_each(txn, account, count_manager, &count));
    TRY(policy_each_json(txn, &people, count_person, &count));
    *out = count;
    return OK;
}
