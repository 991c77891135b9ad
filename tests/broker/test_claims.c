/* Interoperable RA-TLS at the broker: claims that bind the key, and which
 * configuration the program asks for. */

#include "agent/cbor.h"
#include "tests/broker/cast.h"
#include "tests/ca/draft.h"

#define TAGGED "\x67\x81\x05\x05\x04\x09" /* 2.23.133.5.4.9 */

#define BYTES(literal) bytes_of(literal, sizeof(literal) - 1)

/* `configuration` NULL: the claims are about none. */
static void put_claims(const struct ca_key *key,
                       const struct hash *configuration, struct buffer *out)
{
    AUTO_CLEAR_BUFFER inner = buffer_make(256);
    cbor_put(&inner, CBOR_ARRAY, 2);
    cbor_put(&inner, CBOR_UNSIGNED, CA_CLAIMS_SHA256);
    cbor_put_bytes(&inner, hash_bytes(&ca_key_public(key)->hash));
    cbor_put(out, CBOR_MAP, configuration ? 2 : 1);
    cbor_put_text(out, "pubkey-hash");
    cbor_put_bytes(out, buffer_bytes(&inner));
    if (configuration) {
        cbor_put_text(out, "accord-configuration");
        cbor_put_bytes(out, hash_bytes(configuration));
    }
    assert_ok(buffer_status(out));
}

static void quote_claims(const struct stage *s, struct bytes claims,
                         struct buffer *quote)
{
    struct simulator_request asked = { .isvprodid = 1, .isvsvn = 1 };
    struct reason why = { "" };
    struct hash hash;
    memset(asked.mrenclave, 0xc1, sizeof(asked.mrenclave));
    memset(asked.mrsigner, 0x51, sizeof(asked.mrsigner));
    assert_ok(hash_of(&hash, claims));
    memcpy(asked.report_data, hash.bytes, HASH_LEN);
    assert_ok(simulator_sgx_quote(s->simulator, &asked, stage_seconds(), quote,
                                  &why));
}

/* Asks for a certificate with tagged evidence alone. */
static struct answer *attest(struct stage *s, const struct hash *configuration)
{
    const struct ca_key *key = soft_rsa_key(0);
    AUTO_CLEAR_BUFFER claims = buffer_make(512);
    AUTO_CLEAR_BUFFER quote = buffer_make(ATTEST_EVIDENCE_MAX);
    AUTO_CLEAR_BUFFER value = buffer_make(CA_CSR_MAX);
    AUTO_CLEAR_BUFFER list = buffer_make(CA_CSR_MAX);
    AUTO_CLEAR_BUFFER attributes = buffer_make(CA_CSR_MAX);
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CSR_MAX);
    AUTO_CLEAR_BUFFER pem = buffer_make(CA_CSR_MAX);
    put_claims(key, configuration, &claims);
    quote_claims(s, buffer_bytes(&claims), &quote);
    buffer_put(&value, BYTES("\xd9\xea\x60\x82")); /* 60000([ */
    cbor_put_bytes(&value, buffer_bytes(&quote));
    cbor_put_bytes(&value, buffer_bytes(&claims));
    draft_extension(&list, BYTES(TAGGED), 0, buffer_bytes(&value));
    draft_request(&attributes, buffer_bytes(&list));
    const struct draft draft = { .key = key,
                                 .attributes = buffer_bytes(&attributes) };
    draft_put(&draft, &der);
    ca_pem_write("CERTIFICATE REQUEST", buffer_bytes(&der), &pem);
    assert_ok(buffer_status(&pem));
    return stage_ask(
        s, AS_NOBODY, HTTP_POST,
        json_pack("{s:s%}", "csr", (const char *)pem.data, pem.len),
        "/accord/v1/certificates");
}

static void claims_that_name_the_configuration_get_a_certificate(void **state)
{
    struct play play;
    play_begin(&play, *state);
    play_agree(&play);
    struct answer *a = attest(*state, &play.runtime);
    assert_answer(a, 200, NULL);
    AUTO_CLEAR_BUFFER certificate = buffer_make(CA_CERTIFICATE_MAX);
    take_certificate(a, &certificate);
    assert_answer(stage_ask(*state, buffer_bytes(&certificate), HTTP_POST,
                            json_pack("{s:s}", "dataset", play.input.text),
                            "/accord/v1/release"),
                  200, NULL);
    play_end(&play);
}

static void claims_about_no_configuration_get_none(void **state)
{
    struct play play;
    play_begin(&play, *state);
    play_agree(&play);
    struct answer *a = attest(*state, NULL);
    assert_answer(a, 400, NULL);
    assert_says(a, "csr: evidence of this form is not accepted here: its "
                   "binding names no configuration");
    play_end(&play);
}

static void claims_about_another_configuration_get_none(void **state)
{
    struct play play;
    struct hash other;
    play_begin(&play, *state);
    play_agree(&play);
    other = play.runtime;
    other.bytes[0] ^= 1;
    assert_answer(attest(*state, &other), 403, "configuration");
    play_end(&play);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(claims_that_name_the_configuration_get_a_certificate),
        stage_test(claims_about_no_configuration_get_none),
        stage_test(claims_about_another_configuration_get_none),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
