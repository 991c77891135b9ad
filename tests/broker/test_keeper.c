/* What must happen without anybody asking. */

#include "broker/keeper.h"
#include "tests/broker/stage.h"
#include "tests/support/heard.h"

static void keep(struct stage *s)
{
    keeper_round(&s->broker, stage_clock.wall);
}

static void the_hsms_health_is_known(void **state)
{
    struct stage *s = *state;
    stage_with_threads(s, keep);
    assert_int_equal(1, s->broker.metrics.hsm_well);
    soft_door_fate(s->door, SOFT_PROBE, SOFT_AWAY, 1);
    heard_begin();
    stage_with_threads(s, keep);
    assert_heard("hsm: not answering: the HSM is away");
    assert_int_equal(0, s->broker.metrics.hsm_well);
    stage_with_threads(s, keep);
    assert_int_equal(1, s->broker.metrics.hsm_well);
}

static void the_servers_certificate_is_renewed_at_half_its_life(void **state)
{
    struct stage *s = *state;
    stage_with_threads(s, keep); /* there is none yet: it is due */
    uint64_t size = stage_log_size(s);
    assert_newest_leaf(s, API_LEAF_CERTIFICATE, "kind", "server");
    stage_pass(14 * STAGE_DAY);
    stage_with_threads(s, keep);
    assert_int_equal(size, stage_log_size(s)); /* not yet */
    stage_pass(STAGE_DAY);
    stage_with_threads(s, keep);
    assert_int_equal(size + 1, stage_log_size(s));
}

static void without_the_hsm_nothing_is_renewed(void **state)
{
    struct stage *s = *state;
    uint64_t size = stage_log_size(s);
    soft_door_fate_of_all(s->door, SOFT_AWAY);
    stage_with_threads(s, keep);
    assert_int_equal(size, stage_log_size(s));
    assert_true(tls_due(s->broker.tls, stage_seconds()));
    soft_door_fate_of_all(s->door, SOFT_WORKS);
    soft_door_fate(s->door, SOFT_CERTIFY, SOFT_AWAY, 1);
    heard_begin();
    stage_with_threads(s, keep); /* well, but not for this */
    assert_heard("server certificate: not renewed: the HSM is away");
    assert_newest_leaf(s, API_LEAF_FAILED, "action", "failed");
    assert_true(tls_due(s->broker.tls, stage_seconds()));
    stage_with_threads(s, keep);
    assert_false(tls_due(s->broker.tls, stage_seconds()));
}

static void a_keeper_stops_when_it_is_told(void **state)
{
    struct stage *s = *state;
    struct keeper *keeper = NULL;
    assert_ok(keeper_start(&s->broker, &keeper));
    keeper_stop(keeper); /* does not wait for the next round */
    keeper_stop(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(the_hsms_health_is_known),
        stage_test(the_servers_certificate_is_renewed_at_half_its_life),
        stage_test(without_the_hsm_nothing_is_renewed),
        stage_test(a_keeper_stops_when_it_is_told),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
