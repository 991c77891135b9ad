/* example_key.h - keys that are the same in every run, made from names, and
 * of no use to anybody. */

#ifndef TESTS_API_EXAMPLE_KEY_H
#define TESTS_API_EXAMPLE_KEY_H

#include "api/api.h"

/* The private number is SHA-256("accord example " || name). Opens the secret
 * heap when it is not open; the caller frees. */
struct api_key *example_key(const char *name);

/* The same from any number of 32 bytes. */
struct api_key *example_key_of_number(const unsigned char number[32]);

/* PKCS#8 PEM of a number, written by libcrypto alone. */
struct secret *example_pem(const unsigned char number[32]);

/* A secret of these bytes. */
struct secret *example_secret(struct bytes bytes);

#endif
