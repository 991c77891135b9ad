/* clear.h - the two jobs in which a credential passes in clear; part of the
 * door, and as all of it: pkcs11.h. */

#ifndef PKCS11_CLEAR_H
#define PKCS11_CLEAR_H

#include "api/api.h"

struct pkcs11_door;

/* The CCM class (seal.h: flags API_CLASS_CCM, owner zero) alone, and only
 * where accord-hsm's configuration has ccm.plain_paths = yes
 * (STATUS_DENIED otherwise): the credential passes in clear.
 *
 * Makes K' inside the token, where it stays: it opens this one blob and has
 * no way out. Appends `blob` as seal.h describes it, with the credential
 * itself (1 to API_CREDENTIAL_MAX bytes) in place of credential/v1; where
 * accord-hsm has credentials.placement = wrapped, K' is not kept in the token
 * but appended, wrapped: `blob` is what a release wants back, as it is.
 * STATUS_CONFLICT when that ctx has a key already. */
STATUS pkcs11_intake_plain(struct pkcs11_door *door,
                           const struct api_context *context,
                           const struct secret *credential, struct buffer *blob,
                           struct reason *why);

/* The credential of one version, in clear, for the holder of an enclave's
 * certificate. There is no grant in this class: the worker checks its own
 * configuration, the class, the certificate (by accord-ca, kind enclave, in
 * time, for exactly one configuration, of ctx's account) and the leaf, as for
 * a release; grant and SHA-256(grant) are empty. STATUS_CORRUPT when the blob
 * is not the one that was made with this key. */
struct pkcs11_release_plain {
    unsigned char leaf[API_LEAF_LEN];
    unsigned char salt[API_SALT_LEN];
    struct api_context context;
    struct bytes certificate; /* DER */
    struct bytes blob;
};
STATUS pkcs11_release_plain(struct pkcs11_door *door,
                            const struct pkcs11_release_plain *release,
                            struct secret **credential, struct reason *why);

#endif
