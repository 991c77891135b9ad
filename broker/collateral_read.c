/* collateral_read.c - one set: which platforms it is about, how new it is, and
 * until when it holds. Signatures are the verifier's business. */

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/text.h"
#include "broker/collateral.h"

#define FILE_MAX  ((size_t)128 * 1024)
#define CHAIN_MAX 8 /* certificates */

enum file { TCB_INFO, QE_IDENTITY, CHAIN, ROOT_CRL, PCK_CRL, FILES };
static const char *const files[FILES] = { "tcbinfo.json", "qeidentity.json",
                                          "tcb_signing_chain.pem",
                                          "root_ca.crl.der", "pck_ca.crl.der" };

struct reading {
    struct buffer file[FILES];
    struct collateral_set set;
    struct reason *why;
};

static struct status wrong(struct reading *r, enum file which, const char *what)
{
    return refuse(r->why, STATUS_INVALID, "collateral", "%s: %s", files[which],
                  what);
}

static void ends(struct reading *r, uint64_t when)
{
    if (when < r->set.expires)
        r->set.expires = when;
}

/* "2025-07-07T10:00:00Z" */
static bool read_date(const char *text, uint64_t *out)
{
    struct tm t = { 0 };
    const char *end = text ? strptime(text, "%Y-%m-%dT%H:%M:%SZ", &t) : NULL;
    time_t seconds = end && *end == '\0' ? timegm(&t) : -1;
    *out = seconds > 0 ? (uint64_t)seconds : 0;
    return seconds > 0;
}

/* --- TCB information, identity of the quoting enclave --------------------- */

struct dated {
    uint64_t issued, evaluation;
};

static struct status read_dates(struct reading *r, enum file which,
                                const json_t *signed_part, struct dated *out)
{
    uint64_t next;
    int64_t evaluation = 0;
    if (!read_date(json_string_value(json_object_get(signed_part, "issueDate")),
                   &out->issued) ||
        !read_date(
            json_string_value(json_object_get(signed_part, "nextUpdate")),
            &next))
        return wrong(r, which, "issueDate and nextUpdate are no dates");
    if (json_object_get(signed_part, "tcbEvaluationDataNumber"))
        TRY(api_json_integer(signed_part, "tcbEvaluationDataNumber", 0,
                             UINT32_MAX, &evaluation, r->why));
    out->evaluation = (uint64_t)evaluation;
    ends(r, next);
    return OK;
}

static struct status read_signed(struct reading *r, enum file which,
                                 const char *member, json_t **out)
{
    AUTO_JSON *json = NULL;
    struct reason cause = { "" };
    struct status s = api_json_read(buffer_bytes(&r->file[which]), FILE_MAX,
                                    false, &json, &cause);
    if (failed(s))
        return wrong(r, which, cause.text);
    json_t *inner = json_object_get(json, member);
    if (!json_is_object(inner))
        return wrong(r, which, "not what its name says");
    *out = json_incref(inner);
    return OK;
}

static struct status read_tcb_info(struct reading *r)
{
    AUTO_JSON *info = NULL;
    struct policy_collateral *about = &r->set.about;
    struct dated dated;
    TRY(read_signed(r, TCB_INFO, "tcbInfo", &info));
    TRY(read_dates(r, TCB_INFO, info, &dated));
    const char *id = json_string_value(json_object_get(info, "id"));
    const char *fmspc = json_string_value(json_object_get(info, "fmspc"));
    about->tee = id && strcmp(id, "TDX") == 0 ? API_KIND_TDX : API_KIND_SGX;
    if (!fmspc || failed(hex_decode(bytes_of_string(fmspc), about->fmspc, 6)))
        return wrong(r, TCB_INFO, "fmspc is not 12 hexadecimal digits");
    about->issued = dated.issued;
    about->evaluation = (uint32_t)dated.evaluation;
    return OK;
}

static struct status read_identity(struct reading *r)
{
    AUTO_JSON *identity = NULL;
    struct dated dated;
    TRY(read_signed(r, QE_IDENTITY, "enclaveIdentity", &identity));
    TRY(read_dates(r, QE_IDENTITY, identity, &dated));
    r->set.about.qe_issued = dated.issued;
    if (dated.evaluation < r->set.about.evaluation)
        r->set.about.evaluation = (uint32_t)dated.evaluation;
    return OK;
}

/* --- certificates and revocation lists ------------------------------------ */

static struct status hash_key(X509 *certificate, struct hash *out)
{
    unsigned char *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (len <= 0)
        return failure(STATUS_NO_MEMORY, "i2d_X509_PUBKEY", 0);
    struct status s = hash_of(out, bytes_of(der, (size_t)len));
    OPENSSL_free(der);
    return s;
}

static bool is_self_issued(X509 *certificate)
{
    return X509_NAME_cmp(X509_get_subject_name(certificate),
                         X509_get_issuer_name(certificate)) == 0;
}

/* The root that the chain claims: which anchor's platforms it is for. */
static struct status read_chain(struct reading *r)
{
    struct status s = OK;
    BIO *pem = BIO_new_mem_buf(r->file[CHAIN].data, (int)r->file[CHAIN].len);
    bool found = false;
    for (int i = 0; pem && i < CHAIN_MAX && !found && !failed(s); i++) {
        X509 *one = PEM_read_bio_X509(pem, NULL, NULL, NULL);
        if (!one)
            break;
        found = is_self_issued(one);
        if (found)
            s = hash_key(one, &r->set.about.anchor);
        X509_free(one);
    }
    BIO_free(pem);
    TRY(s);
    return found ? OK : wrong(r, CHAIN, "no root at the end of the chain");
}

static struct status read_number(struct reading *r, enum file which,
                                 const X509_CRL *crl, uint64_t *out)
{
    ASN1_INTEGER *number =
        X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
    bool read = number && ASN1_INTEGER_get_uint64(out, number) == 1;
    ASN1_INTEGER_free(number);
    return read && *out <= INT64_MAX ? OK : wrong(r, which, "it has no number");
}

static struct status read_end(struct reading *r, enum file which,
                              const X509_CRL *crl)
{
    struct tm t;
    const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);
    if (!next || ASN1_TIME_to_tm(next, &t) != 1)
        return wrong(r, which, "it does not say when the next one comes");
    ends(r, (uint64_t)timegm(&t));
    return OK;
}

static struct status read_issuer(struct reading *r, const X509_CRL *crl)
{
    char name[256] = "";
    (void)X509_NAME_get_text_by_NID(X509_CRL_get_issuer(crl), NID_commonName,
                                    name, sizeof(name));
    r->set.about.ca = strstr(name, "Processor")  ? 1
                      : strstr(name, "Platform") ? 2
                                                 : 0;
    return r->set.about.ca ? OK
                           : wrong(r, PCK_CRL,
                                   "issued neither by a processor nor by a "
                                   "platform CA");
}

static struct status read_crl(struct reading *r, enum file which,
                              uint64_t *number)
{
    const unsigned char *at = r->file[which].data;
    X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)r->file[which].len);
    if (!crl || at != r->file[which].data + r->file[which].len) {
        X509_CRL_free(crl);
        return wrong(r, which, "not a revocation list in DER");
    }
    struct status s = read_number(r, which, crl, number);
    if (!failed(s))
        s = read_end(r, which, crl);
    if (!failed(s) && which == PCK_CRL)
        s = read_issuer(r, crl);
    X509_CRL_free(crl);
    return s;
}

/* --- the whole ------------------------------------------------------------ */

static struct status read_files(struct reading *r, const char *directory)
{
    for (size_t i = 0; i < FILES; i++) {
        char path[4096];
        int len = snprintf(path, sizeof(path), "%s/%s/%s", directory,
                           r->set.name, files[i]);
        r->file[i] = buffer_make(FILE_MAX);
        if (len < 0 || (size_t)len >= sizeof(path) ||
            failed(file_read(path, &r->file[i])))
            return wrong(r, (enum file)i, "cannot be read");
    }
    return OK;
}

static struct status read_all(struct reading *r, const char *directory)
{
    TRY(read_files(r, directory));
    TRY(read_tcb_info(r));
    TRY(read_identity(r));
    TRY(read_chain(r));
    TRY(read_crl(r, ROOT_CRL, &r->set.about.root_crl));
    TRY(read_crl(r, PCK_CRL, &r->set.about.pck_crl));
    const struct attest_collateral whole = {
        .tcb_info = buffer_bytes(&r->file[TCB_INFO]),
        .qe_identity = buffer_bytes(&r->file[QE_IDENTITY]),
        .tcb_signing_chain = buffer_bytes(&r->file[CHAIN]),
        .root_crl = buffer_bytes(&r->file[ROOT_CRL]),
        .pck_crl = buffer_bytes(&r->file[PCK_CRL]),
    };
    if (failed(attest_collateral_encode(&whole, &r->set.encoded)))
        return refuse(r->why, STATUS_INVALID, "collateral",
                      "all files together are longer than %zu bytes",
                      ATTEST_COLLATERAL_MAX);
    return hash_of(&r->set.about.digest, buffer_bytes(&r->set.encoded));
}

struct status collateral_read(const char *directory, const char *name,
                              struct collateral_set *out, struct reason *why)
{
    struct reading r = { .why = why };
    r.set.encoded = buffer_make(ATTEST_COLLATERAL_MAX);
    r.set.expires = UINT64_MAX;
    if (strlen(name) >= sizeof(r.set.name))
        return refuse(why, STATUS_INVALID, "collateral",
                      "its name is longer than %d bytes",
                      COLLATERAL_NAME_MAX - 1);
    memcpy(r.set.name, name, strlen(name) + 1);
    struct status s = read_all(&r, directory);
    for (size_t i = 0; i < FILES; i++)
        buffer_clear(&r.file[i]);
    if (failed(s)) {
        collateral_set_clear(&r.set);
        return s;
    }
    *out = r.set;
    return OK;
}

void collateral_set_clear(struct collateral_set *set)
{
    buffer_clear(&set->encoded);
}
