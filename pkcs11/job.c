/* job.c - the table of jobs, and what every leaf must pass. */

#include "pkcs11/worker.h"

typedef STATUS (*job_fn)(const struct hsm_job *job, struct bytes body);

static const struct {
    job_fn run;
    const char *bare; /* the name of one that takes no bytes, else NULL */
} jobs[PKCS11_JOBS] = {
    [PKCS11_DESCRIBE] = { hsm_job_describe, "describe" },
    [PKCS11_PROBE] = { hsm_job_probe, "probe" },
    [PKCS11_STORE_KEY] = { hsm_job_store_key, NULL },
    [PKCS11_INTAKE] = { hsm_job_intake, NULL },
    [PKCS11_APPEND] = { hsm_job_append, NULL },
    [PKCS11_CERTIFY] = { hsm_job_certify, NULL },
    [PKCS11_RELEASE] = { hsm_job_release, NULL },
    [PKCS11_CRL] = { hsm_job_crl, NULL },
    [PKCS11_ERASE] = { hsm_job_erase, NULL },
    [PKCS11_ANCHOR] = { hsm_job_anchor, "anchor" },
    [PKCS11_NONCE] = { hsm_job_nonce, "nonce" },
    [PKCS11_INTAKE_PLAIN] = { hsm_job_intake_plain, NULL },
    [PKCS11_RELEASE_PLAIN] = { hsm_job_release_plain, NULL },
};

STATUS hsm_job_run(const struct hsm_job *job, uint8_t number, struct bytes body)
{
    if (number >= PKCS11_JOBS || !jobs[number].run)
        return refuse(job->why, STATUS_INVALID, "job", "there is no job %u",
                      number);
    if (jobs[number].bare && body.len != 0)
        return refuse(job->why, STATUS_INVALID, jobs[number].bare,
                      "the %s message is malformed", jobs[number].bare);
    return jobs[number].run(job, body);
}

STATUS hsm_leaf_check(const struct hsm_job *job,
                      const unsigned char encoded[API_LEAF_LEN],
                      enum api_leaf_kind kind, const struct api_id *account,
                      const struct hash *subject, struct api_leaf *out)
{
    struct api_leaf leaf;

    if (failed(api_leaf_decode(bytes_of(encoded, API_LEAF_LEN), &leaf)))
        return refuse(job->why, STATUS_INVALID, "leaf",
                      "the leaf is malformed");
    if (leaf.kind != kind)
        return refuse(
            job->why, STATUS_DENIED, "leaf", "leaf %llu is not of kind %s",
            (unsigned long long)leaf.index, api_leaf_kind_name((uint8_t)kind));
    if (!api_id_equal(&leaf.account, account))
        return refuse(job->why, STATUS_DENIED, "leaf",
                      "leaf %llu is filed under another account",
                      (unsigned long long)leaf.index);
    if (!hash_equal(&leaf.subject, subject))
        return refuse(job->why, STATUS_DENIED, "leaf",
                      "leaf %llu has another subject than what is asked",
                      (unsigned long long)leaf.index);
    *out = leaf;
    return OK;
}

STATUS hsm_leaf_take(const struct hsm_job *job,
                     const unsigned char encoded[API_LEAF_LEN],
                     struct hash *leaf_hash)
{
    struct api_leaf leaf;
    struct hash hash;

    TRY(api_leaf_decode(bytes_of(encoded, API_LEAF_LEN), &leaf));
    TRY(api_leaf_hash(encoded, &hash));
    TRY(hsm_leaves_take(job->worker->leaves, leaf.index, &hash, job->monotonic,
                        job->why));
    *leaf_hash = hash;
    return OK;
}
