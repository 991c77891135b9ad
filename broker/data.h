/* data.h - the body of a dataset of the product's clients (section 5.9 of the
 * wire contract). */

#ifndef BROKER_DATA_H
#define BROKER_DATA_H

#include "broker/product.h"

/* Checks all members but the credential; `all`: what is not optional must be
 * there. */
STATUS data_read(struct exchange *x, bool all);

/* The bytes that credentials.contents stands for, taken out of the body and
 * wiped there; 400 for what is no base64 of 1 to API_CREDENTIAL_MAX bytes. */
STATUS data_take_contents(struct exchange *x, struct secret **out);

#endif
