/* Runs a fuzz target without libFuzzer, so that every build tests the corpus:
 *
 *     fuzz.NAME [--mutations N] FILE|DIRECTORY...
 *
 * Each seed is given to the target as it is and then changed in N ways. The
 * changes depend on N, the seed's place and nothing else, so that a failure
 * comes again. On a crash the guilty input is written to standard error as
 * a seed's name and the number of the change, and its bytes to the file
 * fuzz-crash in the working directory. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));
void __sanitizer_set_death_callback(void (*)(void)) __attribute__((weak));

#define SEED_MAX ((size_t)4 << 20)

/* What is being run; read by the report of a crash. */
static struct {
    const char *seed;
    size_t change; /* 0: the seed itself */
    struct bytes input;
} now;

static void report_crash(void)
{
    char text[512];
    int len = snprintf(text, sizeof(text),
                       "fuzz driver: died on %s, change %zu; "
                       "the input is in ./fuzz-crash\n",
                       now.seed ? now.seed : "no seed", now.change);
    if (len > 0)
        (void)!write(STDERR_FILENO, text, (size_t)len);
    int fd = open("fuzz-crash", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0 && now.input.len > 0)
        (void)!write(fd, now.input.at, now.input.len);
}

static void on_signal(int number)
{
    report_crash();
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

static void watch_for_crashes(void)
{
    /* Sanitizers have handlers of their own, which do not return. */
    if (__sanitizer_set_death_callback) {
        __sanitizer_set_death_callback(report_crash);
        (void)signal(SIGABRT, on_signal);
        return;
    }
    static const int deadly[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV };
    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
        (void)signal(deadly[i], on_signal);
}

/* splitmix64: small, and the same everywhere. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static size_t draw_below(uint64_t *state, size_t limit)
{
    return limit == 0 ? 0 : (size_t)(draw(state) % limit);
}

/* Makes one change in data[0..*len), which has room for one byte more. */
static void change_once(unsigned char *data, size_t *len, uint64_t *state)
{
    static const unsigned char telling[] = { 0x00, 0x01, 0x7f, 0x80, 0xff,
                                             '"',  '\\', '\r', '\n', '0' };
    size_t at = draw_below(state, *len);
    switch (draw_below(state, 7)) {
    case 0: data[at] ^= (unsigned char)(1U << draw_below(state, 8)); break;
    case 1: data[at] = (unsigned char)draw(state); break;
    case 2: data[at] = telling[draw_below(state, sizeof(telling))]; break;
    case 3: data[at] = data[draw_below(state, *len)]; break;
    case 4: *len = at; break; /* cut */
    case 5:                   /* drop one byte */
        memmove(data + at, data + at + 1, *len - at - 1);
        (*len)--;
        break;
    default: /* double one byte */
        memmove(data + at + 1, data + at, *len - at);
        (*len)++;
        break;
    }
}

/* A copy of exactly that length, so that ASan sees the first byte beyond. */
static void run_target(struct bytes input, size_t change)
{
    unsigned char *copy = malloc(input.len ? input.len : 1);
    if (!copy)
        abort();
    if (input.len > 0)
        memcpy(copy, input.at, input.len);
    now.change = change;
    now.input = bytes_of(copy, input.len);
    (void)LLVMFuzzerTestOneInput(copy, input.len);
    free(copy);
}

static void run_changed(struct bytes seed, size_t change)
{
    enum { CHANGES = 4 };
    uint64_t state = change;
    unsigned char *data = malloc(seed.len + CHANGES);
    if (!data)
        abort();
    memcpy(data, seed.at, seed.len);
    size_t len = seed.len;
    for (size_t i = draw_below(&state, CHANGES) + 1; i > 0 && len > 0; i--)
        change_once(data, &len, &state);
    run_target(bytes_of(data, len), change);
    free(data);
}

static bool run_file(const char *path, size_t mutations)
{
    AUTO_CLEAR_BUFFER seed = buffer_make(SEED_MAX);
    struct status read = file_read(path, &seed);
    if (failed(read)) {
        (void)fprintf(stderr, "fuzz driver: %s: %s\n", path,
                      status_name(read.code));
        return false;
    }
    now.seed = path;
    run_target(buffer_bytes(&seed), 0);
    for (size_t i = 1; seed.len > 0 && i <= mutations; i++)
        run_changed(buffer_bytes(&seed), i);
    return true;
}

/* How many seeds were run; 0 when one could not be. */
static size_t run_directory(const char *path, size_t mutations)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);
    size_t done = 0;
    bool good = count >= 0;
    for (int i = 0; i < count; i++) {
        char file[4096];
        int len =
            snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
        bool hidden = entries[i]->d_name[0] == '.';
        free(entries[i]);
        if (!good || hidden)
            continue;
        good =
            len > 0 && (size_t)len < sizeof(file) && run_file(file, mutations);
        done++;
    }
    if (count >= 0)
        free(entries);
    return good ? done : 0;
}

static size_t run_path(const char *path, size_t mutations)
{
    struct stat about;
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return run_directory(path, mutations);
    return run_file(path, mutations) ? 1 : 0;
}

int main(int argc, char **argv)
{
    int at = 1;
    size_t mutations = 0, seeds = 0;
    if (LLVMFuzzerInitialize)
        (void)LLVMFuzzerInitialize(&argc, &argv);
    if (argc > 2 && strcmp(argv[1], "--mutations") == 0) {
        mutations = strtoul(argv[2], NULL, 10);
        at = 3;
    }
    watch_for_crashes();
    run_target(bytes_of(NULL, 0), 0);
    for (; at < argc; at++) {
        size_t done = run_path(argv[at], mutations);
        if (done == 0) {
            (void)fprintf(stderr, "fuzz driver: no seeds in %s\n", argv[at]);
            return EXIT_FAILURE;
        }
        seeds += done;
    }
    (void)printf("%zu seeds, %zu changes of each\n", seeds, mutations);
    return EXIT_SUCCESS;
}
