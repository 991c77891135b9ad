#include "attest/anchor.h"
#include "attest/certificate.h"
#include "attest/openssl_scope.h"
#include "attest/pem.h"
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

/* A root of the one form that chains of this family end in. */
static STATUS read_root(struct bytes der, const char *label, X509 **out,
                        struct hash *spki, struct reason *why)
{
    struct api_spki key;
    AUTO_FREE(x509_st) root = NULL;
    if (failed(attest_x509_read(der, &root)))
        return unusable(label, "not a certificate in strict DER", why);
    if (failed(attest_x509_key(root, &key)) ||
        !attest_x509_is_ecdsa_sha256(root))
        return unusable(label, "not P-256 with SHA-256", why);
    if (!attest_x509_is_self_issued(root) ||
        X509_verify(root, X509_get0_pubkey(root)) != 1)
        return unusable(label, "not signed by itself: not a root", why);
    if (!attest_x509_is_ca(root))
        return unusable(label, "may not sign certificates: not a CA", why);
    TRY(api_spki_hash(&key, spki));
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
    struct attest_anchor anchor = { .family = ATTEST_DCAP,
                                    .simulated = simulated };
    TRY(check_label(label, why));
    if (failed(attest_pem_take(&pem, &der)) || !is_blank(pem))
        return unusable(label, "not exactly one PEM certificate", why);
    TRY(read_root(buffer_bytes(&der), label, &root, &anchor.spki, why));
    if (simulated && attest_vendor_find(&anchor.spki))
        return unusable(label, "a vendor's root cannot be a simulator's", why);

    (void)snprintf(anchor.label, sizeof(anchor.label), "%s", label);
    memcpy(anchor.certificate, der.data, der.len);
    anchor.certificate_len = der.len;
    *out = anchor;
    return OK;
}

struct status attest_x509_of_anchor(const struct attest_anchor *anchor,
                                    X509 **out, struct reason *why)
{
    AUTO_FREE(x509_st) root = NULL;
    struct hash spki;
    if (anchor->certificate_len > sizeof(anchor->certificate))
        return unusable(anchor->label, "its certificate is too long", why);
    TRY(read_root(bytes_of(anchor->certificate, anchor->certificate_len),
                  anchor->label, &root, &spki, why));
    if (!hash_equal(&spki, &anchor->spki))
        return unusable(anchor->label, "its key is not the one it names", why);
    *out = TAKE(root);
    return OK;
}
