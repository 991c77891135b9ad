#include "pkcs11/erased.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"

/* Open addressing, at most half full; a free place is all zero, which is no
 * SHA-256 that anybody has. */
struct hsm_erased {
    pthread_mutex_t lock;
    int fd;
    size_t count, capacity; /* a power of two */
    struct hash *places;
};

static struct hash *place_of(const struct hsm_erased *e, const struct hash *ctx)
{
    uint64_t first;
    memcpy(&first, ctx->bytes, sizeof(first));
    size_t i = (size_t)first & (e->capacity - 1);
    while (!hash_is_zero(&e->places[i]) && !hash_equal(&e->places[i], ctx))
        i = (i + 1) & (e->capacity - 1);
    return &e->places[i];
}

static struct status grow(struct hsm_erased *e)
{
    struct hsm_erased wider = *e;

    wider.capacity = e->capacity ? e->capacity * 2 : 1024;
    wider.places = calloc(wider.capacity, sizeof(*wider.places));
    if (!wider.places)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    for (size_t i = 0; i < e->capacity; i++)
        if (!hash_is_zero(&e->places[i]))
            *place_of(&wider, &e->places[i]) = e->places[i];
    free(e->places);
    e->places = wider.places;
    e->capacity = wider.capacity;
    return OK;
}

/* `count` is of the file: nothing is in it twice but by somebody else's hand,
 * and then nothing is overwritten. */
static struct status note(struct hsm_erased *e, const struct hash *ctx)
{
    if ((e->count + 1) * 2 > e->capacity)
        TRY(grow(e));
    *place_of(e, ctx) = *ctx;
    e->count++;
    return OK;
}

static struct status read_all(struct hsm_erased *e)
{
    for (;;) {
        struct hash ctx;
        ssize_t n =
            pread(e->fd, ctx.bytes, HASH_LEN, (off_t)(e->count * HASH_LEN));
        if (n < 0)
            return failure(STATUS_UNAVAILABLE, "pread", (uint32_t)errno);
        if (n < HASH_LEN)
            return OK;
        TRY(note(e, &ctx));
    }
}

static struct status open_private(const char *path, int *out,
                                  struct reason *why)
{
    struct stat info;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return refuse(why, STATUS_UNAVAILABLE, "erased",
                      "cannot open the list of erased keys %s: %s", path,
                      strerrordesc_np(errno));
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) ||
        (info.st_mode & 0077) != 0 || info.st_uid != geteuid()) {
        (void)close(fd);
        return refuse(why, STATUS_DENIED, "erased",
                      "the list of erased keys %s must be a file of mode 0600 "
                      "that belongs to accord-hsm",
                      path);
    }
    *out = fd;
    return OK;
}

/* The file's name must outlive a loss of power too. */
static struct status sync_name(int fd, const char *path)
{
    AUTO_CLEAR_BUFFER directory = buffer_make(4096);
    const char *slash = strrchr(path, '/');
    buffer_put(&directory, slash ? bytes_of((const unsigned char *)path,
                                            (size_t)(slash - path) + 1)
                                 : bytes_of_string("."));
    buffer_put_u8(&directory, 0);
    TRY(buffer_status(&directory));
    int at =
        open((const char *)directory.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (at < 0)
        return failure(STATUS_UNAVAILABLE, "open", (uint32_t)errno);
    int rc = fsync(fd) == 0 ? fsync(at) : -1;
    (void)close(at);
    return rc == 0 ? OK : failure(STATUS_UNAVAILABLE, "fsync", (uint32_t)errno);
}

STATUS hsm_erased_open(const char *path, struct hsm_erased **out,
                       struct reason *why)
{
    AUTO_FREE(hsm_erased) made = calloc(1, sizeof(*made));

    if (!made)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    made->fd = -1;
    pthread_mutex_init(&made->lock, NULL);
    TRY(grow(made));
    TRY(open_private(path, &made->fd, why));
    struct status s = read_all(made);
    if (!failed(s) && made->count == 0)
        s = sync_name(made->fd, path);
    TRY(s);
    *out = TAKE(made);
    return OK;
}

void hsm_erased_free(struct hsm_erased *erased)
{
    if (!erased)
        return;
    if (erased->fd >= 0)
        (void)close(erased->fd);
    pthread_mutex_destroy(&erased->lock);
    free(erased->places);
    free(erased);
}

bool hsm_erased_holds(struct hsm_erased *erased, const struct hash *ctx)
{
    pthread_mutex_lock(&erased->lock);
    bool held = hash_equal(place_of(erased, ctx), ctx);
    pthread_mutex_unlock(&erased->lock);
    return held;
}

/* Under the lock. */
static struct status add(struct hsm_erased *e, const struct hash *ctx)
{
    if (hash_equal(place_of(e, ctx), ctx))
        return OK;
    if (pwrite(e->fd, ctx->bytes, HASH_LEN, (off_t)(e->count * HASH_LEN)) !=
        HASH_LEN)
        return failure(STATUS_UNAVAILABLE, "pwrite", (uint32_t)errno);
    if (fdatasync(e->fd) != 0)
        return failure(STATUS_UNAVAILABLE, "fdatasync", (uint32_t)errno);
    return note(e, ctx);
}

STATUS hsm_erased_add(struct hsm_erased *erased, const struct hash *ctx)
{
    pthread_mutex_lock(&erased->lock);
    struct status s = add(erased, ctx);
    pthread_mutex_unlock(&erased->lock);
    return s;
}
