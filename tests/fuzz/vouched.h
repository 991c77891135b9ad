/* vouched.h - what the fuzz targets of SEV-SNP and Nitro evidence share. A
 * seed is a root and evidence: length of the PEM 2, PEM, evidence. Whatever is
 * accepted is accepted again and alike, is of the anchor's kind, and has no
 * byte to spare; whatever is refused is refused with a reason, and finding all
 * failures agrees with finding the first. Seeds: tests/attest/vendor_seeds.c.
 */

#ifndef TESTS_FUZZ_VOUCHED_H
#define TESTS_FUZZ_VOUCHED_H

#include <stdint.h>
#include <stdlib.h>

#include "attest/attest.h"
#include "base/cursor.h"

#define VOUCHED_NOW 1750000000u /* within the seeds' validity */

static inline void vouched_check_accepted(const struct attest_question *q,
                                          const struct attest_identity *id,
                                          uint8_t kind)
{
    struct attest_identity again = { 0 };
    struct attest_question longer = *q;
    AUTO_CLEAR_BUFFER bytes = buffer_make(q->evidence.len + 1);
    if (id->kind != (kind | API_KIND_SIMULATED) ||
        !hash_equal(&id->anchor, &q->anchors->spki))
        abort();
    if (failed(attest_verify(q, &again, NULL)) ||
        memcmp(&again, id, sizeof(again)) != 0)
        abort();
    buffer_put(&bytes, q->evidence);
    buffer_put_u8(&bytes, 0);
    longer.evidence = buffer_bytes(&bytes);
    if (failed(buffer_status(&bytes)) ||
        !failed(attest_verify(&longer, &again, NULL)))
        abort();
}

static inline int vouched_fuzz(const uint8_t *data, size_t size, uint8_t kind)
{
    struct cursor in = cursor_of(bytes_of(data, size));
    struct bytes pem = cursor_take(&in, cursor_u16(&in));
    struct attest_anchor anchor;
    struct attest_identity id = { 0 };
    struct attest_verdict *verdict = calloc(1, sizeof(*verdict));
    struct reason why = { "" };
    if (!verdict)
        abort();
    if (in.broken ||
        failed(attest_anchor_read(pem, "seed", true, &anchor, NULL))) {
        free(verdict);
        return 0;
    }
    struct attest_question question =
        attest_ask(bytes_of(in.at, in.left), &anchor, 1, VOUCHED_NOW);
    struct status s = attest_verify(&question, &id, &why);
    if (!failed(s))
        vouched_check_accepted(&question, &id, kind);
    else if (s.code != STATUS_DENIED || why.text[0] == '\0')
        abort();
    if (failed(attest_judge(&question, verdict, NULL)) ||
        failed(s) != (verdict->failures_count > 0) ||
        (failed(s) && verdict->result == ATTEST_ACCEPT))
        abort();
    free(verdict);
    return 0;
}

#endif
