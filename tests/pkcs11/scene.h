/* scene.h - one release that must succeed, with every part of it open to
 * change: each refusal test changes one. Runs the jobs in this process. */

#ifndef TESTS_PKCS11_SCENE_H
#define TESTS_PKCS11_SCENE_H

#include "pkcs11/messages.h"
#include "tests/pkcs11/stage.h"

struct scene {
    struct hsm_worker *worker;
    struct hsm_session session;
    uint64_t start;     /* seconds: ten days after the root was made */
    uint64_t now;       /* milliseconds */
    uint64_t monotonic; /* milliseconds */
    struct reason why;  /* of the last job */
    struct buffer out;  /* of the last job */

    struct api_key *owner_key, *recovery_key, *grant_key;
    struct ca_key *enclave; /* RSA-3072 */
    struct api_owner owner;
    struct api_context context; /* of the credential asked for */
    struct api_sealed sealed;   /* as the owner sent it */
    struct buffer kept;         /* as the intake gave its key to keep */
    struct api_identity_rule rule;

    /* What the certificate will say; built by scene_release(). */
    struct ca_statement statement;
    uint64_t not_before, not_after;
    struct bytes spki;
    const char *name; /* NULL: made from the configuration */
    bool other_ca;

    /* What the grant will say, and what the leaf will. */
    struct api_grant grant;
    struct api_leaf leaf;
    bool wrong_subject, skip_append;
    uint64_t delay; /* milliseconds between append and release */
};

/* Opens a session on the worker, makes keys, brings one credential in. */
void scene_make(struct scene *scene, struct hsm_worker *worker);
void scene_clear(struct scene *scene);

/* Everything as it must be, in the worker's present state. */
void scene_reset(struct scene *scene);

/* Runs one job. */
STATUS scene_job(struct scene *scene, enum pkcs11_job job, struct bytes body);

/* Appends one leaf at the end; fills in index, and encodes it. */
STATUS scene_append(struct scene *scene, struct api_leaf *leaf,
                    unsigned char encoded[API_LEAF_LEN]);

/* Builds certificate, grant and leaf, appends it: *body is the message that
 * asks for the release. */
void scene_prepare_release(struct scene *scene, struct buffer *body);
/* The same, and asks. *asked, if not NULL, is the message, for asking again. */
STATUS scene_release(struct scene *scene, struct buffer *asked);

/* What the enclave does with the answer to a sealed release. */
void scene_open(const struct scene *scene, struct secret **out);

/* The same in clear: no grant. Blob and context are the caller's. */
STATUS scene_release_plain(struct scene *scene,
                           const struct api_context *context, struct bytes blob,
                           struct buffer *asked);

/* A credential in clear, brought in; its blob is in scene->out. */
STATUS scene_intake_plain(struct scene *scene,
                          const struct api_context *context,
                          struct bytes credential);

/* A sealed credential for this context, brought in; and only made. */
STATUS scene_intake(struct scene *scene, const struct pkcs11_intake *intake);
void scene_seal(struct scene *scene, const struct api_context *context,
                struct api_sealed *out);

#endif
