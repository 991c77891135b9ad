/* routes_passwords.c - passwords and addresses: changed, forgotten, reset,
 * confirmed (section 5.4 of the wire contract). */

#include <stdlib.h>

#include "broker/password.h"
#include "broker/routes.h"
#include "broker/users.h"

struct setting {
    struct secret *current; /* change_password only */
    struct policy_password password;
    struct policy_user user;
    const char *token; /* in the body */
};

static void setting_free(void *work)
{
    struct setting *s = work;
    secret_free(s->current);
    free(s);
}

static struct status begin(struct exchange *x, struct setting **out)
{
    x->work = *out = calloc(1, sizeof(struct setting));
    return x->work ? OK : failure(STATUS_NO_MEMORY, "calloc", 0);
}

static struct status read_new_password(struct exchange *x, struct setting *s)
{
    AUTO_FREE(secret) password = NULL;
    TRY(product_secret(x, "new_password", &password));
    if (failed(password_check(secret_expose(password), &x->why)))
        return product_refuse(x, 400, "INVALID_VALUE",
                              "new_password: %d to %d characters", PASSWORD_MIN,
                              PASSWORD_MAX);
    return password_keep(password, &s->password);
}

/* --- POST /v1/users/change_password -------------------------------------- */

static struct status change_prepare(struct exchange *x)
{
    struct setting *s;
    TRY(begin(x, &s));
    product_forget_request(x);
    TRY(PRODUCT_ONLY(x, "current_password", "new_password"));
    TRY(product_secret(x, "current_password", &s->current));
    TRY(user_prove(x, "current_password", s->current));
    return read_new_password(x, s);
}

/* All sessions of the old password end, but the one that asks. */
static struct status set(struct exchange *x, struct policy_txn *txn,
                         struct setting *s, const char *action)
{
    s->user.password = s->password;
    s->user.epoch++;
    TRY(policy_user_put(txn, &s->user));
    return user_log(x, txn, action, NULL, &s->user.user, &s->user.user, NULL);
}

static struct status change_change(struct exchange *x, struct policy_txn *txn)
{
    struct setting *s = x->work;
    TRY(policy_user_get(txn, &x->session.user, &s->user));
    if (s->user.epoch != x->session.epoch)
        return product_refuse(x, 409, "CONFLICT",
                              "your password has changed meanwhile");
    return set(x, txn, s, "password-change");
}

static struct status change_answer(struct exchange *x)
{
    const struct setting *s = x->work;
    sessions_end_all(x->broker->sessions, &s->user.user, &x->session.id,
                     s->user.epoch);
    return product_answer_void(x);
}

/* --- POST /v1/users/forgot_password -------------------------------------- */

/* The same work and the same answer for addresses nobody has. */
static struct status forgot_prepare(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    const char *text;
    struct policy_user user = { .epoch = 0 };
    struct attempts *a = x->broker->attempts;
    TRY(PRODUCT_ONLY(x, "user_email"));
    TRY(product_text(x, "user_email", POLICY_EMAIL_MAX, &text));
    if (failed(policy_email_normalise(text, user.email, &x->why)))
        return product_refuse(x, 400, "INVALID_VALUE",
                              "user_email: this is not an e-mail address");
    struct bytes address = bytes_of_string(user.email);
    if (attempts_wait(a, ATTEMPTS_MAIL, address, x->now / 1000) > 0)
        return OK; /* they have some already */
    attempts_count(a, ATTEMPTS_MAIL, address, x->now / 1000);
    TRY(policy_read(x->broker->store, &txn));
    struct policy_user found;
    struct status got = policy_user_find(txn, user.email, &found);
    if (failed(got) && got.code != STATUS_NOT_FOUND)
        return got;
    mail_reset(x, failed(got) ? &user : &found, !failed(got));
    return OK;
}

/* --- POST /v1/users/{}/validate_token, /reset_password ------------------- */

/* The user whom the token serves is the one of the path. */
static struct status read_token(struct exchange *x, struct policy_txn *txn,
                                const char *token, struct policy_user *out)
{
    struct api_id id;
    struct policy_user user;
    TRY(product_path_id(x, 0, "user", &id));
    struct status s =
        mail_token_user(x, txn, MAIL_RESET, token, &user, &x->why);
    if (s.code == STATUS_DENIED ||
        (!failed(s) && !api_id_equal(&id, &user.user)))
        return product_refuse(x, 401, "AUTH_FAILED",
                              "this token is unknown, used or expired: ask "
                              "for a new one");
    TRY(s);
    *out = user;
    return OK;
}

static struct status validate_answer(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    const char *token;
    struct policy_user user;
    TRY(PRODUCT_ONLY(x, "reset_token"));
    TRY(product_text(x, "reset_token", 512, &token));
    TRY(policy_read(x->broker->store, &txn));
    TRY(read_token(x, txn, token, &user));
    x->answer = json_pack("{s:s}", "user_email", user.email);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status reset_prepare(struct exchange *x)
{
    struct setting *s;
    AUTO_FREE(policy_txn) txn = NULL;
    TRY(begin(x, &s));
    product_forget_request(x);
    TRY(PRODUCT_ONLY(x, "reset_token", "new_password"));
    TRY(product_text(x, "reset_token", 512, &s->token));
    TRY(policy_read(x->broker->store, &txn));
    TRY(read_token(x, txn, s->token, &s->user)); /* before slow work */
    policy_txn_free(TAKE(txn));
    return read_new_password(x, s);
}

/* Who reads the mail has the address. Whoever had a password before may have
 * datasets: they rest until the user resumes them. */
static struct status reset_change(struct exchange *x, struct policy_txn *txn)
{
    struct setting *s = x->work;
    TRY(read_token(x, txn, s->token, &s->user));
    s->user.reset |= s->user.password.set;
    s->user.email_verified = true;
    return set(x, txn, s, "password-reset");
}

static struct status reset_answer(struct exchange *x)
{
    const struct setting *s = x->work;
    sessions_end_all(x->broker->sessions, &s->user.user, NULL, 0);
    attempts_forget(x->broker->attempts, ATTEMPTS_PASSWORD,
                    bytes_of_string(s->user.email));
    return product_answer_void(x);
}

/* --- POST /v1/users/{}/resume_datasets: ours ----------------------------- */

static struct status resume_change(struct exchange *x, struct policy_txn *txn)
{
    struct api_id id;
    struct policy_user user;
    TRY(product_path_id(x, 0, "user", &id));
    if (!api_id_equal(&id, &x->session.user))
        return product_refuse(x, 403, "FORBIDDEN",
                              "only the user resumes datasets after a reset");
    TRY(policy_user_get(txn, &id, &user));
    user.reset = false;
    TRY(policy_user_put(txn, &user));
    return user_log(x, txn, "datasets-resume", NULL, &id, &id, NULL);
}

/* --- confirming an address ----------------------------------------------- */

static struct status confirm_prepare(struct exchange *x)
{
    struct setting *s;
    TRY(begin(x, &s));
    TRY(PRODUCT_ONLY(x, "confirm_token"));
    return product_text(x, "confirm_token", 512, &s->token);
}

static struct status confirm_change(struct exchange *x, struct policy_txn *txn)
{
    struct setting *s = x->work;
    struct status found =
        mail_token_user(x, txn, MAIL_CONFIRM, s->token, &s->user, &x->why);
    if (found.code == STATUS_DENIED)
        return product_refuse(x, 401, "AUTH_FAILED",
                              "this token is unknown, used or expired: ask "
                              "for a new one");
    TRY(found);
    s->user.email_verified = true;
    TRY(policy_user_put(txn, &s->user));
    return user_log(x, txn, "confirm-address", NULL, &s->user.user,
                    &s->user.user, NULL);
}

static struct status confirm_answer(struct exchange *x)
{
    const struct setting *s = x->work;
    x->answer = json_pack("{s:s}", "user_email", s->user.email);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status resend_prepare(struct exchange *x)
{
    struct attempts *a = x->broker->attempts;
    struct bytes address = bytes_of_string(x->user.email);
    if (x->user.email_verified)
        return product_refuse(x, 400, "INVALID_STATE",
                              "this address is confirmed already");
    if (attempts_wait(a, ATTEMPTS_MAIL, address, x->now / 1000) > 0)
        return product_refuse(x, 429, "LOCKED",
                              "there were some mails already: wait an hour");
    attempts_count(a, ATTEMPTS_MAIL, address, x->now / 1000);
    mail_confirm(x, &x->user);
    return OK;
}

/* --- PATCH /v1/users/terms_and_conditions -------------------------------- */

static struct status terms_change(struct exchange *x, struct policy_txn *txn)
{
    struct policy_user user;
    TRY(policy_user_get(txn, &x->session.user, &user));
    user.terms_accepted = true;
    TRY(policy_user_put(txn, &user));
    return user_log(x, txn, "accept-terms", NULL, &user.user, &user.user, NULL);
}

/* clang-format off */
const struct route routes_passwords[] = {
    { HTTP_POST,  "/v1/users/change_password",      A_USER,  PRODUCT, change_prepare, change_change, NULL, change_answer, setting_free, false },
    { HTTP_POST,  "/v1/users/forgot_password",      ANYBODY, PRODUCT, .prepare = forgot_prepare, .answer = product_answer_void },
    { HTTP_POST,  "/v1/users/{}/validate_token",    ANYBODY, PRODUCT, .answer = validate_answer },
    { HTTP_POST,  "/v1/users/{}/reset_password",    ANYBODY, PRODUCT, reset_prepare, reset_change, NULL, reset_answer, setting_free, false },
    { HTTP_POST,  "/v1/users/{}/resume_datasets",   A_USER,  PRODUCT, .change = resume_change, .answer = product_answer_void },
    { HTTP_POST,  "/v1/users/confirm_email",        ANYBODY, PRODUCT, confirm_prepare, confirm_change, NULL, confirm_answer, setting_free, false },
    { HTTP_POST,  "/v1/users/resend_confirm_email", A_USER,  PRODUCT, .prepare = resend_prepare, .answer = product_answer_void },
    { HTTP_PATCH, "/v1/users/terms_and_conditions", A_USER,  PRODUCT, .change = terms_change, .answer = product_answer_void },
    { 0 },
};
/* clang-format on */
