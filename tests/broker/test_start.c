/* A broker that would start half safe does not start. */

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "broker/options.h"
#include "broker/start.h"
#include "tests/broker/stage.h"

/* What start_anchors() says of this [anchors] section. */
static struct status anchors(struct stage *s, const char *section,
                             size_t *count, struct reason *why)
{
    AUTO_FREE(config) config = NULL;
    AUTO_CLEAR_BUFFER text = buffer_make(65536);
    struct broker b = { 0 };
    buffer_printf(&text,
                  "[server]\nurl = https://b\n[store]\ndirectory = /d\n[hsm]\n"
                  "socket = /s\n[anchors]\n%s",
                  section);
    (void)s;
    assert_ok(config_parse("test", buffer_bytes(&text), broker_options,
                           broker_options_count, &config, why));
    b.config = config;
    struct status said = start_anchors(&b, why);
    *count = b.anchors_count;
    free(b.anchors);
    return said;
}

static void anchors_are_read_with_their_word(void **state)
{
    struct stage *s = *state;
    char section[512];
    size_t count;
    struct reason why = { "" };
    assert_int_equal(1, s->broker.anchors_count);
    assert_true(s->broker.anchors[0].simulated);
    assert_string_equal("sim", s->broker.anchors[0].label);
    (void)snprintf(section, sizeof(section), "trusted = a:%s, b:%s\n",
                   temp_dir_path(&s->dir, "platform/root.pem"),
                   temp_dir_path(&s->dir, "platform/root.pem"));
    assert_ok(anchors(s, section, &count, &why));
    assert_int_equal(2, count);
}

static void what_is_wrong_with_an_anchor_is_said(void **state)
{
    struct stage *s = *state;
    char missing[256], nonsense[256];
    size_t count;
    assert_ok(file_write(temp_dir_path(&s->dir, "nonsense"),
                         bytes_of_string("nonsense"), 0600));
    (void)snprintf(missing, sizeof(missing), "trusted = a:%s\n",
                   temp_dir_path(&s->dir, "missing"));
    (void)snprintf(nonsense, sizeof(nonsense), "trusted = a:%s\n",
                   temp_dir_path(&s->dir, "nonsense"));
    const struct {
        const char *section, *says;
    } bad[] = {
        { "", "anchors: none is configured, so no program could" },
        { "trusted = root.pem\n",
          "anchors: expected label:/path.pem, not root.pem" },
        { "trusted = a:root.pem\n", "label:/path.pem" },
        { "trusted = :/root.pem\n", "label:/path.pem" },
        { missing, "cannot read the anchor /" },
        { nonsense, "" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct reason why = { "" };
        assert_true(failed(anchors(s, bad[i].section, &count, &why)));
        if (why.text[0] == '\0' || !strstr(why.text, bad[i].says))
            fail_msg("%s says: %s", bad[i].section, why.text);
    }
}

static void anchors_are_bounded(void **state)
{
    struct stage *s = *state;
    AUTO_CLEAR_BUFFER section = buffer_make(4000);
    size_t count;
    struct reason why = { "" };
    const char *root = temp_dir_path(&s->dir, "platform/root.pem");
    buffer_put_string(&section, "trusted = ");
    for (int i = 0; i <= BROKER_ANCHORS_MAX; i++)
        buffer_printf(&section, "%sa%d:%s", i ? "," : "", i, root);
    buffer_put_string(&section, "\n");
    char *text = buffer_string(&section);
    assert_non_null(text);
    assert_status(STATUS_INVALID, anchors(s, text, &count, &why));
    assert_non_null(strstr(why.text, "anchors: more than 16 of them"));
    free(text);
}

static void without_the_hsm_there_is_no_start(void **state)
{
    struct stage *s = *state;
    struct reason why = { "" };
    static const enum soft_job jobs[] = { SOFT_DESCRIBE, SOFT_PROBE,
                                          SOFT_STORE_KEY };
    for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
        stage_close(s);
        soft_door_fate(s->door, jobs[i], SOFT_AWAY, 1);
        assert_status(STATUS_UNAVAILABLE, stage_open(s, &why));
        assert_non_null(strstr(why.text, "away"));
    }
    stage_close(s);
    assert_ok(stage_open(s, &why));
}

static void another_token_opens_no_store(void **state)
{
    struct stage *s = *state;
    struct pkcs11_door *other = NULL;
    struct reason why = { "" };
    stage_close(s);
    soft_door_make(stage_seconds(), &other);
    soft_door_plug(other);
    assert_status(STATUS_CONFLICT, stage_open(s, &why));
    assert_non_null(strstr(why.text, "is sealed under another key: another"));
    stage_close(s);
    soft_door_plug(s->door);
    assert_ok(stage_open(s, &why));
    soft_door_destroy(other);
}

static void a_store_that_cannot_be_read_is_named(void **state)
{
    struct stage *s = *state;
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER store = buffer_make((size_t)64 << 20);
    char path[256];
    stage_close(s);
    (void)snprintf(path, sizeof(path), "%s/data.mdb", stage_store(s));
    assert_ok(file_read(path, &store));
    memset(store.data + 8192, 0, store.len - 8192); /* all but the roots */
    assert_ok(file_write(path, buffer_bytes(&store), 0600));
    assert_status(STATUS_CORRUPT, stage_open(s, &why));
    assert_non_null(strstr(
        why.text, "cannot be read (mdb_cursor_get): restore it from a backup"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(anchors_are_read_with_their_word),
        stage_test(what_is_wrong_with_an_anchor_is_said),
        stage_test(anchors_are_bounded),
        stage_test(without_the_hsm_there_is_no_start),
        stage_test(another_token_opens_no_store),
        stage_test(a_store_that_cannot_be_read_is_named),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
