/* routes_operator.c - for those who run it: alive, ready, counters. */

#include "broker/body.h"
#include "broker/routes.h"

static struct status text_answer(struct exchange *x, const char *text)
{
    x->answer_type = "text/plain; charset=utf-8";
    buffer_put_string(&x->answer_raw, text);
    return buffer_status(&x->answer_raw);
}

static struct status live_answer(struct exchange *x)
{
    return text_answer(x, "alive\n");
}

static struct status ready_answer(struct exchange *x)
{
    if (!clock_trusted(&x->broker->clock))
        return refuse(&x->why, STATUS_UNAVAILABLE, "clock",
                      "writes are stopped: the clock jumped; check it, then "
                      "send SIGUSR1");
    if (atomic_load(&x->broker->metrics.hsm_well) == 0)
        return refuse(&x->why, STATUS_UNAVAILABLE, "hsm",
                      "the HSM does not answer");
    return text_answer(x, "ready\n");
}

static struct status metrics_text_answer(struct exchange *x)
{
    atomic_store(&x->broker->metrics.input_bytes,
                 atomic_load(&x->broker->input.taken));
    x->answer_type = "text/plain; version=0.0.4";
    metrics_write(&x->broker->metrics, broker_head(x->broker).size,
                  &x->answer_raw);
    return buffer_status(&x->answer_raw);
}

/* clang-format off */
const struct route routes_operator[] = {
    { HTTP_GET, "/livez",   ANYBODY, ACCORD, .answer = live_answer },
    { HTTP_GET, "/readyz",  ANYBODY, ACCORD, .answer = ready_answer },
    { HTTP_GET, "/metrics", ANYBODY, ACCORD, .answer = metrics_text_answer },
    { 0 },
};
/* clang-format on */
