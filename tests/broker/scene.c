#include "tests/broker/scene.h"

#include <stdlib.h>

int scene_setup(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    void *stage = NULL;
    assert_non_null(scene);
    assert_int_equal(0, stage_setup(&stage));
    play_begin(&scene->play, stage);
    *state = scene;
    return 0;
}

int scene_setup_agreed(void **state)
{
    assert_int_equal(0, scene_setup(state));
    struct scene *scene = *state;
    play_agree(&scene->play);
    enclave_make(&scene->play, soft_rsa_key(0), &scene->enclave);
    return 0;
}

int scene_teardown(void **state)
{
    struct scene *scene = *state;
    void *stage = scene->play.stage;
    enclave_clear(&scene->enclave);
    play_end(&scene->play);
    free(scene);
    return stage_teardown(&stage);
}
