/* wire.h - the frames between broker, supervisor and worker.
 *
 * frame = length 4 (of all after it) || id 4 || code 1 || body
 *
 * Towards the worker the code is a job; back it is an enum status_code, or
 * one of the two words a worker says unasked. An answer's body is the job's
 * result, or the reason's text when the status is not OK. */

#ifndef PKCS11_WIRE_H
#define PKCS11_WIRE_H

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/status.h"

#define PKCS11_FRAME_HEAD 9
#define PKCS11_REQUEST_MAX                                                     \
    ((size_t)1088 * 1024)                       /* 65,536 serials, and room    \
                                                 */
#define PKCS11_ANSWER_MAX ((size_t)4160 * 1024) /* the CRL of that many     */

enum pkcs11_job {
    PKCS11_DESCRIBE = 1,
    PKCS11_PROBE = 2,
    PKCS11_STORE_KEY = 3,
    PKCS11_INTAKE = 4,
    PKCS11_APPEND = 5,
    PKCS11_CERTIFY = 6,
    PKCS11_RELEASE = 7,
    PKCS11_CRL = 8,
    PKCS11_ERASE = 9,
    PKCS11_ANCHOR = 10, /* the supervisor's own: no client may ask for it */
    PKCS11_NONCE = 11,
    PKCS11_INTAKE_PLAIN = 12,
    PKCS11_RELEASE_PLAIN = 13,
};
#define PKCS11_JOBS 14 /* one more than the largest */

/* Codes of a worker's answers beside those of enum status_code. */
enum pkcs11_word {
    PKCS11_BEGAN = 0x40,   /* this job runs now: its running clock starts  */
    PKCS11_READY = 0x41,   /* id 0: logged in, jobs may come               */
    PKCS11_REFUSES = 0x42, /* id 0: will not start until an operator acts  */
    PKCS11_CANNOT = 0x43,  /* id 0: cannot start now, try again            */
    PKCS11_TIRED = 0x44,   /* id 0: replace me in a quiet moment           */
};

struct pkcs11_frame {
    uint32_t id;
    uint8_t code;
    struct bytes body; /* borrowed */
};

/* Appends a frame. The body must be under the maximum of its direction. */
void pkcs11_frame_put(struct buffer *out, const struct pkcs11_frame *frame);

/* Takes the first frame out of `in`. *used is the number of its bytes, or 0
 * when it is not complete yet. STATUS_INVALID when its length is impossible:
 * nothing behind it can be read then. */
STATUS pkcs11_frame_next(struct bytes in, size_t max, struct pkcs11_frame *out,
                         size_t *used);

/* Writes all of it to a blocking descriptor. STATUS_UNAVAILABLE when the
 * other side is gone. SIGPIPE must be ignored or the descriptor a socket. */
STATUS pkcs11_write(int fd, struct bytes bytes);

/* Reads exactly `len` bytes from a blocking descriptor; STATUS_UNAVAILABLE
 * at its end. */
STATUS pkcs11_read(int fd, void *out, size_t len);

/* Reads one whole frame into `in` (emptied first), blocking. The frame's
 * body is borrowed from `in`. */
STATUS pkcs11_frame_read(int fd, struct buffer *in, struct pkcs11_frame *out);

#endif
