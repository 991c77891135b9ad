/* writer.c - group commit.
 *
 * A group is what is queued when the last commit ends. Each exchange's change
 * runs in its own nested transaction, so that one refusal leaves the others
 * alone; one durable commit; then, outside any transaction, the HSM appends
 * the group's leaves and signs the head. */

#include "broker/writer.h"
#include "base/text.h"

#include <signal.h>
#include <stdlib.h>

#include "broker/denial.h"
#include "broker/exchange.h"
#include "broker/metrics.h"
#include "broker/route.h"
#include "broker/steps.h"

struct writer {
    struct broker *broker;
    struct denial_table denials;
};

struct status step_record(struct exchange *x)
{
    return x->outcome; /* the group has already run */
}

struct status step_amend(struct exchange *x)
{
    return x->outcome;
}

/* "key/<hash>" or "user/<id>", and what counts its denials. */
static struct status name_of_peer(const struct exchange *x, struct hash *who,
                                  char subject[80])
{
    char text[2 * HASH_LEN + 1];
    if (x->peer.kind == PEER_SESSION) {
        api_id_text(&x->session.user, text);
        (void)snprintf(subject, 80, "user/%s", text);
        return hash_of(who, bytes_of_string(subject));
    }
    *who = x->peer.facts.key.hash;
    hex_encode(hash_bytes(who), text);
    (void)snprintf(subject, 80, "key/%s", text);
    return OK;
}

struct status step_keep(struct exchange *x)
{
    return x->outcome;
}

static struct status log_denial(struct exchange *x, struct policy_txn *txn)
{
    char subject[80];
    struct hash unused;
    TRY(name_of_peer(x, &unused, subject));
    AUTO_JSON *detail = json_pack("{s:s, s:s, s:s, s:s, s:s}", "action", "deny",
                                  "who", peer_kind_name(x->peer.kind),
                                  x->peer.kind == PEER_SESSION ? "user" : "key",
                                  strchr(subject, '/') + 1, "code",
                                  x->code ? x->code : "denied", "route",
                                  x->route ? x->route->path : "");
    return exchange_log(x, txn,
                        &(struct policy_event){ .kind = API_LEAF_DENIAL,
                                                .account = x->peer.account,
                                                .subject_text = subject,
                                                .detail = detail });
}

static struct status log_summary(struct exchange *x, struct policy_txn *txn,
                                 const struct hash *whose, uint32_t count)
{
    char who[64 + 1], subject[80];
    hex_encode(hash_bytes(whose), who);
    (void)snprintf(subject, sizeof(subject), "key/%s", who);
    AUTO_JSON *detail = json_pack("{s:s, s:s, s:i}", "action", "deny-summary",
                                  "key", who, "count", (int)count);
    struct policy_logged unused;
    return policy_log_append(txn, x->now,
                             &(struct policy_event){ .kind = API_LEAF_SUMMARY,
                                                     .subject_text = subject,
                                                     .detail = detail },
                             &unused);
}

/* A refused peer that is known: its leaf, or a count towards a summary. */
static struct status deny(struct writer *w, struct exchange *x,
                          struct policy_txn *txn)
{
    uint32_t summary;
    struct hash who, whose;
    char subject[80];
    TRY(name_of_peer(x, &who, subject));
    bool own = denial_admit(&w->denials, &who, x->now, &summary, &whose);
    if (summary > 0)
        TRY(log_summary(x, txn, &whose, summary));
    return own ? log_denial(x, txn) : OK;
}

static struct status amend(struct exchange *x, struct policy_txn *txn)
{
    char subject[64];
    (void)snprintf(subject, sizeof(subject), "leaf/%llu",
                   (unsigned long long)x->leaf[0].index);
    AUTO_JSON *detail = json_pack("{s:s, s:I, s:s}", "action", "failed", "leaf",
                                  (json_int_t)x->leaf[0].index, "status",
                                  status_name(x->status.code));
    return exchange_log(x, txn,
                        &(struct policy_event){ .kind = API_LEAF_FAILED,
                                                .account = x->peer.account,
                                                .subject_text = subject,
                                                .detail = detail });
}

/* One exchange's part of the group, inside its own nested transaction. */
static struct status change_nested(struct writer *w, struct exchange *x,
                                   struct policy_txn *group)
{
    AUTO_FREE(policy_txn) nested = NULL;
    size_t before = x->leaves;
    TRY(policy_nest(group, &nested));

    struct status s;
    if (x->step->run == step_amend)
        s = amend(x, nested);
    else if (x->step->run == step_keep)
        s = x->keep(x, nested);
    else if (failed(x->status) || failed(x->outcome))
        s = deny(w, x, nested);
    else
        s = x->route->change(x, nested);

    if (!failed(s))
        s = policy_commit(nested);
    if (failed(s))
        x->leaves = before;
    return s;
}

static void change(struct writer *w, struct exchange *x,
                   struct policy_txn *group)
{
    struct status s = change_nested(w, x, group);
    bool amending = x->step->run != step_record;
    if (!failed(s)) {
        x->outcome = OK;
        return;
    }
    x->outcome = s;
    if (s.code == STATUS_DENIED && !amending && !failed(x->status) &&
        x->peer.kind != PEER_NOBODY)
        /* The denial stands in x->outcome whether or not its leaf fits. */
        status_ignore(change_nested(w, x, group));
}

/* Before any record: may this exchange be recorded at all now? */
static bool admit(struct exchange *x, struct status clock, struct status hsm,
                  const struct reason *why)
{
    bool changes = x->step->run == step_record && !failed(x->status);
    bool without_hsm =
        x->step->run == step_keep || (changes && x->route->tightens);
    struct status stop = failed(clock) ? clock : OK;
    if (!failed(stop) && failed(hsm) && !without_hsm)
        stop = hsm;
    x->outcome = stop;
    if (failed(stop) && x->why.text[0] == '\0')
        x->why = *why;
    return !failed(stop);
}

/* The group is committed, the head perhaps not signed. */
static void settle(struct exchange *x, struct status signed_head,
                   const struct api_head *head)
{
    if (x->step->run == step_keep)
        return; /* nothing was appended: the head over its leaf stays */
    x->recorded = true;
    if (!failed(signed_head)) {
        x->head = *head;
        x->head_signed = true;
        return;
    }
    if (failed(x->outcome) || failed(x->status))
        return; /* what was refused, or went wrong, is so all the same */
    if (x->step->run == step_record && x->route && x->route->tightens) {
        x->http_status = 202; /* stands; the receipt can be asked for later */
        return;
    }
    x->code = "outcome-unknown";
    x->outcome = failure(STATUS_UNAVAILABLE, "append", 0);
    status_ignore(refuse(&x->why, STATUS_UNAVAILABLE, "append",
                         "recorded as leaf %llu, but the HSM did not confirm "
                         "it: ask again",
                         (unsigned long long)x->leaf[0].index));
}

static struct status commit_group(struct writer *w, struct exchange *group,
                                  const bool *admitted)
{
    AUTO_FREE(policy_txn) txn = NULL;
    TRY(policy_write(w->broker->store, &txn));
    size_t i = 0;
    for (struct exchange *x = group; x; x = x->next)
        if (admitted[i++])
            change(w, x, txn);
    struct api_head head = broker_head(w->broker);
    if (head.size > 0)
        policy_head_put(txn, &head);
    return policy_commit(txn);
}

static struct status check_time(struct broker *b, struct reason *why)
{
    AUTO_FREE(policy_txn) txn = NULL;
    uint64_t size, newest;
    TRY(policy_read(b->store, &txn));
    TRY(policy_log_size(txn, &size, &newest));
    return clock_check(&b->clock, clock_now(), newest, why);
}

/* After an I/O error nobody knows what is on disk but who opens it anew. */
static void end_if_stopped(struct broker *b)
{
    if (!policy_stopped(b->store) || !atomic_exchange(&b->main_waits, false))
        return;
    (void)fprintf(stderr, "accordd: ends, because the store's disk failed in "
                          "a commit: a new start reads what is on it\n");
    (void)pthread_kill(b->main, SIGTERM);
}

static void run_group(struct writer *w, struct exchange *group)
{
    bool admitted[WRITER_GROUP_MAX] = { false }, any = false;
    struct reason why = { "" };
    struct status clock = check_time(w->broker, &why);
    struct status hsm = failed(clock) ? OK : writer_catch_up(w->broker, &why);

    size_t i = 0;
    for (struct exchange *x = group; x; x = x->next)
        any |= admitted[i++] = admit(x, clock, hsm, &why);

    struct status stored = any ? commit_group(w, group, admitted) : OK;
    struct status signed_head = failed(hsm) ? hsm : OK;
    if (any && !failed(stored) && !failed(hsm))
        signed_head = writer_catch_up(w->broker, &why);
    metrics_group(&w->broker->metrics, i);

    struct api_head head = broker_head(w->broker);
    i = 0;
    for (struct exchange *x = group, *next; x; x = next) {
        next = x->next;
        if (admitted[i++] && failed(stored)) {
            x->outcome = stored;
            x->leaves = 0;
        } else if (admitted[i - 1]) {
            settle(x, signed_head, &head);
        }
        exchange_resume(x);
    }
    if (failed(stored))
        end_if_stopped(w->broker);
}

void *writer_run(void *broker)
{
    struct writer *w = calloc(1, sizeof(*w));
    if (!w)
        abort(); /* at start: refuse to run rather than run without it */
    w->broker = broker;
    struct exchange *group;
    while ((group = queue_take(&w->broker->writer, WRITER_GROUP_MAX)))
        run_group(w, group);
    free(w);
    return NULL;
}
