/* job_erase.c - the key of one credential version is destroyed: withdrawal
 * that holds against everyone. It is remembered before, so that whoever kept
 * the upload, or the wrapped key, brings neither back. */

#include "pkcs11/erased.h"
#include "pkcs11/messages.h"
#include "pkcs11/plain.h"
#include "pkcs11/rsa.h"
#include "pkcs11/worker.h"

#define ROUNDS 16 /* of eight keys each: more than any fault leaves */

/* Holding token_writes. Forgets the key first, so that no release takes it
 * up any more; then searches the token, once in a while as it is, so that
 * nothing with this id survives. */
static struct status destroy_all(const struct hsm_job *job,
                                 const struct hash *ctx, bool plain)
{
    CK_OBJECT_HANDLE found[8];
    size_t count = 0;
    struct hsm_template t = { .count = 0 };

    if (failed(hsm_erased_add(job->worker->erased, ctx)))
        return refuse(job->why, STATUS_UNAVAILABLE, "erase",
                      "the list of erased keys could not be written");
    hsm_credentials_remove(job->worker->credentials, ctx);
    if (plain)
        hsm_plain_template(&t, ctx);
    else
        hsm_credential_template(&t, ctx);
    for (int round = 0; round < ROUNDS; round++) {
        TRY(hsm_object_find(job->session, &t, found, 8, &count));
        if (count == 0)
            return OK;
        for (size_t i = 0; i < count; i++)
            TRY(CALL(job->session, C_DestroyObject, found[i]));
    }
    return refuse(job->why, STATUS_UNAVAILABLE, "erase",
                  "the token says that it destroyed the key, and lists it "
                  "still");
}

STATUS hsm_job_erase(const struct hsm_job *job, struct bytes body)
{
    struct api_context context;
    struct hash ctx;

    if (failed(pkcs11_decode_context(body, &context)))
        return refuse(job->why, STATUS_INVALID, "erase",
                      "the erase message is malformed");
    TRY(api_context_hash(&context, &ctx));
    pthread_mutex_lock(&job->worker->token_writes);
    struct status s = destroy_all(job, &ctx, context.flags == API_CLASS_CCM);
    pthread_mutex_unlock(&job->worker->token_writes);
    return s;
}
