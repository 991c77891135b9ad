/* The graph as a drawing: what is connected with what, at a glance. */

#include "tests/api/faults.h"
#include "tests/support/check.h"

#include <stdlib.h>

static char *drawn(const json_t *graph, bool ascii)
{
    AUTO_CLEAR_BUFFER text = buffer_make(1024 * 1024);
    assert_ok(api_graph_draw(graph, ascii, &text));
    char *copy = buffer_string(&text);
    assert_non_null(copy);
    return copy;
}

static void assert_drawn(const struct sample *s, bool ascii,
                         const char *expected)
{
    char *text = drawn(s->proposal, ascii);
    if (strcmp(text, expected) != 0)
        print_error("%s", text);
    assert_string_equal(text, expected);
    free(text);
}

static void data_go_from_left_to_right(void **state)
{
    assert_drawn(*state, false,
                 "┌──────────┐           ┌───────┐            ┌────────┐\n"
                 "│ patients ├─ input ──▶│ app-1 ├─ output ──▶│ result │\n"
                 "└──────────┘           └───────┘            └────────┘\n");
}

static void ascii_will_do(void **state)
{
    assert_drawn(*state, true,
                 "+----------+           +-------+            +--------+\n"
                 "| patients |- input -->| app-1 |- output -->| result |\n"
                 "+----------+           +-------+            +--------+\n");
}

static void a_manifest_is_drawn_like_its_proposal(void **state)
{
    struct sample *s = *state;
    AUTO_JSON *manifest = sample_manifest(s);
    char *one = drawn(s->proposal, true), *other = drawn(manifest, true);
    assert_string_equal(one, other);
    free(one);
    free(other);
}

static void several_datasets_stand_below_each_other(void **state)
{
    struct sample *s = *state;
    sample_dataset(s, "d3", "codes", CAROL);
    sample_connect(s, "e3", "d3", "a1", "in");
    assert_drawn(s, true,
                 "+----------+           +-------+            +--------+\n"
                 "| patients |- input -->| app-1 |- output -->| result |\n"
                 "+----------+           |       |            +--------+\n"
                 "+----------+           |       |\n"
                 "| codes    |- in ----->|       |\n"
                 "+----------+           +-------+\n");
}

static void more_results_than_inputs_have_their_room(void **state)
{
    struct sample *s = *state;
    (void)json_object_del(sample_at(s, "edges", NULL), "e1");
    sample_dataset(s, "d3", "log", CAROL);
    sample_connect(s, "e3", "d3", "a1", "output");
    assert_drawn(s, true,
                 "+-------+            +--------+\n"
                 "| app-1 |- output -->| result |\n"
                 "|       |            +--------+\n"
                 "|       |            +--------+\n"
                 "|       |- output -->| log    |\n"
                 "+-------+            +--------+\n"
                 "+----------+\n"
                 "| patients |\n"
                 "+----------+\n");
}

static void what_two_apps_share_carries_a_star(void **state)
{
    struct sample *s = *state;
    sample_app(s, "a2", "b", BOB);
    sample_connect(s, "e3", "d2", "a2", "input");
    assert_drawn(s, true,
                 "+----------+           +-------+            +----------+\n"
                 "| patients |- input -->| app-1 |- output -->| result * |\n"
                 "+----------+           +-------+            +----------+\n"
                 "+----------+           +---+\n"
                 "| result * |- input -->| b |\n"
                 "+----------+           +---+\n"
                 "* drawn at every app that it is connected to\n");
}

static void a_draft_may_be_unfinished(void **state)
{
    struct sample *s = *state;
    (void)json_object_del(sample_at(s, "edges", "e2", "source", NULL), "port");
    sample_set(sample_at(s, "objects", NULL), "p",
               sample_parse("{\"name\": \"later\", \"ref\": {\"placeholder\":"
                            " {\"kind\": \"dataset\"}}}"));
    sample_connect(s, "e3", "p", "a1", "output");
    sample_connect(s, "e4", "nothing", "a1", "output");
    sample_set(sample_at(s, "objects", NULL), "q", sample_parse("{}"));
    assert_drawn(s, true,
                 "+----------+           +-------+            +--------+\n"
                 "| patients |- input -->| app-1 |- output -->| later? |\n"
                 "+----------+           |       |            +--------+\n"
                 "+----------+           |       |\n"
                 "| result   |- ? ------>|       |\n"
                 "+----------+           +-------+\n"
                 "+----+\n"
                 "| q? |\n"
                 "+----+\n");
}

static void columns_count_characters_not_bytes(void **state)
{
    struct sample *s = *state;
    sample_set(sample_at(s, "objects", "d1", NULL), "name",
               json_string("Z\xc3\xbcrich"));
    assert_drawn(s, true,
                 "+--------+           +-------+            +--------+\n"
                 "| Z\xc3\xbcrich |- input -->| app-1 |- output -->| result |\n"
                 "+--------+           +-------+            +--------+\n");
}

static void a_name_cannot_draw(void **state)
{
    struct sample *s = *state;
    sample_set(sample_at(s, "objects", "d1", NULL), "name",
               json_string("a\x1b[1A"));
    char *text = drawn(s->proposal, false);
    assert_null(strchr(text, 0x1b));
    assert_non_null(strstr(text, "│ a\\u{1b}[1A ├"));
    free(text);
}

static void nothing_is_drawn_as_nothing(void **state)
{
    (void)state;
    AUTO_JSON *empty = sample_parse("{\"objects\": {}, \"edges\": {}}");
    char *text = drawn(empty, false);
    assert_string_equal(text, "");
    free(text);

    AUTO_CLEAR_BUFFER out = buffer_make(64);
    AUTO_JSON *none = sample_parse("{\"objects\": {}}");
    assert_status(STATUS_INVALID, api_graph_draw(none, false, &out));
    assert_int_equal(out.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SAMPLE(data_go_from_left_to_right),
        ON_SAMPLE(ascii_will_do),
        ON_SAMPLE(a_manifest_is_drawn_like_its_proposal),
        ON_SAMPLE(several_datasets_stand_below_each_other),
        ON_SAMPLE(more_results_than_inputs_have_their_room),
        ON_SAMPLE(what_two_apps_share_carries_a_star),
        ON_SAMPLE(a_draft_may_be_unfinished),
        ON_SAMPLE(columns_count_characters_not_bytes),
        ON_SAMPLE(a_name_cannot_draw),
        cmocka_unit_test(nothing_is_drawn_as_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
