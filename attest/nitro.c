#include "attest/nitro.h"
#include "attest/nitro_chain.h"
#include "attest/token.h"

#include "base/buffer.h"

#define MESSAGE_MAX  ((size_t)32 * 1024)
#define CLOCK_SKEW   (300 * UINT64_C(1000)) /* milliseconds */
#define MEASURED     3 /* PCR 0 to 2: image, kernel, program */
#define COSE_ARRAY_4 0x84
#define TYPE_ARRAY   4 /* the top bits of an item */
#define TYPE_TAG     6

bool attest_nitro_is(struct bytes evidence)
{
    unsigned type = evidence.len > 0 ? evidence.at[0] >> 5 : 0;
    return type == TYPE_ARRAY || type == TYPE_TAG;
}

/* The head of a byte string, in its shortest form. */
static void put_bytes(struct buffer *out, struct bytes bytes)
{
    if (bytes.len < 24) {
        buffer_put_u8(out, (uint8_t)(0x40 | bytes.len));
    } else if (bytes.len <= UINT8_MAX) {
        buffer_put_u8(out, 0x58);
        buffer_put_u8(out, (uint8_t)bytes.len);
    } else {
        buffer_put_u8(out, 0x59);
        buffer_put_u16(out, (uint16_t)bytes.len);
    }
    buffer_put(out, bytes);
}

/* RFC 9052 section 4.4: ["Signature1", protected, h'', payload]. */
static STATUS check_signature(const struct attest_nitro_document *document,
                              const X509 *leaf, struct reason *why)
{
    AUTO_CLEAR_BUFFER message = buffer_make(MESSAGE_MAX);
    buffer_put_u8(&message, COSE_ARRAY_4);
    buffer_put_u8(&message, 0x6a); /* text of 10 */
    buffer_put_string(&message, "Signature1");
    put_bytes(&message, document->protected);
    put_bytes(&message, bytes_of(NULL, 0));
    put_bytes(&message, document->payload);
    TRY(buffer_status(&message));
    struct status s = attest_p384_verify(leaf, buffer_bytes(&message),
                                         document->signature.at);
    if (s.code == STATUS_DENIED)
        return ATTEST_REFUSE(why, "cose-sig",
                             "the certificate's key did not sign the "
                             "document");
    return s;
}

/* Its age is the rule's to judge; the chain's leaf lives three hours. */
static STATUS check_timestamp(const struct attest_nitro_document *document,
                              uint64_t now, struct reason *why)
{
    if (document->timestamp > now * 1000 + CLOCK_SKEW)
        return ATTEST_REFUSE(why, "timestamp", "it lies in the future");
    return OK;
}

static STATUS check_measured(const struct attest_nitro_document *document,
                             struct reason *why)
{
    for (size_t i = 0; i < MEASURED; i++)
        if (!document->pcr[i].at)
            return ATTEST_REFUSE(why, "pcr", "PCR%zu is not there", i);
    return OK;
}

/* An enclave in debug mode has zeros where its measurements would be. What
 * is not there measures nothing either. */
static bool is_debug(const struct attest_nitro_document *document)
{
    for (size_t i = 0; i < MEASURED; i++)
        for (size_t j = 0; j < document->pcr[i].len; j++)
            if (document->pcr[i].at[j] != 0)
                return false;
    return true;
}

static void fill_nitro(const struct attest_nitro_document *from,
                       struct attest_nitro *out)
{
    out->pcr_len = ATTEST_PCR_LEN;
    for (size_t i = 0; i < ATTEST_PCRS; i++)
        if (from->pcr[i].at) {
            out->present |= UINT32_C(1) << i;
            memcpy(out->pcr[i], from->pcr[i].at, from->pcr[i].len);
        }
    memcpy(out->module_id, from->module_id.at, from->module_id.len);
    out->timestamp = from->timestamp;
    out->nonce_len = from->nonce.len;
    if (from->nonce.len > 0)
        memcpy(out->nonce, from->nonce.at, from->nonce.len);
}

static void fill_identity(const struct attest_nitro_document *document,
                          const struct attest_anchor *anchor,
                          struct attest_identity *out)
{
    out->kind = API_KIND_NITRO;
    out->tcb = API_TCB_UP_TO_DATE;
    out->debug = is_debug(document);
    if (document->user_data.len == sizeof(out->report_data))
        memcpy(out->report_data, document->user_data.at,
               sizeof(out->report_data));
    fill_nitro(document, &out->nitro);
    if (anchor) {
        out->anchor = anchor->spki;
        out->kind |= anchor->simulated ? API_KIND_SIMULATED : 0;
    }
}

/* Each check stands for itself, so that all failures are seen. */
static STATUS judge(struct attest_judging *j,
                    const struct attest_nitro_document *document,
                    const struct attest_nitro_chain *chain)
{
    const struct attest_anchor *anchor = NULL;
    const struct attest_question *q = j->question;
    struct attest_verdict *out = j->verdict;
    TRY(attest_found(j, attest_nitro_chain_verify(chain, q->anchors,
                                                  q->anchors_count, q->now,
                                                  &anchor, j->why)));
    TRY(attest_found(j, check_signature(document, chain->leaf, j->why)));
    TRY(attest_found(j, check_timestamp(document, q->now, j->why)));
    TRY(attest_found(j, check_measured(document, j->why)));
    fill_identity(document, anchor, &out->identity);
    out->flags = out->identity.debug ? ATTEST_FLAG_DEBUG : 0;
    out->has_identity = true;
    if (out->failures_count == 0 && out->flags == 0)
        out->result = ATTEST_ACCEPT;
    return OK;
}

struct status attest_nitro_judge(struct attest_judging *j)
{
    struct attest_nitro_document document;
    AUTO_NITRO_CHAIN chain = { 0 };
    struct status s =
        attest_nitro_document_parse(j->question->evidence, &document, j->why);
    if (!failed(s))
        s = attest_nitro_chain_read(&document, &chain, j->why);
    if (failed(s))
        return attest_found(j, s);
    return judge(j, &document, &chain);
}
