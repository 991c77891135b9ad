/* encrypted_file.h - the product's file format (section 7.1 of the wire
 * contract): nonce 12 || AES-256-GCM ciphertext || tag 16, no associated
 * data. At most 2^39 - 256 bits, about 63.9 GiB of plaintext.
 *
 * Streaming, constant memory. Decryption releases nothing as valid before
 * the tag held: the caller's sink must be a file that is discarded unless
 * api_file_finish() says OK. */

#ifndef API_ENCRYPTED_FILE_H
#define API_ENCRYPTED_FILE_H

#include "base/scope.h"
#include "base/secret.h"
#include "base/status.h"

#define API_FILE_OVERHEAD  28
#define API_FILE_PLAIN_MAX ((uint64_t)0xfffffffe0) /* 2^36 - 32 bytes */

typedef STATUS (*api_sink_fn)(void *context, struct bytes bytes);

struct api_file;

/* Key: exactly 32 bytes. A fresh random nonce is written first. */
STATUS api_file_encrypt(const struct secret *key, api_sink_fn sink,
                        void *context, struct api_file **out);
STATUS api_file_decrypt(const struct secret *key, api_sink_fn sink,
                        void *context, struct api_file **out);

/* True while `more` bytes of plaintext fit behind `so_far`. */
bool api_file_admits(uint64_t so_far, uint64_t more);

/* Any run of bytes, of any size. STATUS_INVALID past the maximum. The first
 * failure, the sink's included, is the answer to every later call. */
STATUS api_file_put(struct api_file *file, struct bytes bytes);

/* Ends the stream: writes the tag, or checks it (STATUS_CORRUPT when it does
 * not hold or the file is shorter than 28 bytes). */
STATUS api_file_finish(struct api_file *file);

void api_file_free(struct api_file *file); /* wipes */
DEFINE_AUTO_FREE(api_file);

/* 64 hexadecimal digits of either case, and at most one newline after them
 * (xxd writes one), to a key of 32 bytes. */
STATUS api_file_key(struct bytes text, struct secret **out);

#endif
