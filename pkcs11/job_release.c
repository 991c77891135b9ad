/* job_release.c - one credential's key, wrapped to one enclave. Every line
 * of check_*() is a promise of the design's section 4; the HSM is asked only
 * after all of them held and the leaf was marked. */

#include "pkcs11/messages.h"
#include "pkcs11/rsa.h"
#include "pkcs11/worker.h"
#include "pkcs11/wrapped.h"

/* What the checks learn on their way. */
struct release {
    const struct pkcs11_release *asked;
    struct hash ctx;
    struct api_grant grant;
    struct ca_facts certificate;
};

/* The credential is its owner's, and the owner's key of today signed the
 * grant. */
static struct status check_owner(const struct hsm_job *job, struct release *r)
{
    const struct pkcs11_release *asked = r->asked;
    struct api_spki current;
    struct hash owner;

    if (asked->context.flags != 0)
        return refuse(job->why, STATUS_DENIED, "class",
                      "this credential is not of the signed class");
    TRY(api_context_hash(&asked->context, &r->ctx));
    TRY(api_owner_hash(asked->owner, &owner));
    if (!hash_equal(&owner, &asked->context.owner))
        return refuse(job->why, STATUS_DENIED, "owner",
                      "the owner's keys are not those of the credential");
    TRY(api_owner_current(asked->owner, &current, job->why));
    struct status holds = hsm_proven_verify(job->worker->proven, &current,
                                            asked->grant, &asked->signature);
    if (is_wanting(holds))
        return holds;
    if (failed(holds))
        return refuse(job->why, STATUS_DENIED, "grant",
                      "the grant is not signed by the owner's current key");
    return OK;
}

/* The grant speaks of this credential, now. */
static struct status check_grant(const struct hsm_job *job, struct release *r)
{
    const struct api_context *context = &r->asked->context;
    uint64_t now = job->now / 1000;

    TRY(api_grant_decode(r->asked->grant, &r->grant, job->why));
    if (!api_id_equal(&r->grant.account, &context->account))
        return refuse(job->why, STATUS_DENIED, "grant",
                      "the grant is for another account");
    if (!api_id_equal(&r->grant.dataset, &context->dataset))
        return refuse(job->why, STATUS_DENIED, "grant",
                      "the grant is for another dataset");
    if (!hash_equal(&r->grant.owner, &context->owner))
        return refuse(job->why, STATUS_DENIED, "grant",
                      "the grant is by another owner");
    if (now < r->grant.not_before)
        return refuse(job->why, STATUS_DENIED, "grant",
                      "the grant is not valid yet");
    if (now > r->grant.not_after)
        return refuse(job->why, STATUS_DENIED, "grant",
                      "the grant has expired");
    return OK;
}

/* The certificate's program is the one the grant names. */
static struct status check_program(const struct hsm_job *job, struct release *r)
{
    const struct ca_statement *statement = &r->certificate.statement;

    if (!hash_equal(&statement->configuration, &r->grant.configuration))
        return refuse(job->why, STATUS_DENIED, "configuration",
                      "the certificate is for another configuration than the "
                      "grant");
    if (!hash_equal(&statement->identity, &r->grant.identity))
        return refuse(job->why, STATUS_DENIED, "identity",
                      "the certificate is for another program identity than "
                      "the grant");
    if (!api_id_equal(&statement->account, &r->grant.account))
        return refuse(job->why, STATUS_DENIED, "certificate",
                      "the certificate is for another account");
    if (r->certificate.key.type != CA_RSA ||
        (r->certificate.key.bits != 3072 && r->certificate.key.bits != 4096))
        return refuse(job->why, STATUS_DENIED, "key",
                      "a sealed release needs an RSA key of 3072 or 4096 "
                      "bits");
    return OK;
}

/* The log says so, and will not say it twice. */
static struct status check_leaf(const struct hsm_job *job,
                                const struct release *r)
{
    const struct hsm_release_leaf leaf = {
        .leaf = r->asked->leaf,
        .salt = r->asked->salt,
        .account = &r->asked->context.account,
        .ctx = &r->ctx,
        .certificate = r->asked->certificate,
        .grant = r->asked->grant,
    };
    return hsm_release_leaf(job, &leaf);
}

/* A key that the broker kept comes back for as long as this job runs. */
static struct status wrap_kept(const struct hsm_job *job,
                               const struct release *r)
{
    AUTO_DESTROY k_prime = { job->session, CK_INVALID_HANDLE };

    struct status s = hsm_wrapped_open(
        job->session, job->worker->keys.handle[HSM_ROOT], r->asked->kept,
        &r->ctx, HSM_WRAPPED_SEALED, &k_prime.handle);
    if (s.code == STATUS_CORRUPT)
        return refuse(job->why, STATUS_CORRUPT, "credential",
                      "the kept key of this credential does not open on this "
                      "token");
    TRY(s);
    return hsm_wrap(job->session, k_prime.handle, &r->certificate.key,
                    job->out);
}

/* An erasure may have come between: then the handle names nothing, and the
 * token is well all the same. */
static struct status wrap(const struct hsm_job *job, const struct release *r,
                          CK_OBJECT_HANDLE k_prime)
{
    struct status s =
        hsm_wrap(job->session, k_prime, &r->certificate.key, job->out);
    if (failed(s))
        TRY(hsm_credentials_find(job->worker->credentials, &r->ctx, &k_prime,
                                 job->why));
    return s;
}

STATUS hsm_job_release(const struct hsm_job *job, struct bytes body)
{
    struct pkcs11_release_message message = { 0 };
    struct release r = { .asked = &message.fields };
    CK_OBJECT_HANDLE k_prime = CK_INVALID_HANDLE;

    if (failed(pkcs11_decode_release(body, &message)))
        return refuse(job->why, STATUS_INVALID, "release",
                      "the release message is malformed");
    TRY(check_owner(job, &r));
    TRY(check_grant(job, &r));
    TRY(hsm_enclave_check(job, r.asked->certificate, &r.certificate));
    TRY(check_program(job, &r));
    bool kept;
    struct status found = hsm_key_find(job, &r.ctx, &k_prime, &kept);
    kept = kept && r.asked->kept.len > 0;
    if (!kept)
        TRY(found);
    TRY(check_leaf(job, &r));
    return kept ? wrap_kept(job, &r) : wrap(job, &r, k_prime);
}
