/* The kept history grows, and nothing in it can be lost or altered unseen. */

#include "tests/support/check.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/history.h"
#include "cli/verify.h"
#include "tests/cli/log_sample.h"
#include "tests/support/temp_dir.h"

#define FIRST  "00000000000000000000-00000000000000000002.json"
#define SECOND "00000000000000000002-00000000000000000005.json"

static struct log_sample sample;
static struct temp_dir directory;

/* What the log has beyond `from`, added to what is kept. */
static struct status follow(const struct log_sample *log, struct reason *why)
{
    struct history history;
    AUTO_JSON *whole = log_sample_export(log);
    AUTO_JSON *fresh = json_array();
    struct status s =
        history_read(directory.path, &sample.log_key, &history, why);
    const json_t *leaves = json_object_get(whole, "leaves");
    for (size_t i = history.head.size; i < json_array_size(leaves); i++)
        (void)json_array_append(fresh, json_array_get(leaves, i));
    if (!failed(s))
        s = history_add(&history, directory.path, fresh,
                        json_object_get(whole, "head"), &sample.log_key, why);
    history_clear(&history);
    return s;
}

static void expect_refused(const char *says)
{
    struct history history;
    struct reason why = { "" };
    assert_status(STATUS_CORRUPT, history_read(directory.path, &sample.log_key,
                                               &history, &why));
    history_clear(&history);
    if (!strstr(why.text, says))
        fail_msg("\"%s\" does not say \"%s\"", why.text, says);
}

static int setup(void **state)
{
    (void)state;
    directory = temp_dir_make();
    log_sample_init(&sample);
    log_sample_add(&sample, API_LEAF_STORE, 20, "{}");
    log_sample_add(&sample, API_LEAF_CHANGE, 21, "{\"n\":1}");
    assert_ok(follow(&sample, NULL));
    for (int i = 0; i < 3; i++)
        log_sample_add(&sample, API_LEAF_CHANGE, 22, "{\"n\":2}");
    assert_ok(follow(&sample, NULL));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    log_sample_clear(&sample);
    temp_dir_remove(&directory);
    return 0;
}

/* Replaces, in a piece, text by other text of the same length. */
static void alter(const char *name, const char *old, const char *new)
{
    AUTO_CLEAR_BUFFER text = buffer_make(65536);
    const char *path = temp_dir_path(&directory, name);
    assert_ok(file_read(path, &text));
    unsigned char *at = memmem(text.data, text.len, old, strlen(old));
    assert_non_null(at);
    memcpy(at, new, strlen(old));
    assert_ok(file_write(path, buffer_bytes(&text), 0600));
}

static void the_pieces_are_one_export(void **state)
{
    (void)state;
    static const struct api_head none;
    struct history history;
    struct verifier v = { .anchors_count = 0 };
    assert_ok(history_read(directory.path, &sample.log_key, &history, NULL));
    assert_int_equal(history.head.size, 5);
    AUTO_JSON *log = history_export(&history);
    assert_ok(verifier_run(&v, log, &sample.log_key, &none, NULL));
    assert_int_equal(v.leaves, 5);
    assert_int_equal(v.details, 5);
    history_clear(&history);
}

static void nothing_new_writes_nothing(void **state)
{
    (void)state;
    assert_ok(follow(&sample, NULL));
    const char *path = temp_dir_path(
        &directory, "00000000000000000005-00000000000000000005.json");
    assert_int_equal(access(path, F_OK), -1);
}

static void other_files_are_left_alone(void **state)
{
    (void)state;
    const char *path = temp_dir_path(&directory, "notes.json");
    assert_ok(file_write(path, bytes_of_string("mine"), 0600));
    assert_ok(follow(&sample, NULL));
}

static void a_missing_piece_is_found(void **state)
{
    (void)state;
    const char *path = temp_dir_path(&directory, FIRST);
    assert_int_equal(unlink(path), 0);
    expect_refused("it begins at leaf 2, leaf 0 is due: a piece is missing");
}

static void an_altered_leaf_is_found(void **state)
{
    (void)state;
    alter(FIRST, "\"leaf\":\"AQAAAAAAAAAA", "\"leaf\":\"/wAAAAAAAAAA");
    expect_refused(FIRST ": this is no piece of a log");
    alter(FIRST, "\"leaf\":\"/wAAAAAAAAAA", "\"leaf\":\"AgAAAAAAAAAA");
    expect_refused("the leaves do not give the signed root: a leaf was");
}

static void leaves_in_another_place_are_found(void **state)
{
    (void)state;
    alter(SECOND, "\"from\":2", "\"from\":3");
    expect_refused("it begins at leaf 3, leaf 2 is due");
}

static void a_leaf_left_out_is_found(void **state)
{
    (void)state;
    const char *path = temp_dir_path(&directory, SECOND);
    AUTO_CLEAR_BUFFER text = buffer_make(65536);
    AUTO_CLEAR_BUFFER shorter = buffer_make(65536);
    AUTO_JSON *piece = NULL;
    assert_ok(file_read(path, &text));
    assert_ok(api_json_read(buffer_bytes(&text), 65536, false, &piece, NULL));
    (void)json_array_remove(json_object_get(piece, "leaves"), 0);
    assert_ok(api_json_canonical(piece, &shorter));
    assert_ok(file_write(path, buffer_bytes(&shorter), 0600));
    expect_refused("leaf 3 stands where leaf 2 is due");
}

static void what_is_no_piece_is_named(void **state)
{
    (void)state;
    const char *path = temp_dir_path(&directory, SECOND);
    assert_ok(file_write(path, bytes_of_string("[]"), 0600));
    expect_refused(SECOND ": ");
    assert_ok(file_write(path, bytes_of_string("{\"from\":"), 0600));
    expect_refused(SECOND ": ");
}

static void another_logs_head_is_found(void **state)
{
    (void)state;
    struct log_sample other;
    struct reason why = { "" };
    log_sample_init(&other);
    for (uint64_t i = 0; i < 6; i++)
        log_sample_add(&other, API_LEAF_CHANGE, 20 + i, "{\"n\":3}");
    struct status s = follow(&other, &why);
    log_sample_clear(&other);
    assert_status(STATUS_CORRUPT, s);
    assert_non_null(
        strstr(why.text, "the head is not signed by the pinned log key"));
}

/* The pinned key signs another history: its leaves do not continue ours. */
static void a_fork_adds_nothing(void **state)
{
    (void)state;
    struct reason why = { "" };
    struct log_sample fork = sample;
    AUTO_JSON *leaves = json_array();
    fork.leaves = leaves;
    fork.frontier = (struct api_frontier){ 0 };
    for (uint64_t i = 0; i < 6; i++)
        log_sample_add(&fork, API_LEAF_CHANGE, 20 + i, "{\"n\":3}");
    assert_status(STATUS_CORRUPT, follow(&fork, &why));
    assert_non_null(strstr(why.text, "the leaves do not give the signed root"));
    const char *path = temp_dir_path(
        &directory, "00000000000000000005-00000000000000000006.json");
    assert_int_equal(access(path, F_OK), -1);
}

/* The pinned key signs the same leaves, and more, for another store. */
static void another_stores_head_adds_nothing(void **state)
{
    (void)state;
    struct reason why = { "" };
    struct log_sample other = sample;
    AUTO_JSON *leaves = json_deep_copy(sample.leaves);
    other.leaves = leaves;
    other.store.bytes[0] ^= 1;
    log_sample_add(&other, API_LEAF_CHANGE, 23, "{\"n\":3}");
    assert_status(STATUS_CORRUPT, follow(&other, &why));
    assert_non_null(
        strstr(why.text, "the head is another store's than the one before"));
}

/* The same log, as it was before the second piece. */
static void a_shorter_log_is_refused(void **state)
{
    (void)state;
    struct log_sample shorter = sample;
    struct reason why = { "" };
    AUTO_JSON *leaves = json_array();
    shorter.leaves = leaves;
    shorter.frontier = (struct api_frontier){ 0 };
    log_sample_add(&shorter, API_LEAF_STORE, 20, "{}");
    assert_status(STATUS_CORRUPT, follow(&shorter, &why));
    assert_non_null(strstr(why.text, "the leaves do not give the signed root"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_pieces_are_one_export),
        CASE(nothing_new_writes_nothing),
        CASE(other_files_are_left_alone),
        CASE(a_missing_piece_is_found),
        CASE(an_altered_leaf_is_found),
        CASE(leaves_in_another_place_are_found),
        CASE(a_leaf_left_out_is_found),
        CASE(what_is_no_piece_is_named),
        CASE(another_logs_head_is_found),
        CASE(a_fork_adds_nothing),
        CASE(another_stores_head_adds_nothing),
        CASE(a_shorter_log_is_refused),
    };
    if (failed(secret_heap_open(256 * 1024)))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
