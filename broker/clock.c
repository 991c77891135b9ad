#include "broker/clock.h"

#include <stdio.h>
#include <time.h>

static uint64_t milliseconds(clockid_t which)
{
    struct timespec t;
    (void)clock_gettime(which, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

struct clock_reading clock_now(void)
{
    return (struct clock_reading){ milliseconds(CLOCK_REALTIME),
                                   milliseconds(CLOCK_BOOTTIME) };
}

void clock_watch_init(struct clock_watch *watch, struct clock_reading start)
{
    *watch = (struct clock_watch){ .last = start };
    (void)pthread_mutex_init(&watch->lock, NULL);
}

static void judge(struct clock_watch *watch, struct clock_reading now,
                  uint64_t newest)
{
    int64_t wall = (int64_t)(now.wall - watch->last.wall);
    int64_t real = (int64_t)(now.monotonic - watch->last.monotonic);
    int64_t jump = wall - real;

    if (jump > CLOCK_TOLERANCE_MS || jump < -CLOCK_TOLERANCE_MS) {
        watch->stopped = true;
        (void)snprintf(watch->cause, sizeof(watch->cause),
                       "the wall clock jumped by %lld ms", (long long)jump);
    } else if (now.wall + CLOCK_TOLERANCE_MS < newest) {
        watch->stopped = true;
        (void)snprintf(watch->cause, sizeof(watch->cause),
                       "the wall clock is %llu ms behind the newest leaf",
                       (unsigned long long)(newest - now.wall));
    } else {
        watch->last = now;
    }
}

struct status clock_check(struct clock_watch *watch, struct clock_reading now,
                          uint64_t newest, struct reason *why)
{
    struct status s = OK;
    (void)pthread_mutex_lock(&watch->lock);
    if (!watch->stopped)
        judge(watch, now, newest);
    if (watch->stopped)
        s = refuse(why, STATUS_UNAVAILABLE, "clock", "%s", watch->cause);
    (void)pthread_mutex_unlock(&watch->lock);
    return s;
}

bool clock_accept(struct clock_watch *watch, struct clock_reading now)
{
    (void)pthread_mutex_lock(&watch->lock);
    bool was = watch->stopped;
    watch->stopped = false;
    watch->last = now;
    (void)pthread_mutex_unlock(&watch->lock);
    return was;
}

bool clock_trusted(struct clock_watch *watch)
{
    (void)pthread_mutex_lock(&watch->lock);
    bool trusted = !watch->stopped;
    (void)pthread_mutex_unlock(&watch->lock);
    return trusted;
}
