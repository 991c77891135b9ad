#include "attest/chain.h"
#include "attest/certificate.h"
#include "attest/openssl_scope.h"
#include "attest/roles.h"
#include "attest/token.h"

#include <openssl/x509v3.h>

#define ROLE_LEAF "SGX PCK Certificate"
#define ROLE_ROOT "SGX Root CA"

static const char sgx_extension[] = "1.2.840.113741.1.13.1";

/* The anchor with the root's subject and key. Its certificate, not the one
 * in the evidence, is what the chain must end in. */
static STATUS find_anchor(const struct attest_roles *roles,
                          const struct attest_anchor *anchors, size_t count,
                          const struct attest_anchor **out, X509 **out_root,
                          struct reason *why)
{
    struct api_spki key;
    struct hash spki;
    struct attest_name name = attest_x509_name(roles->root);
    if (failed(attest_x509_key(roles->root, &key)))
        return ATTEST_REFUSE_OF(why, "chain:algorithm", name.text,
                                "its key is not P-256");
    TRY(api_spki_hash(&key, &spki));
    for (size_t i = 0; i < count; i++) {
        AUTO_FREE(x509_st) root = NULL;
        if (anchors[i].family != ATTEST_DCAP ||
            !hash_equal(&anchors[i].spki, &spki))
            continue;
        TRY(attest_x509_of_anchor(&anchors[i], &root, why));
        if (X509_NAME_cmp(X509_get_subject_name(root),
                          X509_get_subject_name(roles->root)) != 0)
            break;
        *out = &anchors[i];
        *out_root = TAKE(root);
        return OK;
    }
    return ATTEST_REFUSE_OF(why, "chain:root", name.text,
                            "no trust anchor has this name and key");
}

static STATUS check_algorithms(X509 *certificate, struct reason *why)
{
    struct api_spki key;
    struct attest_name name = attest_x509_name(certificate);
    if (!attest_x509_is_ecdsa_sha256(certificate))
        return ATTEST_REFUSE_OF(why, "chain:algorithm", name.text,
                                "not signed with ECDSA and SHA-256");
    if (failed(attest_x509_key(certificate, &key)))
        return ATTEST_REFUSE_OF(why, "chain:algorithm", name.text,
                                "its key is not P-256");
    return OK;
}

/* What libcrypto's path validation found, in our words. */
static STATUS path_refused(X509_STORE_CTX *ctx, struct reason *why)
{
    int error = X509_STORE_CTX_get_error(ctx);
    X509 *at = X509_STORE_CTX_get_current_cert(ctx);
    struct attest_name name = { "?" };
    if (at)
        name = attest_x509_name(at);
    switch (error) {
    case X509_V_ERR_OUT_OF_MEM:
        return failure(STATUS_NO_MEMORY, "X509_verify_cert", 0);
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return ATTEST_REFUSE_OF(why, "chain:time", name.text,
                                "it is not valid yet");
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return ATTEST_REFUSE_OF(why, "chain:time", name.text, "it has expired");
    /* The names were linked before; what does not fit is the key. */
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return ATTEST_REFUSE_OF(why, "chain:sig", name.text,
                                "its issuer did not sign it");
    default:
        return ATTEST_REFUSE_OF(why, "chain:role", name.text,
                                X509_verify_cert_error_string(error));
    }
}

static STATUS prepare(X509_STORE_CTX *ctx, uint64_t now)
{
    X509_VERIFY_PARAM *how = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_time(how, (time_t)now);
    X509_VERIFY_PARAM_set_depth(how, ATTEST_CHAIN_LEN - 2); /* CAs in between */
    if (X509_VERIFY_PARAM_set_flags(how, X509_V_FLAG_X509_STRICT) != 1)
        return failure(STATUS_NO_MEMORY, "X509_VERIFY_PARAM_set_flags", 0);
    return OK;
}

/* leaf -> ca -> our own copy of the root; the store holds nothing else. */
static STATUS verify_path(const struct attest_roles *roles, X509 *root,
                          uint64_t now, struct reason *why)
{
    AUTO_FREE(x509_store_st) store = X509_STORE_new();
    AUTO_FREE(x509_store_ctx_st) ctx = X509_STORE_CTX_new();
    AUTO_FREE(stack_st_X509) between = sk_X509_new_null();
    if (!store || !ctx || !between || sk_X509_push(between, roles->ca) <= 0 ||
        X509_STORE_add_cert(store, root) != 1 ||
        X509_STORE_CTX_init(ctx, store, roles->leaf, between) != 1)
        return failure(STATUS_NO_MEMORY, "X509_STORE_CTX_init", 0);
    TRY(prepare(ctx, now));
    if (X509_verify_cert(ctx) != 1)
        return path_refused(ctx, why);
    if (sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) != ATTEST_CHAIN_LEN)
        return ATTEST_REFUSE(why, "chain:len", "not leaf, CA and anchor");
    return OK;
}

/* The dropped root too must be the anchor's word: then no byte of evidence
 * can be changed unnoticed. */
static STATUS check_dropped_root(const struct attest_roles *roles, X509 *root,
                                 struct reason *why)
{
    struct attest_name name = attest_x509_name(roles->root);
    if (X509_verify(roles->root, X509_get0_pubkey(root)) != 1)
        return ATTEST_REFUSE_OF(why, "chain:sig", name.text,
                                "it is not signed by its own key");
    return OK;
}

static bool says(X509 *certificate, const char *role)
{
    struct attest_name name = attest_x509_name(certificate);
    return strstr(name.text, role) != NULL;
}

static STATUS check_roles(const struct attest_roles *roles, struct reason *why)
{
    uint32_t leaf = X509_get_extension_flags(roles->leaf);
    uint32_t usage = X509_get_key_usage(roles->leaf);
    if (!says(roles->root, ROLE_ROOT))
        return ATTEST_REFUSE_OF(why, "chain:role",
                                attest_x509_name(roles->root).text,
                                "not named an " ROLE_ROOT);
    if (!(says(roles->ca, "SGX PCK Platform CA") ||
          says(roles->ca, "SGX PCK Processor CA")) ||
        !attest_x509_is_ca(roles->ca))
        return ATTEST_REFUSE_OF(why, "chain:role",
                                attest_x509_name(roles->ca).text,
                                "not a Processor or Platform CA");
    if (!says(roles->leaf, ROLE_LEAF) || !(leaf & EXFLAG_BCONS) ||
        (leaf & EXFLAG_CA) || !(leaf & EXFLAG_KUSAGE) ||
        !(usage & KU_DIGITAL_SIGNATURE) || (usage & KU_KEY_CERT_SIGN))
        return ATTEST_REFUSE_OF(why, "chain:role",
                                attest_x509_name(roles->leaf).text,
                                "not a " ROLE_LEAF);
    return OK;
}

static STATUS read_extension(X509 *leaf, struct attest_pck *out,
                             struct reason *why)
{
    struct attest_name name = attest_x509_name(leaf);
    AUTO_FREE(asn1_object_st) oid = OBJ_txt2obj(sgx_extension, 1);
    if (!oid)
        return failure(STATUS_NO_MEMORY, "OBJ_txt2obj", 0);
    int at = X509_get_ext_by_OBJ(leaf, oid, -1);
    if (at < 0 || X509_get_ext_by_OBJ(leaf, oid, at) >= 0)
        return ATTEST_REFUSE_OF(why, "chain:extension", name.text,
                                "it has not exactly one SGX extension");
    const ASN1_OCTET_STRING *value =
        X509_EXTENSION_get_data(X509_get_ext(leaf, at));
    if (failed(attest_pck_read(bytes_of(ASN1_STRING_get0_data(value),
                                        (size_t)ASN1_STRING_length(value)),
                               out)))
        return ATTEST_REFUSE_OF(why, "chain:extension", name.text,
                                "its SGX extension is malformed");
    return OK;
}

struct status attest_chain_verify(struct bytes pem,
                                  const struct attest_anchor *anchors,
                                  size_t count, uint64_t now,
                                  struct attest_chain *out, struct reason *why)
{
    AUTO_ROLES roles = { 0 };
    AUTO_FREE(x509_st) root = NULL;
    struct attest_chain chain = { 0 };
    TRY(attest_roles_read(pem, &roles, why));
    TRY(find_anchor(&roles, anchors, count, &chain.anchor, &root, why));
    TRY(check_algorithms(roles.ca, why));
    TRY(check_algorithms(roles.leaf, why));
    TRY(check_dropped_root(&roles, root, why));
    TRY(verify_path(&roles, root, now, why));
    TRY(check_roles(&roles, why));
    TRY(read_extension(roles.leaf, &chain.pck, why));
    TRY(attest_x509_key(roles.leaf, &chain.key));
    *out = chain;
    return OK;
}
