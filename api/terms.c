/* terms.c - terms as bytes, and whether a platform's state is within them. */

#include "api/terms.h"

#include <string.h>

#define ORIGIN  "terms"
#define VERSION 1

static STATUS wrong(const char *what, struct reason *why)
{
    return refuse(why, STATUS_INVALID, ORIGIN, "%s", what);
}

/* Capitals, digits and hyphens, as vendors number them. */
static bool is_advisory(const char *id)
{
    size_t len = 0;
    for (; id[len] != '\0'; len++)
        if (!(id[len] >= 'A' && id[len] <= 'Z') &&
            !(id[len] >= '0' && id[len] <= '9') && id[len] != '-')
            return false;
    return len > 0 && len <= API_ADVISORY_LEN;
}

static STATUS check_exception(const struct api_tcb_exception *e,
                              struct reason *why)
{
    if (e->tcb_mask == 0) {
        if (e->until != 0 || e->count != 0)
            return wrong("exception: it names no TCB status", why);
        return OK;
    }
    if (e->tcb_mask & ~API_TCB_ALL)
        return wrong("exception: it names an unknown TCB status", why);
    if (e->until == 0)
        return wrong("exception: it has no end", why);
    if (e->count > API_ADVISORIES_MAX)
        return refuse(why, STATUS_INVALID, ORIGIN,
                      "exception: more than %d advisories", API_ADVISORIES_MAX);
    for (size_t i = 0; i < e->count; i++) {
        if (!is_advisory(e->advisory[i]))
            return wrong("exception: an advisory is named by 1 to 24 capitals, "
                         "digits and hyphens",
                         why);
        if (i > 0 && strcmp(e->advisory[i - 1], e->advisory[i]) >= 0)
            return wrong("exception: the advisories are in order, each once",
                         why);
    }
    return OK;
}

static bool are_default(const struct api_terms *terms)
{
    return terms->age_max == 0 && terms->evaluation_min == 0 &&
           terms->nonce_demanded == 0 && terms->exception.tcb_mask == 0;
}

static STATUS check(const struct api_terms *terms, struct reason *why)
{
    if (terms->nonce_demanded > 1)
        return wrong("nonce is neither demanded nor not", why);
    return check_exception(&terms->exception, why);
}

struct status api_terms_encode(const struct api_terms *terms,
                               struct buffer *out, struct reason *why)
{
    const struct api_tcb_exception *e = &terms->exception;
    TRY(check(terms, why));
    if (are_default(terms))
        return OK;
    buffer_put_u8(out, VERSION);
    buffer_put_u32(out, terms->age_max);
    buffer_put_u32(out, terms->evaluation_min);
    buffer_put_u8(out, terms->nonce_demanded);
    buffer_put_u16(out, e->tcb_mask);
    buffer_put_u64(out, e->until);
    buffer_put_u8(out, (uint8_t)e->count);
    for (size_t i = 0; i < e->count; i++) {
        char id[API_ADVISORY_LEN + 1] = { 0 };
        memcpy(id, e->advisory[i], strlen(e->advisory[i]));
        buffer_put(out, bytes_of(id, API_ADVISORY_LEN));
    }
    return buffer_status(out);
}

/* Text, then zeros: the same text has no second form. */
static void take_advisory(struct cursor *in, char out[API_ADVISORY_LEN + 1])
{
    cursor_copy(in, out, API_ADVISORY_LEN);
    out[API_ADVISORY_LEN] = '\0';
    for (size_t i = strlen(out); i < API_ADVISORY_LEN; i++)
        in->broken = in->broken || out[i] != '\0';
}

struct status api_terms_decode(struct cursor *in, struct api_terms *out,
                               struct reason *why)
{
    struct api_terms terms = { 0 };
    struct api_tcb_exception *e = &terms.exception;
    if (in->broken)
        return wrong("the terms are cut short", why);
    if (in->left > 0) {
        uint8_t version = cursor_u8(in);
        if (version != VERSION)
            return refuse(why, STATUS_INVALID, ORIGIN,
                          "terms of version %u are unknown", version);
        terms.age_max = cursor_u32(in);
        terms.evaluation_min = cursor_u32(in);
        terms.nonce_demanded = cursor_u8(in);
        e->tcb_mask = cursor_u16(in);
        e->until = cursor_u64(in);
        e->count = cursor_u8(in);
        for (size_t i = 0; i < e->count && i < API_ADVISORIES_MAX; i++)
            take_advisory(in, e->advisory[i]);
        if (failed(cursor_finish(in, ORIGIN)))
            return wrong("the terms are cut short or malformed", why);
        TRY(check(&terms, why));
        if (are_default(&terms))
            return wrong("terms that say nothing are left out", why);
    }
    *out = terms;
    return OK;
}

static bool is_excepted(const struct api_tcb_exception *e, const char *advisory)
{
    for (size_t i = 0; i < e->count; i++)
        if (strcmp(e->advisory[i], advisory) == 0)
            return true;
    return false;
}

bool api_terms_accept(uint16_t tcb_mask, const struct api_terms *terms,
                      uint16_t tcb,
                      const char (*advisories)[API_ADVISORY_LEN + 1],
                      size_t count, uint64_t now)
{
    const struct api_tcb_exception *e = &terms->exception;
    if (!api_tcb_name(tcb)) /* not exactly one known status */
        return false;
    if (tcb & tcb_mask)
        return true;
    if (!(tcb & e->tcb_mask) || now > e->until)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!is_excepted(e, advisories[i]))
            return false;
    return true;
}
