/* What must be true of the table of steps and the table of routes, so that
 * nobody can forget it in a row. */

#include <stdlib.h>

#include "broker/broker.h"
#include "broker/route.h"
#include "broker/routes.h"
#include "tests/support/check.h"

static size_t position(const char *name)
{
    for (size_t i = 0; exchange_steps[i].run; i++)
        if (strcmp(exchange_steps[i].name, name) == 0)
            return i;
    fail_msg("there is no step %s", name);
    return 0;
}

static void the_steps_stand_in_this_order(void **state)
{
    (void)state;
    static const char *const order[] = { "identify", "decode", "authorise",
                                         "prepare",  "record", "perform",
                                         "amend",    "keep",   "answer",
                                         "reply" };
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        assert_int_equal(i, position(order[i]));
    assert_null(exchange_steps[sizeof(order) / sizeof(order[0])].run);
}

static void only_the_record_is_kept_after_a_failure(void **state)
{
    (void)state;
    for (size_t i = 0; exchange_steps[i].run; i++) {
        const struct step *step = &exchange_steps[i];
        bool always = strcmp(step->name, "record") == 0 ||
                      strcmp(step->name, "amend") == 0 ||
                      strcmp(step->name, "reply") == 0;
        assert_int_equal(always ? ALWAYS : UNLESS_FAILED, step->when);
    }
}

static void only_the_writer_records_and_only_the_loop_talks(void **state)
{
    (void)state;
    assert_int_equal(ON_WRITER, exchange_steps[position("record")].place);
    assert_int_equal(ON_WRITER, exchange_steps[position("amend")].place);
    assert_int_equal(ON_LOOP, exchange_steps[position("reply")].place);
    assert_int_equal(ON_POOL, exchange_steps[position("prepare")].place);
    assert_int_equal(ON_POOL, exchange_steps[position("perform")].place);
}

/* --- which steps a request wants ----------------------------------------- */

static struct status nothing(struct exchange *x)
{
    (void)x;
    return OK;
}

static struct status change_nothing(struct exchange *x, struct policy_txn *txn)
{
    (void)x;
    (void)txn;
    return OK;
}

static bool wants(const struct exchange *x, const char *step)
{
    return exchange_steps[position(step)].wanted(x);
}

static void a_refusal_of_a_known_peer_is_recorded(void **state)
{
    (void)state;
    static const struct route route = { .path = "/x", .answer = nothing };
    struct exchange x = { .route = &route };
    assert_false(wants(&x, "record")); /* nothing to record */
    x.status = failure(STATUS_DENIED, "x", 0);
    assert_false(wants(&x, "record")); /* by nobody: only counted */
    for (int kind = PEER_PERSON; kind <= PEER_NODE; kind++) {
        x.peer.kind = (enum peer_kind)kind;
        assert_true(wants(&x, "record"));
    }
    x.status = failure(STATUS_INVALID, "x", 0);
    assert_false(wants(&x, "record"));
    x.status = failure(STATUS_DENIED, "x", 0);
    x.route = NULL; /* refused before it had a route */
    assert_true(wants(&x, "record"));
}

static void only_what_was_tried_in_vain_is_amended(void **state)
{
    (void)state;
    static const struct route route = { .path = "/x",
                                        .change = change_nothing,
                                        .perform = nothing };
    struct exchange x = {
        .route = &route, .recorded = true, .head_signed = true, .leaves = 1
    };
    x.leaf[0].leaf[0] = API_LEAF_RELEASE;
    assert_false(wants(&x, "amend")); /* it did not fail */
    x.status = failure(STATUS_UNAVAILABLE, "x", 0);
    assert_true(wants(&x, "amend"));
    x.head_signed = false;
    assert_false(wants(&x, "amend")); /* nothing was tried */
    x.head_signed = true;
    x.leaf[0].leaf[0] = API_LEAF_DENIAL;
    assert_false(wants(&x, "amend")); /* a refusal announces nothing */
    x.leaf[0].leaf[0] = API_LEAF_RELEASE;
    x.recorded = false;
    assert_false(wants(&x, "amend"));
}

/* --- the routes ---------------------------------------------------------- */

typedef void (*each_route)(const struct route *route);

static size_t for_each(const struct route *const *groups, each_route check)
{
    size_t count = 0;
    for (; *groups; groups++)
        for (const struct route *r = *groups; r->path; r++, count++)
            check(r);
    return count;
}

static void check_functions(const struct route *r)
{
    if (r->perform && !r->change)
        fail_msg("%s performs what it did not record", r->path);
    if (r->change && !r->answer && !r->perform)
        fail_msg("%s changes and answers nothing", r->path);
    if (!r->prepare && !r->change && !r->answer)
        fail_msg("%s does nothing", r->path);
    if (r->tightens && !r->change)
        fail_msg("%s tightens without a change", r->path);
    if (r->tightens && r->perform)
        fail_msg("%s tightens, but needs the HSM", r->path);
    if (r->release && !r->prepare && !r->change)
        fail_msg("%s releases what nobody made", r->path);
    if (r->path[0] != '/')
        fail_msg("%s is no path", r->path);
}

static void every_route_records_before_it_performs(void **state)
{
    (void)state;
    assert_true(for_each(route_groups, check_functions) > 60);
    assert_int_equal(3, for_each(route_operator_groups, check_functions));
}

static void no_two_routes_have_the_same_method_and_path(void **state)
{
    (void)state;
    for (const struct route *const *g = route_groups; *g; g++)
        for (const struct route *r = *g; r->path; r++)
            for (const struct route *const *h = route_groups; *h; h++)
                for (const struct route *q = *h; q->path; q++)
                    if (q != r && q->method == r->method &&
                        strcmp(q->path, r->path) == 0)
                        fail_msg("two rows: %s", r->path);
}

/* Whoever lets anybody in says so here, too. */
static const struct {
    enum http_method method;
    const char *path;
} for_anybody[] = {
    { HTTP_GET, "/accord/v1/installation" },
    { HTTP_POST, "/accord/v1/join" },         /* knows the secret      */
    { HTTP_POST, "/accord/v1/key" },          /* signed by a key       */
    { HTTP_POST, "/accord/v1/nonces" },       /* remembers nothing     */
    { HTTP_POST, "/accord/v1/certificates" }, /* brings evidence       */
    { HTTP_POST, "/v1/certificates" },        /* the same              */
    { HTTP_GET, "/accord/v1/crl" },
    { HTTP_GET, "/accord/v1/log/head" },
    { HTTP_GET, "/accord/v1/log/consistency" },
    { HTTP_POST, "/v1/sys/auth" }, /* knows the password */
    { HTTP_POST, "/v1/sys/auth/discover" },
    { HTTP_GET, "/v1/sys/version" },
    { HTTP_POST, "/v1/users" }, /* signs up */
    { HTTP_POST, "/v1/users/forgot_password" },
    { HTTP_POST, "/v1/users/{}/validate_token" }, /* these have a token that */
    { HTTP_POST, "/v1/users/{}/reset_password" }, /* was mailed              */
    { HTTP_POST, "/v1/users/confirm_email" },
    { HTTP_GET, "/sys/v1/version" },
    { HTTP_GET, "/sys/v1/health" },
};

static void check_who(const struct route *r)
{
    size_t count = sizeof(for_anybody) / sizeof(for_anybody[0]);
    if (r->who != ANYBODY)
        return;
    for (size_t i = 0; i < count; i++)
        if (for_anybody[i].method == r->method &&
            strcmp(for_anybody[i].path, r->path) == 0)
            return;
    fail_msg("%s is open to anybody", r->path);
}

static size_t open_rows;

static void count_open(const struct route *r)
{
    open_rows += r->who == ANYBODY;
}

static void who_may_ask_is_said_on_purpose(void **state)
{
    (void)state;
    (void)for_each(route_groups, check_who);
    open_rows = 0;
    (void)for_each(route_groups, count_open);
    assert_int_equal(sizeof(for_anybody) / sizeof(for_anybody[0]), open_rows);
}

/* What only takes rights away, and so does not wait for the HSM. */
static void check_tightening(const struct route *r)
{
    static const char *const words[] = { "suspend", "withdraw", "revoke",
                                         "deny", "deactivate" };
    bool takes = r->method == HTTP_DELETE;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        takes |= strstr(r->path, words[i]) != NULL;
    if (r->tightens && !takes && r->dialect == ACCORD)
        fail_msg("%s does more than take away", r->path);
    if (!r->tightens && takes && !r->perform)
        fail_msg("%s takes away, but waits for the HSM", r->path);
}

static void taking_away_does_not_wait_for_the_hsm(void **state)
{
    (void)state;
    (void)for_each(route_groups, check_tightening);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_steps_stand_in_this_order),
        cmocka_unit_test(only_the_record_is_kept_after_a_failure),
        cmocka_unit_test(only_the_writer_records_and_only_the_loop_talks),
        cmocka_unit_test(a_refusal_of_a_known_peer_is_recorded),
        cmocka_unit_test(only_what_was_tried_in_vain_is_amended),
        cmocka_unit_test(every_route_records_before_it_performs),
        cmocka_unit_test(no_two_routes_have_the_same_method_and_path),
        cmocka_unit_test(who_may_ask_is_said_on_purpose),
        cmocka_unit_test(taking_away_does_not_wait_for_the_hsm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
