/* The decision: each code by name, and thousands of combinations against an
 * evaluator that knows the choices, not the facts. */

#include "tests/policy/world.h"
#include "tests/support/check.h"

#include <stdio.h>

/* --- the evaluator ------------------------------------------------------- */

static bool app_there(const struct world *w)
{
    return (w->manifest == WHOLE || w->manifest == OTHER_ACCOUNTS ||
            w->manifest == OWNERLESS) &&
           !w->zero_configuration;
}

static bool all_approved(const struct world *w)
{
    bool whole = w->manifest != NO_MANIFEST && w->manifest != OWNERLESS;
    for (size_t i = 0; i < WORLD_OWNERS; i++)
        whole = whole && (w->approval[i] == APPROVED ||
                          w->approval[i] == DECLINE_FORGED);
    return whole && w->end != ENDED;
}

/* One condition a line, in the order of the codes; each is "must fail". */
static void judge(const struct world *w, bool fails[POLICY_LINES])
{
    fails[0] = w->no_chain || w->revoked || w->person || w->other_account ||
               w->not_client || w->window == TOO_EARLY || w->window == TOO_LATE;
    fails[1] = w->names != 0 || w->other_name || w->zero_configuration;
    fails[2] = w->unknown_version || w->inactive || w->other_text ||
               w->manifest == NO_MANIFEST || w->manifest == OTHER_ACCOUNTS ||
               w->manifest == WITHOUT_APP || w->zero_configuration;
    fails[3] = !all_approved(w);
    fails[4] = w->suspended != 0;
    fails[5] = w->withdrawn || w->identity != AS_SIGNED || !app_there(w);
    fails[6] = (w->age != FRESH && w->age != JUST_IN_TIME) ||
               (w->verdict != ACCEPTED && w->verdict != EXCEPTED) ||
               !app_there(w);
    fails[7] = w->asked == ON_OTHER_APP || w->asked == UNKNOWN ||
               (w->asked == ON_PORT && !app_there(w));
    fails[8] = w->asked == NOTHING_ASKED
                   ? w->plain_asked && !w->plain_version
                   : w->plain_asked != w->plain_class ||
                         w->plain_asked != w->plain_version;
    fails[9] = w->clock_stopped;
}

static const enum policy_code codes[POLICY_LINES] = { 1, 2, 3, 4,  5,
                                                      6, 7, 8, 11, 12 };

static void assert_judged(const struct world *w)
{
    struct facts f;
    bool fails[POLICY_LINES];
    struct policy_line lines[POLICY_LINES];
    enum policy_code expected = POLICY_ALLOW;
    judge(w, fails);
    facts_of(w, &f);
    policy_decide_all(&f.facts, lines);
    for (size_t i = POLICY_LINES; i-- > 0;) {
        assert_int_equal(lines[i].code, codes[i]);
        assert_int_equal(lines[i].holds, !fails[i]);
        if (fails[i])
            expected = codes[i];
    }
    assert_string_equal(policy_code_name(policy_decide(&f.facts)),
                        policy_code_name(expected));
    facts_clear(&f);
}

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* About `faults` of the circumstances differ from the good ones. */
static struct world random_world(uint32_t *state, unsigned faults)
{
    int choices[WORLD_CHOICES] = { 0 };
    struct world world;
    for (unsigned i = 0; i < faults; i++) {
        size_t which = next_random(state) % WORLD_CHOICES;
        choices[which] =
            (int)(next_random(state) % (uint32_t)world_choices[which]);
    }
    memcpy(&world, choices, sizeof(world));
    return world;
}

static void thousands_of_combinations_are_judged_alike(void **state)
{
    (void)state;
    uint32_t random = 20260701;
    for (unsigned i = 0; i < 5000; i++) {
        struct world world = random_world(&random, i % 8);
        assert_judged(&world);
    }
}

static void every_single_and_double_change_is_judged_alike(void **state)
{
    (void)state;
    for (size_t a = 0; a < WORLD_CHOICES; a++)
        for (size_t b = a; b < WORLD_CHOICES; b++) {
            int choices[WORLD_CHOICES] = { 0 };
            struct world world;
            for (int i = 0; i < world_choices[a]; i++) {
                choices[b] = world_choices[b] - 1;
                choices[a] = i;
                memcpy(&world, choices, sizeof(world));
                assert_judged(&world);
            }
        }
}

/* --- by name ------------------------------------------------------------- */

static void assert_code(const struct world *w, enum policy_code code,
                        const char *found)
{
    struct facts f;
    struct policy_line lines[POLICY_LINES];
    const char *said = "";
    facts_of(w, &f);
    assert_int_equal(policy_decide(&f.facts), code);
    policy_decide_all(&f.facts, lines);
    for (size_t i = 0; i < POLICY_LINES; i++)
        if (lines[i].code == code)
            said = lines[i].found;
    if (!strstr(said, found))
        fail_msg("\"%s\" does not say \"%s\"", said, found);
    assert_judged(w);
    facts_clear(&f);
}

#define assert_denied(code, found, ...)                                        \
    assert_code(&(struct world){ __VA_ARGS__ }, code, found)

static void everything_in_order_is_allowed(void **state)
{
    (void)state;
    assert_denied(POLICY_ALLOW, "", .no_chain = 0);
    assert_denied(POLICY_ALLOW, "", .asked = NOTHING_ASKED);
    assert_denied(POLICY_ALLOW, "", .plain_asked = 1, .plain_class = 1,
                  .plain_version = 1);
    assert_denied(POLICY_ALLOW, "", .asked = NOTHING_ASKED, .plain_version = 1);
}

static void nothing_known_is_denied(void **state)
{
    (void)state;
    struct decision_facts nothing;
    struct policy_line lines[POLICY_LINES];
    memset(&nothing, 0, sizeof(nothing));
    assert_int_equal(policy_decide(&nothing), POLICY_NO_CERTIFICATE);
    policy_decide_all(&nothing, lines);
    for (size_t i = 0; i < 4; i++)
        assert_false(lines[i].holds);
}

static void certificate(void **state)
{
    (void)state;
    const enum policy_code no = POLICY_NO_CERTIFICATE;
    assert_denied(no, "not issued here", .no_chain = 1);
    assert_denied(no, "revoked", .revoked = 1);
    assert_denied(no, "a person certificate", .person = 1);
    assert_denied(no, "another account's", .other_account = 1);
    assert_denied(no, "not for client authentication", .not_client = 1);
    assert_denied(no, "valid from 2000000001", .window = TOO_EARLY);
    assert_denied(no, "to 1999999999, now 2000000000", .window = TOO_LATE);
    assert_denied(POLICY_ALLOW, "", .window = FIRST_SECOND);
    assert_denied(POLICY_ALLOW, "", .window = LAST_SECOND);
}

static void no_account_is_nobodys_account(void **state)
{
    (void)state;
    struct world w = { .no_chain = 0 };
    struct facts f;
    facts_of(&w, &f);
    memset(&f.facts.account, 0, sizeof(f.facts.account));
    f.facts.certificate.statement.account = f.facts.account;
    (void)json_object_set_new(f.manifest, "account",
                              api_json_of_id(&f.facts.account));
    assert_int_equal(policy_decide(&f.facts), POLICY_NO_CERTIFICATE);
    facts_clear(&f);
}

static void identity(void **state)
{
    (void)state;
    const enum policy_code no = POLICY_NO_IDENTITY;
    assert_denied(no, "0 names", .names = 1);
    assert_denied(no, "2 names", .names = 2);
    assert_denied(no, "configuration c2c2", .other_name = 1);
    assert_denied(no, "configuration 0000", .zero_configuration = 1);
}

static void configuration(void **state)
{
    (void)state;
    const enum policy_code no = POLICY_NO_CONFIGURATION;
    assert_denied(no, "no version", .unknown_version = 1);
    assert_denied(no, "not active", .inactive = 1);
    assert_denied(no, "SHA-256 c2c2", .other_text = 1);
    assert_denied(no, "not this account's", .manifest = NO_MANIFEST);
    assert_denied(no, "not this account's", .manifest = OTHER_ACCOUNTS);
    assert_denied(no, "no app", .manifest = WITHOUT_APP);
}

static void approvals(void **state)
{
    (void)state;
    const enum policy_code no = POLICY_NO_APPROVALS;
    for (int i = 0; i < WORLD_OWNERS; i++) {
        struct world w = { .no_chain = 0 };
        w.approval[i] = MISSING;
        assert_code(&w, no, "approvals are missing");
        w.approval[i] = FORGED;
        assert_code(&w, no, "approvals are missing");
        w.approval[i] = OTHER_DIGEST;
        assert_code(&w, no, "approvals are missing");
        w.approval[i] = DECLINED;
        assert_code(&w, no, "an owner declined");
        w.approval[i] = DECLINED_TOO;
        assert_code(&w, no, "an owner declined");
        w.approval[i] = DECLINE_FORGED;
        assert_code(&w, POLICY_ALLOW, "");
    }
    assert_denied(no, "ended at 1999999999", .end = ENDED);
    assert_denied(no, "does not say who owns", .manifest = OWNERLESS);
    assert_denied(POLICY_ALLOW, "", .end = ENDS_NOW);
    assert_denied(POLICY_ALLOW, "", .end = ENDS_LATER);
}

static void an_owner_left_out_of_people_must_approve_all_the_same(void **state)
{
    (void)state;
    struct world w = { .no_chain = 0 };
    struct facts f;
    facts_of(&w, &f);
    json_t *people = json_object_get(f.manifest, "people");
    assert_int_equal(json_object_clear(people), 0);
    assert_int_equal(policy_decide(&f.facts), POLICY_ALLOW);
    f.facts.approvals_count--; /* the third owner's */
    assert_int_equal(policy_decide(&f.facts), POLICY_NO_APPROVALS);
    f.facts.approvals_count++;
    f.facts.approvals++; /* without the first owner's, who owns the apps */
    f.facts.approvals_count--;
    assert_int_equal(policy_decide(&f.facts), POLICY_NO_APPROVALS);
    f.facts.approvals--;
    f.facts.approvals_count++;
    assert_int_equal(json_object_del(f.manifest, "people"), 0);
    assert_int_equal(policy_decide(&f.facts), POLICY_NO_APPROVALS);
    facts_clear(&f);
}

static void suspended(void **state)
{
    (void)state;
    assert_denied(POLICY_SUSPENDED, "suspended by owner", .suspended = 1);
    assert_denied(POLICY_SUSPENDED, "suspended by manager", .suspended = 2);
}

static void build(void **state)
{
    (void)state;
    const enum policy_code no = POLICY_NO_BUILD;
    assert_denied(no, "withdrawn", .withdrawn = 1);
    assert_denied(no, "identity ", .identity = OTHER_PROGRAM);
    assert_denied(no, "identity ", .identity = OTHER_ANCHOR);
    assert_denied(no, "evidence of kind 1", .identity = OTHER_KIND);
}

static void evidence(void **state)
{
    (void)state;
    const enum policy_code no = POLICY_NO_EVIDENCE;
    assert_denied(no, "172801 seconds ago", .age = TOO_OLD);
    assert_denied(no, "1 seconds in the future", .age = FUTURE);
    assert_denied(no, "no evidence", .age = NO_EVIDENCE);
    assert_denied(no, "no evidence", .age = NO_DIGEST);
    assert_denied(POLICY_ALLOW, "", .age = JUST_IN_TIME);
    assert_denied(no, "601 seconds ago", .age = TOO_OLD, .limited = 1);
    assert_denied(POLICY_ALLOW, "", .age = JUST_IN_TIME, .limited = 1);
}

static void state_of_the_platform(void **state)
{
    (void)state;
    const enum policy_code no = POLICY_NO_EVIDENCE;
    assert_denied(POLICY_ALLOW, "", .verdict = EXCEPTED);
    assert_denied(no, "ConfigurationNeeded, with 1 ",
                  .verdict = EXCEPTION_OVER);
    assert_denied(no, "ConfigurationNeeded, with 2 ",
                  .verdict = OTHER_ADVISORY);
    assert_denied(no, "its platform is UpToDate", .verdict = OTHER_STATE);
    assert_denied(no, "refused: chain:revoked", .verdict = REFUSED);
    assert_denied(no, "nobody judged", .verdict = UNJUDGED);
}

static void dataset(void **state)
{
    (void)state;
    const enum policy_code no = POLICY_NO_DATASET;
    assert_denied(no, "e2e2e2e2-e2e2-e2e2-e2e2-e2e2e2e2e2e2 is on none",
                  .asked = ON_OTHER_APP);
    assert_denied(no, "is on none", .asked = UNKNOWN);
}

static void form(void **state)
{
    (void)state;
    assert_denied(POLICY_NO_FORM, "plain asked", .plain_asked = 1);
    assert_denied(POLICY_NO_FORM, "sealed asked, workflow CCM",
                  .plain_class = 1, .plain_version = 1);
    assert_denied(POLICY_NO_FORM, "workflow CCM, dataset signed",
                  .plain_asked = 1, .plain_version = 1);
    assert_denied(POLICY_NO_FORM, "workflow signed, dataset CCM",
                  .plain_asked = 1, .plain_class = 1);
    assert_denied(POLICY_NO_FORM, "workflow signed, dataset CCM",
                  .plain_class = 1);
}

static void broker_clock(void **state)
{
    (void)state;
    assert_denied(POLICY_NO_CLOCK, "until an operator", .clock_stopped = 1);
}

static void every_code_has_its_stable_name(void **state)
{
    (void)state;
    static const char *const names[POLICY_LINES] = {
        "certificate", "identity", "configuration", "approvals", "suspended",
        "build",       "evidence", "dataset",       "form",      "clock",
    };
    assert_string_equal(policy_code_name(POLICY_ALLOW), "allow");
    for (size_t i = 0; i < POLICY_LINES; i++)
        assert_string_equal(policy_code_name(codes[i]), names[i]);
}

static void every_line_says_what_it_expected_and_found(void **state)
{
    (void)state;
    uint32_t random = 7;
    for (unsigned i = 0; i < 200; i++) {
        struct world world = random_world(&random, i % 20);
        struct facts f;
        struct policy_line lines[POLICY_LINES];
        facts_of(&world, &f);
        policy_decide_all(&f.facts, lines);
        for (size_t n = 0; n < POLICY_LINES; n++) {
            assert_in_range(strnlen(lines[n].expected, 96), 1, 95);
            assert_in_range(strnlen(lines[n].found, 96), 1, 95);
        }
        facts_clear(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thousands_of_combinations_are_judged_alike),
        cmocka_unit_test(every_single_and_double_change_is_judged_alike),
        cmocka_unit_test(everything_in_order_is_allowed),
        cmocka_unit_test(nothing_known_is_denied),
        cmocka_unit_test(certificate),
        cmocka_unit_test(no_account_is_nobodys_account),
        cmocka_unit_test(identity),
        cmocka_unit_test(configuration),
        cmocka_unit_test(approvals),
        cmocka_unit_test(an_owner_left_out_of_people_must_approve_all_the_same),
        cmocka_unit_test(suspended),
        cmocka_unit_test(build),
        cmocka_unit_test(evidence),
        cmocka_unit_test(state_of_the_platform),
        cmocka_unit_test(dataset),
        cmocka_unit_test(form),
        cmocka_unit_test(broker_clock),
        cmocka_unit_test(every_code_has_its_stable_name),
        cmocka_unit_test(every_line_says_what_it_expected_and_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
