#include <openssl/ec.h>

#include "base/curve.h"
#include "ca/der.h"
#include "ca/key.h"
#include "ca/oid.h"
#include "ca/openssl_scope.h"

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 4096

static STATUS not_a_key(struct reason *why, const char *what)
{
    return refuse(why, STATUS_INVALID, "public key", "public key: %s", what);
}

/* The point must be uncompressed and on the curve. */
static STATUS point_check(const EC_GROUP *group, size_t len, struct bytes point,
                          struct reason *why)
{
    FORGET_ERRORS;
    if (point.len != 1 + 2 * len ||
        point.at[0] != POINT_CONVERSION_UNCOMPRESSED)
        return not_a_key(why, "the point is not in uncompressed form");
    AUTO_FREE(ec_point_st) at = group ? EC_POINT_new(group) : NULL;
    if (!at)
        return failure(STATUS_NO_MEMORY, "EC_POINT_new", 0);
    if (EC_POINT_oct2point(group, at, point.at, point.len, NULL) != 1)
        return not_a_key(why, "the point is not on the curve");
    return OK;
}

static STATUS ec_read(struct bytes curve, struct bytes point,
                      struct ca_public_key *key, struct reason *why)
{
    if (bytes_equal(curve, oid_p256)) {
        key->type = CA_P256;
        key->bits = 256;
        return point_check(curve_p256(), 32, point, why);
    }
    if (bytes_equal(curve, oid_p384)) {
        key->type = CA_P384;
        key->bits = 384;
        return point_check(curve_p384(), 48, point, why);
    }
    return not_a_key(why, "the curve is neither P-256 nor P-384");
}

static unsigned bit_length(struct bytes number)
{
    unsigned bits = (unsigned)(number.len - 1) * 8;
    for (unsigned top = number.at[0]; top > 0; top >>= 1)
        bits++;
    return bits;
}

/* Size and exponent are checked before anybody computes with them. */
static STATUS rsa_read(struct bytes contents, struct ca_public_key *key,
                       struct reason *why)
{
    struct cursor in = cursor_of(contents);
    struct cursor pair = der_enter(&in, DER_SEQUENCE);
    struct bytes modulus = der_take_unsigned(&pair);
    struct bytes exponent = der_take_unsigned(&pair);
    if (!der_finished(&pair) || !der_finished(&in))
        return not_a_key(why, "the RSA key is malformed");

    unsigned bits = bit_length(modulus);
    if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
        return not_a_key(why, "the RSA modulus is not of 2048 to 4096 bits");
    if (!(modulus.at[modulus.len - 1] & 1))
        return not_a_key(why, "the RSA modulus is even");
    if (!bytes_equal(exponent, bytes_of("\x01\x00\x01", 3)))
        return not_a_key(why, "the RSA exponent is not 65537");
    key->type = CA_RSA;
    key->bits = bits;
    return OK;
}

struct bytes ca_rsa_modulus(const struct ca_public_key *key)
{
    struct cursor in = cursor_of(ca_spki(key));
    struct cursor spki = der_enter(&in, DER_SEQUENCE);
    (void)der_take(&spki, DER_SEQUENCE); /* algorithm */
    struct cursor contents = cursor_of(der_take_bits(&spki));
    struct cursor pair = der_enter(&contents, DER_SEQUENCE);
    struct bytes modulus = der_take_unsigned(&pair);
    if (key->type != CA_RSA || pair.broken)
        return bytes_of(NULL, 0);
    return modulus;
}

struct status ca_public_key_read(struct bytes spki_der,
                                 struct ca_public_key *out, struct reason *why)
{
    if (spki_der.len > CA_SPKI_MAX)
        return not_a_key(why, "longer than an RSA-4096 key");

    struct ca_public_key key = { .len = spki_der.len };
    struct cursor in = cursor_of(spki_der);
    struct cursor spki = der_enter(&in, DER_SEQUENCE);
    struct cursor algorithm = der_enter(&spki, DER_SEQUENCE);
    struct bytes contents = der_take_bits(&spki);
    struct bytes oid = der_take(&algorithm, DER_OID);
    bool rsa = bytes_equal(oid, oid_rsa);
    struct bytes parameters = der_take(&algorithm, rsa ? DER_NULL : DER_OID);
    if (!der_finished(&in) || !der_finished(&spki) ||
        !der_finished(&algorithm) || (rsa && parameters.len != 0))
        return not_a_key(why,
                         "not a SubjectPublicKeyInfo of the form accepted");

    if (rsa)
        TRY(rsa_read(contents, &key, why));
    else if (bytes_equal(oid, oid_ec_public_key))
        TRY(ec_read(parameters, contents, &key, why));
    else
        return not_a_key(why, "neither an EC nor an RSA key");

    memcpy(key.der, spki_der.at, spki_der.len);
    TRY(hash_of(&key.hash, spki_der));
    *out = key;
    return OK;
}
