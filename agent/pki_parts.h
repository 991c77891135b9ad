/* pki_parts.h - what certificates and revocation lists of simulated platforms
 * share. Private to the simulator. */

#ifndef AGENT_PKI_PARTS_H
#define AGENT_PKI_PARTS_H

#include "agent/openssl_scope.h"
#include "agent/pki.h"
#include "base/status.h"
#include "ca/ca.h"

/* CN and the simulators' organisation. Caller frees. */
STATUS pki_name_of(const char *common_name, X509_NAME **out);

/* The identifier that pki.h gives to `key`. Caller frees. */
STATUS pki_key_id(const struct ca_key *key, ASN1_OCTET_STRING **out);

/* Signs as the vendor's certificates are; AMD's need an RSA key. */
STATUS pki_sign(X509 *certificate, enum pki_manner manner,
                const struct ca_key *issuer);

#endif
