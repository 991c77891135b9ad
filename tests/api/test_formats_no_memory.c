/* Reading and writing JSON, and the binary formats, with every allocation of
 * ours failing in turn. jansson's are ours: it was given our allocator. */

#include "tests/support/check.h"

#include "api/api.h"
#include "tests/support/torture.h"

/* Long strings, escapes and names: what made jansson's own reader overrun. */
static const char document[] =
    "{\"a name that does not fit into sixteen bytes\": \"text that is long "
    "enough to make a buffer grow more than once, and then \\u00e9 and more "
    "of it, until even the second growth was not enough for all of it\","
    " \"\\u006cist\": [1, -2, true, false, null, {}, [], \"\"]}";

static struct status read_json(void)
{
    AUTO_JSON *value = NULL;
    return api_json_read(bytes_of_string(document), sizeof(document), true,
                         &value, NULL);
}

static void reading_json_survives_every_failed_allocation(void **state)
{
    (void)state;
    assert_true(torture(read_json) > 12);
}

static json_t *parsed;

static struct status write_json(void)
{
    AUTO_CLEAR_BUFFER out = buffer_make(4096);
    return api_json_canonical(parsed, &out);
}

static void writing_json_survives_every_failed_allocation(void **state)
{
    (void)state;
    assert_ok(api_json_read(bytes_of_string(document), sizeof(document), true,
                            &parsed, NULL));
    assert_true(torture(write_json) > 2);
    json_decref(parsed);
}

static struct status make_values(void)
{
    const struct api_id id = { { 1 } };
    const struct hash hash = { { 2 } };
    AUTO_JSON *first = api_json_of_id(&id);
    AUTO_JSON *second = api_json_of_hash(&hash);
    AUTO_JSON *third = api_json_of_base64(bytes_of(document, 100));
    return first && second && third ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static void making_values_survives_every_failed_allocation(void **state)
{
    (void)state;
    assert_true(torture(make_values) > 3);
}

static struct status encode_formats(void)
{
    struct api_grant grant = { .not_after = 1 };
    struct api_leaf leaf = { .kind = API_LEAF_STORE };
    struct api_head head = { .epoch = 1 };
    struct api_certificate_subject subject = { .kind = 1 };
    const char *names[] = { "a.example" };
    unsigned char encoded[API_GRANT_LEN], salt[API_SALT_LEN] = { 0 };
    struct hash hash;
    TRY(api_grant_encode(&grant, encoded));
    TRY(api_leaf_encode(&leaf, encoded));
    TRY(api_head_encode(&head, encoded));
    TRY(api_subject_certificate(salt, &subject, &hash));
    return api_names_hash(names, 1, &hash);
}

static void encoding_survives_every_failed_allocation(void **state)
{
    (void)state;
    assert_true(torture(encode_formats) > 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_json_survives_every_failed_allocation),
        cmocka_unit_test(writing_json_survives_every_failed_allocation),
        cmocka_unit_test(making_values_survives_every_failed_allocation),
        cmocka_unit_test(encoding_survives_every_failed_allocation),
    };
    api_json_memory_open();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
