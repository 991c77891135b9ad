/* Buffers promise to wipe what they give back. free() is wrapped, so that
 * every block is looked at in the last moment it may be. */

#include "tests/support/check.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

#define MARK "the mark that must not stay behind"

/* volatile: the compiler knows that free() changes nothing. */
static volatile int blocks, marked;

void __real_free(void *);
void __wrap_free(void *);

void __wrap_free(void *p)
{
    if (p) {
        blocks++;
        if (memmem(p, malloc_usable_size(p), MARK, sizeof(MARK) - 1))
            marked++;
    }
    __real_free(p);
}

static void the_wrapper_sees_a_mark_that_stays(void **state)
{
    (void)state;

    char *careless = strdup(MARK);
    blocks = marked = 0;
    free(careless);
    assert_int_equal(blocks, 1);
    assert_int_equal(marked, 1);
}

static void clearing_wipes(void **state)
{
    (void)state;
    struct buffer b = buffer_make(1000);
    buffer_put_string(&b, MARK);
    blocks = marked = 0;
    buffer_clear(&b);
    assert_int_equal(blocks, 1);
    assert_int_equal(marked, 0);
}

static void growing_wipes_the_old_copy(void **state)
{
    (void)state;
    struct buffer b = buffer_make(1000);
    buffer_put_string(&b, MARK);
    blocks = marked = 0;
    assert_non_null(buffer_extend(&b, 900));
    assert_int_equal(blocks, 1);
    assert_int_equal(marked, 0);
    memset(b.data + b.len - 900, 0, 900);
    buffer_clear(&b);
    assert_int_equal(marked, 0);
}

static void consuming_wipes_what_was_moved_from(void **state)
{
    (void)state;
    struct buffer b = buffer_make(1000);
    buffer_put_string(&b, "0123456789012345678901234567890123456789");
    buffer_put_string(&b, MARK);
    buffer_consume(&b, 40); /* the mark moves, and is then dropped */
    buffer_consume(&b, sizeof(MARK) - 1);
    assert_null(memmem(b.data, b.capacity, MARK, sizeof(MARK) - 1));
    buffer_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wrapper_sees_a_mark_that_stays),
        cmocka_unit_test(clearing_wipes),
        cmocka_unit_test(growing_wipes_the_old_copy),
        cmocka_unit_test(consuming_wipes_what_was_moved_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
