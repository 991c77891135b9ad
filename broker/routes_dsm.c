/* routes_dsm.c - the part of DSM that the product's programs call: a session
 * by client certificate, and a dataset's credential by the name of its key.
 * What is exported is released by releasing.c, as any other. */

#include <time.h>

#include "broker/body.h"
#include "broker/credentials.h"
#include "broker/dsm_words.h"
#include "broker/releasing.h"
#include "broker/routes.h"
#include "broker/version.h"

/* --- POST /sys/v1/session/auth ------------------------------------------- */

static const struct api_id *app_id(const struct exchange *x)
{
    return &x->broker->hsm_facts.store;
}

static struct status unauthorized(struct exchange *x, const char *text)
{
    x->http_status = 401;
    return exchange_deny(x, "session", "%s", text);
}

/* The app's id is no secret, the certificate is what counts; but who names
 * another app is not talking to us. */
static struct status check_app(struct exchange *x)
{
    struct bytes field = http_request_header(&x->request, "Authorization");
    struct api_id named;
    if (field.len == 0)
        return OK;
    if (!dsm_basic(field, &named))
        return unauthorized(x, "Authorization: expected Basic with the app's "
                               "id and no password");
    if (!api_id_equal(&named, app_id(x)))
        return unauthorized(x, "there is no such app");
    return OK;
}

/* Who could have nothing gets no session. */
static struct status check_configuration(struct exchange *x)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_answer answer;
    TRY(policy_read(x->broker->store, &txn));
    TRY(releasing_ask(x, txn, NULL, false, &answer));
    policy_answer_clear(&answer);
    return OK;
}

static struct status auth_prepare(struct exchange *x)
{
    char token[DSM_TOKEN_CHARS + 1];
    TRY(check_app(x));
    TRY(check_configuration(x));
    TRY(dsm_sessions_open(x->broker->dsm, &x->peer.certificate, x->now / 1000,
                          token));
    x->answer = json_pack("{s:s, s:i, s:s, s:o}", "token_type", "Bearer",
                          "expires_in", DSM_IDLE, "access_token", token,
                          "entity_id", api_json_of_id(app_id(x)));
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* --- sessions ------------------------------------------------------------ */

static struct bytes token_of(const struct exchange *x)
{
    return credentials_bearer(
        http_request_header(&x->request, "Authorization"));
}

static struct status need_session(struct exchange *x)
{
    struct bytes token = token_of(x);
    if (token.len == 0)
        return unauthorized(x, "Authorization: expected Bearer with a token "
                               "of /sys/v1/session/auth");
    if (!dsm_sessions_use(x->broker->dsm, &x->peer.certificate, token,
                          x->now / 1000))
        return unauthorized(x, "this token belongs to no session of this "
                               "certificate, or it has ended");
    return OK;
}

static struct status no_content(struct exchange *x)
{
    x->http_status = 204;
    return OK;
}

static struct status refresh_prepare(struct exchange *x)
{
    TRY(need_session(x));
    return no_content(x);
}

static struct status terminate_prepare(struct exchange *x)
{
    TRY(need_session(x));
    dsm_sessions_end(x->broker->dsm, &x->peer.certificate, token_of(x));
    return no_content(x);
}

/* --- POST /crypto/v1/keys/export ----------------------------------------- */

/* By name or by kid, which is the dataset's id. */
static struct status read_descriptor(struct exchange *x, struct api_id *out)
{
    const char *name = NULL, *kid = NULL;
    TRY(BODY_ONLY(x, "name", "kid"));
    TRY(api_json_text_optional(x->body, "name", &name, &x->why));
    TRY(api_json_text_optional(x->body, "kid", &kid, &x->why));
    if (!name == !kid)
        return refuse(&x->why, STATUS_INVALID, "descriptor",
                      "a key is described by exactly one of name and kid");
    if (name ? dsm_key_dataset(bytes_of_string(name), out)
             : !failed(api_id_parse(bytes_of_string(kid), out)))
        return OK;
    return refuse(&x->why, STATUS_NOT_FOUND, "key", "there is no such key");
}

static struct status export_prepare(struct exchange *x)
{
    struct releasing *r;
    TRY(need_session(x));
    TRY(releasing_new(x, true, &r));
    TRY(read_descriptor(x, &r->dataset));
    return releasing_prepare(x);
}

/* YYYYMMDDThhmmssZ */
static json_t *time_json(int64_t seconds)
{
    time_t when = (time_t)seconds;
    struct tm utc;
    char text[32];
    if (!gmtime_r(&when, &utc) ||
        strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &utc) == 0)
        return NULL;
    return json_string(text);
}

static int64_t seconds_in(const json_t *record, const char *member)
{
    int64_t seconds = 0;
    status_ignore(api_json_integer(record, member, 0, UINT32_MAX, &seconds,
                                   NULL)); /* absent: the epoch */
    return seconds;
}

static struct status export_answer(struct exchange *x)
{
    const struct releasing *r = x->work;
    char id[API_ID_TEXT], name[DSM_KEY_NAME_LEN + 1];
    struct bytes value = secret_expose(r->clear);
    api_id_text(&r->dataset, id);
    dsm_key_name(&r->dataset, name);
    x->answer = json_pack(
        "{s:o, s:o, s:{s:o}, s:b, s:[s], s:o, s:s, s:s, s:b, s:o, s:s, s:s,"
        " s:I, s:s, s:b, s:o}",
        "acct_id", api_json_of_id(&r->context.account), "created_at",
        time_json(seconds_in(r->record, "created_at")), "creator", "app",
        api_json_of_id(app_id(x)), "enabled", 1, "key_ops", "EXPORT",
        "lastused_at", time_json((int64_t)(x->now / 1000)), "obj_type",
        "SECRET", "origin", "External", "public_only", 0, "value",
        api_json_of_base64(value), "kid", id, "name", name, "key_size",
        (json_int_t)value.len * 8, "state", "Active", "never_exportable", 0,
        "group_id", api_json_of_id(&r->context.account));
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* --- GET /sys/v1/version, /sys/v1/health --------------------------------- */

static struct status version_answer(struct exchange *x)
{
    x->answer = json_pack("{s:s, s:s, s:s, s:b}", "version", ACCORD_VERSION,
                          "api_version", "v1", "server_mode", "Software",
                          "single_user", x->broker->single_user);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status health_answer(struct exchange *x)
{
    if (atomic_load(&x->broker->metrics.hsm_well) == 0)
        return refuse(&x->why, STATUS_UNAVAILABLE, "hsm",
                      "the HSM does not answer");
    return no_content(x);
}

/* clang-format off */
const struct route routes_dsm[] = {
    { HTTP_POST, "/sys/v1/session/auth",      AN_ENCLAVE, DSM, .prepare = auth_prepare },
    { HTTP_POST, "/sys/v1/session/refresh",   AN_ENCLAVE, DSM, .prepare = refresh_prepare },
    { HTTP_POST, "/sys/v1/session/terminate", AN_ENCLAVE, DSM, .prepare = terminate_prepare },
    { HTTP_POST, "/crypto/v1/keys/export",    AN_ENCLAVE, DSM, export_prepare, releasing_change, releasing_perform, export_answer, releasing_free, false },
    { HTTP_GET,  "/sys/v1/version",           ANYBODY,    DSM, .answer = version_answer },
    { HTTP_GET,  "/sys/v1/health",            ANYBODY,    DSM, .answer = health_answer },
    { 0 },
};
/* clang-format on */
