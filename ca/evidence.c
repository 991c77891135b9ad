#include "ca/evidence.h"

#include "ca/claims.h"
#include "ca/der.h"
#include "ca/subject.h"

#define CERTIFICATES_MAX 3 /* endorsement key, intermediate, root */

void ca_evidence_clear(struct ca_evidence *evidence)
{
    buffer_clear(&evidence->bytes);
    *evidence = (struct ca_evidence){ .bytes = evidence->bytes };
}

static STATUS bad(struct reason *why, enum ca_carrier_kind kind,
                  const char *what)
{
    return refuse(why, STATUS_INVALID, "ca_csr_evidence",
                  "certificate request: evidence of the form %s: %s",
                  ca_carrier_name(kind), what);
}

/* --- one carrier's value ---------------------------------------------------
 */

/* Version 3 is SGX without saying so; later ones name the platform. */
static bool is_tdx(struct bytes quote)
{
    static const unsigned char tdx[4] = { 0x81 };
    return quote.len >= 8 && memcmp(quote.at + 4, tdx, sizeof(tdx)) == 0;
}

static STATUS take_octets(struct bytes value, struct bytes *out)
{
    struct cursor in = cursor_of(value);
    struct bytes octets = der_take(&in, DER_OCTET_STRING);
    if (!der_finished(&in) || octets.len == 0)
        return failure(STATUS_INVALID, "ca_csr_evidence", 0);
    *out = octets;
    return OK;
}

static STATUS take_quote(const struct ca_carrier *c, struct ca_evidence *e,
                         struct reason *why)
{
    struct bytes quote;
    struct status s = c->kind == CA_CARRIER_QUOTE
                          ? ca_carrier_quote(c, &quote)
                          : take_octets(c->value, &quote);
    if (failed(s))
        return bad(why, c->kind, "it is malformed");
    if (c->kind != CA_CARRIER_QUOTE &&
        is_tdx(quote) != (c->kind == CA_CARRIER_DCAP_TDX))
        return bad(why, c->kind, "the quote is of another platform");
    e->form = CA_EVIDENCE_QUOTE;
    buffer_put(&e->bytes, quote);
    return OK;
}

static STATUS take_document(const struct ca_carrier *c, struct ca_evidence *e,
                            struct reason *why)
{
    struct bytes document;
    if (failed(ca_carrier_document(c, &document)))
        return bad(why, c->kind, "it is malformed");
    e->form = CA_EVIDENCE_NITRO;
    buffer_put(&e->bytes, document);
    return OK;
}

static STATUS take_vouched(const struct ca_carrier *c, struct ca_evidence *e,
                           struct reason *why)
{
    struct bytes attestation, node;
    if (failed(ca_carrier_vouched(c, &attestation, &node)))
        return bad(why, c->kind, "it is malformed");
    e->form = CA_EVIDENCE_VOUCHED;
    e->binding.rule = CA_BINDS_VOUCHED;
    buffer_put(&e->bytes, attestation);
    buffer_put(&e->bytes, node);
    return OK;
}

static STATUS take_report(const struct ca_carrier *c, struct ca_evidence *e,
                          struct reason *why)
{
    struct bytes report;
    if (failed(take_octets(c->value, &report)) ||
        report.len != CA_SNP_REPORT_LEN)
        return bad(why, c->kind, "it is not a report of 1184 bytes");
    e->form = CA_EVIDENCE_SNP;
    buffer_put(&e->bytes, report);
    return OK;
}

/* --- RA-TLS: 60000([quote, claims]) ----------------------------------------
 */

static STATUS take_tagged(const struct ca_carrier *c, struct ca_evidence *e,
                          struct reason *why)
{
    struct bytes quote, claims;
    struct ca_claims read;
    if (failed(ca_tagged_read(c->value, &quote, &claims)))
        return bad(why, c->kind, "it is not a tagged pair of quote and claims");
    if (failed(ca_claims_read(claims, &read)))
        return bad(why, c->kind, "its claims are malformed");
    e->form = CA_EVIDENCE_QUOTE;
    e->binding = (struct ca_binding){ CA_BINDS_CLAIMS, claims };
    e->has_configuration = read.configuration.at != NULL;
    if (e->has_configuration)
        memcpy(e->configuration.bytes, read.configuration.at, HASH_LEN);
    buffer_put(&e->bytes, quote);
    return OK;
}

/* --- which one counts ------------------------------------------------------
 */

/* NULL: it is no evidence by itself. */
typedef STATUS (*take_fn)(const struct ca_carrier *c, struct ca_evidence *e,
                          struct reason *why);
static take_fn taker_of(enum ca_carrier_kind kind)
{
    switch (kind) {
    case CA_CARRIER_QUOTE:
    case CA_CARRIER_DCAP_SGX:
    case CA_CARRIER_DCAP_TDX: return take_quote;
    case CA_CARRIER_NITRO: return take_document;
    case CA_CARRIER_VOUCHED: return take_vouched;
    case CA_CARRIER_SNP: return take_report;
    case CA_CARRIER_TAGGED: return take_tagged;
    case CA_CARRIER_UNKNOWN:
    case CA_CARRIER_SGX_LOCAL:
    case CA_CARRIER_TDX_LOCAL:
    case CA_CARRIER_SNP_CHAIN: return NULL;
    }
    return NULL;
}

static const struct ca_carrier *find(const struct ca_csr *csr,
                                     enum ca_carrier_kind kind)
{
    for (size_t i = 0; i < csr->carriers_count; i++)
        if (csr->carriers[i].kind == kind)
            return &csr->carriers[i];
    return NULL;
}

static STATUS no_evidence(const struct ca_csr *csr, struct reason *why)
{
    const struct ca_carrier *local = find(csr, CA_CARRIER_SGX_LOCAL);
    if (!local)
        local = find(csr, CA_CARRIER_TDX_LOCAL);
    if (local)
        return bad(why, local->kind,
                   "only a Node Agent on the same machine can check it");
    return refuse(why, STATUS_INVALID, "ca_csr_evidence",
                  "certificate request: it carries no evidence");
}

/* The subject's SEV-SNP report stands for itself: it is signed. */
static STATUS find_one(const struct ca_csr *csr,
                       const struct ca_subject *subject, struct ca_carrier *out,
                       struct reason *why)
{
    size_t count = 0;
    struct ca_carrier found = { .kind = CA_CARRIER_SNP };
    for (size_t i = 0; i < csr->carriers_count; i++) {
        if (!taker_of(csr->carriers[i].kind))
            continue;
        found = csr->carriers[i];
        count++;
    }
    count += subject->measured == CA_MEASURED_SNP;
    if (count > 1)
        return refuse(why, STATUS_INVALID, "ca_csr_evidence",
                      "certificate request: it carries evidence twice; exactly "
                      "one form of it is accepted");
    if (count == 0)
        return no_evidence(csr, why);
    *out = found;
    return OK;
}

static STATUS add_chain(const struct ca_csr *csr, struct ca_evidence *e,
                        struct reason *why)
{
    const struct ca_carrier *chain = find(csr, CA_CARRIER_SNP_CHAIN);
    if (!chain)
        return OK; /* the endorsements may be known to whoever judges */
    if (e->form != CA_EVIDENCE_SNP)
        return bad(why, chain->kind, "there is no SEV-SNP report with it");
    size_t count = 0;
    struct cursor in = cursor_of(chain->value);
    struct cursor list = der_enter(&in, DER_SEQUENCE);
    bool alike = true;
    while (!list.broken && list.left > 0) {
        alike &= der_next(&list) == DER_SEQUENCE;
        buffer_put(&e->bytes, der_take_element(&list));
        count++;
    }
    if (!alike || !der_finished(&list) || !der_finished(&in) || count == 0 ||
        count > CERTIFICATES_MAX)
        return bad(why, chain->kind, "it is not one to three certificates");
    return OK;
}

/* How the product's client in virtual machines binds its key. */
static void bind_by_subject(const struct ca_subject *subject,
                            struct ca_evidence *e)
{
    static const unsigned char empty_set[] = { DER_SET, 0 };
    bool domain = subject->measured == CA_MEASURED_TDX ||
                  subject->measured == CA_MEASURED_SNP;
    if (e->binding.rule == CA_BINDS_CLAIMS)
        return; /* claims say themselves which configuration they bind */
    e->has_configuration = subject->has_configuration;
    e->configuration = subject->configuration;
    if (e->binding.rule != CA_BINDS_KEY ||
        (!domain && !subject->has_configuration))
        return;
    e->binding.rule = CA_BINDS_DOMAIN;
    e->binding.material =
        domain ? subject->coprocessors : bytes_of(empty_set, sizeof(empty_set));
}

static STATUS take(const struct ca_csr *csr, struct ca_evidence *e,
                   struct reason *why)
{
    struct ca_subject subject;
    struct ca_carrier carrier;
    TRY(ca_subject_read(csr->subject, &subject, why));
    TRY(find_one(csr, &subject, &carrier, why));
    e->carrier = carrier.kind;
    if (subject.measured == CA_MEASURED_SNP) {
        e->form = CA_EVIDENCE_SNP;
        buffer_put(&e->bytes, subject.snp_report);
    } else
        TRY(taker_of(carrier.kind)(&carrier, e, why));
    TRY(add_chain(csr, e, why));
    bind_by_subject(&subject, e);
    if (e->bytes.refused == STATUS_INVALID)
        return bad(why, carrier.kind, "it is longer than 32 KiB");
    return buffer_status(&e->bytes);
}

struct status ca_csr_evidence(const struct ca_csr *csr, struct ca_evidence *out,
                              struct reason *why)
{
    struct ca_evidence e = { .bytes = buffer_make(CA_EVIDENCE_MAX),
                             .binding = { .rule = CA_BINDS_KEY } };
    struct status s = take(csr, &e, why);
    if (failed(s))
        ca_evidence_clear(&e);
    else
        *out = e;
    return s;
}
