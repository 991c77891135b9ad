/* accord.h - libaccord: a confidential program's way to its data.
 *
 * For programs that fetch and deliver their data themselves instead of being
 * run by `accord-enclave run`. The steps are the same: a fresh key, evidence,
 * a certificate, the runtime configuration (whose hash must be the one asked
 * for), the credentials of every dataset in it, opened here and nowhere else.
 * The key and the credentials never leave the library.
 *
 *     struct accord_options options = ACCORD_OPTIONS_INIT;
 *     struct accord_session *session;
 *     options.configuration = "<64 hexadecimal digits>";
 *     if (accord_session_open(&options, &session) != ACCORD_OK)
 *         fprintf(stderr, "%s\n", accord_error(session));
 *     accord_session_free(session);
 *
 * A session belongs to one thread at a time. */

#ifndef ENCLAVE_ACCORD_H
#define ENCLAVE_ACCORD_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ACCORD_EXPORT __attribute__((visibility("default")))

/* Also the exit codes of accord-enclave. */
enum accord_result {
    ACCORD_OK = 0,
    ACCORD_ERROR = 1,
    ACCORD_USAGE = 2,       /* an option is missing or wrong             */
    ACCORD_DENIED = 3,      /* configuration or credentials refused      */
    ACCORD_ATTESTATION = 7, /* no evidence, or no certificate for it     */
    ACCORD_UNAVAILABLE = 8, /* agent, broker or object store: try again  */
};

/* Borrowed for the call of accord_session_open(). */
struct accord_options {
    size_t size; /* sizeof(struct accord_options)                   */
    const char *configuration; /* runtime configuration hash, 64 hex digits */
    const char *agent;   /* NULL: http://127.0.0.1:9092                     */
    const char *broker;  /* NULL: https://localhost:9443                    */
    const char *ca_file; /* PEM of the only root to trust; NULL: the one
                            that comes with the certificate, for as long as
                            it takes to read the configuration              */
    const char *log_key; /* SHA-256 (hex) of the log's key: then heads must
                            be signed by it; NULL: not checked              */
    const char *head;    /* a file for the newest head of the log that was seen:
                            a log that does not continue it is refused before
                            any credential is asked for; made when it does not
                            exist; needs log_key. NULL: nothing is kept         */
    const char *program; /* what is measured; NULL: this executable         */
    const char *const *arguments; /* NULL-terminated, its name first; NULL:
                                     none                                   */
    const char *simulate; /* NULL: whatever platform this machine has, and the
                             agent's simulator where it has none; "sgx", "tdx",
                             "snp" or "nitro": the simulator, of that kind   */
    int allow_http; /* not 0: datasets may lie at http:// locations         */
    void (*progress)(void *context, const char *line); /* NULL: silent      */
    void *progress_context;
};

#define ACCORD_OPTIONS_INIT                                                    \
    {                                                                          \
        .size = sizeof(struct accord_options)                                  \
    }

struct accord_session;

/* All steps up to open credentials. *out is set on failure too (to NULL when
 * out of memory), so that accord_error() can say why; always free it. */
ACCORD_EXPORT enum accord_result accord_session_open(
    const struct accord_options *options, struct accord_session **out);

/* Wipes key and credentials. NULL is fine. */
ACCORD_EXPORT void accord_session_free(struct accord_session *session);

/* What went wrong last: "step: reason (code)"; "" when nothing did. Never
 * holds a secret. Valid until the next call with this session. */
ACCORD_EXPORT const char *accord_error(const struct accord_session *session);

/* The datasets on this program's ports, by port and object name. Names and
 * locations are borrowed from the session; NULL for an index out of range. */
ACCORD_EXPORT size_t accord_dataset_count(const struct accord_session *session);
ACCORD_EXPORT const char *accord_dataset_name(
    const struct accord_session *session, size_t index);
ACCORD_EXPORT const char *accord_dataset_port(
    const struct accord_session *session, size_t index);
ACCORD_EXPORT const char *accord_dataset_location(
    const struct accord_session *session, size_t index);

/* Fetches and decrypts one dataset into the regular file `fd`, from its
 * current position. On failure the file is cut back to where it was: no byte
 * counts before its tag held. */
ACCORD_EXPORT enum accord_result accord_download(struct accord_session *session,
                                                 size_t index, int fd);

/* Encrypts the regular file `fd`, from its current position to its end, and
 * puts it where the dataset lies. */
ACCORD_EXPORT enum accord_result accord_upload(struct accord_session *session,
                                               size_t index, int fd);

#ifdef __cplusplus
}
#endif

#endif
