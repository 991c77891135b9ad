/* unfiltered.c - starts a program on a kernel without seccomp, as far as the
 * program can tell: every way to install a filter is answered with ENOSYS.
 *
 *     unfiltered PROGRAM [ARGUMENT...] */

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

static int take_away(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (!filter)
        return -1;
    int rc =
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(seccomp), 0);
    if (rc == 0)
        rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(prctl),
                              1, SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP));
    if (rc == 0)
        rc = seccomp_load(filter);
    seccomp_release(filter);
    return rc;
}

int main(int argc, char **argv)
{
    if (argc < 2 || take_away() != 0) {
        (void)fprintf(stderr, "usage: unfiltered PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    (void)execvp(argv[1], argv + 1);
    perror(argv[1]);
    return 2;
}
