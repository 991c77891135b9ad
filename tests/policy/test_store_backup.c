/* A store is copied while it is in use, by somebody without the key. */

#include "tests/policy/fixture.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

#define SALT                                                                   \
    "00000000000000000000000000000000"                                         \
    "00000000000000000000000000000000\n"

static void write_salt(struct fixture *f)
{
    assert_ok(file_write(temp_dir_path(&f->dir, "salt"), bytes_of_string(SALT),
                         0600));
}

/* LMDB allows one environment per process, so a child makes the copy, as
 * `accordd --backup` does. */
static enum status_code backup(struct fixture *f, const char *to)
{
    int result = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct reason why = { "" };
        struct status s = policy_backup(f->dir.path, to, &why);
        if (failed(s) && !why.text[0])
            _exit(99); /* every failure comes with words */
        _exit((int)s.code);
    }
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    assert_int_not_equal(WEXITSTATUS(result), 99);
    return (enum status_code)WEXITSTATUS(result);
}

static const char *target(struct fixture *f)
{
    return temp_dir_path(&f->dir, "copy");
}

/* Opens the copy as the store; the original must be closed. */
static struct status open_copy(struct fixture *f, struct policy **out,
                               struct reason *why)
{
    return store_open(target(f), &f->id, f->key, &f->options, out, why);
}

static void a_copy_holds_what_was_committed_and_nothing_later(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy) copy = NULL;
    AUTO_FREE(policy_txn) txn = NULL;
    struct reason why = { "" };
    write_salt(f);
    put_committed(f, "a", "1");
    {
        AUTO_FREE(policy_txn) open = NULL;
        assert_ok(policy_write(f->policy, &open));
        put(open, "a", "uncommitted");
        assert_int_equal(backup(f, target(f)), STATUS_OK);
        assert_ok(policy_commit(open));
    }
    put_committed(f, "b", "later");
    fixture_close(f);
    assert_ok(open_copy(f, &copy, &why));
    assert_ok(policy_read(copy, &txn));
    assert_holds(txn, "a", "1");
    assert_holds(txn, "b", NULL);
}

static void the_original_goes_on_after_a_copy_was_made(void **state)
{
    struct fixture *f = *state;
    write_salt(f);
    put_committed(f, "a", "1");
    assert_int_equal(backup(f, target(f)), STATUS_OK);
    put_committed(f, "a", "2");
    fixture_reopen(f);
    assert_stored(f, "a", "2");
}

static void a_copy_comes_with_the_salt(void **state)
{
    struct fixture *f = *state;
    char path[512];
    AUTO_CLEAR_BUFFER salt = buffer_make(128);
    write_salt(f);
    assert_int_equal(backup(f, target(f)), STATUS_OK);
    (void)snprintf(path, sizeof(path), "%s/salt", target(f));
    assert_ok(file_read(path, &salt));
    assert_true(bytes_equal(buffer_bytes(&salt), bytes_of_string(SALT)));
}

static void a_copy_is_its_owners_alone(void **state)
{
    struct fixture *f = *state;
    char path[512];
    struct stat about;
    write_salt(f);
    mode_t before = umask(0);
    assert_int_equal(backup(f, target(f)), STATUS_OK);
    (void)umask(before);
    assert_int_equal(stat(target(f), &about), 0);
    assert_int_equal(about.st_mode & 07777, 0700);
    (void)snprintf(path, sizeof(path), "%s/data.mdb", target(f));
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0600);
}

static void a_copy_is_as_sealed_as_the_original(void **state)
{
    struct fixture *f = *state;
    char path[512];
    AUTO_CLEAR_BUFFER file = buffer_make(1 << 24);
    write_salt(f);
    put_committed(f, "a-key-in-clear", "a-value-that-is-sealed");
    assert_int_equal(backup(f, target(f)), STATUS_OK);
    (void)snprintf(path, sizeof(path), "%s/data.mdb", target(f));
    assert_ok(file_read(path, &file));
    assert_non_null(memmem(file.data, file.len, "a-key-in-clear", 14));
    assert_null(memmem(file.data, file.len, "a-value-that-is-sealed", 22));
}

static void another_key_does_not_open_a_copy(void **state)
{
    struct fixture *f = *state;
    struct policy *copy = NULL;
    struct reason why = { "" };
    write_salt(f);
    put_committed(f, "a", "1");
    assert_int_equal(backup(f, target(f)), STATUS_OK);
    fixture_close(f);
    secret_fill(f->key)[0] ^= 1;
    assert_status(STATUS_CONFLICT, open_copy(f, &copy, &why));
}

static void a_target_that_exists_is_left_as_it_is(void **state)
{
    struct fixture *f = *state;
    char path[512];
    AUTO_CLEAR_BUFFER kept = buffer_make(16);
    write_salt(f);
    assert_int_equal(mkdir(target(f), 0700), 0);
    (void)snprintf(path, sizeof(path), "%s/salt", target(f));
    assert_ok(file_write(path, bytes_of_string("mine"), 0600));
    assert_int_equal(backup(f, target(f)), STATUS_CONFLICT);
    assert_ok(file_read(path, &kept));
    assert_true(bytes_equal(buffer_bytes(&kept), bytes_of_string("mine")));
    (void)snprintf(path, sizeof(path), "%s/data.mdb", target(f));
    assert_int_not_equal(access(path, F_OK), 0);
}

static void without_a_store_nothing_is_made(void **state)
{
    struct fixture *f = *state;
    char empty[512], said[640];
    (void)snprintf(empty, sizeof(empty), "%s", temp_dir_path(&f->dir, "empty"));
    struct reason why = { "" };
    assert_int_equal(mkdir(empty, 0700), 0);
    assert_status(STATUS_NOT_FOUND, policy_backup(empty, target(f), &why));
    (void)snprintf(said, sizeof(said),
                   "there is no store in %s: data.mdb is missing", empty);
    assert_string_equal(why.text, said);
    assert_int_not_equal(access(target(f), F_OK), 0);
    (void)snprintf(empty, sizeof(empty), "%s/empty/data.mdb", f->dir.path);
    assert_int_not_equal(access(empty, F_OK), 0);
}

static void without_its_salt_a_store_is_not_copied(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(backup(f, target(f)), STATUS_NOT_FOUND);
    assert_int_not_equal(access(target(f), F_OK), 0);
}

static void a_copy_that_fails_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    char salt[1024] = { 0 };
    /* Longer than any salt: found out after the records were copied. */
    assert_ok(file_write(temp_dir_path(&f->dir, "salt"),
                         bytes_of(salt, sizeof(salt)), 0600));
    assert_int_equal(backup(f, target(f)), STATUS_INVALID);
    assert_int_not_equal(access(target(f), F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(a_copy_holds_what_was_committed_and_nothing_later),
        store_test(the_original_goes_on_after_a_copy_was_made),
        store_test(a_copy_comes_with_the_salt),
        store_test(a_copy_is_its_owners_alone),
        store_test(a_copy_is_as_sealed_as_the_original),
        store_test(another_key_does_not_open_a_copy),
        store_test(a_target_that_exists_is_left_as_it_is),
        store_test(without_a_store_nothing_is_made),
        store_test(without_its_salt_a_store_is_not_copied),
        store_test(a_copy_that_fails_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
