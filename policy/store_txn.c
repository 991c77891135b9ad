/* store_txn.c - beginning and ending transactions and savepoints. */

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "policy/store_private.h"
#include "policy/store_state.h"
#include "policy/txn.h"
#include "policy/versions.h"

static struct status begin(struct policy *policy, bool writes,
                           struct policy_txn **out)
{
    AUTO_FREE(policy_txn) txn = calloc(1, sizeof(*txn));
    if (!txn)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    txn->outermost = txn;
    txn->policy = policy;
    txn->writes = writes;
    TRY(CALL(mdb_txn_begin, policy->env, NULL, writes ? 0 : MDB_RDONLY,
             &txn->mdb));
    *out = TAKE(txn);
    return OK;
}

struct versions *policy_versions(const struct policy_txn *txn)
{
    return txn->outermost->policy->versions;
}

struct status policy_read(struct policy *policy, struct policy_txn **out)
{
    return begin(policy, false, out);
}

struct status policy_write(struct policy *policy, struct policy_txn **out)
{
    AUTO_FREE(policy_txn) txn = NULL;
    TRY(begin(policy, true, &txn));
    /* The kernel may have dropped what it could not write, and would report
     * the next commit as fine. */
    if (atomic_load(&policy->stopped))
        return failure(STATUS_UNAVAILABLE, "the store stopped after EIO", EIO);
    *out = TAKE(txn);
    return OK;
}

struct status policy_nest(struct policy_txn *parent, struct policy_txn **out)
{
    TRY(store_usable(parent));
    if (!parent->outermost->writes || parent->child)
        return failure(STATUS_INVALID, "not the writing transaction", 0);
    struct policy_txn *txn = calloc(1, sizeof(*txn));
    if (!txn)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    txn->parent = parent;
    txn->outermost = parent->outermost;
    txn->mark = parent->outermost->journal.count;
    parent->child = txn;
    *out = txn;
    return OK;
}

/* Until the outermost savepoint ends, its parent may still want them. */
static struct status commit_nested(struct policy_txn *txn)
{
    struct policy_txn *parent = txn->parent;
    struct status s = store_usable(txn);
    if (failed(s))
        store_undo(txn);
    else if (!parent->parent)
        store_forget(&txn->outermost->journal, 0);
    txn->ended = true;
    parent->child = NULL;
    return s;
}

/* LMDB gives up for good when it cannot write its meta page, whatever the
 * cause, and says so at the next beginning. */
static bool gave_up(MDB_env *env)
{
    MDB_txn *probe = NULL;
    int rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &probe);
    if (probe)
        mdb_txn_abort(probe);
    return rc == MDB_PANIC;
}

static struct status commit_outermost(struct policy_txn *txn)
{
    TRY(store_usable(txn));
    TRY(state_write(txn));
    txn->ended = true;
    /* mdb_txn_commit() frees the handle whether or not it succeeds. */
    struct status s = CALL(mdb_txn_commit, TAKE(txn->mdb));
    if (failed(s) && (s.detail == EIO || gave_up(txn->policy->env)))
        atomic_store(&txn->policy->stopped, true);
    return s;
}

bool policy_stopped(const struct policy *policy)
{
    return atomic_load(&policy->stopped);
}

struct status policy_commit(struct policy_txn *txn)
{
    if (txn->child)
        policy_fail(txn, failure(STATUS_INVALID, "savepoint is open", 0));
    return txn->parent ? commit_nested(txn) : commit_outermost(txn);
}

void policy_txn_free(struct policy_txn *txn)
{
    if (!txn)
        return;
    assert(!txn->child); /* it would outlive what it is a part of */
    if (txn->parent && !txn->ended) {
        store_undo(txn);
        txn->parent->child = NULL;
    }
    if (txn->mdb)
        mdb_txn_abort(txn->mdb);
    store_forget(&txn->journal, 0);
    free(txn->journal.entries);
    free(txn);
}
