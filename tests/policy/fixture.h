/* fixture.h - a store in a directory of its own, and a look at its bytes
 * from outside. */

#ifndef TESTS_POLICY_FIXTURE_H
#define TESTS_POLICY_FIXTURE_H

#include "policy/log.h"
#include "policy/store_private.h"
#include "tests/support/check.h"
#include "tests/support/temp_dir.h"

struct fixture {
    struct temp_dir dir;
    struct api_id id;
    struct secret *key;
    struct store_options options; /* for the next open */
    struct policy *policy;
};

/* Group setup: the secret heap. */
int fixture_group(void **state);
/* Setup and teardown of one test: *state is a struct fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

void fixture_open(struct fixture *f);
void fixture_close(struct fixture *f);
void fixture_reopen(struct fixture *f);

/* A test that has a fixture. */
#define store_test(f)                                                          \
    cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

/* A test that damages records and then looks at them one by one. */
int fixture_setup_damaged(void **state);
#define damage_test(f)                                                         \
    cmocka_unit_test_setup_teardown(f, fixture_setup_damaged, fixture_teardown)

/* Short words for short records: a META record by name. */
struct policy_key named(const char *name);
void put(struct policy_txn *txn, const char *name, const char *value);
void put_committed(struct fixture *f, const char *name, const char *value);
/* The record must hold exactly this; `value` NULL: there must be none. */
void assert_holds(struct policy_txn *txn, const char *name, const char *value);
void assert_stored(struct fixture *f, const char *name, const char *value);
/* What reading the record, or opening the store, says. */
struct status read_status(struct fixture *f, const char *name);
struct status open_status(struct fixture *f, struct reason *why);

/* The store's raw records, while it is closed. `change` gets every record in
 * a writing transaction and may edit the value in place. */
typedef void (*raw_fn)(void *context, struct bytes key, unsigned char *value,
                       size_t len);
void raw_each(struct fixture *f, raw_fn change, void *context);
/* Reads, writes or (value empty) deletes one raw record. */
void raw_get(struct fixture *f, const struct policy_key *key,
             struct buffer *out);
void raw_put(struct fixture *f, const struct policy_key *key,
             struct bytes value);

#endif
