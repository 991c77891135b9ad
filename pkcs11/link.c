#include "pkcs11/link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

STATUS hsm_link_open(struct hsm_link *link, int fd, size_t frame_max,
                     size_t out_max)
{
    *link = (struct hsm_link){
        .fd = fd,
        .frame_max = frame_max,
        .in = buffer_make(frame_max + 65536),
        .out = buffer_make(out_max),
    };
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
        return failure(STATUS_UNAVAILABLE, "fcntl", (uint32_t)errno);
    return OK;
}

void hsm_link_close(struct hsm_link *link)
{
    if (link->fd >= 0)
        (void)close(link->fd);
    link->fd = -1;
    buffer_clear(&link->in);
    buffer_clear(&link->out);
}

/* One part; *more says whether another may be there. */
static struct status read_part(struct hsm_link *link, bool *more)
{
    unsigned char part[16384];

    ssize_t n = recv(link->fd, part, sizeof(part), 0);
    *more = n == (ssize_t)sizeof(part) || (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return OK;
    if (n <= 0)
        return failure(STATUS_UNAVAILABLE, "recv", n < 0 ? (uint32_t)errno : 0);
    buffer_put(&link->in, bytes_of(part, (size_t)n));
    explicit_bzero(part, (size_t)n);
    return buffer_status(&link->in);
}

STATUS hsm_link_read(struct hsm_link *link)
{
    bool more = true;

    while (more && link->in.len <= link->frame_max) /* whole frames first */
        TRY(read_part(link, &more));
    return OK;
}

STATUS hsm_link_next(const struct hsm_link *link, struct pkcs11_frame *out,
                     size_t *used, bool *any)
{
    TRY(pkcs11_frame_next(buffer_bytes(&link->in), link->frame_max, out, used));
    *any = *used > 0;
    return OK;
}

void hsm_link_drop(struct hsm_link *link, size_t used)
{
    buffer_consume(&link->in, used);
}

STATUS hsm_link_flush(struct hsm_link *link)
{
    while (link->out.len > 0) {
        ssize_t n = send(link->fd, link->out.data, link->out.len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return OK;
        if (n <= 0)
            return failure(STATUS_UNAVAILABLE, "send", (uint32_t)errno);
        buffer_consume(&link->out, (size_t)n);
    }
    return OK;
}

STATUS hsm_link_put(struct hsm_link *link, const struct pkcs11_frame *frame)
{
    pkcs11_frame_put(&link->out, frame);
    TRY(buffer_status(&link->out));
    return hsm_link_flush(link);
}

short hsm_link_events(const struct hsm_link *link)
{
    return (short)(POLLIN | (link->out.len > 0 ? POLLOUT : 0));
}
