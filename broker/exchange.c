#include "broker/exchange.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker/broker.h"
#include "broker/route.h"

struct exchange *exchange_new(struct broker *broker)
{
    struct exchange *x = calloc(1, sizeof(*x));
    if (x) {
        x->broker = broker;
        x->step = exchange_steps;
        x->place = ON_LOOP;
        x->answer_raw = buffer_make(16 * 1024 * 1024);
        x->set_cookie = buffer_make(256);
    }
    return x;
}

void exchange_free(struct exchange *x)
{
    if (!x)
        return;
    if (x->work && x->route && x->route->release)
        x->route->release(x->work);
    json_decref(x->body);
    json_decref(x->faults);
    json_decref(x->answer);
    buffer_clear(&x->answer_raw);
    buffer_clear(&x->set_cookie);
    buffer_clear(&x->raw);
    free(x);
}

/* Keeps the first failure and the step it came from. */
static void run(struct exchange *x, const struct step *step)
{
    struct status s = step->run(x);
    if (failed(s) && !failed(x->status)) {
        x->status = s;
        x->failed_step = step->name;
    }
}

void exchange_resume(struct exchange *x)
{
    for (; x->step->run; x->step++) {
        if (failed(x->status) && x->step->when != ALWAYS)
            continue;
        if (x->step->wanted && !x->step->wanted(x))
            continue;
        if (x->step->place != x->place) {
            x->place = x->step->place;
            x->handover(x, x->place); /* x may be gone after this */
            return;
        }
        run(x, x->step);
    }
    x->finished(x);
}

struct status exchange_log(struct exchange *x, struct policy_txn *txn,
                           const struct policy_event *event)
{
    if (x->leaves == EXCHANGE_LEAVES_MAX)
        return failure(STATUS_INVALID, "exchange_log", 0);
    TRY(policy_log_append(txn, x->now, event, &x->leaf[x->leaves]));
    x->leaves++;
    return OK;
}

struct status exchange_add_receipt(struct exchange *x, size_t which)
{
    if (!x->head_signed || which >= x->leaves)
        return OK; /* a tightening change while the HSM is away */

    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_CLEAR_BUFFER detail = buffer_make(1024 * 1024);
    struct api_receipt receipt;
    TRY(policy_read(x->broker->store, &txn));
    TRY(policy_receipt(txn, x->leaf[which].index, &x->head, &detail, &receipt));
    if (json_object_set_new(x->answer, "receipt",
                            api_receipt_to_json(&receipt)) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

struct status exchange_deny(struct exchange *x, const char *code,
                            const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(x->why.text, sizeof(x->why.text), format, arguments);
    va_end(arguments);
    x->code = code;
    return failure(STATUS_DENIED, code, 0);
}
