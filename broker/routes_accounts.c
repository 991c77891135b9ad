/* routes_accounts.c - accounts as the product's clients see them: those the
 * user has a part in (section 5.3 of the wire contract). */

#include <stdlib.h>

#include "broker/routes.h"
#include "broker/users.h"

#define ACCOUNTS_PER_USER 100

static json_t *account_view(const struct policy_account *account,
                            const struct policy_member *member)
{
    return json_pack(
        "{s:s, s:o, s:I, s:o, s:s, s:[], s:{}, s:s, s:{s:b}, s:s, s:s}", "name",
        account->name, "acct_id", api_json_of_id(&account->account),
        "created_at", (json_int_t)account->created_at, "roles",
        product_roles(member->role), "status",
        member->state == POLICY_MEMBER_ACTIVE    ? "ACTIVE"
        : member->state == POLICY_MEMBER_PENDING ? "PENDING"
                                                 : "DISABLED",
        "features", "auth_configs", "approval_state", "APPROVED",
        "node_enrollment", "attestation_enforcement_disabled_insecure", false,
        "component", "DEFAULT", "account_status", "Active");
}

/* The account of the path, and the user's part in it; `least` of a role. */
static struct status find(struct exchange *x, struct policy_txn *txn,
                          enum policy_role least,
                          struct policy_account *account,
                          struct policy_member *member)
{
    struct api_id id;
    TRY(product_path_id(x, 0, "account", &id));
    struct status got = policy_member_get(txn, &id, &x->session.user, member);
    if (!failed(got))
        got = policy_account_get(txn, &id, account);
    bool unseen = !failed(got) && member->state == POLICY_MEMBER_PENDING &&
                  !x->user.email_verified;
    if (got.code == STATUS_NOT_FOUND || unseen)
        return product_refuse(x, 404, "NOT_FOUND", "there is no such account");
    TRY(got);
    if (least > POLICY_NO_ROLE &&
        (member->state != POLICY_MEMBER_ACTIVE || member->role < least))
        return product_refuse(x, 403, "FORBIDDEN", "this needs the role %s",
                              product_role_name(least));
    return OK;
}

static struct status answer_account(struct exchange *x,
                                    const struct policy_account *account,
                                    const struct policy_member *member)
{
    x->answer = account_view(account, member);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* --- GET /v1/accounts, GET /v1/accounts/{} ------------------------------- */

struct listing {
    struct policy_txn *txn;
    json_t *items;
};

static struct status add_account(void *context,
                                 const struct policy_member *member)
{
    struct listing *l = context;
    struct policy_account account;
    TRY(policy_account_get(l->txn, &member->account, &account));
    if (json_array_append_new(l->items, account_view(&account, member)) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

/* An invitation to an address that is not confirmed is not shown: it may be
 * meant for somebody else. */
static struct status add_if_meant(void *context,
                                  const struct policy_member *member)
{
    return member->state == POLICY_MEMBER_PENDING
               ? OK
               : add_account(context, member);
}

static struct status list_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *items = json_array();
    if (!items)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(policy_read(x->broker->store, &txn));
    struct listing l = { txn, items };
    TRY(policy_memberships_each(
        txn, &x->session.user,
        x->user.email_verified ? add_account : add_if_meant, &l));
    x->answer = json_pack("{s:O}", "items", items);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status get_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_account account;
    struct policy_member member;
    TRY(policy_read(x->broker->store, &txn));
    TRY(find(x, txn, POLICY_NO_ROLE, &account, &member));
    return answer_account(x, &account, &member);
}

/* --- POST /v1/accounts, PATCH, DELETE ------------------------------------ */

struct changing {
    const char *name; /* of the body; NULL: stays */
    struct policy_account account;
    struct policy_member member;
};

/* Programs get certificates on evidence, whatever an account says. */
static struct status check_enrollment(struct exchange *x)
{
    const json_t *given = json_object_get(x->body, "node_enrollment");
    const json_t *off =
        json_object_get(given, "attestation_enforcement_disabled_insecure");
    if (!given || json_is_null(given))
        return OK;
    if (!json_is_object(given) || (off && !json_is_boolean(off)))
        return product_refuse(x, 400, "INVALID_VALUE",
                              "node_enrollment: expected "
                              "{\"attestation_enforcement_disabled_insecure\": "
                              "false}");
    if (json_is_true(off))
        return product_refuse(x, 400, "ATTESTATION_REQUIRED",
                              "attestation is enforced here, always");
    return OK;
}

static struct status read_changes(struct exchange *x, struct changing *c)
{
    TRY(PRODUCT_ONLY(x, "name", "custom_logo", "auth_configs",
                     "add_auth_configs", "mod_auth_configs", "del_auth_configs",
                     "features", "node_enrollment", "component", "enabled",
                     "default_group_id", "marketplace_group_id",
                     "account_status", "azure_cvm_pcr_priority"));
    TRY(PRODUCT_NOT_BUILT(x, "custom_logo", "auth_configs", "add_auth_configs",
                          "mod_auth_configs", "del_auth_configs", "features",
                          "enabled", "default_group_id", "marketplace_group_id",
                          "account_status", "azure_cvm_pcr_priority"));
    TRY(check_enrollment(x));
    TRY(product_text_optional(x, "name", POLICY_NAME_MAX, &c->name));
    if (c->name && failed(policy_name_check(c->name, &x->why)))
        return product_refuse(x, 400, "INVALID_NAME",
                              "name: 1 to %d bytes without control characters",
                              POLICY_NAME_MAX);
    return OK;
}

static struct status new_work(struct exchange *x, struct changing **out)
{
    x->work = *out = calloc(1, sizeof(struct changing));
    return x->work ? OK : failure(STATUS_NO_MEMORY, "calloc", 0);
}

static struct status create_prepare(struct exchange *x)
{
    struct changing *c;
    TRY(new_work(x, &c));
    TRY(read_changes(x, c));
    if (!c->name)
        return product_refuse(x, 400, "MISSING_REQUIRED_PARAMETER",
                              "name is missing");
    c->account.created_at = x->now / 1000;
    memcpy(c->account.name, c->name, strlen(c->name) + 1);
    return api_id_random(&c->account.account);
}

static struct status count(void *context, const struct policy_member *member)
{
    (void)member;
    ++*(size_t *)context;
    return OK;
}

static struct status create_change(struct exchange *x, struct policy_txn *txn)
{
    struct changing *c = x->work;
    size_t already = 0;
    TRY(policy_memberships_each(txn, &x->session.user, count, &already));
    if (already >= ACCOUNTS_PER_USER)
        return product_refuse(x, 403, "QUOTA_EXCEEDED",
                              "you have a part in %d accounts already",
                              ACCOUNTS_PER_USER);
    TRY(product_unique(x, policy_account_add(txn, &c->account.account, c->name,
                                             c->account.created_at, &x->why)));
    c->member = (struct policy_member){ .account = c->account.account,
                                        .user = x->session.user,
                                        .role = POLICY_MANAGER,
                                        .state = POLICY_MEMBER_ACTIVE,
                                        .created_at = x->now / 1000 };
    TRY(policy_member_put(txn, &c->member));
    AUTO_JSON *extra = json_pack("{s:s}", "name", c->name);
    return user_log(x, txn, "account-create", &c->account.account,
                    &x->session.user, &x->session.user, extra);
}

static struct status changed_answer(struct exchange *x)
{
    const struct changing *c = x->work;
    return answer_account(x, &c->account, &c->member);
}

static struct status patch_prepare(struct exchange *x)
{
    struct changing *c;
    TRY(new_work(x, &c));
    return read_changes(x, c);
}

static struct status patch_change(struct exchange *x, struct policy_txn *txn)
{
    struct changing *c = x->work;
    TRY(find(x, txn, POLICY_MANAGER, &c->account, &c->member));
    if (c->name) {
        TRY(product_unique(x, policy_account_rename(txn, &c->account.account,
                                                    c->name, &x->why)));
        memcpy(c->account.name, c->name, strlen(c->name) + 1);
    }
    AUTO_JSON *extra = json_pack("{s:s}", "name", c->account.name);
    return user_log(x, txn, "account-change", &c->account.account,
                    &x->session.user, &x->session.user, extra);
}

static struct status delete_change(struct exchange *x, struct policy_txn *txn)
{
    struct policy_account account;
    struct policy_member member;
    TRY(find(x, txn, POLICY_MANAGER, &account, &member));
    TRY(policy_account_delete(txn, &account.account, x->now / 1000, &x->why));
    return user_log(x, txn, "account-delete", &account.account,
                    &x->session.user, &x->session.user, NULL);
}

/* clang-format off */
const struct route routes_accounts[] = {
    { HTTP_GET,    "/v1/accounts",    A_USER, PRODUCT, .answer = list_answer },
    { HTTP_POST,   "/v1/accounts",    A_USER, PRODUCT, create_prepare, create_change, NULL, changed_answer, free, false },
    { HTTP_GET,    "/v1/accounts/{}", A_USER, PRODUCT, .answer = get_answer },
    { HTTP_PATCH,  "/v1/accounts/{}", A_USER, PRODUCT, patch_prepare, patch_change, NULL, changed_answer, free, false },
    { HTTP_DELETE, "/v1/accounts/{}", A_USER, PRODUCT, .change = delete_change, .answer = product_answer_void, .tightens = true },
    { 0 },
};
/* clang-format on */
