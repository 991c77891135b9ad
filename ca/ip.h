/* ip.h - names that are IP literals. Private to ca/. */

#ifndef CA_IP_H
#define CA_IP_H

#include "base/bytes.h"

#define IP_LEN_MAX 16

/* The length of the address (4 or 16) that `name` is the literal of, in the
 * one form inet_ntop() writes; 0 when it is none. */
size_t ip_literal(struct bytes name, unsigned char address[IP_LEN_MAX]);

#endif
