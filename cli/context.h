/* context.h - one membership: where the broker is, what was pinned when
 * joining, who I am there. A directory of its own below
 * $XDG_CONFIG_HOME/accord (0700):
 *
 *     context.json     url, account, person, pinned CA and log key, last head
 *     key.pem          my key, 0600
 *     recovery.pem     my recovery key, 0600: better kept elsewhere
 *     certificate.pem  my certificate
 *     people.json      whom I have met: see acquaintance.h */

#ifndef CLI_CONTEXT_H
#define CLI_CONTEXT_H

#include "api/api.h"
#include "ca/ca.h"

struct context {
    char directory[2048];
    char url[512];
    struct api_id account, person;
    struct buffer ca_pem;      /* the pinned zone CA */
    struct buffer certificate; /* mine, PEM          */
    struct api_spki log_key;
    struct api_head head; /* the last one verified; size 0: none yet */
    struct ca_key *tls;   /* my key, for TLS */
    struct api_key *key;  /* my key, for signing */
    struct api_owner owner;
};

/* "default" unless --context or $ACCORD_CONTEXT names another. */
STATUS context_directory(const char *name, char out[2048], struct reason *why);

STATUS context_open(const char *name, struct context *out, struct reason *why);
/* Without key and certificate: when they are lost, or not needed. */
STATUS context_open_keyless(const char *name, struct context *out,
                            struct reason *why);
void context_clear(struct context *context);

/* Writes context.json (after joining, and when the head has grown). */
STATUS context_save(const struct context *context, struct reason *why);

/* path = directory/file */
STATUS context_file(const struct context *context, const char *file,
                    char out[2200]);

#endif
