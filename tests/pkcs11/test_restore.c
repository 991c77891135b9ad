/* An older store goes on only by order of whoever has the PIN, as a new epoch
 * that begins with the leaf about it. */

#include <stdio.h>
#include <unistd.h>

#include "tests/support/check.h"

#include "base/file.h"
#include "pkcs11/settings.h"
#include "tests/pkcs11/running.h"

#define KEPT 5

/* --- what the tests begin with ------------------------------------------- */

/* The tree of running_append() over the first leaves, as a broker with an
 * older store would write it. */
static void write_request(uint64_t size, struct api_id store)
{
    struct api_restore_request request = { .store = store };
    AUTO_CLEAR_BUFFER encoded = buffer_make(API_RESTORE_REQUEST_MAX);
    for (uint64_t i = 0; i < size; i++) {
        unsigned char leaf[API_LEAF_LEN];
        struct hash hash;
        assert_ok(api_leaf_encode(
            &(struct api_leaf){ .kind = API_LEAF_CHANGE, .index = i }, leaf));
        assert_ok(api_leaf_hash(leaf, &hash));
        assert_ok(api_frontier_add(&request.frontier, &hash));
    }
    assert_ok(api_restore_request_encode(&request, &encoded));
    assert_ok(file_write(stage_file(&r.stage, "request"),
                         buffer_bytes(&encoded), 0600));
}

/* `accord-hsm restore`: its exit code, and what it said. */
static int order(const char *size, char *said, size_t capacity)
{
    char request[256];
    (void)snprintf(request, sizeof(request), "%s",
                   stage_file(&r.stage, "request"));
    const char *const arguments[] = { ACCORD_HSM, "restore",
                                      "--config", r.stage.config_path,
                                      "--from",   request,
                                      "--size",   size,
                                      NULL };
    return stage_run(arguments, said, capacity);
}

static struct pkcs11_description described(void)
{
    struct pkcs11_description d;
    assert_ok(pkcs11_describe(r.door, &d, &r.why));
    pkcs11_description_clear(&d); /* the rest of it stays */
    return d;
}

/* Nine leaves signed, and it has stopped. */
static int begin(void **state)
{
    (void)running_begin(state);
    (void)running_connect(state);
    (void)running_append(9);
    write_request(KEPT, described().store);
    (void)running_hang_up(state);
    assert_int_equal(stage_stop(&r.stage), 0);
    return 0;
}

static void start(void)
{
    stage_start(&r.stage);
    running_await(STATUS_OK);
}

static void assert_refused(int code, const char *said, const char *words)
{
    assert_int_equal(code, 1);
    if (!strstr(said, words))
        fail_msg("\"%s\" does not say \"%s\"", said, words);
}

/* The tree of the kept leaves and the one about the rest. */
static void assert_restored(const struct pkcs11_description *d)
{
    AUTO_JSON *detail = NULL;
    unsigned char leaf[API_LEAF_LEN], salt[API_SALT_LEN];
    AUTO_CLEAR_BUFFER encoded = buffer_make(API_RESTORE_REQUEST_MAX);
    struct api_restore_request request;
    struct hash hash, root;
    assert_true(d->was_restored);
    assert_int_equal(d->epoch, 2);
    assert_int_equal(d->restored.epoch, 2);
    assert_int_equal(d->restored.kept_size, KEPT);
    assert_int_equal(d->restored.lost_size, 9);
    assert_int_equal(d->size, KEPT + 1);
    assert_ok(file_read(stage_file(&r.stage, "request"), &encoded));
    assert_ok(api_restore_request_decode(buffer_bytes(&encoded), &request));
    assert_ok(api_restore_leaf(&d->restored, leaf, salt, &detail));
    assert_ok(api_leaf_hash(leaf, &hash));
    assert_ok(api_frontier_add(&request.frontier, &hash));
    assert_ok(api_frontier_root(&request.frontier, &root));
    assert_true(hash_equal(&root, &d->root));
}

/* --- the tests ----------------------------------------------------------- */

static void a_new_epoch_begins_with_the_leaf_about_it(void **state)
{
    char said[2048];
    (void)state;
    assert_int_equal(order("5", said, sizeof(said)), 0);
    assert_non_null(strstr(said, "epoch          2\n"));
    assert_non_null(strstr(said, "kept           5 leaves"));
    assert_non_null(strstr(said, "lost           4 leaves of the 9 signed"));
    start();
    struct pkcs11_description d = described();
    assert_restored(&d);
    struct api_head head = running_append(1);
    assert_int_equal(head.epoch, 2);
    assert_int_equal(head.size, KEPT + 2);
    assert_ok(api_head_verify(&head, &d.log_key));
}

static void a_restore_that_was_interrupted_is_completed(void **state)
{
    AUTO_CLEAR_BUFFER before = buffer_make(16384);
    char frontier[256], said[2048];
    (void)state;
    (void)snprintf(frontier, sizeof(frontier), "%s",
                   stage_file(&r.stage, "state/frontier"));
    assert_ok(file_read(frontier, &before));
    assert_int_equal(order("5", said, sizeof(said)), 0);
    assert_ok(file_write(frontier, buffer_bytes(&before), 0600));

    stage_start(&r.stage);
    running_await(STATUS_UNAVAILABLE);
    assert_non_null(
        strstr(r.why.text, "the frontier file is of epoch 1, the token of 2"));
    assert_int_equal(stage_stop(&r.stage), 0);

    assert_int_equal(order("5", said, sizeof(said)), 0);
    start();
    struct pkcs11_description d = described();
    assert_restored(&d);
}

/* An older frontier file is not taken for an interruption. */
static void nothing_that_was_signed_since_is_given_up_silently(void **state)
{
    AUTO_CLEAR_BUFFER before = buffer_make(16384);
    char frontier[256], said[2048];
    (void)state;
    (void)snprintf(frontier, sizeof(frontier), "%s",
                   stage_file(&r.stage, "state/frontier"));
    assert_ok(file_read(frontier, &before));
    assert_int_equal(order("5", said, sizeof(said)), 0);
    start();
    (void)running_append(3);
    (void)running_hang_up(NULL);
    assert_int_equal(stage_stop(&r.stage), 0); /* writes the anchor */
    assert_ok(file_write(frontier, buffer_bytes(&before), 0600));
    assert_refused(order("5", said, sizeof(said)), said,
                   "the frontier file is of epoch 1, the token of 2");
}

static void what_is_not_older_is_not_restored(void **state)
{
    char said[2048];
    (void)state;
    start();
    struct api_id store = described().store, other = store;
    (void)running_hang_up(NULL);
    assert_int_equal(stage_stop(&r.stage), 0);

    write_request(9, store);
    assert_refused(order("9", said, sizeof(said)), said,
                   "leaves that were signed: nothing is lost, start accordd");
    write_request(10, store);
    assert_refused(order("10", said, sizeof(said)), said,
                   "signed only 9: nothing is lost, start accordd");
    other.bytes[0] ^= 1;
    write_request(KEPT, other);
    assert_refused(order("5", said, sizeof(said)), said,
                   "the request is about the store of another installation");
    start();
    struct pkcs11_description d = described();
    assert_int_equal(d.epoch, 1);
    assert_int_equal(d.size, 9);
    assert_false(d.was_restored);
}

static void it_takes_the_pin_the_number_and_a_stopped_service(void **state)
{
    char said[2048], pin[256];
    (void)state;
    assert_refused(order("6", said, sizeof(said)), said,
                   "the request keeps 5 leaves, --size says 6");
    assert_int_equal(order("five", said, sizeof(said)), 2);

    (void)snprintf(pin, sizeof(pin), "%s", stage_file(&r.stage, "pin"));
    assert_ok(file_write(pin, bytes_of_string("wrong-pin"), 0400));
    assert_refused(order("5", said, sizeof(said)), said, "PIN");
    assert_ok(file_write(pin, bytes_of_string(STAGE_PIN), 0400));

    start();
    assert_refused(order("5", said, sizeof(said)), said, "");
    assert_int_equal(described().epoch, 1);
    (void)running_hang_up(NULL);
    assert_int_equal(stage_stop(&r.stage), 0);

    assert_ok(file_write(stage_file(&r.stage, "request"),
                         bytes_of_string("nonsense"), 0600));
    assert_refused(order("5", said, sizeof(said)), said,
                   "this is no request to restore: accordd --restore");
}

static void a_record_that_is_not_whole_stops_the_start(void **state)
{
    char said[2048], path[256];
    AUTO_CLEAR_BUFFER record = buffer_make(4096);
    (void)state;
    assert_int_equal(order("5", said, sizeof(said)), 0);
    (void)snprintf(path, sizeof(path), "%s",
                   stage_file(&r.stage, "state/restored"));
    assert_ok(file_read(path, &record));
    assert_ok(file_write(path, bytes_of(record.data, record.len - 1), 0600));
    stage_start(&r.stage);
    running_await(STATUS_UNAVAILABLE);
    assert_non_null(
        strstr(r.why.text, "is not whole: put it back, or remove it once the"));
}

static int end(void **state)
{
    (void)running_hang_up(state);
    return running_end(state);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_new_epoch_begins_with_the_leaf_about_it),
        CASE(a_restore_that_was_interrupted_is_completed),
        CASE(nothing_that_was_signed_since_is_given_up_silently),
        CASE(what_is_not_older_is_not_restored),
        CASE(it_takes_the_pin_the_number_and_a_stopped_service),
        CASE(a_record_that_is_not_whole_stops_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
