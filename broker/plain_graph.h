/* plain_graph.h - graphs as the product's clients write them (section 5.11 of
 * the wire contract), read strictly. */

#ifndef BROKER_PLAIN_GRAPH_H
#define BROKER_PLAIN_GRAPH_H

#include "broker/exchange.h"

#define PLAIN_GRAPH_OBJECTS_MAX 256
#define PLAIN_GRAPH_EDGES_MAX   1024

/* Out of a draft, or the contents of a version: {"objects", "edges",
 * "metadata"?, "labels"} in one form: ids in lower case, no nulls, no
 * "acct_id" and "group_id" but those of this account, which go without saying.
 * 400 that names the place for unknown members, wrong types, an object that is
 * not exactly one thing, an edge that ends nowhere. What a draft may still
 * lack is for api_plain_check(). The caller owns *out. */
STATUS plain_graph_read(struct exchange *x, const json_t *from, json_t **out);

/* "acct_id" or "group_id" of `from` is absent or this account's: an account
 * has one group, of its own id. `where` is for the refusal. */
STATUS plain_graph_ours(struct exchange *x, const char *where,
                        const json_t *from, const char *name);

#endif
