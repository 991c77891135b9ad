/* programs.h - certificates as people are shown them, and through which node
 * a program got its own (sections 2.5, 5.6 and 5.14 of the wire contract).
 *
 * Of each app and node the newest certificate is remembered, as POLICY_PLACED.
 * The node is what the request said of itself, unless a node's word is the
 * evidence: it is shown and decides nothing. */

#ifndef BROKER_PROGRAMS_H
#define BROKER_PROGRAMS_H

#include "broker/attesting.h"

/* The key of what is remembered of an app on a node. */
struct policy_key program_key(const struct api_id *account,
                              const struct api_id *app,
                              const struct api_id *node);

/* In the transaction of attesting_change(), behind issue_record(): the program
 * got its certificate through `node` of its own account, as its record says
 * from now on. Of a build without app nothing more is remembered; else
 * a->placed is set. */
STATUS program_put(struct exchange *x, struct policy_txn *txn,
                   struct attesting *a, const struct api_id *node);

/* Lets a->node be only if the program's account has such a node; tells
 * whether it does, or names none. */
STATUS program_check_node(struct exchange *x, struct attesting *a, bool *known);

/* Nothing of the app is left; nothing of one of its builds. */
STATUS program_forget_app(struct policy_txn *txn, const struct api_id *account,
                          const struct api_id *app);
STATUS program_forget_build(struct policy_txn *txn,
                            const struct api_id *account, const json_t *build);

/* --- program_view.c ------------------------------------------------------- */

/* A Certificate out of a POLICY_CERTIFICATE record, under its serial. */
STATUS program_certificate(struct exchange *x, struct policy_txn *txn,
                           const unsigned char serial[CA_SERIAL_LEN],
                           const json_t *record, json_t **out);

/* The Certificate, and the CertificateDetails, of the app on that node.
 * STATUS_NOT_FOUND when there is none. */
STATUS program_at(struct exchange *x, struct policy_txn *txn,
                  const struct api_id *app, const struct api_id *node,
                  json_t **out);
STATUS program_details_at(struct exchange *x, struct policy_txn *txn,
                          const struct api_id *app, const struct api_id *node,
                          json_t **out);

/* Appends the AppNodeInfo of each node of an app, of each app of a node, or
 * of each node of a build. */
STATUS program_list_of_app(struct exchange *x, struct policy_txn *txn,
                           const struct api_id *app, json_t *list);
STATUS program_list_of_node(struct exchange *x, struct policy_txn *txn,
                            const struct api_id *node, json_t *list);
/* Of all nodes of the account at once: {node: [AppNodeInfo]}, added to `map`.
 */
STATUS program_list_by_node(struct exchange *x, struct policy_txn *txn,
                            json_t *map);
STATUS program_list_of_build(struct exchange *x, struct policy_txn *txn,
                             const json_t *build, json_t *list);

/* Is there a node on which the build has a certificate that is still good? */
STATUS program_is_placed(struct exchange *x, struct policy_txn *txn,
                         const json_t *build, bool *out);

#endif
