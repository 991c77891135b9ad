#include "cli/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define BLOCK   ((size_t)1 << 20)
#define BLOCKS  8u
#define WRITERS 2u             /* a third gains nothing: measured */
#define ALIGNED ((size_t)4096) /* what O_DIRECT asks of memory and offsets */

/* Blocks are filled and taken in turn; `filled` and `taken` count them since
 * the beginning, block n lies at n % BLOCKS. All but `part`, which only the
 * caller's thread knows, is under the lock. */
struct spool {
    int fd;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t filled, taken;
    bool busy[BLOCKS]; /* filled, and not yet on the disk */
    bool ending;
    int error; /* errno of the first write that failed */
    unsigned char *blocks;
    size_t part; /* bytes in the block that is being filled */
    pthread_t writers[WRITERS];
    unsigned running;
};

static unsigned char *block(const struct spool *spool, uint64_t number)
{
    return spool->blocks + (size_t)(number % BLOCKS) * BLOCK;
}

static void leave_the_page_cache_out(int fd, bool out)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0)
        (void)fcntl(fd, F_SETFL, out ? flags | O_DIRECT : flags & ~O_DIRECT);
}

/* 0 or errno. A file system may refuse O_DIRECT only when it is used, or for
 * the rest of a block that it wrote in part. */
static int write_at(int fd, struct bytes bytes, uint64_t offset)
{
    bool through_cache = false;
    while (bytes.len > 0) {
        ssize_t put = pwrite(fd, bytes.at, bytes.len, (off_t)offset);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0 && errno == EINVAL && !through_cache) {
            leave_the_page_cache_out(fd, false);
            through_cache = true;
            continue;
        }
        if (put <= 0)
            return put < 0 ? errno : ENOSPC;
        bytes = bytes_of(bytes.at + put, bytes.len - (size_t)put);
        offset += (uint64_t)put;
    }
    return 0;
}

static void *write_blocks(void *context)
{
    struct spool *spool = context;
    (void)pthread_mutex_lock(&spool->lock);
    for (;;) {
        while (spool->taken == spool->filled && !spool->ending)
            (void)pthread_cond_wait(&spool->changed, &spool->lock);
        if (spool->taken == spool->filled)
            break;
        uint64_t number = spool->taken++;
        int error = spool->error;
        (void)pthread_mutex_unlock(&spool->lock);
        if (!error)
            error = write_at(spool->fd, bytes_of(block(spool, number), BLOCK),
                             number * BLOCK);
        (void)pthread_mutex_lock(&spool->lock);
        if (!spool->error)
            spool->error = error;
        spool->busy[number % BLOCKS] = false;
        (void)pthread_cond_broadcast(&spool->changed);
    }
    (void)pthread_mutex_unlock(&spool->lock);
    return NULL;
}

struct status spool_open(int fd, struct spool **out)
{
    AUTO_FREE(spool) spool = calloc(1, sizeof(*spool));
    if (!spool)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    spool->fd = fd;
    (void)pthread_mutex_init(&spool->lock, NULL);
    (void)pthread_cond_init(&spool->changed, NULL);
    spool->blocks = aligned_alloc(ALIGNED, BLOCKS * BLOCK);
    if (!spool->blocks)
        return failure(STATUS_NO_MEMORY, "aligned_alloc", 0);
    leave_the_page_cache_out(fd, true);
    while (spool->running < WRITERS) {
        int error = pthread_create(&spool->writers[spool->running], NULL,
                                   write_blocks, spool);
        if (error)
            return failure(STATUS_UNAVAILABLE, "pthread_create",
                           (uint32_t)error);
        spool->running++;
    }
    *out = TAKE(spool);
    return OK;
}

static STATUS written(int error)
{
    return error ? failure(STATUS_UNAVAILABLE, "write", (uint32_t)error) : OK;
}

/* Gives the full block away and waits until the next one is free. */
static STATUS next_block(struct spool *spool)
{
    (void)pthread_mutex_lock(&spool->lock);
    spool->busy[spool->filled++ % BLOCKS] = true;
    (void)pthread_cond_broadcast(&spool->changed);
    while (spool->busy[spool->filled % BLOCKS])
        (void)pthread_cond_wait(&spool->changed, &spool->lock);
    int error = spool->error;
    (void)pthread_mutex_unlock(&spool->lock);
    spool->part = 0;
    return written(error);
}

struct status spool_put(void *context, struct bytes bytes)
{
    struct spool *spool = context;
    while (bytes.len > 0) {
        size_t room = BLOCK - spool->part;
        size_t len = bytes.len < room ? bytes.len : room;
        memcpy(block(spool, spool->filled) + spool->part, bytes.at, len);
        spool->part += len;
        bytes = bytes_of(bytes.at + len, bytes.len - len);
        if (spool->part == BLOCK)
            TRY(next_block(spool));
    }
    return OK;
}

static void stop_writers(struct spool *spool)
{
    (void)pthread_mutex_lock(&spool->lock);
    spool->ending = true;
    (void)pthread_cond_broadcast(&spool->changed);
    (void)pthread_mutex_unlock(&spool->lock);
    while (spool->running > 0)
        (void)pthread_join(spool->writers[--spool->running], NULL);
}

struct status spool_finish(struct spool *spool)
{
    stop_writers(spool);
    TRY(written(spool->error));
    /* The end of a file is seldom a multiple of what O_DIRECT wants. */
    leave_the_page_cache_out(spool->fd, false);
    TRY(written(write_at(spool->fd,
                         bytes_of(block(spool, spool->filled), spool->part),
                         spool->filled * BLOCK)));
    return fsync(spool->fd) == 0
               ? OK
               : failure(STATUS_UNAVAILABLE, "fsync", (uint32_t)errno);
}

void spool_free(struct spool *spool)
{
    if (!spool)
        return;
    stop_writers(spool);
    (void)pthread_cond_destroy(&spool->changed);
    (void)pthread_mutex_destroy(&spool->lock);
    if (spool->blocks)
        OPENSSL_cleanse(spool->blocks, BLOCKS * BLOCK);
    free(spool->blocks);
    free(spool);
}
