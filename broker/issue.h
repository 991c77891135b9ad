/* issue.h - certificates: recorded first, signed after.
 *
 *   change:  issue_record()  leaf, certificate record, fresh evidence
 *   perform: issue_sign()    the HSM builds and signs, given that leaf */

#ifndef BROKER_ISSUE_H
#define BROKER_ISSUE_H

#include "broker/exchange.h"
#include "pkcs11/pkcs11.h"

struct issue {
    struct pkcs11_certify certify; /* borrows from the members below */
    struct ca_public_key key;
    struct ca_names names; /* requested */
    const char *name_list[CA_NAMES_MAX];
    char common_name[CA_COMMON_NAME_MAX + 1];
    struct api_identity_rule rule;
    struct buffer evidence, material; /* material: of certify.binding */
    struct hash evidence_digest;
    struct policy_verdict verdict; /* on it */
    struct buffer certificate;     /* DER, after issue_sign() */
};

/* Takes key, names and common name of a request (or of our own key). */
STATUS issue_init(struct issue *issue, enum ca_kind kind,
                  const struct ca_public_key *key, const struct ca_names *names,
                  const char *common_name);
/* One more name than was requested: one that is ours to give. */
STATUS issue_add_name(struct issue *issue, const char *name,
                      struct reason *why);
void issue_clear(struct issue *issue);

/* Appends the certificate leaf and puts the record. */
STATUS issue_record(struct exchange *x, struct policy_txn *txn,
                    struct issue *issue);

STATUS issue_sign(struct exchange *x, struct issue *issue);

/* After issue_sign(), for x->keep: the certificate's bytes, by its serial. */
STATUS issue_keep(struct policy_txn *txn, const struct issue *issue);

/* Its serial, known when its leaf is. */
STATUS issue_serial(const struct issue *issue,
                    unsigned char out[CA_SERIAL_LEN]);

/* PEM text of a certificate that was kept, the root behind it;
 * STATUS_NOT_FOUND. */
STATUS issue_kept_pem(const struct exchange *x, struct policy_txn *txn,
                      const unsigned char serial[CA_SERIAL_LEN], json_t **out);

/* What a certificate that was kept says, as the product's CertificateDetails
 * (section 2.5 of the wire contract) without "ias_quote_status" and with an
 * empty CPUSVN. STATUS_NOT_FOUND. */
STATUS issue_kept_details(struct exchange *x, struct policy_txn *txn,
                          const unsigned char serial[CA_SERIAL_LEN],
                          json_t **out);

/* The certificate and the root as PEM text, for an answer. */
json_t *issue_pem(const struct exchange *x, const struct issue *issue);

#endif
