#include "tests/enclave/runner.h"

#include "tests/support/check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

struct world world;

int runner_setup(void **state)
{
    (void)state;
    world_open(&world, PLAIN);
    return 0;
}

int runner_teardown(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

const char *script(const char *text)
{
    const char *path = temp_dir_path(&world.dir, "app.sh");
    AUTO_CLEAR_BUFFER contents = buffer_make(65536);
    buffer_printf(&contents, "#!/bin/sh\n%s\n", text);
    assert_ok(file_write(path, buffer_bytes(&contents), 0700));
    return path;
}

#define WORDS_MAX 24

struct running begin(const char *const *words)
{
    struct running r = { .said = buffer_make(1 << 20) };
    const char *path = temp_dir_path(&world.dir, "said");
    r.pid = fork();
    assert_true(r.pid >= 0);
    if (r.pid == 0) {
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        (void)dup2(fd, 1);
        (void)dup2(fd, 2);
        (void)setenv("SECRET_OF_THE_HOST", "1", 1);
        (void)execv(ACCORD_ENCLAVE, (char *const *)(uintptr_t)words);
        _exit(99);
    }
    return r;
}

void finish(struct running *r)
{
    int status = 0;
    assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
    assert_true(WIFEXITED(status));
    r->code = WEXITSTATUS(status);
    assert_ok(file_read(temp_dir_path(&world.dir, "said"), &r->said));
    buffer_put_u8(&r->said, '\0');
}

void assert_said(const struct running *r, int code, const char *says)
{
    const char *text = (const char *)r->said.data;
    if (r->code != code || !strstr(text, says))
        fail_msg("exit code %d, expected %d and \"%s\" in:\n%s", r->code, code,
                 says, text);
}

/* accord-enclave run --agent .. --broker .. --allow-http [option] HASH -- app
 */
struct running begin_run(const char *const *options, const char *app)
{
    const char *words[WORDS_MAX] = { "accord-enclave", "run",
                                     "--agent",        world.agent_url,
                                     "--broker",       host_url(world.broker),
                                     "--allow-http" };
    size_t at = 7;
    for (; options && *options; options++)
        words[at++] = *options;
    words[at++] = world.hash_text;
    words[at++] = "--";
    words[at++] = app;
    words[at++] = "one argument";
    return begin(words);
}

struct running run(const char *app)
{
    struct running r = begin_run(NULL, app);
    finish(&r);
    return r;
}

static struct status keep(void *context, struct bytes bytes)
{
    buffer_put(context, bytes);
    return buffer_status(context);
}

bool is_delivered(const char *expected)
{
    AUTO_CLEAR_BUFFER plain = buffer_make(1 << 20);
    AUTO_FREE(api_file) file = NULL;
    assert_true(world.datasets[1].exists);
    assert_ok(api_file_decrypt(world.file_key, keep, &plain, &file));
    assert_ok(api_file_put(file, buffer_bytes(&world.datasets[1].stored)));
    assert_ok(api_file_finish(file));
    buffer_put_u8(&plain, '\0');
    world.datasets[1].exists = false;
    buffer_clear(&world.datasets[1].stored);
    return strcmp((const char *)plain.data, expected) == 0;
}

void assert_delivered(const char *expected)
{
    assert_true(is_delivered(expected));
}
