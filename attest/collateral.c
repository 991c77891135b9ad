#include "attest/collateral.h"
#include "base/cursor.h"

#define VERSION 1

static void put(struct buffer *out, struct bytes part)
{
    buffer_put_u32(out, (uint32_t)part.len);
    buffer_put(out, part);
}

struct status attest_collateral_encode(const struct attest_collateral *c,
                                       struct buffer *out)
{
    const struct bytes parts[] = { c->tcb_info, c->qe_identity,
                                   c->tcb_signing_chain, c->root_crl,
                                   c->pck_crl };
    size_t left = ATTEST_COLLATERAL_MAX - 1;
    for (size_t i = 0; i < 5; i++) {
        if (left < 4 || parts[i].len > left - 4)
            return failure(STATUS_INVALID, "collateral", 0);
        left -= 4 + parts[i].len;
    }
    buffer_put_u8(out, VERSION);
    for (size_t i = 0; i < 5; i++)
        put(out, parts[i]);
    return buffer_status(out);
}

static struct bytes take(struct cursor *in)
{
    return cursor_take(in, cursor_u32(in));
}

struct status attest_collateral_decode(struct bytes encoded,
                                       struct attest_collateral *out)
{
    struct cursor in = cursor_of(encoded);
    struct attest_collateral c;
    if (encoded.len > ATTEST_COLLATERAL_MAX || cursor_u8(&in) != VERSION)
        return failure(STATUS_INVALID, "collateral", 0);
    c.tcb_info = take(&in);
    c.qe_identity = take(&in);
    c.tcb_signing_chain = take(&in);
    c.root_crl = take(&in);
    c.pck_crl = take(&in);
    TRY(cursor_finish(&in, "collateral"));
    *out = c;
    return OK;
}
