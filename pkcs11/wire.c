#include "pkcs11/wire.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

void pkcs11_frame_put(struct buffer *out, const struct pkcs11_frame *frame)
{
    buffer_put_u32(out, (uint32_t)(PKCS11_FRAME_HEAD - 4 + frame->body.len));
    buffer_put_u32(out, frame->id);
    buffer_put_u8(out, frame->code);
    buffer_put(out, frame->body);
}

/* The length field counts everything behind itself. */
static bool is_possible(uint32_t len, size_t max)
{
    return len >= PKCS11_FRAME_HEAD - 4 && len <= max - 4;
}

STATUS pkcs11_frame_next(struct bytes in, size_t max, struct pkcs11_frame *out,
                         size_t *used)
{
    if (in.len < PKCS11_FRAME_HEAD) {
        *used = 0;
        return OK;
    }
    struct cursor c = cursor_of(in);
    uint32_t len = cursor_u32(&c);
    if (!is_possible(len, max))
        return failure(STATUS_INVALID, "frame length", len);
    if (in.len - 4 < len) {
        *used = 0;
        return OK;
    }
    struct pkcs11_frame frame = { 0 };
    frame.id = cursor_u32(&c);
    frame.code = cursor_u8(&c);
    frame.body = cursor_take(&c, len - (PKCS11_FRAME_HEAD - 4));
    *out = frame;
    *used = (size_t)len + 4;
    return OK;
}

STATUS pkcs11_write(int fd, struct bytes bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.at, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return failure(STATUS_UNAVAILABLE, "write", (uint32_t)errno);
        bytes = bytes_of(bytes.at + n, bytes.len - (size_t)n);
    }
    return OK;
}

STATUS pkcs11_read(int fd, void *out, size_t len)
{
    unsigned char *at = out;

    while (len > 0) {
        ssize_t n = read(fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return failure(STATUS_UNAVAILABLE, "read",
                           n < 0 ? (uint32_t)errno : 0);
        at += n;
        len -= (size_t)n;
    }
    return OK;
}

STATUS pkcs11_frame_read(int fd, struct buffer *in, struct pkcs11_frame *out)
{
    buffer_consume(in, in->len);
    unsigned char *head = buffer_extend(in, PKCS11_FRAME_HEAD);
    TRY(buffer_status(in));
    TRY(pkcs11_read(fd, head, PKCS11_FRAME_HEAD));

    struct cursor c = cursor_of(bytes_of(head, PKCS11_FRAME_HEAD));
    uint32_t len = cursor_u32(&c);
    if (!is_possible(len, in->max))
        return failure(STATUS_INVALID, "frame length", len);
    unsigned char *body = buffer_extend(in, len - (PKCS11_FRAME_HEAD - 4));
    TRY(buffer_status(in));
    TRY(pkcs11_read(fd, body, len - (PKCS11_FRAME_HEAD - 4)));

    size_t used = 0;
    return pkcs11_frame_next(buffer_bytes(in), in->max, out, &used);
}
