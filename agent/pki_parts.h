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

OPENSSL_SCOPE(evp_md_ctx_st, EVP_MD_CTX_free);

/* Makes ready to sign as the vendor does; AMD's manner needs an RSA key.
 * Caller frees. */
STATUS pki_signing(enum pki_manner manner, const struct ca_key *issuer,
                   EVP_MD_CTX **out);
/* Signs so. */
STATUS pki_sign(X509 *certificate, enum pki_manner manner,
                const struct ca_key *issuer);

#endif
