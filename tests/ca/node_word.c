#include "tests/ca/node_word.h"

#include "tests/support/check.h"

struct ca_sgx_subject node_word_enclave(const struct node_word *word)
{
    struct ca_sgx_subject sgx = { .has_report_data = true };
    struct hash spki;
    memset(sgx.cpusvn, 1, sizeof(sgx.cpusvn));
    memset(sgx.mrenclave, 4, sizeof(sgx.mrenclave));
    memset(sgx.mrsigner, 5, sizeof(sgx.mrsigner));
    sgx.attributes[0] = 5; /* INIT, MODE64BIT */
    sgx.isvprodid[0] = 6;
    sgx.isvsvn[0] = 7;
    assert_ok(hash_of(&spki, word->spki));
    assert_ok(ca_report_data(&spki, &word->configuration, sgx.report_data));
    return sgx;
}

void node_word_say(const struct node_word *word, struct bytes subject,
                   struct buffer *evidence)
{
    const struct ca_signer signer = ca_key_signer(word->node_key);
    const struct ca_vouch_fields fields = { .spki = word->spki,
                                            .subject = subject,
                                            .serial = { 0, 0x41 },
                                            .not_before = word->from,
                                            .not_after = word->from + 600 };
    struct reason why = { "" };
    if (failed(ca_vouch_make(&fields, word->node, &signer, evidence, &why)))
        fail_msg("%s", why.text);
    buffer_put(evidence, word->node);
    assert_ok(buffer_status(evidence));
}

void node_word_sgx(const struct node_word *word,
                   const struct ca_sgx_subject *enclave,
                   struct buffer *evidence)
{
    AUTO_CLEAR_BUFFER subject = buffer_make(CA_SUBJECT_MAX);
    ca_subject_put_sgx(enclave, &subject);
    node_word_say(word, buffer_bytes(&subject), evidence);
}
