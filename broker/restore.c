#include "broker/restore.h"

#include <stdio.h>

#include "base/file.h"

/* --- the request --------------------------------------------------------- */

/* From the leaves themselves, not from what is kept of the tree. */
static struct status read_tree(struct broker *b,
                               struct api_restore_request *out)
{
    AUTO_FREE(policy_txn) txn = NULL;
    uint64_t size;
    TRY(policy_read(b->store, &txn));
    TRY(policy_log_size(txn, &size, &out->time));
    for (uint64_t index = 0; index < size; index++) {
        struct policy_logged logged;
        struct hash hash;
        TRY(policy_log_read(txn, index, &logged, NULL));
        TRY(api_leaf_hash(logged.leaf, &hash));
        TRY(api_frontier_add(&out->frontier, &hash));
    }
    return OK;
}

struct status restore_request(struct broker *b, const char *path,
                              uint64_t *leaves, struct reason *why)
{
    AUTO_CLEAR_BUFFER encoded = buffer_make(API_RESTORE_REQUEST_MAX);
    struct api_restore_request request = { .store = b->hsm_facts.store };
    TRY(read_tree(b, &request));
    *leaves = request.frontier.size;
    if (*leaves >= b->hsm_facts.size)
        return refuse(why, STATUS_CONFLICT, "restore",
                      "this store has %llu leaves, the HSM has signed %llu: "
                      "there is nothing to restore",
                      (unsigned long long)*leaves,
                      (unsigned long long)b->hsm_facts.size);
    TRY(api_restore_request_encode(&request, &encoded));
    struct status s = file_write(path, buffer_bytes(&encoded), 0644);
    return failed(s) ? refuse(why, s.code, s.origin, "cannot write %s", path)
                     : OK;
}

/* --- the next start ------------------------------------------------------ */

static struct status check_root(struct policy_txn *txn,
                                const struct api_restore *accepted,
                                struct reason *why)
{
    struct hash root;
    TRY(policy_log_root(txn, accepted->kept_size, &root));
    if (hash_equal(&root, &accepted->kept_root))
        return OK;
    return refuse(why, STATUS_CORRUPT, "restore",
                  "this is not the store that accord-hsm accepted: its root "
                  "over %llu leaves is another",
                  (unsigned long long)accepted->kept_size);
}

/* The very leaf that the HSM has signed already. */
static struct status log_it(struct policy_txn *txn,
                            const struct api_restore *accepted,
                            struct reason *why)
{
    AUTO_JSON *detail = NULL;
    unsigned char leaf[API_LEAF_LEN], salt[API_SALT_LEN];
    struct policy_logged made;
    TRY(api_restore_leaf(accepted, leaf, salt, &detail));
    struct policy_event event = { .kind = API_LEAF_RESTORE,
                                  .subject_text = "store",
                                  .salt = salt,
                                  .detail = detail };
    TRY(policy_log_append(txn, accepted->time, &event, &made));
    if (memcmp(made.leaf, leaf, API_LEAF_LEN) == 0)
        return OK;
    return refuse(why, STATUS_CORRUPT, "restore",
                  "the leaf about the restore is not the one that accord-hsm "
                  "signed");
}

static struct status record(struct broker *b,
                            const struct api_restore *accepted,
                            struct reason *why)
{
    AUTO_FREE(policy_txn) txn = NULL;
    TRY(policy_write(b->store, &txn));
    TRY(check_root(txn, accepted, why));
    TRY(log_it(txn, accepted, why));
    TRY(policy_suspend_all(txn, accepted->epoch, accepted->kept_size));
    return policy_commit(txn);
}

static struct status log_size(struct broker *b, uint64_t *size)
{
    AUTO_FREE(policy_txn) txn = NULL;
    uint64_t newest;
    TRY(policy_read(b->store, &txn));
    return policy_log_size(txn, size, &newest);
}

struct status restore_finish(struct broker *b, struct reason *why)
{
    const struct api_restore *accepted = &b->hsm_facts.restored;
    uint64_t size;
    TRY(log_size(b, &size));
    if (!b->hsm_facts.was_restored || size != accepted->kept_size ||
        b->hsm_facts.size != accepted->kept_size + 1)
        return OK;
    TRY(record(b, accepted, why));
    (void)fprintf(stderr,
                  "restored: epoch %u, %llu leaves kept of the %llu signed; "
                  "every dataset is suspended until its owner resumes it\n",
                  accepted->epoch, (unsigned long long)accepted->kept_size,
                  (unsigned long long)accepted->lost_size);
    return OK;
}
