/* soft_plain.c - the CCM class behind the soft door: its keys lie beside the
 * others, and come in as if their owner had sealed them. */

#include "tests/broker/soft_door.h"

static struct status check_class(const struct pkcs11_door *door,
                                 const struct api_context *context,
                                 struct reason *why)
{
    if (door->plain_forbidden)
        return refuse(why, STATUS_DENIED, "plain",
                      "ccm.plain_paths of the HSM is no: no credential passes "
                      "in clear");
    if (context->flags != API_CLASS_CCM)
        return refuse(why, STATUS_DENIED, "class",
                      "this credential is not of the CCM class");
    return OK;
}

static struct status keep(struct pkcs11_door *door,
                          const struct api_context *context,
                          const struct api_sealed *sealed, struct buffer *blob,
                          struct reason *why)
{
    struct pkcs11_intake intake = { .context = *context,
                                    .wrapped = buffer_bytes(&sealed->wrapped),
                                    .proof = sealed->proof };
    TRY(hash_of(&intake.blob, buffer_bytes(&sealed->blob)));
    TRY(soft_intake(door, &intake, why));
    buffer_put(blob, buffer_bytes(&sealed->blob));
    return buffer_status(blob);
}

static struct status take_in(struct pkcs11_door *door,
                             const struct api_context *context,
                             const struct secret *credential,
                             struct buffer *blob, struct reason *why)
{
    struct api_sealed sealed;
    TRY(check_class(door, context, why));
    TRY(api_seal(context, buffer_bytes(&door->intake_certificate), credential,
                 &sealed, why));
    struct status s = keep(door, context, &sealed, blob, why);
    api_sealed_clear(&sealed);
    return s;
}

struct status pkcs11_intake_plain(struct pkcs11_door *door,
                                  const struct api_context *context,
                                  const struct secret *credential,
                                  struct buffer *blob, struct reason *why)
{
    struct status s;
    (void)pthread_mutex_lock(&door->lock);
    if (!soft_stopped(door, SOFT_INTAKE_PLAIN, &s, why))
        s = soft_answer(door, SOFT_INTAKE_PLAIN,
                        take_in(door, context, credential, blob, why), why);
    (void)pthread_mutex_unlock(&door->lock);
    return s;
}

static struct status check_certificate(struct pkcs11_door *door,
                                       const struct pkcs11_release_plain *asked,
                                       struct reason *why)
{
    struct ca_facts facts;
    TRY(ca_certificate_read(asked->certificate, &facts, why));
    TRY(ca_signature_verify(asked->certificate,
                            ca_spki(ca_key_public(door->ca)), why));
    bool fits = facts.statement.kind == CA_ENCLAVE &&
                api_id_equal(&facts.statement.account, &asked->context.account);
    return fits ? OK
                : refuse(why, STATUS_DENIED, "certificate",
                         "the certificate is not for this");
}

static struct status release(struct pkcs11_door *door,
                             const struct pkcs11_release_plain *asked,
                             struct secret **out, struct reason *why)
{
    const struct hash no_grant = { 0 };
    struct hash ctx, certificate, subject;
    struct api_leaf leaf;
    TRY(check_class(door, &asked->context, why));
    TRY(check_certificate(door, asked, why));
    TRY(api_context_hash(&asked->context, &ctx));
    struct soft_credential *credential = soft_find(door, &ctx);
    if (!credential)
        return refuse(why, STATUS_NOT_FOUND, "release",
                      "there is no key for this credential");
    TRY(hash_of(&certificate, asked->certificate));
    TRY(api_subject_release(asked->salt, &ctx, &certificate, &no_grant,
                            &subject));
    TRY(soft_take_leaf(door, asked->leaf, API_LEAF_RELEASE,
                       &asked->context.account, &subject, &leaf, why));
    return api_open(credential->key, &ctx, asked->blob, out);
}

struct status pkcs11_release_plain(struct pkcs11_door *door,
                                   const struct pkcs11_release_plain *asked,
                                   struct secret **credential,
                                   struct reason *why)
{
    struct status s;
    (void)pthread_mutex_lock(&door->lock);
    if (!soft_stopped(door, SOFT_RELEASE_PLAIN, &s, why))
        s = soft_answer(door, SOFT_RELEASE_PLAIN,
                        release(door, asked, credential, why), why);
    (void)pthread_mutex_unlock(&door->lock);
    return s;
}
