/* routes_users.c - users: signing up, being listed, changed, deleted
 * (section 5.4 of the wire contract). */

#include <stdlib.h>

#include "broker/password.h"
#include "broker/routes.h"
#include "broker/users.h"

struct signing_up {
    struct policy_user user; /* address, names and password */
    bool there;              /* somebody has the address, with a password */
};

/* --- POST /v1/users ------------------------------------------------------ */

static struct status copy_name(struct exchange *x, const char *member,
                               char out[POLICY_NAME_MAX + 1], bool *given)
{
    const char *name;
    TRY(product_text_optional(x, member, POLICY_NAME_MAX, &name));
    *given = name != NULL;
    if (!name)
        return OK;
    if (name[0] && failed(policy_name_check(name, NULL)))
        return product_refuse(x, 400, "INVALID_NAME",
                              "%s: no control characters, please", member);
    memcpy(out, name, strlen(name) + 1);
    return OK;
}

static struct status read_email(struct exchange *x,
                                char out[POLICY_EMAIL_MAX + 1])
{
    const char *text;
    TRY(product_text(x, "user_email", POLICY_EMAIL_MAX, &text));
    if (failed(policy_email_normalise(text, out, &x->why)))
        return product_refuse(x, 400, "INVALID_VALUE",
                              "user_email: this is not an e-mail address");
    return OK;
}

static struct status may_sign_up(struct exchange *x)
{
    struct attempts *a = x->broker->attempts;
    if (strcmp(config_text(x->broker->config, "users", "sign_up"), "off") == 0)
        return product_refuse(x, 403, "FORBIDDEN",
                              "nobody signs up at this installation");
    if (attempts_wait(a, ATTEMPTS_SIGN_UP, x->from, x->now / 1000) > 0)
        return product_refuse(x, 429, "LOCKED",
                              "too many signed up from your host: wait some "
                              "minutes");
    attempts_count(a, ATTEMPTS_SIGN_UP, x->from, x->now / 1000);
    return OK;
}

static struct status sign_up_prepare(struct exchange *x)
{
    AUTO_FREE(secret) password = NULL;
    bool given;
    struct signing_up *s = calloc(1, sizeof(*s));
    if (!s)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    x->work = s;
    product_forget_request(x);
    TRY(PRODUCT_ONLY(x, "user_email", "user_password", "first_name",
                     "last_name", "recaptcha_response"));
    TRY(read_email(x, s->user.email));
    TRY(product_secret(x, "user_password", &password));
    if (failed(password_check(secret_expose(password), &x->why)))
        return product_refuse(x, 400, "INVALID_VALUE",
                              "user_password: %d to %d characters",
                              PASSWORD_MIN, PASSWORD_MAX);
    TRY(copy_name(x, "first_name", s->user.first_name, &given));
    TRY(copy_name(x, "last_name", s->user.last_name, &given));
    TRY(may_sign_up(x));
    s->user.created_at = x->now / 1000;
    TRY(api_id_random(&s->user.user));
    return password_keep(password, &s->user.password);
}

/* With confirm_first nobody can log in to see whether an address was taken,
 * so the answer does not say it either: the mail does. */
static struct status taken(struct exchange *x, struct policy_txn *txn,
                           const struct policy_user *old)
{
    if (config_flag(x->broker->config, "users", "confirm_first"))
        return user_log(x, txn, "sign-up-again", NULL, &old->user, &old->user,
                        NULL);
    return product_refuse(x, 400, "USER_ALREADY_EXISTS",
                          "there is a user with this e-mail address");
}

static struct status sign_up_change(struct exchange *x, struct policy_txn *txn)
{
    struct signing_up *s = x->work;
    struct policy_user old;
    struct status got = policy_user_find(txn, s->user.email, &old);
    if (failed(got) && got.code != STATUS_NOT_FOUND)
        return got;
    s->there = !failed(got) && old.password.set;
    if (s->there)
        return taken(x, txn, &old);
    if (failed(got) &&
        strcmp(config_text(x->broker->config, "users", "sign_up"), "open") != 0)
        return product_refuse(x, 403, "FORBIDDEN",
                              "only who was invited signs up at this "
                              "installation");
    if (!failed(got)) { /* invited before: the same user, now with a password */
        s->user.user = old.user;
        s->user.created_at = old.created_at;
        s->user.epoch = old.epoch + 1;
    }
    TRY(policy_user_put(txn, &s->user));
    return user_log(x, txn, "sign-up", NULL, &s->user.user, &s->user.user,
                    NULL);
}

/* Who has the address already learns of it, whoever else asked does not. */
static struct status sign_up_perform(struct exchange *x)
{
    const struct signing_up *s = x->work;
    struct attempts *a = x->broker->attempts;
    struct bytes address = bytes_of_string(s->user.email);
    bool enough = attempts_wait(a, ATTEMPTS_MAIL, address, x->now / 1000) > 0;
    attempts_count(a, ATTEMPTS_MAIL, address, x->now / 1000);
    if (!s->there)
        mail_confirm(x, &s->user);
    else if (!enough)
        outbox_put(x, s->user.email, "You have signed up already",
                   "Somebody signed up with this address, which has a user "
                   "already. If that\nwas you: log in, or ask for a new "
                   "password. If not, do nothing.\n",
                   true);
    return OK;
}

static struct status sign_up_answer(struct exchange *x)
{
    const struct signing_up *s = x->work;
    x->http_status = 201;
    x->answer = user_view(&s->user, NULL);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* --- GET /v1/user, /v1/users, /v1/users/{} ------------------------------- */

/* The user's part in the selected account, or NULL. */
static const struct policy_member *own_part(const struct exchange *x)
{
    return api_id_is_zero(&x->peer.account) ? NULL : &x->member;
}

static struct status me_answer(struct exchange *x)
{
    x->answer = user_view(&x->user, own_part(x));
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

struct listing {
    struct policy_txn *txn;
    json_t *items;
};

static struct status add_user(void *context, const struct policy_member *member)
{
    struct listing *l = context;
    struct policy_user user;
    TRY(policy_user_get(l->txn, &member->user, &user));
    if (json_array_append_new(l->items, user_view(&user, member)) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

static struct status list_answer(struct exchange *x)
{
    static const char *const search[] = { "user_email", "first_name",
                                          "last_name", NULL };
    static const char *const sort[] = { "user_email",        "first_name",
                                        "last_name",         "created_at",
                                        "last_logged_in_at", NULL };
    static const struct product_list list = { NULL, search, sort };
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_JSON *items = json_array();
    if (!items)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(policy_read(x->broker->store, &txn));
    struct listing l = { txn, items };
    TRY(policy_members_each(txn, &x->peer.account, add_user, &l));
    return product_answer_list(x, TAKE(items), &list);
}

static struct status not_here(struct exchange *x)
{
    return product_refuse(x, 404, "NOT_FOUND",
                          "there is no such user in this account");
}

/* Oneself, or a user of the selected account; *member's role is
 * POLICY_NO_ROLE when there is no account to speak of. */
static struct status find(struct exchange *x, struct policy_txn *txn,
                          struct policy_user *user,
                          struct policy_member *member)
{
    struct api_id id;
    *member = (struct policy_member){ .role = POLICY_NO_ROLE };
    TRY(product_path_id(x, 0, "user", &id));
    bool self = api_id_equal(&id, &x->session.user);
    struct status got = failure(STATUS_NOT_FOUND, "member", 0);
    if (!api_id_is_zero(&x->peer.account))
        got = policy_member_get(txn, &x->peer.account, &id, member);
    if (failed(got) && (got.code != STATUS_NOT_FOUND || !self))
        return got.code == STATUS_NOT_FOUND ? not_here(x) : got;
    got = policy_user_get(txn, &id, user);
    return got.code == STATUS_NOT_FOUND ? not_here(x) : got;
}

static struct status answer_user(struct exchange *x,
                                 const struct policy_user *user,
                                 const struct policy_member *member)
{
    x->answer = user_view(user, member->role == POLICY_NO_ROLE ? NULL : member);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status get_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_user user;
    struct policy_member member;
    TRY(policy_read(x->broker->store, &txn));
    TRY(find(x, txn, &user, &member));
    return answer_user(x, &user, &member);
}

/* --- PATCH, DELETE /v1/users/{} ------------------------------------------ */

struct patching {
    struct policy_user user;
    struct policy_member member;
    enum policy_role role; /* POLICY_NO_ROLE: stays */
    const char *state;     /* NULL: stays */
};

static struct status patch_prepare(struct exchange *x)
{
    struct patching *p = calloc(1, sizeof(*p));
    if (!p)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    x->work = p;
    TRY(PRODUCT_ONLY(x, "first_name", "last_name", "roles",
                     "user_account_status", "user_email"));
    TRY(PRODUCT_NOT_BUILT(x, "user_email"));
    TRY(product_read_roles(x, &p->role));
    TRY(product_text_optional(x, "user_account_status", 16, &p->state));
    if (p->state && strcmp(p->state, "ACTIVE") != 0 &&
        strcmp(p->state, "DISABLED") != 0)
        return product_refuse(x, 400, "INVALID_VALUE",
                              "user_account_status: ACTIVE or DISABLED");
    return OK;
}

/* A name is seen in every account that its user is in. */
static struct status may_name(struct exchange *x, struct policy_txn *txn,
                              const struct patching *p)
{
    bool elsewhere;
    TRY(user_is_elsewhere(txn, &p->user.user, &p->member.account, &elsewhere));
    if (x->member.role < POLICY_MANAGER || elsewhere ||
        p->member.state == POLICY_MEMBER_PENDING)
        return product_refuse(x, 403, "FORBIDDEN",
                              "only the user changes a name, or a MANAGER of "
                              "the only account that the user is in");
    return OK;
}

/* Names are a person's own; role and state are the managers'. */
static struct status may_patch(struct exchange *x, struct policy_txn *txn,
                               const struct patching *p)
{
    bool self = api_id_equal(&p->user.user, &x->session.user);
    bool names = json_is_string(json_object_get(x->body, "first_name")) ||
                 json_is_string(json_object_get(x->body, "last_name"));
    bool rights = p->role != POLICY_NO_ROLE || p->state;
    if (names && !self)
        TRY(may_name(x, txn, p));
    if (rights && x->member.role < POLICY_MANAGER)
        return product_refuse(x, 403, "FORBIDDEN",
                              "only a MANAGER changes roles");
    if (rights && p->state && p->member.state == POLICY_MEMBER_PENDING)
        return product_refuse(x, 400, "INVALID_STATE",
                              "the invitation is not accepted yet");
    return OK;
}

static struct status keep_a_manager(struct exchange *x, struct policy_txn *txn,
                                    const struct api_id *account)
{
    size_t managers = 0;
    TRY(policy_members_managing(txn, account, &managers));
    if (managers == 0)
        return product_refuse(x, 409, "CONFLICT",
                              "this is the last active MANAGER of the account");
    return OK;
}

static struct status patch_rights(struct exchange *x, struct policy_txn *txn,
                                  struct patching *p)
{
    if (p->role == POLICY_NO_ROLE && !p->state)
        return OK;
    if (p->role != POLICY_NO_ROLE)
        p->member.role = p->role;
    if (p->state)
        p->member.state = strcmp(p->state, "ACTIVE") == 0
                              ? POLICY_MEMBER_ACTIVE
                              : POLICY_MEMBER_DISABLED;
    TRY(policy_member_put(txn, &p->member));
    return keep_a_manager(x, txn, &p->member.account);
}

static struct status patch_change(struct exchange *x, struct policy_txn *txn)
{
    struct patching *p = x->work;
    bool given;
    TRY(find(x, txn, &p->user, &p->member));
    TRY(may_patch(x, txn, p));
    TRY(copy_name(x, "first_name", p->user.first_name, &given));
    TRY(copy_name(x, "last_name", p->user.last_name, &given));
    TRY(policy_user_put(txn, &p->user));
    TRY(patch_rights(x, txn, p));
    AUTO_JSON *extra =
        json_pack("{s:s}", "role", policy_role_name(p->member.role));
    if (p->state && extra &&
        !product_add(extra, "state", json_string(p->state)))
        return failure(STATUS_NO_MEMORY, "json", 0);
    return user_log(x, txn, "user-change", &x->peer.account, &x->session.user,
                    &p->user.user, extra);
}

static struct status patch_answer(struct exchange *x)
{
    const struct patching *p = x->work;
    return answer_user(x, &p->user, &p->member);
}

struct leaving {
    struct exchange *x;
    struct policy_txn *txn;
};

static struct status leave_account(void *context,
                                   const struct policy_member *member)
{
    struct leaving *l = context;
    bool managed =
        member->role == POLICY_MANAGER && member->state == POLICY_MEMBER_ACTIVE;
    policy_member_delete(l->txn, member);
    return managed ? keep_a_manager(l->x, l->txn, &member->account) : OK;
}

/* The own profile, everywhere. */
static struct status delete_change(struct exchange *x, struct policy_txn *txn)
{
    struct api_id id;
    struct leaving l = { x, txn };
    TRY(product_path_id(x, 0, "user", &id));
    if (!api_id_equal(&id, &x->session.user))
        return product_refuse(x, 403, "FORBIDDEN",
                              "only the user deletes a profile; a MANAGER may "
                              "remove it from the account");
    TRY(policy_memberships_each(txn, &id, leave_account, &l));
    TRY(policy_user_delete(txn, &x->user));
    return user_log(x, txn, "user-delete", NULL, &id, &id, NULL);
}

static struct status delete_answer(struct exchange *x)
{
    sessions_end_all(x->broker->sessions, &x->session.user, NULL, 0);
    return product_answer_void(x);
}

/* clang-format off */
const struct route routes_users[] = {
    { HTTP_POST,   "/v1/users",    ANYBODY,        PRODUCT, sign_up_prepare, sign_up_change, sign_up_perform, sign_up_answer, free, false },
    { HTTP_GET,    "/v1/users",    A_USER_READING, PRODUCT, .answer = list_answer },
    { HTTP_GET,    "/accord/v1/users", A_READER,   ACCORD,  .answer = list_answer },
    { HTTP_GET,    "/v1/user",     A_USER,         PRODUCT, .answer = me_answer },
    { HTTP_GET,    "/v1/users/{}", A_USER,         PRODUCT, .answer = get_answer },
    { HTTP_PATCH,  "/v1/users/{}", A_USER,         PRODUCT, patch_prepare, patch_change, NULL, patch_answer, free, false },
    { HTTP_DELETE, "/v1/users/{}", A_USER,         PRODUCT, .change = delete_change, .answer = delete_answer, .tightens = true },
    { 0 },
};
/* clang-format on */
