/* rsa.h - AMD's signatures on certificates: RSA-4096, PSS with SHA-384 and a
 * salt of 48 bytes. Private to attest/. */

#ifndef ATTEST_RSA_H
#define ATTEST_RSA_H

#include <openssl/types.h>

#include "base/bytes.h"

/* Whether the certificate's key is of rsaEncryption with 4096 bits. */
bool attest_rsa_has(const X509 *certificate);

/* Whether `algorithm` is exactly that: PSS has parameters, and a signature
 * over SHA-1 or without salt is PSS as well. */
bool attest_rsa_is_pss(const X509_ALGOR *algorithm);

/* The algorithm a certificate is signed with. */
bool attest_rsa_signed(const X509 *certificate);

#endif
