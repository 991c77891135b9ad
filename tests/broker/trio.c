#include "tests/broker/trio.h"

int trio_setup(void **state)
{
    static struct trio trio;
    void *stage = NULL;
    assert_int_equal(0, stage_setup(&stage));
    trio = (struct trio){ .stage = stage };
    person_first(trio.stage, &trio.root, "root");
    person_join_as(trio.stage, &trio.root, "writer", "alice", &trio.alice);
    person_join_as(trio.stage, &trio.root, "writer", "bob", &trio.bob);
    *state = &trio;
    return 0;
}

int trio_teardown(void **state)
{
    struct trio *trio = *state;
    void *stage = trio->stage;
    person_clear(&trio->root);
    person_clear(&trio->alice);
    person_clear(&trio->bob);
    return stage_teardown(&stage);
}
