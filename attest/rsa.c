#include "attest/rsa.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#define RSA_BITS 4096

/* RFC 4055: SHA-384, MGF1 with SHA-384, salt of 48, trailer 1. AMD has written
 * the trailer out, though DER leaves a default away, and has stopped. */
static const unsigned char pss[] = {
    0x30, 0x34, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,
    0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0xa1, 0x1c, 0x30,
    0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
    0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
    0x04, 0x02, 0x02, 0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, 0x30,
};
static const unsigned char trailer[] = { 0xa3, 0x03, 0x02, 0x01, 0x01 };

bool attest_rsa_has(const X509 *certificate)
{
    const EVP_PKEY *key = X509_get0_pubkey(certificate);
    return key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA &&
           EVP_PKEY_get_bits(key) == RSA_BITS;
}

bool attest_rsa_is_pss(const X509_ALGOR *algorithm)
{
    const ASN1_OBJECT *object;
    const void *value;
    int type;
    X509_ALGOR_get0(&object, &type, &value, algorithm);
    if (OBJ_obj2nid(object) != NID_rsassaPss || type != V_ASN1_SEQUENCE)
        return false;
    const ASN1_STRING *sequence = value;
    struct bytes der = bytes_of(ASN1_STRING_get0_data(sequence),
                                (size_t)ASN1_STRING_length(sequence));
    const size_t head = 2; /* tag and length, which tell the forms apart */
    struct bytes inside = bytes_of(pss + head, sizeof(pss) - head);
    if (der.len < sizeof(pss) ||
        !bytes_equal(bytes_of(der.at + head, inside.len), inside))
        return false;
    struct bytes rest = bytes_of(der.at + sizeof(pss), der.len - sizeof(pss));
    return rest.len == 0 ||
           bytes_equal(rest, bytes_of(trailer, sizeof(trailer)));
}

bool attest_rsa_signed(const X509 *certificate)
{
    const X509_ALGOR *algorithm;
    X509_get0_signature(NULL, &algorithm, certificate);
    return attest_rsa_is_pss(algorithm);
}
