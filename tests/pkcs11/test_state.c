/* Where the log stands: two slots on disk, of which one always holds. */

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/check.h"

#include "base/file.h"
#include "pkcs11/leaves.h"
#include "pkcs11/state.h"
#include "tests/support/temp_dir.h"

static struct temp_dir dir;
static const char *path;
static struct hsm_state state_of_zero;
static struct reason why;

static int set_up(void **state)
{
    (void)state;
    dir = temp_dir_make();
    path = temp_dir_path(&dir, "frontier");
    state_of_zero = (struct hsm_state){ .epoch = 1 };
    memset(state_of_zero.store.bytes, 0x51, API_ID_LEN);
    assert_ok(hsm_frontier_make(path, &state_of_zero, &why));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    temp_dir_remove(&dir);
    return 0;
}

static struct hsm_state grown(struct hsm_state state, unsigned char seed)
{
    struct hash hash = { { seed } };
    assert_ok(api_frontier_add(&state.frontier, &hash));
    state.time += 10;
    return state;
}

static struct hsm_state reopened(void)
{
    struct hsm_frontier_file file;
    struct hsm_state state;
    assert_ok(hsm_frontier_open(path, &file, &state, &why));
    hsm_frontier_close(&file);
    return state;
}

/* Writes a file that stands at two leaves, the newer in its second slot. */
static struct hsm_state write_two(void)
{
    struct hsm_frontier_file file;
    struct hsm_state state;
    assert_ok(hsm_frontier_open(path, &file, &state, &why));
    state = grown(state, 1);
    assert_ok(hsm_frontier_write(&file, &state));
    state = grown(state, 2);
    assert_ok(hsm_frontier_write(&file, &state));
    hsm_frontier_close(&file);
    return state;
}

static void spoil(off_t at)
{
    unsigned char byte;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    (void)close(fd);
}

static void begins_empty(void **state)
{
    (void)state;
    assert_int_equal(reopened().frontier.size, 0);
    assert_memory_equal(reopened().store.bytes, state_of_zero.store.bytes,
                        API_ID_LEN);
}

static void is_never_made_over(void **state)
{
    (void)state;
    assert_status(STATUS_CONFLICT,
                  hsm_frontier_make(path, &state_of_zero, &why));
    assert_non_null(strstr(why.text, "never overwrites"));
}

static void reads_the_newest_slot(void **state)
{
    struct hsm_state written = write_two(), read = reopened();
    struct hash one, other;
    (void)state;
    assert_int_equal(read.frontier.size, 2);
    assert_int_equal(read.time, written.time);
    assert_ok(api_frontier_root(&written.frontier, &one));
    assert_ok(api_frontier_root(&read.frontier, &other));
    assert_true(hash_equal(&one, &other));
}

/* Wherever a write was torn, the slot before it holds. */
static void a_torn_slot_costs_nothing_that_was_answered(void **state)
{
    (void)state;
    (void)write_two(); /* counters: 1 make, 2, 3 -> slot 1 is newest */
    for (off_t at = 4096; at < 4096 + 2130; at += 71) {
        spoil(at);
        assert_int_equal(reopened().frontier.size, 1);
        spoil(at);
        assert_int_equal(reopened().frontier.size, 2);
    }
}

static void refuses_when_neither_slot_holds(void **state)
{
    struct hsm_frontier_file file;
    struct hsm_state read;
    (void)state;
    (void)write_two();
    spoil(100);
    spoil(4096 + 100);
    assert_status(STATUS_CORRUPT, hsm_frontier_open(path, &file, &read, &why));
    assert_non_null(strstr(why.text, "neither slot of the frontier file /"));
    assert_non_null(strstr(why.text, "/frontier is whole"));
}

/* A copy of the older slot over the newer one is not a newer slot. */
static void a_slot_belongs_to_its_place(void **state)
{
    unsigned char slot[2200];
    (void)state;
    (void)write_two();
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t n = pread(fd, slot, sizeof(slot), 4096);
    assert_true(n > 0);
    assert_int_equal(pwrite(fd, slot, (size_t)n, 0), n);
    (void)close(fd);
    assert_int_equal(reopened().frontier.size, 2); /* slot 1 still */
    spoil(4096 + 50);
    struct hsm_frontier_file file;
    struct hsm_state read;
    assert_status(STATUS_CORRUPT, hsm_frontier_open(path, &file, &read, &why));
}

static void refuses_a_missing_file(void **state)
{
    struct hsm_frontier_file file;
    struct hsm_state read;
    (void)state;
    assert_int_equal(unlink(path), 0);
    assert_status(STATUS_NOT_FOUND,
                  hsm_frontier_open(path, &file, &read, &why));
}

static void refuses_a_file_that_others_may_write(void **state)
{
    struct hsm_frontier_file file;
    struct hsm_state read;
    (void)state;
    assert_int_equal(chmod(path, 0620), 0);
    assert_status(STATUS_DENIED, hsm_frontier_open(path, &file, &read, &why));
    assert_non_null(strstr(why.text, "must be a file of mode 0600 that"));
}

static void refuses_a_link_in_its_place(void **state)
{
    struct hsm_frontier_file file;
    struct hsm_state read;
    char elsewhere[256];
    (void)state;
    (void)snprintf(elsewhere, sizeof(elsewhere), "%s.real", path);
    assert_int_equal(rename(path, elsewhere), 0);
    assert_int_equal(symlink(elsewhere, path), 0);
    assert_true(failed(hsm_frontier_open(path, &file, &read, &why)));
}

static void goes_on_when_the_file_is_ahead_of_the_token(void **state)
{
    struct hsm_state later = grown(state_of_zero, 1);
    (void)state;
    assert_ok(hsm_state_check(&state_of_zero, &state_of_zero, &why));
    assert_ok(hsm_state_check(&later, &state_of_zero, &why));
}

static void refuses_a_file_behind_the_token(void **state)
{
    struct hsm_state later = grown(state_of_zero, 1);
    (void)state;
    assert_status(STATUS_CORRUPT,
                  hsm_state_check(&state_of_zero, &later, &why));
    assert_non_null(strstr(
        why.text, "the frontier file is older than the token: it stands"));
}

static void refuses_another_root_at_the_same_size(void **state)
{
    struct hsm_state one = grown(state_of_zero, 1);
    struct hsm_state other = grown(state_of_zero, 2);
    (void)state;
    assert_status(STATUS_CORRUPT, hsm_state_check(&one, &other, &why));
    assert_non_null(strstr(
        why.text, "the frontier file and the token disagree about the root"));
}

static void refuses_another_store_or_epoch(void **state)
{
    struct hsm_state other = state_of_zero;
    (void)state;
    other.store.bytes[0] ^= 1;
    assert_status(STATUS_CORRUPT,
                  hsm_state_check(&other, &state_of_zero, &why));
    assert_non_null(strstr(
        why.text, "the frontier file belongs to another store than the token"));
    other = state_of_zero;
    other.epoch++;
    assert_status(STATUS_CORRUPT,
                  hsm_state_check(&other, &state_of_zero, &why));
    assert_non_null(strstr(why.text, "epoch"));
}

/* The table of leaves, beside the state because both are about appending. */
static void the_table_forgets_the_oldest_of_65536(void **state)
{
    struct hsm_leaves *leaves = NULL;
    struct hash hash = { { 9 } };
    (void)state;
    assert_ok(hsm_leaves_new(0, &leaves));
    for (uint64_t i = 0; i <= HSM_LEAVES_MAX; i++)
        hsm_leaves_add(leaves, i, &hash, 0);
    assert_status(STATUS_DENIED, hsm_leaves_take(leaves, 0, &hash, 0, &why));
    assert_ok(hsm_leaves_take(leaves, 1, &hash, 0, &why));
    assert_ok(hsm_leaves_take(leaves, HSM_LEAVES_MAX, &hash, 0, &why));
    hsm_leaves_free(leaves);
}

static void the_table_knows_a_leaf_by_its_hash(void **state)
{
    struct hsm_leaves *leaves = NULL;
    struct hash hash = { { 9 } }, other = { { 8 } };
    (void)state;
    assert_ok(hsm_leaves_new(0, &leaves));
    hsm_leaves_add(leaves, 5, &hash, 0);
    assert_status(STATUS_DENIED, hsm_leaves_take(leaves, 5, &other, 0, &why));
    assert_ok(hsm_leaves_take(leaves, 5, &hash, 0, &why));
    assert_status(STATUS_DENIED, hsm_leaves_take(leaves, 5, &hash, 0, &why));
    assert_non_null(strstr(why.text, "already"));
    hsm_leaves_free(leaves);
}

/* Who asks for one was honest, most likely: its worker was replaced. */
static void the_table_tells_leaves_of_earlier_generations(void **state)
{
    struct hsm_leaves *leaves = NULL;
    struct hash hash = { { 9 } };
    (void)state;
    assert_ok(hsm_leaves_new(5, &leaves));
    assert_status(STATUS_UNAVAILABLE,
                  hsm_leaves_take(leaves, 4, &hash, 0, &why));
    assert_status(STATUS_DENIED, hsm_leaves_take(leaves, 5, &hash, 0, &why));
    assert_non_null(strstr(why.text, "not appended in this generation"));
    hsm_leaves_free(leaves);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(begins_empty),
        CASE(is_never_made_over),
        CASE(reads_the_newest_slot),
        CASE(a_torn_slot_costs_nothing_that_was_answered),
        CASE(refuses_when_neither_slot_holds),
        CASE(a_slot_belongs_to_its_place),
        CASE(refuses_a_missing_file),
        CASE(refuses_a_file_that_others_may_write),
        CASE(refuses_a_link_in_its_place),
        CASE(goes_on_when_the_file_is_ahead_of_the_token),
        CASE(refuses_a_file_behind_the_token),
        CASE(refuses_another_root_at_the_same_size),
        CASE(refuses_another_store_or_epoch),
        CASE(the_table_forgets_the_oldest_of_65536),
        CASE(the_table_knows_a_leaf_by_its_hash),
        CASE(the_table_tells_leaves_of_earlier_generations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
