#include "agent/nitro_document.h"
#include "agent/cbor.h"
#include "agent/p384.h"

#define TAG_SIGN1 18

static const unsigned char es384[] = { 0xa1, 0x01, 0x38, 0x22 }; /* {1: -35} */
static const unsigned char empty_map[] = { 0xa0 };

static void put_pcrs(struct buffer *out, const struct nitro_document *document)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < NITRO_PCRS; i++)
        count += document->present >> i & 1;
    cbor_put_text(out, "pcrs");
    cbor_put(out, CBOR_MAP, count);
    for (unsigned i = 0; i < NITRO_PCRS; i++)
        if (document->present >> i & 1) {
            cbor_put(out, CBOR_UNSIGNED, i);
            cbor_put_bytes(out, bytes_of(document->pcr[i], NITRO_PCR_LEN));
        }
}

static void put_optional(struct buffer *out, const char *name,
                         struct bytes value)
{
    cbor_put_text(out, name);
    if (value.at)
        cbor_put_bytes(out, value);
    else
        cbor_put_null(out);
}

struct status nitro_payload_write(const struct nitro_document *document,
                                  struct buffer *out)
{
    cbor_put(out, CBOR_MAP, 9);
    cbor_put_text(out, "module_id");
    cbor_put_text(out, document->module_id);
    cbor_put_text(out, "digest");
    cbor_put_text(out, "SHA384");
    cbor_put_text(out, "timestamp");
    cbor_put(out, CBOR_UNSIGNED, document->timestamp);
    put_pcrs(out, document);
    cbor_put_text(out, "certificate");
    cbor_put_bytes(out, document->certificate);
    cbor_put_text(out, "cabundle");
    cbor_put(out, CBOR_ARRAY, document->cabundle_count);
    for (size_t i = 0; i < document->cabundle_count; i++)
        cbor_put_bytes(out, document->cabundle[i]);
    put_optional(out, "public_key", document->public_key);
    put_optional(out, "user_data", document->user_data);
    put_optional(out, "nonce", document->nonce);
    return buffer_status(out);
}

static struct bytes or_else(struct bytes given, const void *at, size_t len)
{
    return given.len > 0 ? given : bytes_of(at, len);
}

/* RFC 9052 section 4.4: what the signature is over. */
static STATUS sign(const struct nitro_envelope *envelope, struct bytes header,
                   const struct ca_key *key,
                   unsigned char out[P384_SIGNATURE_LEN])
{
    AUTO_CLEAR_BUFFER message = buffer_make(NITRO_DOCUMENT_MAX);
    cbor_put(&message, CBOR_ARRAY, 4);
    cbor_put_text(&message, "Signature1");
    cbor_put_bytes(&message, header);
    cbor_put_bytes(&message, bytes_of(NULL, 0));
    cbor_put_bytes(&message, envelope->payload);
    TRY(buffer_status(&message));
    return p384_sign(key, buffer_bytes(&message), out);
}

struct status nitro_envelope_write(const struct nitro_envelope *envelope,
                                   const struct ca_key *key, struct buffer *out)
{
    unsigned char signature[P384_SIGNATURE_LEN];
    struct bytes header = or_else(envelope->protected, es384, sizeof(es384));
    TRY(sign(envelope, header, key, signature));
    if (envelope->tagged)
        cbor_put(out, CBOR_TAG, TAG_SIGN1);
    cbor_put(out, CBOR_ARRAY, 4);
    cbor_put_bytes(out, header);
    buffer_put(out,
               or_else(envelope->unprotected, empty_map, sizeof(empty_map)));
    cbor_put_bytes(out, envelope->payload);
    cbor_put_bytes(out, bytes_of(signature, sizeof(signature)));
    return buffer_status(out);
}

struct status nitro_document_write(const struct nitro_document *document,
                                   const struct ca_key *key, struct buffer *out)
{
    AUTO_CLEAR_BUFFER payload = buffer_make(NITRO_DOCUMENT_MAX);
    TRY(nitro_payload_write(document, &payload));
    struct nitro_envelope envelope = { .payload = buffer_bytes(&payload) };
    return nitro_envelope_write(&envelope, key, out);
}
