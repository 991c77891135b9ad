/* log_tree.h - the tree above the leaves. Private to log*.c.
 *
 * The root of every perfect subtree of two or more leaves is a record
 * (POLICY_NODE: level, first leaf), written with its last leaf: one for
 * every leaf on average, so that appending and proving take at most
 * log2(size) reads and nothing is ever computed twice. */

#ifndef POLICY_LOG_TREE_H
#define POLICY_LOG_TREE_H

#include "policy/log.h"

/* Writes the nodes that leaf `index`, just appended, completes. */
STATUS log_tree_add(struct policy_txn *txn, uint64_t index,
                    const unsigned char leaf[API_LEAF_LEN]);

#endif
