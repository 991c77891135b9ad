#include "attest/snp_chain.h"
#include "attest/certificate.h"
#include "attest/openssl_scope.h"
#include "attest/p384.h"
#include "attest/path.h"
#include "attest/rsa.h"
#include "attest/token.h"
#include "base/cursor.h"

#include <stdio.h>

#include <openssl/x509v3.h>

#define TAG_SEQUENCE 0x30
#define LENGTH_OF_2  0x82

void attest_snp_chain_clear(struct attest_snp_chain *chain)
{
    X509_free(chain->ek);
    X509_free(chain->ca);
    X509_free(chain->ark);
    *chain = (struct attest_snp_chain){ 0 };
}

/* Where one certificate ends and the next begins: a SEQUENCE of 256 bytes or
 * more, as every certificate is. */
static struct bytes take_der(struct cursor *in)
{
    struct cursor head = *in;
    unsigned tag = cursor_u8(&head);
    unsigned form = cursor_u8(&head);
    size_t len = (size_t)4 + cursor_u16(&head);
    if (tag != TAG_SEQUENCE || form != LENGTH_OF_2 ||
        len > ATTEST_CERTIFICATE_MAX)
        in->broken = true;
    return cursor_take(in, len);
}

struct status attest_snp_chain_read(struct bytes der,
                                    struct attest_snp_chain *out,
                                    struct reason *why)
{
    AUTO_SNP_CHAIN chain = { 0 };
    X509 **places[] = { &chain.ek, &chain.ca, &chain.ark };
    struct cursor in = cursor_of(der);
    size_t count = 0;
    if (der.len == 0)
        return ATTEST_REFUSE(why, "no-endorsement",
                             "no certificates of the endorsement key");
    for (; in.left > 0; count++) {
        if (count == sizeof(places) / sizeof(places[0]))
            return ATTEST_REFUSE(why, "chain:len",
                                 "more than three certificates");
        struct bytes one = take_der(&in);
        if (in.broken || failed(attest_x509_read(one, places[count])))
            return ATTEST_REFUSE(why, "malformed",
                                 "certificate %zu is not strict DER",
                                 count + 1);
    }
    if (count < 2)
        return ATTEST_REFUSE(why, "chain:len",
                             "the certificate of the ASK or ASVK is missing");
    *out = chain;
    chain = (struct attest_snp_chain){ 0 };
    return OK;
}

/* The anchor whose name issued the CA and whose key signed it. */
static STATUS find_anchor(const struct attest_snp_chain *chain,
                          const struct attest_anchor *anchors, size_t count,
                          const struct attest_anchor **out, X509 **out_root,
                          struct reason *why)
{
    for (size_t i = 0; i < count; i++) {
        AUTO_FREE(x509_st) root = NULL;
        if (anchors[i].family != ATTEST_SNP)
            continue;
        TRY(attest_x509_of_anchor(&anchors[i], &root, why));
        if (X509_NAME_cmp(X509_get_issuer_name(chain->ca),
                          X509_get_subject_name(root)) != 0 ||
            X509_verify(chain->ca, X509_get0_pubkey(root)) != 1)
            continue;
        *out = &anchors[i];
        *out_root = TAKE(root);
        return OK;
    }
    return ATTEST_REFUSE_OF(why, "chain:root", attest_x509_name(chain->ca).text,
                            "no trust anchor has issued it");
}

static STATUS check_algorithms(const struct attest_snp_chain *chain,
                               struct reason *why)
{
    if (!attest_rsa_signed(chain->ek) || !attest_p384_has(chain->ek))
        return ATTEST_REFUSE_OF(why, "chain:algorithm",
                                attest_x509_name(chain->ek).text,
                                "not P-384, signed with RSA-PSS and SHA-384");
    if (!attest_rsa_signed(chain->ca) || !attest_rsa_has(chain->ca))
        return ATTEST_REFUSE_OF(why, "chain:algorithm",
                                attest_x509_name(chain->ca).text,
                                "not RSA-4096, signed with PSS and SHA-384");
    return OK;
}

static bool is_named(const X509 *certificate, const char *prefix,
                     const char *suffix)
{
    char wanted[2 * ATTEST_NAME_LEN];
    (void)snprintf(wanted, sizeof(wanted), "%s%s", prefix, suffix);
    return strcmp(attest_x509_name(certificate).text, wanted) == 0;
}

/* The names say what a key is for. AMD's leaves have no extension that would.
 */
static STATUS check_roles(const struct attest_snp_chain *chain, X509 *root,
                          bool vlek, struct reason *why)
{
    struct attest_name ark = attest_x509_name(root);
    const char *product = ark.text + strlen(ATTEST_ARK_PREFIX);
    uint32_t leaf = X509_get_extension_flags(chain->ek);
    if (!is_named(chain->ca, vlek ? "SEV-VLEK-" : "SEV-", product))
        return ATTEST_REFUSE_OF(why, "chain:role",
                                attest_x509_name(chain->ca).text,
                                "not this product's signer of such keys");
    if (!is_named(chain->ek, vlek ? "SEV-VLEK" : "SEV-VCEK", "") ||
        (leaf & EXFLAG_CA))
        return ATTEST_REFUSE_OF(why, "chain:role",
                                attest_x509_name(chain->ek).text,
                                "not the kind of key that the report names");
    return OK;
}

/* The dropped root too must be the anchor's word: then no byte of evidence
 * can be changed unnoticed. */
static STATUS check_dropped_root(const struct attest_snp_chain *chain,
                                 X509 *root, struct reason *why)
{
    if (chain->ark && (X509_NAME_cmp(X509_get_subject_name(chain->ark),
                                     X509_get_subject_name(root)) != 0 ||
                       X509_verify(chain->ark, X509_get0_pubkey(root)) != 1))
        return ATTEST_REFUSE_OF(why, "chain:root",
                                attest_x509_name(chain->ark).text,
                                "not the root that issued the chain");
    return OK;
}

struct status attest_snp_chain_verify(const struct attest_snp_chain *chain,
                                      const struct attest_anchor *anchors,
                                      size_t count, bool vlek, uint64_t now,
                                      const struct attest_anchor **out,
                                      struct reason *why)
{
    AUTO_FREE(x509_st) root = NULL;
    const struct attest_anchor *anchor = NULL;
    TRY(check_algorithms(chain, why));
    TRY(find_anchor(chain, anchors, count, &anchor, &root, why));
    struct attest_path path = { .at = { chain->ek, chain->ca },
                                .count = 2,
                                .root = root };
    TRY(check_dropped_root(chain, root, why));
    TRY(attest_path_verify(&path, now, why));
    TRY(check_roles(chain, root, vlek, why));
    *out = anchor;
    return OK;
}
