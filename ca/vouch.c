#include "ca/vouch.h"

#include "ca/binding.h"
#include "ca/certificate_form.h"
#include "ca/chain.h"
#include "ca/der.h"
#include "ca/oid.h"
#include "ca/signature.h"

#define SNP_REPORT_DATA_AT 0x50

static STATUS denied(struct reason *why, const char *what)
{
    return refuse(why, STATUS_DENIED, "ca_vouch_check",
                  "attestation certificate: %s", what);
}

/* --- the one form of it ------------------------------------------------------
 */

/* Everything that is signed, from what is variable in it. */
struct tbs {
    const unsigned char *serial;
    uint64_t not_before, not_after;
    struct bytes subject; /* contents of the Name */
    const struct ca_public_key *key;
};

static void put_extensions(struct buffer *out, const struct tbs *tbs,
                           const struct form_issuer *issuer)
{
    static const unsigned char not_an_authority[] = { DER_SEQUENCE, 0 };
    size_t tagged = der_open(out, DER_CONTEXT_CONSTRUCTED | 3);
    size_t list = der_open(out, DER_SEQUENCE);
    form_put_extension(out, oid_basic_constraints, true,
                       bytes_of(not_an_authority, sizeof(not_an_authority)));
    form_put_key_usage(out, FORM_DIGITAL_SIGNATURE);
    form_put_subject_key(out, tbs->key);
    form_put_authority(out, issuer);
    der_close(out, list);
    der_close(out, tagged);
}

static void put_tbs(struct buffer *out, const struct tbs *tbs,
                    const struct ca_facts *node)
{
    struct form_issuer issuer = form_issuer_of(&node->key);
    size_t whole = der_open(out, DER_SEQUENCE);
    size_t version = der_open(out, DER_CONTEXT_CONSTRUCTED | 0);
    der_put_number(out, 2); /* means version 3 */
    der_close(out, version);
    der_put_unsigned(out, bytes_of(tbs->serial, CA_SERIAL_LEN));
    size_t algorithm = der_open(out, DER_SEQUENCE);
    der_put(out, DER_OID, oid_ecdsa_sha256);
    der_close(out, algorithm);
    form_put_name(out, node->common_name);
    size_t validity = der_open(out, DER_SEQUENCE);
    der_put_time(out, tbs->not_before);
    der_put_time(out, tbs->not_after);
    der_close(out, validity);
    der_put(out, DER_SEQUENCE, tbs->subject);
    buffer_put(out, ca_spki(tbs->key));
    put_extensions(out, tbs, &issuer);
    der_close(out, whole);
}

/* --- making -----------------------------------------------------------------
 */

static STATUS fields_check(const struct ca_vouch_fields *f, struct reason *why)
{
    struct ca_subject subject;
    TRY(ca_subject_read(f->subject, &subject, why));
    TRY(form_serial_check(f->serial, why));
    if (subject.measured == CA_MEASURED_NONE)
        return refuse(why, STATUS_INVALID, "ca_vouch_make",
                      "attestation certificate: nothing is measured");
    if (f->not_after <= f->not_before ||
        f->not_after - f->not_before > CA_VOUCH_LIFE_MAX)
        return refuse(why, STATUS_INVALID, "ca_vouch_make",
                      "attestation certificate: it lasts longer than an hour, "
                      "or not at all");
    return OK;
}

static STATUS node_read(struct bytes der, struct ca_facts *out,
                        struct reason *why)
{
    TRY(ca_certificate_read(der, out, why));
    if (out->statement.kind != CA_NODE)
        return refuse(why, STATUS_INVALID, "ca_vouch_make",
                      "node certificate: it is of kind %s",
                      ca_kind_name(out->statement.kind));
    return OK;
}

struct status ca_vouch_make(const struct ca_vouch_fields *fields,
                            struct bytes node, const struct ca_signer *signer,
                            struct buffer *der_out, struct reason *why)
{
    struct ca_facts facts;
    struct ca_public_key key;
    const struct tbs what = { fields->serial, fields->not_before,
                              fields->not_after, fields->subject, &key };
    AUTO_CLEAR_BUFFER tbs = buffer_make(CA_CERTIFICATE_MAX);
    TRY(fields_check(fields, why));
    TRY(node_read(node, &facts, why));
    TRY(ca_public_key_read(fields->spki, &key, why));
    put_tbs(&tbs, &what, &facts);
    TRY(buffer_status(&tbs));
    return signature_put_signed(buffer_bytes(&tbs), signer, &facts.key,
                                der_out);
}

/* --- checking ---------------------------------------------------------------
 */

/* What a certificate of that form says; `serial` is the caller's. */
static STATUS tbs_read(struct bytes message, unsigned char *serial,
                       struct ca_public_key *key, struct tbs *out,
                       struct reason *why)
{
    struct cursor in = cursor_of(message);
    struct cursor tbs = der_enter(&in, DER_SEQUENCE);
    (void)der_take(&tbs, DER_CONTEXT_CONSTRUCTED | 0); /* version */
    der_copy_unsigned(&tbs, serial, CA_SERIAL_LEN);
    (void)der_take(&tbs, DER_SEQUENCE); /* algorithm */
    (void)der_take(&tbs, DER_SEQUENCE); /* issuer */
    struct cursor validity = der_enter(&tbs, DER_SEQUENCE);
    out->serial = serial;
    out->not_before = der_take_time(&validity);
    out->not_after = der_take_time(&validity);
    out->subject = der_take(&tbs, DER_SEQUENCE);
    struct bytes spki = der_take_element(&tbs);
    (void)der_take(&tbs, DER_CONTEXT_CONSTRUCTED | 3);
    if (!der_finished(&validity) || !der_finished(&tbs))
        return denied(why, "it is malformed");
    if (failed(ca_public_key_read(spki, key, why)))
        return denied(why, "its key is not one that is accepted");
    out->key = key;
    return OK;
}

/* Of our form if and only if we would write the same. */
static STATUS form_compare(const struct tbs *tbs, const struct ca_facts *node,
                           struct bytes message, struct reason *why)
{
    AUTO_CLEAR_BUFFER again = buffer_make(CA_CERTIFICATE_MAX);
    put_tbs(&again, tbs, node);
    TRY(buffer_status(&again));
    if (!bytes_equal(buffer_bytes(&again), message))
        return denied(why, "it is not of the form that a node writes, or of "
                           "another node");
    return OK;
}

static STATUS time_check(const struct tbs *tbs, const struct ca_facts *node,
                         uint64_t now, struct reason *why)
{
    if (now < tbs->not_before || now > tbs->not_after)
        return denied(why, "it has ended, or is not valid yet");
    if (tbs->not_after - tbs->not_before > CA_VOUCH_LIFE_MAX ||
        tbs->not_before < node->not_before || tbs->not_after > node->not_after)
        return denied(why, "it lasts longer than an hour, or than the node's");
    return OK;
}

static STATUS signature_hold(const struct signature_parts *parts,
                             const struct ca_facts *node, struct reason *why)
{
    if (!signature_is_ecdsa_sha256(parts->algorithm))
        return denied(why, "it is not signed with ecdsa-with-SHA256");
    struct status s = signature_check(&node->key, parts->algorithm,
                                      parts->message, parts->signature);
    return s.code == STATUS_DENIED ? denied(why, "it is not signed by the node")
                                   : s;
}

/* --- what was measured binds the key -----------------------------------------
 */

static STATUS sgx_binds(struct ca_vouched *v, struct reason *why)
{
    unsigned char expected[CA_REPORT_DATA_LEN];
    const struct ca_sgx_subject *sgx = &v->subject.sgx;
    struct hash configuration;
    if (!sgx->has_report_data)
        return denied(why, "it has no report data");
    memcpy(configuration.bytes, sgx->report_data + HASH_LEN, HASH_LEN);
    v->has_configuration = !hash_is_zero(&configuration);
    v->configuration = configuration;
    TRY(ca_report_data(&v->spki, v->has_configuration ? &configuration : NULL,
                       expected));
    if (memcmp(expected, sgx->report_data, sizeof(expected)) != 0)
        return denied(why, "the report is not bound to its key");
    return OK;
}

static STATUS domain_binds(struct ca_vouched *v, struct reason *why)
{
    unsigned char expected[CA_REPORT_DATA_LEN];
    const struct ca_subject *subject = &v->subject;
    const struct ca_binding binding = { CA_BINDS_DOMAIN,
                                        subject->coprocessors };
    v->has_configuration = subject->has_configuration;
    v->configuration = subject->configuration;
    if (subject->measured != CA_MEASURED_SNP)
        return OK;
    struct status s = ca_binding_report_data(
        &binding, &v->spki, v->has_configuration ? &v->configuration : NULL,
        expected);
    if (failed(s) ||
        memcmp(expected, subject->snp_report.at + SNP_REPORT_DATA_AT,
               sizeof(expected)) != 0)
        return denied(why, "the report is not bound to its key");
    return OK;
}

static STATUS read_measured(const struct tbs *tbs, struct ca_vouched *v,
                            struct reason *why)
{
    if (failed(ca_subject_read(tbs->subject, &v->subject, why)))
        return denied(why, "what it says was measured is malformed");
    if (v->subject.measured == CA_MEASURED_NONE)
        return denied(why, "nothing is measured");
    v->spki = tbs->key->hash;
    return v->subject.measured == CA_MEASURED_SGX ? sgx_binds(v, why)
                                                  : domain_binds(v, why);
}

static STATUS node_check(struct bytes node, struct bytes root, uint64_t now,
                         struct ca_facts *out, struct reason *why)
{
    struct status s = ca_chain_verify(node, root, now, CA_FOR_CLIENT, why);
    if (!failed(s))
        s = ca_certificate_read(node, out, why);
    if (s.code == STATUS_INVALID)
        return failure(STATUS_DENIED, "ca_vouch_check", 0);
    TRY(s);
    if (out->statement.kind != CA_NODE)
        return refuse(why, STATUS_DENIED, "ca_vouch_check",
                      "node certificate: it is of kind %s",
                      ca_kind_name(out->statement.kind));
    return OK;
}

struct status ca_vouch_check(struct bytes evidence, struct bytes root,
                             uint64_t now, struct ca_vouched *out,
                             struct reason *why)
{
    struct ca_vouched v = { .attested = false };
    struct signature_parts parts;
    struct ca_public_key key;
    unsigned char serial[CA_SERIAL_LEN];
    struct tbs tbs;
    struct cursor in = cursor_of(evidence);
    struct bytes attestation = der_take_element(&in);
    struct bytes node = der_take_element(&in);
    if (!der_finished(&in) || attestation.len > CA_CERTIFICATE_MAX ||
        failed(signature_take_signed(attestation, &parts)))
        return denied(why, "it is malformed");
    TRY(node_check(node, root, now, &v.node, why));
    TRY(signature_hold(&parts, &v.node, why));
    TRY(tbs_read(parts.message, serial, &key, &tbs, why));
    TRY(form_compare(&tbs, &v.node, parts.message, why));
    TRY(time_check(&tbs, &v.node, now, why));
    TRY(read_measured(&tbs, &v, why));
    v.attested = v.node.statement.evidence_kind != API_KIND_NONE;
    *out = v;
    return OK;
}

struct status ca_vouch_node(struct bytes evidence, struct ca_facts *out)
{
    struct ca_facts node;
    struct cursor in = cursor_of(evidence);
    (void)der_take_element(&in);
    struct bytes der = der_take_element(&in);
    if (!der_finished(&in) || failed(ca_certificate_read(der, &node, NULL)) ||
        node.statement.kind != CA_NODE)
        return failure(STATUS_CORRUPT, "ca_vouch_node", 0);
    *out = node;
    return OK;
}

/* --- against the request -----------------------------------------------------
 */

static bool same_sgx(const struct ca_sgx_subject *a,
                     const struct ca_sgx_subject *b)
{
    return memcmp(a->cpusvn, b->cpusvn, sizeof(a->cpusvn)) == 0 &&
           memcmp(a->miscselect, b->miscselect, sizeof(a->miscselect)) == 0 &&
           memcmp(a->attributes, b->attributes, sizeof(a->attributes)) == 0 &&
           memcmp(a->mrenclave, b->mrenclave, sizeof(a->mrenclave)) == 0 &&
           memcmp(a->mrsigner, b->mrsigner, sizeof(a->mrsigner)) == 0 &&
           memcmp(a->isvprodid, b->isvprodid, sizeof(a->isvprodid)) == 0 &&
           memcmp(a->isvsvn, b->isvsvn, sizeof(a->isvsvn)) == 0 &&
           (!a->has_report_data || memcmp(a->report_data, b->report_data,
                                          sizeof(a->report_data)) == 0);
}

static bool same(const struct ca_subject *asked, const struct ca_subject *said)
{
    if (asked->has_configuration &&
        (!said->has_configuration ||
         !hash_equal(&asked->configuration, &said->configuration)))
        return false;
    if (asked->measured == CA_MEASURED_NONE)
        return true;
    if (asked->measured != said->measured)
        return false;
    if (asked->measured == CA_MEASURED_SGX)
        return same_sgx(&asked->sgx, &said->sgx);
    return bytes_equal(asked->tee_info, said->tee_info) &&
           bytes_equal(asked->td_info, said->td_info) &&
           bytes_equal(asked->snp_report, said->snp_report) &&
           bytes_equal(asked->coprocessors, said->coprocessors);
}

struct status ca_vouch_matches(const struct ca_vouched *vouched,
                               const struct hash *spki, struct bytes subject,
                               struct reason *why)
{
    struct ca_subject asked;
    if (!hash_equal(&vouched->spki, spki))
        return denied(why, "it is for another key than the request's");
    TRY(ca_subject_read(subject, &asked, why));
    if (!same(&asked, &vouched->subject))
        return denied(why, "it says other measurements than the request");
    return OK;
}
