/* worker_start.c - everything that must hold before the first job. It is
 * called once in a process; what it opens lives until the process ends or
 * hsm_worker_clear(). */

#include <stdlib.h>

#include "base/file.h"
#include "pkcs11/erased.h"
#include "pkcs11/restore.h"
#include "pkcs11/roles.h"
#include "pkcs11/rsa.h"
#include "pkcs11/selftest.h"
#include "pkcs11/worker.h"

#define PEM_MAX (16 * 1024)

static struct status read_certificate(const struct hsm_settings *settings,
                                      const char *name, struct buffer *der,
                                      struct reason *why)
{
    char path[HSM_PATH_MAX];
    AUTO_CLEAR_BUFFER pem = buffer_make(PEM_MAX);

    TRY(hsm_state_path(settings, name, path));
    struct status s = file_read(path, &pem);
    if (failed(s))
        return refuse(why, s.code, s.origin, "cannot read %s (%s)", path,
                      status_name(s.code));
    return ca_pem_read("CERTIFICATE", buffer_bytes(&pem), der, why);
}

/* The two certificates of the ceremony, checked against each other. */
static struct status load_certificates(struct hsm_worker *worker,
                                       struct reason *why)
{
    struct ca_root root;
    struct ca_facts intake;

    TRY(read_certificate(&worker->settings, HSM_CA_FILE,
                         &worker->ca_certificate, why));
    TRY(read_certificate(&worker->settings, HSM_INTAKE_FILE,
                         &worker->intake_certificate, why));
    TRY(ca_root_read(buffer_bytes(&worker->ca_certificate), &root, why));
    TRY(api_spki_read(ca_spki(&root.key), &worker->ca_key));
    TRY(ca_certificate_read(buffer_bytes(&worker->intake_certificate), &intake,
                            why));
    TRY(ca_signature_verify(buffer_bytes(&worker->intake_certificate),
                            ca_spki(&root.key), why));
    if (intake.statement.kind != CA_INTAKE)
        return refuse(why, STATUS_CORRUPT, "certificate",
                      "%s is not the certificate of an intake key",
                      HSM_INTAKE_FILE);
    return OK;
}

static struct status open_frontier(struct hsm_worker *worker,
                                   struct reason *why)
{
    char path[HSM_PATH_MAX];
    TRY(hsm_state_path(&worker->settings, HSM_FRONTIER_FILE, path));
    return hsm_frontier_open(path, &worker->log.file, &worker->log.state, why);
}

static struct status open_erased(struct hsm_worker *worker, struct reason *why)
{
    char path[HSM_PATH_MAX];
    TRY(hsm_state_path(&worker->settings, HSM_ERASED_FILE, path));
    return hsm_erased_open(path, &worker->erased, why);
}

/* A token that is not there may come back: only this NOT_FOUND is worth
 * another try. */
static struct status open_token(struct hsm_worker *worker,
                                const struct secret *pin, struct reason *why)
{
    struct status s =
        hsm_token_open(&worker->settings.place, &worker->token, why);
    if (s.code == STATUS_NOT_FOUND)
        s.code = STATUS_UNAVAILABLE;
    TRY(s);
    TRY(hsm_token_login(worker->token, pin, why));
    return hsm_session_open(worker->token, &worker->session);
}

/* Files may be exchanged by whoever writes the disk; keys not. So every key
 * proves that it belongs to the certificate or object that speaks for it. */
static struct status check_keys(struct hsm_worker *worker, struct reason *why)
{
    struct hsm_session *session = &worker->session;
    struct ca_public_key log;

    TRY(hsm_keys_find(session, &worker->keys, why));
    TRY(hsm_possession(session, worker->keys.handle[HSM_CA], &worker->ca_key,
                       hsm_key_label(HSM_CA), why));
    TRY(hsm_key_spki(session, HSM_LOG, &log, why));
    TRY(api_spki_read(ca_spki(&log), &worker->log_key));
    TRY(hsm_possession(session, worker->keys.handle[HSM_LOG], &worker->log_key,
                       hsm_key_label(HSM_LOG), why));
    TRY(hsm_selftest_intake(session, worker->keys.handle[HSM_INTAKE],
                            buffer_bytes(&worker->intake_certificate), why));
    if (worker->settings.wrapped)
        TRY(hsm_selftest_wrapped(session, worker->keys.handle[HSM_ROOT], why));
    return worker->settings.plain_paths ? hsm_selftest_plain(session, why) : OK;
}

/* Goes on from exactly where the last generation stopped, or not at all. */
static struct status continue_log(struct hsm_worker *worker, struct reason *why)
{
    struct hsm_log *log = &worker->log;
    struct hsm_state anchor;

    TRY(hsm_anchor_read(&worker->session, &anchor, why));
    TRY(hsm_state_check(&log->state, &anchor, why));
    log->file.generation++;
    TRY(hsm_frontier_write(&log->file, &log->state));
    TRY(hsm_anchor_write(&worker->session, &log->state));
    log->anchored = log->state;
    return OK;
}

static struct status open_all(struct hsm_worker *worker, struct bytes config,
                              const struct secret *pin, struct reason *why)
{
    TRY(hsm_settings_read("configuration", config, &worker->settings, why));
    TRY(load_certificates(worker, why));
    TRY(open_frontier(worker, why));
    TRY(open_erased(worker, why));
    TRY(hsm_restored_read(&worker->settings, &worker->restored,
                          &worker->was_restored, why));
    TRY(open_token(worker, pin, why));
    TRY(check_keys(worker, why));
    TRY(continue_log(worker, why));
    TRY(hsm_leaves_new(worker->log.state.frontier.size, &worker->leaves));
    TRY(hsm_proven_new(&worker->proven));
    TRY(hsm_nonces_new(&worker->nonces));
    return hsm_credentials_open(&worker->session, &worker->credentials, why);
}

/* What the token answered once it may not answer again: whoever waits for an
 * operator then would make an outage of an accident. Nothing is served before
 * a start went well, and a code about the PIN (STATUS_DENIED) stays the last.
 */
static bool is_worth_another_try(struct status s)
{
    bool answered = s.origin && strncmp(s.origin, "C_", 2) == 0;
    return s.code == STATUS_UNAVAILABLE || s.code == STATUS_BUSY ||
           s.code == STATUS_NO_MEMORY ||
           (answered &&
            (s.code == STATUS_INVALID || s.code == STATUS_NOT_FOUND));
}

STATUS hsm_worker_open(struct hsm_worker *worker, struct bytes config,
                       const struct secret *pin, bool *refuses,
                       struct reason *why)
{
    *worker = (struct hsm_worker){
        .session = { .handle = CK_INVALID_HANDLE },
        .ca_certificate = buffer_make(CA_CERTIFICATE_MAX),
        .intake_certificate = buffer_make(CA_CERTIFICATE_MAX),
        .log = { .file = { .fd = -1 } },
    };
    pthread_mutex_init(&worker->token_writes, NULL);
    pthread_mutex_init(&worker->log.lock, NULL);

    why->text[0] = '\0';
    struct status s = open_all(worker, config, pin, why);
    if (failed(s) && !why->text[0])
        s = refuse(why, s.code, s.origin, "%s failed (0x%x)",
                   s.origin ? s.origin : "start", (unsigned)s.detail);
    *refuses = failed(s) && !is_worth_another_try(s);
    return s;
}

void hsm_worker_clear(struct hsm_worker *worker)
{
    hsm_credentials_free(worker->credentials);
    hsm_erased_free(worker->erased);
    hsm_leaves_free(worker->leaves);
    hsm_proven_free(worker->proven);
    hsm_judge_free(worker->judge);
    hsm_nonces_free(worker->nonces);
    if (worker->token)
        hsm_session_clear(&worker->session);
    hsm_token_free(worker->token);
    hsm_frontier_close(&worker->log.file);
    buffer_clear(&worker->ca_certificate);
    buffer_clear(&worker->intake_certificate);
    pthread_mutex_destroy(&worker->log.lock);
    pthread_mutex_destroy(&worker->token_writes);
    hsm_settings_clear(&worker->settings);
}
