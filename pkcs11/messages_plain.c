/* messages_plain.c - the two messages that have to do with a credential in
 * clear. What is longer than 64 KiB stands last and has no length. */

#include "pkcs11/messages.h"

void pkcs11_encode_intake_plain(const struct pkcs11_intake_plain_message *asked,
                                struct buffer *out)
{
    pkcs11_put_context(out, &asked->context);
    buffer_put(out, asked->credential);
}

STATUS pkcs11_decode_intake_plain(struct bytes body,
                                  struct pkcs11_intake_plain_message *out)
{
    struct cursor in = cursor_of(body);
    struct pkcs11_intake_plain_message made = { 0 };

    made.context = pkcs11_take_context(&in);
    made.credential = cursor_take(&in, in.left);
    TRY(cursor_finish(&in, "intake"));
    if (made.credential.len == 0 || made.credential.len > API_CREDENTIAL_MAX)
        return failure(STATUS_INVALID, "credential", 0);
    *out = made;
    return OK;
}

void pkcs11_encode_release_plain(const struct pkcs11_release_plain *release,
                                 struct buffer *out)
{
    if (release->certificate.len > CA_CERTIFICATE_MAX) {
        out->refused = STATUS_INVALID;
        return;
    }
    buffer_put(out, bytes_of(release->leaf, API_LEAF_LEN));
    buffer_put(out, bytes_of(release->salt, API_SALT_LEN));
    pkcs11_put_context(out, &release->context);
    buffer_put_u16(out, (uint16_t)release->certificate.len);
    buffer_put(out, release->certificate);
    buffer_put(out, release->blob);
}

STATUS pkcs11_decode_release_plain(struct bytes body,
                                   struct pkcs11_release_plain *out)
{
    struct cursor in = cursor_of(body);
    struct pkcs11_release_plain made = { 0 };

    cursor_copy(&in, made.leaf, API_LEAF_LEN);
    cursor_copy(&in, made.salt, API_SALT_LEN);
    made.context = pkcs11_take_context(&in);
    size_t len = cursor_u16(&in);
    made.certificate = cursor_take(&in, len);
    made.blob = cursor_take(&in, in.left);
    TRY(cursor_finish(&in, "release"));
    if (made.certificate.len > CA_CERTIFICATE_MAX ||
        made.blob.len <= API_SEAL_TAG_LEN || made.blob.len > PKCS11_BLOB_MAX)
        return failure(STATUS_INVALID, "release", 0);
    *out = made;
    return OK;
}
