/* Every page of a store is damaged in turn while nobody looks. The broker that
 * then starts may refuse or even fall over: it never gives out a wrong
 * credential, nor one that was withheld, and it never hangs.
 *
 * ACCORD_FAULTS=all damages every 16th byte instead of some of each page. */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/broker/cast.h"

#define PAGE ((size_t)4096)

/* A sanitizer makes it slow, and sees nothing of LMDB. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STEP (3 * PAGE)
#else
#define STEP PAGE
#endif

enum outcome {
    REFUSED,      /* did not start, and said why                       */
    SAID_NOTHING, /* did not start: the reason is empty               */
    SERVED,       /* started, and gave the right credential            */
    DENIED,       /* started, and gave none                            */
    FELL_OVER,    /* a signal before anything was given                */
    WRONG,        /* gave another credential, or what does not open    */
    WITHHELD,     /* gave what its owner has suspended                 */
    HUNG,
    OUTCOMES,
};
static const char *const names[OUTCOMES] = {
    "refused",   "said nothing", "served",         "denied",
    "fell over", "WRONG",        "WITHHELD GIVEN", "HUNG",
};

struct scene {
    struct play play;
    struct enclave enclave;
    struct stage *stage;
    struct buffer whole; /* data.mdb as it was */
    char path[256];      /* where it is */
    size_t seen[OUTCOMES];
};

static int scene_setup(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    void *stage = NULL;
    assert_non_null(scene);
    assert_int_equal(0, stage_setup(&stage));
    play_begin(&scene->play, stage);
    play_agree(&scene->play);
    enclave_make(&scene->play, soft_rsa_key(0), &scene->enclave);
    scene->stage = stage;
    assert_answer(stage_ask(stage, as(&scene->play.bob), HTTP_POST, NULL,
                            "/accord/v1/datasets/%s/suspend",
                            scene->play.output.text),
                  200, NULL);
    stage_close(stage);
    (void)snprintf(scene->path, sizeof(scene->path), "%s/data.mdb",
                   stage_store(stage));
    scene->whole = buffer_make((size_t)64 << 20);
    assert_ok(file_read(scene->path, &scene->whole));
    *state = scene;
    return 0;
}

static int scene_teardown(void **state)
{
    struct scene *scene = *state;
    void *stage = scene->stage;
    buffer_clear(&scene->whole);
    enclave_clear(&scene->enclave);
    play_end(&scene->play);
    free(scene);
    return stage_teardown(&stage);
}

/* --- one start, in a process of its own ---------------------------------- */

static volatile sig_atomic_t on_failure = FELL_OVER;

/* Asserts abort, and the store's map may end before its tree does. */
static void fail_as(int signal)
{
    _exit(signal == SIGALRM ? HUNG : on_failure);
}

static void expect_signals(void)
{
    static const int signals[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGALRM };
    const struct rlimit none = { 0, 0 };
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        (void)signal(signals[i], fail_as);
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)setenv("CMOCKA_TEST_ABORT", "1", 1);
    (void)alarm(20);
}

static struct answer *release(struct scene *scene, const char *dataset)
{
    return stage_ask(scene->stage, as_enclave(&scene->enclave), HTTP_POST,
                     json_pack("{s:s}", "dataset", dataset),
                     "/accord/v1/release");
}

static enum outcome open_it(struct scene *scene, const struct answer *a)
{
    static struct api_credential credential;
    on_failure = WRONG; /* from now on everything must hold */
    enclave_open(&scene->enclave, a, &credential);
    bool right = strcmp(credential.location, scene->play.input.location) == 0 &&
                 bytes_equal(secret_expose(credential.content),
                             bytes_of_string("{\"query_string\": \"eA==\"}"));
    return right ? SERVED : WRONG;
}

static enum outcome start(struct scene *scene)
{
    struct reason why = { "" };
    if (failed(stage_open(scene->stage, &why)))
        return why.text[0] ? REFUSED : SAID_NOTHING;
    if (release(scene, scene->play.output.text)->status == 200)
        return WITHHELD;
    struct answer *a = release(scene, scene->play.input.text);
    return a->status == 200 ? open_it(scene, a) : DENIED;
}

static enum outcome outcome_of_start(struct scene *scene)
{
    int how = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        (void)dup2(nowhere, STDERR_FILENO);
        expect_signals();
        _exit((int)start(scene));
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    return WIFEXITED(how) && WEXITSTATUS(how) < OUTCOMES
               ? (enum outcome)WEXITSTATUS(how)
               : FELL_OVER;
}

/* --- damage -------------------------------------------------------------- */

static void write_store(const struct scene *scene, size_t len)
{
    int fd = open(scene->path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, scene->whole.data, len), (ssize_t)len);
    (void)close(fd);
}

static void count(struct scene *scene, const char *damage, size_t at,
                  size_t len)
{
    write_store(scene, len);
    enum outcome got = outcome_of_start(scene);
    scene->seen[got]++;
    if (got == SAID_NOTHING || got >= WRONG)
        fail_msg("%s at byte %zu: %s", damage, at, names[got]);
}

static void flip(struct scene *scene, size_t at)
{
    unsigned char mask = (unsigned char)(1u << at / 7 % 8);
    scene->whole.data[at] ^= mask;
    count(scene, "flipped", at, scene->whole.len);
    scene->whole.data[at] ^= mask;
}

static void zero(struct scene *scene, size_t at)
{
    unsigned char before[PAGE];
    memcpy(before, scene->whole.data + at, PAGE);
    memset(scene->whole.data + at, 0, PAGE);
    count(scene, "zeroed", at, scene->whole.len);
    memcpy(scene->whole.data + at, before, PAGE);
}

static void say_what_was_seen(const struct scene *scene)
{
    (void)printf("%zu pages:", scene->whole.len / PAGE);
    for (size_t i = 0; i < OUTCOMES; i++)
        if (scene->seen[i] > 0)
            (void)printf(" %zu %s", scene->seen[i], names[i]);
    (void)printf("\n");
}

/* --- the tests ----------------------------------------------------------- */

static void a_whole_store_serves(void **state)
{
    struct scene *scene = *state;
    write_store(scene, scene->whole.len);
    assert_int_equal(SERVED, outcome_of_start(scene));
}

/* Heads of pages, their pointers, and somewhere in their contents. */
static void a_flipped_bit_gives_no_wrong_secret(void **state)
{
    static const size_t some[] = { 0, 8, 10, 12, 17, 1023, 2600, 4090 };
    struct scene *scene = *state;
    bool all = getenv("ACCORD_FAULTS") != NULL;
    for (size_t page = 0; page < scene->whole.len; page += STEP) {
        for (size_t i = 0; !all && i < sizeof(some) / sizeof(some[0]); i++)
            flip(scene,
                 page + (some[i] + (some[i] > 17 ? page / 64 : 0)) % PAGE);
        for (size_t at = 0; all && at < PAGE; at += 16)
            flip(scene, page + at + at / 16 % 16);
    }
    say_what_was_seen(scene);
    assert_true(scene->seen[REFUSED] > 0);
    assert_true(scene->seen[SERVED] > 0); /* where nothing is kept any more */
}

static void a_zeroed_page_gives_no_wrong_secret(void **state)
{
    struct scene *scene = *state;
    for (size_t page = 0; page + PAGE <= scene->whole.len; page += STEP)
        zero(scene, page);
    say_what_was_seen(scene);
    assert_true(scene->seen[REFUSED] > 0);
}

static void a_truncated_store_gives_no_wrong_secret(void **state)
{
    struct scene *scene = *state;
    for (size_t page = 0; page < scene->whole.len; page += STEP) {
        count(scene, "truncated", page, page);
        count(scene, "truncated", page + 100, page + 100);
    }
    say_what_was_seen(scene);
    assert_true(scene->seen[REFUSED] > 0);
}

#define scene_test(f)                                                          \
    cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(a_whole_store_serves),
        scene_test(a_flipped_bit_gives_no_wrong_secret),
        scene_test(a_zeroed_page_gives_no_wrong_secret),
        scene_test(a_truncated_store_gives_no_wrong_secret),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
