/* Nitro documents with one part spoiled: each is refused by its token. */

#include "agent/cbor.h"
#include "tests/attest/forge_nitro.h"
#include "tests/support/check.h"

#define SPOIL(name, body)                                                      \
    static void name(struct nitro_forge *f)                                    \
    {                                                                          \
        body;                                                                  \
    }                                                                          \
    struct nitro_forge /* swallows the semicolon */

/* --- the envelope ------------------------------------------------------ */

static const unsigned char es256[] = { 0xa1, 0x01, 0x26 };
static const unsigned char es384[] = { 0xa1, 0x01, 0x38, 0x22 };
static const unsigned char es384_long[] = { 0xa1, 0x18, 0x01, 0x38, 0x22 };
static const unsigned char with_kid[] = { 0xa2, 0x01, 0x38, 0x22, 0x04, 0x40 };
static const unsigned char empty_map[] = { 0xa0 };
static const unsigned char not_a_map[] = { 0x80 };

#define HEADER(member, value)                                                  \
    f->envelope.member = bytes_of(value, sizeof(value))

SPOIL(alg_es256, HEADER(protected, es256));
SPOIL(alg_in_long_form, HEADER(protected, es384_long));
SPOIL(alg_with_more, HEADER(protected, with_kid));
SPOIL(alg_twice, HEADER(unprotected, es384));
SPOIL(unprotected_no_map, HEADER(unprotected, not_a_map));
static void alg_only_unprotected(struct nitro_forge *f)
{
    HEADER(protected, empty_map);
    HEADER(unprotected, es384);
}

/* Changes the evidence when all is signed. */
#define EDIT(name, body)                                                       \
    static void name##_edit(struct buffer *b)                                  \
    {                                                                          \
        body;                                                                  \
    }                                                                          \
    SPOIL(name, f->edit = name##_edit)

EDIT(nothing_left, b->len = 1);
EDIT(cut, b->len--);
EDIT(junk_behind, buffer_put_u8(b, 0xf6));
EDIT(array_of_3, b->data[0] = 0x83);
EDIT(array_of_5, b->data[0] = 0x85);
EDIT(indefinite, b->data[0] = 0x9f);
EDIT(signature_flipped, b->data[b->len - 1] ^= 1);
EDIT(signature_zero, memset(b->data + b->len - 96, 0, 96));
EDIT(payload_flipped, b->data[b->len - 98 - 4] ^= 1); /* the nonce */
static void signature_short_edit(struct buffer *b)
{
    b->data[b->len - 97] = 95;
    b->len--;
}
SPOIL(signature_short, f->edit = signature_short_edit);
static void other_tag_edit(struct buffer *b)
{
    b->data[0] = 0xd1; /* 17: COSE_Mac0 */
}
static void other_tag(struct nitro_forge *f)
{
    f->envelope.tagged = true;
    f->edit = other_tag_edit;
}
static void tagged_twice_edit(struct buffer *b)
{
    AUTO_CLEAR_BUFFER whole = buffer_make(VENDOR_EVIDENCE_MAX);
    buffer_put_u8(&whole, 0xd2);
    buffer_put(&whole, buffer_bytes(b));
    b->len = 0;
    buffer_put(b, buffer_bytes(&whole));
}
static void tagged_twice(struct nitro_forge *f)
{
    f->envelope.tagged = true;
    f->edit = tagged_twice_edit;
}
static void length_overflow_edit(struct buffer *b)
{
    static const unsigned char head[] = { 0x84, 0x5b, 0xff, 0xff, 0xff, 0xff,
                                          0xff, 0xff, 0xff, 0xff, 0x00 };
    b->len = 0;
    buffer_put(b, bytes_of(head, sizeof(head)));
}
SPOIL(length_overflow, f->edit = length_overflow_edit);

/* --- the payload ------------------------------------------------------- */

/* The place of a text in the payload, behind its head. */
static size_t find(const struct buffer *b, const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i + len <= b->len; i++)
        if (memcmp(b->data + i, text, len) == 0)
            return i;
    fail_msg("no %s in the payload", text);
    return 0;
}

static void replace(struct buffer *b, size_t at, size_t len, struct bytes with)
{
    AUTO_CLEAR_BUFFER whole = buffer_make(VENDOR_EVIDENCE_MAX);
    buffer_put(&whole, bytes_of(b->data, at));
    buffer_put(&whole, with);
    buffer_put(&whole, bytes_of(b->data + at + len, b->len - at - len));
    b->len = 0;
    buffer_put(b, buffer_bytes(&whole));
    assert_ok(buffer_status(b));
}

#define PAYLOAD(name, body)                                                    \
    static void name##_edit(struct buffer *b)                                  \
    {                                                                          \
        body;                                                                  \
    }                                                                          \
    SPOIL(name, f->edit_payload = name##_edit)

/* Renamed, a member is unknown and the one it was is missing. */
PAYLOAD(without_module_id, b->data[find(b, "module_id")] = 'M');
PAYLOAD(payload_no_map, b->data[0] = 0x89);
PAYLOAD(payload_junk, buffer_put_u8(b, 0xf6));
PAYLOAD(digest_sha256, memcpy(b->data + find(b, "SHA384"), "SHA256", 6));
PAYLOAD(module_id_control, b->data[find(b, NITRO_LEAF)] = '\n');
PAYLOAD(module_id_bytes, b->data[find(b, NITRO_LEAF) - 2] = 0x58);
PAYLOAD(timestamp_negative, b->data[find(b, "timestamp") + 9] |= 0x20);
PAYLOAD(pcr_index_twice, b->data[find(b, "pcrs") + 5 + 51] = 0);
static void put_index_32(struct buffer *b)
{
    static const unsigned char index[] = { 0x18, 0x20 };
    replace(b, find(b, "pcrs") + 5 + 15 * 51, 1, bytes_of(index, 2));
}
PAYLOAD(pcr_index_32, put_index_32(b));
PAYLOAD(pcr_index_negative, b->data[find(b, "pcrs") + 5] = 0x20);
PAYLOAD(pcr_index_text, b->data[find(b, "pcrs") + 5] = 0x60);
static void pcr_of(struct buffer *b, unsigned char len)
{
    unsigned char value[2 + 64] = { 0x58, len };
    replace(b, find(b, "pcrs") + 6, 2 + 48, bytes_of(value, 2u + len));
}
PAYLOAD(pcr_of_32, pcr_of(b, 32));
PAYLOAD(pcr_of_47, pcr_of(b, 47));
PAYLOAD(pcr_of_64, pcr_of(b, 64));
static void pcrs_empty(struct nitro_forge *f)
{
    f->document.present = 0;
}
static void without_last_edit(struct buffer *b)
{
    b->data[0]--; /* one pair less */
    b->len = find(b, "nonce") - 1;
}
/* Allowed: the nonce may be absent. Its name a second time is not. */
static void member_twice_edit(struct buffer *b)
{
    without_last_edit(b);
    b->data[0]++;
    cbor_put_text(b, "pcrs");
    cbor_put_null(b);
}
SPOIL(member_twice, f->edit_payload = member_twice_edit);
static void member_unknown_edit(struct buffer *b)
{
    b->data[0]++;
    cbor_put_text(b, "extra");
    cbor_put_null(b);
}
SPOIL(member_unknown, f->edit_payload = member_unknown_edit);
static void member_number_edit(struct buffer *b)
{
    b->data[0]++;
    cbor_put(b, CBOR_UNSIGNED, 1);
    cbor_put_null(b);
}
SPOIL(member_number, f->edit_payload = member_number_edit);
static void pcrs_missing_edit(struct buffer *b)
{
    size_t at = find(b, "pcrs") - 1;
    b->data[0]--;
    replace(b, at, 6 + 16 * 51, bytes_of(NULL, 0));
}
SPOIL(pcrs_missing, f->edit_payload = pcrs_missing_edit);
static void certificate_null_edit(struct buffer *b)
{
    static const unsigned char null = 0xf6;
    size_t at = find(b, "certificate") + 11;
    size_t len = (size_t)b->data[at + 1] << 8 | b->data[at + 2];
    replace(b, at, 3 + len, bytes_of(&null, 1));
}
SPOIL(certificate_null, f->edit_payload = certificate_null_edit);
static void cabundle_empty(struct nitro_forge *f)
{
    f->order = "";
}
static void cabundle_of_nine_edit(struct buffer *b)
{
    static const unsigned char nine[] = { 0x89, 0x40, 0x40, 0x40, 0x40,
                                          0x40, 0x40, 0x40, 0x40, 0x40 };
    replace(b, find(b, "cabundle") + 8, 1, bytes_of(nine, sizeof(nine)));
}
static void cabundle_of_nine(struct nitro_forge *f)
{
    f->order = "";
    f->edit_payload = cabundle_of_nine_edit;
}
static unsigned char long_data[1025];
SPOIL(module_id_empty, f->document.module_id = "");
static char long_name[129];
static void module_id_long(struct nitro_forge *f)
{
    memset(long_name, 'm', 128);
    f->document.module_id = long_name;
}
SPOIL(timestamp_zero, f->document.timestamp = 0);
SPOIL(nonce_long, f->document.nonce = bytes_of(long_data, 513));
SPOIL(user_data_long, f->document.user_data = bytes_of(long_data, 513));
SPOIL(public_key_long, f->document.public_key = bytes_of(long_data, 1025));
static void nonce_text_edit(struct buffer *b)
{
    b->data[find(b, "nonce") + 5] |= 0x60; /* text instead of bytes */
}
SPOIL(nonce_text, f->edit_payload = nonce_text_edit);
static void payload_too_long_edit(struct buffer *b)
{
    static unsigned char much[16 * 1024];
    b->data[0]++;
    cbor_put_text(b, "extra");
    cbor_put_bytes(b, bytes_of(much, sizeof(much)));
}
SPOIL(payload_too_long, f->edit_payload = payload_too_long_edit);
static void certificate_not_der_edit(struct buffer *b)
{
    b->data[find(b, "certificate") + 11 + 3] ^= 1;
}
SPOIL(certificate_not_der, f->edit_payload = certificate_not_der_edit);
static void root_not_der_edit(struct buffer *b)
{
    b->data[find(b, "cabundle") + 8 + 1 + 3] ^= 1;
}
SPOIL(root_not_der, f->edit_payload = root_not_der_edit);

static const struct {
    void (*spoil)(struct nitro_forge *);
    const char *token;
    const char *says; /* in the reason */
} spoiled[] = {
    /* clang-format off */
    { alg_es256,            "algorithm",       "not exactly ES384" },
    { alg_in_long_form,     "algorithm",       "not exactly ES384" },
    { alg_with_more,        "algorithm",       "not exactly ES384" },
    { alg_only_unprotected, "algorithm",       "not exactly ES384" },
    { alg_twice,            "algorithm",       "not empty" },
    { unprotected_no_map,   "algorithm",       "not empty" },
    { nothing_left,         "malformed",       "" },
    { cut,                  "malformed",       "one strict CBOR item" },
    { junk_behind,          "malformed",       "one strict CBOR item" },
    { array_of_3,           "malformed",       "" },
    { array_of_5,           "malformed",       "" },
    { indefinite,           "malformed",       "" },
    { signature_flipped,    "cose-sig",        "" },
    { signature_zero,       "cose-sig",        "" },
    { payload_flipped,      "cose-sig",        "" },
    { signature_short,      "malformed",       "signature of 96" },
    { other_tag,            "malformed",       "" },
    { tagged_twice,         "malformed",       "COSE_Sign1" },
    { length_overflow,      "malformed",       "" },
    { without_module_id,    "payload",         "do not have" },
    { payload_no_map,       "malformed",       "payload" },
    { payload_junk,         "malformed",       "payload" },
    { digest_sha256,        "payload",         "digest" },
    { module_id_control,    "payload",         "module_id" },
    { module_id_bytes,      "payload",         "module_id" },
    { module_id_empty,      "payload",         "module_id" },
    { module_id_long,       "payload",         "module_id" },
    { timestamp_zero,       "payload",         "timestamp" },
    { timestamp_negative,   "payload",         "timestamp" },
    { pcr_index_twice,      "malformed",       "payload" },
    { pcr_index_32,         "payload",         "pcrs" },
    { pcr_index_negative,   "payload",         "pcrs" },
    { pcr_index_text,       "payload",         "pcrs" },
    { pcr_of_32,            "payload",         "pcrs" },
    { pcr_of_47,            "payload",         "pcrs" },
    { pcr_of_64,            "payload",         "pcrs" },
    { pcrs_empty,           "payload",         "pcrs" },
    { pcrs_missing,         "payload",         "pcrs is missing" },
    { member_twice,         "malformed",       "payload" },
    { member_unknown,       "payload",         "do not have" },
    { member_number,        "payload",         "do not have" },
    { certificate_null,     "payload",         "certificate" },
    { cabundle_empty,       "payload",         "cabundle" },
    { cabundle_of_nine,     "payload",         "cabundle" },
    { nonce_long,           "payload",         "nonce" },
    { nonce_text,           "payload",         "nonce" },
    { user_data_long,       "payload",         "user_data" },
    { public_key_long,      "payload",         "public_key" },
    { payload_too_long,     "malformed",       "payload" },
    { certificate_not_der,  "malformed",       "the certificate" },
    { root_not_der,         "malformed",       "certificate 1" },
    /* clang-format on */
};

static void every_spoiled_part_is_refused_by_its_token(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(spoiled) / sizeof(spoiled[0]); i++) {
        AUTO_NITRO_FORGE forge;
        nitro_forge_init(&forge);
        spoiled[i].spoil(&forge);
        nitro_forge_expect_refusal(&forge, spoiled[i].token, spoiled[i].says,
                                   i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_spoiled_part_is_refused_by_its_token),
    };
    assert_ok(secret_heap_open((size_t)1024 * 1024));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
