/* late.c - makes a token slow that tests/shim stands in front of.
 *
 *     bench.late FILE MILLISECONDS
 *
 * Every call from now on returns so much later; FILE is $ACCORD_SHIM, and is
 * made when it is not there. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/shim/control.h"

int main(int argc, char **argv)
{
    struct shim_control *control;
    int fd = argc == 3 ? open(argv[1], O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd < 0 || ftruncate(fd, sizeof(*control)) != 0) {
        (void)fprintf(stderr, "usage: bench.late FILE MILLISECONDS\n");
        return 2;
    }
    control =
        mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    (void)close(fd);
    if (control == MAP_FAILED)
        return 1;
    struct shim_rule *rule = &control->rules[0];
    uint64_t late = strtoull(argv[2], NULL, 10);
    atomic_store(&rule->function, SHIM_NONE);
    atomic_store(&rule->trouble, SHIM_DELAY);
    atomic_store(&rule->code, late);
    atomic_store(&rule->after, 0);
    atomic_store(&rule->times, UINT64_MAX);
    atomic_store(&rule->function, late > 0 ? SHIM_ANY : SHIM_NONE);
    return 0;
}
