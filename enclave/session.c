/* session.c - the steps in their order, and what their failures mean. */

#include "enclave/session.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/file.h"
#include "base/text.h"

#define SECRET_HEAP ((size_t)1024 * 1024)

void session_say(const struct accord_session *session, const char *format, ...)
{
    char line[512];
    va_list arguments;
    if (!session->progress)
        return;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    session->progress(session->progress_context, line);
}

enum accord_result session_fail(struct accord_session *session,
                                const char *step, struct status s,
                                const struct trouble *trouble,
                                enum accord_result denied)
{
    struct reason reason = trouble->why;
    if (!reason.text[0])
        (void)snprintf(reason.text, sizeof(reason.text), "%s",
                       s.origin ? s.origin : "failed");
    (void)snprintf(session->error, sizeof(session->error), "%.160s: %s (%s)",
                   step, reason.text,
                   trouble->code[0] ? trouble->code : status_name(s.code));
    if (s.code == STATUS_DENIED)
        session->result = denied;
    else if (s.code == STATUS_UNAVAILABLE || s.code == STATUS_BUSY)
        session->result = ACCORD_UNAVAILABLE;
    else
        session->result = ACCORD_ERROR;
    return session->result;
}

static pthread_once_t memory_once = PTHREAD_ONCE_INIT;
static bool memory_locked;

/* The heap of secrets belongs to the process: whoever opened it first, this
 * library is content if a secret can be made. jansson's memory is left alone:
 * it may be in use by the program already, and no JSON here is secret. */
static void memory_open(void)
{
    AUTO_FREE(secret) probe = NULL;
    status_ignore(secret_heap_open(SECRET_HEAP)); /* the probe tells */
    memory_locked = !failed(secret_new(32, &probe));
}

struct accord_session *session_new(void)
{
    (void)pthread_once(&memory_once, memory_open);
    struct accord_session *session =
        memory_locked ? calloc(1, sizeof(*session)) : NULL;
    if (!session)
        return NULL;
    session->ca = buffer_make(ENCLAVE_PEM_MAX);
    session->quote = buffer_make(ENCLAVE_PEM_MAX);
    session->chain = buffer_make(ENCLAVE_PEM_MAX);
    session->leaf = buffer_make(CA_CERTIFICATE_MAX);
    session->root = buffer_make(CA_CERTIFICATE_MAX);
    session->zone_ca = buffer_make(API_CONFIGURATION_MAX);
    session->receipts = json_array();
    if (!session->receipts) {
        accord_session_free(session);
        return NULL;
    }
    return session;
}

void accord_session_free(struct accord_session *session)
{
    if (!session)
        return;
    for (size_t i = 0; i < session->count; i++) {
        secret_free(session->datasets[i].query);
        secret_free(session->datasets[i].key);
    }
    free(session->datasets);
    http_client_free(session->agent_client);
    http_client_free(session->broker_client);
    ca_key_free(session->key);
    json_decref(session->config);
    json_decref(session->extra);
    json_decref(session->receipts);
    buffer_clear(&session->ca);
    buffer_clear(&session->quote);
    buffer_clear(&session->chain);
    buffer_clear(&session->leaf);
    buffer_clear(&session->root);
    buffer_clear(&session->zone_ca);
    free(session->agent);
    free(session->broker);
    free(session->program);
    free(session->head_file);
    free(session);
}

static struct status copy_text(const char *given, const char *standard,
                               char **out)
{
    *out = strdup(given ? given : standard);
    return *out ? OK : failure(STATUS_NO_MEMORY, "strdup", 0);
}

static struct status read_hash(const char *text, const char *name,
                               struct hash *out, struct reason *why)
{
    if (!text || failed(hex_decode(bytes_of_string(text), out->bytes,
                                   sizeof(out->bytes))))
        return refuse(why, STATUS_INVALID, name,
                      "%s: expected 64 hexadecimal digits", name);
    return OK;
}

static struct status read_ca(struct accord_session *session, const char *path,
                             struct reason *why)
{
    struct status s = file_read(path, &session->ca);
    return failed(s) ? refuse(why, s.code, "ca", "cannot read %s", path) : s;
}

static struct status read_simulate(const char *text, uint8_t *out,
                                   struct reason *why)
{
    uint8_t kind = API_KIND_NONE;
    if (text && (failed(api_kind_parse(bytes_of_string(text), &kind)) ||
                 kind & ~API_KIND_PLATFORM))
        return refuse(why, STATUS_INVALID, "simulate",
                      "\"%s\" is not a kind to simulate: sgx, tdx, snp or "
                      "nitro",
                      text);
    *out = kind;
    return OK;
}

struct status session_read_options(struct accord_session *session,
                                   const struct accord_options *options,
                                   struct trouble *trouble)
{
    if (options->size != sizeof(*options))
        return refuse(&trouble->why, STATUS_INVALID, "size",
                      "the options are those of another version");
    session->progress = options->progress;
    session->progress_context = options->progress_context;
    session->allow_http = options->allow_http != 0;
    TRY(read_simulate(options->simulate, &session->simulate, &trouble->why));
    TRY(read_hash(options->configuration, "configuration",
                  &session->configuration, &trouble->why));
    TRY(copy_text(options->agent, "http://127.0.0.1:9092", &session->agent));
    TRY(copy_text(options->broker, "https://localhost:9443", &session->broker));
    TRY(copy_text(options->program, "/proc/self/exe", &session->program));
    if (options->ca_file)
        TRY(read_ca(session, options->ca_file, &trouble->why));
    session->log_key_wanted = options->log_key != NULL;
    if (options->log_key)
        TRY(read_hash(options->log_key, "log key", &session->log_key_hash,
                      &trouble->why));
    if (!options->head)
        return OK;
    if (!options->log_key)
        return refuse(&trouble->why, STATUS_INVALID, "head",
                      "a head is kept of a log whose key is known: log key "
                      "and head go together");
    TRY(copy_text(options->head, NULL, &session->head_file));
    return session_read_head(session, &trouble->why);
}

enum accord_result session_attest(struct accord_session *session,
                                  const struct accord_options *options)
{
    struct trouble t = { 0 };
    struct status s = session_read_options(session, options, &t);
    if (failed(s)) {
        (void)session_fail(session, "options", s, &t, ACCORD_USAGE);
        return session->result =
                   s.code == STATUS_NO_MEMORY ? ACCORD_ERROR : ACCORD_USAGE;
    }
    s = session_measure(session, options->arguments, &t);
    if (failed(s))
        return session_fail(session, "measurement", s, &t, ACCORD_ERROR);
    s = session_make_key(session);
    if (failed(s))
        return session_fail(session, "key", s, &t, ACCORD_ERROR);
    s = session_get_quote(session, &t);
    if (failed(s))
        return session_fail(session, "evidence", s, &t, ACCORD_ATTESTATION);
    s = session_get_certificate(session, &t);
    if (s.code == STATUS_DENIED && strcmp(t.code, "nonce") == 0) {
        session_say(session, "certificate: an owner demands evidence made for "
                             "this request");
        t = (struct trouble){ 0 };
        s = session_get_nonce(session, &t);
        if (!failed(s))
            s = session_get_quote(session, &t);
        if (!failed(s))
            s = session_get_certificate(session, &t);
    }
    if (failed(s))
        return session_fail(session, "certificate", s, &t, ACCORD_ATTESTATION);
    s = session_get_configuration(session, &t);
    if (failed(s))
        return session_fail(session, "configuration", s, &t, ACCORD_DENIED);
    return ACCORD_OK;
}

enum accord_result session_release_all(struct accord_session *session)
{
    struct trouble log = { 0 };
    struct status checked = session_check_log(session, &log);
    if (failed(checked))
        return session_fail(session, "log", checked, &log, ACCORD_DENIED);
    for (size_t i = 0; i < session->count; i++) {
        struct trouble t = { 0 };
        struct enclave_dataset *d = &session->datasets[i];
        char step[160];
        struct status s = session_release(session, d, &t);
        (void)snprintf(step, sizeof(step), "release %s/%s", d->port, d->object);
        if (failed(s))
            return session_fail(session, step, s, &t, ACCORD_DENIED);
        session_say(session, "%s: credentials opened, receipt checked", step);
    }
    return ACCORD_OK;
}
