/* messages.h - the bodies of the jobs, both directions, in one place: the
 * door and the worker read and write them here and nowhere else.
 *
 * Fixed widths, big-endian, no JSON. Every decoder is strict: all bytes are
 * read, every length is under its maximum, every enumeration is known.
 * Decoded members that are struct bytes borrow from the message. */

#ifndef PKCS11_MESSAGES_H
#define PKCS11_MESSAGES_H

#include "base/cursor.h"
#include "pkcs11/pkcs11.h"

#define PKCS11_LEAVES_MAX  512
#define PKCS11_WRAPPED_MAX 512 /* RSA-4096 */
#define PKCS11_BLOB_MAX                                                        \
    (API_CREDENTIAL_MAX + API_SEAL_TAG_LEN + PKCS11_KEPT_LEN)
#define PKCS11_EVIDENCE_MAX (32 * 1024) /* what the verifier reads */
#define PKCS11_COLLATERAL_MAX                                                  \
    (256 * 1024) /* TCB infos have some 20 KiB, CRLs less */
#define PKCS11_CERTIFY_MAX                                                     \
    (PKCS11_EVIDENCE_MAX + PKCS11_COLLATERAL_MAX + 16 * 1024)

/* account 16 || dataset 16 || version 16 || owner 32 || flags 1 */
void pkcs11_put_context(struct buffer *out, const struct api_context *context);
struct api_context pkcs11_take_context(struct cursor *in);
STATUS pkcs11_decode_context(struct bytes body, struct api_context *out);

STATUS pkcs11_encode_description(const struct pkcs11_description *description,
                                 struct buffer *out);
STATUS pkcs11_decode_description(struct bytes body,
                                 struct pkcs11_description *out);

void pkcs11_encode_intake(const struct pkcs11_intake *intake,
                          struct buffer *out);
STATUS pkcs11_decode_intake(struct bytes body, struct pkcs11_intake *out);

void pkcs11_encode_head(const struct api_head *head, struct buffer *out);
STATUS pkcs11_decode_head(struct bytes body, struct api_head *out);

/* A decoded certify owns what the door's struct borrows. Not to be copied:
 * `fields` points into it. */
struct pkcs11_certify_message {
    struct pkcs11_certify fields;
    char common_name[CA_COMMON_NAME_MAX + 1];
    const char *names[CA_NAMES_MAX];
    char text[CA_NAMES_TEXT];
    struct api_identity_rule rule;
};
STATUS pkcs11_encode_certify(const struct pkcs11_certify *certify,
                             struct buffer *out, struct reason *why);
STATUS pkcs11_decode_certify(struct bytes body,
                             struct pkcs11_certify_message *out,
                             struct reason *why);

/* As above: fields.owner points to `owner`. */
struct pkcs11_release_message {
    struct pkcs11_release fields;
    struct api_owner owner;
};
STATUS pkcs11_encode_release(const struct pkcs11_release *release,
                             struct buffer *out);
STATUS pkcs11_decode_release(struct bytes body,
                             struct pkcs11_release_message *out);

/* length 4, at most `max`, || bytes (borrowed when taken) */
void pkcs11_put_long(struct buffer *out, struct bytes value);
struct bytes pkcs11_take_long(struct cursor *in, size_t max);
/* context || credential: all the rest */
struct pkcs11_intake_plain_message {
    struct api_context context;
    struct bytes credential;
};
void pkcs11_encode_intake_plain(const struct pkcs11_intake_plain_message *asked,
                                struct buffer *out);
STATUS pkcs11_decode_intake_plain(struct bytes body,
                                  struct pkcs11_intake_plain_message *out);

/* leaf || salt || context || certificate || blob: all the rest */
void pkcs11_encode_release_plain(const struct pkcs11_release_plain *release,
                                 struct buffer *out);
STATUS pkcs11_decode_release_plain(struct bytes body,
                                   struct pkcs11_release_plain *out);

/* length 2 || encoded rule */
STATUS pkcs11_put_rule(struct buffer *out, const struct api_identity_rule *rule,
                       struct reason *why);
STATUS pkcs11_take_rule(struct cursor *in, struct api_identity_rule *out,
                        struct reason *why);

void pkcs11_encode_crl(const struct ca_crl_fields *crl, struct buffer *out);
STATUS pkcs11_decode_crl(struct bytes body, struct ca_crl_fields *out);

#endif
