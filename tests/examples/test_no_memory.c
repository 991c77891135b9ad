/* A summary is whole or not there, whichever allocation is refused. */

#include "examples/summary.h"

#include "tests/support/check.h"
#include "tests/support/torture.h"

#include <stdio.h>

static struct buffer csv;

static struct status summarise(void)
{
    AUTO_CLEAR_BUFFER out = buffer_make(4096);
    struct reason why = { "" };
    TRY(summary_write(buffer_bytes(&csv), &out, &why));
    assert_non_null(memmem(out.data, out.len, "unique 40", 9));
    return OK;
}

/* So many different texts that the tally grows more than once. */
static void a_summary_says_so(void **state)
{
    (void)state;
    csv = buffer_make(8192);
    buffer_put_string(&csv, "START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION\n");
    for (int i = 0; i < 80; i++)
        buffer_printf(&csv, "1,2,3,4,5,\"number \"\"%d\"\"\"\n", i % 40);
    assert_ok(buffer_status(&csv));
    assert_true(torture(summarise) > 40);
    buffer_clear(&csv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_summary_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
