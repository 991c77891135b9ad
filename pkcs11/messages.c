#include "pkcs11/messages.h"

static void put_id(struct buffer *out, const struct api_id *id)
{
    buffer_put(out, api_id_bytes(id));
}

static void put_hash(struct buffer *out, const struct hash *hash)
{
    buffer_put(out, hash_bytes(hash));
}

static void put_sized(struct buffer *out, struct bytes bytes)
{
    if (bytes.len > UINT16_MAX) {
        out->refused = STATUS_INVALID;
        return;
    }
    buffer_put_u16(out, (uint16_t)bytes.len);
    buffer_put(out, bytes);
}

static struct api_id take_id(struct cursor *in)
{
    struct api_id id;
    cursor_copy(in, id.bytes, sizeof(id.bytes));
    return id;
}

static struct hash take_hash(struct cursor *in)
{
    struct hash hash;
    cursor_copy(in, hash.bytes, sizeof(hash.bytes));
    return hash;
}

static struct bytes take_sized(struct cursor *in, size_t max)
{
    size_t len = cursor_u16(in);
    if (len > max)
        in->broken = true;
    return cursor_take(in, len);
}

void pkcs11_put_context(struct buffer *out, const struct api_context *context)
{
    put_id(out, &context->account);
    put_id(out, &context->dataset);
    put_id(out, &context->version);
    put_hash(out, &context->owner);
    buffer_put_u8(out, context->flags);
}

struct api_context pkcs11_take_context(struct cursor *in)
{
    struct api_context context = { 0 };
    context.account = take_id(in);
    context.dataset = take_id(in);
    context.version = take_id(in);
    context.owner = take_hash(in);
    context.flags = cursor_u8(in);
    return context;
}

STATUS pkcs11_decode_context(struct bytes body, struct api_context *out)
{
    struct cursor in = cursor_of(body);
    struct api_context context = pkcs11_take_context(&in);
    TRY(cursor_finish(&in, "context"));
    *out = context;
    return OK;
}

STATUS pkcs11_encode_description(const struct pkcs11_description *description,
                                 struct buffer *out)
{
    unsigned char restored[API_RESTORE_LEN];
    if (description->was_restored)
        TRY(api_restore_encode(&description->restored, restored));
    put_id(out, &description->store);
    buffer_put_u32(out, description->epoch);
    buffer_put_u64(out, description->generation);
    buffer_put(out, api_spki_bytes(&description->ca_key));
    buffer_put(out, api_spki_bytes(&description->log_key));
    put_sized(out, buffer_bytes(&description->ca_certificate));
    put_sized(out, buffer_bytes(&description->intake_certificate));
    put_sized(out, bytes_of_string(description->domain));
    buffer_put_u64(out, description->size);
    buffer_put_u64(out, description->time);
    put_hash(out, &description->root);
    buffer_put_u8(out, description->plain_paths);
    buffer_put_u8(out, description->was_restored);
    if (description->was_restored)
        buffer_put(out, bytes_of(restored, sizeof(restored)));
    return buffer_status(out);
}

STATUS pkcs11_decode_description(struct bytes body,
                                 struct pkcs11_description *out)
{
    struct cursor in = cursor_of(body);
    struct pkcs11_description made = { 0 };

    made.store = take_id(&in);
    made.epoch = cursor_u32(&in);
    made.generation = cursor_u64(&in);
    cursor_copy(&in, made.ca_key.bytes, sizeof(made.ca_key.bytes));
    cursor_copy(&in, made.log_key.bytes, sizeof(made.log_key.bytes));
    struct bytes ca = take_sized(&in, CA_CERTIFICATE_MAX);
    struct bytes intake = take_sized(&in, CA_CERTIFICATE_MAX);
    struct bytes domain = take_sized(&in, sizeof(made.domain) - 1);
    made.size = cursor_u64(&in);
    made.time = cursor_u64(&in);
    made.root = take_hash(&in);
    uint8_t plain_paths = cursor_u8(&in), was_restored = cursor_u8(&in);
    struct bytes restored =
        cursor_take(&in, was_restored ? API_RESTORE_LEN : 0);
    TRY(cursor_finish(&in, "description"));
    if (plain_paths > 1 || was_restored > 1)
        return failure(STATUS_INVALID, "description: yes or no", 0);
    made.plain_paths = plain_paths == 1;
    made.was_restored = was_restored == 1;
    if (made.was_restored)
        TRY(api_restore_decode(restored, &made.restored));
    if (domain.len == 0 || memchr(domain.at, 0, domain.len))
        return failure(STATUS_INVALID, "domain", 0);

    memcpy(made.domain, domain.at, domain.len);
    made.ca_certificate = buffer_make(CA_CERTIFICATE_MAX);
    made.intake_certificate = buffer_make(CA_CERTIFICATE_MAX);
    buffer_put(&made.ca_certificate, ca);
    buffer_put(&made.intake_certificate, intake);
    if (failed(buffer_status(&made.ca_certificate)) ||
        failed(buffer_status(&made.intake_certificate))) {
        pkcs11_description_clear(&made);
        return failure(STATUS_NO_MEMORY, "description", 0);
    }
    *out = made;
    return OK;
}

void pkcs11_description_clear(struct pkcs11_description *description)
{
    buffer_clear(&description->ca_certificate);
    buffer_clear(&description->intake_certificate);
}

void pkcs11_encode_intake(const struct pkcs11_intake *intake,
                          struct buffer *out)
{
    pkcs11_put_context(out, &intake->context);
    put_hash(out, &intake->proof);
    put_hash(out, &intake->blob);
    put_sized(out, intake->wrapped);
}

STATUS pkcs11_decode_intake(struct bytes body, struct pkcs11_intake *out)
{
    struct cursor in = cursor_of(body);
    struct pkcs11_intake made = { 0 };

    made.context = pkcs11_take_context(&in);
    made.proof = take_hash(&in);
    made.blob = take_hash(&in);
    made.wrapped = take_sized(&in, PKCS11_WRAPPED_MAX);
    TRY(cursor_finish(&in, "intake"));
    *out = made;
    return OK;
}

void pkcs11_encode_head(const struct api_head *head, struct buffer *out)
{
    put_id(out, &head->store);
    buffer_put_u32(out, head->epoch);
    buffer_put_u64(out, head->size);
    buffer_put_u64(out, head->time);
    put_hash(out, &head->root);
    buffer_put(out, bytes_of(head->signature.bytes, API_SIGNATURE_LEN));
}

STATUS pkcs11_decode_head(struct bytes body, struct api_head *out)
{
    struct cursor in = cursor_of(body);
    struct api_head made = { 0 };

    made.store = take_id(&in);
    made.epoch = cursor_u32(&in);
    made.size = cursor_u64(&in);
    made.time = cursor_u64(&in);
    made.root = take_hash(&in);
    cursor_copy(&in, made.signature.bytes, API_SIGNATURE_LEN);
    TRY(cursor_finish(&in, "head"));
    *out = made;
    return OK;
}

STATUS pkcs11_encode_release(const struct pkcs11_release *release,
                             struct buffer *out)
{
    buffer_put(out, bytes_of(release->leaf, API_LEAF_LEN));
    buffer_put(out, bytes_of(release->salt, API_SALT_LEN));
    pkcs11_put_context(out, &release->context);
    put_sized(out, release->certificate);
    put_sized(out, release->grant);
    buffer_put(out, bytes_of(release->signature.bytes, API_SIGNATURE_LEN));
    TRY(api_owner_encode(release->owner, out));
    put_sized(out, release->kept);
    return buffer_status(out);
}

STATUS pkcs11_decode_release(struct bytes body,
                             struct pkcs11_release_message *out)
{
    struct cursor in = cursor_of(body);
    struct pkcs11_release *fields = &out->fields;

    cursor_copy(&in, fields->leaf, API_LEAF_LEN);
    cursor_copy(&in, fields->salt, API_SALT_LEN);
    fields->context = pkcs11_take_context(&in);
    fields->certificate = take_sized(&in, CA_CERTIFICATE_MAX);
    fields->grant = take_sized(&in, API_GRANT_LEN);
    cursor_copy(&in, fields->signature.bytes, API_SIGNATURE_LEN);
    TRY(api_owner_decode(&in, &out->owner));
    fields->owner = &out->owner;
    fields->kept = take_sized(&in, PKCS11_KEPT_LEN);
    return cursor_finish(&in, "release");
}

void pkcs11_encode_crl(const struct ca_crl_fields *crl, struct buffer *out)
{
    buffer_put_u64(out, crl->this_update);
    buffer_put_u64(out, crl->next_update);
    buffer_put_u64(out, crl->number);
    buffer_put(out, crl->serials);
}

STATUS pkcs11_decode_crl(struct bytes body, struct ca_crl_fields *out)
{
    struct cursor in = cursor_of(body);
    struct ca_crl_fields made = { 0 };

    made.this_update = cursor_u64(&in);
    made.next_update = cursor_u64(&in);
    made.number = cursor_u64(&in);
    made.serials = cursor_take(&in, in.left);
    TRY(cursor_finish(&in, "crl"));
    if (made.serials.len % CA_SERIAL_LEN != 0 ||
        made.serials.len / CA_SERIAL_LEN > CA_CRL_SERIALS_MAX)
        return failure(STATUS_INVALID, "crl serials", 0);
    *out = made;
    return OK;
}
