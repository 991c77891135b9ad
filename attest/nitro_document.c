#include "attest/nitro_document.h"
#include "attest/token.h"
#include "base/cbor.h"

#define TAG_SIGN1       0xd2 /* the encoded tag 18 */
#define PAYLOAD_MAX     ((size_t)16 * 1024)
#define CERTIFICATE_MAX 1024
#define DATA_MAX        512
#define PUBLIC_KEY_MAX  1024

static const unsigned char es384[] = { 0xa1, 0x01, 0x38, 0x22 }; /* {1: -35} */
static const unsigned char empty_map[] = { 0xa0 };

/* A string of 1 to `max` bytes. */
static struct bytes some(struct cursor *in, struct bytes value, size_t max)
{
    in->broken |= value.len < 1 || value.len > max;
    return value;
}

static void read_module(struct cursor *in, struct attest_nitro_document *out)
{
    out->module_id = some(in, cbor_text(in), ATTEST_MODULE_MAX);
    for (size_t i = 0; i < out->module_id.len; i++)
        in->broken |= out->module_id.at[i] < ' ' || out->module_id.at[i] > '~';
}

static void read_digest(struct cursor *in, struct attest_nitro_document *out)
{
    (void)out;
    in->broken |= !bytes_equal(cbor_text(in), bytes_of_string("SHA384"));
}

static void read_timestamp(struct cursor *in, struct attest_nitro_document *out)
{
    out->timestamp = cbor_uint(in);
    in->broken |= out->timestamp == 0;
}

/* No index twice: the check of the payload saw to that. */
static void read_pcrs(struct cursor *in, struct attest_nitro_document *out)
{
    size_t count = cbor_map(in);
    in->broken |= count < 1 || count > ATTEST_PCRS;
    for (size_t i = 0; i < count && !in->broken; i++) {
        uint64_t index = cbor_uint(in);
        struct bytes value = cbor_bytes(in);
        in->broken |= index >= ATTEST_PCRS || value.len != ATTEST_PCR_LEN;
        if (!in->broken)
            out->pcr[index] = value;
    }
}

static void read_certificate(struct cursor *in,
                             struct attest_nitro_document *out)
{
    out->certificate = some(in, cbor_bytes(in), CERTIFICATE_MAX);
}

static void read_cabundle(struct cursor *in, struct attest_nitro_document *out)
{
    size_t count = cbor_array(in);
    in->broken |= count < 1 || count > ATTEST_BUNDLE_MAX;
    for (size_t i = 0; i < count && !in->broken; i++)
        out->cabundle[i] = some(in, cbor_bytes(in), CERTIFICATE_MAX);
    out->cabundle_count = count;
}

static struct bytes optional(struct cursor *in, size_t max)
{
    if (cbor_null(in))
        return bytes_of(NULL, 0);
    struct bytes value = cbor_bytes(in);
    in->broken |= value.len > max;
    return value;
}

static void read_public_key(struct cursor *in,
                            struct attest_nitro_document *out)
{
    out->public_key = optional(in, PUBLIC_KEY_MAX);
}

static void read_user_data(struct cursor *in, struct attest_nitro_document *out)
{
    out->user_data = optional(in, DATA_MAX);
}

static void read_nonce(struct cursor *in, struct attest_nitro_document *out)
{
    out->nonce = optional(in, DATA_MAX);
}

static const struct member {
    const char *name;
    bool required;
    void (*read)(struct cursor *in, struct attest_nitro_document *out);
} members[] = {
    /* clang-format off */
    { "module_id",   true,  read_module      },
    { "digest",      true,  read_digest      },
    { "timestamp",   true,  read_timestamp   },
    { "pcrs",        true,  read_pcrs        },
    { "certificate", true,  read_certificate },
    { "cabundle",    true,  read_cabundle    },
    { "public_key",  false, read_public_key  },
    { "user_data",   false, read_user_data   },
    { "nonce",       false, read_nonce       },
    /* clang-format on */
};

#define MEMBERS (sizeof(members) / sizeof(members[0]))

static size_t find_member(struct bytes name)
{
    size_t i = 0;
    while (i < MEMBERS && !bytes_equal(name, bytes_of_string(members[i].name)))
        i++;
    return i;
}

static STATUS read_members(struct cursor *in, struct attest_nitro_document *out,
                           struct reason *why)
{
    unsigned seen = 0;
    size_t count = cbor_map(in);
    for (size_t i = 0; i < count; i++) {
        size_t which = find_member(cbor_text(in));
        if (which == MEMBERS)
            return ATTEST_REFUSE(why, "payload",
                                 "a member that documents do not have");
        members[which].read(in, out);
        if (in->broken)
            return refuse(why, STATUS_DENIED, "payload",
                          "payload: %s is not what it must be",
                          members[which].name);
        seen |= 1u << which;
    }
    for (size_t i = 0; i < MEMBERS; i++)
        if (members[i].required && !(seen >> i & 1))
            return refuse(why, STATUS_DENIED, "payload",
                          "payload: %s is missing", members[i].name);
    return OK;
}

static STATUS parse_payload(struct attest_nitro_document *out,
                            struct reason *why)
{
    struct cursor in = cursor_of(out->payload);
    if (out->payload.len > PAYLOAD_MAX || failed(cbor_check(out->payload)))
        return ATTEST_REFUSE(why, "malformed",
                             "the payload is not one strict CBOR item");
    TRY(read_members(&in, out, why));
    return OK;
}

/* Whether the algorithm is the one there is; never which one it might be. */
static STATUS check_headers(const struct attest_nitro_document *document,
                            struct bytes unprotected, struct reason *why)
{
    if (!bytes_equal(document->protected, bytes_of(es384, sizeof(es384))))
        return ATTEST_REFUSE(why, "algorithm",
                             "the protected header is not exactly ES384");
    if (!bytes_equal(unprotected, bytes_of(empty_map, sizeof(empty_map))))
        return ATTEST_REFUSE(why, "algorithm",
                             "the unprotected header is not empty");
    return OK;
}

struct status attest_nitro_document_parse(struct bytes evidence,
                                          struct attest_nitro_document *out,
                                          struct reason *why)
{
    struct attest_nitro_document made = { 0 };
    struct cursor in = cursor_of(evidence);
    bool tagged = evidence.len > 0 && evidence.at[0] == TAG_SIGN1;
    if (failed(cbor_check(evidence)))
        return ATTEST_REFUSE(why, "malformed", "not one strict CBOR item");
    if (tagged)
        (void)cbor_tag(&in);
    in.broken |= cbor_array(&in) != 4;
    made.protected = cbor_bytes(&in);
    struct bytes unprotected = cbor_item(&in);
    made.payload = cbor_bytes(&in);
    made.signature = cbor_bytes(&in);
    if (in.broken || made.signature.len != ATTEST_P384_SIGNATURE_LEN)
        return ATTEST_REFUSE(why, "malformed",
                             "not a COSE_Sign1 with a signature of %d bytes",
                             ATTEST_P384_SIGNATURE_LEN);
    TRY(check_headers(&made, unprotected, why));
    TRY(parse_payload(&made, why));
    *out = made;
    return OK;
}
