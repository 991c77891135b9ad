/* leaf.h - what the log keeps, and what stands behind each kind of leaf.
 *
 * tree leaf, 97 bytes =
 *     kind 1 || index 8 || time 8 || account 16 || subject 32 ||
 *     SHA-256(salt 32 || detail) 32
 * Time is milliseconds since the epoch and never goes back. The detail is
 * canonical JSON, for the account's members; leaf and salt are not secret.
 *
 * subjects (each SHA-256 of a label and fixed fields):
 *   release      "accord release v1" || salt || ctx || SHA-256(certificate)
 *                || SHA-256(grant)            plain release: 32 zero bytes
 *   certificate  "accord certificate v1" || salt || kind 1 || account 16 ||
 *                id 16 || SHA-256(SPKI) || SHA-256(names) || not after 8
 *                (seconds) || evidence digest 32 || identity hash 32 ||
 *                configuration hash 32 || invitation hash 32
 *                names: each name followed by a newline, in order
 *   any other    "accord subject v1" || salt || subject text
 *                ("dataset/<uuid>", "person/<uuid>", ...) */

#ifndef API_LEAF_H
#define API_LEAF_H

#include "api/id.h"
#include "base/cursor.h"
#include "base/hash.h"

#define API_LEAF_LEN 97
#define API_SALT_LEN 32

enum api_leaf_kind {
    API_LEAF_STORE = 1,       /* leaf 0: this store begins                 */
    API_LEAF_CERTIFICATE = 2, /* a certificate is about to be signed       */
    API_LEAF_CHANGE = 3,      /* a record was made, changed or removed     */
    API_LEAF_APPROVAL = 4,    /* an owner approved or declined             */
    API_LEAF_RELEASE = 5,     /* a credential is about to be released      */
    API_LEAF_DENIAL = 6,      /* an authenticated party was refused        */
    API_LEAF_FAILED = 7,      /* what an earlier leaf announced failed     */
    API_LEAF_SUMMARY = 8,     /* denials counted over a minute             */
    API_LEAF_CLOCK = 9,       /* an operator accepted the time             */
    API_LEAF_RESTORE = 10,    /* an older store was accepted: restore.h    */
};

struct api_leaf {
    uint8_t kind;
    uint64_t index;
    uint64_t time; /* milliseconds */
    struct api_id account;
    struct hash subject;
    struct hash detail; /* SHA-256(salt || detail text) */
};

/* Both refuse an unknown kind, decoding also another length:
 * STATUS_INVALID. */
STATUS api_leaf_encode(const struct api_leaf *leaf,
                       unsigned char out[API_LEAF_LEN]);
STATUS api_leaf_decode(struct bytes encoded, struct api_leaf *out);

/* "release", "change", ...; NULL for an unknown kind. */
const char *api_leaf_kind_name(uint8_t kind);

/* SHA-256(0x00 || leaf): RFC 6962 section 2.1. */
STATUS api_leaf_hash(const unsigned char leaf[API_LEAF_LEN], struct hash *out);

struct api_certificate_subject {
    uint8_t kind; /* ca_kind */
    struct api_id account, id;
    struct hash spki, names;
    uint64_t not_after; /* seconds */
    struct hash evidence, identity, configuration, invitation;
};

STATUS api_subject_release(const unsigned char salt[API_SALT_LEN],
                           const struct hash *ctx,
                           const struct hash *certificate,
                           const struct hash *grant, struct hash *out);
STATUS api_subject_certificate(const unsigned char salt[API_SALT_LEN],
                               const struct api_certificate_subject *fields,
                               struct hash *out);
STATUS api_subject_text(const unsigned char salt[API_SALT_LEN],
                        const char *text, struct hash *out);

/* SHA-256 over the names, each followed by a newline; STATUS_INVALID when a
 * name holds one. */
STATUS api_names_hash(const char *const *names, size_t count, struct hash *out);

/* SHA-256(salt || detail). */
STATUS api_detail_hash(const unsigned char salt[API_SALT_LEN],
                       struct bytes detail, struct hash *out);

#endif
