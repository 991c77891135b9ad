/* pkcs11.h - the broker's whole view of the HSM: named jobs over a unix
 * socket to accord-hsm, which checks each of them itself.
 *
 * No CK_ type appears here, and no job says "sign this" or "decrypt this".
 * All calls block, are safe from several threads at once, and give up after
 * the door's deadline. Statuses: STATUS_DENIED when the worker refuses (the
 * reason says why), STATUS_INVALID for malformed fields, STATUS_BUSY and
 * STATUS_UNAVAILABLE when the HSM cannot answer now (nothing is known to
 * have happened), STATUS_CONFLICT where a job says so. */
#ifndef PKCS11_PKCS11_H
#define PKCS11_PKCS11_H

#include "api/api.h"
#include "ca/ca.h"
#include "pkcs11/clear.h"
#include "pkcs11/sealed.h"

struct pkcs11_door;

/* Connects to accord-hsm. `deadline` is in milliseconds, per call, and
 * should exceed the supervisor's own. A lost connection is opened again by
 * the next call. */
STATUS pkcs11_door_open(const char *socket_path, unsigned deadline,
                        struct pkcs11_door **out);
void pkcs11_door_free(struct pkcs11_door *door);

/* False while the connection is known to be lost; true promises nothing. */
bool pkcs11_door_connected(struct pkcs11_door *door);
DEFINE_AUTO_FREE(pkcs11_door);

/* What the ceremony made and where the log stands. */
struct pkcs11_description {
    struct api_id store; /* made by the ceremony, names log and store */
    uint32_t epoch;
    uint64_t generation; /* counts workers; a new one forgets appended leaves */
    struct api_spki ca_key;
    struct api_spki log_key;
    struct buffer ca_certificate;     /* DER */
    struct buffer intake_certificate; /* DER */
    char domain[256];                 /* under which enclave names are made */
    uint64_t size;                    /* leaves in the frontier */
    uint64_t time;                    /* newest leaf, milliseconds */
    struct hash root;
    bool plain_paths;            /* as the worker has ccm.plain_paths */
    bool was_restored;           /* an older store was accepted once: */
    struct api_restore restored; /* the last time                     */
};
void pkcs11_description_clear(struct pkcs11_description *description);
STATUS pkcs11_describe(struct pkcs11_door *door, struct pkcs11_description *out,
                       struct reason *why);

/* Signs and verifies a fixed text with the log key: is the HSM well? */
STATUS pkcs11_probe(struct pkcs11_door *door, struct reason *why);

/* 32 bytes that seal the store's data keys: HMAC-SHA-256(accord-store,
 * "accord store v1" || store id || salt 32). Once per connection. */
STATUS pkcs11_store_key(struct pkcs11_door *door, const struct hash *salt,
                        struct secret **out, struct reason *why);

/* Appends leaves (count * API_LEAF_LEN bytes, at most 512) and signs the new
 * head. The first index must be the frontier's size, time may not go back
 * nor be over 60 s ahead of the HSM host's clock. Leaves older than 60 s are
 * kept but no longer performed. count 0 signs the head as it stands. */
STATUS pkcs11_append(struct pkcs11_door *door, struct bytes leaves,
                     struct api_head *out, struct reason *why);

/* A nonce for evidence, for two minutes or until the worker starts again. */
STATUS pkcs11_nonce(struct pkcs11_door *door, struct hash *out,
                    struct reason *why);

/* A certificate, built and signed by the worker. The leaf must have been
 * appended in this generation, at most 60 s ago, and not yet performed; its
 * subject must cover the fields (leaf.h). Serial = the first 16 bytes of the
 * leaf hash, top bit clear. not before = the leaf's time. For an enclave the
 * verifier child judges the evidence under `rule` and the binding of the CSR
 * key, configuration and nonce (which must be one of pkcs11_nonce(), and must
 * be there when the rule demands one), the certificate may not outlive the
 * rule's age, and the worker itself writes the name
 * <configuration>.<label>.id.<domain> before the requested ones. Evidence that
 * is bound as CA_BINDS_VOUCHED is a node's word: no anchor is asked but this
 * zone's root, and no rule met that is not for such words. The leaf is
 * of kind certificate and filed under `account` itself. Requested names that
 * are the issuer's to give (an enclave may have one of ca_workflow_name_is()),
 * or (server) not among ca.server_names when that is set, are STATUS_DENIED;
 * lives above ca.h's caps STATUS_INVALID. */
struct pkcs11_certify {
    unsigned char leaf[API_LEAF_LEN];
    unsigned char salt[API_SALT_LEN];
    enum ca_kind kind;
    struct bytes spki;        /* DER of the key to certify */
    const char *common_name;  /* UTF-8, at most 64 bytes */
    const char *const *names; /* requested dNSNames, at most 32 */
    size_t names_count;
    struct api_id account, id;
    uint64_t not_after;                   /* seconds */
    struct hash invitation;               /* person: its hash, else zero */
    struct hash configuration;            /* enclave: runtime hash, else zero */
    const struct api_identity_rule *rule; /* enclave; NULL otherwise */
    struct bytes evidence;                /* enclave; empty otherwise */
    struct bytes collateral;   /* what the broker chose to judge it with, as
                                  attest_collateral_encode() has it; empty: none.
                                  Not believed: it is authenticated under the
                                  evidence's own anchor */
    struct hash nonce;         /* enclave: bound by the evidence; zero: none */
    struct ca_binding binding; /* enclave: how its evidence is bound to spki */
};
STATUS pkcs11_certify(struct pkcs11_door *door,
                      const struct pkcs11_certify *certify,
                      struct buffer *certificate_der, struct reason *why);

/* Signs a list of revoked serials (count * 16 bytes, at most 65,536). */
STATUS pkcs11_crl(struct pkcs11_door *door, struct bytes serials,
                  uint64_t this_update, uint64_t next_update, uint64_t number,
                  struct buffer *crl_der, struct reason *why);

/* Destroys a version's key on the token; OK when there is none. */
STATUS pkcs11_erase(struct pkcs11_door *door, const struct api_context *context,
                    struct reason *why);

#endif
