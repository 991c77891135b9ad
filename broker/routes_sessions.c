/* routes_sessions.c - logging in and out, and which account is meant
 * (section 5.2 of the wire contract). */

#include <stdlib.h>

#include "broker/credentials.h"
#include "broker/password.h"
#include "broker/routes.h"
#include "broker/users.h"
#include "broker/version.h"

json_t *session_view(const struct exchange *x, const struct session *session)
{
    const struct sessions *all = x->broker->sessions;
    json_t *view = json_pack(
        "{s:o, s:I, s:I}", "subject_id", api_json_of_id(&session->user),
        "session_expires_at", (json_int_t)sessions_absolute_end(all, session),
        "session_token_expires_at",
        (json_int_t)sessions_idle_end(all, session));
    if (view && !api_id_is_zero(&session->account) &&
        !product_add(view, "selected_account_id",
                     api_json_of_id(&session->account))) {
        json_decref(view);
        return NULL;
    }
    return view;
}

/* --- POST /v1/sys/auth --------------------------------------------------- */

struct logging_in {
    char email[POLICY_EMAIL_MAX + 1];
    struct secret *password;
    struct policy_user user;
    enum session_form form;
};

static void logging_in_free(void *work)
{
    struct logging_in *l = work;
    secret_free(l->password);
    free(l);
}

/* How this client speaks is seen once, here: em-client 2 sends no
 * Content-Type with an empty body, its successors do (section 0.1). */
static enum session_form form_of(const struct exchange *x)
{
    if (http_request_header(&x->request, "X-CSRF-Header").len > 0)
        return SESSION_COOKIE;
    return http_request_header(&x->request, "Content-Type").at ? SESSION_V4
                                                               : SESSION_V2;
}

/* One answer for every wrong pair, also of addresses nobody has. */
static struct status wrong(struct exchange *x)
{
    return product_refuse(x, 401, "AUTH_FAILED",
                          "wrong e-mail address or password");
}

static struct status read_credentials(struct exchange *x, struct logging_in *l)
{
    struct bytes field = http_request_header(&x->request, "Authorization");
    if (x->body) {
        TRY(PRODUCT_ONLY(x, "oauth_auth_code"));
        TRY(PRODUCT_NOT_BUILT(x, "oauth_auth_code"));
    }
    struct reason why = { "" };
    struct status s = credentials_basic(field, l->email, &l->password, &why);
    l->form = form_of(x);
    product_forget_request(x);
    if (s.code == STATUS_INVALID)
        return product_refuse(x, 401, "AUTH_FAILED", "%s", why.text);
    return s;
}

/* Before any work is done, and whether or not anybody has the address. */
static struct status may_try(struct exchange *x, const struct logging_in *l)
{
    struct attempts *a = x->broker->attempts;
    uint64_t now = x->now / 1000;
    if (attempts_wait(a, ATTEMPTS_HOST, x->from, now) > 0)
        return product_refuse(x, 429, "LOCKED",
                              "too many wrong passwords from your host: wait "
                              "some minutes");
    if (attempts_wait(a, ATTEMPTS_PASSWORD, bytes_of_string(l->email), now))
        return product_refuse(x, 423, "LOCKED",
                              "too many wrong passwords for this address: wait "
                              "some minutes, or reset the password");
    return OK;
}

static struct status verify(struct exchange *x, struct logging_in *l)
{
    struct attempts *a = x->broker->attempts;
    struct bytes address = bytes_of_string(l->email);
    AUTO_FREE(policy_txn) txn = NULL;
    TRY(policy_read(x->broker->store, &txn));
    struct status found = policy_user_find(txn, l->email, &l->user);
    if (failed(found) && found.code != STATUS_NOT_FOUND)
        return found;
    policy_txn_free(TAKE(txn)); /* not while scrypt takes its time */

    struct status s =
        password_verify(l->password, failed(found) ? NULL : &l->user.password);
    if (s.code == STATUS_DENIED) {
        atomic_fetch_add(&x->broker->metrics.log_ins_failed, 1);
        attempts_count(a, ATTEMPTS_PASSWORD, address, x->now / 1000);
        attempts_count(a, ATTEMPTS_HOST, x->from, x->now / 1000);
        return wrong(x);
    }
    TRY(s);
    attempts_forget(a, ATTEMPTS_PASSWORD, address);
    if (!l->user.email_verified &&
        config_flag(x->broker->config, "users", "confirm_first"))
        return product_refuse(x, 401, "USER_ACCOUNT_PENDING",
                              "confirm your e-mail address first");
    return OK;
}

static struct status auth_prepare(struct exchange *x)
{
    struct logging_in *l = calloc(1, sizeof(*l));
    if (!l)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    x->work = l;
    TRY(read_credentials(x, l));
    TRY(may_try(x, l));
    return verify(x, l);
}

static struct status auth_change(struct exchange *x, struct policy_txn *txn)
{
    struct logging_in *l = x->work;
    struct policy_user now;
    struct status got = policy_user_get(txn, &l->user.user, &now);
    if (got.code == STATUS_NOT_FOUND ||
        (!failed(got) && now.epoch != l->user.epoch))
        return wrong(x); /* another password since */
    TRY(got);
    now.last_logged_in_at = x->now / 1000;
    TRY(policy_user_put(txn, &now));
    return user_log(x, txn, "log-in", NULL, &now.user, &now.user, NULL);
}

static struct status auth_answer(struct exchange *x)
{
    struct logging_in *l = x->work;
    AUTO_FREE(secret) token = NULL;
    struct session session;
    TRY(sessions_open(x->broker->sessions, &l->user.user, l->user.epoch,
                      l->form, x->now / 1000, &token, &session));
    struct bytes text = secret_expose(token);
    x->answer = json_pack("{s:o}", "session_info", session_view(x, &session));
    if (!x->answer)
        return failure(STATUS_NO_MEMORY, "json", 0);
    if (l->form != SESSION_COOKIE)
        return product_add(x->answer, "access_token",
                           json_stringn((const char *)text.at, text.len))
                   ? OK
                   : failure(STATUS_NO_MEMORY, "json", 0);
    buffer_printf(&x->set_cookie,
                  "%s=%.*s; Path=/; Secure; HttpOnly; "
                  "SameSite=Strict",
                  SESSION_COOKIE_NAME, (int)text.len, (const char *)text.at);
    buffer_put_u8(&x->set_cookie, '\0');
    return buffer_status(&x->set_cookie);
}

/* --- POST /v1/sys/auth/discover ------------------------------------------ */

static struct status discover_answer(struct exchange *x)
{
    x->answer = json_pack("{s:[{s:{}}]}", "auth_methods", "password");
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status discover_prepare(struct exchange *x)
{
    return x->body ? PRODUCT_ONLY(x, "user_email") : OK;
}

/* --- the session itself -------------------------------------------------- */

static struct status info_answer(struct exchange *x)
{
    x->answer =
        json_pack("{s:o}", "session_info", session_view(x, &x->session));
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status terminate_answer(struct exchange *x)
{
    sessions_end(x->broker->sessions, &x->session.id);
    return product_answer_void(x);
}

/* An account that is not the user's looks like one that is not there. */
static struct status select_prepare(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct api_id account;
    struct policy_member member;
    TRY(product_path_id(x, 0, "account", &account));
    TRY(policy_read(x->broker->store, &txn));
    struct status got =
        policy_member_get(txn, &account, &x->session.user, &member);
    if (got.code == STATUS_NOT_FOUND ||
        (!failed(got) && member.state == POLICY_MEMBER_DISABLED))
        return product_refuse(x, 404, "NOT_FOUND", "there is no such account");
    TRY(got);
    if (member.state == POLICY_MEMBER_PENDING && !x->user.email_verified)
        return product_refuse(x, 404, "NOT_FOUND", "there is no such account");
    if (member.state == POLICY_MEMBER_PENDING)
        return product_refuse(x, 403, "USER_ACCOUNT_PENDING",
                              "accept the invitation first");
    sessions_select(x->broker->sessions, &x->session.id, &account);
    x->session.account = account;
    return OK;
}

static struct status version_answer(struct exchange *x)
{
    x->answer = json_pack("{s:s}", "version", ACCORD_VERSION);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* clang-format off */
const struct route routes_sessions[] = {
    { HTTP_POST, "/v1/sys/auth",              ANYBODY, PRODUCT, auth_prepare, auth_change, NULL, auth_answer, logging_in_free, false },
    { HTTP_POST, "/v1/sys/auth/discover",     ANYBODY, PRODUCT, .prepare = discover_prepare, .answer = discover_answer },
    { HTTP_POST, "/v1/sys/session/refresh",   A_USER,  PRODUCT, .answer = info_answer },
    { HTTP_POST, "/v1/sys/session/terminate", A_USER,  PRODUCT, .answer = terminate_answer },
    { HTTP_POST, "/v1/sys/session/select_account/{}", A_USER, PRODUCT, .prepare = select_prepare, .answer = info_answer },
    { HTTP_POST, "/v1/accounts/select_account/{}",    A_USER, PRODUCT, .prepare = select_prepare, .answer = product_answer_void },
    { HTTP_GET,  "/v1/sys/version",           ANYBODY, PRODUCT, .answer = version_answer },
    { 0 },
};
/* clang-format on */
