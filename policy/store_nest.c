/* store_nest.c - undoing what a savepoint changed.
 *
 * Not LMDB's nested transactions, which 0.9.24 has bugs in: the sealed value
 * each change replaced is kept in memory, and put back in reverse order. */

#include <stdlib.h>

#include "policy/store_private.h"

static struct status make_room(struct store_journal *journal)
{
    if (journal->count < journal->capacity)
        return OK;
    size_t capacity = journal->capacity ? 2 * journal->capacity : 16;
    struct store_before *entries =
        realloc(journal->entries, capacity * sizeof(*entries));
    if (!entries)
        return failure(STATUS_NO_MEMORY, "realloc", 0);
    journal->entries = entries;
    journal->capacity = capacity;
    return OK;
}

struct status store_remember(struct policy_txn *txn,
                             const struct policy_key *key)
{
    struct store_journal *journal = &txn->outermost->journal;
    struct store_before entry = { .key = *key };
    struct bytes sealed = { 0 };
    if (!txn->parent)
        return OK;
    TRY(make_room(journal));
    struct status found = store_find(txn, store_key_bytes(key), &sealed);
    if (found.code == STATUS_NOT_FOUND) {
        journal->entries[journal->count++] = entry;
        return OK;
    }
    TRY(found);
    entry.had = true;
    entry.len = sealed.len;
    entry.sealed = malloc(sealed.len ? sealed.len : 1);
    if (!entry.sealed)
        return failure(STATUS_NO_MEMORY, "malloc", 0);
    if (sealed.len > 0)
        memcpy(entry.sealed, sealed.at, sealed.len);
    journal->entries[journal->count++] = entry;
    return OK;
}

void store_forget(struct store_journal *journal, size_t mark)
{
    while (journal->count > mark)
        free(journal->entries[--journal->count].sealed);
}

void store_undo(struct policy_txn *nested)
{
    struct policy_txn *outermost = nested->outermost;
    struct store_journal *journal = &outermost->journal;
    for (size_t i = journal->count; i > nested->mark; i--) {
        const struct store_before *entry = &journal->entries[i - 1];
        struct bytes sealed = bytes_of(entry->sealed, entry->len);
        /* A failure spoils the outermost transaction: then nothing stands. */
        if (!failed(outermost->first_failure))
            status_ignore(store_set(outermost, store_key_bytes(&entry->key),
                                    entry->had ? &sealed : NULL));
    }
    store_forget(journal, nested->mark);
}
