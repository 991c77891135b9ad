/* dsm_sessions.h - programs that authenticated on the DSM paths.
 *
 * A session belongs to one client certificate: its token is good on
 * connections with that certificate only. It ends when it was not used for
 * DSM_IDLE, at the latest after DSM_LIFE, when it is terminated, and when the
 * certificate opens more than DSM_PER_CERTIFICATE (then the one unused for
 * longest). In memory only: a restart ends all. Of a token only its SHA-256
 * is kept. Safe from several threads; times are seconds. */

#ifndef BROKER_DSM_SESSIONS_H
#define BROKER_DSM_SESSIONS_H

#include "base/hash.h"
#include "base/scope.h"
#include "base/status.h"

#define DSM_IDLE            600
#define DSM_LIFE            ((uint64_t)8 * 3600)
#define DSM_PER_CERTIFICATE 16
#define DSM_SESSIONS_MAX    65536
#define DSM_TOKEN_CHARS     64 /* hexadecimal digits of 32 random bytes */

struct dsm_sessions;

STATUS dsm_sessions_new(struct dsm_sessions **out);
void dsm_sessions_free(struct dsm_sessions *sessions);
DEFINE_AUTO_FREE(dsm_sessions);

/* A new session; its token, the only copy. STATUS_BUSY when there are
 * DSM_SESSIONS_MAX. */
STATUS dsm_sessions_open(struct dsm_sessions *sessions,
                         const struct hash *certificate, uint64_t now,
                         char token[DSM_TOKEN_CHARS + 1]);

/* Counts as a use. False when the token is no live one of this certificate. */
bool dsm_sessions_use(struct dsm_sessions *sessions,
                      const struct hash *certificate, struct bytes token,
                      uint64_t now);

/* Fine when there is none. */
void dsm_sessions_end(struct dsm_sessions *sessions,
                      const struct hash *certificate, struct bytes token);

#endif
