/* certificate.h - build certificates from fixed fields, and read them back.
 *
 * Every certificate Accord issues carries one non-critical extension of its
 * own, CA_STATEMENT_OID, below the arc of the UUID
 * 641b6ab4-c0b3-4274-b0ba-a8f8d3da1abd (ITU-T X.667): an OCTET STRING of
 *     version 1 (= 1) || kind 1 || account 16 || id 16 ||
 *     evidence kind 1 || identity hash 32 || evidence digest 32 ||
 *     evidence time 8 (milliseconds, big-endian) || configuration hash 32
 * with zeros where a field does not apply. */

#ifndef CA_CERTIFICATE_H
#define CA_CERTIFICATE_H

#include "api/api.h"
#include "base/buffer.h"
#include "ca/key.h"
#include "ca/name.h"

#define CA_STATEMENT_OID   "2.25.133065155849797100717150865122796378813.1"
#define CA_INTAKE_USE_OID  "2.25.133065155849797100717150865122796378813.2"
#define CA_STATEMENT_LEN   139
#define CA_SERIAL_LEN      16
#define CA_KEY_ID_LEN      20
#define CA_COMMON_NAME_MAX 64 /* bytes of UTF-8, no control characters */
#define CA_CERTIFICATE_MAX 8192

enum ca_kind {
    CA_SERVER = 1,  /* the broker                                     */
    CA_PERSON = 2,  /* an owner, administrator or auditor             */
    CA_NODE = 3,    /* a Node Agent                                   */
    CA_ENCLAVE = 4, /* a program whose evidence was verified          */
    CA_INTAKE = 5,  /* the RSA key that credentials are sealed to     */
};

/* "server", "person", "node", "enclave", "intake"; NULL for no kind. */
const char *ca_kind_name(enum ca_kind kind);

/* Longest life in seconds: server and node 30 days, person 365 days,
 * enclave 48 hours, intake 3,652 days; 0 for no kind. */
uint64_t ca_lifetime_max(enum ca_kind kind);

/* What a certificate says about its subject. Server and intake: kind only.
 * Person, node: account (zero for none) and id; an attested node evidence
 * too. Enclave: all; only id and evidence time may be zero. Evidence kind,
 * digest and identity hash are stated all three or not at all. */
struct ca_statement {
    enum ca_kind kind;
    struct api_id account;
    struct api_id id;          /* the person, node, or build        */
    uint8_t evidence_kind;     /* enum api_kind                     */
    struct hash identity;      /* of the manifest rule that matched */
    struct hash evidence;      /* digest                            */
    uint64_t evidence_time;    /* milliseconds since the epoch      */
    struct hash configuration; /* runtime configuration hash        */
};

struct ca_certificate_fields {
    struct ca_statement statement;
    struct bytes spki;                   /* DER of the key to certify  */
    unsigned char serial[CA_SERIAL_LEN]; /* top bit clear, not zero    */
    uint64_t not_before, not_after;      /* seconds                    */
    const char *common_name;             /* NULL or "": empty subject  */
    const char *const *names;            /* dNSNames, in order         */
    size_t names_count;
};

/* Appends the DER of a certificate issued by the root `issuer` (DER):
 *     X.509 v3, ecdsa-with-SHA256, CA:FALSE critical;
 *     keyUsage critical: digitalSignature, intake keyEncipherment;
 *     EKU: server serverAuth, person clientAuth, node and enclave both,
 *     intake CA_INTAKE_USE_OID (so that nobody takes it for a TLS server);
 *     SAN, critical when the subject is empty, with an iPAddress besides for
 *     every IP literal; both key identifiers; the extension above.
 * STATUS_INVALID with a reason for fields that no such certificate may have:
 * life over the cap or outside the root's, a key type other than P-256
 * (enclave: any; intake: RSA-3072), names on a person, node or intake, none
 * on a server, other than exactly one name of the enclave's form with the
 * stated configuration on an enclave. The signer's failure is passed on; a
 * signature by it that does not hold is STATUS_UNAVAILABLE. */
STATUS ca_certificate_build(const struct ca_certificate_fields *fields,
                            struct bytes issuer, const struct ca_signer *signer,
                            struct buffer *der_out, struct reason *why);

/* What a certificate of ours says. A value: copied by assignment. */
struct ca_facts {
    struct ca_statement statement;
    struct ca_public_key key;
    unsigned char serial[CA_SERIAL_LEN];
    uint64_t not_before, not_after; /* seconds */
    char common_name[CA_COMMON_NAME_MAX + 1];
    struct ca_names names;               /* dNSNames */
    unsigned char issuer[CA_KEY_ID_LEN]; /* first bytes of the root's
                                            SPKI hash; compare, do not trust */
    bool client, server;                 /* extended key usage */
};

/* Reads a certificate of exactly the form ca_certificate_build() writes, and
 * refuses everything else with STATUS_INVALID and a reason: unknown, doubled,
 * misplaced or missing extensions, trailing bytes, negative or longer
 * serials, names outside the grammar, usages that do not fit the kind. Does
 * NOT check the signature or the time: ca_chain_verify() or
 * ca_signature_verify(). */
STATUS ca_certificate_read(struct bytes der, struct ca_facts *out,
                           struct reason *why);

#endif
