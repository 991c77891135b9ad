#include "enclave/run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "enclave/app.h"
#include "enclave/layout.h"
#include "enclave/transfer.h"
#include "enclave/workplace.h"
#include "platform/platform.h"

/* Kept free in the work directory, for what the program itself writes. */
#define ROOM_KEPT ((uint64_t)1024 * 1024)

struct run {
    struct arguments *arguments;
    struct accord_session *session;
    struct workplace place;
    char program[PATH_MAX];
    const char **app; /* its name without directories, then the arguments */
};

static void say(const struct run *r, const char *line)
{
    if (!r->arguments->quiet)
        (void)fprintf(stderr, "accord-enclave: %s\n", line);
}

static void say_line(void *context, const char *line)
{
    say(context, line);
}

static int fail(const char *text, int code)
{
    (void)fprintf(stderr, "accord-enclave: %s\n", text);
    return code;
}

/* A step that talks to others. */
static int fail_step(struct run *r, const char *step, struct status s,
                     const struct reason *why)
{
    struct trouble t = { .why = *why };
    int code = (int)session_fail(r->session, step, s, &t, ACCORD_ERROR);
    return fail(r->session->error, code);
}

/* A step on this machine only: nobody else is unavailable. */
static int fail_here(struct run *r, const char *step, struct status s,
                     const struct reason *why)
{
    (void)fail_step(r, step, s, why);
    return ACCORD_ERROR;
}

/* The program's file, and the name it is called by: the last part of its
 * path, which the measurement covers, wherever the file lies. */
static struct status find_program(struct run *r, struct reason *why)
{
    char **given = r->arguments->app;
    size_t count = 0;
    if (!realpath(given[0], r->program))
        return refuse(why, STATUS_NOT_FOUND, "program", "%s: %s", given[0],
                      strerror(errno));
    while (given[count])
        count++;
    r->app = calloc(count + 1, sizeof(*r->app));
    if (!r->app)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    memcpy(r->app, given, count * sizeof(*r->app));
    const char *slash = strrchr(given[0], '/');
    r->app[0] = slash ? slash + 1 : given[0];
    return OK;
}

int run_measure(const struct arguments *arguments)
{
    struct arguments copy = *arguments;
    struct run r = { .arguments = &copy };
    struct reason why = { "" };
    struct hash measurement;
    char text[2 * HASH_LEN + 1];
    size_t count = 0;
    struct status s = find_program(&r, &why);
    while (!failed(s) && r.app[count])
        count++;
    if (!failed(s))
        s = platform_sim_measurement("/proc/self/exe", r.program, r.app, count,
                                     &measurement, &why);
    free(r.app);
    if (failed(s))
        return fail(why.text[0] ? why.text : status_name(s.code), ACCORD_ERROR);
    hex_encode(hash_bytes(&measurement), text);
    return puts(text) < 0 ? ACCORD_ERROR : ACCORD_OK;
}

/* Opening a fifo for reading waits for somebody to open it for writing. What
 * they write is taken until they close: closing first would kill them with
 * SIGPIPE. */
static int wait_at(struct run *r, const char *path)
{
    struct stat st;
    char unused[64];
    struct reason why = { "" };
    say(r, "paused before the release");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISFIFO(st.st_mode)) {
        if (fd >= 0)
            (void)close(fd);
        return fail_here(
            r, "pause",
            refuse(&why, STATUS_INVALID, "pause", "%s is not a fifo", path),
            &why);
    }
    while (read(fd, unused, sizeof(unused)) > 0)
        continue;
    (void)close(fd);
    say(r, "resumed");
    return ACCORD_OK;
}

static struct status write_receipts(const struct run *r, struct reason *why)
{
    const char *path = r->arguments->receipts;
    AUTO_CLEAR_BUFFER text = buffer_make((size_t)64 * 1024 * 1024);
    if (!path)
        return OK;
    TRY(api_json_canonical(r->session->receipts, &text));
    buffer_put_u8(&text, '\n');
    TRY(buffer_status(&text));
    struct status s = file_write(path, buffer_bytes(&text), 0644);
    return failed(s) ? refuse(why, s.code, "receipts", "cannot write %s", path)
                     : s;
}

static struct status fetch(struct run *r, const struct enclave_dataset *d,
                           struct reason *why)
{
    uint64_t room;
    int fd;
    struct stat st = { 0 };
    TRY(workplace_room(&r->place, &room));
    if (room <= ROOM_KEPT)
        return refuse(why, STATUS_UNAVAILABLE, "room",
                      "no room left in the work directory");
    TRY(layout_create_data(d, r->place.fd, &fd, why));
    struct status s =
        transfer_download(r->session, d, fd, room - ROOM_KEPT, why);
    (void)fstat(fd, &st); /* for the progress line only */
    if (close(fd) != 0 && !failed(s))
        s = failure(STATUS_UNAVAILABLE, "close", (uint32_t)errno);
    if (!failed(s))
        session_say(r->session, "download %s/%s: %lld bytes", d->port,
                    d->object, (long long)st.st_size);
    return s;
}

static struct status deliver(struct run *r, const struct enclave_dataset *d,
                             struct reason *why)
{
    int fd;
    TRY(layout_open_data(d, r->place.fd, &fd, why));
    struct status s = transfer_upload(r->session, d, fd, why);
    (void)close(fd);
    if (!failed(s))
        session_say(r->session, "upload %s/%s: delivered", d->port, d->object);
    return s;
}

/* Every input in, or every output out. */
static int move_all(struct run *r, const char *what, bool outputs)
{
    for (size_t i = 0; i < r->session->count; i++) {
        const struct enclave_dataset *d = &r->session->datasets[i];
        char step[160];
        struct reason why = { "" };
        if (layout_is_output(d) != outputs)
            continue;
        struct status s = outputs ? deliver(r, d, &why) : fetch(r, d, &why);
        (void)snprintf(step, sizeof(step), "%s %s/%s", what, d->port,
                       d->object);
        if (failed(s))
            return fail_step(r, step, s, &why);
    }
    return ACCORD_OK;
}

static int run_app(struct run *r)
{
    struct reason why = { "" };
    int code = ACCORD_ERROR;
    bool offline = false;
    const struct app app = {
        .program = r->program,
        .arguments = (char *const *)(uintptr_t)r->app,
        .directory = r->place.path,
        .configuration = r->session->configuration,
        .network = r->arguments->network,
    };
    say(r, "run: starting the program");
    struct status s = app_run(&app, &code, &offline, &why);
    if (failed(s))
        return fail_here(r, "run", s, &why);
    if (!offline && !r->arguments->network)
        (void)fprintf(stderr, "accord-enclave: warning: the program had the "
                              "machine's network: no permission to take it "
                              "away\n");
    if (code != 0)
        (void)fprintf(stderr,
                      "accord-enclave: run: the program ended with %d; "
                      "nothing is delivered\n",
                      code);
    return code;
}

static int work(struct run *r)
{
    struct reason why = { "" };
    struct status s = layout_fill(r->session, r->place.fd, &why);
    if (failed(s))
        return fail_here(r, "layout", s, &why);
    int code = move_all(r, "download", false);
    if (code == 0)
        code = run_app(r);
    return code == 0 ? move_all(r, "upload", true) : code;
}

static int obtain(struct run *r)
{
    struct arguments *a = r->arguments;
    struct reason why = { "" };
    a->options.program = r->program;
    a->options.arguments = r->app;
    a->options.progress = say_line;
    a->options.progress_context = r;
    int code = (int)session_attest(r->session, &a->options);
    if (code != 0)
        return fail(r->session->error, code);
    if (a->pause_before_release) {
        code = wait_at(r, a->pause_before_release);
        if (code != 0)
            return code;
    }
    code = (int)session_release_all(r->session);
    /* What was released before a refusal has its receipts all the same. */
    struct status s = write_receipts(r, &why);
    if (code != 0)
        return fail(r->session->error, code);
    return failed(s) ? fail_here(r, "receipts", s, &why) : ACCORD_OK;
}

static int run_in_place(struct run *r, bool isolated)
{
    struct reason why = { "" };
    int code = obtain(r);
    if (code != 0)
        return code;
    struct status s = workplace_open(isolated, &r->place, &why);
    if (failed(s))
        return fail_here(r, "work directory", s, &why);
    if (!r->place.mounted)
        (void)fprintf(stderr,
                      "accord-enclave: warning: %s is not private: no "
                      "permission for a mount namespace\n",
                      r->place.path);
    code = work(r);
    workplace_close(&r->place);
    return code;
}

static bool harden(void)
{
    struct rlimit none = { 0, 0 };
    (void)umask(077);
    api_json_memory_open();
    return setrlimit(RLIMIT_CORE, &none) == 0 &&
           prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
           signal(SIGPIPE, SIG_IGN) != SIG_ERR;
}

int run(struct arguments *arguments)
{
    struct run r = { .arguments = arguments, .place = { .fd = -1 } };
    struct reason why = { "" };
    bool isolated = workplace_isolate();
    if (!harden())
        return fail("cannot harden this process", ACCORD_ERROR);
    r.session = session_new();
    if (!r.session)
        return fail(accord_error(NULL), ACCORD_ERROR);
    struct status s = find_program(&r, &why);
    int code = failed(s) ? fail_here(&r, "program", s, &why)
                         : run_in_place(&r, isolated);
    free(r.app);
    accord_session_free(r.session);
    return code;
}
