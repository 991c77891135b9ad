/* Every file of the token and of the state directory is damaged in turn. The
 * worker that then starts may refuse, fall over, or give a key with which
 * nothing opens: it never gives another credential, and it never hangs.
 *
 * ACCORD_FAULTS=all damages every 8th byte instead of some of each file. */

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/check.h"

#include "base/file.h"
#include "tests/pkcs11/scene.h"

#define FILES_MAX 64

/* SoftHSM asks for as much memory as a damaged length says: without a limit
 * on it only whole files are damaged. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

enum outcome {
    REFUSED,   /* did not start, and said why                */
    SILENT,    /* did not start: the reason is empty         */
    SERVED,    /* started, and gave the right key            */
    DENIED,    /* started, and gave none                     */
    FELL_OVER, /* a signal, before or instead of an answer   */
    USELESS,   /* gave a key with which the blob fails       */
    WRONG,     /* another credential                         */
    HUNG,
    OUTCOMES,
};
static const char *const names[OUTCOMES] = { "refused", "silent",    "served",
                                             "denied",  "fell over", "useless",
                                             "WRONG",   "HUNG" };

struct kept {
    char path[512];
    struct buffer bytes;
    mode_t mode;
};

static struct stage stage;
static struct hsm_worker worker;
static struct scene scene;
static struct kept kept[FILES_MAX];
static size_t kept_count;
static size_t seen[OUTCOMES];
static struct reason *said; /* by the child that was the last */

/* --- the files as they were ---------------------------------------------- */

typedef void (*file_fn)(const char *path, const struct stat *about);

static void walk(const char *directory, file_fn each)
{
    DIR *listing = opendir(directory);
    struct dirent *entry;
    assert_non_null(listing);
    while ((entry = readdir(listing))) {
        char path[512];
        struct stat about;
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof(path), "%.200s/%.200s", directory,
                       entry->d_name);
        assert_int_equal(lstat(path, &about), 0);
        if (S_ISDIR(about.st_mode))
            walk(path, each);
        else
            each(path, &about);
    }
    (void)closedir(listing);
}

static void walk_all(file_fn each)
{
    static const char *const directories[] = { "tokens", "state" };
    for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
        char path[256];
        (void)snprintf(path, sizeof(path), "%s",
                       stage_file(&stage, directories[i]));
        walk(path, each);
    }
}

static void keep(const char *path, const struct stat *about)
{
    struct kept *k = &kept[kept_count++];
    assert_in_range(kept_count, 1, FILES_MAX);
    (void)snprintf(k->path, sizeof(k->path), "%s", path);
    k->bytes = buffer_make(1 << 20);
    k->mode = about->st_mode & 07777;
    assert_ok(file_read(path, &k->bytes));
}

static void take_away(const char *path, const struct stat *about)
{
    (void)about;
    (void)unlink(path);
}

static void write_kept(const struct kept *k, size_t len)
{
    int fd = open(k->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, k->mode);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, k->bytes.data, len), (ssize_t)len);
    (void)close(fd);
}

/* The last start has written to some of them. */
static void put_all_back(void)
{
    walk_all(take_away);
    for (size_t i = 0; i < kept_count; i++)
        write_kept(&kept[i], kept[i].bytes.len);
}

static int set_up(void **state)
{
    (void)state;
    said = mmap(NULL, sizeof(*said), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(said != MAP_FAILED);
    stage_make(&stage, "");
    assert_int_equal(stage_init(&stage, NULL, 0), 0);
    stage_worker(&stage, &worker);
    scene_make(&scene, &worker);
    hsm_session_clear(&scene.session);
    hsm_worker_clear(&worker);
    walk_all(keep);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scene.session = (struct hsm_session){ .handle = CK_INVALID_HANDLE };
    for (size_t i = 0; i < kept_count; i++)
        buffer_clear(&kept[i].bytes);
    api_sealed_clear(&scene.sealed);
    ca_key_free(scene.enclave);
    api_key_free(scene.owner_key);
    api_key_free(scene.recovery_key);
    buffer_clear(&scene.out);
    buffer_clear(&scene.kept);
    stage_clear(&stage);
    (void)munmap(said, sizeof(*said));
    return 0;
}

/* --- one start, in a process of its own ---------------------------------- */

static volatile sig_atomic_t on_failure = FELL_OVER;

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
#ifndef SANITIZED /* whose shadows need more */
    const struct rlimit some = { (rlim_t)1 << 30, (rlim_t)1 << 30 };
    (void)setrlimit(RLIMIT_AS, &some);
#endif
    (void)setenv("CMOCKA_TEST_ABORT", "1", 1);
    (void)alarm(60);
}

static struct status open_worker(void)
{
    AUTO_CLEAR_BUFFER config = buffer_make(HSM_CONFIG_MAX);
    AUTO_FREE(secret) pin = NULL;
    bool refuses = false;
    TRY(file_read(stage.config_path, &config));
    TRY(file_read_secret(stage_file(&stage, "pin"), 64, true, &pin));
    return hsm_worker_open(&worker, buffer_bytes(&config), pin, &refuses, said);
}

static enum outcome start(void)
{
    struct secret *text = NULL;
    said->text[0] = '\0';
    if (failed(open_worker()))
        return said->text[0] ? REFUSED : SILENT;
    if (failed(hsm_session_open(worker.token, &scene.session)))
        return DENIED;
    scene_reset(&scene);
    if (failed(scene_release(&scene, NULL)))
        return DENIED;
    on_failure = USELESS;
    scene_open(&scene, &text);
    return strcmp((const char *)secret_expose(text).at,
                  "a credential's bytes") == 0
               ? SERVED
               : WRONG;
}

static enum outcome outcome_of_start(void)
{
    int how = 0;
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        (void)dup2(nowhere, STDOUT_FILENO);
        (void)dup2(nowhere, STDERR_FILENO);
        expect_signals();
        _exit((int)start());
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    return WIFEXITED(how) && WEXITSTATUS(how) < OUTCOMES
               ? (enum outcome)WEXITSTATUS(how)
               : FELL_OVER;
}

/* --- damage -------------------------------------------------------------- */

static void count(const struct kept *k, const char *damage, size_t at)
{
    enum outcome got = outcome_of_start();
    seen[got]++;
    if (got == SILENT || got == WRONG || got == HUNG)
        fail_msg("%s %s at byte %zu: %s", k->path, damage, at, names[got]);
}

static void flip(struct kept *k, size_t at)
{
    unsigned char mask = (unsigned char)(1u << at / 7 % 8);
    put_all_back();
    k->bytes.data[at] ^= mask;
    write_kept(k, k->bytes.len);
    k->bytes.data[at] ^= mask;
    count(k, "flipped", at);
}

static void cut(const struct kept *k, size_t len)
{
    put_all_back();
    write_kept(k, len);
    count(k, "cut", len);
}

static void zero(struct kept *k)
{
    unsigned char *before = malloc(k->bytes.len + 1);
    assert_non_null(before);
    put_all_back();
    memcpy(before, k->bytes.data, k->bytes.len);
    memset(k->bytes.data, 0, k->bytes.len);
    write_kept(k, k->bytes.len);
    memcpy(k->bytes.data, before, k->bytes.len);
    free(before);
    count(k, "zeroed", 0);
}

static void say_what_was_seen(void)
{
    (void)printf("%zu files:", kept_count);
    for (size_t i = 0; i < OUTCOMES; i++)
        if (seen[i] > 0)
            (void)printf(" %zu %s", seen[i], names[i]);
    (void)printf("\n");
    memset(seen, 0, sizeof(seen));
}

/* --- the tests ----------------------------------------------------------- */

static void whole_files_serve(void **state)
{
    (void)state;
    put_all_back();
    assert_int_equal(SERVED, outcome_of_start());
}

static void a_flipped_bit_gives_no_wrong_secret(void **state)
{
    bool all = getenv("ACCORD_FAULTS") != NULL;
    (void)state;
#ifdef SANITIZED
    skip();
#endif
    for (size_t i = 0; i < kept_count; i++) {
        size_t len = kept[i].bytes.len;
        size_t step = all || len < 8 ? 8 : len / 7 + 1;
        for (size_t at = i % 8 < len ? i % 8 : 0; at < len; at += step)
            flip(&kept[i], at);
    }
    assert_true(seen[REFUSED] > 0);
    say_what_was_seen();
}

static void a_zeroed_or_cut_file_gives_no_wrong_secret(void **state)
{
    (void)state;
    for (size_t i = 0; i < kept_count; i++) {
        if (kept[i].bytes.len == 0)
            continue; /* a lock */
        zero(&kept[i]);
        cut(&kept[i], 0);
        cut(&kept[i], kept[i].bytes.len / 2);
        cut(&kept[i], kept[i].bytes.len - 1);
    }
    assert_true(seen[REFUSED] > 0);
    say_what_was_seen();
}

/* One of them is the anchor. */
static void a_file_that_is_gone_is_missed(void **state)
{
    bool missed = false;
    (void)state;
    for (size_t i = 0; i < kept_count; i++) {
        put_all_back();
        assert_int_equal(unlink(kept[i].path), 0);
        count(&kept[i], "gone", 0);
        missed |=
            strstr(said->text,
                   "the token has no accord anchor: it is not the token") !=
            NULL;
    }
    assert_true(missed);
    say_what_was_seen();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_files_serve),
        cmocka_unit_test(a_flipped_bit_gives_no_wrong_secret),
        cmocka_unit_test(a_zeroed_or_cut_file_gives_no_wrong_secret),
        cmocka_unit_test(a_file_that_is_gone_is_missed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
