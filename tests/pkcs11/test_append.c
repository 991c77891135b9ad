/* The log grows in order, in time, and on disk before it is signed. */

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/check.h"

#include "tests/pkcs11/scene.h"

static struct stage stage;
static struct hsm_worker worker;
static struct scene scene;

static int set_up(void **state)
{
    (void)state;
    stage_make(&stage, "");
    assert_int_equal(stage_init(&stage, NULL, 0), 0);
    stage_worker(&stage, &worker);
    scene_make(&scene, &worker);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scene_clear(&scene);
    hsm_worker_clear(&worker);
    stage_clear(&stage);
    return 0;
}

static uint64_t size_now(void)
{
    return worker.log.state.frontier.size;
}

static struct api_leaf next_leaf(void)
{
    return (struct api_leaf){ .kind = API_LEAF_CHANGE,
                              .index = size_now(),
                              .time = scene.now };
}

static STATUS append(const struct api_leaf *leaves, size_t count,
                     struct api_head *head)
{
    AUTO_CLEAR_BUFFER body = buffer_make(PKCS11_REQUEST_MAX);

    for (size_t i = 0; i < count; i++) {
        unsigned char *at = buffer_extend(&body, API_LEAF_LEN);
        assert_non_null(at);
        assert_ok(api_leaf_encode(&leaves[i], at));
    }
    TRY(scene_job(&scene, PKCS11_APPEND, buffer_bytes(&body)));
    return pkcs11_decode_head(buffer_bytes(&scene.out), head);
}

static void assert_refused(const struct api_leaf *leaf, const char *text)
{
    struct api_head head;
    uint64_t before = size_now();

    assert_status(STATUS_DENIED, append(leaf, 1, &head));
    assert_non_null(strstr(scene.why.text, text));
    assert_int_equal(size_now(), before);
}

static void signs_the_head_that_the_leaves_make(void **state)
{
    struct api_leaf leaves[5];
    struct api_frontier expected = worker.log.state.frontier;
    struct api_head head;
    struct hash root;
    (void)state;

    for (size_t i = 0; i < 5; i++) {
        unsigned char encoded[API_LEAF_LEN];
        struct hash hash;
        leaves[i] = next_leaf();
        leaves[i].index += i;
        leaves[i].subject.bytes[0] = (unsigned char)i;
        assert_ok(api_leaf_encode(&leaves[i], encoded));
        assert_ok(api_leaf_hash(encoded, &hash));
        assert_ok(api_frontier_add(&expected, &hash));
    }
    assert_ok(append(leaves, 5, &head));
    assert_ok(api_frontier_root(&expected, &root));
    assert_int_equal(head.size, expected.size);
    assert_true(hash_equal(&head.root, &root));
    assert_int_equal(head.time, scene.now);
    assert_int_equal(head.epoch, 1);
    assert_ok(api_head_verify(&head, &worker.log_key));
    head.size++;
    assert_true(failed(api_head_verify(&head, &worker.log_key)));
}

static void signs_the_head_as_it_stands(void **state)
{
    struct api_head head;
    uint64_t before = size_now();
    (void)state;
    assert_ok(append(NULL, 0, &head));
    assert_int_equal(head.size, before);
    assert_ok(api_head_verify(&head, &worker.log_key));
}

static void refuses_a_gap(void **state)
{
    struct api_leaf leaf = next_leaf();
    (void)state;
    leaf.index++;
    assert_refused(&leaf, "leaf 6 comes where leaf 5 is due");
}

static void refuses_a_leaf_in_anothers_place(void **state)
{
    struct api_leaf leaf = next_leaf();
    struct api_head head;
    (void)state;
    assert_ok(append(&leaf, 1, &head));
    assert_refused(&leaf, "is due");
}

static void refuses_time_that_goes_back(void **state)
{
    struct api_leaf leaf = next_leaf();
    struct api_head head;
    (void)state;
    assert_ok(append(&leaf, 1, &head));
    leaf = next_leaf();
    leaf.time--;
    assert_refused(&leaf, "the time of leaf 7 is before the leaf before it");
}

static void refuses_time_ahead_of_its_own_clock(void **state)
{
    struct api_leaf leaf = next_leaf();
    (void)state;
    leaf.time += 60001;
    assert_refused(&leaf, "is more than 60 s ahead of the clock");
}

static void takes_all_leaves_or_none(void **state)
{
    struct api_leaf leaves[2] = { next_leaf(), next_leaf() };
    struct api_head head;
    uint64_t before = size_now();
    (void)state;
    leaves[1].index += 2;
    assert_status(STATUS_DENIED, append(leaves, 2, &head));
    assert_int_equal(size_now(), before);
}

static void refuses_more_than_512_leaves(void **state)
{
    AUTO_CLEAR_BUFFER body = buffer_make(PKCS11_REQUEST_MAX);
    (void)state;
    assert_non_null(buffer_extend(&body, 513 * API_LEAF_LEN));
    assert_status(STATUS_INVALID,
                  scene_job(&scene, PKCS11_APPEND, buffer_bytes(&body)));
}

static void refuses_half_a_leaf(void **state)
{
    unsigned char leaf[API_LEAF_LEN];
    struct api_leaf next = next_leaf();
    (void)state;
    assert_ok(api_leaf_encode(&next, leaf));
    assert_status(STATUS_INVALID,
                  scene_job(&scene, PKCS11_APPEND, bytes_of(leaf, 96)));
}

/* A head is a promise: what it covers must survive the process. */
static void has_on_disk_what_it_signed(void **state)
{
    struct api_leaf leaf = next_leaf();
    struct api_head head;
    struct hsm_frontier_file file;
    struct hsm_state read;
    struct hash root;
    struct reason why = { "" };
    (void)state;
    assert_ok(append(&leaf, 1, &head));
    assert_ok(hsm_frontier_open(stage_file(&stage, "state/frontier"), &file,
                                &read, &why));
    assert_int_equal(read.frontier.size, head.size);
    assert_int_equal(read.time, head.time);
    assert_ok(api_frontier_root(&read.frontier, &root));
    assert_true(hash_equal(&root, &head.root));
    hsm_frontier_close(&file);
}

/* Leaves of an older time are history: kept, never performed. */
static void does_not_let_old_leaves_be_performed(void **state)
{
    unsigned char encoded[API_LEAF_LEN];
    struct api_leaf leaf = next_leaf();
    struct hash hash;
    (void)state;
    scene.now += 2 * HSM_LEAF_LIFE;
    assert_ok(scene_append(&scene, &leaf, encoded));
    assert_ok(api_leaf_hash(encoded, &hash));
    assert_status(STATUS_DENIED,
                  hsm_leaves_take(worker.leaves, leaf.index, &hash,
                                  scene.monotonic, &scene.why));
}

/* The disk refuses: no head, and no second try that could fork. */
static void stops_for_good_when_the_file_cannot_be_written(void **state)
{
    struct api_leaf leaf = next_leaf();
    struct api_head head;
    int real = worker.log.file.fd;
    uint64_t before = size_now();
    (void)state;
    worker.log.file.fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_status(STATUS_UNAVAILABLE, append(&leaf, 1, &head));
    assert_int_equal(scene.out.len, 0);
    assert_string_equal(scene.why.text,
                        "the frontier file could not be written");
    (void)close(worker.log.file.fd);
    worker.log.file.fd = real;
    assert_status(STATUS_UNAVAILABLE, append(&leaf, 1, &head));
    assert_int_equal(size_now(), before);
    worker.log.broken = false;
}

static void anchors_what_the_token_does_not_know_yet(void **state)
{
    struct api_leaf leaf = next_leaf();
    struct api_head head;
    struct hsm_state anchor;
    (void)state;
    assert_ok(append(&leaf, 1, &head));
    assert_ok(hsm_anchor_read(&scene.session, &anchor, &scene.why));
    assert_true(anchor.frontier.size < head.size);
    assert_ok(scene_job(&scene, PKCS11_ANCHOR, bytes_of(NULL, 0)));
    assert_ok(hsm_anchor_read(&scene.session, &anchor, &scene.why));
    assert_int_equal(anchor.frontier.size, head.size);
    assert_int_equal(anchor.time, head.time);
}

static void of_two_anchors_the_larger_counts(void **state)
{
    struct hsm_state small = worker.log.state, large = small, read;
    (void)state;
    struct hash hash = { { 1 } };
    assert_ok(api_frontier_add(&large.frontier, &hash));
    assert_ok(hsm_anchor_write(&scene.session, &small));
    /* As a kill between making the new and destroying the old leaves it. */
    assert_ok(hsm_anchor_add(&scene.session, &large));
    assert_ok(hsm_anchor_read(&scene.session, &read, &scene.why));
    assert_int_equal(read.frontier.size, large.frontier.size);
    assert_ok(hsm_anchor_write(&scene.session, &small));
    assert_ok(hsm_anchor_read(&scene.session, &read, &scene.why));
    assert_int_equal(read.frontier.size, small.frontier.size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_the_head_that_the_leaves_make),
        cmocka_unit_test(signs_the_head_as_it_stands),
        cmocka_unit_test(refuses_a_gap),
        cmocka_unit_test(refuses_a_leaf_in_anothers_place),
        cmocka_unit_test(refuses_time_that_goes_back),
        cmocka_unit_test(refuses_time_ahead_of_its_own_clock),
        cmocka_unit_test(takes_all_leaves_or_none),
        cmocka_unit_test(refuses_more_than_512_leaves),
        cmocka_unit_test(refuses_half_a_leaf),
        cmocka_unit_test(has_on_disk_what_it_signed),
        cmocka_unit_test(does_not_let_old_leaves_be_performed),
        cmocka_unit_test(stops_for_good_when_the_file_cannot_be_written),
        cmocka_unit_test(anchors_what_the_token_does_not_know_yet),
        cmocka_unit_test(of_two_anchors_the_larger_counts),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
