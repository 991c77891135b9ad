#include "ca/claims.h"
#include "base/cbor.h"

#include <openssl/evp.h>

#define TAG_TAGGED_EVIDENCE 60000
#define NONCE_MAX           64

struct status ca_tagged_read(struct bytes value, struct bytes *evidence,
                             struct bytes *claims)
{
    struct cursor in = cursor_of(value);
    TRY(cbor_check(value));
    bool head = cbor_tag(&in) == TAG_TAGGED_EVIDENCE && cbor_array(&in) == 2;
    struct bytes first = cbor_bytes(&in);
    struct bytes second = cbor_bytes(&in);
    if (!head || in.broken || first.len == 0 || second.len == 0)
        return failure(STATUS_INVALID, "ca_tagged_read", 0);
    *evidence = first;
    *claims = second;
    return OK;
}

static size_t length_of(uint64_t algorithm)
{
    switch (algorithm) {
    case CA_CLAIMS_SHA256: return 32;
    case CA_CLAIMS_SHA384: return 48;
    case CA_CLAIMS_SHA512: return 64;
    default: return 0;
    }
}

/* A string that is CBOR itself: [algorithm, hash]. */
static bool read_key_hash(struct bytes encoded, struct ca_claims *out)
{
    struct cursor in = cursor_of(encoded);
    bool strict = !failed(cbor_check(encoded));
    bool pair = cbor_array(&in) == 2;
    uint64_t algorithm = cbor_uint(&in);
    struct bytes hash = cbor_bytes(&in);
    if (!strict || !pair || in.broken || hash.len == 0 ||
        hash.len != length_of(algorithm))
        return false;
    out->algorithm = (enum ca_claims_algorithm)algorithm;
    out->key_hash = hash;
    return true;
}

static bool is_named(struct bytes name, const char *wanted)
{
    return bytes_equal(name, bytes_of_string(wanted));
}

static void read_claim(struct cursor *in, struct ca_claims *out)
{
    struct bytes name = cbor_text(in);
    if (is_named(name, "pubkey-hash")) {
        in->broken |= !read_key_hash(cbor_bytes(in), out);
    } else if (is_named(name, "nonce")) {
        out->nonce = cbor_bytes(in);
        in->broken |= out->nonce.len < 1 || out->nonce.len > NONCE_MAX;
    } else if (is_named(name, "accord-configuration")) {
        out->configuration = cbor_bytes(in);
        in->broken |= out->configuration.len != HASH_LEN;
    } else {
        (void)cbor_item(in);
    }
}

struct status ca_claims_read(struct bytes claims, struct ca_claims *out)
{
    struct ca_claims made = { 0 };
    struct cursor in = cursor_of(claims);
    TRY(cbor_check(claims));
    size_t count = cbor_map(&in);
    for (size_t i = 0; i < count && !in.broken; i++)
        read_claim(&in, &made);
    if (in.broken || !made.key_hash.at)
        return failure(STATUS_INVALID, "ca_claims_read", 0);
    *out = made;
    return OK;
}

struct status ca_claims_name(const struct ca_claims *claims, struct bytes spki)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    const EVP_MD *md = claims->algorithm == CA_CLAIMS_SHA256   ? EVP_sha256()
                       : claims->algorithm == CA_CLAIMS_SHA384 ? EVP_sha384()
                                                               : EVP_sha512();
    if (EVP_Digest(spki.at, spki.len, digest, &len, md, NULL) != 1)
        return failure(STATUS_NO_MEMORY, "EVP_Digest", 0);
    if (!bytes_equal(claims->key_hash, bytes_of(digest, len)))
        return failure(STATUS_DENIED, "ca_claims_name", 0);
    return OK;
}
