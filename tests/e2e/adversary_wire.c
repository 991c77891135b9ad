/* adversary_wire.c - connections, frames, and a worker that starts again. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/e2e/adversary.h"

/* The same leaf, asked for many times at once. */
#define AT_ONCE 64
static void one_leaf_at_once(struct adversary *a)
{
    static struct attempt t;
    AUTO_CLEAR_BUFFER body = buffer_make(1);
    AUTO_CLEAR_BUFFER out = buffer_make(PKCS11_REQUEST_MAX);
    unsigned performed = 0;

    attempt_release(a, &t, a->release);
    release_subject(&t);
    adversary_append(a, &t.leaf, t.release.fields.leaf);
    release_body(&t, &body);
    for (unsigned i = 0; i < AT_ONCE; i++) {
        const struct pkcs11_frame frame = { ++a->asked, PKCS11_RELEASE,
                                            buffer_bytes(&body) };
        pkcs11_frame_put(&out, &frame);
    }
    must(!failed(pkcs11_write(a->fd, buffer_bytes(&out))), "nobody reads");
    for (unsigned i = 0; i < AT_ONCE; i++) {
        adversary_hear(a);
        performed += a->answer.code == STATUS_OK;
    }
    adversary_say(a, "one leaf in 64 requests at once is performed once",
                  performed == 1, "it was not");
}

/* More than the supervisor keeps: those beyond are told so, none is lost. */
#define FLOOD 4000u
static void a_flood(struct adversary *a)
{
    AUTO_CLEAR_BUFFER out = buffer_make(FLOOD * PKCS11_FRAME_HEAD);
    unsigned ok = 0, busy = 0;

    for (unsigned i = 0; i < FLOOD; i++) {
        const struct pkcs11_frame frame = { ++a->asked, PKCS11_PROBE,
                                            bytes_of(NULL, 0) };
        pkcs11_frame_put(&out, &frame);
    }
    must(!failed(pkcs11_write(a->fd, buffer_bytes(&out))), "nobody reads");
    for (unsigned i = 0; i < FLOOD; i++) {
        adversary_hear(a);
        ok += a->answer.code == STATUS_OK;
        busy += a->answer.code == STATUS_BUSY;
    }
    (void)printf("%u requests at once: %u served, %u told that it is busy\n",
                 FLOOD, ok, busy);
    adversary_say(a, "thousands of requests at once are all answered",
                  ok > 0 && ok + busy == FLOOD, "one was not");
}

/* The first frame that another connection is sent, unasked; then its end. */
static void a_second_connection(struct adversary *a)
{
    AUTO_CLEAR_BUFFER in = buffer_make(PKCS11_ANSWER_MAX);
    struct pkcs11_frame frame = { 0 };
    char byte;
    int fd = adversary_dial_another(a);
    bool told = !failed(pkcs11_frame_read(fd, &in, &frame)) &&
                frame.code == STATUS_BUSY &&
                bytes_equal(frame.body,
                            bytes_of_string("another broker is connected to "
                                            "accord-hsm"));
    bool ended = read(fd, &byte, 1) <= 0;
    (void)close(fd);
    adversary_say(a, "a second connection beside the first is turned away",
                  told && ended, "it was not");
    adversary_describe(a);
}

static void the_store_key_twice(struct adversary *a)
{
    const struct hash salt = { { 1 } };
    struct hash first;
    must(adversary_ask(a, PKCS11_STORE_KEY, hash_bytes(&salt)) == STATUS_OK &&
             a->answer.body.len == HASH_LEN,
         "the store key");
    memcpy(first.bytes, a->answer.body.at, HASH_LEN);
    (void)adversary_ask(a, PKCS11_STORE_KEY, hash_bytes(&salt));
    adversary_judge(a, "the store key a second time", STATUS_DENIED,
                    "the store key is given once per connection");
}

/* The supervisor may learn of the new connection before the end of the old. */
static void dial_again(struct adversary *a)
{
    const struct timespec pause = { .tv_nsec = 10 * 1000000 };
    adversary_hang_up(a);
    for (int i = 0; i < 500; i++) {
        adversary_dial(a);
        adversary_send(a, PKCS11_DESCRIBE, bytes_of(NULL, 0));
        adversary_hear(a);
        if (a->answer.id == a->asked)
            return;
        must(a->answer.code == STATUS_BUSY, "turned away");
        (void)close(a->fd);
        (void)nanosleep(&pause, NULL);
    }
    must(false, "never served again");
}

/* What ends a connection; the next is served. */
static void impossible_frames(struct adversary *a)
{
    static const struct {
        const char *name, *bytes;
        size_t len;
    } frames[] = {
        { "a frame of four gigabytes", "\xff\xff\xff\xff\0\0\0\1\1", 9 },
        { "a frame a byte too long", "\0\x10\xff\xfd\0\0\0\1\1", 9 },
        { "a frame of no length", "\0\0\0\0\0\0\0\1\1", 9 },
        { "a frame shorter than its head", "\0\0\0\4\0\0\0\1\1", 9 },
        { "text", "GET / HTTP/1.1\r\n\r\n", 18 },
    };
    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        char byte;
        must(write(a->fd, frames[i].bytes, frames[i].len) ==
                 (ssize_t)frames[i].len,
             "write");
        bool ended = read(a->fd, &byte, 1) == 0;
        adversary_say(a, frames[i].name, ended,
                      "it did not end the connection");
        dial_again(a);
    }
    /* Half a frame, and gone. */
    must(write(a->fd, "\0\0\1\0\0\0", 6) == 6, "write");
    dial_again(a);
    adversary_describe(a);
    honest_release(a, "half a frame is nothing: the next one is served");
}

/* --- a worker that starts again ------------------------------------------ */

static pid_t worker_of(pid_t supervisor)
{
    char path[64], list[256] = "", *rest = list;
    (void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children",
                   (int)supervisor, (int)supervisor);
    FILE *children = fopen(path, "r");
    must(children != NULL, "the supervisor is gone");
    list[fread(list, 1, sizeof(list) - 1, children)] = '\0';
    (void)fclose(children);
    for (char *word; (word = strtok_r(rest, " ", &rest));) {
        char command[256] = "";
        (void)snprintf(path, sizeof(path), "/proc/%s/cmdline", word);
        FILE *file = fopen(path, "r");
        size_t len = file ? fread(command, 1, sizeof(command) - 1, file) : 0;
        if (file)
            (void)fclose(file);
        if (len > 0 && strcmp(command + strlen(command) + 1, "worker") == 0)
            return (pid_t)strtol(word, NULL, 10);
    }
    return 0;
}

/* Not what C can do: it waits for a day on which the worker starts again. */
static void restart(struct adversary *a)
{
    const struct timespec pause = { .tv_nsec = 20 * 1000000 };
    uint64_t generation = a->about.generation;
    pid_t worker = worker_of(a->supervisor);
    must(worker > 0 && kill(worker, SIGKILL) == 0, "kill");
    for (int i = 0; i < 1000 && a->about.generation == generation; i++) {
        (void)nanosleep(&pause, NULL);
        if (adversary_ask(a, PKCS11_DESCRIBE, bytes_of(NULL, 0)) == STATUS_OK) {
            pkcs11_description_clear(&a->about);
            must(!failed(pkcs11_decode_description(a->answer.body, &a->about)),
                 "description");
        }
    }
    must(a->about.generation > generation, "no new worker");
}

static void a_leaf_of_an_earlier_generation(struct adversary *a)
{
    static struct attempt t;
    struct api_leaf other = { .kind = API_LEAF_CHANGE };
    unsigned char ignored[API_LEAF_LEN];
    AUTO_CLEAR_BUFFER body = buffer_make(1);
    struct hash root;

    attempt_release(a, &t, a->release);
    release_subject(&t);
    adversary_append(a, &t.leaf, t.release.fields.leaf);
    release_body(&t, &body);
    adversary_describe(a);
    uint64_t size = a->about.size;
    root = a->about.root;
    restart(a);
    adversary_say(a, "a new worker goes on from the very head",
                  a->about.size == size && hash_equal(&a->about.root, &root),
                  "from another");
    (void)adversary_ask(a, PKCS11_RELEASE, buffer_bytes(&body));
    adversary_judge(a, "a leaf of an earlier generation", STATUS_UNAVAILABLE,
                    "leaf # was not appended in this generation");
    (void)adversary_ask(a, PKCS11_APPEND,
                        bytes_of(t.release.fields.leaf, API_LEAF_LEN));
    adversary_judge(a, "... appended again at its place", STATUS_DENIED,
                    "leaf # comes where leaf # is due");
    for (int i = 0; i < 3; i++)
        adversary_append(a, &other, ignored);
    (void)adversary_ask(a, PKCS11_RELEASE, buffer_bytes(&body));
    adversary_judge(a, "... after other leaves", STATUS_UNAVAILABLE,
                    "leaf # was not appended in this generation");
    (void)adversary_ask(a, PKCS11_RELEASE, a->release->body);
    adversary_judge(a, "the honest broker's own request, again",
                    STATUS_UNAVAILABLE,
                    "leaf # was not appended in this generation");
    (void)adversary_ask(a, PKCS11_CERTIFY, a->certify->body);
    adversary_judge(a, "the honest broker's certificate, again",
                    STATUS_UNAVAILABLE,
                    "leaf # was not appended in this generation");
}

void adversary_connections(struct adversary *a)
{
    one_leaf_at_once(a);
    a_flood(a);
    a_second_connection(a);
    the_store_key_twice(a);
    impossible_frames(a);
    a_leaf_of_an_earlier_generation(a);
    honest_release(a, "and the honest release goes on");
}
