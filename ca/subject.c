#include "ca/subject.h"

#include "base/text.h"
#include "ca/der.h"
#include "ca/oid.h"

#define ID_LEN (2 * HASH_LEN)

static STATUS bad(struct reason *why, const char *what)
{
    return refuse(why, STATUS_INVALID, "subject", "subject: %s", what);
}

/* --- the fields F.1.1.1 to F.1.1.8 ---------------------------------------- */

/* The last byte of the identifier is the field's number here, plus one. */
struct field {
    size_t at, len;
};
#define FIELD(name)                                                            \
    {                                                                          \
        offsetof(struct ca_sgx_subject, name),                                 \
            sizeof(((struct ca_sgx_subject *)0)->name)                         \
    }
static const struct field fields[] = {
    FIELD(cpusvn),   FIELD(miscselect), FIELD(attributes), FIELD(mrenclave),
    FIELD(mrsigner), FIELD(isvprodid),  FIELD(isvsvn),     FIELD(report_data),
};
#define FIELDS              (sizeof(fields) / sizeof(fields[0]))
#define REPORT_DATA         (FIELDS - 1)
#define ALL_BUT_REPORT_DATA ((1u << REPORT_DATA) - 1)

/* FIELDS when the identifier is none of them. */
static size_t field_of(struct bytes oid)
{
    size_t len = oid_sgx_subject.len;
    if (oid.len != len + 1 ||
        !bytes_equal(bytes_of(oid.at, len), oid_sgx_subject) ||
        oid.at[len] == 0 || oid.at[len] > FIELDS)
        return FIELDS;
    return oid.at[len] - 1u;
}

/* --- reading ---------------------------------------------------------------
 */

struct reading {
    struct ca_subject subject;
    unsigned seen; /* a bit for each SGX field */
};

static STATUS read_field(struct cursor *pair, size_t i, struct reading *r,
                         struct reason *why)
{
    struct bytes bits = der_take_bits(pair);
    if (pair->broken || bits.len != fields[i].len)
        return refuse(why, STATUS_INVALID, "subject",
                      "subject: 1.3.6.1.4.1.49690.1.1.%zu is not a BIT STRING "
                      "of %zu bytes",
                      i + 1, fields[i].len);
    if (r->seen & 1u << i)
        return bad(why, "a measurement is there twice");
    r->seen |= 1u << i;
    memcpy((unsigned char *)&r->subject.sgx + fields[i].at, bits.at, bits.len);
    return OK;
}

static STATUS is_first(struct reading *r, enum ca_measured kind,
                       struct reason *why)
{
    if (r->subject.measured != CA_MEASURED_NONE)
        return bad(why, "it has the measurements of two kinds, or one twice");
    r->subject.measured = kind;
    return OK;
}

static STATUS read_tdx(struct cursor *pair, struct reading *r,
                       struct reason *why)
{
    unsigned char version = 0xff;
    struct ca_subject *s = &r->subject;
    struct cursor in = der_enter(pair, DER_SEQUENCE);
    der_copy_unsigned(&in, &version, 1);
    s->tee_info = der_take(&in, DER_OCTET_STRING);
    s->td_info = der_take(&in, DER_OCTET_STRING);
    bool set = der_next(&in) == DER_SET;
    s->coprocessors = der_take_element(&in);
    if (!der_finished(&in) || !set || s->tee_info.len != CA_TEE_INFO_LEN ||
        s->td_info.len != CA_TD_INFO_LEN)
        return bad(why, "its TDX measurements are malformed");
    return is_first(r, CA_MEASURED_TDX, why);
}

static STATUS read_snp(struct cursor *pair, struct reading *r,
                       struct reason *why)
{
    struct ca_subject *s = &r->subject;
    struct cursor in = der_enter(pair, DER_SEQUENCE);
    s->snp_report = der_take(&in, DER_OCTET_STRING);
    bool set = der_next(&in) == DER_SET;
    s->coprocessors = der_take_element(&in);
    if (!der_finished(&in) || !set || s->snp_report.len != CA_SNP_REPORT_LEN)
        return bad(why, "its SEV-SNP report is malformed");
    return is_first(r, CA_MEASURED_SNP, why);
}

/* One spelling only, because the text itself is hashed into the evidence. */
static STATUS read_configuration(struct cursor *pair, struct reading *r,
                                 struct reason *why)
{
    char again[ID_LEN + 1];
    struct ca_subject *s = &r->subject;
    struct bytes text = der_take(pair, DER_OCTET_STRING);
    if (s->has_configuration)
        return bad(why, "the configuration is there twice");
    if (failed(hex_decode(text, s->configuration.bytes, HASH_LEN)))
        return bad(why, "the configuration is not 64 hexadecimal digits");
    hex_encode(hash_bytes(&s->configuration), again);
    if (!bytes_equal(text, bytes_of(again, ID_LEN)))
        return bad(why, "the configuration is not in lower case");
    s->has_configuration = true;
    return OK;
}

static STATUS read_pair(struct cursor *pair, struct reading *r,
                        struct reason *why)
{
    struct bytes oid = der_take(pair, DER_OID);
    size_t field = field_of(oid);
    if (field < FIELDS)
        TRY(read_field(pair, field, r, why));
    else if (bytes_equal(oid, oid_tdx_subject))
        TRY(read_tdx(pair, r, why));
    else if (bytes_equal(oid, oid_snp_subject))
        TRY(read_snp(pair, r, why));
    else if (bytes_equal(oid, oid_configuration))
        TRY(read_configuration(pair, r, why));
    else
        (void)der_take_element(pair);
    return der_finished(pair) ? OK : bad(why, "it is malformed");
}

static STATUS finish(struct reading *r, struct reason *why)
{
    if (r->seen == 0)
        return OK;
    if ((r->seen & ALL_BUT_REPORT_DATA) != ALL_BUT_REPORT_DATA)
        return bad(why, "some of the seven SGX measurements are missing");
    r->subject.sgx.has_report_data = r->seen >> REPORT_DATA & 1u;
    return is_first(r, CA_MEASURED_SGX, why);
}

struct status ca_subject_read(struct bytes name, struct ca_subject *out,
                              struct reason *why)
{
    struct reading r = { .seen = 0 };
    struct cursor in = cursor_of(name);
    if (name.len > CA_SUBJECT_MAX)
        return bad(why, "it is longer than 8 KiB");
    while (!in.broken && in.left > 0) {
        struct cursor set = der_enter(&in, DER_SET);
        while (!set.broken && set.left > 0) {
            struct cursor pair = der_enter(&set, DER_SEQUENCE);
            TRY(read_pair(&pair, &r, why));
        }
        in.broken |= set.broken;
    }
    if (in.broken)
        return bad(why, "it is malformed");
    TRY(finish(&r, why));
    *out = r.subject;
    return OK;
}

/* --- writing ---------------------------------------------------------------
 */

struct rdn {
    size_t set, pair;
};

static struct rdn rdn_open(struct buffer *out, struct bytes oid)
{
    struct rdn rdn;
    rdn.set = der_open(out, DER_SET);
    rdn.pair = der_open(out, DER_SEQUENCE);
    der_put(out, DER_OID, oid);
    return rdn;
}

static void rdn_close(struct buffer *out, struct rdn rdn)
{
    der_close(out, rdn.pair);
    der_close(out, rdn.set);
}

void ca_subject_put_sgx(const struct ca_sgx_subject *sgx, struct buffer *out)
{
    size_t count = sgx->has_report_data ? FIELDS : REPORT_DATA;
    for (size_t i = 0; i < count; i++) {
        unsigned char oid[16];
        size_t len = oid_sgx_subject.len;
        memcpy(oid, oid_sgx_subject.at, len);
        oid[len] = (unsigned char)(i + 1);
        struct rdn rdn = rdn_open(out, bytes_of(oid, len + 1));
        der_put_bits(out, bytes_of((const unsigned char *)sgx + fields[i].at,
                                   fields[i].len));
        rdn_close(out, rdn);
    }
}

void ca_subject_put_tdx(struct bytes tee_info, struct bytes td_info,
                        struct buffer *out)
{
    struct rdn rdn = rdn_open(out, oid_tdx_subject);
    size_t value = der_open(out, DER_SEQUENCE);
    der_put_number(out, 0);
    der_put(out, DER_OCTET_STRING, tee_info);
    der_put(out, DER_OCTET_STRING, td_info);
    der_put(out, DER_SET, bytes_of(NULL, 0));
    der_close(out, value);
    rdn_close(out, rdn);
}

void ca_subject_put_snp(struct bytes report, struct buffer *out)
{
    struct rdn rdn = rdn_open(out, oid_snp_subject);
    size_t value = der_open(out, DER_SEQUENCE);
    der_put(out, DER_OCTET_STRING, report);
    der_put(out, DER_SET, bytes_of(NULL, 0));
    der_close(out, value);
    rdn_close(out, rdn);
}

void ca_subject_put_configuration(const struct hash *configuration,
                                  struct buffer *out)
{
    char text[ID_LEN + 1];
    struct rdn rdn = rdn_open(out, oid_configuration);
    hex_encode(hash_bytes(configuration), text);
    der_put(out, DER_OCTET_STRING, bytes_of(text, ID_LEN));
    rdn_close(out, rdn);
}
