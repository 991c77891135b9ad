/* certify.c - from nothing to a certificate: measurement, key, evidence,
 * request, and a hard look at what comes back. */

#include <time.h>

#include "base/text.h"
#include "enclave/agent_client.h"
#include "platform/platform.h"

#define ANSWER_MAX ((size_t)1024 * 1024)
#define PEM_END    "-----END CERTIFICATE-----\n"

struct status session_measure(struct accord_session *session,
                              const char *const *arguments,
                              struct trouble *trouble)
{
    size_t count = 0;
    while (arguments && arguments[count])
        count++;
    return platform_sim_measurement("/proc/self/exe", session->program,
                                    arguments, count, &session->measurement,
                                    &trouble->why);
}

struct status session_make_key(struct accord_session *session)
{
    return ca_key_generate(CA_KEY_RSA_3072, &session->key);
}

/* What the platform's poster needs beside the session. */
struct post_context {
    struct accord_session *session;
    struct trouble *trouble;
};

static struct status post(void *context, const char *path, struct bytes body,
                          struct buffer *answer, struct reason *why)
{
    struct post_context *c = context;
    struct status s =
        agent_client_post(c->session, path, body, answer, c->trouble);
    if (why != &c->trouble->why)
        *why = c->trouble->why;
    return s;
}

/* Made anew each time, so that no two documents are alike. */
#define NONCE_LEN 16

static struct status find_platform(const struct accord_session *session,
                                   struct platform_sim *sim,
                                   struct platform *out, struct reason *why)
{
    const struct platform_system *system =
        session->system ? session->system : &platform_real_system;
    if (session->simulate)
        *out = platform_sim(sim);
    else
        TRY(platform_find(system, sim, out, why));
    session_say(session, "platform: %s (%s)", out->name, out->found);
    return OK;
}

/* What the evidence must hold: key and configuration, and the broker's nonce
 * where it demanded one. A Nitro document has a place of its own for a nonce,
 * and always gets one. */
static struct status bind(const struct accord_session *session, uint8_t kind,
                          unsigned char report_data[CA_REPORT_DATA_LEN],
                          struct bytes *nonce)
{
    const struct hash *key = &ca_key_public(session->key)->hash;
    bool demanded = !hash_is_zero(&session->nonce);
    bool own_place = kind == API_KIND_NITRO;
    if (own_place && demanded)
        *nonce = hash_bytes(&session->nonce);
    else if (!own_place)
        nonce->len = 0;
    if (demanded && !own_place)
        return ca_report_data_fresh(key, &session->configuration,
                                    &session->nonce, report_data);
    return ca_report_data(key, &session->configuration, report_data);
}

struct status session_get_nonce(struct accord_session *session,
                                struct trouble *trouble)
{
    AUTO_CLEAR_BUFFER text = buffer_make(ANSWER_MAX);
    AUTO_JSON *answer = NULL;
    TRY(agent_client_post(session, "/v1/certificate/nonce",
                          bytes_of_string("{}"), &text, trouble));
    TRY(api_json_read(buffer_bytes(&text), ANSWER_MAX, false, &answer,
                      &trouble->why));
    return api_json_hash(answer, "nonce", &session->nonce, &trouble->why);
}

struct status session_get_quote(struct accord_session *session,
                                struct trouble *trouble)
{
    unsigned char report_data[CA_REPORT_DATA_LEN];
    unsigned char nonce[NONCE_LEN] = { 0 };
    struct bytes fresh = bytes_of(nonce, sizeof(nonce));
    struct post_context context = { session, trouble };
    struct platform_sim sim = { session->simulate,
                                session->measurement,
                                { post, &context } };
    struct platform platform;
    TRY(find_platform(session, &sim, &platform, &trouble->why));
    TRY(random_fill(nonce, sizeof(nonce)));
    TRY(bind(session, platform.kind, report_data, &fresh));
    buffer_clear(&session->quote);
    session->quote = buffer_make(ENCLAVE_PEM_MAX);
    TRY(platform.evidence(platform.context, report_data, fresh, &session->quote,
                          &trouble->why));
    session->quote_kind = platform.kind;
    session_say(session, "evidence: %zu bytes from the platform \"%s\"",
                session->quote.len, platform.name);
    return OK;
}

static enum ca_carrier_kind carrier_of(uint8_t kind)
{
    switch (kind) {
    case API_KIND_TDX: return CA_CARRIER_DCAP_TDX;
    case API_KIND_SNP: return CA_CARRIER_SNP;
    case API_KIND_NITRO: return CA_CARRIER_NITRO;
    default: return CA_CARRIER_QUOTE;
    }
}

static struct status write_request(const struct accord_session *session,
                                   struct buffer *out, struct reason *why)
{
    const struct ca_csr_fields fields = {
        .quote = buffer_bytes(&session->quote),
        .carrier = carrier_of(session->quote_kind),
    };
    AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
    TRY(ca_csr_make(&fields, session->key, &pem, why));
    buffer_put_string(out, "{\"csr\":");
    api_json_string(buffer_bytes(&pem), out);
    if (!hash_is_zero(&session->nonce)) {
        char nonce[2 * HASH_LEN + 1];
        hex_encode(hash_bytes(&session->nonce), nonce);
        buffer_printf(out, ",\"nonce\":\"%s\"", nonce);
    }
    buffer_put_string(out, "}");
    return buffer_status(out);
}

/* Success and nothing else brings a certificate. */
static struct status read_task(const json_t *answer, struct buffer *chain,
                               struct trouble *trouble)
{
    const char *status, *code, *detail, *pem;
    struct reason *why = &trouble->why;
    TRY(api_json_text(answer, "task_status", &status, why));
    TRY(api_json_text_optional(answer, "code", &code, why));
    TRY(api_json_text_optional(answer, "detail", &detail, why));
    if (strcmp(status, "SUCCESS") == 0) {
        TRY(api_json_text(answer, "certificate", &pem, why));
        buffer_put_string(chain, pem);
        return buffer_status(chain);
    }
    if (code)
        trouble_code(trouble, code);
    bool away = strcmp(status, "FAILED") == 0;
    return refuse(why, away ? STATUS_UNAVAILABLE : STATUS_DENIED, "task_status",
                  "%s", detail ? detail : status);
}

/* Cuts the first block off `pem` and appends its DER. */
static struct status next_block(struct bytes *pem, struct buffer *der,
                                struct reason *why)
{
    const unsigned char *end =
        memmem(pem->at, pem->len, PEM_END, sizeof(PEM_END) - 1);
    if (!end)
        return refuse(why, STATUS_INVALID, "certificate",
                      "there is a certificate missing in the answer");
    size_t len = (size_t)(end - pem->at) + sizeof(PEM_END) - 1;
    TRY(ca_pem_read("CERTIFICATE", bytes_of(pem->at, len), der, why));
    *pem = bytes_of(pem->at + len, pem->len - len);
    return OK;
}

/* With --ca only that root will do. */
static struct status read_chain(struct accord_session *session,
                                struct reason *why)
{
    struct bytes rest = buffer_bytes(&session->chain);
    AUTO_CLEAR_BUFFER pinned = buffer_make(CA_CERTIFICATE_MAX);
    TRY(next_block(&rest, &session->leaf, why));
    TRY(next_block(&rest, &session->root, why));
    if (rest.len > 0)
        return refuse(why, STATUS_INVALID, "certificate",
                      "there is more than certificate and root");
    if (session->ca.len == 0)
        return OK;
    TRY(ca_pem_read("CERTIFICATE", buffer_bytes(&session->ca), &pinned, why));
    if (!bytes_equal(buffer_bytes(&pinned), buffer_bytes(&session->root)))
        return refuse(why, STATUS_DENIED, "certificate",
                      "the certificate comes from another root than the one "
                      "to trust");
    return OK;
}

/* Nothing was asked for: besides the enclave's name there is at most the one
 * by which other programs of the workflow find this one. */
static bool are_names(const struct ca_names *names,
                      struct ca_enclave_name *enclave)
{
    if (names->count < 1 || names->count > 2)
        return false;
    const char *first = ca_name_at(names, 0);
    if (failed(ca_enclave_name_parse(first, NULL, enclave)))
        return false;
    const char *domain = first + 2 * (CA_LABEL_LEN + 1) + strlen("id.");
    return names->count == 1 ||
           ca_workflow_name_is(ca_name_at(names, 1), domain);
}

static struct status check_names(const struct accord_session *session,
                                 const struct ca_facts *facts,
                                 struct reason *why)
{
    struct ca_enclave_name name;
    bool ours =
        are_names(&facts->names, &name) &&
        hash_equal(&name.configuration, &session->configuration) &&
        hash_equal(&facts->statement.configuration, &session->configuration);
    return ours ? OK
                : refuse(why, STATUS_DENIED, "certificate",
                         "the certificate is for another configuration");
}

static struct status check_certificate(struct accord_session *session,
                                       struct reason *why)
{
    struct ca_facts facts;
    struct bytes leaf = buffer_bytes(&session->leaf);
    TRY(ca_certificate_read(leaf, &facts, why));
    TRY(ca_chain_verify(leaf, buffer_bytes(&session->root),
                        (uint64_t)time(NULL), CA_FOR_CLIENT, why));
    if (facts.statement.kind != CA_ENCLAVE)
        return refuse(why, STATUS_DENIED, "certificate",
                      "the certificate is of kind %s, not enclave",
                      ca_kind_name(facts.statement.kind));
    if (!hash_equal(&facts.key.hash, &ca_key_public(session->key)->hash))
        return refuse(why, STATUS_DENIED, "certificate",
                      "the certificate is for another key");
    TRY(check_names(session, &facts, why));
    session->not_after = facts.not_after;
    return OK;
}

static void say_until(const struct accord_session *session)
{
    char text[32] = "?";
    struct tm tm;
    time_t at = (time_t)session->not_after;
    if (gmtime_r(&at, &tm))
        (void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
    session_say(session, "certificate: issued until %s", text);
}

struct status session_get_certificate(struct accord_session *session,
                                      struct trouble *trouble)
{
    AUTO_CLEAR_BUFFER request = buffer_make(2 * CA_CSR_MAX);
    AUTO_CLEAR_BUFFER text = buffer_make(ANSWER_MAX);
    AUTO_JSON *answer = NULL;
    TRY(write_request(session, &request, &trouble->why));
    TRY(agent_client_post(session, "/v1/certificate/issue",
                          buffer_bytes(&request), &text, trouble));
    TRY(api_json_read(buffer_bytes(&text), ANSWER_MAX, false, &answer,
                      &trouble->why));
    TRY(read_task(answer, &session->chain, trouble));
    TRY(read_chain(session, &trouble->why));
    TRY(check_certificate(session, &trouble->why));
    say_until(session);
    return OK;
}
