/* channel.h - calls to the broker as the person of a context.
 *
 * Every receipt in an answer is verified, and the log's head must be
 * consistent with the last one this context has seen: a broker that forks
 * or cuts its history is caught here. */

#ifndef CLI_CHANNEL_H
#define CLI_CHANNEL_H

#include "cli/context.h"
#include "http/http.h"

struct channel {
    struct context context;
    struct http_client *http;
};

/* Opens the context and prepares the connection. */
STATUS channel_open(const char *context_name, struct channel *out,
                    struct reason *why);
/* The same as nobody: for a key that is lost or being replaced. The context
 * has neither key nor certificate. */
STATUS channel_open_anonymous(const char *context_name, struct channel *out,
                              struct reason *why);
void channel_clear(struct channel *channel);

/* One call. `body` NULL: none. *out is the answer's JSON (NULL for none).
 * Anything but 2xx is a failure whose reason is the broker's own sentence
 * with its code; 202 sets nothing and is OK. */
STATUS channel_call(struct channel *channel, enum http_method method,
                    const char *path, const json_t *body, json_t **out,
                    struct reason *why);

/* The failure that an answer other than 2xx stands for: its sentence with
 * its code; the faults in it go to standard error. */
STATUS channel_refusal(int http_status, const json_t *problem,
                       struct reason *why);

/* GET of a formatted path. */
STATUS channel_get(struct channel *channel, json_t **out, struct reason *why,
                   const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Asks for the newest head, verifies signature and consistency with the one
 * remembered, remembers it. */
STATUS channel_check_head(struct channel *channel, struct reason *why);

#endif
