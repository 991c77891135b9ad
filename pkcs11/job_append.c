/* job_append.c - the log grows here or nowhere: leaves enter the frontier in
 * order, the frontier is on disk before a head is signed. */

#include "pkcs11/messages.h"
#include "pkcs11/worker.h"

#define AHEAD_MAX 60000 /* milliseconds a leaf may be ahead of our clock */

/* Checks one leaf against the state before it, and adds it to the state. */
static struct status add_leaf(const struct hsm_job *job,
                              const unsigned char *encoded,
                              struct hsm_state *state)
{
    struct api_leaf leaf;
    struct hash hash;

    if (failed(api_leaf_decode(bytes_of(encoded, API_LEAF_LEN), &leaf)))
        return refuse(job->why, STATUS_INVALID, "append",
                      "a leaf is malformed");
    if (leaf.index != state->frontier.size)
        return refuse(job->why, STATUS_DENIED, "append",
                      "leaf %llu comes where leaf %llu is due",
                      (unsigned long long)leaf.index,
                      (unsigned long long)state->frontier.size);
    if (leaf.time < state->time)
        return refuse(job->why, STATUS_DENIED, "append",
                      "the time of leaf %llu is before the leaf before it",
                      (unsigned long long)leaf.index);
    if (leaf.time > job->now + AHEAD_MAX)
        return refuse(job->why, STATUS_DENIED, "append",
                      "the time of leaf %llu is more than 60 s ahead of the "
                      "clock of the HSM's host",
                      (unsigned long long)leaf.index);
    TRY(api_leaf_hash(encoded, &hash));
    TRY(api_frontier_add(&state->frontier, &hash));
    state->time = leaf.time;
    return OK;
}

/* Leaves from an older time are history only: nobody may perform them. */
static struct status note_leaf(const struct hsm_job *job,
                               const unsigned char *encoded)
{
    struct api_leaf leaf;
    struct hash hash;

    TRY(api_leaf_decode(bytes_of(encoded, API_LEAF_LEN), &leaf));
    TRY(api_leaf_hash(encoded, &hash));
    if (leaf.time + HSM_LEAF_LIFE >= job->now)
        hsm_leaves_add(job->worker->leaves, leaf.index, &hash, job->monotonic);
    return OK;
}

/* Under log.lock: all leaves or none. */
static struct status append(const struct hsm_job *job, struct bytes leaves,
                            struct hsm_state *out)
{
    struct hsm_log *log = &job->worker->log;
    struct hsm_state state = log->state;

    if (log->broken)
        return refuse(job->why, STATUS_UNAVAILABLE, "append",
                      "the frontier file could not be written");
    for (size_t at = 0; at < leaves.len; at += API_LEAF_LEN)
        TRY(add_leaf(job, leaves.at + at, &state));
    if (leaves.len > 0) {
        struct status s = hsm_frontier_write(&log->file, &state);
        if (s.code == STATUS_NO_MEMORY) /* nothing was written yet */
            return s;
        if (failed(s)) {
            log->broken = true;
            return refuse(job->why, STATUS_UNAVAILABLE, s.origin,
                          "the frontier file could not be written");
        }
    }
    log->state = state;
    for (size_t at = 0; at < leaves.len; at += API_LEAF_LEN)
        TRY(note_leaf(job, leaves.at + at));
    *out = state;
    return OK;
}

static struct status sign_head(const struct hsm_job *job,
                               const struct hsm_state *state)
{
    struct api_head head = { .store = state->store,
                             .epoch = state->epoch,
                             .size = state->frontier.size,
                             .time = state->time };
    unsigned char encoded[API_HEAD_LEN];
    struct hash digest;

    TRY(api_frontier_root(&state->frontier, &head.root));
    TRY(api_head_encode(&head, encoded));
    TRY(hash_of(&digest, bytes_of(encoded, sizeof(encoded))));
    TRY(hsm_sign(job->session, job->worker->keys.handle[HSM_LOG], &digest,
                 head.signature.bytes));
    pkcs11_encode_head(&head, job->out);
    return buffer_status(job->out);
}

STATUS hsm_job_append(const struct hsm_job *job, struct bytes body)
{
    struct hsm_log *log = &job->worker->log;
    struct hsm_state state;

    if (body.len % API_LEAF_LEN != 0 ||
        body.len / API_LEAF_LEN > PKCS11_LEAVES_MAX)
        return refuse(job->why, STATUS_INVALID, "append",
                      "%zu bytes are not at most %d leaves of %d bytes",
                      body.len, PKCS11_LEAVES_MAX, API_LEAF_LEN);
    pthread_mutex_lock(&log->lock);
    struct status s = append(job, body, &state);
    pthread_mutex_unlock(&log->lock);
    TRY(s);
    return sign_head(job, &state);
}
