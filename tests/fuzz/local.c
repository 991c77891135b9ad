/* Any bytes as what a program sends to its Node Agent: length of the request
 * 2, the local request, the report. Whatever the node vouches for is a
 * certificate that whoever trusts the node's zone accepts, for that key; what
 * it refuses, it refuses with a reason. Seeds: tests/fuzz/seeds.c, sealed by a
 * simulated CPU whose secret is 32 times 7. */

#include <stdint.h>
#include <stdlib.h>

#include "agent/vouch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define NOW 1800000000ull

static struct buffer root, certificate;
static struct vouch_node node;

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void make_node(void)
{
    static const unsigned char serial[CA_SERIAL_LEN] = { 1 };
    struct reason why = { "" };
    struct ca_key *zone = NULL;
    must(!failed(ca_key_generate(CA_KEY_P256, &zone)));
    must(!failed(ca_key_generate(CA_KEY_P256, &node.key)));
    const struct ca_signer signer = ca_key_signer(zone);
    const struct ca_certificate_fields fields = {
        .statement = { .kind = CA_NODE, .account = { { 1 } }, .id = { { 2 } } },
        .spki = ca_spki(ca_key_public(node.key)),
        .serial = { 0, 0x80 },
        .not_before = NOW - 60,
        .not_after = NOW + 86400,
        .common_name = "node",
    };
    root = buffer_make(CA_CERTIFICATE_MAX);
    certificate = buffer_make(CA_CERTIFICATE_MAX);
    must(!failed(ca_root_build(ca_spki(ca_key_public(zone)), serial,
                               NOW - 86400, &signer, &root, &why)));
    must(!failed(ca_certificate_build(&fields, buffer_bytes(&root), &signer,
                                      &certificate, &why)));
    node.certificate = buffer_bytes(&certificate);
    ca_key_free(zone);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static struct secret *cpu;
    (void)argc, (void)argv;
    must(!failed(secret_heap_open(1024 * 1024)));
    must(!failed(secret_new(LOCAL_REPORT_SECRET, &cpu)));
    memset(secret_fill(cpu), 7, LOCAL_REPORT_SECRET);
    node.cpu = cpu;
    make_node();
    return 0;
}

static void check(struct bytes csr_text, const struct vouch_answer *answer)
{
    AUTO_CLEAR_BUFFER pair = buffer_make(CA_EVIDENCE_MAX);
    struct ca_csr csr;
    struct ca_vouched said;
    struct reason why = { "" };
    must(!failed(ca_pem_read("CERTIFICATE", buffer_bytes(&answer->attestation),
                             &pair, &why)));
    must(!failed(
        ca_pem_read("CERTIFICATE", buffer_bytes(&answer->node), &pair, &why)));
    must(!failed(ca_csr_read(csr_text, &csr, &why)));
    must(!failed(ca_vouch_check(buffer_bytes(&pair), buffer_bytes(&root), NOW,
                                &said, &why)));
    must(hash_equal(&said.spki, &csr.key.hash));
    must(answer->report.len == 0 || answer->report.len == LOCAL_REPORT_LEN);
    ca_csr_clear(&csr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor in = cursor_of(bytes_of(data, size));
    struct bytes csr = cursor_take(&in, cursor_u16(&in));
    struct vouch_answer answer;
    struct reason why = { "" };
    if (in.broken)
        return 0;
    struct status s =
        vouch_attest(&node, csr, bytes_of(in.at, in.left), NOW, &answer, &why);
    if (failed(s)) {
        must(s.code == STATUS_INVALID || s.code == STATUS_DENIED);
        must(why.text[0] != '\0');
        return 0;
    }
    check(csr, &answer);
    vouch_answer_clear(&answer);
    return 0;
}
