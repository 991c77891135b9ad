/* A program that was built with the product's library, in a workflow that its
 * users made with the product's clients: every request of both, byte by byte,
 * on sockets. */

#include <stdio.h>

#include "base/text.h"
#include "tests/broker/data_cast.h"
#include "tests/broker/em_app.h"
#include "tests/broker/venture.h"

static struct venture venture;
static struct enclave program;
static struct hash runtime;
static struct em_app app, users;

/* Alice's dataset and bob's configuration come by their own requests. */
static void bring(struct stage *s)
{
    data_new(s, &venture.alice, "Input", venture.input_text);
    assert_ok(
        api_id_parse(bytes_of_string(venture.input_text), &venture.input));
    struct answer *a =
        user_ask(s, &venture.bob, HTTP_POST,
                 json_pack("{s:s, s:s, s:{s:{s:s}}, s:{s:s}, s:[s, s]}", "name",
                           "cfg", "description", "", "app_config", "key",
                           "contents", "YQ==", "labels", "location", "East US",
                           "ports", "input", "output"),
                 "/v1/app_configs");
    assert_answer(a, 200, NULL);
    (void)snprintf(venture.configuration, sizeof(venture.configuration), "%s",
                   answer_text(a, "config_id"));
    venture_change(&venture, POLICY_BUILD, api_id_bytes(&venture.build),
                   json_pack("{s:{s:{}}}", "configs", venture.configuration));
}

static int setup(void **state)
{
    assert_int_equal(0, stage_setup(state));
    venture_make(&venture, *state);
    bring(*state);
    venture_submit(&venture, venture_graph(&venture), NULL);
    venture_agree(&venture);
    venture_runtime(&venture, "1", &runtime);
    struct play play = { .stage = *state, .runtime = runtime };
    enclave_make(&play, soft_rsa_key(0), &program);
    app = (struct em_app){ .stage = *state,
                           .enclave = &program,
                           .runtime = &runtime };
    em_app_serve(&app);
    users = app;
    users.enclave = NULL;
    return 0;
}

static int teardown(void **state)
{
    em_app_stop(&app);
    enclave_clear(&program);
    return stage_teardown(state);
}

/* --- the two sides ------------------------------------------------------- */

/* As em-client 4 sends it: compact JSON, no charset, no more fields. */
static int by_user(const struct user *who, const char *method, const char *path,
                   const char *body)
{
    char text[2048];
    struct heard heard;
    struct link l = em_app_dial(&users, EM_APP_HOST);
    (void)snprintf(text, sizeof(text),
                   "%s %s HTTP/1.1\r\nHost: " EM_APP_HOST ":9443\r\n%s"
                   "Content-Type: application/json\r\nContent-Length: %zu\r\n"
                   "\r\n%s",
                   method, path, who->headers, strlen(body), body);
    em_app_ask(&l, text, &heard);
    buffer_clear(&heard.body);
    em_app_hang_up(&l);
    return heard.status;
}

/* What the program gets: all it knows is its runtime configuration. */
static void fetch(char location[128], char value[128])
{
    char token[80];
    struct heard heard;
    AUTO_JSON *told = em_app_runtime(
        &app, "/api/v1/confidential_computing/runtime/app_configs");
    const json_t *dataset = json_object_get(
        json_object_get(
            json_object_get(
                json_object_get(json_object_get(told, "extra"), "connections"),
                "input"),
            "input-1"),
        "dataset");
    const json_t *sdkms =
        json_object_get(json_object_get(dataset, "credentials"), "sdkms");
    (void)snprintf(location, 128, "%s", em_app_text(dataset, "location"));
    struct link l = em_app_dial(&app, EM_APP_HOST);
    em_app_log_in(&l, em_app_text(sdkms, "sdkms_app_id"), token);
    em_app_export(&l, em_app_text(sdkms, "credentials_key_name"), token,
                  &heard);
    AUTO_JSON *key = em_app_json(&heard);
    (void)snprintf(value, 128, "%s", em_app_text(key, "value"));
    em_app_terminate(&l, token);
    em_app_hang_up(&l);
}

static int look_once(void)
{
    struct heard heard;
    struct link l = em_app_dial(&app, "nodes." EM_APP_HOST);
    em_app_ask(&l,
               "GET /v1/runtime/app_configs HTTP/1.1\r\n"
               "Host: " EM_APP_HOST ":9443\r\n\r\n",
               &heard);
    buffer_clear(&heard.body);
    em_app_hang_up(&l);
    return heard.status;
}

/* --- the thread ---------------------------------------------------------- */

static void a_program_gets_what_its_users_posted(void **state)
{
    char location[128], value[128], path[96];
    (void)state;
    fetch(location, value);
    assert_string_equal("https://storage.example/input.enc", location);
    assert_string_equal(DATA_CONTENTS, value);

    (void)snprintf(path, sizeof(path), "/v1/datasets/%s", venture.input_text);
    assert_int_equal(403, by_user(&venture.bob, "PATCH", path,
                                  "{\"location\":\"https://eve.example\"}"));
    assert_int_equal(
        200, by_user(&venture.alice, "PATCH", path,
                     "{\"location\":\"https://storage.example/new.enc\","
                     "\"credentials\":{\"contents\":\"" DATA_ANOTHER "\"}}"));
    fetch(location, value);
    assert_string_equal("https://storage.example/new.enc", location);
    assert_string_equal(DATA_ANOTHER, value);
}

static void it_gets_nothing_once_they_took_the_version_back(void **state)
{
    char data[96], config[128], version[128];
    (void)state;
    (void)snprintf(data, sizeof(data), "/v1/datasets/%s", venture.input_text);
    (void)snprintf(config, sizeof(config), "/v1/app_configs/%s",
                   venture.configuration);
    (void)snprintf(version, sizeof(version), "/v1/workflows/final/graphs/%s/1",
                   venture.workflow);
    assert_int_equal(409, by_user(&venture.alice, "DELETE", data, ""));
    assert_int_equal(409, by_user(&venture.bob, "DELETE", config, ""));
    assert_int_equal(200, look_once());
    assert_int_equal(204, by_user(&venture.alice, "DELETE", version, ""));
    assert_int_equal(403, look_once());
    assert_int_equal(204, by_user(&venture.alice, "DELETE", data, ""));
    assert_int_equal(204, by_user(&venture.bob, "DELETE", config, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_program_gets_what_its_users_posted,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            it_gets_nothing_once_they_took_the_version_back, setup, teardown),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
