/* platform.h - where evidence comes from.
 *
 * A platform is one struct of functions; today there is one provider, `sim`,
 * which asks the Node Agent on the same machine. What it answers proves
 * nothing but the agent's word, and everyone who judges it sees that: it ends
 * in a root that is known as a simulator's. */

#ifndef PLATFORM_PLATFORM_H
#define PLATFORM_PLATFORM_H

#include "base/buffer.h"
#include "base/hash.h"
#include "base/status.h"

#define PLATFORM_REPORT_DATA_LEN 64
#define PLATFORM_QUOTE_MAX       ((size_t)32 * 1024)

/* Appends evidence that binds `report_data` to what is running. */
typedef STATUS (*platform_quote_fn)(
    void *context, const unsigned char report_data[PLATFORM_REPORT_DATA_LEN],
    struct buffer *out, struct reason *why);

struct platform {
    const char *name;
    platform_quote_fn quote;
    void *context;
};

/* How the caller reaches the agent: POSTs a JSON `body` to `path` and appends
 * the body of a 200 answer to `answer`; anything else is a failure with a
 * reason. */
typedef STATUS (*platform_post_fn)(void *context, const char *path,
                                   struct bytes body, struct buffer *answer,
                                   struct reason *why);

struct platform_agent {
    platform_post_fn post;
    void *context;
};

/* A simulated program, and who vouches for it. */
struct platform_sim {
    struct hash measurement;
    struct platform_agent agent;
};

/* The provider "sim"; borrows `sim`. Failures are the agent's, or
 * STATUS_INVALID for an answer without a quote of at most PLATFORM_QUOTE_MAX
 * bytes; nothing is appended then. */
struct platform platform_sim(struct platform_sim *sim);

/* What stands for MRENCLAVE there:
 *     SHA-256("accord simulated measurement v1" || SHA-256(runner file) ||
 *             SHA-256(program file) || count 4 || count * (length 4 || bytes))
 * over the `count` arguments, the program's own name (arguments[0]) first:
 * a program may behave differently under another name. STATUS_NOT_FOUND or
 * STATUS_UNAVAILABLE, with the file in the reason, when one cannot be read. */
STATUS platform_sim_measurement(const char *runner, const char *program,
                                const char *const *arguments, size_t count,
                                struct hash *out, struct reason *why);

#endif
