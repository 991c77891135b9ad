/* status.h - how a function in this project says that it failed.
 *
 * A status is a value: two registers wide, nothing to free, nothing
 * thread-local. Callers branch on `code`. `origin` and `detail` name the
 * foreign call that failed and that call's own error number; they are for
 * the operator and never reach a client. Where a person made the mistake,
 * the function also takes a struct reason and says there what was wrong. */

#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <stdbool.h>
#include <stdint.h>

enum status_code {
    STATUS_OK = 0,
    STATUS_INVALID,     /* the request is malformed                      */
    STATUS_DENIED,      /* policy said no                                */
    STATUS_NOT_FOUND,   /* no such key, person or route                  */
    STATUS_CONFLICT,    /* already there, or changed under us            */
    STATUS_BUSY,        /* a queue or the token is full: try again       */
    STATUS_UNAVAILABLE, /* HSM, store or log is not answering            */
    STATUS_CORRUPT,     /* stored data failed its own checks             */
    STATUS_NO_MEMORY,
};

struct status {
    const char *origin; /* string literal, e.g. "C_Login"; may be NULL   */
    uint32_t detail;    /* CKR_, MDB_ or errno value; 0 if there is none */
    enum status_code code;
};

#define MUST_USE __attribute__((warn_unused_result))
#define STATUS   MUST_USE struct status
#define OK       ((struct status){ 0 })

static inline bool failed(struct status s)
{
    return s.code != STATUS_OK;
}

static inline struct status failure(enum status_code code, const char *origin,
                                    uint32_t detail)
{
    return (struct status){ origin, detail, code };
}

/* Did the looking fail, for want of memory or of a service, and not what was
 * looked at? Such a failure is passed on: it is neither a refusal nor an
 * absence. */
static inline bool is_wanting(struct status s)
{
    return s.code == STATUS_NO_MEMORY || s.code == STATUS_UNAVAILABLE ||
           s.code == STATUS_BUSY;
}

/* For the rare result that truly does not matter. Say why beside it. */
static inline void status_ignore(struct status s)
{
    (void)s;
}

/* The only macro in this project that hides a `return`. */
#define TRY(expression)                                                        \
    do {                                                                       \
        struct status try_ = (expression);                                     \
        if (failed(try_))                                                      \
            return try_;                                                       \
    } while (0)

/* The stable word for a code: "ok", "invalid", "denied", ... */
const char *status_name(enum status_code code);

/* One sentence for a person: what was wrong, naming the member, line or
 * object. Never holds a secret. An empty text means nothing was said. */
struct reason {
    char text[240];
};

/* Writes the sentence into `why` (NULL is fine; longer text is cut) and
 * returns failure(code, origin, 0), so that a check reads:
 *     return refuse(why, STATUS_INVALID, "name", "name is empty"); */
STATUS refuse(struct reason *why, enum status_code code, const char *origin,
              const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same because of another failure; a wanting one is returned itself. */
STATUS refuse_for(struct status because, struct reason *why,
                  enum status_code code, const char *origin, const char *format,
                  ...) __attribute__((format(printf, 5, 6)));

#endif
