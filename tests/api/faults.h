/* faults.h - what api_proposal_check() says of a sample. */

#ifndef TESTS_API_FAULTS_H
#define TESTS_API_FAULTS_H

#include "tests/api/sample.h"

/* The caller owns the list. */
json_t *faults_of(const struct sample *s);
void faults_print(const json_t *faults);

/* "where" or "fault" of one. */
const char *fault_member(const json_t *fault, const char *name);

/* True when this one is among them; else they are printed. */
bool has_fault(const json_t *faults, const char *where, const char *sentence);

/* Asserts exactly this one. */
void assert_fault(const struct sample *s, const char *where,
                  const char *sentence);

/* A test function by itself: no fault at all. */
void a_workflow_in_order_has_no_fault(void **state);

/* *state is the struct sample of sample_open(). */
int open_sample(void **state);
int close_sample(void **state);

#define ON_SAMPLE(test)                                                        \
    cmocka_unit_test_setup_teardown(test, open_sample, close_sample)

#endif
