#include "tests/support/check.h"
#include "tests/support/temp_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static struct temp_dir dir;

static const char *in_dir(const char *name)
{
    return temp_dir_path(&dir, name);
}

static void place(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
}

static void assert_contents(const char *path, const char *expected)
{
    AUTO_CLEAR_BUFFER b = buffer_make(4096);
    assert_ok(file_read(path, &b));
    assert_true(bytes_equal(buffer_bytes(&b), bytes_of_string(expected)));
}

static mode_t mode_of(const char *path)
{
    struct stat about;
    assert_int_equal(lstat(path, &about), 0);
    return about.st_mode;
}

static int entries(void)
{
    int count = -2; /* without . and .. */
    DIR *open = opendir(dir.path);
    assert_non_null(open);
    while (readdir(open))
        count++;
    (void)closedir(open);
    return count;
}

static void reading_appends(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER b = buffer_make(8);
    place(in_dir("f"), "world", 0644);
    buffer_put_string(&b, "he ");
    assert_ok(file_read(in_dir("f"), &b));
    assert_true(bytes_equal(buffer_bytes(&b), bytes_of_string("he world")));
}

static void reading_an_empty_file_adds_nothing(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER b = buffer_make(8);
    place(in_dir("f"), "", 0644);
    assert_ok(file_read(in_dir("f"), &b));
    assert_int_equal(b.len, 0);
}

static void the_buffer_bounds_what_is_read(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER b = buffer_make(4);
    place(in_dir("f"), "12345", 0644);
    assert_status(STATUS_INVALID, file_read(in_dir("f"), &b));
    AUTO_CLEAR_BUFFER endless = buffer_make(10000);
    assert_status(STATUS_INVALID, file_read("/dev/zero", &endless));
}

static void what_cannot_be_read_says_why(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER b = buffer_make(4);
    struct status s = file_read(in_dir("missing"), &b);
    assert_status(STATUS_NOT_FOUND, s);
    assert_int_equal(s.detail, ENOENT);
    s = file_read(dir.path, &b);
    assert_status(STATUS_UNAVAILABLE, s);
    assert_int_equal(s.detail, EISDIR);
}

static void a_secret_is_read_whole(void **state)
{
    (void)state;
    place(in_dir("pin"), "12\n34", 0600);
    AUTO_FREE(secret) s = NULL;
    assert_ok(file_read_secret(in_dir("pin"), 5, false, &s));
    assert_true(secret_equals(s, bytes_of_string("12\n34")));
}

static void one_trailing_newline_is_not_part_of_a_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool line;
        const char *secret;
    } cases[] = {
        { "pin\n", true, "pin" },     { "pin\n", false, "pin\n" },
        { "pin\n\n", true, "pin\n" }, { "pin", true, "pin" },
        { "\n", true, "" },           { "", true, "" },
        { "pin\r\n", true, "pin\r" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_FREE(secret) s = NULL;
        place(in_dir("pin"), cases[i].text, 0600);
        assert_ok(file_read_secret(in_dir("pin"), 16, cases[i].line, &s));
        assert_true(secret_equals(s, bytes_of_string(cases[i].secret)));
    }
}

static void a_secret_others_can_read_is_refused(void **state)
{
    (void)state;
    static const mode_t open_to_others[] = { 0640, 0604, 0620, 0601, 0644 };
    for (size_t i = 0; i < sizeof(open_to_others) / sizeof(mode_t); i++) {
        struct secret *s = NULL;
        place(in_dir("pin"), "1234", open_to_others[i]);
        assert_status(STATUS_DENIED,
                      file_read_secret(in_dir("pin"), 16, false, &s));
        assert_null(s);
    }
    AUTO_FREE(secret) s = NULL;
    place(in_dir("pin"), "1234", 0400);
    assert_ok(file_read_secret(in_dir("pin"), 16, false, &s));
}

static void a_secret_that_is_too_long_is_refused(void **state)
{
    (void)state;
    struct secret *s = NULL;
    place(in_dir("pin"), "12345", 0600);
    assert_status(STATUS_INVALID,
                  file_read_secret(in_dir("pin"), 4, false, &s));
    assert_status(STATUS_NOT_FOUND,
                  file_read_secret(in_dir("missing"), 4, false, &s));
    assert_status(STATUS_UNAVAILABLE,
                  file_read_secret(dir.path, 4, false, &s)); /* mode 0700 */
    assert_null(s);
}

static void writing_makes_the_file_with_exactly_that_mode(void **state)
{
    (void)state;
    mode_t before = umask(077);
    assert_ok(file_write(in_dir("f"), bytes_of_string("text"), 0644));
    umask(0);
    assert_ok(file_write(in_dir("g"), bytes_of_string(""), 0600));
    umask(before);
    assert_contents(in_dir("f"), "text");
    assert_contents(in_dir("g"), "");
    assert_int_equal(mode_of(in_dir("f")), S_IFREG | 0644);
    assert_int_equal(mode_of(in_dir("g")), S_IFREG | 0600);
    assert_int_equal(entries(), 2); /* no temporary file stays */
}

static void writing_replaces_the_file_and_not_its_contents(void **state)
{
    (void)state;
    place(in_dir("f"), "old", 0600);
    int old = open(in_dir("f"), O_RDONLY | O_CLOEXEC);
    assert_true(old >= 0);
    assert_ok(file_write(in_dir("f"), bytes_of_string("newer"), 0600));
    assert_contents(in_dir("f"), "newer");

    /* Who had it open still reads the old one: it was never half-written. */
    char text[8] = "";
    assert_int_equal(read(old, text, sizeof(text)), 3);
    assert_string_equal(text, "old");
    (void)close(old);
}

static void writing_replaces_a_symbolic_link(void **state)
{
    (void)state;
    place(in_dir("target"), "untouched", 0600);
    assert_int_equal(symlink(in_dir("target"), in_dir("link")), 0);
    assert_ok(file_write(in_dir("link"), bytes_of_string("new"), 0600));
    assert_contents(in_dir("target"), "untouched");
    assert_int_equal(mode_of(in_dir("link")), S_IFREG | 0600);
}

static void a_failed_write_leaves_everything_as_it_was(void **state)
{
    (void)state;
    /* A directory cannot be replaced by a file: only the rename fails. */
    assert_int_equal(mkdir(in_dir("d"), 0700), 0);
    struct status s = file_write(in_dir("d"), bytes_of_string("x"), 0600);
    assert_status(STATUS_UNAVAILABLE, s);
    assert_string_equal(s.origin, "rename");
    assert_int_equal(entries(), 1);
    assert_int_equal(mode_of(in_dir("d")), S_IFDIR | 0700);

    assert_status(STATUS_NOT_FOUND,
                  file_write(in_dir("no/f"), bytes_of_string("x"), 0600));
}

static void a_full_disk_leaves_everything_as_it_was(void **state)
{
    (void)state;
    static const unsigned char large[100];
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    place(in_dir("f"), "old", 0600);

    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    struct rlimit tiny = { 50, before.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tiny), 0);
    struct status s =
        file_write(in_dir("f"), bytes_of(large, sizeof(large)), 0600);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, handler);

    assert_status(STATUS_UNAVAILABLE, s);
    assert_string_equal(s.origin, "write");
    assert_int_equal(s.detail, EFBIG);
    assert_contents(in_dir("f"), "old");
    assert_int_equal(entries(), 1);
}

static void a_bare_name_is_written_to_the_working_directory(void **state)
{
    (void)state;
    int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(here >= 0);
    assert_int_equal(chdir(dir.path), 0);
    struct status written = file_write("bare", bytes_of_string("x"), 0600);
    assert_int_equal(fchdir(here), 0);
    (void)close(here);
    assert_ok(written);
    assert_contents(in_dir("bare"), "x");
}

static void a_path_too_long_for_a_temporary_name_is_refused(void **state)
{
    (void)state;
    char path[4097];
    memset(path, 'x', sizeof(path) - 1);
    path[0] = '/';
    path[4096] = '\0';
    assert_status(STATUS_INVALID, file_write(path, bytes_of(NULL, 0), 0600));
}

static void a_directory_is_made_once_and_then_found(void **state)
{
    (void)state;
    assert_ok(file_make_directory(in_dir("d"), 0700));
    assert_int_equal(mode_of(in_dir("d")), S_IFDIR | 0700);
    assert_ok(file_make_directory(in_dir("d"), 0755));
    assert_int_equal(mode_of(in_dir("d")), S_IFDIR | 0700);
}

static void a_directory_does_not_take_the_place_of_a_file(void **state)
{
    (void)state;
    place(in_dir("f"), "text", 0600);
    assert_status(STATUS_CONFLICT, file_make_directory(in_dir("f"), 0700));
    assert_status(STATUS_NOT_FOUND, file_make_directory(in_dir("no/d"), 0700));
}

static int open_heap(void **state)
{
    (void)state;
    return failed(secret_heap_open(1 << 14)) ? -1 : 0;
}

static int make_dir(void **state)
{
    (void)state;
    dir = temp_dir_make();
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    temp_dir_remove(&dir);
    return 0;
}

#define WITH_DIR(test)                                                         \
    cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DIR(reading_appends),
        WITH_DIR(reading_an_empty_file_adds_nothing),
        WITH_DIR(the_buffer_bounds_what_is_read),
        WITH_DIR(what_cannot_be_read_says_why),
        WITH_DIR(a_secret_is_read_whole),
        WITH_DIR(one_trailing_newline_is_not_part_of_a_line),
        WITH_DIR(a_secret_others_can_read_is_refused),
        WITH_DIR(a_secret_that_is_too_long_is_refused),
        WITH_DIR(writing_makes_the_file_with_exactly_that_mode),
        WITH_DIR(writing_replaces_the_file_and_not_its_contents),
        WITH_DIR(writing_replaces_a_symbolic_link),
        WITH_DIR(a_failed_write_leaves_everything_as_it_was),
        WITH_DIR(a_full_disk_leaves_everything_as_it_was),
        WITH_DIR(a_bare_name_is_written_to_the_working_directory),
        WITH_DIR(a_path_too_long_for_a_temporary_name_is_refused),
        WITH_DIR(a_directory_is_made_once_and_then_found),
        WITH_DIR(a_directory_does_not_take_the_place_of_a_file),
    };
    return cmocka_run_group_tests(tests, open_heap, NULL);
}
