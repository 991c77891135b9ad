/* A seed is an endorsement key's certificate, DER. What is accepted has a
 * product, and an id of exactly one of the two kinds. */

#include <stdint.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "attest/certificate.h"
#include "attest/snp_ek.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_zero(const unsigned char *at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (at[i] != 0)
            return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    X509 *certificate = NULL;
    struct attest_snp_ek ek;
    struct reason why = { "" };
    if (!failed(attest_x509_read(bytes_of(data, size), &certificate))) {
        struct status s = attest_snp_ek_read(certificate, &ek, &why);
        if (failed(s) ? s.code != STATUS_DENIED || why.text[0] == '\0'
                      : !attest_product_name(ek.product) ||
                            (ek.vlek && !is_zero(ek.chip_id, 64)))
            abort();
    }
    X509_free(certificate);
    ERR_clear_error();
    return 0;
}
