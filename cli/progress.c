#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#define WIDTH 40u

void progress_begin(struct progress *p, const char *what, uint64_t total)
{
    *p = (struct progress){ .what = what,
                            .total = total,
                            .shown = 101,
                            .terminal = isatty(STDERR_FILENO) != 0 };
}

void progress_add(struct progress *p, uint64_t bytes)
{
    p->done += bytes;
    if (!p->terminal || p->total == 0)
        return;
    unsigned percent = (unsigned)(p->done * 100 / p->total);
    if (percent == p->shown)
        return;
    p->shown = percent;
    (void)fprintf(stderr, "\r%s [", p->what);
    for (unsigned i = 0; i < WIDTH; i++)
        (void)fputc(i < percent * WIDTH / 100 ? '#' : '.', stderr);
    (void)fprintf(stderr, "] %3u%%", percent);
}

void progress_end(struct progress *p)
{
    if (p->terminal && p->shown <= 100)
        (void)fputc('\n', stderr);
}
