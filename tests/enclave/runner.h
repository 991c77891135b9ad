/* runner.h - accord-enclave as a child, against a whole world in this
 * process. The programs it runs are shell scripts of the test. */

#ifndef TESTS_ENCLAVE_RUNNER_H
#define TESTS_ENCLAVE_RUNNER_H

#include "tests/enclave/world.h"

#define PLAIN "START,STOP\n1,2\n" /* what lies at the input */

extern struct world world;
int runner_setup(void **state);
int runner_teardown(void **state);

/* The path of a script of this text; the same path every time. */
const char *script(const char *text);

struct running {
    pid_t pid;
    int code;           /* its exit code, once it has ended          */
    struct buffer said; /* stdout and stderr, with a NUL; the same   */
};

/* Starts it with these words; ACCORD_ENCLAVE is the program. */
struct running begin(const char *const *words);

/* accord-enclave run --agent .. --broker .. --allow-http [options] HASH --
 * app "one argument" */
struct running begin_run(const char *const *options, const char *app);

/* Waits for its end. Clear r->said. */
void finish(struct running *r);

/* Both, without options. */
struct running run(const char *app);

void assert_said(const struct running *r, int code, const char *says);

/* Takes what was delivered away, decrypts and compares it. */
bool is_delivered(const char *expected);
void assert_delivered(const char *expected);

#endif
