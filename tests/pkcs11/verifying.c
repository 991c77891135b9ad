#include "tests/pkcs11/verifying.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkcs11/roles.h"
#include "tests/support/check.h"

static void become_verifier(int socket, int anchors)
{
    const char *const arguments[] = { ACCORD_HSM, "verifier", NULL };
    int high_socket = fcntl(socket, F_DUPFD, 20);
    int high_anchors = fcntl(anchors, F_DUPFD, 20);

    (void)dup2(high_socket, HSM_FD_JUDGE);
    (void)dup2(high_anchors, HSM_FD_ANCHORS);
    (void)close(HSM_FD_JOBS);
    (void)close(HSM_FD_PIN);
    (void)close_range(HSM_FD_CONFIG + 1, ~0U, 0);
    (void)execv(ACCORD_HSM, (char *const *)(uintptr_t)arguments);
    _exit(127);
}

void verifying_start(struct verifying *out, const struct attest_anchor *anchors,
                     size_t count)
{
    int pair[2];
    int memory = memfd_create("anchors", MFD_CLOEXEC);

    assert_true(memory >= 0);
    if (count > 0)
        assert_int_equal(write(memory, anchors, count * sizeof(*anchors)),
                         (ssize_t)(count * sizeof(*anchors)));
    assert_int_equal(lseek(memory, 0, SEEK_SET), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair),
                     0);
    out->process = fork();
    assert_true(out->process >= 0);
    if (out->process == 0)
        become_verifier(pair[1], memory);
    (void)close(pair[1]);
    (void)close(memory);
    assert_ok(hsm_judge_open(pair[0], 10000, &out->judge));
}

void verifying_stop(struct verifying *v, int expected)
{
    int how = 0;
    hsm_judge_free(v->judge);
    v->judge = NULL;
    assert_int_equal(waitpid(v->process, &how, 0), v->process);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), expected);
}
