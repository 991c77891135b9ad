/* The directory a program works in: private, bounded, gone afterwards. */

#include "enclave/workplace.h"

#include "tests/support/check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define TMPFS_MAGIC 0x01021994

static void write_into(const struct workplace *place)
{
    assert_int_equal(mkdirat(place->fd, "deep", 0700), 0);
    int fd =
        openat(place->fd, "deep/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "x", 1), 1);
    assert_int_equal(close(fd), 0);
    /* A link out of it is removed, what it leads to is not. */
    assert_int_equal(symlinkat("/etc", place->fd, "link"), 0);
}

static void without_a_namespace_it_is_in_memory_and_closed(void **state)
{
    (void)state;
    struct workplace place;
    struct reason why = { "" };
    struct stat st;
    char path[WORKPLACE_PATH_MAX];
    uint64_t room = 0;
    assert_ok(workplace_open(false, &place, &why));
    assert_false(place.mounted);
    assert_int_equal(fstat(place.fd, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_ok(workplace_room(&place, &room));
    assert_true(room > 0);
    write_into(&place);
    memcpy(path, place.path, sizeof(path));
    workplace_close(&place);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(access("/etc/passwd", F_OK), 0);
    workplace_close(&place); /* nothing is left to close */
}

/* In a child: the namespace is for the whole process. */
static int in_a_namespace(int report)
{
    struct workplace place;
    struct reason why = { "" };
    struct statfs fs;
    if (!workplace_isolate())
        return 77;
    if (failed(workplace_open(true, &place, &why)) || !place.mounted)
        return 1;
    if (fstatfs(place.fd, &fs) != 0 || fs.f_type != TMPFS_MAGIC)
        return 2;
    write_into(&place);
    if (write(report, place.path, sizeof(place.path)) < 0)
        return 3;
    /* Ends without closing it: as after a crash. */
    return 0;
}

static void in_a_namespace_nobody_else_sees_it(void **state)
{
    (void)state;
    int ends[2], status = 0;
    char path[WORKPLACE_PATH_MAX] = "", file[WORKPLACE_PATH_MAX + 16];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(in_a_namespace(ends[1]));
    (void)close(ends[1]);
    ssize_t len = read(ends[0], path, sizeof(path));
    (void)close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        print_message("SKIPPED: no permission for a mount namespace here\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(len, sizeof(path));
    /* The mount point is here, what was written is not. */
    (void)snprintf(file, sizeof(file), "%s/deep", path);
    assert_int_not_equal(access(file, F_OK), 0);
    assert_int_equal(rmdir(path), 0);
}

/* What a child is told that has no file descriptor left; that sees no place
 * where it may write. */
static int told_without_descriptors(struct reason *why)
{
    const struct rlimit none = { 0, 0 };
    struct workplace place;
    (void)setrlimit(RLIMIT_NOFILE, &none);
    return failed(workplace_open(false, &place, why)) ? 0 : 1;
}

static int told_without_a_place(struct reason *why)
{
    struct workplace place;
    if (!workplace_isolate() || setenv("TMPDIR", "/nowhere", 1) != 0 ||
        mount("tmpfs", "/tmp", "tmpfs", MS_RDONLY, NULL) != 0)
        return 77;
    return failed(workplace_open(true, &place, why)) ? 0 : 1;
}

static void assert_child_told(int (*fails)(struct reason *why),
                              const char *text)
{
    struct reason why = { "" };
    int ends[2], status = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        int code = fails(&why);
        if (write(ends[1], &why, sizeof(why)) != sizeof(why))
            code = 2;
        _exit(code);
    }
    (void)close(ends[1]);
    assert_int_equal(read(ends[0], &why, sizeof(why)), sizeof(why));
    (void)close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        print_message("SKIPPED: no permission for a mount namespace here\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_string_equal(why.text, text);
}

static void what_a_directory_fails_of_is_said(void **state)
{
    (void)state;
    assert_child_told(told_without_descriptors,
                      "cannot open the work directory: Too many open files");
    assert_child_told(told_without_a_place,
                      "cannot make a work directory: Read-only file system");
}

static void a_relative_tmpdir_is_not_used(void **state)
{
    (void)state;
    struct workplace place;
    struct reason why = { "" };
    const char *before = getenv("TMPDIR");
    char *kept = before ? strdup(before) : NULL;
    assert_int_equal(setenv("TMPDIR", ".", 1), 0);
    assert_ok(workplace_open(true, &place, &why)); /* not below /dev/shm */
    assert_int_equal(strncmp(place.path, "/tmp/accord-work-", 17), 0);
    workplace_close(&place);
    assert_int_equal(kept ? setenv("TMPDIR", kept, 1) : unsetenv("TMPDIR"), 0);
    free(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_namespace_it_is_in_memory_and_closed),
        cmocka_unit_test(in_a_namespace_nobody_else_sees_it),
        cmocka_unit_test(what_a_directory_fails_of_is_said),
        cmocka_unit_test(a_relative_tmpdir_is_not_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
