#include "attest/chain.h"
#include "attest/certificate.h"
#include "attest/openssl_scope.h"
#include "attest/token.h"

#include <openssl/x509v3.h>

#define ROLE_LEAF   "SGX PCK Certificate"
#define ROLE_ROOT   "SGX Root CA"
#define ROLE_SIGNER "SGX TCB Signing"

static const char sgx_extension[] = "1.2.840.113741.1.13.1";

/* Whose chain it is: what tokens begin with. */
enum whose { PLATFORM, COLLATERAL };
#define REFUSE_IN(why, whose, token, name, ...)                                \
    ((whose) == PLATFORM                                                       \
         ? ATTEST_REFUSE_OF(why, "chain:" token, name, __VA_ARGS__)            \
         : ATTEST_REFUSE_OF(why, "tcbchain:" token, name, __VA_ARGS__))

void attest_chain_clear(struct attest_chain *chain)
{
    attest_roles_clear(&chain->roles);
    X509_free(chain->root);
    *chain = (struct attest_chain){ 0 };
}

/* The anchor with this root's subject and key. Its certificate, not the one
 * that came along, is what the chain must end in. */
static STATUS find_anchor(X509 *claimed, const struct attest_question *q,
                          enum whose whose, const struct attest_anchor **out,
                          X509 **out_root, struct reason *why)
{
    struct api_spki key;
    struct hash spki;
    struct attest_name name = attest_x509_name(claimed);
    if (failed(attest_x509_key(claimed, &key)))
        return REFUSE_IN(why, whose, "algorithm", name.text,
                         "its key is not P-256");
    TRY(api_spki_hash(&key, &spki));
    for (size_t i = 0; i < q->anchors_count; i++) {
        const struct attest_anchor *anchor = &q->anchors[i];
        AUTO_FREE(x509_st) root = NULL;
        if (anchor->family != ATTEST_DCAP || !hash_equal(&anchor->spki, &spki))
            continue;
        TRY(attest_x509_of_anchor(anchor, &root, why));
        if (X509_NAME_cmp(X509_get_subject_name(root),
                          X509_get_subject_name(claimed)) != 0)
            break;
        *out = anchor;
        *out_root = TAKE(root);
        return OK;
    }
    return REFUSE_IN(why, whose, "sig", name.text,
                     "no trust anchor has this name and key");
}

static STATUS check_algorithms(X509 *certificate, enum whose whose,
                               struct reason *why)
{
    struct api_spki key;
    struct attest_name name = attest_x509_name(certificate);
    if (!attest_x509_is_ecdsa_sha256(certificate))
        return REFUSE_IN(why, whose, "algorithm", name.text,
                         "not signed with ECDSA and SHA-256");
    if (failed(attest_x509_key(certificate, &key)))
        return REFUSE_IN(why, whose, "algorithm", name.text,
                         "its key is not P-256");
    return OK;
}

/* What libcrypto's path validation found, in our words. */
static STATUS path_refused(X509_STORE_CTX *ctx, enum whose whose,
                           struct reason *why)
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
        return REFUSE_IN(why, whose, "time", name.text, "it is not valid yet");
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return REFUSE_IN(why, whose, "time", name.text, "it has expired");
    /* The names were linked before; what does not fit is the key. */
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return REFUSE_IN(why, whose, "sig", name.text,
                         "its issuer did not sign it");
    default:
        return REFUSE_IN(why, whose, "role", name.text,
                         X509_verify_cert_error_string(error));
    }
}

static STATUS prepare(X509_STORE_CTX *ctx, int between, uint64_t now)
{
    X509_VERIFY_PARAM *how = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_time(how, (time_t)now);
    X509_VERIFY_PARAM_set_depth(how, between); /* CAs in between */
    if (X509_VERIFY_PARAM_set_flags(how, X509_V_FLAG_X509_STRICT) != 1)
        return failure(STATUS_NO_MEMORY, "X509_VERIFY_PARAM_set_flags", 0);
    return OK;
}

/* leaf -> ca (unless NULL) -> our own copy of the root; the store holds
 * nothing else. */
static STATUS verify_path(X509 *leaf, X509 *ca, X509 *root, enum whose whose,
                          uint64_t now, struct reason *why)
{
    AUTO_FREE(x509_store_st) store = X509_STORE_new();
    AUTO_FREE(x509_store_ctx_st) ctx = X509_STORE_CTX_new();
    AUTO_FREE(stack_st_X509) between = sk_X509_new_null();
    if (!store || !ctx || !between || (ca && sk_X509_push(between, ca) <= 0) ||
        X509_STORE_add_cert(store, root) != 1 ||
        X509_STORE_CTX_init(ctx, store, leaf, between) != 1)
        return failure(STATUS_NO_MEMORY, "X509_STORE_CTX_init", 0);
    TRY(prepare(ctx, ca ? 1 : 0, now));
    if (X509_verify_cert(ctx) != 1)
        return path_refused(ctx, whose, why);
    if (sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) != (ca ? 3 : 2))
        return REFUSE_IN(why, whose, "len", "?", "not as long as it should be");
    return OK;
}

/* The dropped root too must be the anchor's word: then no byte of evidence
 * can be changed unnoticed. */
static STATUS check_dropped_root(X509 *dropped, X509 *root, enum whose whose,
                                 struct reason *why)
{
    struct attest_name name = attest_x509_name(dropped);
    if (X509_verify(dropped, X509_get0_pubkey(root)) != 1)
        return REFUSE_IN(why, whose, "sig", name.text,
                         "it is not signed by its own key");
    return OK;
}

static bool says(X509 *certificate, const char *role)
{
    struct attest_name name = attest_x509_name(certificate);
    return strstr(name.text, role) != NULL;
}

/* May sign things, and no certificates. */
static bool is_end_entity(X509 *certificate)
{
    uint32_t flags = X509_get_extension_flags(certificate);
    uint32_t usage = X509_get_key_usage(certificate);
    return (flags & EXFLAG_BCONS) && !(flags & EXFLAG_CA) &&
           (flags & EXFLAG_KUSAGE) && (usage & KU_DIGITAL_SIGNATURE) &&
           !(usage & KU_KEY_CERT_SIGN);
}

static STATUS check_roles(const struct attest_roles *roles, struct reason *why)
{
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
    if (!says(roles->leaf, ROLE_LEAF) || !is_end_entity(roles->leaf))
        return ATTEST_REFUSE_OF(why, "chain:role",
                                attest_x509_name(roles->leaf).text,
                                "not a " ROLE_LEAF);
    return OK;
}

/* The place of its only SGX extension; -1 for none or several. */
static STATUS find_extension(X509 *certificate, int *at)
{
    AUTO_FREE(asn1_object_st) oid = OBJ_txt2obj(sgx_extension, 1);
    if (!oid)
        return failure(STATUS_NO_MEMORY, "OBJ_txt2obj", 0);
    *at = X509_get_ext_by_OBJ(certificate, oid, -1);
    if (*at >= 0 && X509_get_ext_by_OBJ(certificate, oid, *at) >= 0)
        *at = -1;
    return OK;
}

static STATUS read_extension(X509 *leaf, struct attest_pck *out,
                             struct reason *why)
{
    struct attest_name name = attest_x509_name(leaf);
    int at;
    TRY(find_extension(leaf, &at));
    if (at < 0)
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

/* Everything that needs the whole chain. */
static STATUS check_chain(const struct attest_question *q,
                          struct attest_chain *chain, struct reason *why)
{
    const struct attest_roles *roles = &chain->roles;
    TRY(find_anchor(roles->root, q, PLATFORM, &chain->anchor, &chain->root,
                    why));
    TRY(check_algorithms(roles->ca, PLATFORM, why));
    TRY(check_algorithms(roles->leaf, PLATFORM, why));
    TRY(check_dropped_root(roles->root, chain->root, PLATFORM, why));
    TRY(verify_path(roles->leaf, roles->ca, chain->root, PLATFORM, q->now,
                    why));
    return check_roles(roles, why);
}

struct status attest_chain_judge(struct attest_judging *j, struct bytes pem,
                                 struct attest_chain *out)
{
    struct status read = attest_roles_read(pem, &out->roles, j->why);
    TRY(attest_found(j, read));
    X509 *leaf = out->roles.leaf;
    if (!failed(read))
        TRY(attest_found(j, check_chain(j->question, out, j->why)));
    if (!leaf)
        return OK;
    struct status extension = read_extension(leaf, &out->pck, j->why);
    out->has_pck = !failed(extension);
    TRY(attest_found(j, extension));
    out->has_key = !failed(attest_x509_key(leaf, &out->key));
    return OK;
}

/* --- collateral ---------------------------------------------------------- */

static STATUS check_signer(X509 *signer, struct reason *why)
{
    struct attest_name name = attest_x509_name(signer);
    int extension;
    TRY(find_extension(signer, &extension));
    if (!says(signer, ROLE_SIGNER) || !is_end_entity(signer) || extension >= 0)
        return ATTEST_REFUSE_OF(why, "tcbchain:role", name.text,
                                "not an " ROLE_SIGNER " certificate");
    return OK;
}

static STATUS check_signer_chain(const struct attest_question *q,
                                 const struct attest_pair *pair,
                                 const struct attest_chain *chain,
                                 struct reason *why)
{
    const struct attest_anchor *anchor;
    AUTO_FREE(x509_st) root = NULL;
    TRY(find_anchor(pair->root, q, COLLATERAL, &anchor, &root, why));
    if (chain->anchor && chain->anchor != anchor)
        return ATTEST_REFUSE_OF(why, "tcbchain:sig",
                                attest_x509_name(pair->root).text,
                                "another anchor than the evidence's");
    TRY(check_algorithms(pair->leaf, COLLATERAL, why));
    TRY(check_dropped_root(pair->root, root, COLLATERAL, why));
    TRY(verify_path(pair->leaf, NULL, root, COLLATERAL, q->now, why));
    return check_signer(pair->leaf, why);
}

struct status attest_signer_judge(struct attest_judging *j, struct bytes pem,
                                  const struct attest_chain *chain, X509 **out)
{
    AUTO_PAIR pair = { 0 };
    *out = NULL;
    struct status read = attest_pair_read(pem, &pair, j->why);
    TRY(attest_found(j, read));
    if (failed(read))
        return OK;
    TRY(attest_found(j, check_signer_chain(j->question, &pair, chain, j->why)));
    *out = TAKE(pair.leaf);
    return OK;
}
