#include "attest/nitro_chain.h"
#include "attest/certificate.h"
#include "attest/openssl_scope.h"
#include "attest/p384.h"
#include "attest/path.h"
#include "attest/token.h"

#include <openssl/x509v3.h>

void attest_nitro_chain_clear(struct attest_nitro_chain *chain)
{
    X509_free(chain->leaf);
    for (size_t i = 0; i < chain->count; i++)
        X509_free(chain->bundle[i]);
    *chain = (struct attest_nitro_chain){ 0 };
}

struct status attest_nitro_chain_read(
    const struct attest_nitro_document *document,
    struct attest_nitro_chain *out, struct reason *why)
{
    AUTO_NITRO_CHAIN chain = { 0 };
    if (failed(attest_x509_read(document->certificate, &chain.leaf)))
        return ATTEST_REFUSE(why, "malformed",
                             "the certificate is not strict DER");
    for (size_t i = 0; i < document->cabundle_count; i++) {
        if (failed(attest_x509_read(document->cabundle[i], &chain.bundle[i])))
            return ATTEST_REFUSE(why, "malformed",
                                 "certificate %zu of the bundle is not strict "
                                 "DER",
                                 i + 1);
        chain.count++;
    }
    *out = chain;
    chain = (struct attest_nitro_chain){ 0 };
    return OK;
}

/* The anchor with the first certificate's subject and key. */
static STATUS find_anchor(const X509 *first,
                          const struct attest_anchor *anchors, size_t count,
                          const struct attest_anchor **out, X509 **out_root,
                          struct reason *why)
{
    struct hash spki;
    TRY(attest_x509_spki_hash(first, &spki));
    for (size_t i = 0; i < count; i++) {
        AUTO_FREE(x509_st) root = NULL;
        if (anchors[i].family != ATTEST_NITRO ||
            !hash_equal(&anchors[i].spki, &spki))
            continue;
        TRY(attest_x509_of_anchor(&anchors[i], &root, why));
        if (X509_NAME_cmp(X509_get_subject_name(root),
                          X509_get_subject_name(first)) != 0)
            break;
        *out = &anchors[i];
        *out_root = TAKE(root);
        return OK;
    }
    return ATTEST_REFUSE_OF(why, "chain:root", attest_x509_name(first).text,
                            "no trust anchor has this name and key");
}

static STATUS check_algorithm(const X509 *certificate, struct reason *why)
{
    if (!attest_p384_has(certificate) ||
        !attest_x509_is_ecdsa_sha384(certificate))
        return ATTEST_REFUSE_OF(why, "chain:algorithm",
                                attest_x509_name(certificate).text,
                                "not P-384, signed with SHA-384");
    return OK;
}

static STATUS check_algorithms(const struct attest_nitro_chain *chain,
                               struct reason *why)
{
    TRY(check_algorithm(chain->leaf, why));
    for (size_t i = 0; i < chain->count; i++)
        TRY(check_algorithm(chain->bundle[i], why));
    return OK;
}

static STATUS check_leaf(X509 *leaf, struct reason *why)
{
    uint32_t flags = X509_get_extension_flags(leaf);
    uint32_t usage = X509_get_key_usage(leaf);
    if (!(flags & EXFLAG_BCONS) || (flags & EXFLAG_CA) ||
        !(flags & EXFLAG_KUSAGE) || !(usage & KU_DIGITAL_SIGNATURE) ||
        (usage & KU_KEY_CERT_SIGN))
        return ATTEST_REFUSE_OF(why, "chain:role", attest_x509_name(leaf).text,
                                "not a certificate to sign documents with");
    return OK;
}

/* The dropped root too must be the anchor's word: then no byte of evidence
 * can be changed unnoticed. */
static STATUS check_dropped_root(const struct attest_nitro_chain *chain,
                                 X509 *root, struct reason *why)
{
    if (X509_verify(chain->bundle[0], X509_get0_pubkey(root)) != 1)
        return ATTEST_REFUSE_OF(why, "chain:sig",
                                attest_x509_name(chain->bundle[0]).text,
                                "it is not signed by its own key");
    return OK;
}

struct status attest_nitro_chain_verify(const struct attest_nitro_chain *chain,
                                        const struct attest_anchor *anchors,
                                        size_t count, uint64_t now,
                                        const struct attest_anchor **out,
                                        struct reason *why)
{
    AUTO_FREE(x509_st) root = NULL;
    const struct attest_anchor *anchor = NULL;
    struct attest_path path = { .at = { chain->leaf }, .count = chain->count };
    for (size_t i = 1; i < chain->count; i++)
        path.at[i] = chain->bundle[chain->count - i];
    TRY(find_anchor(chain->bundle[0], anchors, count, &anchor, &root, why));
    path.root = root;
    TRY(check_algorithms(chain, why));
    TRY(check_dropped_root(chain, root, why));
    TRY(attest_path_verify(&path, now, why));
    TRY(check_leaf(chain->leaf, why));
    *out = anchor;
    return OK;
}
