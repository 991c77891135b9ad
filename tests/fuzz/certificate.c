/* Whatever certificate is accepted, libcrypto reads as the same one. */

#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <stdlib.h>

#include "ca/ca.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void serial_agrees(const X509 *x509, const struct ca_facts *facts)
{
    unsigned char serial[CA_SERIAL_LEN];
    BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509), NULL);
    must(n && !BN_is_negative(n) &&
         BN_bn2binpad(n, serial, sizeof(serial)) == CA_SERIAL_LEN);
    must(memcmp(serial, facts->serial, sizeof(serial)) == 0);
    BN_free(n);
}

static void dates_agree(const X509 *x509, const struct ca_facts *facts)
{
    ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)facts->not_before);
    ASN1_TIME *to = ASN1_TIME_set(NULL, (time_t)facts->not_after);
    must(ASN1_TIME_compare(X509_get0_notBefore(x509), from) == 0);
    must(ASN1_TIME_compare(X509_get0_notAfter(x509), to) == 0);
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
}

static void key_agrees(X509 *x509, const struct ca_facts *facts)
{
    unsigned char *spki = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &spki);
    must(len > 0 &&
         bytes_equal(bytes_of(spki, (size_t)len), ca_spki(&facts->key)));
    OPENSSL_free(spki);
}

static void names_agree(X509 *x509, const struct ca_facts *facts)
{
    GENERAL_NAMES *names =
        X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
    size_t found = 0;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS)
            continue;
        must(found < facts->names.count);
        must(bytes_equal(bytes_of(ASN1_STRING_get0_data(name->d.dNSName),
                                  (size_t)ASN1_STRING_length(name->d.dNSName)),
                         bytes_of_string(ca_name_at(&facts->names, found))));
        found++;
    }
    must(found == facts->names.count);
    GENERAL_NAMES_free(names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes der = bytes_of(data, size);
    struct ca_root root;
    struct ca_facts facts;
    struct reason why;
    status_ignore(ca_root_read(der, &root, &why)); /* it may not crash */
    if (failed(ca_certificate_read(der, &facts, &why)))
        return 0;

    const unsigned char *at = data;
    X509 *x509 = d2i_X509(NULL, &at, (long)size);
    must(x509 && at == data + size);
    must(X509_check_purpose(x509, X509_PURPOSE_SSL_CLIENT, 0) == facts.client);
    must(X509_check_purpose(x509, X509_PURPOSE_SSL_SERVER, 0) == facts.server);
    serial_agrees(x509, &facts);
    dates_agree(x509, &facts);
    key_agrees(x509, &facts);
    names_agree(x509, &facts);
    X509_free(x509);
    return 0;
}
