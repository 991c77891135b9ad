#include "attest/path.h"
#include "attest/certificate.h"
#include "attest/openssl_scope.h"
#include "attest/token.h"

#include <openssl/x509v3.h>

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
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return ATTEST_REFUSE_OF(why, "chain:sig", name.text,
                                "its issuer did not sign it");
    default:
        return ATTEST_REFUSE_OF(why, "chain:role", name.text,
                                X509_verify_cert_error_string(error));
    }
}

static X509 *issuer_of(const struct attest_path *path, size_t i)
{
    return i + 1 < path->count ? path->at[i + 1] : path->root;
}

static STATUS check_names(const struct attest_path *path, struct reason *why)
{
    for (size_t i = 0; i < path->count; i++)
        if (X509_NAME_cmp(X509_get_issuer_name(path->at[i]),
                          X509_get_subject_name(issuer_of(path, i))) != 0)
            return ATTEST_REFUSE_OF(why, "chain:names",
                                    attest_x509_name(path->at[i]).text,
                                    "the next certificate is not its issuer");
    return OK;
}

static STATUS check_issuers(const struct attest_path *path, struct reason *why)
{
    for (size_t i = 0; i < path->count; i++) {
        X509 *issuer = issuer_of(path, i);
        if (!attest_x509_is_ca(issuer))
            return ATTEST_REFUSE_OF(why, "chain:role",
                                    attest_x509_name(issuer).text,
                                    "it may not sign certificates: not a CA");
    }
    return OK;
}

static STATUS run(X509_STORE_CTX *ctx, const struct attest_path *path,
                  uint64_t now, struct reason *why)
{
    X509_VERIFY_PARAM *how = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_time(how, (time_t)now);
    X509_VERIFY_PARAM_set_depth(how, ATTEST_PATH_MAX);
    if (X509_verify_cert(ctx) != 1)
        return path_refused(ctx, why);
    if ((size_t)sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) != path->count + 1)
        return ATTEST_REFUSE(why, "chain:len",
                             "a certificate that is not needed");
    return OK;
}

/* The store holds the root and nothing else. */
static STATUS verify(const struct attest_path *path, uint64_t now,
                     struct reason *why)
{
    AUTO_FREE(x509_store_st) store = X509_STORE_new();
    AUTO_FREE(x509_store_ctx_st) ctx = X509_STORE_CTX_new();
    AUTO_FREE(stack_st_X509) between = sk_X509_new_null();
    bool ok =
        store && ctx && between && X509_STORE_add_cert(store, path->root) == 1;
    for (size_t i = 1; ok && i < path->count; i++)
        ok = sk_X509_push(between, path->at[i]) > 0;
    if (!ok || X509_STORE_CTX_init(ctx, store, path->at[0], between) != 1)
        return failure(STATUS_NO_MEMORY, "X509_STORE_CTX_init", 0);
    return run(ctx, path, now, why);
}

struct status attest_path_verify(const struct attest_path *path, uint64_t now,
                                 struct reason *why)
{
    TRY(check_names(path, why));
    TRY(verify(path, now, why));
    return check_issuers(path, why);
}
