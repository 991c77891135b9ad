/* The door against a peer that the test plays: answers out of order, late,
 * malformed or not at all. */

#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/check.h"

#include "pkcs11/messages.h"
#include "pkcs11/wire.h"
#include "tests/support/temp_dir.h"

static struct temp_dir dir;
static int listener;
static struct pkcs11_door *door;
static struct reason why;

static void open_with(unsigned deadline)
{
    assert_ok(pkcs11_door_open(temp_dir_path(&dir, "socket"), deadline, &door));
}

static int set_up(void **state)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const char *path;
    (void)state;
    dir = temp_dir_make();
    path = temp_dir_path(&dir, "socket");
    memcpy(address.sun_path, path, strlen(path) + 1);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(
        bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener, 8), 0);
    door = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pkcs11_door_free(door);
    (void)close(listener);
    temp_dir_remove(&dir);
    return 0;
}

/* A call in a thread of its own, while the test plays accord-hsm. */
struct caller {
    pthread_t thread;
    struct status status;
    struct reason why;
};

static void *probe(void *argument)
{
    struct caller *caller = argument;
    caller->status = pkcs11_probe(door, &caller->why);
    return NULL;
}

static void call(struct caller *caller)
{
    *caller = (struct caller){ .status = { .code = STATUS_CORRUPT } };
    assert_int_equal(pthread_create(&caller->thread, NULL, probe, caller), 0);
}

static struct status result(struct caller *caller)
{
    assert_int_equal(pthread_join(caller->thread, NULL), 0);
    return caller->status;
}

static int accepted(void)
{
    int fd = accept(listener, NULL, NULL);
    assert_true(fd >= 0);
    return fd;
}

static uint32_t read_request(int fd, uint8_t job)
{
    struct buffer in = buffer_make(PKCS11_REQUEST_MAX);
    struct pkcs11_frame frame;
    assert_ok(pkcs11_frame_read(fd, &in, &frame));
    assert_int_equal(frame.code, job);
    buffer_clear(&in);
    return frame.id;
}

static void answer(int fd, uint32_t id, uint8_t code, const char *text)
{
    const struct pkcs11_frame frame = { id, code, bytes_of_string(text) };
    AUTO_CLEAR_BUFFER out = buffer_make(1024);
    pkcs11_frame_put(&out, &frame);
    assert_ok(pkcs11_write(fd, buffer_bytes(&out)));
}

static void carries_status_and_reason(void **state)
{
    struct caller caller;
    (void)state;
    open_with(5000);
    call(&caller);
    int fd = accepted();
    answer(fd, read_request(fd, PKCS11_PROBE), STATUS_DENIED, "because");
    assert_status(STATUS_DENIED, result(&caller));
    assert_string_equal(caller.why.text, "because");
    (void)close(fd);
}

static void gives_every_caller_its_own_answer(void **state)
{
    struct caller first, second;
    (void)state;
    open_with(5000);
    call(&first);
    int fd = accepted();
    uint32_t one = read_request(fd, PKCS11_PROBE);
    call(&second);
    uint32_t two = read_request(fd, PKCS11_PROBE);
    assert_int_not_equal(one, two);
    answer(fd, two, STATUS_OK, "");
    assert_ok(result(&second));
    answer(fd, one, STATUS_BUSY, "busy");
    assert_status(STATUS_BUSY, result(&first));
    (void)close(fd);
}

static void gives_up_after_its_deadline(void **state)
{
    struct timespec before, after;
    (void)state;
    open_with(150);
    (void)clock_gettime(CLOCK_MONOTONIC, &before);
    assert_status(STATUS_UNAVAILABLE, pkcs11_probe(door, &why));
    (void)clock_gettime(CLOCK_MONOTONIC, &after);
    assert_string_equal(why.text, "no answer from accord-hsm within 150 ms");
    long took = (after.tv_sec - before.tv_sec) * 1000 +
                (after.tv_nsec - before.tv_nsec) / 1000000;
    assert_in_range(took, 140, 2000);
    assert_non_null(strstr(why.text, "within 150 ms"));
}

static void a_late_answer_reaches_nobody_else(void **state)
{
    struct caller caller;
    (void)state;
    open_with(300);
    call(&caller);
    int fd = accepted();
    uint32_t late = read_request(fd, PKCS11_PROBE);
    assert_status(STATUS_UNAVAILABLE, result(&caller));
    call(&caller);
    uint32_t next = read_request(fd, PKCS11_PROBE);
    answer(fd, late, STATUS_DENIED, "for somebody else");
    answer(fd, next, STATUS_OK, "");
    assert_ok(result(&caller));
    (void)close(fd);
}

static void a_broken_connection_is_told_and_opened_again(void **state)
{
    struct caller caller;
    (void)state;
    open_with(5000);
    call(&caller);
    int fd = accepted();
    (void)read_request(fd, PKCS11_PROBE);
    assert_int_equal(write(fd, "\0\0\0", 3), 3); /* half a frame */
    (void)close(fd);
    assert_status(STATUS_UNAVAILABLE, result(&caller));
    call(&caller);
    fd = accepted();
    answer(fd, read_request(fd, PKCS11_PROBE), STATUS_OK, "");
    assert_ok(result(&caller));
    (void)close(fd);
}

static void says_what_the_supervisor_said_when_it_hung_up(void **state)
{
    struct caller caller;
    (void)state;
    open_with(5000);
    call(&caller);
    int fd = accepted();
    answer(fd, 0, STATUS_BUSY, "another broker");
    (void)close(fd);
    assert_status(STATUS_BUSY, result(&caller));
    assert_string_equal(caller.why.text, "another broker");
}

static void does_not_believe_malformed_answers(void **state)
{
    struct caller caller;
    (void)state;
    open_with(5000);
    call(&caller);
    int fd = accepted();
    answer(fd, read_request(fd, PKCS11_PROBE), 0x40, "");
    assert_status(STATUS_UNAVAILABLE, result(&caller));
    call(&caller);
    answer(fd, read_request(fd, PKCS11_PROBE), STATUS_OK, "x");
    assert_status(STATUS_UNAVAILABLE, result(&caller));
    call(&caller);
    answer(fd, read_request(fd, PKCS11_PROBE), STATUS_OK, "too long");
    assert_status(STATUS_UNAVAILABLE, result(&caller));
    (void)close(fd);
}

static void refuses_what_can_not_be_asked(void **state)
{
    static const unsigned char big[PKCS11_REQUEST_MAX];
    struct buffer crl = buffer_make(16);
    struct api_head head;
    (void)state;
    open_with(1000);
    assert_status(STATUS_INVALID,
                  pkcs11_crl(door, bytes_of(big, 15), 1, 2, 3, &crl, &why));
    assert_status(STATUS_INVALID,
                  pkcs11_append(door, bytes_of(big, sizeof(big)), &head, &why));
    assert_non_null(strstr(why.text, "too large"));
}

/* More than fits into a socket that nobody reads. */
static void *append_much(void *argument)
{
    static const unsigned char big[PKCS11_REQUEST_MAX - PKCS11_FRAME_HEAD];
    struct caller *caller = argument;
    struct api_head head;
    caller->status =
        pkcs11_append(door, bytes_of(big, sizeof(big)), &head, &caller->why);
    return NULL;
}

/* One request is written at a time. Each write has the whole deadline, so
 * that who waits behind a long one runs out of time first. */
static void a_call_that_gets_no_turn_is_told_so(void **state)
{
    struct caller writing = { .status = { .code = STATUS_CORRUPT } };
    (void)state;
    open_with(300);
    assert_int_equal(
        pthread_create(&writing.thread, NULL, append_much, &writing), 0);
    int fd = accepted(); /* its turn has begun */
    assert_status(STATUS_BUSY, pkcs11_probe(door, &why));
    assert_string_equal(why.text, "accord-hsm takes no jobs at the moment");
    assert_status(STATUS_UNAVAILABLE, result(&writing));
    (void)close(fd);
}

static void names_the_socket_that_is_not_there(void **state)
{
    (void)state;
    assert_ok(pkcs11_door_open("/nonexistent/socket", 1000, &door));
    assert_status(STATUS_UNAVAILABLE, pkcs11_probe(door, &why));
    assert_non_null(strstr(why.text, "/nonexistent/socket"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(carries_status_and_reason),
        CASE(gives_every_caller_its_own_answer),
        CASE(gives_up_after_its_deadline),
        CASE(a_late_answer_reaches_nobody_else),
        CASE(a_broken_connection_is_told_and_opened_again),
        CASE(says_what_the_supervisor_said_when_it_hung_up),
        CASE(does_not_believe_malformed_answers),
        CASE(refuses_what_can_not_be_asked),
        CASE(a_call_that_gets_no_turn_is_told_so),
        CASE(names_the_socket_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
