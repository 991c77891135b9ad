/* oid.h - the object identifiers this folder knows, as DER contents.
 * Private to ca/. */

#ifndef CA_OID_H
#define CA_OID_H

#include "base/bytes.h"
#include "base/status.h"

extern const struct bytes oid_ec_public_key;
extern const struct bytes oid_p256;
extern const struct bytes oid_p384;
extern const struct bytes oid_rsa;
extern const struct bytes oid_ecdsa_sha256;
extern const struct bytes oid_ecdsa_sha384;
extern const struct bytes oid_ecdsa_sha512;
extern const struct bytes oid_rsa_sha256;
extern const struct bytes oid_rsa_sha384;
extern const struct bytes oid_rsa_sha512;
extern const struct bytes oid_common_name;
extern const struct bytes oid_extension_request;
extern const struct bytes oid_subject_key_id;
extern const struct bytes oid_key_usage;
extern const struct bytes oid_alternative_names;
extern const struct bytes oid_basic_constraints;
extern const struct bytes oid_crl_number;
extern const struct bytes oid_authority_key_id;
extern const struct bytes oid_extended_usage;
extern const struct bytes oid_server_auth;
extern const struct bytes oid_client_auth;
extern const struct bytes oid_statement;
extern const struct bytes oid_intake_use;
extern const struct bytes oid_sgx_subject; /* F.1.1; a number follows */
extern const struct bytes oid_configuration;
extern const struct bytes oid_tdx_subject;
extern const struct bytes oid_snp_subject;

#define OID_TEXT 64

/* Dotted text, NUL-terminated; STATUS_INVALID when it is no identifier or
 * longer than that. */
STATUS oid_text(struct bytes oid, char out[OID_TEXT]);

#endif
