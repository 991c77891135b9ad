/* worked_examples.h - the example blocks of docs/API.md, value by value. */

#ifndef TESTS_API_WORKED_EXAMPLES_H
#define TESTS_API_WORKED_EXAMPLES_H

#include "api/api.h"

/* Reads the page; fails the test when a line of a block is not understood. */
void examples_open(const char *path);
void examples_close(void);

/* The value of `name` in the block `example`, or the test fails. */
struct bytes example(const char *example, const char *name);

/* The same, of a known width or kind. */
struct api_id example_id(const char *example, const char *name);
struct hash example_hash(const char *example, const char *name);
struct api_spki example_spki(const char *example, const char *name);
struct api_signature example_signature(const char *example, const char *name);
uint64_t example_number(const char *example, const char *name);
/* NUL-terminated, until examples_close(). */
const char *example_text(const char *example, const char *name);

/* Fails, naming the value, when the page says anything else than `computed`. */
void example_expect(const char *example, const char *name,
                    struct bytes computed);
void example_expect_hash(const char *example, const char *name,
                         const struct hash *computed);

/* Fails when a value of the page was never asked for. */
void examples_all_used(void);

/* And of the rules that are not SGX. */
void the_rules_of_each_kind_hold(void **state);

/* Tests of the examples of what the log keeps, for the one program. */
void the_subjects_hold(void **state);
void the_certificate_subject_holds(void **state);
void the_statement_is_laid_out(void **state);
void the_leaf_holds(void **state);
void the_tree_and_its_proofs_hold(void **state);
void the_head_holds(void **state);

#endif
