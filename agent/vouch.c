#include "agent/vouch.h"

#include "agent/simulator_parts.h"

#define BEFORE     60u /* seconds: clocks differ */
#define ANSWER_MAX ((size_t)32 * 1024)
#define LOCAL_LEN  (2 + 2 + 32 + 2 + 16) /* SEQUENCE { keyid, mac }, DER */

void vouch_answer_clear(struct vouch_answer *answer)
{
    buffer_clear(&answer->attestation);
    buffer_clear(&answer->node);
    buffer_clear(&answer->report);
}

static STATUS denied(struct reason *why, const char *what)
{
    return refuse(why, STATUS_DENIED, "vouch_attest", "attest: %s", what);
}

/* The enclave that answers. Zeroes what is not in it. */
static STATUS own_report(unsigned char out[LOCAL_REPORT_LEN])
{
    struct sgx_report own;
    memset(out, 0, LOCAL_REPORT_LEN);
    TRY(simulator_quoting_enclave(false, &own));
    sgx_report_write(&own, out);
    return OK;
}

static STATUS own_target(struct local_target *out)
{
    unsigned char report[LOCAL_REPORT_LEN];
    TRY(own_report(report));
    local_target_of(report, out);
    return OK;
}

struct status vouch_target_info(unsigned char out[LOCAL_TARGET_LEN])
{
    struct local_target target;
    TRY(own_target(&target));
    local_target_write(&target, out);
    return OK;
}

/* --- what is checked
 * ----------------------------------------------------------- */

static const struct ca_carrier *find(const struct ca_csr *csr,
                                     enum ca_carrier_kind kind)
{
    for (size_t i = 0; i < csr->carriers_count; i++)
        if (csr->carriers[i].kind == kind)
            return &csr->carriers[i];
    return NULL;
}

/* SEQUENCE { OCTET STRING keyid, OCTET STRING mac } has one encoding. */
static STATUS read_local(struct bytes value, struct bytes *keyid,
                         struct bytes *mac, struct reason *why)
{
    static const unsigned char first[] = { 0x30, LOCAL_LEN - 2, 0x04, 32 };
    static const unsigned char second[] = { 0x04, 16 };
    struct cursor in = cursor_of(value);
    cursor_expect(&in, bytes_of(first, sizeof(first)));
    *keyid = cursor_take(&in, 32);
    cursor_expect(&in, bytes_of(second, sizeof(second)));
    *mac = cursor_take(&in, 16);
    if (failed(cursor_finish(&in, "local")))
        return refuse(why, STATUS_INVALID, "vouch_attest",
                      "attest: the request's local report is malformed");
    return OK;
}

static STATUS check_sgx(const struct vouch_node *node, const struct ca_csr *csr,
                        const struct ca_carrier *local,
                        const struct ca_subject *subject, struct bytes report,
                        struct reason *why)
{
    struct bytes keyid, mac;
    struct local_target target;
    struct hash configuration;
    unsigned char rebuilt[LOCAL_REPORT_LEN], expected[CA_REPORT_DATA_LEN];
    TRY(read_local(local->value, &keyid, &mac, why));
    if (subject->measured != CA_MEASURED_SGX || !subject->sgx.has_report_data)
        return denied(why, "the request's subject has no report");
    local_report_rebuild(&subject->sgx, keyid.at, mac.at, rebuilt);
    if (!bytes_equal(report, bytes_of(rebuilt, sizeof(rebuilt))))
        return denied(why, "the report is not the one of the request");
    TRY(own_target(&target));
    struct status s = local_report_check(node->cpu, &target, rebuilt);
    if (s.code == STATUS_DENIED)
        return denied(why, "the report was not made on this machine for this "
                           "node");
    TRY(s);
    memcpy(configuration.bytes, subject->sgx.report_data + HASH_LEN, HASH_LEN);
    TRY(ca_report_data(&csr->key.hash,
                       hash_is_zero(&configuration) ? NULL : &configuration,
                       expected));
    if (memcmp(expected, subject->sgx.report_data, sizeof(expected)) != 0)
        return denied(why, "the report is not bound to the request's key");
    return OK;
}

static STATUS check_tdx(const struct vouch_node *node, const struct ca_csr *csr,
                        const struct ca_carrier *local,
                        const struct ca_subject *subject, struct reason *why)
{
    static const unsigned char none[] = { 0x31, 0 };
    static const unsigned char head[] = { 0x04, 0x82, 0x01, 0x00 };
    const struct ca_binding binding = { CA_BINDS_DOMAIN,
                                        bytes_of(none, sizeof(none)) };
    unsigned char expected[CA_REPORT_DATA_LEN];
    struct cursor in = cursor_of(local->value);
    if (subject->measured != CA_MEASURED_TDX)
        return denied(why, "the request's subject has no measurements");
    if (!bytes_equal(subject->coprocessors, bytes_of(none, sizeof(none))))
        return denied(why, "coprocessors are not checked here");
    cursor_expect(&in, bytes_of(head, sizeof(head)));
    TRY(ca_binding_report_data(
        &binding, &csr->key.hash,
        subject->has_configuration ? &subject->configuration : NULL, expected));
    struct status s = local_td_report_check(
        node->cpu, subject->tee_info, subject->td_info, expected,
        in.broken ? bytes_of(NULL, 0) : bytes_of(in.at, in.left));
    return s.code == STATUS_DENIED
               ? denied(why, "the report was not made on this machine, or is "
                             "not bound to the request's key")
               : s;
}

static STATUS check(const struct vouch_node *node, const struct ca_csr *csr,
                    const struct ca_subject *subject, struct bytes report,
                    struct reason *why)
{
    const struct ca_carrier *sgx = find(csr, CA_CARRIER_SGX_LOCAL);
    const struct ca_carrier *tdx = find(csr, CA_CARRIER_TDX_LOCAL);
    if (!sgx == !tdx)
        return refuse(why, STATUS_INVALID, "vouch_attest",
                      "attest: the request has not exactly one local report "
                      "(one of SEV-SNP goes to the broker as it is)");
    if (!node->cpu)
        return refuse(why, STATUS_UNAVAILABLE, "vouch_attest",
                      "attest: this node cannot check local reports: it has "
                      "no simulator, and real ones are not supported");
    return sgx ? check_sgx(node, csr, sgx, subject, report, why)
               : check_tdx(node, csr, tdx, subject, why);
}

/* --- what is answered
 * ---------------------------------------------------------- */

static void put_subject(const struct ca_subject *subject, struct buffer *out)
{
    if (subject->measured == CA_MEASURED_SGX)
        ca_subject_put_sgx(&subject->sgx, out);
    else
        ca_subject_put_tdx(subject->tee_info, subject->td_info, out);
    if (subject->has_configuration)
        ca_subject_put_configuration(&subject->configuration, out);
}

static STATUS make_certificate(const struct vouch_node *node,
                               const struct ca_csr *csr,
                               const struct ca_subject *subject, uint64_t now,
                               struct buffer *der, struct reason *why)
{
    struct ca_facts facts;
    struct ca_signer signer = ca_key_signer(node->key);
    AUTO_CLEAR_BUFFER measured = buffer_make(CA_SUBJECT_MAX);
    struct ca_vouch_fields fields = { .spki = ca_spki(&csr->key) };
    TRY(ca_certificate_read(node->certificate, &facts, why));
    if (now < facts.not_before || now >= facts.not_after)
        return refuse(why, STATUS_UNAVAILABLE, "vouch_attest",
                      "attest: the node's certificate has ended");
    fields.not_before =
        now - facts.not_before > BEFORE ? now - BEFORE : facts.not_before;
    fields.not_after =
        facts.not_after - now > VOUCH_LIFE ? now + VOUCH_LIFE : facts.not_after;
    put_subject(subject, &measured);
    TRY(buffer_status(&measured));
    fields.subject = buffer_bytes(&measured);
    TRY(random_fill(fields.serial, sizeof(fields.serial)));
    fields.serial[0] = (unsigned char)((fields.serial[0] & 0x3f) | 0x40);
    return ca_vouch_make(&fields, node->certificate, &signer, der, why);
}

/* Back to the caller's enclave, so that it knows what was certified. */
static STATUS answer_report(const struct vouch_node *node, struct bytes report,
                            struct bytes certificate, struct buffer *out)
{
    unsigned char own[LOCAL_REPORT_LEN];
    struct local_target caller;
    struct hash digest;
    TRY(own_report(own));
    TRY(hash_of(&digest, certificate));
    memset(own + SGX_REPORT_LEN - 64, 0, 64);
    memcpy(own + SGX_REPORT_LEN - 64, digest.bytes, HASH_LEN);
    local_target_of(report.at, &caller);
    TRY(local_report_seal(node->cpu, &caller, own));
    buffer_put(out, bytes_of(own, sizeof(own)));
    return buffer_status(out);
}

static STATUS answer(const struct vouch_node *node, const struct ca_csr *csr,
                     struct bytes report, uint64_t now,
                     struct vouch_answer *out, struct reason *why)
{
    struct ca_subject subject;
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    TRY(ca_subject_read(csr->subject, &subject, why));
    TRY(check(node, csr, &subject, report, why));
    TRY(make_certificate(node, csr, &subject, now, &der, why));
    ca_pem_write("CERTIFICATE", buffer_bytes(&der), &out->attestation);
    ca_pem_write("CERTIFICATE", node->certificate, &out->node);
    TRY(buffer_status(&out->attestation));
    TRY(buffer_status(&out->node));
    return subject.measured == CA_MEASURED_SGX
               ? answer_report(node, report, buffer_bytes(&der), &out->report)
               : OK;
}

struct status vouch_attest(const struct vouch_node *node, struct bytes csr,
                           struct bytes report, uint64_t now,
                           struct vouch_answer *out, struct reason *why)
{
    struct ca_csr request;
    struct vouch_answer made = { buffer_make(ANSWER_MAX),
                                 buffer_make(ANSWER_MAX),
                                 buffer_make(ANSWER_MAX) };
    TRY(ca_csr_read(csr, &request, why));
    struct status s = answer(node, &request, report, now, &made, why);
    ca_csr_clear(&request);
    if (failed(s))
        vouch_answer_clear(&made);
    else
        *out = made;
    return s;
}
