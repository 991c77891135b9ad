/* The threads that may block: full queues, exchanges under way, and the
 * broker's own. */

#include <stdlib.h>

#include "broker/pool.h"
#include "tests/broker/cast.h"

static void loop_or_pool(struct exchange *x, enum place to)
{
    if (to == ON_LOOP)
        exchange_resume(x);
    else
        pool_handover(x, to);
}

static struct exchange *head_request(struct stage *s, struct answer *out)
{
    struct exchange *x = stage_exchange(s, out, AS_NOBODY, HTTP_GET, NULL,
                                        "/accord/v1/log/head");
    x->handover = loop_or_pool;
    return x;
}

static void a_full_queue_is_answered_at_once(void **state)
{
    struct stage *s = *state;
    struct answer first, second;
    s->broker.pool.max = 1;
    exchange_resume(head_request(s, &first));
    assert_false(first.done); /* it waits for a worker */
    exchange_resume(head_request(s, &second));
    assert_answer(&second, 503, "busy");
    assert_string_equal("1", second.retry_after);
    answer_clear(&second);

    struct exchange *waiting = queue_take(&s->broker.pool, 8);
    exchange_resume(waiting); /* as a worker would */
    assert_answer(&first, 200, NULL);
    answer_clear(&first);
}

static void an_exchange_under_way_goes_on(void **state)
{
    struct stage *s = *state;
    struct answer answer;
    exchange_resume(head_request(s, &answer));
    struct exchange *x = queue_take(&s->broker.pool, 1);
    s->broker.pool.max = 0;
    while (strcmp(x->step->name, "answer") != 0)
        x->step++;
    pool_handover(x, ON_POOL); /* back from the writer, say */
    assert_false(answer.done);
    assert_ptr_equal(x, queue_take(&s->broker.pool, 1));
    exchange_resume(x);
    assert_answer(&answer, 200, NULL);
    answer_clear(&answer);
}

/* --- the broker's own ---------------------------------------------------- */

static int prepared, performed;

static struct status prepare(struct exchange *x)
{
    prepared++;
    return x->work ? OK
                   : refuse(&x->why, STATUS_INVALID, "test", "nothing to do");
}

static struct status change(struct exchange *x, struct policy_txn *txn)
{
    AUTO_JSON *detail = json_pack("{s:s}", "action", "test");
    struct policy_event event = { .kind = API_LEAF_CHANGE,
                                  .subject_text = "test",
                                  .detail = detail };
    return exchange_log(x, txn, &event);
}

static struct status perform(struct exchange *x)
{
    performed++;
    return *(int *)x->work == 1
               ? OK
               : refuse(&x->why, STATUS_UNAVAILABLE, "test", "not today");
}

static const struct route own = {
    .path = "(test)", .prepare = prepare, .change = change, .perform = perform
};

static void run_well(struct stage *s)
{
    int work = 1;
    struct reason why = { "" };
    uint64_t size = stage_log_size(s);
    assert_ok(pool_run(&s->broker, &own, &work, &why));
    assert_int_equal(1, prepared);
    assert_int_equal(1, performed);
    assert_int_equal(size + 1, stage_log_size(s));
    assert_int_equal(size + 1, broker_head(&s->broker).size);
}

static void run_badly(struct stage *s)
{
    int work = 2;
    struct reason why = { "" };
    uint64_t size = stage_log_size(s);
    assert_status(STATUS_INVALID, pool_run(&s->broker, &own, NULL, &why));
    assert_string_equal("nothing to do", why.text);
    assert_int_equal(0, performed);
    assert_int_equal(size, stage_log_size(s));
    assert_status(STATUS_UNAVAILABLE, pool_run(&s->broker, &own, &work, &why));
    assert_string_equal("not today", why.text);
    assert_newest_leaf(s, API_LEAF_FAILED, "action", "failed");
}

static void the_broker_asks_itself_the_same_way(void **state)
{
    prepared = performed = 0;
    stage_with_threads(*state, run_well);
}

static void the_brokers_own_failures_come_back_with_their_reason(void **state)
{
    prepared = performed = 0;
    stage_with_threads(*state, run_badly);
}

/* --- many at once -------------------------------------------------------- */

#define MANY 40

struct crowd {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    size_t left;
};
static struct crowd crowd;
static struct answer answers[MANY];
static struct person *asking;

static void count_down(struct exchange *x)
{
    (void)pthread_mutex_lock(&crowd.lock);
    ((struct answer *)x->own)->done = true;
    ((struct answer *)x->own)->leaves = x->leaves;
    crowd.left--;
    (void)pthread_cond_signal(&crowd.ended);
    (void)pthread_mutex_unlock(&crowd.lock);
    exchange_free(x);
}

static void all_at_once(struct stage *s)
{
    crowd.left = MANY;
    (void)pthread_mutex_init(&crowd.lock, NULL);
    (void)pthread_cond_init(&crowd.ended, NULL);
    for (size_t i = 0; i < MANY; i++) {
        struct exchange *x =
            stage_exchange(s, &answers[i], as(asking), HTTP_POST,
                           json_pack("{s:o}", "name", json_sprintf("a%zu", i)),
                           "/accord/v1/apps");
        x->handover = loop_or_pool;
        x->finished = count_down;
        exchange_resume(x);
    }
    (void)pthread_mutex_lock(&crowd.lock);
    while (crowd.left > 0)
        (void)pthread_cond_wait(&crowd.ended, &crowd.lock);
    (void)pthread_mutex_unlock(&crowd.lock);
}

static void many_at_once_are_all_answered(void **state)
{
    struct stage *s = *state;
    struct person root;
    person_first(s, &root, "root");
    uint64_t size = stage_log_size(s);
    s->broker.pool.max = MANY;
    asking = &root;
    stage_with_threads(s, all_at_once);
    for (size_t i = 0; i < MANY; i++) {
        assert_answer(&answers[i], 201, NULL);
        assert_receipt(s, &answers[i]);
        answer_clear(&answers[i]);
    }
    assert_int_equal(size + MANY, stage_log_size(s));
    person_clear(&root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(a_full_queue_is_answered_at_once),
        stage_test(an_exchange_under_way_goes_on),
        stage_test(the_broker_asks_itself_the_same_way),
        stage_test(the_brokers_own_failures_come_back_with_their_reason),
        stage_test(many_at_once_are_all_answered),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
