/* messages_certify.c - the one message with names in it. */

#include "pkcs11/messages.h"

STATUS pkcs11_put_rule(struct buffer *out, const struct api_identity_rule *rule,
                       struct reason *why)
{
    AUTO_CLEAR_BUFFER encoded = buffer_make(API_IDENTITY_MAX);

    TRY(api_identity_encode(rule, &encoded, why));
    buffer_put_u16(out, (uint16_t)encoded.len);
    buffer_put(out, buffer_bytes(&encoded));
    return buffer_status(out);
}

STATUS pkcs11_take_rule(struct cursor *in, struct api_identity_rule *out,
                        struct reason *why)
{
    size_t len = cursor_u16(in);
    struct bytes encoded = cursor_take(in, len);

    return api_identity_decode(encoded, out, why);
}

/* Fields that are the same width always, up to the three lengths. */
static void put_fixed(struct buffer *out, const struct pkcs11_certify *certify)
{
    buffer_put(out, bytes_of(certify->leaf, API_LEAF_LEN));
    buffer_put(out, bytes_of(certify->salt, API_SALT_LEN));
    buffer_put_u8(out, (uint8_t)certify->kind);
    buffer_put(out, api_id_bytes(&certify->account));
    buffer_put(out, api_id_bytes(&certify->id));
    buffer_put_u64(out, certify->not_after);
    buffer_put(out, hash_bytes(&certify->invitation));
    buffer_put(out, hash_bytes(&certify->configuration));
}

void pkcs11_put_long(struct buffer *out, struct bytes value)
{
    buffer_put_u32(out, (uint32_t)value.len);
    buffer_put(out, value);
}

struct bytes pkcs11_take_long(struct cursor *in, size_t max)
{
    size_t len = cursor_u32(in);

    in->broken = in->broken || len > max;
    return cursor_take(in, in->broken ? 0 : len);
}

/* Shorter than 256 bytes. */
static void put_text(struct buffer *out, const char *text)
{
    buffer_put_u8(out, (uint8_t)strlen(text));
    buffer_put_string(out, text);
}

static struct status put_names(struct buffer *out,
                               const struct pkcs11_certify *certify,
                               struct reason *why)
{
    size_t total = 0;

    buffer_put_u8(out, (uint8_t)certify->names_count);
    for (size_t i = 0; i < certify->names_count; i++) {
        if (strlen(certify->names[i]) > CA_NAME_MAX)
            return refuse(why, STATUS_INVALID, "certify",
                          "a name is longer than %d bytes", CA_NAME_MAX);
        put_text(out, certify->names[i]);
        total += strlen(certify->names[i]) + 1;
    }
    if (total > CA_NAMES_TEXT)
        return refuse(why, STATUS_INVALID, "certify",
                      "the names are longer than %d bytes together",
                      CA_NAMES_TEXT);
    return OK;
}

static struct status check_sizes(const struct pkcs11_certify *certify,
                                 const char *common_name, struct reason *why)
{
    if (certify->names_count > CA_NAMES_MAX)
        return refuse(why, STATUS_INVALID, "certify",
                      "%zu names are asked for, at most %d are possible",
                      certify->names_count, CA_NAMES_MAX);
    if (strlen(common_name) > CA_COMMON_NAME_MAX)
        return refuse(why, STATUS_INVALID, "certify",
                      "the common name is longer than %d bytes",
                      CA_COMMON_NAME_MAX);
    if (certify->spki.len > CA_SPKI_MAX)
        return refuse(why, STATUS_INVALID, "certify",
                      "the public key is longer than %d bytes", CA_SPKI_MAX);
    if (certify->evidence.len > PKCS11_EVIDENCE_MAX)
        return refuse(why, STATUS_INVALID, "certify",
                      "the evidence is longer than %d bytes",
                      PKCS11_EVIDENCE_MAX);
    if (certify->binding.material.len > CA_MATERIAL_MAX)
        return refuse(why, STATUS_INVALID, "certify",
                      "the binding's material is longer than %zu bytes",
                      CA_MATERIAL_MAX);
    if (certify->collateral.len > PKCS11_COLLATERAL_MAX)
        return refuse(why, STATUS_INVALID, "certify",
                      "the collateral is longer than %d bytes",
                      PKCS11_COLLATERAL_MAX);
    return OK;
}

STATUS pkcs11_encode_certify(const struct pkcs11_certify *certify,
                             struct buffer *out, struct reason *why)
{
    const char *common_name = certify->common_name ? certify->common_name : "";

    TRY(check_sizes(certify, common_name, why));
    put_fixed(out, certify);
    buffer_put_u16(out, (uint16_t)certify->spki.len);
    buffer_put(out, certify->spki);
    put_text(out, common_name);
    TRY(put_names(out, certify, why));
    buffer_put_u8(out, certify->rule ? 1 : 0);
    if (certify->rule)
        TRY(pkcs11_put_rule(out, certify->rule, why));
    buffer_put(out, hash_bytes(&certify->nonce));
    buffer_put_u8(out, (uint8_t)certify->binding.rule);
    pkcs11_put_long(out, certify->binding.material);
    pkcs11_put_long(out, certify->evidence);
    pkcs11_put_long(out, certify->collateral);
    return buffer_status(out);
}

/* A length byte and that many bytes without NUL, into `room` bytes of text
 * of which one is for the NUL. Returns the bytes of text used. */
static size_t take_text(struct cursor *in, char *text, size_t room)
{
    size_t len = cursor_u8(in);
    if (len + 1 > room) {
        in->broken = true;
        return 0;
    }
    struct bytes taken = cursor_take(in, len);
    if (taken.len > 0) {
        in->broken = in->broken || memchr(taken.at, 0, taken.len) != NULL;
        memcpy(text, taken.at, taken.len);
    }
    text[taken.len] = '\0';
    return taken.len + 1;
}

static void take_names(struct cursor *in, struct pkcs11_certify_message *out)
{
    size_t count = cursor_u8(in), used = 0;

    if (count > CA_NAMES_MAX) {
        in->broken = true;
        return;
    }
    for (size_t i = 0; i < count && !in->broken; i++) {
        out->names[i] = out->text + used;
        used += take_text(in, out->text + used, sizeof(out->text) - used);
    }
    out->fields.names = out->names;
    out->fields.names_count = count;
}

static void take_fixed(struct cursor *in, struct pkcs11_certify *fields)
{
    cursor_copy(in, fields->leaf, API_LEAF_LEN);
    cursor_copy(in, fields->salt, API_SALT_LEN);
    uint8_t kind = cursor_u8(in);
    cursor_copy(in, fields->account.bytes, API_ID_LEN);
    cursor_copy(in, fields->id.bytes, API_ID_LEN);
    fields->not_after = cursor_u64(in);
    cursor_copy(in, fields->invitation.bytes, HASH_LEN);
    cursor_copy(in, fields->configuration.bytes, HASH_LEN);
    if (kind < CA_SERVER || kind > CA_ENCLAVE) /* intake: ceremony only */
        in->broken = true;
    else
        fields->kind = (enum ca_kind)kind;
}

STATUS pkcs11_decode_certify(struct bytes body,
                             struct pkcs11_certify_message *out,
                             struct reason *why)
{
    struct cursor in = cursor_of(body);
    struct pkcs11_certify *fields = &out->fields;

    *out = (struct pkcs11_certify_message){ 0 };
    take_fixed(&in, fields);
    size_t spki_len = cursor_u16(&in);
    if (spki_len > CA_SPKI_MAX)
        in.broken = true;
    fields->spki = cursor_take(&in, spki_len);
    (void)take_text(&in, out->common_name, sizeof(out->common_name));
    fields->common_name = out->common_name;
    take_names(&in, out);

    uint8_t has_rule = cursor_u8(&in);
    if (in.broken || has_rule > 1)
        return refuse(why, STATUS_INVALID, "certify",
                      "the certify message is malformed");
    if (has_rule) {
        TRY(pkcs11_take_rule(&in, &out->rule, why));
        fields->rule = &out->rule;
    }
    cursor_copy(&in, fields->nonce.bytes, HASH_LEN);
    fields->binding.rule = (enum ca_binding_rule)cursor_u8(&in);
    fields->binding.material = pkcs11_take_long(&in, CA_MATERIAL_MAX);
    fields->evidence = pkcs11_take_long(&in, PKCS11_EVIDENCE_MAX);
    fields->collateral = pkcs11_take_long(&in, PKCS11_COLLATERAL_MAX);
    if (failed(cursor_finish(&in, "certify")))
        return refuse(why, STATUS_INVALID, "certify",
                      "the certify message is malformed");
    return OK;
}
