/* Which stores are opened, and what is said about the others. */

#include "tests/policy/fixture.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "policy/store_directory.h"

/* --- the machine misbehaves ---------------------------------------------- */

static long pretended_type; /* 0: the truth */
static int pretended_error; /* of fstatfs and flock; 0: the truth */
static bool disk_fails;

int __real_fstatfs(int fd, struct statfs *out);
int __wrap_fstatfs(int fd, struct statfs *out);
int __wrap_fstatfs(int fd, struct statfs *out)
{
    int rc = __real_fstatfs(fd, out);
    if (pretended_error == EIO) {
        errno = pretended_error;
        return -1;
    }
    if (pretended_type)
        out->f_type = (__typeof__(out->f_type))pretended_type;
    return rc;
}

int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);
int __wrap_flock(int fd, int operation)
{
    if (pretended_error != ENOLCK)
        return __real_flock(fd, operation);
    errno = pretended_error;
    return -1;
}

/* LMDB's own calls find this one before the C library's. */
int fdatasync(int fd);
__attribute__((visibility("default"))) int fdatasync(int fd)
{
    if (disk_fails) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

static int recover(void **state)
{
    pretended_type = 0;
    pretended_error = 0;
    disk_fails = false;
    return fixture_teardown(state);
}

#define open_test(f) cmocka_unit_test_setup_teardown(f, fixture_setup, recover)

/* --- refusals ------------------------------------------------------------ */

static void assert_refused(struct fixture *f, enum status_code code,
                           const char *said)
{
    struct reason why = { "" };
    assert_null(f->policy);
    assert_status(code, open_status(f, &why));
    assert_null(f->policy);
    if (!strstr(why.text, said))
        fail_msg("\"%s\" does not say \"%s\"", why.text, said);
    assert_status(code, open_status(f, NULL)); /* nobody need listen */
}

static void another_hsms_key_is_refused_with_its_own_reason(void **state)
{
    struct fixture *f = *state;
    fixture_close(f);
    secret_fill(f->key)[0] ^= 1;
    assert_refused(f, STATUS_CONFLICT, "is sealed under another key: another");
    secret_fill(f->key)[0] ^= 1;
    fixture_open(f);
}

static void another_installations_store_is_refused_by_name(void **state)
{
    struct fixture *f = *state;
    fixture_close(f);
    f->id.bytes[0] ^= 1;
    assert_refused(f, STATUS_CONFLICT,
                   "belongs to installation "
                   "5a5a5a5a-5a5a-5a5a-5a5a-5a5a5a5a5a5a");
}

static void a_key_of_another_length_is_refused(void **state)
{
    struct fixture *f = *state;
    fixture_close(f);
    secret_free(TAKE(f->key));
    assert_ok(secret_new(16, &f->key));
    assert_status(STATUS_INVALID, open_status(f, NULL));
}

static void a_changed_data_key_among_good_ones_is_corruption(void **state)
{
    struct fixture *f = *state;
    char said[512];
    struct policy_key first =
        policy_key(POLICY_DATA_KEY, bytes_of("\0\0\0\1", 4));
    AUTO_CLEAR_BUFFER raw = buffer_make(256);
    fixture_reopen(f);
    put_committed(f, "k", "v");
    fixture_close(f);
    raw_get(f, &first, &raw);
    raw.data[20] ^= 1;
    raw_put(f, &first, buffer_bytes(&raw));
    (void)snprintf(said, sizeof(said), "1 of 2 data keys in %s were changed",
                   f->dir.path);
    assert_refused(f, STATUS_CORRUPT, said);
}

static void a_data_key_under_another_number_is_corruption(void **state)
{
    struct fixture *f = *state;
    struct policy_key first =
        policy_key(POLICY_DATA_KEY, bytes_of("\0\0\0\1", 4));
    struct policy_key ninth =
        policy_key(POLICY_DATA_KEY, bytes_of("\0\0\0\11", 4));
    struct policy_key none = policy_key(POLICY_DATA_KEY, bytes_of("x", 1));
    AUTO_CLEAR_BUFFER raw = buffer_make(256);
    fixture_close(f);
    raw_get(f, &first, &raw);
    raw_put(f, &ninth, buffer_bytes(&raw));
    assert_refused(f, STATUS_CORRUPT, "1 of 2 data keys in");
    raw_put(f, &ninth, (struct bytes){ 0 });
    raw_put(f, &none, buffer_bytes(&raw));
    assert_refused(f, STATUS_CORRUPT, "1 of 2 data keys in");
}

static void a_store_that_does_not_say_whose_it_is_is_refused(void **state)
{
    struct fixture *f = *state;
    struct policy_key whose = named("store");
    AUTO_CLEAR_BUFFER raw = buffer_make(256);
    fixture_close(f);
    raw_get(f, &whose, &raw);
    raw_put(f, &whose, (struct bytes){ 0 });
    assert_refused(f, STATUS_CORRUPT,
                   "the record that says whose store is in /");
    assert_refused(f, STATUS_CORRUPT, "is missing");
    raw.data[raw.len - 1] ^= 1;
    raw_put(f, &whose, buffer_bytes(&raw));
    assert_refused(f, STATUS_CORRUPT, "is changed");
}

static void a_store_of_a_later_format_is_refused(void **state)
{
    struct fixture *f = *state;
    put_committed(f, "store", "{\"format\":2,\"store\":\"x\"}");
    fixture_close(f);
    assert_refused(f, STATUS_INVALID, "has format 2; this program reads 1");
}

static void a_second_opener_is_refused(void **state)
{
    struct fixture *f = *state;
    struct policy *second = NULL;
    struct hash salt;
    struct reason why = { "" };
    assert_status(STATUS_BUSY,
                  policy_open(f->dir.path, &f->id, f->key, &second, &why));
    assert_null(second);
    assert_non_null(strstr(why.text, "is in use by another process"));
    assert_status(STATUS_BUSY, policy_salt(f->dir.path, &salt, &why));
}

static void a_directory_that_is_none_is_refused(void **state)
{
    struct fixture *f = *state;
    struct policy *policy = NULL;
    struct reason why = { "" };
    assert_status(STATUS_NOT_FOUND, policy_open(temp_dir_path(&f->dir, "none"),
                                                &f->id, f->key, &policy, &why));
    assert_non_null(strstr(why.text, "does not exist"));
    assert_status(STATUS_UNAVAILABLE,
                  policy_open(temp_dir_path(&f->dir, "data.mdb"), &f->id,
                              f->key, &policy, &why));
    assert_non_null(strstr(why.text, "is no directory"));
    assert_null(policy);
}

static void a_file_that_is_no_store_is_refused(void **state)
{
    struct fixture *f = *state;
    static const char rubbish[8192] = "this is no LMDB file";
    fixture_close(f);
    assert_ok(file_write(temp_dir_path(&f->dir, "data.mdb"),
                         bytes_of(rubbish, sizeof(rubbish)), 0600));
    assert_refused(f, STATUS_CORRUPT, "cannot open the store in");
}

static void a_disk_that_answers_nothing_is_refused(void **state)
{
    struct fixture *f = *state;
    fixture_close(f);
    char said[512];
    pretended_error = EIO;
    (void)snprintf(said, sizeof(said), "cannot tell what file system %s is on",
                   f->dir.path);
    assert_refused(f, STATUS_UNAVAILABLE, said);
    pretended_error = ENOLCK;
    (void)snprintf(said, sizeof(said), "cannot lock %s", f->dir.path);
    assert_refused(f, STATUS_UNAVAILABLE, said);
    pretended_error = 0;
    fixture_open(f);
}

static void network_and_fuse_file_systems_are_refused(void **state)
{
    struct fixture *f = *state;
    struct hash salt;
    fixture_close(f);
    pretended_type = NFS_SUPER_MAGIC;
    assert_refused(f, STATUS_INVALID,
                   "is on NFS: the store needs a local file system");
    assert_status(STATUS_INVALID, policy_salt(f->dir.path, &salt, NULL));
    pretended_type = 0x65735546;
    assert_refused(f, STATUS_INVALID, "is on FUSE");
    pretended_type = (long)(int)0xff534d42; /* where longs are 32 bits */
    assert_refused(f, STATUS_INVALID, "is on CIFS");
    pretended_type = V9FS_MAGIC;
    assert_refused(f, STATUS_INVALID, "is on 9p");
    pretended_type = OVERLAYFS_SUPER_MAGIC;
    fixture_open(f);
}

static void after_an_io_error_nothing_is_written_any_more(void **state)
{
    struct fixture *f = *state;
    put_committed(f, "before", "1");
    {
        AUTO_FREE(policy_txn) txn = NULL;
        assert_ok(policy_write(f->policy, &txn));
        put(txn, "k", "v");
        disk_fails = true;
        assert_false(policy_stopped(f->policy));
        struct status s = policy_commit(txn);
        assert_true(policy_stopped(f->policy));
        assert_status(STATUS_UNAVAILABLE, s);
        assert_int_equal(s.detail, EIO);
        disk_fails = false;
    }
    AUTO_FREE(policy_txn) next = NULL;
    struct status s = policy_write(f->policy, &next);
    assert_status(STATUS_UNAVAILABLE, s);
    assert_int_equal(s.detail, EIO);
    assert_null(next);
    assert_stored(f, "before", "1");
    fixture_reopen(f);
    put_committed(f, "after", "2");
    assert_stored(f, "before", "1");
}

/* --- the salt ------------------------------------------------------------ */

static void the_salt_is_made_once(void **state)
{
    struct fixture *f = *state;
    struct temp_dir fresh = temp_dir_make();
    struct hash salt = { { 0 } }, again;
    struct stat about;
    (void)f;
    assert_ok(policy_salt(fresh.path, &salt, NULL));
    assert_false(hash_is_zero(&salt));
    assert_ok(policy_salt(fresh.path, &again, NULL));
    assert_true(hash_equal(&salt, &again));
    assert_int_equal(stat(temp_dir_path(&fresh, "salt"), &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    temp_dir_remove(&fresh);
}

static void a_lost_salt_is_not_made_anew_beside_a_store(void **state)
{
    struct fixture *f = *state;
    struct hash salt;
    struct reason why = { "" };
    fixture_close(f);
    assert_status(STATUS_CORRUPT, policy_salt(f->dir.path, &salt, &why));
    assert_non_null(strstr(
        why.text, "salt is missing beside a store that needs it: restore it"));
}

static void a_damaged_salt_is_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const damaged[] = {
        "",
        "00",
        "g000000000000000000000000000000000000000000000000000000000000000\n",
        "0000000000000000000000000000000000000000000000000000000000000000 ",
        "00000000000000000000000000000000000000000000000000000000000000000\n",
    };
    const char *path = temp_dir_path(&f->dir, "salt");
    fixture_close(f);
    for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        struct hash salt = { { 1 } };
        struct reason why = { "" };
        assert_ok(file_write(path, bytes_of_string(damaged[i]), 0600));
        assert_status(STATUS_CORRUPT, policy_salt(f->dir.path, &salt, &why));
        assert_non_null(
            strstr(why.text, "salt is not one line of 64 hexadecimal digits"));
        assert_int_equal(salt.bytes[0], 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        open_test(another_hsms_key_is_refused_with_its_own_reason),
        open_test(another_installations_store_is_refused_by_name),
        open_test(a_key_of_another_length_is_refused),
        open_test(a_changed_data_key_among_good_ones_is_corruption),
        open_test(a_data_key_under_another_number_is_corruption),
        open_test(a_store_that_does_not_say_whose_it_is_is_refused),
        open_test(a_store_of_a_later_format_is_refused),
        open_test(a_second_opener_is_refused),
        open_test(a_directory_that_is_none_is_refused),
        open_test(a_file_that_is_no_store_is_refused),
        open_test(a_disk_that_answers_nothing_is_refused),
        open_test(network_and_fuse_file_systems_are_refused),
        open_test(after_an_io_error_nothing_is_written_any_more),
        open_test(the_salt_is_made_once),
        open_test(a_lost_salt_is_not_made_anew_beside_a_store),
        open_test(a_damaged_salt_is_refused),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
