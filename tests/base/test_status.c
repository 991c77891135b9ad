#include "tests/support/check.h"

#include <string.h>

#include "base/scope.h"
#include "base/status.h"

static void every_code_has_its_own_stable_word(void **state)
{
    (void)state;
    static const char *const words[] = {
        "ok",   "invalid",     "denied",  "not-found", "conflict",
        "busy", "unavailable", "corrupt", "no-memory",
    };
    for (int code = STATUS_OK; code <= STATUS_NO_MEMORY; code++)
        assert_string_equal(status_name((enum status_code)code), words[code]);
}

static void a_code_that_does_not_exist_has_a_word_too(void **state)
{
    (void)state;
    assert_string_equal(status_name((enum status_code)99), "unknown");
}

static void only_ok_is_not_a_failure(void **state)
{
    (void)state;
    assert_false(failed(OK));
    for (int code = STATUS_INVALID; code <= STATUS_NO_MEMORY; code++)
        assert_true(failed(failure((enum status_code)code, NULL, 0)));
}

static void a_failure_keeps_code_origin_and_detail(void **state)
{
    (void)state;
    struct status s = failure(STATUS_BUSY, "C_Login", 0x30);
    assert_int_equal(s.code, STATUS_BUSY);
    assert_string_equal(s.origin, "C_Login");
    assert_int_equal(s.detail, 0x30);
}

static STATUS try_then_count(struct status given, int *reached)
{
    TRY(given);
    (*reached)++;
    return OK;
}

static void try_returns_a_failure_and_passes_ok(void **state)
{
    (void)state;
    int reached = 0;
    assert_ok(try_then_count(OK, &reached));
    assert_int_equal(reached, 1);
    assert_status(STATUS_CORRUPT,
                  try_then_count(failure(STATUS_CORRUPT, "x", 7), &reached));
    assert_int_equal(reached, 1);
}

static void refuse_says_why_and_fails(void **state)
{
    (void)state;
    struct reason why = { "" };
    struct status s =
        refuse(&why, STATUS_CONFLICT, "name", "%s is taken by %d", "a", 3);
    assert_string_equal(why.text, "a is taken by 3");
    assert_int_equal(s.code, STATUS_CONFLICT);
    assert_string_equal(s.origin, "name");
    assert_int_equal(s.detail, 0);
}

static void refuse_needs_nobody_to_tell(void **state)
{
    (void)state;
    assert_status(STATUS_DENIED, refuse(NULL, STATUS_DENIED, "n", "text"));
}

/* What could not be looked at was not found wanting itself. */
static void refuse_for_passes_on_what_memory_or_a_service_lacked(void **state)
{
    (void)state;
    static const enum status_code wanting[] = { STATUS_NO_MEMORY,
                                                STATUS_UNAVAILABLE,
                                                STATUS_BUSY };
    static const enum status_code others[] = {
        STATUS_INVALID,  STATUS_DENIED,  STATUS_NOT_FOUND,
        STATUS_CONFLICT, STATUS_CORRUPT, STATUS_OK
    };
    for (size_t i = 0; i < sizeof(wanting) / sizeof(wanting[0]); i++) {
        struct reason why = { "before" };
        struct status s = refuse_for(failure(wanting[i], "there", 7), &why,
                                     STATUS_DENIED, "here", "no %d", 3);
        assert_true(is_wanting(s));
        assert_int_equal(s.code, wanting[i]);
        assert_string_equal(s.origin, "there");
        assert_int_equal(s.detail, 7);
        assert_string_equal(why.text, "before");
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct reason why = { "before" };
        struct status s = refuse_for(failure(others[i], "there", 7), &why,
                                     STATUS_DENIED, "here", "no %d", 3);
        assert_int_equal(s.code, STATUS_DENIED);
        assert_string_equal(s.origin, "here");
        assert_string_equal(why.text, "no 3");
    }
}

static void refuse_cuts_what_does_not_fit(void **state)
{
    (void)state;
    struct {
        struct reason why;
        char after;
    } guarded = { .after = 'x' };
    status_ignore(refuse(&guarded.why, STATUS_INVALID, "n", "%0999d", 1));
    assert_int_equal(strlen(guarded.why.text), sizeof(guarded.why.text) - 1);
    assert_int_equal(guarded.after, 'x');
}

/* A heap type of its own, that counts how often it is released. */
struct thing {
    int released;
};

static void thing_free(struct thing *thing)
{
    if (thing)
        thing->released++;
}
DEFINE_AUTO_FREE(thing);

static void refuse_never_ends_within_a_character(void **state)
{
    (void)state;
    static const char *const texts[] = { "\xc3\xa9", "\xe2\x82\xac",
                                         "\xf0\x9f\x98\x80" };
    for (size_t which = 0; which < 3; which++) {
        for (int blanks = 230; blanks < 242; blanks++) {
            struct reason why;
            size_t width = strlen(texts[which]);
            status_ignore(refuse(&why, STATUS_INVALID, "n", "%*s%s%s", blanks,
                                 "", texts[which], texts[which]));
            size_t len = strlen(why.text);
            size_t after = len > (size_t)blanks ? len - (size_t)blanks : 0;
            assert_int_equal(after % width, 0);
        }
    }
}

static void auto_free_releases_on_every_way_out(void **state)
{
    (void)state;
    struct thing real = { 0 };
    for (int i = 0; i < 2; i++) {
        AUTO_FREE(thing) held = &real;
        if (i == 0)
            continue;
        assert_ptr_equal(held, &real);
    }
    assert_int_equal(real.released, 2);
}

static void take_hands_on_what_auto_free_would_release(void **state)
{
    (void)state;
    struct thing real = { 0 };
    struct thing *out = NULL;
    {
        AUTO_FREE(thing) held = &real;
        out = TAKE(held);
        assert_null(held);
    }
    assert_ptr_equal(out, &real);
    assert_int_equal(real.released, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_its_own_stable_word),
        cmocka_unit_test(a_code_that_does_not_exist_has_a_word_too),
        cmocka_unit_test(only_ok_is_not_a_failure),
        cmocka_unit_test(a_failure_keeps_code_origin_and_detail),
        cmocka_unit_test(try_returns_a_failure_and_passes_ok),
        cmocka_unit_test(refuse_says_why_and_fails),
        cmocka_unit_test(refuse_needs_nobody_to_tell),
        cmocka_unit_test(refuse_for_passes_on_what_memory_or_a_service_lacked),
        cmocka_unit_test(refuse_cuts_what_does_not_fit),
        cmocka_unit_test(refuse_never_ends_within_a_character),
        cmocka_unit_test(auto_free_releases_on_every_way_out),
        cmocka_unit_test(take_hands_on_what_auto_free_would_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
