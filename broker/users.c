#include "broker/users.h"

#include "broker/password.h"

/* Who invites learns nothing of whoever has the address, nor whether anybody
 * had it before. */
static json_t *invited_view(const struct policy_user *u,
                            const struct policy_member *m)
{
    return json_pack("{s:o, s:s, s:I, s:b, s:s, s:o, s:s}", "user_id",
                     api_json_of_id(&u->user), "user_email", u->email,
                     "created_at", (json_int_t)m->created_at, "email_verified",
                     false, "status", "PENDING", "roles",
                     product_roles(m->role), "user_account_status", "PENDING");
}

json_t *user_view(const struct policy_user *u, const struct policy_member *m)
{
    static const char *const states[] = {
        [POLICY_MEMBER_ACTIVE] = "ACTIVE",
        [POLICY_MEMBER_PENDING] = "PENDING",
        [POLICY_MEMBER_DISABLED] = "DISABLED",
    };
    if (m && m->state == POLICY_MEMBER_PENDING)
        return invited_view(u, m);
    json_t *view = json_pack(
        "{s:o, s:s, s:I, s:b, s:s, s:b}", "user_id", api_json_of_id(&u->user),
        "user_email", u->email, "created_at", (json_int_t)u->created_at,
        "email_verified", u->email_verified, "status",
        u->password.set ? "ACTIVE" : "PENDING",
        "accepted_latest_terms_and_conditions", u->terms_accepted);
    bool good = view;
    if (good && u->first_name[0])
        good = product_add(view, "first_name", json_string(u->first_name));
    if (good && u->last_name[0])
        good = product_add(view, "last_name", json_string(u->last_name));
    if (good && u->last_logged_in_at)
        good = product_add(view, "last_logged_in_at",
                           json_integer((json_int_t)u->last_logged_in_at));
    if (good && m)
        good = product_add(view, "roles", product_roles(m->role)) &&
               product_add(view, "user_account_status",
                           json_string(states[m->state]));
    if (!good) {
        json_decref(view);
        return NULL;
    }
    return view;
}

const struct api_id *user_actor(const struct exchange *x)
{
    return x->peer.kind == PEER_PERSON ? &x->peer.person.person
                                       : &x->session.user;
}

struct status user_log(struct exchange *x, struct policy_txn *txn,
                       const char *action, const struct api_id *account,
                       const struct api_id *actor, const struct api_id *user,
                       const json_t *extra)
{
    char text[API_ID_TEXT], subject[64];
    api_id_text(user, text);
    (void)snprintf(subject, sizeof(subject), "user/%s", text);
    AUTO_JSON *detail =
        json_pack("{s:s, s:o, s:s, s:s}", "action", action, "actor",
                  api_json_of_id(actor), "by",
                  x->peer.kind == PEER_PERSON ? "certificate" : "password",
                  "subject", subject);
    if (!detail || (extra && json_object_update_missing(
                                 detail, (json_t *)(uintptr_t)extra) != 0))
        return failure(STATUS_NO_MEMORY, "json", 0);
    struct policy_event event = { .kind = API_LEAF_CHANGE,
                                  .subject_text = subject,
                                  .detail = detail };
    if (account)
        event.account = *account;
    return exchange_log(x, txn, &event);
}

struct status user_prove(struct exchange *x, const char *member,
                         const struct secret *password)
{
    struct attempts *a = x->broker->attempts;
    struct bytes address = bytes_of_string(x->user.email);
    if (attempts_wait(a, ATTEMPTS_PASSWORD, address, x->now / 1000) > 0)
        return product_refuse(x, 423, "LOCKED",
                              "too many wrong passwords for this address: wait "
                              "some minutes, or reset the password");
    struct status right = password_verify(password, &x->user.password);
    if (right.code != STATUS_DENIED)
        return right;
    attempts_count(a, ATTEMPTS_PASSWORD, address, x->now / 1000);
    return product_refuse(x, 403, "FORBIDDEN", "%s: this is not your password",
                          member);
}

struct elsewhere {
    const struct api_id *account;
    bool found;
};

static struct status look_elsewhere(void *context,
                                    const struct policy_member *member)
{
    struct elsewhere *e = context;
    e->found |= !api_id_equal(&member->account, e->account);
    return OK;
}

struct status user_is_elsewhere(struct policy_txn *txn,
                                const struct api_id *user,
                                const struct api_id *account, bool *out)
{
    struct elsewhere e = { account, false };
    TRY(policy_memberships_each(txn, user, look_elsewhere, &e));
    *out = e.found;
    return OK;
}
