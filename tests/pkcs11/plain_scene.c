#include "tests/pkcs11/plain_scene.h"

#include "tests/support/check.h"

struct plain_scene p;

int plain_begin(void **state)
{
    (void)state;
    return plain_begin_with("");
}

int plain_begin_with(const char *more)
{
    char text[128];
    (void)snprintf(text, sizeof(text), "[ccm]\nplain_paths = yes\n%s", more);
    stage_make(&p.stage, text);
    assert_int_equal(stage_init(&p.stage, NULL, 0), 0);
    stage_worker(&p.stage, &p.worker);
    scene_make(&p.scene, &p.worker);
    return 0;
}

int plain_end(void **state)
{
    (void)state;
    scene_clear(&p.scene);
    hsm_worker_clear(&p.worker);
    stage_clear(&p.stage);
    return 0;
}

void plain_renew(void)
{
    p.context = (struct api_context){ .account = p.scene.context.account,
                                      .flags = API_CLASS_CCM };
    assert_ok(api_id_random(&p.context.dataset));
    assert_ok(api_id_random(&p.context.version));
}

int plain_fresh(void **state)
{
    (void)state;
    p.worker.settings.plain_paths = true;
    p.scene.now = p.scene.start * 1000;
    scene_reset(&p.scene);
    plain_renew();
    assert_ok(scene_intake_plain(&p.scene, &p.context, PLAIN_TEXT));
    p.blob = buffer_make(PKCS11_BLOB_MAX);
    buffer_put(&p.blob, buffer_bytes(&p.scene.out));
    return 0;
}

int plain_wipe(void **state)
{
    (void)state;
    buffer_clear(&p.blob);
    return 0;
}

struct status plain_release(void)
{
    return scene_release_plain(&p.scene, &p.context, buffer_bytes(&p.blob),
                               NULL);
}
