/* What is spooled stands in the file, byte for byte, whatever its length;
 * what cannot be written is said, and nothing of it stays in memory. */

#include "cli/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/check.h"
#include "tests/support/temp_dir.h"

#define BLOCK ((size_t)1 << 20)
#define MARK  "a mark that must not stay behind"

/* The file system of the next test. */
static struct {
    bool refuses_direct;
    uint64_t room;            /* bytes */
    unsigned direct, refused; /* writes past the page cache */
} disk;

/* volatile: the compiler knows that free() changes nothing. */
static volatile int large, marked;

void __real_free(void *);
void __wrap_free(void *);
ssize_t __real_pwrite(int, const void *, size_t, off_t);
ssize_t __wrap_pwrite(int, const void *, size_t, off_t);

void __wrap_free(void *p)
{
    if (p && malloc_usable_size(p) >= BLOCK) {
        large++;
        if (memmem(p, malloc_usable_size(p), MARK, sizeof(MARK) - 1))
            marked++;
    }
    __real_free(p);
}

ssize_t __wrap_pwrite(int fd, const void *at, size_t len, off_t offset)
{
    bool direct = (fcntl(fd, F_GETFL) & O_DIRECT) != 0;
    if (direct && disk.refuses_direct) {
        (void)__atomic_add_fetch(&disk.refused, 1, __ATOMIC_RELAXED);
        errno = EINVAL;
        return -1;
    }
    if ((uint64_t)offset + len > disk.room) {
        errno = ENOSPC;
        return -1;
    }
    if (direct)
        (void)__atomic_add_fetch(&disk.direct, 1, __ATOMIC_RELAXED);
    return __real_pwrite(fd, at, len, offset);
}

static unsigned char byte_at(size_t i)
{
    return (unsigned char)(i * 2654435761u >> 13);
}

static int make_file(const struct temp_dir *dir)
{
    int fd = open(temp_dir_path(dir, "spooled"),
                  O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    return fd;
}

static void assert_holds(int fd, size_t len)
{
    unsigned char *there = malloc(len + 1);
    assert_non_null(there);
    assert_int_equal(pread(fd, there, len + 1, 0), len);
    for (size_t i = 0; i < len; i++)
        if (there[i] != byte_at(i))
            fail_msg("%zu bytes: byte %zu is another", len, i);
    free(there);
}

/* `len` bytes, in runs that no block is a multiple of. */
static STATUS spool(int fd, size_t len)
{
    AUTO_FREE(spool) spool = NULL;
    unsigned char run[10007];
    TRY(spool_open(fd, &spool));
    for (size_t at = 0; at < len;) {
        size_t n = len - at < sizeof(run) ? len - at : sizeof(run);
        for (size_t i = 0; i < n; i++)
            run[i] = byte_at(at + i);
        TRY(spool_put(spool, bytes_of(run, n)));
        at += n;
    }
    return spool_finish(spool);
}

static void every_length_arrives(void)
{
    static const size_t lengths[] = {
        0,         1,         BLOCK - 1,     BLOCK,
        BLOCK + 1, 8 * BLOCK, 8 * BLOCK + 1, 21 * BLOCK + 4711
    };
    struct temp_dir dir = temp_dir_make();
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        int fd = make_file(&dir);
        assert_ok(spool(fd, lengths[i]));
        assert_holds(fd, lengths[i]);
        assert_int_equal(close(fd), 0);
    }
    temp_dir_remove(&dir);
}

static void what_was_put_stands_in_the_file(void **state)
{
    (void)state;
    disk.room = UINT64_MAX;
    disk.refuses_direct = false;
    every_length_arrives();
}

static void a_file_system_without_direct_writes_will_do(void **state)
{
    (void)state;
    disk.room = UINT64_MAX;
    disk.refuses_direct = true;
    disk.direct = disk.refused = 0;
    every_length_arrives();
    assert_int_equal(disk.direct, 0);
    disk.refuses_direct = false;
}

static void a_full_disk_is_said_and_nobody_waits_for_ever(void **state)
{
    (void)state;
    static const uint64_t rooms[] = { 0, BLOCK, 5 * BLOCK, 40 * BLOCK };
    struct temp_dir dir = temp_dir_make();
    for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
        int fd = make_file(&dir);
        disk.room = rooms[i];
        struct status s = spool(fd, 40 * BLOCK + 1);
        assert_status(STATUS_UNAVAILABLE, s);
        assert_int_equal(s.detail, ENOSPC);
        assert_int_equal(close(fd), 0);
    }
    disk.room = UINT64_MAX;
    temp_dir_remove(&dir);
}

static void nothing_of_a_spooled_file_stays(void **state)
{
    (void)state;
    struct temp_dir dir = temp_dir_make();
    int fd = make_file(&dir);
    struct spool *spool = NULL;
    disk.room = UINT64_MAX;
    assert_ok(spool_open(fd, &spool));
    for (size_t put = 0; put < 12 * BLOCK; put += sizeof(MARK))
        assert_ok(spool_put(spool, bytes_of(MARK, sizeof(MARK))));
    large = marked = 0;
    spool_free(spool); /* given up half-way */
    assert_int_equal(large, 1);
    assert_int_equal(marked, 0);
    assert_int_equal(close(fd), 0);
    temp_dir_remove(&dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_stands_in_the_file),
        cmocka_unit_test(a_file_system_without_direct_writes_will_do),
        cmocka_unit_test(a_full_disk_is_said_and_nobody_waits_for_ever),
        cmocka_unit_test(nothing_of_a_spooled_file_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
