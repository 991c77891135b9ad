/* certificate_form.h - the one form of our certificates. Private to ca/.
 *
 * The reader takes a certificate's facts out, writes them down again with
 * form_put_tbs() and compares: a certificate is of our form if and only if
 * the bytes agree. So there is one description of the form, the writer. */

#ifndef CA_CERTIFICATE_FORM_H
#define CA_CERTIFICATE_FORM_H

#include "ca/certificate.h"

/* Who signs, as it stands in the certificate: both its name and the key
 * identifier are the first bytes of the SHA-256 of its SPKI. */
struct form_issuer {
    unsigned char key_id[CA_KEY_ID_LEN];
};

struct form_issuer form_issuer_of(const struct ca_public_key *key);

/* Everything ca_certificate_build() refuses, but for the issuer's life. */
STATUS form_check(const struct ca_certificate_fields *fields,
                  const struct ca_public_key *key, struct reason *why);

/* The part that is signed. The fields must have passed form_check(). */
void form_put_tbs(struct buffer *out,
                  const struct ca_certificate_fields *fields,
                  const struct ca_public_key *key,
                  const struct form_issuer *issuer);

/* --- pieces that the root and the CRL share ------------------------------ */

#define FORM_ROOT_NAME "Accord Zone Root " /* and 16 digits of the key id */

/* Name with one CN as UTF8String; an empty Name for NULL or "". */
void form_put_name(struct buffer *out, const char *common_name);
void form_put_issuer_name(struct buffer *out, const struct form_issuer *issuer);

/* Extension with the contents of its OCTET STRING. */
void form_put_extension(struct buffer *out, struct bytes oid, bool critical,
                        struct bytes value);
void form_put_authority(struct buffer *out, const struct form_issuer *issuer);
void form_put_subject_key(struct buffer *out, const struct ca_public_key *key);

/* KeyUsage from its first byte, most significant bit digitalSignature. */
void form_put_key_usage(struct buffer *out, uint8_t bits);
#define FORM_DIGITAL_SIGNATURE 0x80u
#define FORM_KEY_ENCIPHERMENT  0x20u
#define FORM_KEY_CERT_SIGN     0x04u
#define FORM_CRL_SIGN          0x02u

/* version 3, serial, ecdsa-with-SHA256, issuer, validity */
void form_put_head(struct buffer *out,
                   const unsigned char serial[CA_SERIAL_LEN],
                   const struct form_issuer *issuer, uint64_t not_before,
                   uint64_t not_after);

/* A serial we may issue: positive in 16 bytes. */
STATUS form_serial_check(const unsigned char serial[CA_SERIAL_LEN],
                         struct reason *why);

/* UTF-8 without control characters, at most CA_COMMON_NAME_MAX bytes. */
bool form_is_common_name(struct bytes text);

/* --- statement.c --------------------------------------------------------- */

void statement_put(struct buffer *out, const struct ca_statement *statement);
STATUS statement_read(struct bytes value, struct ca_statement *out);

/* The fields that the kind must have and must not have. */
STATUS statement_check(const struct ca_statement *statement,
                       struct reason *why);

#endif
