/* release_checks.c - what both releases demand, sealed and plain, of the
 * certificate and of the leaf. */

#include "pkcs11/erased.h"
#include "pkcs11/worker.h"

/* The one name of the enclave's form, below our domain. That it is of the
 * configuration which the certificate states, ca_certificate_read() saw. */
static struct status check_name(const struct hsm_job *job,
                                const struct ca_names *names)
{
    size_t found = 0;
    struct ca_enclave_name ignored;

    for (size_t i = 0; i < names->count; i++)
        found += !failed(ca_enclave_name_parse(
            ca_name_at(names, i), job->worker->settings.domain, &ignored));
    if (found != 1)
        return refuse(job->why, STATUS_DENIED, "certificate",
                      "the certificate has %zu enclave names, not one", found);
    return OK;
}

static struct status check_time(const struct hsm_job *job,
                                const struct ca_facts *facts)
{
    uint64_t now = job->now / 1000;

    if (now < facts->not_before)
        return refuse(job->why, STATUS_DENIED, "certificate",
                      "the certificate is not valid yet");
    if (now > facts->not_after)
        return refuse(job->why, STATUS_DENIED, "certificate",
                      "the certificate has expired");
    return OK;
}

STATUS hsm_enclave_check(const struct hsm_job *job, struct bytes certificate,
                         struct ca_facts *out)
{
    TRY(ca_certificate_read(certificate, out, job->why));
    TRY(hsm_proven_certificate(job->worker->proven, &job->worker->ca_key,
                               certificate, job->why));
    if (out->statement.kind != CA_ENCLAVE)
        return refuse(job->why, STATUS_DENIED, "certificate",
                      "the certificate is not an enclave's");
    TRY(check_time(job, out));
    return check_name(job, &out->names);
}

STATUS hsm_key_find(const struct hsm_job *job, const struct hash *ctx,
                    CK_OBJECT_HANDLE *out, bool *kept)
{
    *kept = false;
    if (hsm_erased_holds(job->worker->erased, ctx))
        return refuse(job->why, STATUS_NOT_FOUND, "credential",
                      "the token has no key for this credential");
    struct status s =
        hsm_credentials_find(job->worker->credentials, ctx, out, job->why);
    *kept = s.code == STATUS_NOT_FOUND;
    return s;
}

STATUS hsm_release_leaf(const struct hsm_job *job,
                        const struct hsm_release_leaf *asked)
{
    struct hash certificate, grant = { 0 }, subject, leaf_hash;
    struct api_leaf leaf;

    TRY(hash_of(&certificate, asked->certificate));
    if (asked->grant.len > 0)
        TRY(hash_of(&grant, asked->grant));
    TRY(api_subject_release(asked->salt, asked->ctx, &certificate, &grant,
                            &subject));
    TRY(hsm_leaf_check(job, asked->leaf, API_LEAF_RELEASE, asked->account,
                       &subject, &leaf));
    return hsm_leaf_take(job, asked->leaf, &leaf_hash);
}
