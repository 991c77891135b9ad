/* main.c - accord-enclave: what is started inside the enclave. */

#include <stdio.h>

#include "enclave/run.h"

int main(int argc, char **argv)
{
    struct arguments arguments;
    struct reason why = { "" };
    if (failed(arguments_read(argc, argv, &arguments, &why))) {
        (void)fprintf(stderr, "accord-enclave: %s\n\n%s", why.text,
                      arguments_usage);
        return ACCORD_USAGE;
    }
    switch (arguments.verb) {
    case ARGUMENTS_RUN: return run(&arguments);
    case ARGUMENTS_MEASURE: return run_measure(&arguments);
    case ARGUMENTS_HELP: return fputs(arguments_usage, stdout) < 0;
    }
    return ACCORD_USAGE;
}
