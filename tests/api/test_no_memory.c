/* Every allocation that jansson makes is refused once: the answer is then
 * STATUS_NO_MEMORY, never a verdict, and under ASan nothing leaks. */

#include "tests/api/faults.h"
#include "tests/support/check.h"

#include <stdlib.h>

static size_t allowed = SIZE_MAX;
static bool refused;

static void *allocate(size_t size)
{
    if (allowed == 0) {
        refused = true;
        return NULL;
    }
    allowed--;
    return malloc(size);
}

/* Runs `scenario` with the first, second, ... allocation refused until it
 * gets through, and returns how many there are. */
static size_t torture(struct status (*scenario)(struct sample *s),
                      struct sample *s)
{
    for (size_t n = 0;; n++) {
        allowed = n;
        refused = false;
        struct status made = scenario(s);
        allowed = SIZE_MAX;
        if (!refused) {
            assert_ok(made);
            return n;
        }
        assert_true(n < 20000);
        if (made.code != STATUS_NO_MEMORY)
            print_error("allocation %zu\n", n);
        assert_status(STATUS_NO_MEMORY, made);
    }
}

static STATUS check_in_order(struct sample *s)
{
    AUTO_JSON *faults = NULL;
    TRY(api_proposal_check(s->proposal, &faults));
    assert_non_null(faults);
    assert_int_equal(json_array_size(faults), 0);
    return OK;
}

static void a_check_says_so(void **state)
{
    assert_true(torture(check_in_order, *state) > 10);
}

static STATUS check_with_faults(struct sample *s)
{
    AUTO_JSON *faults = NULL;
    TRY(api_proposal_check(s->proposal, &faults));
    assert_int_equal(json_array_size(faults), 3);
    return OK;
}

static void a_check_with_faults_says_so(void **state)
{
    struct sample *s = *state;
    (void)json_object_del(sample_at(s, "edges", NULL), "e2");
    sample_connect(s, "e3", "d1", "zz", "input");
    sample_set(sample_record(s, "d1"), "flags", json_integer(1));
    assert_true(torture(check_with_faults, s) > 20);
}

static STATUS make_manifest(struct sample *s)
{
    AUTO_CLEAR_BUFFER text = buffer_make(API_MANIFEST_MAX);
    return api_manifest_text(s->proposal, &text, NULL);
}

static void a_manifest_says_so(void **state)
{
    assert_true(torture(make_manifest, *state) > 100);
}

static STATUS derive(struct sample *s)
{
    AUTO_JSON *configuration = NULL;
    return api_runtime_configuration(s->proposal, "a1", &configuration, NULL);
}

static void a_derivation_says_so(void **state)
{
    assert_true(torture(derive, *state) > 10);
}

static STATUS draw(struct sample *s)
{
    AUTO_CLEAR_BUFFER text = buffer_make(100000);
    return api_graph_draw(s->proposal, true, &text);
}

static void a_drawing_says_so(void **state)
{
    assert_true(torture(draw, *state) > 10);
}

static STATUS write_approval(struct sample *s)
{
    static const struct api_approval approval = { .approve = true };
    AUTO_CLEAR_BUFFER text = buffer_make(1024);
    (void)s;
    return api_approval_text(&approval, &text);
}

static void an_approval_says_so(void **state)
{
    assert_true(torture(write_approval, *state) > 5);
}

static STATUS write_receipt(struct sample *s)
{
    static const struct api_receipt receipt = { .detail = "{}",
                                                .proof = { .count = 9 } };
    (void)s;
    AUTO_JSON *json = api_receipt_to_json(&receipt);
    return json ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static void a_receipt_says_so(void **state)
{
    assert_true(torture(write_receipt, *state) > 10);
}

static STATUS write_rule(struct sample *s)
{
    static const struct api_identity_rule rule = { .kind = API_KIND_SGX,
                                                   .form = API_SGX_MRSIGNER,
                                                   .tcb_mask = API_TCB_ALL };
    (void)s;
    AUTO_JSON *json = api_rule_to_json(&rule);
    return json ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static void a_rule_says_so(void **state)
{
    assert_true(torture(write_rule, *state) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SAMPLE(a_check_says_so),    ON_SAMPLE(a_check_with_faults_says_so),
        ON_SAMPLE(a_manifest_says_so), ON_SAMPLE(a_derivation_says_so),
        ON_SAMPLE(a_drawing_says_so),  ON_SAMPLE(an_approval_says_so),
        ON_SAMPLE(a_receipt_says_so),  ON_SAMPLE(a_rule_says_so),
    };
    json_set_alloc_funcs(allocate, free);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
