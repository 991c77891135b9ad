/* A writer that is killed again and again. */

#include "tests/policy/fixture.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* Commits numbers for ever and says each one once it stands. */
static _Noreturn void commit_until_killed(struct fixture *f, int say)
{
    uint32_t i = 0;
    for (;;) {
        AUTO_FREE(policy_txn) txn = NULL;
        char name[24];
        (void)snprintf(name, sizeof(name), "n%u", ++i);
        if (failed(policy_write(f->policy, &txn)))
            _exit(1);
        put(txn, name, name);
        put(txn, "newest", name);
        if (failed(policy_commit(txn)) || write(say, &i, sizeof(i)) < 0)
            _exit(1);
    }
}

static _Noreturn void child_runs(struct fixture *f, int say)
{
    struct policy *policy = NULL;
    if (failed(policy_open(f->dir.path, &f->id, f->key, &policy, NULL)))
        _exit(2);
    f->policy = policy;
    commit_until_killed(f, say);
}

/* Kills after `after` commits were said; returns the last one said. */
static uint32_t run_and_kill(struct fixture *f, uint32_t after)
{
    int pipes[2], how;
    uint32_t said = 0, last = 0;
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        child_runs(f, pipes[1]);
    (void)close(pipes[1]);
    while (last < after &&
           read(pipes[0], &said, sizeof(said)) == (ssize_t)sizeof(said))
        last = said;
    assert_int_equal(kill(child, SIGKILL), 0);
    while (read(pipes[0], &said, sizeof(said)) == (ssize_t)sizeof(said))
        last = said;
    (void)close(pipes[0]);
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how));
    assert_int_equal(WTERMSIG(how), SIGKILL);
    return last;
}

static void a_killed_writer_loses_nothing_it_acknowledged(void **state)
{
    struct fixture *f = *state;
    fixture_close(f);
    for (uint32_t round = 1; round <= 20; round++) {
        uint32_t last = run_and_kill(f, round * 3);
        assert_in_range(last, round * 3, UINT32_MAX);
        fixture_open(f);
        for (uint32_t i = 1; i <= last; i++) {
            char name[24];
            (void)snprintf(name, sizeof(name), "n%u", i);
            assert_stored(f, name, name);
        }
        assert_ok(read_status(f, "newest"));
        fixture_close(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(a_killed_writer_loses_nothing_it_acknowledged),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
