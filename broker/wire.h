/* wire.h - one non-blocking socket, with TLS or without. */

#ifndef BROKER_WIRE_H
#define BROKER_WIRE_H

#include <openssl/ssl.h>

#include "base/buffer.h"

struct wire {
    int fd;
    SSL *ssl; /* NULL: plain */
};

enum outcome { DONE, WANT_READ, WANT_WRITE, ENDED };

/* Reads at most `room` bytes, or writes some of `bytes`; *len only when
 * DONE. ENDED covers the end of the stream and every error. */
enum outcome wire_read(const struct wire *w, void *to, size_t room,
                       size_t *len);
enum outcome wire_write(const struct wire *w, struct bytes bytes, size_t *len);

/* Goes on with the handshake. */
enum outcome wire_accept(const struct wire *w);

/* Appends the client's certificate (DER), nothing when it has none. */
bool wire_peer(const struct wire *w, struct buffer *der_out);

/* The client's host as attempts are counted: 4 bytes of IPv4, the first 8 of
 * IPv6 (one customer's net); 0 for a unix socket. Returns the length. */
size_t wire_from(const struct wire *w, unsigned char out[16]);

/* Says that nothing more will come. */
void wire_goodbye(const struct wire *w);

#endif
