#include "attest/attest.h"
#include "attest/judging.h"
#include "attest/nitro.h"
#include "attest/snp.h"
#include "attest/token.h"

#include <openssl/err.h>
#include <stdlib.h>

#define LAST_SECOND 253402300799ull /* of the year 9999, X.509's last */

static STATUS check_anchors(const struct attest_anchor *anchors, size_t count,
                            struct reason *why)
{
    if (count == 0)
        return refuse(why, STATUS_INVALID, "anchors",
                      "no trust anchor is configured: nothing can be "
                      "verified");
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (hash_equal(&anchors[i].spki, &anchors[j].spki))
                return refuse(why, STATUS_INVALID, "anchors",
                              "trust anchors \"%.64s\" and \"%.64s\" have the "
                              "same key",
                              anchors[j].label, anchors[i].label);
    return OK;
}

/* What only explains may have no anchor: then nothing chains to one. */
static STATUS check_question(const struct attest_question *q, bool explains,
                             struct reason *why)
{
    if (q->anchors_count > 0 || !explains)
        TRY(check_anchors(q->anchors, q->anchors_count, why));
    if (q->now > LAST_SECOND)
        return refuse(why, STATUS_INVALID, "time",
                      "the time lies beyond the year 9999");
    return OK;
}

/* What kind of evidence it is shows in its first bytes. */
static STATUS dispatch(struct attest_judging *j)
{
    struct bytes evidence = j->question->evidence;
    if (evidence.len > ATTEST_EVIDENCE_MAX)
        return attest_found(
            j, ATTEST_REFUSE(j->why, "malformed", "%zu bytes; at most %zu",
                             evidence.len, ATTEST_EVIDENCE_MAX));
    if (attest_snp_is(evidence))
        return attest_snp_judge(j);
    if (attest_nitro_is(evidence))
        return attest_nitro_judge(j);
    return attest_dcap_judge(j);
}

/* What libcrypto has to say about forgeries is nobody's business later. */
static STATUS run(struct attest_judging *j)
{
    TRY(check_question(j->question, !j->stop, j->why));
    ERR_set_mark();
    struct status s = dispatch(j);
    ERR_pop_to_mark();
    return s;
}

struct status attest_verify(const struct attest_question *question,
                            struct attest_identity *out, struct reason *why)
{
    struct reason unheard = { "" };
    struct attest_verdict *verdict = calloc(1, sizeof(*verdict));
    if (!verdict)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    struct attest_judging j = { .question = question,
                                .verdict = verdict,
                                .stop = true,
                                .why = why ? why : &unheard };
    struct status s = run(&j);
    if (!failed(s))
        *out = verdict->identity;
    free(verdict);
    return s;
}

struct status attest_judge(const struct attest_question *question,
                           struct attest_verdict *out, struct reason *why)
{
    struct reason own = { "" };
    *out = (struct attest_verdict){ .result = ATTEST_REJECT };
    struct attest_judging j = { .question = question,
                                .verdict = out,
                                .stop = false,
                                .why = why ? why : &own };
    return run(&j);
}

struct status attest_evidence_digest(struct bytes evidence, struct hash *out)
{
    return hash_of(out, evidence);
}
