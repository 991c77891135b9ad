#include "ca/chain.h"

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "ca/certificate_form.h"
#include "ca/der.h"
#include "ca/openssl_scope.h"
#include "ca/root.h"
#include "ca/signature.h"

static STATUS refuse_leaf(struct reason *why, const char *what)
{
    return refuse(why, STATUS_DENIED, "ca_chain_verify", "certificate: %s",
                  what);
}

static STATUS x509_of(struct bytes der, X509 **out)
{
    const unsigned char *at = der.at;
    X509 *made = d2i_X509(NULL, &at, (long)der.len);
    if (!made)
        return failure(STATUS_NO_MEMORY, "d2i_X509", 0);
    *out = made;
    return OK;
}

static bool usable_for(const struct ca_facts *facts, enum ca_purpose purpose)
{
    switch (purpose) {
    case CA_FOR_CLIENT: return facts->client;
    case CA_FOR_SERVER: return facts->server;
    case CA_FOR_INTAKE: return facts->statement.kind == CA_INTAKE;
    }
    return false;
}

static int openssl_purpose(enum ca_purpose purpose)
{
    switch (purpose) {
    case CA_FOR_CLIENT: return X509_PURPOSE_SSL_CLIENT;
    case CA_FOR_SERVER: return X509_PURPOSE_SSL_SERVER;
    case CA_FOR_INTAKE: return X509_PURPOSE_ANY; /* its kind says it all */
    }
    return X509_PURPOSE_ANY;
}

static STATUS store_verify(X509 *leaf, X509 *root, uint64_t now,
                           enum ca_purpose purpose, struct reason *why)
{
    AUTO_FREE(x509_store_st) store = X509_STORE_new();
    AUTO_FREE(x509_store_ctx_st) ctx = X509_STORE_CTX_new();
    if (!store || !ctx || X509_STORE_add_cert(store, root) != 1 ||
        X509_STORE_CTX_init(ctx, store, leaf, NULL) != 1)
        return failure(STATUS_NO_MEMORY, "X509_STORE_CTX_init", 0);

    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_time(param, (time_t)now);
    X509_VERIFY_PARAM_set_depth(param, 0); /* no intermediate */
    X509_VERIFY_PARAM_set_auth_level(param, 2);
    if (X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT) != 1 ||
        X509_VERIFY_PARAM_set_purpose(param, openssl_purpose(purpose)) != 1)
        return failure(STATUS_NO_MEMORY, "X509_VERIFY_PARAM_set_purpose", 0);
    if (X509_verify_cert(ctx) != 1)
        return refuse_leaf(
            why, X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
    return OK;
}

struct status ca_chain_verify(struct bytes leaf, struct bytes root,
                              uint64_t now, enum ca_purpose purpose,
                              struct reason *why)
{
    FORGET_ERRORS;
    struct ca_root authority;
    struct ca_facts facts;
    TRY(ca_root_read(root, &authority, why));
    TRY(ca_certificate_read(leaf, &facts, why));
    if (!usable_for(&facts, purpose))
        return refuse_leaf(why, "its kind is not for this use");
    if (now > DER_TIME_MAX)
        return refuse_leaf(why, "it has ended");

    AUTO_FREE(x509_st) leaf_x509 = NULL;
    AUTO_FREE(x509_st) root_x509 = NULL;
    TRY(x509_of(leaf, &leaf_x509));
    TRY(x509_of(root, &root_x509));
    return store_verify(leaf_x509, root_x509, now, purpose, why);
}

struct status ca_signature_verify(struct bytes leaf, struct bytes root_spki,
                                  struct reason *why)
{
    struct ca_public_key key;
    struct signature_parts parts;
    TRY(ca_public_key_read(root_spki, &key, why));
    if (failed(signature_take_signed(leaf, &parts)) || key.type != CA_P256 ||
        !signature_is_ecdsa_sha256(parts.algorithm))
        return refuse(why, STATUS_INVALID, "ca_signature_verify",
                      "certificate: it is malformed or not signed with "
                      "ecdsa-with-SHA256");
    struct status signature =
        signature_check(&key, parts.algorithm, parts.message, parts.signature);
    if (signature.code == STATUS_DENIED)
        return refuse_leaf(why, "it was not signed by the installation's "
                                "authority");
    return signature;
}
