/* seeds_local.c - what programs send to their Node Agent. */

#include "tests/fuzz/seeds.h"

#include "agent/vouch.h"
#include "tests/ca/draft.h"

#define F "\x2b\x06\x01\x04\x01\x83\x84\x1a"

static void write_local(const char *name, const struct draft *draft,
                        struct bytes report)
{
    AUTO_CLEAR_BUFFER csr = buffer_make(CA_CSR_MAX);
    AUTO_CLEAR_BUFFER seed = buffer_make(2 * CA_CSR_MAX);
    draft_put(draft, &csr);
    buffer_put_u16(&seed, (uint16_t)csr.len);
    buffer_put(&seed, buffer_bytes(&csr));
    buffer_put(&seed, report);
    assert_ok(buffer_status(&seed));
    seed_write("local", name, buffer_bytes(&seed));
}

static void make_local_enclave(const struct secret *cpu)
{
    static const unsigned char zeros[32];
    const struct hash configuration = { { 0x5c } };
    struct ca_sgx_subject sgx = { .has_report_data = true,
                                  .attributes = { 5 } };
    unsigned char info[LOCAL_TARGET_LEN], report[LOCAL_REPORT_LEN];
    struct local_target target;
    AUTO_CLEAR_BUFFER local = buffer_make(128);
    AUTO_CLEAR_BUFFER subject = buffer_make(CA_SUBJECT_MAX);
    AUTO_CLEAR_BUFFER attributes = buffer_make(4096);
    const struct ca_key *key = sample_key(CA_KEY_P256);
    memset(sgx.mrenclave, 4, 32);
    assert_ok(ca_report_data(&ca_key_public(key)->hash, &configuration,
                             sgx.report_data));
    assert_ok(vouch_target_info(info));
    local_target_read(info, &target);
    local_report_rebuild(&sgx, zeros, zeros, report);
    assert_ok(local_report_seal(cpu, &target, report));
    buffer_put(&local, BYTES("\x30\x34\x04\x20"));
    buffer_put(&local, bytes_of(report + LOCAL_REPORT_KEYID_AT, 32));
    buffer_put(&local, BYTES("\x04\x10"));
    buffer_put(&local, bytes_of(report + LOCAL_REPORT_MAC_AT, 16));
    draft_attribute(&attributes, BYTES(F "\x02\x01\x01"), buffer_bytes(&local));
    ca_subject_put_sgx(&sgx, &subject);
    const struct draft draft = { .key = key,
                                 .subject = buffer_bytes(&subject),
                                 .attributes = buffer_bytes(&attributes) };
    write_local("enclave", &draft, bytes_of(report, sizeof(report)));
}

static void make_local_domain(const struct secret *cpu)
{
    static const unsigned char tee_info[CA_TEE_INFO_LEN] = { 1 };
    static const unsigned char td_info[CA_TD_INFO_LEN] = { 2 };
    const struct ca_binding domain = { CA_BINDS_DOMAIN, BYTES("\x31\x00") };
    const struct hash configuration = { { 0x5c } };
    unsigned char data[CA_REPORT_DATA_LEN], report[LOCAL_TD_REPORT_LEN];
    AUTO_CLEAR_BUFFER local = buffer_make(512);
    AUTO_CLEAR_BUFFER subject = buffer_make(CA_SUBJECT_MAX);
    AUTO_CLEAR_BUFFER attributes = buffer_make(4096);
    const struct ca_key *key = sample_key(CA_KEY_P256);
    assert_ok(ca_binding_report_data(&domain, &ca_key_public(key)->hash,
                                     &configuration, data));
    assert_ok(local_td_report_make(cpu, bytes_of(tee_info, sizeof(tee_info)),
                                   bytes_of(td_info, sizeof(td_info)), data,
                                   report));
    buffer_put(&local, BYTES("\x04\x82\x01\x00"));
    buffer_put(&local, bytes_of(report, sizeof(report)));
    draft_attribute(&attributes, BYTES(F "\x02\x02\x11"), buffer_bytes(&local));
    ca_subject_put_tdx(bytes_of(tee_info, sizeof(tee_info)),
                       bytes_of(td_info, sizeof(td_info)), &subject);
    ca_subject_put_configuration(&configuration, &subject);
    const struct draft draft = { .key = key,
                                 .subject = buffer_bytes(&subject),
                                 .attributes = buffer_bytes(&attributes) };
    write_local("domain", &draft, BYTES(""));
}

void seeds_local(void)
{
    AUTO_FREE(secret) cpu = NULL;
    assert_ok(secret_new(LOCAL_REPORT_SECRET, &cpu));
    memset(secret_fill(cpu), 7, LOCAL_REPORT_SECRET);
    make_local_enclave(cpu);
    make_local_domain(cpu);
}
