/* context.json, which people copy and mend by hand: what is wrong with it is
 * named, and nothing of it is used. */

#include "cli/context.h"

#include <stdlib.h>

#include "base/file.h"
#include "tests/support/check.h"
#include "tests/support/temp_dir.h"

static struct temp_dir dir;

static int setup(void **state)
{
    (void)state;
    dir = temp_dir_make();
    assert_int_equal(setenv("XDG_CONFIG_HOME", temp_dir_path(&dir, "."), 1), 0);
    assert_ok(file_make_directory(temp_dir_path(&dir, "accord"), 0700));
    return file_make_directory(temp_dir_path(&dir, "accord/mine"), 0700).code ==
                   STATUS_OK
               ? 0
               : -1;
}

static int teardown(void **state)
{
    (void)state;
    temp_dir_remove(&dir);
    return 0;
}

static struct status open_text(struct bytes text, struct context *out,
                               struct reason *why)
{
    assert_ok(file_write(temp_dir_path(&dir, "accord/mine/context.json"), text,
                         0600));
    return context_open_keyless("mine", out, why);
}

/* A seed of the fuzz target `context`. */
static json_t *good(void)
{
    AUTO_CLEAR_BUFFER text = buffer_make(64 * 1024);
    json_t *json = NULL;
    assert_ok(file_read(SEED, &text));
    assert_ok(api_json_read(buffer_bytes(&text), text.len, false, &json, NULL));
    return json;
}

static void a_good_one_is_read(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER text = buffer_make(64 * 1024);
    struct context c;
    assert_ok(file_read(SEED, &text));
    assert_ok(open_text(buffer_bytes(&text), &c, NULL));
    assert_string_equal("https://broker.example:9443", c.url);
    assert_int_equal(5, c.head.size);
    context_clear(&c);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *member, *value; /* JSON; NULL: the member is not there */
        const char *says;
    } bad[] = {
        { "url", NULL, "url" },
        { "url", "7", "url" },
        { "ca", NULL, "ca" },
        { "account", "\"nobody\"", "account" },
        { "person", "[]", "person" },
        { "person", NULL, "person" },
        { "log_key", "\"AAAA\"", "log_key" },
        { "log_key", "\"!\"", "log_key" },
        { "owner", NULL, "owner" },
        { "owner", "\"!\"", "owner" },
        { "head", "{}", "store" },
        { "head", "{\"store\": 1}", "store" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        AUTO_JSON *json = good();
        AUTO_CLEAR_BUFFER text = buffer_make(64 * 1024);
        struct context c = { .url = "untouched" };
        struct reason why = { "" };
        if (bad[i].value)
            (void)json_object_set_new(
                json, bad[i].member,
                json_loads(bad[i].value, JSON_DECODE_ANY, NULL));
        else
            (void)json_object_del(json, bad[i].member);
        assert_ok(api_json_canonical(json, &text));
        assert_status(STATUS_INVALID, open_text(buffer_bytes(&text), &c, &why));
        if (!strstr(why.text, bad[i].says))
            fail_msg("%s: %s", bad[i].member, why.text);
        assert_string_equal("untouched", c.url);
    }
}

/* An owner, or a URL, that is no such thing for its length. */
static void what_has_another_length_is_refused(void **state)
{
    (void)state;
    char url[600] = "https://";
    struct context c;
    struct reason why = { "" };
    AUTO_JSON *json = good();
    AUTO_CLEAR_BUFFER text = buffer_make(64 * 1024);
    memset(url + 8, 'a', sizeof(url) - 9);
    (void)json_object_set_new(json, "url", json_string(url));
    assert_ok(api_json_canonical(json, &text));
    assert_status(STATUS_INVALID, open_text(buffer_bytes(&text), &c, &why));
    assert_string_equal("url: it is longer than 511 bytes", why.text);
    AUTO_JSON *other = good();
    (void)json_object_set_new(other, "owner", json_string("AAAA"));
    buffer_clear(&text);
    text = buffer_make(64 * 1024);
    assert_ok(api_json_canonical(other, &text));
    assert_status(STATUS_INVALID, open_text(buffer_bytes(&text), &c, &why));
    assert_string_equal("owner: it is not an owner's keys", why.text);
}

static void text_that_is_no_json_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "{", "[]", "{} {}",
                                       "{\"url\":1,\"url\":2}" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct context c;
        struct reason why = { "" };
        assert_status(STATUS_INVALID,
                      open_text(bytes_of_string(bad[i]), &c, &why));
        assert_true(why.text[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_one_is_read),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(what_has_another_length_is_refused),
        cmocka_unit_test(text_that_is_no_json_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
