/* door_jobs.c - the jobs as the broker calls them: encode, call, decode. */

#include "pkcs11/door.h"
#include "pkcs11/messages.h"

/* An answer that does not decode is a fault between us and accord-hsm. */
static struct status decoded(struct status s, struct reason *why)
{
    if (!failed(s) || s.code == STATUS_NO_MEMORY)
        return s;
    return refuse(why, STATUS_UNAVAILABLE, s.origin,
                  "accord-hsm answered with a malformed %s", s.origin);
}

static struct status expect_nothing(const struct buffer *answer,
                                    struct reason *why)
{
    if (answer->len == 0)
        return OK;
    return refuse(why, STATUS_UNAVAILABLE, "answer",
                  "accord-hsm answered more than was asked");
}

STATUS pkcs11_describe(struct pkcs11_door *door, struct pkcs11_description *out,
                       struct reason *why)
{
    AUTO_CLEAR_BUFFER answer = buffer_make(32 * 1024);

    TRY(pkcs11_call(door, PKCS11_DESCRIBE, bytes_of(NULL, 0), &answer, why));
    return decoded(pkcs11_decode_description(buffer_bytes(&answer), out), why);
}

STATUS pkcs11_probe(struct pkcs11_door *door, struct reason *why)
{
    AUTO_CLEAR_BUFFER answer = buffer_make(1);

    TRY(pkcs11_call(door, PKCS11_PROBE, bytes_of(NULL, 0), &answer, why));
    return expect_nothing(&answer, why);
}

STATUS pkcs11_store_key(struct pkcs11_door *door, const struct hash *salt,
                        struct secret **out, struct reason *why)
{
    AUTO_CLEAR_BUFFER answer = buffer_make(HASH_LEN);
    AUTO_FREE(secret) key = NULL;

    TRY(secret_new(HASH_LEN, &key));
    TRY(pkcs11_call(door, PKCS11_STORE_KEY, hash_bytes(salt), &answer, why));
    if (answer.len != HASH_LEN)
        return decoded(failure(STATUS_INVALID, "store key", 0), why);
    memcpy(secret_fill(key), answer.data, HASH_LEN);
    *out = TAKE(key);
    return OK;
}

STATUS pkcs11_intake(struct pkcs11_door *door,
                     const struct pkcs11_intake *intake, struct buffer *kept,
                     struct reason *why)
{
    AUTO_CLEAR_BUFFER body = buffer_make(1024);
    AUTO_CLEAR_BUFFER answer = buffer_make(PKCS11_KEPT_LEN);

    if (intake->wrapped.len > PKCS11_WRAPPED_MAX)
        return refuse(why, STATUS_INVALID, "intake",
                      "the wrapped key is longer than %d bytes",
                      PKCS11_WRAPPED_MAX);
    pkcs11_encode_intake(intake, &body);
    TRY(buffer_status(&body));
    TRY(pkcs11_call(door, PKCS11_INTAKE, buffer_bytes(&body), &answer, why));
    if (answer.len != 0 && answer.len != PKCS11_KEPT_LEN)
        return decoded(failure(STATUS_INVALID, "kept key", 0), why);
    buffer_put(kept, buffer_bytes(&answer));
    return buffer_status(kept);
}

STATUS pkcs11_append(struct pkcs11_door *door, struct bytes leaves,
                     struct api_head *out, struct reason *why)
{
    AUTO_CLEAR_BUFFER answer = buffer_make(256);

    TRY(pkcs11_call(door, PKCS11_APPEND, leaves, &answer, why));
    return decoded(pkcs11_decode_head(buffer_bytes(&answer), out), why);
}

STATUS pkcs11_nonce(struct pkcs11_door *door, struct hash *out,
                    struct reason *why)
{
    AUTO_CLEAR_BUFFER answer = buffer_make(HASH_LEN);

    TRY(pkcs11_call(door, PKCS11_NONCE, bytes_of(NULL, 0), &answer, why));
    if (answer.len != HASH_LEN)
        return decoded(failure(STATUS_INVALID, "nonce", 0), why);
    memcpy(out->bytes, answer.data, HASH_LEN);
    return OK;
}

STATUS pkcs11_certify(struct pkcs11_door *door,
                      const struct pkcs11_certify *certify,
                      struct buffer *certificate_der, struct reason *why)
{
    AUTO_CLEAR_BUFFER body = buffer_make(PKCS11_CERTIFY_MAX);

    TRY(pkcs11_encode_certify(certify, &body, why));
    return pkcs11_call(door, PKCS11_CERTIFY, buffer_bytes(&body),
                       certificate_der, why);
}

STATUS pkcs11_release(struct pkcs11_door *door,
                      const struct pkcs11_release *release,
                      struct buffer *wrapped, struct reason *why)
{
    AUTO_CLEAR_BUFFER body = buffer_make(CA_CERTIFICATE_MAX + 8 * 1024);

    if (release->certificate.len > CA_CERTIFICATE_MAX)
        return refuse(why, STATUS_INVALID, "release",
                      "the certificate is longer than %d bytes",
                      CA_CERTIFICATE_MAX);
    TRY(pkcs11_encode_release(release, &body));
    return pkcs11_call(door, PKCS11_RELEASE, buffer_bytes(&body), wrapped, why);
}

STATUS pkcs11_intake_plain(struct pkcs11_door *door,
                           const struct api_context *context,
                           const struct secret *credential, struct buffer *blob,
                           struct reason *why)
{
    AUTO_CLEAR_BUFFER body = buffer_make(API_CREDENTIAL_MAX + 128);
    const struct pkcs11_intake_plain_message asked = {
        .context = *context, .credential = secret_expose(credential)
    };

    if (asked.credential.len == 0 || asked.credential.len > API_CREDENTIAL_MAX)
        return refuse(why, STATUS_INVALID, "credential",
                      "the credential has %zu bytes; 1 to %d can be kept",
                      asked.credential.len, API_CREDENTIAL_MAX);
    pkcs11_encode_intake_plain(&asked, &body);
    TRY(buffer_status(&body));
    return pkcs11_call(door, PKCS11_INTAKE_PLAIN, buffer_bytes(&body), blob,
                       why);
}

STATUS pkcs11_release_plain(struct pkcs11_door *door,
                            const struct pkcs11_release_plain *release,
                            struct secret **credential, struct reason *why)
{
    AUTO_CLEAR_BUFFER body =
        buffer_make(PKCS11_BLOB_MAX + CA_CERTIFICATE_MAX + 512);
    AUTO_CLEAR_BUFFER answer = buffer_make(API_CREDENTIAL_MAX);
    AUTO_FREE(secret) made = NULL;

    if (release->certificate.len > CA_CERTIFICATE_MAX ||
        release->blob.len > PKCS11_BLOB_MAX)
        return refuse(why, STATUS_INVALID, "release",
                      "certificate or blob is too long");
    pkcs11_encode_release_plain(release, &body);
    TRY(buffer_status(&body));
    TRY(pkcs11_call(door, PKCS11_RELEASE_PLAIN, buffer_bytes(&body), &answer,
                    why));
    if (answer.len == 0)
        return decoded(failure(STATUS_INVALID, "credential", 0), why);
    TRY(secret_new(answer.len, &made));
    memcpy(secret_fill(made), answer.data, answer.len);
    *credential = TAKE(made);
    return OK;
}

STATUS pkcs11_crl(struct pkcs11_door *door, struct bytes serials,
                  uint64_t this_update, uint64_t next_update, uint64_t number,
                  struct buffer *crl_der, struct reason *why)
{
    const struct ca_crl_fields crl = { serials, this_update, next_update,
                                       number };
    AUTO_CLEAR_BUFFER body = buffer_make(PKCS11_REQUEST_MAX);

    if (serials.len % CA_SERIAL_LEN != 0 ||
        serials.len / CA_SERIAL_LEN > CA_CRL_SERIALS_MAX)
        return refuse(why, STATUS_INVALID, "crl",
                      "%zu bytes are not at most %d serials of %d bytes",
                      serials.len, CA_CRL_SERIALS_MAX, CA_SERIAL_LEN);
    pkcs11_encode_crl(&crl, &body);
    TRY(buffer_status(&body));
    return pkcs11_call(door, PKCS11_CRL, buffer_bytes(&body), crl_der, why);
}

STATUS pkcs11_erase(struct pkcs11_door *door, const struct api_context *context,
                    struct reason *why)
{
    AUTO_CLEAR_BUFFER body = buffer_make(128);
    AUTO_CLEAR_BUFFER answer = buffer_make(1);

    pkcs11_put_context(&body, context);
    TRY(buffer_status(&body));
    TRY(pkcs11_call(door, PKCS11_ERASE, buffer_bytes(&body), &answer, why));
    return expect_nothing(&answer, why);
}
