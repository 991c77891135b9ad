/* double.h - a verifier that says what the test wants, and remembers what it
 * was asked. */

#ifndef TESTS_PKCS11_DOUBLE_H
#define TESTS_PKCS11_DOUBLE_H

#include <pthread.h>

#include "pkcs11/judge.h"

struct judge_double {
    int fd;
    pthread_t thread;
    /* Set between questions: */
    enum status_code verdict;
    bool mute; /* hang up instead of answering */
    /* Of the last question: */
    unsigned asked;
    struct api_identity_rule rule;
    unsigned char report_data[CA_REPORT_DATA_LEN];
    uint64_t time;
    size_t evidence_len, collateral_len;
    struct hash nonce;
    size_t zone_len;
    struct hsm_word word; /* zone: not kept */
};

/* Starts it; *judge is the worker's end. */
void judge_double_start(struct judge_double *out, struct hsm_judge **judge);

/* After the worker's end was freed. */
void judge_double_join(struct judge_double *judge);

#endif
