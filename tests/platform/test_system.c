/* The real system's functions, on files of the test, and the certificate
 * table. */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/check.h"

#include "base/file.h"
#include "platform/snp_table.h"
#include "platform/system.h"
#include "tests/support/temp_dir.h"

#define BYTES(literal) bytes_of(literal, sizeof(literal) - 1)

static const struct platform_system *const real = &platform_real_system;
static struct temp_dir dir;

static int start(void **state)
{
    (void)state;
    dir = temp_dir_make();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    temp_dir_remove(&dir);
    return 0;
}

static void files_are_read_whole_and_written_in_one_piece(void **state)
{
    (void)state;
    static unsigned char much[10000];
    const char *path = temp_dir_path(&dir, "file");
    AUTO_CLEAR_BUFFER out = buffer_make(sizeof(much));
    AUTO_CLEAR_BUFFER small = buffer_make(sizeof(much) - 1);
    memset(much, 7, sizeof(much));
    assert_false(real->exists(NULL, path));
    struct status s = real->write(NULL, path, BYTES("x"));
    assert_int_equal(s.code, STATUS_NOT_FOUND); /* it makes none */
    assert_int_equal(s.detail, ENOENT);
    assert_status(STATUS_NOT_FOUND, real->read(NULL, path, &out));
    assert_ok(file_write(path, BYTES(""), 0600));
    assert_true(real->exists(NULL, path));
    assert_ok(real->write(NULL, path, bytes_of(much, sizeof(much))));
    assert_ok(real->read(NULL, path, &out));
    assert_true(bytes_equal(buffer_bytes(&out), bytes_of(much, sizeof(much))));
    assert_status(STATUS_INVALID, real->read(NULL, path, &small));
}

static void a_stream_is_read_to_its_end_and_no_further_than_fits(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER out = buffer_make(4096);
    assert_status(STATUS_INVALID, real->read(NULL, "/dev/zero", &out));
    buffer_clear(&out);
    assert_ok(real->read(NULL, "/proc/self/cmdline", &out)); /* size 0 */
    assert_true(out.len > 0);
    assert_status(STATUS_UNAVAILABLE, real->read(NULL, dir.path, &out));
}

static void directories_are_made_and_removed(void **state)
{
    (void)state;
    struct stat info;
    const char *path = temp_dir_path(&dir, "entry");
    assert_ok(real->make_directory(NULL, path));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    struct status s = real->make_directory(NULL, path);
    assert_int_equal(s.code, STATUS_UNAVAILABLE);
    assert_int_equal(s.detail, EEXIST);
    assert_ok(real->remove_directory(NULL, path));
    assert_status(STATUS_NOT_FOUND, real->remove_directory(NULL, path));
}

static void without_the_module_it_cannot_be_asked(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER out = buffer_make(4096);
    if (access(PLATFORM_NSM_DEVICE, F_OK) == 0)
        skip();
    assert_status(STATUS_NOT_FOUND, real->nsm(NULL, BYTES("\xa0"), &out));
}

/* --- the certificate table --------------------------------------------------
 */

#define VCEK               "\x63\xda\x75\x8d\xe6\x64\x45\x64\xad\xc5\xf4\xb9\x3b\xe8\xac\xcd"
#define VLEK               "\xa8\x07\x4b\xc2\xa2\x5a\x48\x3e\xaa\xe6\x39\xc0\x45\xa0\xb8\xa1"
#define ASK                "\x4a\xb7\xb3\x79\xbb\xac\x4f\xe4\xa0\x2f\x05\xae\xf3\x27\xc7\x82"
#define END                "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define AT(offset, length) offset "\0\0\0" length "\0\0\0"

static void the_key_that_signed_and_its_issuer_are_taken(void **state)
{
    (void)state;
    static const char both[] = VCEK AT("\x60", "\x02") VLEK AT("\x62", "\x02")
        ASK AT("\x64", "\x03") END "vcvlask";
    static const char alone[] = VLEK AT("\x30", "\x02") END "vl";
    AUTO_CLEAR_BUFFER out = buffer_make(64);
    assert_ok(snp_table_read(BYTES(both), false, &out));
    assert_true(bytes_equal(buffer_bytes(&out), BYTES("vcask")));
    buffer_clear(&out);
    assert_ok(snp_table_read(BYTES(both), true, &out));
    assert_true(bytes_equal(buffer_bytes(&out), BYTES("vlask")));
    buffer_clear(&out);
    assert_ok(snp_table_read(BYTES(alone), true, &out));
    assert_true(bytes_equal(buffer_bytes(&out), BYTES("vl")));
    buffer_clear(&out);
    assert_ok(snp_table_read(BYTES(END), false, &out)); /* nothing in it */
    assert_ok(snp_table_read(BYTES(""), false, &out));
    assert_int_equal(out.len, 0);
}

static void tables_that_lie_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct bytes table;
    } rows[] = {
#define ROW(literal) { (const unsigned char *)(literal), sizeof(literal) - 1 }
        { "no end", ROW(VCEK AT("\x18", "\x02") "vc") },
        { "cut short", ROW(VCEK "\x18\0") },
        { "twice",
          ROW(VCEK AT("\x48", "\x02") VCEK AT("\x48", "\x02") END "vc") },
        { "the other key only", ROW(VLEK AT("\x30", "\x02") END "vl") },
        { "into the entries", ROW(VCEK AT("\x2f", "\x02") END "vc") },
        { "at the first byte", ROW(VCEK AT("\x00", "\x02") END "vc") },
        { "beyond the end", ROW(VCEK AT("\x30", "\x03") END "vc") },
        { "far beyond the end", ROW(VCEK AT("\x7f", "\x02") END "vc") },
        { "no length", ROW(VCEK AT("\x30", "\0") END "vc") },
        { "a length that wraps",
          ROW(VCEK "\x30\0\0\0\xff\xff\xff\xff" END "vc") },
        { "an offset that wraps",
          ROW(VCEK "\xff\xff\xff\xff\x02\0\0\0" END "vc") },
        { "the issuer beyond the end",
          ROW(VCEK AT("\x48", "\x02") ASK AT("\x4a", "\x02") END "vca") },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER out = buffer_make(64);
        if (snp_table_read(rows[i].table, false, &out).code != STATUS_INVALID)
            fail_msg("%s", rows[i].what);
        assert_int_equal(out.len, 0);
    }
}

static void a_table_has_a_largest_size_and_count(void **state)
{
    (void)state;
    static unsigned char much[SNP_TABLE_MAX + 1];
    AUTO_CLEAR_BUFFER out = buffer_make(64);
    for (unsigned char i = 0; i < 17; i++)
        much[24 * i] = (unsigned char)(i + 1); /* different, and none known */
    assert_status(STATUS_INVALID,
                  snp_table_read(bytes_of(much, 1000), false, &out));
    memset(much, 0, sizeof(much));
    assert_ok(snp_table_read(bytes_of(much, SNP_TABLE_MAX), false, &out));
    assert_status(STATUS_INVALID,
                  snp_table_read(bytes_of(much, sizeof(much)), false, &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_read_whole_and_written_in_one_piece),
        cmocka_unit_test(a_stream_is_read_to_its_end_and_no_further_than_fits),
        cmocka_unit_test(directories_are_made_and_removed),
        cmocka_unit_test(without_the_module_it_cannot_be_asked),
        cmocka_unit_test(the_key_that_signed_and_its_issuer_are_taken),
        cmocka_unit_test(tables_that_lie_are_refused),
        cmocka_unit_test(a_table_has_a_largest_size_and_count),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
