#include "attest/anchor.h"
#include "attest/certificate.h"
#include "attest/openssl_scope.h"
#include "attest/pem.h"
#include "attest/product.h"
#include "attest/vendor.h"

#include <stdio.h>

static STATUS unusable(const char *label, const char *what, struct reason *why)
{
    return refuse(why, STATUS_INVALID, "anchor", "trust anchor \"%.64s\": %s",
                  label, what);
}

static STATUS check_label(const char *label, struct reason *why)
{
    size_t len = strlen(label);
    bool printable = true;
    for (size_t i = 0; i < len; i++)
        printable = printable && label[i] >= ' ' && label[i] <= '~';
    if (len == 0 || len > ATTEST_LABEL_LEN || !printable)
        return refuse(why, STATUS_INVALID, "anchor",
                      "the label of a trust anchor is 1 to %d printable ASCII "
                      "characters",
                      ATTEST_LABEL_LEN);
    return OK;
}

/* The product whose root says so in its name; of a simulator's, all. */
static STATUS read_product(const X509 *root, struct attest_anchor *anchor,
                           struct reason *why)
{
    struct attest_name name = attest_x509_name(root);
    const char *product = name.text + strlen(ATTEST_ARK_PREFIX);
    if (anchor->family != ATTEST_SNP)
        return OK;
    if (strncmp(name.text, ATTEST_ARK_PREFIX, strlen(ATTEST_ARK_PREFIX)) != 0)
        return unusable(anchor->label, "not named ARK-<product>", why);
    anchor->product = attest_product_of_ark(product);
    if (anchor->product == 0 &&
        !(anchor->simulated && strcmp(product, "Simulated") == 0))
        return unusable(anchor->label, "not the root of a known product", why);
    return OK;
}

/* A root of the form that chains of its family end in: fills family, product
 * and spki of `anchor`. */
static STATUS read_root(struct bytes der, struct attest_anchor *anchor,
                        X509 **out, struct reason *why)
{
    AUTO_FREE(x509_st) root = NULL;
    const char *label = anchor->label;
    if (failed(attest_x509_read(der, &root)))
        return unusable(label, "not a certificate in strict DER", why);
    anchor->family = attest_x509_family(root);
    if (anchor->family == 0)
        return unusable(label,
                        "not P-256 with SHA-256, P-384 with SHA-384 or "
                        "RSA-4096 with PSS and SHA-384",
                        why);
    if (!attest_x509_is_self_issued(root) ||
        X509_verify(root, X509_get0_pubkey(root)) != 1)
        return unusable(label, "not signed by itself: not a root", why);
    if (!attest_x509_is_ca(root))
        return unusable(label, "may not sign certificates: not a CA", why);
    TRY(read_product(root, anchor, why));
    TRY(attest_x509_spki_hash(root, &anchor->spki));
    *out = TAKE(root);
    return OK;
}

static bool is_blank(struct bytes text)
{
    static const unsigned char blanks[] = { ' ', '\t', '\r', '\n' };
    for (size_t i = 0; i < text.len; i++)
        if (!memchr(blanks, text.at[i], sizeof(blanks)))
            return false;
    return true;
}

struct status attest_anchor_read(struct bytes pem, const char *label,
                                 bool simulated, struct attest_anchor *out,
                                 struct reason *why)
{
    AUTO_CLEAR_BUFFER der = buffer_make(ATTEST_CERTIFICATE_MAX);
    AUTO_FREE(x509_st) root = NULL;
    struct attest_anchor anchor = { .simulated = simulated };
    TRY(check_label(label, why));
    (void)snprintf(anchor.label, sizeof(anchor.label), "%s", label);
    if (failed(attest_pem_take(&pem, &der)) || !is_blank(pem))
        return unusable(label, "not exactly one PEM certificate", why);
    TRY(read_root(buffer_bytes(&der), &anchor, &root, why));
    if (simulated && attest_vendor_find(&anchor.spki))
        return unusable(label, "a vendor's root cannot be a simulator's", why);

    memcpy(anchor.certificate, der.data, der.len);
    anchor.certificate_len = der.len;
    *out = anchor;
    return OK;
}

struct status attest_x509_of_anchor(const struct attest_anchor *anchor,
                                    X509 **out, struct reason *why)
{
    AUTO_FREE(x509_st) root = NULL;
    struct attest_anchor found = { .simulated = anchor->simulated };
    memcpy(found.label, anchor->label, sizeof(found.label));
    if (anchor->certificate_len > sizeof(anchor->certificate))
        return unusable(anchor->label, "its certificate is too long", why);
    TRY(read_root(bytes_of(anchor->certificate, anchor->certificate_len),
                  &found, &root, why));
    if (!hash_equal(&found.spki, &anchor->spki))
        return unusable(anchor->label, "its key is not the one it names", why);
    if (found.family != anchor->family || found.product != anchor->product)
        return unusable(anchor->label, "its family is another", why);
    *out = TAKE(root);
    return OK;
}
