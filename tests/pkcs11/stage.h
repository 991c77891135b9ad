/* stage.h - a throw-away SoftHSM token with its ceremony held, and what runs
 * on it: the whole program, or a worker inside the test. */

#ifndef TESTS_PKCS11_STAGE_H
#define TESTS_PKCS11_STAGE_H

#include <sys/types.h>

#include "pkcs11/worker.h"
#include "tests/support/temp_dir.h"

#define STAGE_PIN    "4711-test-pin"
#define STAGE_DOMAIN "accord.example"

struct stage {
    struct temp_dir dir;
    char config_path[128];
    char socket_path[128];
    pid_t hsm; /* 0: not running */
};

/* The module that tests run on: SoftHSM, or the one that
 * $ACCORD_TEST_MODULE names, which must be SoftHSM in disguise. */
const char *stage_module(void);

/* Token, PIN file, configuration (with `more` lines at its end, in [ca]
 * or behind a section of their own; "@DIR@" is the directory); no ceremony yet.
 * Asserts success, like all below. */
void stage_make(struct stage *stage, const char *more);
/* The same with a module other than SoftHSM itself. */
void stage_make_with(struct stage *stage, const char *module, const char *more);
void stage_clear(struct stage *stage); /* stops what runs */

/* `accord-hsm init`; the exit code, and what it said (NUL-terminated). */
int stage_init(struct stage *stage, char *said, size_t size);

/* `accord-hsm run`, and its end by SIGTERM: the exit code. */
void stage_start(struct stage *stage);
int stage_stop(struct stage *stage);

/* Waits until the door answers `describe` with this status (at most 10 s).
 * The reason of the last answer is left in `why`. */
void stage_await(struct stage *stage, enum status_code code,
                 struct reason *why);

/* The running program has written this line, or does within 10 s. */
void stage_await_line(const struct stage *stage, const char *text);

/* A child of the running supervisor whose role is "worker" or "verifier". */
pid_t stage_child(const struct stage *stage, const char *role);

/* kill(2), but for one process: what is no process's number, as stage_child()
 * answers between two workers, is -1 and never the group of the test. */
int stage_signal(pid_t process, int signal);

/* A worker in this process, as hsm_worker_open() makes it; the secret heap
 * is opened with it. */
void stage_worker(struct stage *stage, struct hsm_worker *out);

/* Any program; the exit code. Output goes to `said`, unless NULL. */
int stage_run(const char *const arguments[], char *said, size_t size);

/* Opens the secret heap once per process. */
void stage_heap(void);

const char *stage_file(const struct stage *stage, const char *name);

#endif
