#include "attest/snp_ek.h"
#include "attest/token.h"
#include "base/cursor.h"

#include <openssl/x509.h>

#define HWID_TURIN_LEN 8
#define TAG_INTEGER    0x02
#define TAG_IA5STRING  0x16
#define CSP_ID_MAX     127 /* so that DER's length is one byte */

/* Places of the extensions in `value`: .1, .2, .3.1 to .3.9, .4, .5. */
enum place {
    VERSION,
    PRODUCT,
    SVN, /* + the last arc */
    HWID = SVN + 10,
    CSP_ID,
    PLACES,
};

/* Borrowed from the certificate; `at` is NULL where there is none. */
struct extensions {
    struct bytes value[PLACES];
};

/* 1.3.6.1.4.1.3704.1 */
static const unsigned char arc[] = { 0x2b, 0x06, 0x01, 0x04,
                                     0x01, 0x9c, 0x78, 0x01 };

static STATUS wrong(struct reason *why, const char *what)
{
    return refuse(why, STATUS_DENIED, "ek:extension",
                  "ek:extension: the endorsement key's %s", what);
}

/* PLACES when the arcs below `arc` are none that we know. */
static size_t place_of(struct bytes below)
{
    if (below.len == 2 && below.at[0] == 3 && below.at[1] >= 1 &&
        below.at[1] <= 9)
        return SVN + below.at[1];
    if (below.len != 1)
        return PLACES;
    switch (below.at[0]) {
    case 1: return VERSION;
    case 2: return PRODUCT;
    case 4: return HWID;
    case 5: return CSP_ID;
    default: return PLACES;
    }
}

/* Extensions outside the arc say nothing here; libcrypto refuses critical
 * ones that it does not know. */
static STATUS collect(X509_EXTENSION *from, struct extensions *out,
                      struct reason *why)
{
    const ASN1_OBJECT *object = X509_EXTENSION_get_object(from);
    const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(from);
    struct bytes oid = bytes_of(OBJ_get0_data(object), OBJ_length(object));
    if (oid.len < sizeof(arc) || memcmp(oid.at, arc, sizeof(arc)) != 0)
        return OK;
    size_t place =
        place_of(bytes_of(oid.at + sizeof(arc), oid.len - sizeof(arc)));
    if (place == PLACES)
        return wrong(why, "extensions have one that is not known");
    if (out->value[place].at)
        return wrong(why, "extensions have one twice");
    if (ASN1_STRING_length(value) == 0)
        return wrong(why, "extensions have an empty one");
    out->value[place] = bytes_of(ASN1_STRING_get0_data(value),
                                 (size_t)ASN1_STRING_length(value));
    return OK;
}

/* An INTEGER from 0 to 255, in its only DER. */
static bool read_svn(struct bytes der, unsigned char *out)
{
    struct cursor in = cursor_of(der);
    unsigned tag = cursor_u8(&in);
    unsigned len = cursor_u8(&in);
    unsigned first = cursor_u8(&in);
    unsigned value = len == 2 ? cursor_u8(&in) : first;
    bool shortest =
        (len == 1 && first < 0x80) || (len == 2 && first == 0 && value >= 0x80);
    if (tag != TAG_INTEGER || !shortest || in.broken || in.left != 0)
        return false;
    *out = (unsigned char)value;
    return true;
}

static bool read_text(struct bytes der, struct bytes *out)
{
    struct cursor in = cursor_of(der);
    unsigned tag = cursor_u8(&in);
    size_t len = cursor_u8(&in);
    *out = cursor_take(&in, len);
    bool ok = tag == TAG_IA5STRING && len >= 1 && len <= CSP_ID_MAX &&
              !in.broken && in.left == 0;
    for (size_t i = 0; i < out->len; i++)
        ok = ok && out->at[i] >= ' ' && out->at[i] <= '~';
    return ok;
}

static STATUS read_product(const struct extensions *from,
                           struct attest_snp_ek *out, struct reason *why)
{
    unsigned char version;
    struct bytes name;
    if (!read_text(from->value[PRODUCT], &name))
        return wrong(why, "product is missing or malformed");
    out->product = attest_product_of_name(name);
    if (out->product == 0)
        return refuse(why, STATUS_DENIED, "ek:extension",
                      "ek:extension: no product is known as \"%.*s\"",
                      (int)name.len, (const char *)name.at);
    if (!read_svn(from->value[VERSION], &version) ||
        version != (out->product == ATTEST_TURIN))
        return wrong(why, "structure version is not its product's");
    return OK;
}

static STATUS read_tcb(const struct extensions *from, struct attest_snp_ek *out,
                       struct reason *why)
{
    for (unsigned n = 1; n <= 9; n++) {
        struct bytes der = from->value[SVN + n];
        int byte = attest_product_tcb_byte(out->product, n);
        if (byte < 0 && der.at)
            return wrong(why, "SVNs have one that its product has not");
        if (byte >= 0 && !read_svn(der, &out->tcb[byte]))
            return wrong(why, "SVNs are not all there, or malformed");
    }
    return OK;
}

static STATUS read_holder(const struct extensions *from,
                          struct attest_snp_ek *out, struct reason *why)
{
    struct bytes hwid = from->value[HWID];
    struct bytes name;
    size_t len =
        out->product == ATTEST_TURIN ? HWID_TURIN_LEN : ATTEST_CHIP_ID_LEN;
    out->vlek = from->value[CSP_ID].at != NULL;
    if (out->vlek == (hwid.at != NULL))
        return wrong(why, "holder is not either a chip or a provider");
    if (out->vlek) {
        if (!read_text(from->value[CSP_ID], &name))
            return wrong(why, "provider is malformed");
        return OK;
    }
    if (hwid.len != len)
        return wrong(why, "chip id has not its product's length");
    memcpy(out->chip_id, hwid.at, hwid.len);
    return OK;
}

struct status attest_snp_ek_read(const X509 *certificate,
                                 struct attest_snp_ek *out, struct reason *why)
{
    struct extensions found = { 0 };
    struct attest_snp_ek made = { 0 };
    for (int i = 0; i < X509_get_ext_count(certificate); i++)
        TRY(collect(X509_get_ext(certificate, i), &found, why));
    TRY(read_product(&found, &made, why));
    TRY(read_tcb(&found, &made, why));
    TRY(read_holder(&found, &made, why));
    *out = made;
    return OK;
}
