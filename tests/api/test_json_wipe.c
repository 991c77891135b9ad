/* Sees every block of memory before it goes back to the heap: linked with
 * --wrap=free. */

#include "tests/support/check.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "api/json.h"

#define CANARY "canary-5f1d0c7e"

void __real_free(void *memory);
void __wrap_free(void *memory);

/* volatile: the compiler knows that free() changes nothing. */
static volatile size_t seen;

void __wrap_free(void *memory)
{
    if (memory &&
        memmem(memory, malloc_usable_size(memory), CANARY, sizeof(CANARY) - 1))
        seen++;
    __real_free(memory);
}

static void the_watch_sees_what_is_not_wiped(void **state)
{
    (void)state;
    char *plain = strdup("not wiped: " CANARY);
    assert_non_null(plain);
    seen = 0;
    free(plain);
    assert_int_equal(seen, 1);
}

static void nothing_that_was_read_stays_in_the_heap(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "\"" CANARY "\"",
        "{\"" CANARY "\":[\"" CANARY "\",{\"a\":\"x" CANARY "\"}]}",
        "[\"" CANARY "\\n" CANARY "\"]",
        "[\"" CANARY "\", 1.5]", /* refused half-way */
        "{\"a\":\"" CANARY "\",\"a\":1}",
    };
    seen = 0;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        json_t *value = NULL;
        struct status read =
            api_json_read(bytes_of_string(texts[i]), 4096, false, &value, NULL);
        assert_int_equal(failed(read), i >= 3);
        if (value) {
            AUTO_CLEAR_BUFFER out = buffer_make(4096);
            assert_ok(api_json_canonical(value, &out));
        }
        json_decref(value);
    }
    assert_int_equal(seen, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_watch_sees_what_is_not_wiped),
        cmocka_unit_test(nothing_that_was_read_stays_in_the_heap),
    };
    api_json_memory_open();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
