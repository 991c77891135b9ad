/* settings.h - accord-hsm's configuration: one table, read once by the
 * supervisor and handed to its children as a frozen text. */

#ifndef PKCS11_SETTINGS_H
#define PKCS11_SETTINGS_H

#include <sys/types.h>

#include "base/config.h"
#include "pkcs11/token.h"

#define HSM_THREADS_MAX 64
#define HSM_CONFIG_MAX  ((size_t)256 * 1024)

enum hsm_sandbox {
    HSM_SANDBOX_NONE,    /* rlimits and no_new_privs only              */
    HSM_SANDBOX_LOCAL,   /* seccomp: files yes, sockets and exec no    */
    HSM_SANDBOX_NETWORK, /* seccomp: sockets too, for a network HSM    */
};

struct hsm_settings {
    struct config *config; /* owns all texts below */
    struct hsm_place place;
    const char *pin_file; /* "": $CREDENTIALS_DIRECTORY/pin */
    const char *socket;
    const char *state_directory;
    const char *domain;
    bool wrapped;     /* keys of new credentials lie outside the token */
    bool plain_paths; /* credentials of the CCM class may pass in clear */
    unsigned threads;
    unsigned wait_limit;   /* milliseconds a job may wait to run       */
    unsigned run_limit;    /* milliseconds a job may run               */
    unsigned token_limit;  /* the same for login and token writes      */
    unsigned memory_limit; /* MiB of RSS at which a worker is replaced */
    enum hsm_sandbox sandbox;
};

extern const struct config_option hsm_options[];
extern const size_t hsm_options_count;

/* Parses a configuration text (named `name` in messages) and checks what
 * one option cannot say alone. */
STATUS hsm_settings_read(const char *name, struct bytes text,
                         struct hsm_settings *out, struct reason *why);
void hsm_settings_clear(struct hsm_settings *settings);

/* Lists: the users who may connect, the names of the broker, the anchors. */
size_t hsm_peers_count(const struct hsm_settings *settings);
const char *hsm_peer_at(const struct hsm_settings *settings, size_t index);
size_t hsm_server_names_count(const struct hsm_settings *settings);
const char *hsm_server_name_at(const struct hsm_settings *settings,
                               size_t index);

/* Calls `take` for every anchor file, in order: label, path, simulated. */
typedef STATUS (*hsm_anchor_fn)(void *context, struct bytes label,
                                const char *path, bool simulated,
                                struct reason *why);
STATUS hsm_anchors_each(const struct hsm_settings *settings, hsm_anchor_fn take,
                        void *context, struct reason *why);

/* The user that a peer of the list means. STATUS_NOT_FOUND with a reason. */
STATUS hsm_peer_uid(const char *peer, uid_t *out, struct reason *why);

/* state_directory "/" name, into `out`. */
#define HSM_PATH_MAX 4352
STATUS hsm_state_path(const struct hsm_settings *settings, const char *name,
                      char out[HSM_PATH_MAX]);

/* Locks the state directory until *out and all its duplicates are closed: two
 * on one token would spoil both. A worker inherits it, so that none works
 * beside the next supervisor's. STATUS_CONFLICT when another still has it
 * after three seconds. */
STATUS hsm_lock_state(const struct hsm_settings *settings, int *out,
                      struct reason *why);

#define HSM_FRONTIER_FILE "frontier"
#define HSM_CA_FILE       "ca.pem"
#define HSM_INTAKE_FILE   "intake.pem"
#define HSM_RESTORED_FILE "restored"
#define HSM_ERASED_FILE   "erased"

#endif
