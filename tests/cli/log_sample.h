/* log_sample.h - an exported log, made from nothing but leaves and a key. */

#ifndef TESTS_CLI_LOG_SAMPLE_H
#define TESTS_CLI_LOG_SAMPLE_H

#include "api/api.h"

#define LOG_SAMPLE_MAX 16

struct log_sample {
    struct api_key *key;
    struct api_spki log_key;
    struct api_id store;
    struct api_frontier frontier;
    json_t *leaves;
};

void log_sample_init(struct log_sample *log);
void log_sample_clear(struct log_sample *log);

/* Appends a leaf of this kind at `time`, with this detail. */
void log_sample_add(struct log_sample *log, uint8_t kind, uint64_t time,
                    const char *detail);

/* The head over what is there. */
struct api_head log_sample_head(const struct log_sample *log);

/* {"accord", "head", "leaves"}, copied: may be altered. The caller owns it. */
json_t *log_sample_export(const struct log_sample *log);

#endif
