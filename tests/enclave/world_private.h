/* world_private.h - between the files of the world. */

#ifndef TESTS_ENCLAVE_WORLD_PRIVATE_H
#define TESTS_ENCLAVE_WORLD_PRIVATE_H

#include "tests/enclave/world.h"
#include "tests/support/check.h"

#define WORLD_FILE_KEY "0123456789abcdef0123456789ABCDEF"
#define WORLD_QUERY    "X-Amz-Signature=a%2Fb&x=1"

void world_broker(void *world, const struct http_request *request,
                  struct bytes peer, struct host_answer *answer);
void world_store(void *world, const struct http_request *request,
                 struct bytes peer, struct host_answer *answer);

/* The product's credential text. */
void world_credentials(struct buffer *out);

/* The blob of a credential/v1, under a fresh K' that is wrapped to `key`. */
void world_seal(const struct api_context *context,
                const struct secret *credential, EVP_PKEY *key,
                struct buffer *wrapped, struct buffer *blob);

/* Answers a release, and its receipt. */
json_t *world_release(struct world *world, const struct api_id *dataset,
                      struct bytes peer);
json_t *world_receipt(struct world *world, const struct api_context *context,
                      struct bytes peer);

/* world_log.c: adds a leaf and proves that it is in the log; shows the head;
 * proves that one size continues another. */
void world_log_add(struct world *world, struct api_receipt *receipt);
json_t *world_head(const struct world *world);
json_t *world_consistency(const struct world *world, struct bytes query);

static inline bool world_is(const struct world *world, enum world_fault fault)
{
    return world->fault == fault;
}

#endif
