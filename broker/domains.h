/* domains.h - which domains a program of the CCM class may have in its
 * certificate: those that were approved for its app. */

#ifndef BROKER_DOMAINS_H
#define BROKER_DOMAINS_H

#include "broker/exchange.h"

/* The build's record names its APP ("app"), whose record lists
 * "whitelisted_domains". STATUS_DENIED with the code "domain" when a requested
 * name, the common name included, is not among them; an empty common name asks
 * for nothing. The signed class has no such list: whoever signs agrees to a
 * program, not to its names. */
STATUS domains_check(struct exchange *x, struct policy_txn *txn,
                     const struct policy_candidate *candidate,
                     const struct ca_names *names, const char *common_name);

#endif
