/* Two clocks: how long a job waits, and how long it runs. */

#include <stdlib.h>

#include "tests/support/check.h"

#include "pkcs11/outstanding.h"

static struct hsm_outstanding *o;

static int set_up(void **state)
{
    (void)state;
    o = calloc(1, sizeof(*o));
    assert_non_null(o);
    o->in_flight_max = 2;
    o->wait_limit = 500;
    o->run_limit = 1000;
    o->token_limit = 9000;
    return 0;
}

static int tear_down(void **state)
{
    struct hsm_pending *job;
    (void)state;
    while ((job = hsm_outstanding_any(o)))
        hsm_outstanding_remove(o, job);
    assert_int_equal(o->count, 0);
    free(o);
    return 0;
}

static struct hsm_pending *add(uint8_t number, uint64_t now)
{
    const struct pkcs11_frame frame = { 77, number, bytes_of("body", 4) };
    struct hsm_pending *job = hsm_outstanding_add(o, 1, &frame, now);
    assert_non_null(job);
    return job;
}

static struct hsm_pending *running(uint8_t number, uint64_t now)
{
    struct hsm_pending *job = add(number, now);
    hsm_outstanding_sent(o, job, now);
    hsm_outstanding_began(job, now);
    return job;
}

static void keeps_a_jobs_body_until_it_is_sent(void **state)
{
    struct hsm_pending *job = add(PKCS11_PROBE, 0);
    (void)state;
    assert_int_equal(job->body.len, 4);
    assert_int_equal(job->client_id, 77);
    hsm_outstanding_sent(o, job, 1);
    assert_int_equal(job->body.len, 0);
}

static void sends_the_oldest_first(void **state)
{
    struct hsm_pending *first = add(PKCS11_PROBE, 0);
    struct hsm_pending *second = add(PKCS11_PROBE, 0);
    (void)state;
    assert_ptr_equal(hsm_outstanding_next(o), first);
    hsm_outstanding_sent(o, first, 0);
    assert_ptr_equal(hsm_outstanding_next(o), second);
    /* A place that became free again does not jump the queue. */
    hsm_outstanding_remove(o, first);
    struct hsm_pending *third = add(PKCS11_PROBE, 0);
    assert_true(third < second);
    assert_ptr_equal(hsm_outstanding_next(o), second);
}

static void orders_by_age_across_the_wrap_of_ids(void **state)
{
    (void)state;
    o->last_id = UINT32_MAX - 1;
    struct hsm_pending *before = add(PKCS11_PROBE, 0);
    struct hsm_pending *after = add(PKCS11_PROBE, 0);
    assert_int_not_equal(after->id, 0);
    assert_ptr_equal(hsm_outstanding_next(o), before);
}

static void sends_no_more_than_the_worker_may_have(void **state)
{
    (void)state;
    (void)running(PKCS11_PROBE, 0);
    (void)running(PKCS11_PROBE, 0);
    struct hsm_pending *waiting = add(PKCS11_PROBE, 0);
    assert_null(hsm_outstanding_next(o));
    assert_int_equal(hsm_outstanding_in_flight(o), 2);
    hsm_outstanding_remove(o, hsm_outstanding_flying(o));
    assert_ptr_equal(hsm_outstanding_next(o), waiting);
}

static void sends_one_token_write_at_a_time(void **state)
{
    (void)state;
    struct hsm_pending *write = running(PKCS11_INTAKE, 0);
    struct hsm_pending *second = add(PKCS11_ERASE, 0);
    struct hsm_pending *reading = add(PKCS11_PROBE, 0);
    assert_ptr_equal(hsm_outstanding_next(o), reading); /* overtakes */
    hsm_outstanding_remove(o, write);
    assert_ptr_equal(hsm_outstanding_next(o), second);
}

static void a_waiting_job_is_overdue_and_kills_nobody(void **state)
{
    struct hsm_pending *job = add(PKCS11_PROBE, 100);
    (void)state;
    assert_null(hsm_outstanding_overdue(o, 599));
    assert_ptr_equal(hsm_outstanding_overdue(o, 600), job);
    assert_null(hsm_outstanding_hung(o, 100000));
}

static void waiting_does_not_count_as_running(void **state)
{
    struct hsm_pending *job = add(PKCS11_PROBE, 0);
    (void)state;
    hsm_outstanding_sent(o, job, 400);
    hsm_outstanding_began(job, 450);
    assert_null(hsm_outstanding_overdue(o, 100000));
    assert_null(hsm_outstanding_hung(o, 1449));
    assert_ptr_equal(hsm_outstanding_hung(o, 1450), job);
}

static void a_token_write_has_the_longer_clock(void **state)
{
    struct hsm_pending *job = running(PKCS11_ERASE, 0);
    (void)state;
    assert_null(hsm_outstanding_hung(o, 8999));
    assert_ptr_equal(hsm_outstanding_hung(o, 9000), job);
}

static void no_other_job_interrupts_a_token_write(void **state)
{
    struct hsm_pending *write = running(PKCS11_INTAKE, 0);
    struct hsm_pending *stuck = running(PKCS11_PROBE, 0);
    (void)state;
    assert_null(hsm_outstanding_hung(o, 5000));
    hsm_outstanding_remove(o, write);
    assert_ptr_equal(hsm_outstanding_hung(o, 5000), stuck);
}

/* A process that is stopped takes jobs up no more: nothing runs, nothing
 * begins. */
static void a_sent_job_that_never_begins_is_hung_when_nothing_runs(void **state)
{
    struct hsm_pending *sent = add(PKCS11_PROBE, 0);
    (void)state;
    hsm_outstanding_sent(o, sent, 0);
    struct hsm_pending *runs = running(PKCS11_PROBE, 900);
    assert_null(hsm_outstanding_hung(o, 1500));
    hsm_outstanding_remove(o, runs);
    assert_ptr_equal(hsm_outstanding_hung(o, 1500), sent);
}

static void finds_only_what_the_worker_has(void **state)
{
    struct hsm_pending *job = add(PKCS11_PROBE, 0);
    (void)state;
    assert_null(hsm_outstanding_find(o, job->id));
    hsm_outstanding_sent(o, job, 0);
    assert_ptr_equal(hsm_outstanding_find(o, job->id), job);
    assert_null(hsm_outstanding_find(o, job->id + 1));
}

static void tells_connections_apart(void **state)
{
    struct hsm_pending *job = add(PKCS11_PROBE, 0);
    (void)state;
    assert_ptr_equal(hsm_outstanding_waiting(o, 1), job);
    assert_null(hsm_outstanding_waiting(o, 2));
    hsm_outstanding_sent(o, job, 0);
    assert_null(hsm_outstanding_waiting(o, 1));
}

static void sleeps_until_the_next_deadline_and_never_spins(void **state)
{
    (void)state;
    assert_int_equal(hsm_outstanding_pause(o, 0, 1000), 1000);
    (void)add(PKCS11_PROBE, 100);
    assert_int_equal(hsm_outstanding_pause(o, 200, 1000), 400);
    struct hsm_pending *write = running(PKCS11_INTAKE, 200);
    (void)write;
    struct hsm_pending *late = running(PKCS11_PROBE, 0);
    (void)late;
    assert_int_equal(hsm_outstanding_pause(o, 5000, 1000), 20);
}

static void refuses_more_than_it_can_hold(void **state)
{
    const struct pkcs11_frame frame = { 1, PKCS11_PROBE, { NULL, 0 } };
    (void)state;
    for (size_t i = 0; i < HSM_OUTSTANDING_MAX; i++)
        assert_non_null(hsm_outstanding_add(o, 1, &frame, 0));
    assert_null(hsm_outstanding_add(o, 1, &frame, 0));
}

static void refuses_more_bytes_than_it_may_hold(void **state)
{
    static const unsigned char body[1024 * 1024];
    const struct pkcs11_frame frame = { 1, PKCS11_CRL, { body, sizeof(body) } };
    (void)state;
    for (size_t i = 0; i < HSM_OUTSTANDING_BYTES / sizeof(body); i++)
        assert_non_null(hsm_outstanding_add(o, 1, &frame, 0));
    assert_null(hsm_outstanding_add(o, 1, &frame, 0));
    hsm_outstanding_sent(o, hsm_outstanding_next(o), 0);
    assert_non_null(hsm_outstanding_add(o, 1, &frame, 0));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(keeps_a_jobs_body_until_it_is_sent),
        CASE(sends_the_oldest_first),
        CASE(orders_by_age_across_the_wrap_of_ids),
        CASE(sends_no_more_than_the_worker_may_have),
        CASE(sends_one_token_write_at_a_time),
        CASE(a_waiting_job_is_overdue_and_kills_nobody),
        CASE(waiting_does_not_count_as_running),
        CASE(a_token_write_has_the_longer_clock),
        CASE(no_other_job_interrupts_a_token_write),
        CASE(a_sent_job_that_never_begins_is_hung_when_nothing_runs),
        CASE(finds_only_what_the_worker_has),
        CASE(tells_connections_apart),
        CASE(sleeps_until_the_next_deadline_and_never_spins),
        CASE(refuses_more_than_it_can_hold),
        CASE(refuses_more_bytes_than_it_may_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
