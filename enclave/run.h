/* run.h - the runner: a session, a work directory, a program. For this folder
 * only. */

#ifndef ENCLAVE_RUN_H
#define ENCLAVE_RUN_H

#include "enclave/arguments.h"

/* Answers the process's exit code; says on stderr why it is not 0, unless
 * it is the program's own. */
int run(struct arguments *arguments);
int run_measure(const struct arguments *arguments);

#endif
