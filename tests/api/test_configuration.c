/* The runtime configuration: one typed content, one text, one hash. */

#include "tests/api/sample.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

static char *canonical(const char *json)
{
    AUTO_JSON *value = sample_parse(json);
    AUTO_CLEAR_BUFFER text = buffer_make(API_CONFIGURATION_MAX);
    struct reason why = { "" };
    struct status made = api_configuration_text(value, &text, &why);
    if (failed(made))
        print_error("%s\n", why.text);
    assert_ok(made);
    char *copy = buffer_string(&text);
    assert_non_null(copy);
    return copy;
}

static void assert_canonical(const char *json, const char *expected)
{
    char *text = canonical(json);
    assert_string_equal(text, expected);
    free(text);
}

static void assert_refused(const char *json, const char *sentence)
{
    AUTO_JSON *value = sample_parse(json);
    AUTO_CLEAR_BUFFER text = buffer_make(API_CONFIGURATION_MAX);
    struct reason why = { "" };
    struct hash hash = { { 0x5a } };
    buffer_put_string(&text, "before");
    assert_status(STATUS_INVALID, api_configuration_text(value, &text, &why));
    assert_string_equal(why.text, sentence);
    assert_int_equal(text.len, 6); /* nothing was added */
    assert_status(STATUS_INVALID, api_configuration_hash(value, &hash, NULL));
    assert_int_equal(hash.bytes[0], 0x5a);
}

#define BASE           "\"app_config\":{},\"labels\":{},\"zone_ca\":[]"
#define WITH(workflow) "{" BASE ",\"workflow\":" workflow "}"
#define ID_1           "00000000-0000-4000-8000-00000000000a"
#define PORTS(map)                                                             \
    WITH("{\"workflow_id\":\"" ID_1 "\",\"app_name\":\"a\",\"port_map\":" map  \
         "}")

static void the_smallest_has_its_three_members(void **state)
{
    (void)state;
    assert_canonical("{" BASE "}", "{" BASE "}");
    assert_canonical(" {\n\"zone_ca\" : [ ] , \"labels\":{ },\t\"app_config\""
                     ":{}} ",
                     "{" BASE "}");
}

static void members_stand_in_the_order_of_the_contract(void **state)
{
    (void)state;
    assert_canonical(
        "{\"workflow\":{\"app_group_id\":\"" ID_1 "\",\"app_acct_id\":\"" ID_1
        "\",\"port_map\":{\"p\":{\"d\":{\"dataset\":{\"group_id\":\"" ID_1
        "\",\"acct_id\":\"" ID_1 "\",\"id\":\"" ID_1
        "\"}},\"a\":{\"application\":{\"group_id\":\"" ID_1
        "\",\"acct_id\":\"" ID_1
        "\"}}}},\"app_name\":\"n\",\"workflow_id\":\"" ID_1
        "\"},\"zone_ca\":[\"z\"],\"labels\":{\"l\":\"v\"},"
        "\"app_config\":{\"f\":{\"contents\":\"AA==\"}}}",
        "{\"app_config\":{\"f\":{\"contents\":\"AA==\"}},\"labels\":{\"l\":"
        "\"v\"},\"zone_ca\":[\"z\"],\"workflow\":{\"workflow_id\":\"" ID_1
        "\",\"app_name\":\"n\",\"port_map\":{\"p\":{\"a\":{\"application\":"
        "{\"acct_id\":\"" ID_1 "\",\"group_id\":\"" ID_1
        "\"}},\"d\":{\"dataset\":{\"id\":\"" ID_1 "\",\"acct_id\":\"" ID_1
        "\",\"group_id\":\"" ID_1 "\"}}}},\"app_acct_id\":\"" ID_1
        "\",\"app_group_id\":\"" ID_1 "\"}}");
}

static void optional_members_that_are_null_are_left_out(void **state)
{
    (void)state;
    assert_canonical(
        "{\"app_config\":{\"a\":{\"contents\":null},\"b\":{}},\"labels\":{},"
        "\"zone_ca\":[],\"workflow\":null}",
        "{\"app_config\":{\"a\":{},\"b\":{}},\"labels\":{},\"zone_ca\":[]}");
    assert_canonical(
        WITH("{\"workflow_id\":\"" ID_1
             "\",\"app_name\":\"\",\"port_map\":{\"p\":{\"a\":{\"application\""
             ":{\"acct_id\":null,\"group_id\":null}},\"d\":{\"dataset\":{"
             "\"id\":\"" ID_1 "\",\"acct_id\":null}}}},\"app_acct_id\":null,"
             "\"app_group_id\":null}"),
        WITH("{\"workflow_id\":\"" ID_1
             "\",\"app_name\":\"\",\"port_map\":{\"p\":{\"a\":{\"application\""
             ":{}},\"d\":{\"dataset\":{\"id\":\"" ID_1 "\"}}}}}"));
}

static void maps_are_sorted_by_the_bytes_of_their_keys(void **state)
{
    (void)state;
    assert_canonical(
        "{\"app_config\":{},\"labels\":{\"b\":\"\",\"\\ud800\\udc00\":\"\","
        "\"a\":\"\",\"ab\":\"\",\"\\uffff\":\"\",\"B\":\"\",\"\\u00e9\":\"\","
        "\"\":\"\"},\"zone_ca\":[]}",
        "{\"app_config\":{},\"labels\":{\"\":\"\",\"B\":\"\",\"a\":\"\","
        "\"ab\":\"\",\"b\":\"\",\"\xc3\xa9\":\"\",\"\xef\xbf\xbf\":\"\","
        "\"\xf0\x90\x80\x80\":\"\"},\"zone_ca\":[]}");
    assert_canonical(
        "{\"app_config\":{\"/b\":{},\"/B\":{}},\"labels\":{},\"zone_ca\":[]}",
        "{\"app_config\":{\"/B\":{},\"/b\":{}},\"labels\":{},\"zone_ca\":[]}");
    assert_canonical(PORTS("{\"o\":{},\"i\":{\"b\":{\"application\":{}},"
                           "\"a\":{\"application\":{}}}}"),
                     PORTS("{\"i\":{\"a\":{\"application\":{}},"
                           "\"b\":{\"application\":{}}},\"o\":{}}"));
}

static void zone_ca_is_a_set(void **state)
{
    (void)state;
    assert_canonical(
        "{\"app_config\":{},\"labels\":{},\"zone_ca\":[\"zz\",\"AA\",\"aa\","
        "\"AA\",\"\",\"zz\",\"A\",\"A\\u0000\"]}",
        "{\"app_config\":{},\"labels\":{},\"zone_ca\":[\"\",\"A\","
        "\"A\\u0000\",\"AA\",\"aa\",\"zz\"]}");
}

static void only_what_must_be_escaped_is_escaped(void **state)
{
    (void)state;
    assert_canonical(
        "{\"app_config\":{},\"labels\":{\"c\":\"\\u0000\\u0001\\b\\t\\n\\u000b"
        "\\f\\r\\u001f\",\"p\":\"\\\"\\\\\\/\\u007f\\u0080\\u009f\\u2028\\ufeff"
        "\\ud83d\\udd12\",\"t\\tk\":\"\"},\"zone_ca\":[]}",
        "{\"app_config\":{},\"labels\":{\"c\":\"\\u0000\\u0001\\b\\t\\n\\u000b"
        "\\f\\r\\u001f\",\"p\":\"\\\"\\\\/\x7f\xc2\x80\xc2\x9f\xe2\x80\xa8"
        "\xef\xbb\xbf\xf0\x9f\x94\x92\",\"t\\tk\":\"\"},\"zone_ca\":[]}");
}

static void uuids_of_any_form_are_written_in_one(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "\"0000000A-00BC-4000-8000-0000000000eF\"",
        "\"0000000a00bc400080000000000000EF\"",
        "\"0000000a-00bc-4000-8000-0000000000ef\"",
    };
    for (size_t i = 0; i < 3; i++) {
        char json[400];
        (void)snprintf(json, sizeof(json),
                       "{" BASE ",\"workflow\":{\"workflow_id\":%s,"
                       "\"app_name\":\"a\",\"port_map\":{}}}",
                       forms[i]);
        assert_canonical(
            json, WITH("{\"workflow_id\":\"0000000a-00bc-4000-8000-"
                       "0000000000ef\",\"app_name\":\"a\",\"port_map\":{}}"));
    }
}

static void contents_may_have_more_members_which_are_not_hashed(void **state)
{
    (void)state;
    assert_canonical(
        "{\"app_config\":{\"a\":{\"mode\":7,\"contents\":\"AA==\"}},"
        "\"labels\":{},\"zone_ca\":[]}",
        "{\"app_config\":{\"a\":{\"contents\":\"AA==\"}},\"labels\":{},"
        "\"zone_ca\":[]}");
}

static const struct {
    const char *json, *sentence;
} closed[] = {
    { "[]", "expected an object" },
    { "{\"labels\":{},\"zone_ca\":[]}", "app_config is missing" },
    { "{\"app_config\":null,\"labels\":{},\"zone_ca\":[]}",
      "app_config is missing" },
    { "{\"app_config\":{},\"zone_ca\":[]}", "labels is missing" },
    { "{\"app_config\":{},\"labels\":{}}", "zone_ca is missing" },
    { "{\"app_config\":[],\"labels\":{},\"zone_ca\":[]}",
      "app_config: expected an object" },
    { "{\"app_config\":{\"f\":\"x\"},\"labels\":{},\"zone_ca\":[]}",
      "app_config: f: expected an object" },
    { "{\"app_config\":{\"f\":{\"contents\":1}},\"labels\":{},\"zone_ca\":[]}",
      "app_config: f: contents: expected text" },
    { "{\"app_config\":{},\"labels\":{\"l\":1},\"zone_ca\":[]}",
      "labels: l: expected text" },
    { "{\"app_config\":{},\"labels\":{\"l\":null},\"zone_ca\":[]}",
      "labels: l: expected text" },
    { "{\"app_config\":{},\"labels\":{},\"zone_ca\":{}}",
      "zone_ca: expected an array" },
    { "{\"app_config\":{},\"labels\":{},\"zone_ca\":[1]}",
      "zone_ca: expected an array of text" },
    { WITH("[]"), "workflow: expected an object" },
    { WITH("{\"app_name\":\"\",\"port_map\":{}}"),
      "workflow: workflow_id is missing" },
    { WITH("{\"workflow_id\":\"" ID_1 "\",\"port_map\":{}}"),
      "workflow: app_name is missing" },
    { WITH("{\"workflow_id\":\"" ID_1 "\",\"app_name\":\"a\"}"),
      "workflow: port_map is missing" },
    { WITH("{\"workflow_id\":\"x\",\"app_name\":\"a\",\"port_map\":{}}"),
      "workflow: workflow_id: expected a UUID" },
    { PORTS("[]"), "workflow: port_map: expected an object" },
    { PORTS("{\"p\":null}"), "workflow: port_map: p: expected an object" },
#define PORT(what) "workflow: port_map: p: n: " what
    { PORTS("{\"p\":{\"n\":\"application\"}}"),
      PORT("expected either \"dataset\" or \"application\"") },
    { PORTS("{\"p\":{\"n\":{}}}"),
      PORT("expected either \"dataset\" or \"application\"") },
    { PORTS("{\"p\":{\"n\":{\"service\":{}}}}"),
      PORT("expected either \"dataset\" or \"application\"") },
    { PORTS("{\"p\":{\"n\":{\"application\":{},\"dataset\":{\"id\":\"" ID_1
            "\"}}}}"),
      PORT("expected either \"dataset\" or \"application\"") },
    { PORTS("{\"p\":{\"n\":{\"application\":null}}}"),
      PORT("application is missing") },
    { PORTS("{\"p\":{\"n\":{\"dataset\":{}}}}"),
      PORT("dataset: id is missing") },
    { PORTS("{\"p\":{\"n\":{\"dataset\":{\"id\":\"1\"}}}}"),
      PORT("dataset: id: expected a UUID") },
    { PORTS("{\"p\":{\"n\":{\"application\":{\"acct_id\":1}}}}"),
      PORT("application: acct_id: expected a UUID") },
};

static void a_closed_type_names_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
        assert_refused(closed[i].json, closed[i].sentence);
}

static void a_closed_type_names_the_member_too_many(void **state)
{
    (void)state;
    static const char *const extended[] = {
        "{" BASE ",\"excess\":1}",
        WITH("{\"workflow_id\":\"" ID_1
             "\",\"app_name\":\"a\",\"port_map\":{},\"excess\":1}"),
        PORTS("{\"p\":{\"n\":{\"dataset\":{\"id\":\"" ID_1
              "\",\"excess\":1}}}}"),
        PORTS("{\"p\":{\"n\":{\"application\":{\"excess\":1}}}}"),
    };
    for (size_t i = 0; i < 4; i++) {
        AUTO_JSON *value = sample_parse(extended[i]);
        AUTO_CLEAR_BUFFER text = buffer_make(4096);
        struct reason why = { "" };
        assert_status(STATUS_INVALID,
                      api_configuration_text(value, &text, &why));
        assert_non_null(strstr(why.text, "excess"));
    }
}

static void more_than_a_mebibyte_is_refused(void **state)
{
    (void)state;
    char *big = malloc(API_CONFIGURATION_MAX + 1);
    assert_non_null(big);
    memset(big, 'x', API_CONFIGURATION_MAX);
    big[API_CONFIGURATION_MAX] = '\0';
    AUTO_JSON *value = json_pack("{s:{}, s:{s:s}, s:[]}", "app_config",
                                 "labels", "l", big, "zone_ca");
    free(big);
    struct hash hash;
    struct reason why = { "" };
    assert_status(STATUS_INVALID, api_configuration_hash(value, &hash, &why));
    assert_string_equal(why.text,
                        "a runtime configuration has at most 1048576 bytes");
}

static void the_hash_is_that_of_the_text(void **state)
{
    (void)state;
    AUTO_JSON *value = sample_parse("{" BASE "}");
    struct hash hash, expected;
    assert_ok(api_configuration_hash(value, &hash, NULL));
    assert_ok(hash_of(&expected, bytes_of_string("{" BASE "}")));
    assert_true(hash_equal(&hash, &expected));
}

/* A client of the product takes the last of two equal keys. Ours are read by
 * api_json_read(), which refuses them, so that no two readers can differ. */
static void our_reader_refuses_what_a_later_key_would_replace(void **state)
{
    (void)state;
    static const char doubled[] = "{\"app_config\":{},\"labels\":{\"a\":\"1\","
                                  "\"a\":\"2\"},\"zone_ca\":[]}";
    json_t *value = NULL;
    assert_status(STATUS_INVALID,
                  api_json_read(bytes_of_string(doubled), sizeof(doubled), true,
                                &value, NULL));
    assert_canonical(doubled, "{\"app_config\":{},\"labels\":{\"a\":\"2\"},"
                              "\"zone_ca\":[]}");
}

static void names_become_paths_and_host_names(void **state)
{
    (void)state;
    static const char *const good[] = {
        "a",
        "A-Z_9",
        "a.b",
        "x.y.z",
        "-",
        "_",
        "0",
        "123456789012345678901234567890123456789012345678901234567890123",
    };
    static const char *const bad[] = {
        "",
        ".",
        "..",
        ".a",
        "a.",
        "a..b",
        "a/b",
        "a b",
        "a\n",
        "\xc3\xa9",
        "a:b",
        "a\\b",
        "a%b",
        "a~",
        "1234567890123456789012345678901234567890123456789012345678901234",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(api_name_valid(bytes_of_string(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(api_name_valid(bytes_of_string(bad[i])));
    assert_false(api_name_valid(bytes_of("a\0b", 3)));
}

#define VECTORS PROJECT_SOURCE_DIR "/../shared/vectors/hashed_config_"

/* Some vectors have doubled members, which only the product's client takes:
 * jansson reads them here without our rules. */
static json_t *read_vector(int number)
{
    char path[512];
    (void)snprintf(path, sizeof(path), VECTORS "%d.json", number);
    json_t *body = json_load_file(path, JSON_ALLOW_NUL, NULL);
    json_t *config = json_incref(json_object_get(body, "config"));
    json_decref(body);
    return config;
}

static void read_hash(int number, char out[2 * HASH_LEN + 1])
{
    char path[512];
    (void)snprintf(path, sizeof(path), VECTORS "%d.sha256", number);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(out, 2 * HASH_LEN + 1, file));
    (void)fclose(file);
}

static void the_product_s_own_vectors_agree(void **state)
{
    (void)state;
    int seen = 0;
    for (int number = 1; number <= 10; number++) {
        AUTO_JSON *config = read_vector(number);
        struct hash hash;
        char hex[2 * HASH_LEN + 1], expected[2 * HASH_LEN + 1];
        if (!config)
            continue;
        seen++;
        assert_ok(api_configuration_hash(config, &hash, NULL));
        hex_encode(hash_bytes(&hash), hex);
        read_hash(number, expected);
        assert_string_equal(hex, expected);
    }
    if (seen == 0) {
        print_message("SKIP: no vectors at " VECTORS "*\n");
        skip();
    }
    print_message("%d vectors\n", seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_smallest_has_its_three_members),
        cmocka_unit_test(members_stand_in_the_order_of_the_contract),
        cmocka_unit_test(optional_members_that_are_null_are_left_out),
        cmocka_unit_test(maps_are_sorted_by_the_bytes_of_their_keys),
        cmocka_unit_test(zone_ca_is_a_set),
        cmocka_unit_test(only_what_must_be_escaped_is_escaped),
        cmocka_unit_test(uuids_of_any_form_are_written_in_one),
        cmocka_unit_test(contents_may_have_more_members_which_are_not_hashed),
        cmocka_unit_test(a_closed_type_names_what_is_wrong),
        cmocka_unit_test(a_closed_type_names_the_member_too_many),
        cmocka_unit_test(more_than_a_mebibyte_is_refused),
        cmocka_unit_test(the_hash_is_that_of_the_text),
        cmocka_unit_test(our_reader_refuses_what_a_later_key_would_replace),
        cmocka_unit_test(names_become_paths_and_host_names),
        cmocka_unit_test(the_product_s_own_vectors_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
