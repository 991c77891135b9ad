/* sessions.h - who has logged in with a password, and in which account.
 *
 * Sessions live in memory: a restart ends them, and no disk holds one. A
 * session is known by the SHA-256 of its token; the token itself is given
 * away once and not kept. Safe from several threads.
 *
 * A session ends when it was not used for the idle time, at the latest after
 * the absolute time, when the user's password changes (its epoch), when it is
 * terminated, or when the user opens more than SESSIONS_PER_USER: then the
 * one that was unused for longest. */

#ifndef BROKER_SESSIONS_H
#define BROKER_SESSIONS_H

#include "api/api.h"
#include "base/scope.h"
#include "base/secret.h"

#define SESSIONS_PER_USER   64
#define SESSION_TOKEN_CHARS 43 /* base64url of 32 random bytes */

/* How the client spoke when it logged in: em-client 2 wants 200 for answers
 * without a body, everybody else 204; a cookie wants X-CSRF-Header. */
enum session_form { SESSION_V2, SESSION_V4, SESSION_COOKIE };

struct session {
    struct hash id; /* SHA-256 of the token */
    struct api_id user;
    struct api_id account; /* selected; zero: none */
    uint64_t epoch;        /* of the user's password */
    enum session_form form;
    uint64_t opened, used; /* seconds */
};

struct sessions;

/* Idle and absolute life in seconds. */
STATUS sessions_new(uint64_t idle, uint64_t absolute, struct sessions **out);
void sessions_free(struct sessions *sessions);
DEFINE_AUTO_FREE(sessions);

/* A session of `user`; *token (SESSION_TOKEN_CHARS characters, no NUL) is the
 * only copy. */
STATUS sessions_open(struct sessions *sessions, const struct api_id *user,
                     uint64_t epoch, enum session_form form, uint64_t now,
                     struct secret **token, struct session *out);

enum session_state { SESSION_UNKNOWN, SESSION_EXPIRED, SESSION_LIVE };

/* The session of a token, and counts as a use of it. *out is filled for
 * SESSION_LIVE only; an expired one is forgotten. */
enum session_state sessions_find(struct sessions *sessions, struct bytes token,
                                 uint64_t now, struct session *out);

/* Does nothing when the session has ended meanwhile. */
void sessions_select(struct sessions *sessions, const struct hash *id,
                     const struct api_id *account);
void sessions_end(struct sessions *sessions, const struct hash *id);

/* All of a user's sessions but `keep` (may be NULL), which goes on under the
 * new epoch. */
void sessions_end_all(struct sessions *sessions, const struct api_id *user,
                      const struct hash *keep, uint64_t epoch);

/* When the session ends at the latest, and when if it is not used. */
uint64_t sessions_absolute_end(const struct sessions *sessions,
                               const struct session *session);
uint64_t sessions_idle_end(const struct sessions *sessions,
                           const struct session *session);

#endif
