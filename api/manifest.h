/* manifest.h - what all owners of a workflow sign: derived, frozen, the same
 * on both sides.
 *
 * A *proposal* is everything the manifest is derived from, as one JSON object
 * (the broker serves it; the owner's own client derives the manifest from it
 * again and compares byte for byte):
 *
 *   {"account": uuid, "workflow": uuid, "version": integer, "name": text,
 *    "description": text,
 *    "parent": null | {"version": integer, "digest": hash},
 *    "zone_ca": PEM text,
 *    "objects": {key: {"name", "user_id", "description"?,
 *                      "ref": {"dataset": {"dataset_id"}} |
 *                             {"app": {"image_id", "config_id"}}}},
 *    "edges": {key: {"source": {"id", "port"?}, "target": {"id", "port"?}}},
 *    "configurations": {config id: {"name", "app_config", "labels",
 *                                   "ports": [text]}},
 *    "builds": {uuid: {"name", "owner": base64 of api_owner_encode,
 *                      "random": base64 16, "rule": RULE,
 *                      "signature": base64 64}},
 *    "datasets": {uuid: {"name", "owner", "random", "location", "flags": 0,
 *                        "limits": {"evidence"?: DEMANDS}}},
 *    "people": {uuid: {"name", "owner": base64 of api_owner_encode}}}
 *
 *   RULE = {"kind": "sgx-simulated", "debug": bool, "tcb": ["UpToDate", ...],
 *           "anchor": hash, and the members of the kind (identity.h): hex, int
 *           or bool, null where the form does not use them;
 *           "age"?, "evaluation"?, "nonce"?, "exception"? (terms.h)}
 *   DEMANDS: terms.h, api_rule_tighten()
 *
 * A build's signature is by the key that speaks at the end of the record's own
 * "owner" over
 *     "accord build v1 rule" || account 16 || build 16 || identity hash 32.
 * The key changes of builds and datasets must be among those of `people`.
 *
 * The *manifest* is canonical JSON:
 *   {"accord": "manifest/v1", "account", "workflow", "version", "name",
 *    "description", "parent": null | hash,
 *    "objects", "edges":   the graph, without positions
 *    "apps": {object key: {"name", "build", "build_name", "owner": hash,
 *                          "rule": RULE as strict as the owners of all its
 *                          datasets demand, "identity": hash of that,
 *                          "configuration": config id,
 *                          "runtime": runtime configuration hash,
 *                          "signed_by"?: SHA-256 of the SPKI that signed the
 *                          build, when its owner has replaced it since}},
 *    "datasets": {object key: {"name", "dataset", "dataset_name",
 *                          "owner": hash, "location", "flags", "limits",
 *                          "ports": [{"app": key, "port": text}] sorted}},
 *    "people": {uuid: {"name", "key": SHA-256 of the current SPKI,
 *                      "owner": hash}}     exactly the owners of the graph,
 *    "zone_ca": SHA-256 of the zone CA's PEM text}
 * digest = SHA-256(manifest). */

#ifndef API_MANIFEST_H
#define API_MANIFEST_H

#include "api/identity.h"
#include "api/json.h"
#include "api/key.h"

#define API_MANIFEST_MAX ((size_t)1024 * 1024)

STATUS api_rule_from_json(const json_t *rule, struct api_identity_rule *out,
                          struct reason *why);
json_t *api_rule_to_json(const struct api_identity_rule *rule);

/* The message a build's owner signs (20 + 16 + 16 + 32 = 84 bytes). */
STATUS api_build_message(const struct api_id *account,
                         const struct api_id *build,
                         const struct hash *identity, struct buffer *out);

/* One fault per element: a JSON array of {"where": "edges.e1.target",
 * "fault": "..."}; empty when the graph may be submitted. Every rule of
 * section 6.7 of the wire contract, plus: `user_id` is the owner of the
 * object's dataset or build; names unique in a graph; apps that are connected
 * have names that can stand in a host name; UUIDv4 objects (CCM class) are
 * refused with their own sentence. Looks up only what the proposal holds. The
 * caller owns *out. */
STATUS api_proposal_check(const json_t *proposal, json_t **out);
/* The same for a graph of the CCM class (plain_manifest.h). */
STATUS api_plain_check(const json_t *proposal, json_t **out);

/* Of a proposal without faults: [{"where": "objects.app-1", "note": "..."}],
 * one for each app that no edge is at, and for each port of the others that
 * none is at. The caller owns *out. */
STATUS api_graph_idle(const json_t *proposal, json_t **out);

/* The runtime configuration of one app object (section 6.7, derivation):
 * {"app_config", "labels", "zone_ca", "workflow"}. The caller owns *out. */
STATUS api_runtime_configuration(const json_t *proposal, const char *app,
                                 json_t **out, struct reason *why);

/* Appends the manifest's canonical text. Recomputes every id, owner hash,
 * identity hash and configuration hash and verifies every build signature
 * and key chain; STATUS_INVALID or STATUS_DENIED with a reason at the first
 * that does not hold. */
STATUS api_manifest_text(const json_t *proposal, struct buffer *out,
                         struct reason *why);

/* What decide() needs of one app of a manifest. */
struct api_manifest_app {
    const char *key; /* object key, borrowed from the manifest */
    struct api_id build;
    struct api_identity_rule rule;
    struct hash identity;
    struct hash runtime;
};

/* Finds the app with this runtime configuration hash; STATUS_NOT_FOUND.
 * STATUS_CORRUPT when its identity is not the hash of its rule. */
STATUS api_manifest_app(const json_t *manifest, const struct hash *runtime,
                        struct api_manifest_app *out);

/* The dataset object on a port of that app, or STATUS_NOT_FOUND: its
 * manifest entry (borrowed). */
STATUS api_manifest_dataset(const json_t *manifest, const char *app,
                            const struct api_id *dataset, const json_t **out);

#endif
