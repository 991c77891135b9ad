/* enclaves.c - programs that prove what they are to the simulator's root. */

#include <stdlib.h>

#include "tests/broker/cast.h"

void quote_make(const struct stage *s, const struct enclave *e,
                struct buffer *quote)
{
    struct simulator_request claims = { .isvprodid = 1, .isvsvn = 1 };
    struct reason why = { "" };
    memset(claims.mrenclave, e->measured, sizeof(claims.mrenclave));
    memset(claims.mrsigner, 0x51, sizeof(claims.mrsigner));
    assert_ok(ca_report_data(&ca_key_public(e->key)->hash, &e->configuration,
                             claims.report_data));
    *quote = buffer_make(ATTEST_EVIDENCE_MAX);
    assert_ok(simulator_sgx_quote(s->simulator, &claims, stage_seconds(), quote,
                                  &why));
}

json_t *attest_body(const struct enclave *e, const struct buffer *quote)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
    struct ca_csr_fields fields = { .common_name = "program",
                                    .quote = buffer_bytes(quote) };
    struct reason why = { "" };
    assert_ok(ca_csr_make(&fields, e->key, &pem, &why));
    json_t *body = json_pack("{s:s%}", "csr", (const char *)pem.data, pem.len);
    assert_non_null(body);
    return body;
}

void enclave_make(struct play *play, struct ca_key *key, struct enclave *out)
{
    AUTO_CLEAR_BUFFER quote = { 0 };
    *out = (struct enclave){ .key = key,
                             .configuration = play->runtime,
                             .measured = 0xc1,
                             .certificate = buffer_make(CA_CERTIFICATE_MAX) };
    quote_make(play->stage, out, &quote);
    struct answer *a =
        stage_ask(play->stage, AS_NOBODY, HTTP_POST, attest_body(out, &quote),
                  "/accord/v1/certificates");
    assert_answer(a, 200, NULL);
    assert_receipt(play->stage, a);
    take_certificate(a, &out->certificate);
}

void enclave_clear(struct enclave *e)
{
    buffer_clear(&e->certificate);
}
