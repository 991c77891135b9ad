#include "tests/support/check.h"

#include "cli/expiry.h"

#define NOW 1000000

static void only_what_ends_soon_is_warned_of(void **state)
{
    (void)state;
    AUTO_JSON *answer = json_pack(
        "{s:[{s:s, s:s, s:i}, {s:s, s:s, s:i}, {s:s, s:s, s:i}, {s:s, s:s}, "
        "{s:s, s:s, s:i, s:b}]}",
        "items", "name", "over", "owner_hash", "a", "expires", NOW - 1, "name",
        "near", "owner_hash", "b", "expires", NOW + EXPIRY_NEAR_SECONDS, "name",
        "far", "owner_hash", "a", "expires", NOW + EXPIRY_NEAR_SECONDS + 1,
        "name", "never", "owner_hash", "a", "name", "gone", "owner_hash", "a",
        "expires", NOW, "erased", 1);
    assert_non_null(answer);
    assert_int_equal(expiry_warn(answer, NULL, NOW), 2);
    assert_int_equal(expiry_warn(answer, "a", NOW), 1);
    assert_int_equal(expiry_warn(answer, "c", NOW), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_ends_soon_is_warned_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
