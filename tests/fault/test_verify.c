/* `accord verify` without memory never calls a log sound, and never excuses
 * an altered one. */

#include "tests/support/check.h"

#include "cli/verify.h"
#include "tests/cli/log_sample.h"
#include "tests/support/torture.h"

static struct log_sample sample;
static json_t *exported;
static struct api_head seen;

static struct status verify(void)
{
    struct verifier v = { .anchors_count = 0 };
    return verifier_run(&v, exported, &sample.log_key, &seen, NULL);
}

static void a_log_is_never_called_sound_without_memory(void **state)
{
    (void)state;
    assert_in_range(torture(verify), 5, 500);
}

static struct status verify_altered(void)
{
    struct verifier v = { .anchors_count = 0 };
    struct status s = verifier_run(&v, exported, &sample.log_key, &seen, NULL);
    assert_true(failed(s));
    return s.code == STATUS_CORRUPT ? OK : s;
}

static void an_altered_log_is_never_believed(void **state)
{
    json_t *last = json_array_get(json_object_get(exported, "leaves"), 3);
    (void)state;
    (void)json_object_set_new(last, "detail", json_string("{\"n\":9}"));
    assert_in_range(torture(verify_altered), 5, 500);
    (void)json_object_set_new(last, "detail", json_string("{\"n\":3}"));
}

static int set_up(void **state)
{
    (void)state;
    assert_ok(secret_heap_open(256 * 1024));
    log_sample_init(&sample);
    log_sample_add(&sample, API_LEAF_STORE, 10, "{\"n\":0}");
    log_sample_add(&sample, API_LEAF_CHANGE, 11, "{\"n\":1}");
    seen = log_sample_head(&sample);
    log_sample_add(&sample, API_LEAF_APPROVAL, 11, "{\"n\":2}");
    log_sample_add(&sample, API_LEAF_RELEASE, 12, "{\"n\":3}");
    exported = log_sample_export(&sample);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    json_decref(exported);
    log_sample_clear(&sample);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_is_never_called_sound_without_memory),
        cmocka_unit_test(an_altered_log_is_never_believed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
