/* The product's program library, byte for byte as it speaks: TLS 1.2 with the
 * certificate it was issued, the server name nodes.<host>, hyper's headers,
 * one connection kept alive for the three requests to DSM. */

#include <string.h>

#include "tests/broker/em_app.h"
#include "tests/broker/plain_play.h"
#include "tests/support/examples.h"

static struct plain_play scene;
static struct em_app app;

static int setup(void **state)
{
    assert_int_equal(0, stage_setup(state));
    plain_play_make(&scene, *state);
    app = (struct em_app){ .stage = *state,
                           .enclave = &scene.enclave,
                           .runtime = &scene.play.runtime };
    em_app_serve(&app);
    return 0;
}

static int teardown(void **state)
{
    em_app_stop(&app);
    plain_play_clear(&scene);
    return stage_teardown(state);
}

static void its_data_comes_by_the_way_the_configuration_says(void **state)
{
    char token[80];
    struct heard heard;
    AUTO_CLEAR_BUFFER value = buffer_make(1024);
    (void)state;
    AUTO_JSON *runtime = em_app_runtime(
        &app, "/api/v1/confidential_computing/runtime/app_configs");
    const json_t *dataset = json_object_get(
        json_object_get(
            json_object_get(json_object_get(json_object_get(runtime, "extra"),
                                            "connections"),
                            "input"),
            "plain data"),
        "dataset");
    const json_t *sdkms =
        json_object_get(json_object_get(dataset, "credentials"), "sdkms");
    assert_string_equal(PLAIN_LOCATION, em_app_text(dataset, "location"));
    assert_string_equal("https://" EM_APP_HOST ":9443",
                        em_app_text(sdkms, "credentials_url"));

    struct link l = em_app_dial(&app, EM_APP_HOST);
    em_app_log_in(&l, em_app_text(sdkms, "sdkms_app_id"), token);
    em_app_export(&l, em_app_text(sdkms, "credentials_key_name"), token,
                  &heard);
    AUTO_JSON *key = em_app_json(&heard);
    assert_like_example(70, key);
    assert_ok(api_json_base64(key, "value", &value, NULL));
    assert_true(
        bytes_equal(buffer_bytes(&value), bytes_of_string(PLAIN_CONTENT)));
    em_app_terminate(&l, token);
    em_app_export(&l, em_app_text(sdkms, "credentials_key_name"), token,
                  &heard);
    assert_int_equal(401, heard.status);
    assert_non_null(strstr(heard.head, "Content-Type: text/plain"));
    buffer_clear(&heard.body);
    em_app_hang_up(&l);
}

static void older_ones_ask_below_v1(void **state)
{
    (void)state;
    json_decref(em_app_runtime(&app, "/v1/runtime/app_configs"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            its_data_comes_by_the_way_the_configuration_says, setup, teardown),
        cmocka_unit_test_setup_teardown(older_ones_ask_below_v1, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
