#include "enclave/transfer.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK ((size_t)64 * 1024)

static struct http_place place_of(const struct accord_session *session,
                                  const struct enclave_dataset *dataset)
{
    return (struct http_place){ .location = dataset->location,
                                .query = dataset->query,
                                .allow_http = session->allow_http };
}

/* --- in ------------------------------------------------------------------ */

static struct status write_all(void *context, struct bytes bytes)
{
    int fd = *(const int *)context;
    while (bytes.len > 0) {
        ssize_t len = write(fd, bytes.at, bytes.len);
        if (len < 0 && errno != EINTR)
            return failure(STATUS_UNAVAILABLE, "write", (uint32_t)errno);
        if (len > 0)
            bytes = bytes_of(bytes.at + len, bytes.len - (size_t)len);
    }
    return OK;
}

static struct status take(void *context, struct bytes chunk)
{
    return api_file_put(context, chunk);
}

static struct status receive(const struct accord_session *session,
                             const struct enclave_dataset *dataset, int fd,
                             uint64_t room, struct reason *why)
{
    AUTO_FREE(api_file) file = NULL;
    TRY(api_file_decrypt(dataset->key, write_all, &fd, &file));
    const struct http_place place = place_of(session, dataset);
    const struct http_sink sink = { take, file };
    TRY(http_download(&place, &sink, room, why));
    struct status s = api_file_finish(file);
    return s.code == STATUS_CORRUPT
               ? refuse(why, STATUS_CORRUPT, "file",
                        "the file is not what was encrypted with the "
                        "dataset's key")
               : s;
}

struct status transfer_download(const struct accord_session *session,
                                const struct enclave_dataset *dataset, int fd,
                                uint64_t room, struct reason *why)
{
    off_t from = lseek(fd, 0, SEEK_CUR);
    if (from < 0)
        return refuse(why, STATUS_INVALID, "lseek",
                      "the data can only be written to a regular file");
    struct status s = receive(session, dataset, fd, room, why);
    if (failed(s) &&
        (ftruncate(fd, from) != 0 || lseek(fd, from, SEEK_SET) != from))
        return refuse(why, s.code, "ftruncate",
                      "the download failed and its remains could not be "
                      "removed");
    return s;
}

/* --- out ----------------------------------------------------------------- */

struct outgoing {
    int fd;
    struct api_file *file;
    bool finished;
    struct buffer ready; /* encrypted, not yet sent */
    size_t sent;
};

static struct status keep(void *context, struct bytes bytes)
{
    struct outgoing *out = context;
    buffer_put(&out->ready, bytes);
    return buffer_status(&out->ready);
}

static struct status read_some(struct outgoing *out)
{
    unsigned char piece[16384];
    ssize_t len = read(out->fd, piece, sizeof(piece));
    if (len < 0)
        return errno == EINTR
                   ? OK
                   : failure(STATUS_UNAVAILABLE, "read", (uint32_t)errno);
    if (len > 0)
        return api_file_put(out->file, bytes_of(piece, (size_t)len));
    out->finished = true;
    return api_file_finish(out->file);
}

/* Reads and encrypts until there is something to send, or the end. */
static struct status refill(struct outgoing *out)
{
    buffer_consume(&out->ready, out->sent);
    out->sent = 0;
    while (out->ready.len == 0 && !out->finished)
        TRY(read_some(out));
    return OK;
}

static struct status give(void *context, void *at, size_t room, size_t *out_len)
{
    struct outgoing *out = context;
    if (out->sent == out->ready.len)
        TRY(refill(out));
    size_t len = out->ready.len - out->sent;
    if (len > room)
        len = room;
    if (len > 0)
        memcpy(at, out->ready.data + out->sent, len);
    out->sent += len;
    *out_len = len;
    return OK;
}

static struct status length_of(int fd, uint64_t *out, struct reason *why)
{
    struct stat st;
    off_t from = lseek(fd, 0, SEEK_CUR);
    if (from < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
        st.st_size < from)
        return refuse(why, STATUS_INVALID, "fstat",
                      "what is to be sent is not a regular file");
    *out = (uint64_t)(st.st_size - from);
    if (!api_file_admits(0, *out))
        return refuse(why, STATUS_INVALID, "length",
                      "the file is too long to be encrypted");
    return OK;
}

struct status transfer_upload(const struct accord_session *session,
                              const struct enclave_dataset *dataset, int fd,
                              struct reason *why)
{
    uint64_t len = 0;
    struct outgoing out = { .fd = fd, .ready = buffer_make(2 * CHUNK) };
    const struct http_place place = place_of(session, dataset);
    const struct http_source source = { give, &out };
    TRY(length_of(fd, &len, why));
    TRY(api_file_encrypt(dataset->key, keep, &out, &out.file));
    struct status s =
        http_upload(&place, &source, len + API_FILE_OVERHEAD, why);
    api_file_free(out.file);
    buffer_clear(&out.ready);
    return s;
}
