/* A seed is a root, collateral and a quote: length of the PEM 2, PEM, length
 * of the collateral 4, collateral as attest_collateral_encode() writes it,
 * quote. The tool's verdict and the decision must agree, and nothing is
 * accepted of which something failed. Seeds: tests/attest/collateral_seeds.c.
 */

#include <stdint.h>
#include <stdlib.h>

#include "attest/attest.h"
#include "base/cursor.h"

#define NOW 1750000000u /* within the seeds' validity */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool right)
{
    if (!right)
        abort();
}

static void check_canonical(const struct attest_collateral *collateral,
                            struct bytes encoded)
{
    AUTO_CLEAR_BUFFER again = buffer_make(ATTEST_COLLATERAL_MAX);
    check(!failed(attest_collateral_encode(collateral, &again)));
    check(bytes_equal(buffer_bytes(&again), encoded));
}

static void judge(const struct attest_question *asked)
{
    static struct attest_verdict verdict;
    struct attest_identity identity;
    struct reason why = { "" };
    check(!failed(attest_judge(asked, &verdict, NULL)));
    struct status s = attest_verify(asked, &identity, &why);
    if (verdict.failures_count > 0 || verdict.identity.tcb == 0) {
        check(verdict.result == ATTEST_REJECT && s.code == STATUS_DENIED);
        check(why.text[0] != '\0');
    }
    if (verdict.result == ATTEST_ACCEPT) {
        check(!failed(s) && verdict.flags == 0);
        check(identity.tcb == API_TCB_UP_TO_DATE ||
              identity.tcb == API_TCB_SW_HARDENING_NEEDED);
    }
    check(verdict.result != ATTEST_SIG_OK || !asked->collateral);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor in = cursor_of(bytes_of(data, size));
    struct bytes pem = cursor_take(&in, cursor_u16(&in));
    struct bytes encoded = cursor_take(&in, cursor_u32(&in));
    struct attest_collateral collateral;
    struct attest_anchor anchor;
    if (in.broken || failed(attest_collateral_decode(encoded, &collateral)))
        return 0;
    check_canonical(&collateral, encoded);
    if (failed(attest_anchor_read(pem, "seed", true, &anchor, NULL)))
        return 0;
    struct attest_question asked =
        attest_ask(bytes_of(in.at, in.left), &anchor, 1, NOW);
    asked.collateral = &collateral;
    asked.evaluation_min = 17;
    judge(&asked);
    return 0;
}
