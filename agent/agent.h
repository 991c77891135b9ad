/* agent.h - the Node Agent: what programs on this machine talk to.
 *
 * A small HTTP/1.1 server on loopback with the product's interface (section
 * 2.4 of the wire contract): it forwards certificate requests to the broker
 * and answers when there is an outcome. With a simulator it also makes
 * simulated evidence. It holds no key that a broker trusts (the simulator's
 * count only where a manifest names them) and decides nothing. */

#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include "base/buffer.h"
#include "base/config.h"
#include "base/scope.h"
#include "base/status.h"

struct simulator; /* agent/simulator.h */
struct ca_key;

struct agent_settings {
    const char *address;               /* loopback: 127.0.0.0/8 or ::1        */
    uint16_t port;                     /* 0: any free one                     */
    const char *broker_url;            /* https://host[:port]                 */
    struct bytes broker_roots;         /* PEM: the only roots trusted for it  */
    unsigned connections;              /* at once, at most; 0: 64             */
    const struct simulator *simulator; /* NULL: no simulated evidence  */
    struct bytes node_certificate;     /* DER; empty: vouches for nobody */
    struct ca_key *node_key;           /* its key; borrowed */
};

struct agent;

/* Listens and serves from threads of its own until agent_free(). Copies the
 * texts; borrows the simulator. STATUS_INVALID for an address that is not
 * loopback, a broker's URL or roots that cannot be used; STATUS_UNAVAILABLE
 * when it cannot listen. */
STATUS agent_open(const struct agent_settings *settings, struct agent **out,
                  struct reason *why);

uint16_t agent_port(const struct agent *agent);

/* Stops listening, hangs up on everybody, waits for every thread. A call to
 * the broker that is under way is waited for: at most 50 s. */
void agent_free(struct agent *agent);
DEFINE_AUTO_FREE(agent);

/* The options of accord-agent's configuration file. */
extern const struct config_option agent_options[];
extern const size_t agent_options_count;

#endif
