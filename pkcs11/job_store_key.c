/* job_store_key.c - HMAC-SHA-256(accord-store, "accord store v1" || store id
 * || salt): the key under which the broker wraps its data keys. The
 * supervisor lets it pass once per connection. */

#include <openssl/crypto.h>

#include "pkcs11/worker.h"

#define LABEL "accord store v1"

STATUS hsm_job_store_key(const struct hsm_job *job, struct bytes body)
{
    struct hsm_worker *worker = job->worker;
    unsigned char key[HASH_LEN];
    AUTO_CLEAR_BUFFER message = buffer_make(128);

    if (body.len != HASH_LEN)
        return refuse(job->why, STATUS_INVALID, "store key salt",
                      "the store-key message is malformed");
    pthread_mutex_lock(&worker->log.lock);
    struct api_id store = worker->log.state.store;
    pthread_mutex_unlock(&worker->log.lock);

    buffer_put_string(&message, LABEL);
    buffer_put(&message, api_id_bytes(&store));
    buffer_put(&message, body);
    TRY(buffer_status(&message));
    TRY(hsm_mac(job->session, worker->keys.handle[HSM_STORE],
                buffer_bytes(&message), key));
    buffer_put(job->out, bytes_of(key, sizeof(key)));
    OPENSSL_cleanse(key, sizeof(key));
    return buffer_status(job->out);
}
