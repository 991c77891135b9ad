#include "tests/pkcs11/stage.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "pkcs11/pkcs11.h"
#include "tests/support/check.h"

#ifndef ACCORD_HSM
#error "the build names the program"
#endif

void stage_heap(void)
{
    static bool open;
    if (!open)
        assert_ok(secret_heap_open(1024 * 1024));
    open = true;
}

const char *stage_file(const struct stage *stage, const char *name)
{
    return temp_dir_path(&stage->dir, name);
}

static void write_text(const struct stage *stage, const char *name,
                       const char *text, mode_t mode)
{
    assert_ok(file_write(stage_file(stage, name), bytes_of_string(text), mode));
}

static void read_all(int fd, char *said, size_t size)
{
    size_t len = 0;
    ssize_t n;
    char rest[256];

    while (said && len + 1 < size &&
           (n = read(fd, said + len, size - 1 - len)) > 0)
        len += (size_t)n;
    if (said)
        said[len] = '\0';
    while (read(fd, rest, sizeof(rest)) > 0)
        continue;
}

int stage_run(const char *const arguments[], char *said, size_t size)
{
    int out[2], how = 0;

    assert_int_equal(pipe(out), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(out[1], STDOUT_FILENO);
        (void)dup2(out[1], STDERR_FILENO);
        (void)close_range(3, ~0U, 0);
        (void)execvp(arguments[0], (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    (void)close(out[1]);
    read_all(out[0], said, size);
    (void)close(out[0]);
    assert_int_equal(waitpid(child, &how, 0), child);
    return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
}

static void make_token(const struct stage *stage)
{
    char text[256];
    const char *const arguments[] = {
        "softhsm2-util", "--init-token", "--free", "--label", "accord",
        "--so-pin",      "so-4711",      "--pin",  STAGE_PIN, NULL
    };

    assert_int_equal(mkdir(stage_file(stage, "tokens"), 0700), 0);
    (void)snprintf(text, sizeof(text),
                   "directories.tokendir = %s\n"
                   "objectstore.backend = file\n"
                   "log.level = ERROR\n",
                   stage_file(stage, "tokens"));
    write_text(stage, "softhsm.conf", text, 0600);
    assert_int_equal(
        setenv("SOFTHSM2_CONF", stage_file(stage, "softhsm.conf"), 1), 0);
    assert_int_equal(stage_run(arguments, NULL, 0), 0);
}

const char *stage_module(void)
{
    const char *named = getenv("ACCORD_TEST_MODULE");
    return named ? named : "/usr/lib/softhsm/libsofthsm2.so";
}

void stage_make(struct stage *stage, const char *more)
{
    stage_make_with(stage, stage_module(), more);
}

/* "@DIR@" in `more` stands for the directory, once. */
static void put_more(const struct stage *stage, const char *more, char *out,
                     size_t size)
{
    const char *mark = strstr(more, "@DIR@");
    if (mark)
        (void)snprintf(out, size, "%.*s%s%s", (int)(mark - more), more,
                       stage->dir.path, mark + strlen("@DIR@"));
    else
        (void)snprintf(out, size, "%s", more);
}

void stage_make_with(struct stage *stage, const char *module, const char *more)
{
    char text[2048], rest[512];

    *stage = (struct stage){ .dir = temp_dir_make() };
    (void)snprintf(stage->config_path, sizeof(stage->config_path), "%s",
                   stage_file(stage, "accord-hsm.conf"));
    (void)snprintf(stage->socket_path, sizeof(stage->socket_path), "%s",
                   stage_file(stage, "socket"));
    make_token(stage);
    put_more(stage, more, rest, sizeof(rest));
    assert_int_equal(mkdir(stage_file(stage, "state"), 0700), 0);
    write_text(stage, "pin", STAGE_PIN "\n", 0400);
    (void)snprintf(text, sizeof(text),
                   "[token]\n"
                   "module = %s\n"
                   "softhsm_conf = %s\n"
                   "pin_file = %s\n"
                   "[service]\n"
                   "socket = %s\n"
                   "peers = %u\n"
                   "state_directory = %s\n"
                   "[ca]\n"
                   "domain = " STAGE_DOMAIN "\n"
                   "%s",
                   module, stage_file(stage, "softhsm.conf"),
                   stage_file(stage, "pin"), stage->socket_path,
                   (unsigned)geteuid(), stage_file(stage, "state"), rest);
    write_text(stage, "accord-hsm.conf", text, 0600);
}

void stage_clear(struct stage *stage)
{
    if (stage->hsm > 0)
        (void)stage_stop(stage);
    temp_dir_remove(&stage->dir);
}

int stage_init(struct stage *stage, char *said, size_t size)
{
    char ignored[2048];
    const char *const arguments[] = { ACCORD_HSM, "init", "--config",
                                      stage->config_path, NULL };
    int code = stage_run(arguments, said ? said : ignored,
                         said ? size : sizeof(ignored));
    if (code != 0 && !said)
        print_error("init: %s\n", ignored);
    return code;
}

void stage_start(struct stage *stage)
{
    const char *const arguments[] = { ACCORD_HSM, "run", "--config",
                                      stage->config_path, NULL };
    const char *log = stage_file(stage, "log");

    stage->hsm = fork();
    assert_true(stage->hsm >= 0);
    if (stage->hsm == 0) {
        int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        (void)dup2(fd, STDOUT_FILENO);
        (void)dup2(fd, STDERR_FILENO);
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* nothing outlives a test */
        (void)close_range(3, ~0U, 0);
        (void)execv(arguments[0], (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
}

int stage_stop(struct stage *stage)
{
    int how = 0;
    assert_int_equal(stage_signal(stage->hsm, SIGTERM), 0);
    assert_int_equal(waitpid(stage->hsm, &how, 0), stage->hsm);
    stage->hsm = 0;
    return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
}

/* Polling is the only way to see another process's start from outside. */
void stage_await(struct stage *stage, enum status_code code, struct reason *why)
{
    const struct timespec pause = { .tv_nsec = 20 * 1000000 };
    AUTO_FREE(pkcs11_door) door = NULL;
    struct status s = OK;

    assert_ok(pkcs11_door_open(stage->socket_path, 10000, &door));
    for (int i = 0; i < 500; i++) {
        struct pkcs11_description description = { .epoch = 0 };
        why->text[0] = '\0';
        s = pkcs11_describe(door, &description, why);
        pkcs11_description_clear(&description);
        if (s.code == code && !strstr(why->text, "cannot reach"))
            return;
        (void)nanosleep(&pause, NULL);
    }
    print_error("last answer: %s: %s\n", status_name(s.code), why->text);
    assert_string_equal(status_name(s.code), status_name(code));
}

void stage_await_line(const struct stage *stage, const char *text)
{
    const struct timespec pause = { .tv_nsec = 20 * 1000000 };
    for (int i = 0; i < 500; i++) {
        AUTO_CLEAR_BUFFER log = buffer_make(1024 * 1024);
        status_ignore(file_read(stage_file(stage, "log"), &log));
        if (log.len > 0 && memmem(log.data, log.len, text, strlen(text)))
            return;
        (void)nanosleep(&pause, NULL);
    }
    fail_msg("the log never says: %s", text);
}

pid_t stage_child(const struct stage *stage, const char *role)
{
    char path[64], list[256], *rest = list;
    (void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children",
                   (int)stage->hsm, (int)stage->hsm);
    FILE *children = fopen(path, "r");
    assert_non_null(children);
    size_t len = fread(list, 1, sizeof(list) - 1, children);
    list[len] = '\0';
    (void)fclose(children);

    for (char *word; (word = strtok_r(rest, " ", &rest));) {
        char command[256] = "";
        (void)snprintf(path, sizeof(path), "/proc/%s/cmdline", word);
        FILE *file = fopen(path, "r");
        if (!file)
            continue;
        size_t n = fread(command, 1, sizeof(command) - 1, file);
        (void)fclose(file);
        if (n > 0 && strcmp(command + strlen(command) + 1, role) == 0)
            return (pid_t)strtol(word, NULL, 10);
    }
    return 0;
}

int stage_signal(pid_t process, int signal)
{
    return process > 0 ? kill(process, signal) : -1;
}

void stage_worker(struct stage *stage, struct hsm_worker *out)
{
    AUTO_CLEAR_BUFFER config = buffer_make(HSM_CONFIG_MAX);
    AUTO_FREE(secret) pin = NULL;
    struct reason why = { "" };
    bool refuses = false;

    stage_heap();
    assert_ok(file_read(stage->config_path, &config));
    assert_ok(file_read_secret(stage_file(stage, "pin"), 64, true, &pin));
    struct status s =
        hsm_worker_open(out, buffer_bytes(&config), pin, &refuses, &why);
    if (failed(s))
        print_error("worker: %s\n", why.text);
    assert_ok(s);
}
