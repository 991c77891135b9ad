#include "tests/attest/honest_snp.h"

#include "tests/support/check.h"

static struct snp_forge made;
struct snp_forge *forge = &made;

int snp_begin(void **state)
{
    (void)state;
    snp_forge_init(forge);
    return 0;
}

int snp_end(void **state)
{
    (void)state;
    snp_forge_clear(forge);
    return 0;
}

void snp_verify(struct attest_identity *out)
{
    AUTO_CLEAR_BUFFER evidence = buffer_make(VENDOR_EVIDENCE_MAX);
    struct reason why = { "" };
    snp_forge_write(forge, &evidence);
    struct attest_question question =
        attest_ask(buffer_bytes(&evidence), &forge->anchor, 1, VENDOR_NOW);
    struct status s = attest_verify(&question, out, &why);
    if (failed(s))
        fail_msg("refused: %s", why.text);
}

void snp_judge(struct attest_verdict *out)
{
    AUTO_CLEAR_BUFFER evidence = buffer_make(VENDOR_EVIDENCE_MAX);
    snp_forge_write(forge, &evidence);
    struct attest_question question =
        attest_ask(buffer_bytes(&evidence), &forge->anchor, 1, VENDOR_NOW);
    assert_ok(attest_judge(&question, out, NULL));
}
