/* steps.c - the security argument of this program.
 *
 * Nothing is decided before the caller is known, nothing is performed before
 * it is recorded, committed and under a signed head, and nothing is answered
 * without the record. Each step fills one part of the exchange; later steps
 * read it. The place column says which thread runs it; the engine
 * (exchange.c) moves the exchange there.
 *
 *   identify   client certificate, else a session's token -> peer: nobody,
 *              person, enclave, node, user
 *   decode     method, path, body -> route; strict, before any store access
 *   authorise  the peer's certificate is not revoked, or its session's user
 *              still there; its role suffices
 *   prepare    checks with the store, decide(); HSM intake
 *   record     the writer runs decide() and the change again inside the
 *              group's transaction, appends the leaf, commits; then the HSM
 *              appends the group's leaves and signs the head. A refused peer
 *              that is known gets its denial leaf here.
 *   perform    release or certificate: the HSM wants that very leaf
 *   amend      what was recorded but could not be performed is said so
 *   keep       what was performed and is to be shown again (a certificate)
 *              goes into the store; its leaf stands already
 *   answer     body, receipt
 *   reply      sends it, writes the one log line
 */

#include "broker/steps.h"

#include "broker/route.h"

static struct status run_prepare(struct exchange *x)
{
    return x->route->prepare(x);
}

/* By now the record stands: an HSM that does not answer leaves open what
 * came of it. */
static struct status run_perform(struct exchange *x)
{
    struct status s = x->route->perform(x);
    if (s.code == STATUS_UNAVAILABLE || s.code == STATUS_BUSY)
        x->code = "outcome-unknown";
    return s;
}

static struct status run_answer(struct exchange *x)
{
    return x->route->answer(x);
}

static bool has_prepare(const struct exchange *x)
{
    return x->route && x->route->prepare;
}

/* A change to make, or a known peer's denial to keep. */
static bool to_record(const struct exchange *x)
{
    if (!failed(x->status))
        return x->route->change != NULL;
    return x->status.code == STATUS_DENIED && x->peer.kind != PEER_NOBODY;
}

static bool has_perform(const struct exchange *x)
{
    return x->route && x->route->perform;
}

/* Without a signed head nothing was tried: then the leaf says too much, as
 * it may. */
static bool performed_in_vain(const struct exchange *x)
{
    return failed(x->status) && x->recorded && x->head_signed &&
           has_perform(x) && x->leaves > 0 &&
           x->leaf[0].leaf[0] != API_LEAF_DENIAL;
}

static bool has_keep(const struct exchange *x)
{
    return x->keep != NULL;
}

static bool has_answer(const struct exchange *x)
{
    return x->route && x->route->answer;
}

/* clang-format off */
const struct step exchange_steps[] = {
    /* name         place      when           does             unless    */
    { "identify",   ON_LOOP,   UNLESS_FAILED, step_identify,   NULL        },
    { "decode",     ON_LOOP,   UNLESS_FAILED, step_decode,     NULL        },
    { "authorise",  ON_POOL,   UNLESS_FAILED, step_authorise,  NULL        },
    { "prepare",    ON_POOL,   UNLESS_FAILED, run_prepare,     has_prepare },
    { "record",     ON_WRITER, ALWAYS,        step_record,     to_record   },
    { "perform",    ON_POOL,   UNLESS_FAILED, run_perform,     has_perform },
    { "amend",      ON_WRITER, ALWAYS,        step_amend,      performed_in_vain },
    { "keep",       ON_WRITER, UNLESS_FAILED, step_keep,       has_keep    },
    { "answer",     ON_POOL,   UNLESS_FAILED, run_answer,      has_answer  },
    { "reply",      ON_LOOP,   ALWAYS,        step_reply,      NULL        },
    { 0 },
};
/* clang-format on */
