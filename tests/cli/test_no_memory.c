/* What `accord` keeps and reads, each allocation refused in turn: it says so,
 * and what lies on the disk is what lay there before. */

#include "tests/support/check.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/acquaintance.h"
#include "cli/context.h"
#include "cli/history.h"
#include "cli/presigned.h"
#include "cli/profile.h"
#include "tests/cli/log_sample.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torture.h"

#define SECOND "log/00000000000000000002-00000000000000000003.json"

static struct temp_dir dir;
static struct log_sample sample;
static struct context context;

static const char *at(const char *name)
{
    return temp_dir_path(&dir, name);
}

static int set_up(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER seed = buffer_make(64 * 1024);
    dir = temp_dir_make();
    assert_ok(secret_heap_open(256 * 1024));
    assert_int_equal(setenv("XDG_CONFIG_HOME", at("."), 1), 0);
    assert_ok(file_make_directory(at("accord"), 0700));
    assert_ok(file_make_directory(at("accord/mine"), 0700));
    assert_ok(file_make_directory(at("log"), 0700));
    assert_ok(file_read(SEED, &seed));
    assert_ok(
        file_write(at("accord/mine/context.json"), buffer_bytes(&seed), 0600));
    assert_ok(context_open_keyless("mine", &context, NULL));
    buffer_clear(&seed);
    assert_ok(file_read(KEY, &seed));
    assert_ok(file_write(at("accord/mine/key.pem"), buffer_bytes(&seed), 0600));
    assert_ok(
        file_write(at("accord/mine/certificate.pem"), bytes_of("x", 1), 0600));
    log_sample_init(&sample);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    context_clear(&context);
    log_sample_clear(&sample);
    temp_dir_remove(&dir);
    return 0;
}

/* --- the membership ------------------------------------------------------ */

static struct status open_again(void)
{
    struct context c;
    TRY(context_open_keyless("mine", &c, NULL));
    context_clear(&c);
    return OK;
}

/* A key that is there is never called none. */
static struct status open_with_key(void)
{
    struct context c;
    TRY(context_open("mine", &c, NULL));
    context_clear(&c);
    return OK;
}

static struct status save(void)
{
    return context_save(&context, NULL);
}

static void a_membership_is_whole_or_untouched(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER before = buffer_make(64 * 1024);
    AUTO_CLEAR_BUFFER after = buffer_make(64 * 1024);
    assert_ok(file_read(at("accord/mine/context.json"), &before));
    assert_true(torture(open_again) > 5);
    assert_true(torture(open_with_key) > 5);
    assert_true(torture(save) > 3);
    assert_ok(file_read(at("accord/mine/context.json"), &after));
    assert_true(bytes_equal(buffer_bytes(&before), buffer_bytes(&after)));
}

static struct status meet(void)
{
    AUTO_JSON *people = NULL;
    struct reason why = { "" };
    struct status s = acquaintance_read(&context, &people, &why);
    if (failed(s)) {
        assert_null(strstr(why.text, "damaged")); /* nobody is to remove it */
        return s;
    }
    assert_int_equal(1, json_object_size(json_object_get(people, "people")));
    return OK;
}

/* Not to know whom one has met would be a false warning, or none. */
static void nobody_is_forgotten(void **state)
{
    (void)state;
    static const char people[] =
        "{\"people\":{\"0000000000000000000000000000000000000000000000000000"
        "000000000001\":\"00000000000000000000000000000000000000000000000000"
        "00000000000002\"}}";
    assert_ok(file_write(at("accord/mine/people.json"), bytes_of_string(people),
                         0600));
    assert_true(torture(meet) > 0);
}

/* --- the history --------------------------------------------------------- */

static struct status follow(void)
{
    struct history history;
    torture_pause();
    AUTO_JSON *whole = log_sample_export(&sample);
    AUTO_JSON *fresh = json_array();
    torture_go_on();
    struct status s = history_read(at("log"), &sample.log_key, &history, NULL);
    const json_t *leaves = json_object_get(whole, "leaves");
    torture_pause();
    for (size_t i = history.head.size; i < json_array_size(leaves); i++)
        (void)json_array_append(fresh, json_array_get(leaves, i));
    torture_go_on();
    if (!failed(s))
        s = history_add(&history, at("log"), fresh,
                        json_object_get(whole, "head"), &sample.log_key, NULL);
    history_clear(&history);
    return s;
}

static void no_piece_of_history_appears_by_half(void **state)
{
    (void)state;
    log_sample_add(&sample, API_LEAF_STORE, 20, "{}");
    log_sample_add(&sample, API_LEAF_CHANGE, 21, "{\"n\":1}");
    assert_ok(follow());
    log_sample_add(&sample, API_LEAF_CHANGE, 22, "{\"n\":2}");
    assert_true(torture(follow) > 10);
    assert_int_equal(0, access(at(SECOND), F_OK));
    assert_ok(follow()); /* reads both */
}

/* --- pre-signed URLs ----------------------------------------------------- */

static struct status presign(void)
{
    static const char profile[] = "[default]\naws_access_key_id = AKID\n"
                                  "aws_secret_access_key = of nobody\n";
    char access_key[129];
    AUTO_FREE(secret) key = NULL;
    AUTO_FREE(secret) url = NULL;
    TRY(profile_parse(bytes_of_string(profile), "default", access_key, &key));
    const struct presigned_request request = { .method = "GET",
                                               .url = "https://a.example/b/c",
                                               .region = "us-east-1",
                                               .access_key = access_key,
                                               .secret_key = key,
                                               .now = 1800000000,
                                               .expires = 60 };
    return presigned_make(&request, &url, NULL);
}

static void a_url_is_signed_or_not_made(void **state)
{
    (void)state;
    assert_true(torture(presign) > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_membership_is_whole_or_untouched),
        cmocka_unit_test(nobody_is_forgotten),
        cmocka_unit_test(no_piece_of_history_appears_by_half),
        cmocka_unit_test(a_url_is_signed_or_not_made),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
