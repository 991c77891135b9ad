/* draft.c - graphs that are not submitted yet. */

#include <stdio.h>

#include "cli/graph.h"
#include "cli/groups.h"
#include "cli/output.h"

static const struct place drafts = { "/accord/v1/drafts", "draft", NULL };

/* {"workflow", "version"} of --workflow, the version being the newest. */
static struct status add_parent(const struct arguments *given,
                                struct channel *c, json_t *graph,
                                struct reason *why)
{
    AUTO_JSON *workflow = NULL;
    const char *of = arguments_value(given, "workflow");
    if (!of)
        return OK;
    TRY(find_object(c, "/accord/v1/workflows", "workflow", of, &workflow, why));
    json_t *parent = json_pack("{s:O, s:O}", "workflow",
                               json_object_get(workflow, "workflow"), "version",
                               json_object_get(workflow, "newest"));
    return json_object_set_new(graph, "parent", parent) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status create(const struct arguments *given, struct channel *c,
                            struct reason *why)
{
    AUTO_JSON *graph = NULL, *answer = NULL;
    TRY(graph_read(given, c, &graph, why));
    TRY(add_parent(given, c, graph, why));
    TRY(channel_call(c, HTTP_POST, drafts.path, graph, &answer, why));
    output_object(given, answer, LIST("draft", "name", "version"));
    return OK;
}

static int run_create(const struct arguments *given)
{
    return with_channel(given, create);
}

static struct status list(const struct arguments *given, struct channel *c,
                          struct reason *why)
{
    AUTO_JSON *answer = NULL;
    TRY(channel_get(c, &answer, why, "%s", drafts.path));
    output_list(given, answer,
                LIST("name", "class", "draft", "version", "description"));
    return OK;
}

static int run_list(const struct arguments *given)
{
    return with_channel(given, list);
}

static struct status show(const struct arguments *given, struct channel *c,
                          struct reason *why)
{
    AUTO_JSON *draft = NULL;
    AUTO_CLEAR_BUFFER text = buffer_make((size_t)4 * 1024 * 1024);
    TRY(find_object(c, drafts.path, drafts.id_member, given->at[0], &draft,
                    why));
    output_object(
        given, draft,
        LIST("draft", "class", "name", "description", "version", "parent"));
    if (output_is_json(given))
        return OK;
    TRY(api_graph_draw(draft, graph_ascii_only(), &text));
    (void)fwrite(text.data, 1, text.len, stdout);
    return OK;
}

static int run_show(const struct arguments *given)
{
    return with_channel(given, show);
}

/* The whole graph anew; `version` is what this program has just seen. */
static struct status change(const struct arguments *given, struct channel *c,
                            struct reason *why)
{
    AUTO_JSON *draft = NULL, *graph = NULL, *answer = NULL;
    const char *id, *name;
    char path[256];
    TRY(find_object(c, drafts.path, drafts.id_member, given->at[0], &draft,
                    why));
    TRY(api_json_text(draft, "draft", &id, why));
    TRY(api_json_text(draft, "name", &name, why));
    TRY(graph_read(given, c, &graph, why));
    if (!arguments_value(given, "graph") &&
        json_object_set_new(graph, "name", json_string(name)) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(add_parent(given, c, graph, why));
    if (json_object_set(graph, "version", json_object_get(draft, "version")))
        return failure(STATUS_NO_MEMORY, "json", 0);
    (void)snprintf(path, sizeof(path), "%s/%s", drafts.path, id);
    TRY(channel_call(c, HTTP_PUT, path, graph, &answer, why));
    output_object(given, answer, LIST("draft", "name", "version"));
    return OK;
}

static int run_change(const struct arguments *given)
{
    return with_channel(given, change);
}

static struct status delete (const struct arguments *given, struct channel *c,
                             struct reason *why)
{
    char path[256];
    TRY(object_path(c, &drafts, given->at[0], path, why));
    return delete_path(given, c, path, why);
}

static int run_delete(const struct arguments *given)
{
    return with_channel(given, delete);
}

static struct status submit(const struct arguments *given, struct channel *c,
                            struct reason *why)
{
    AUTO_JSON *draft = NULL, *answer = NULL;
    TRY(find_object(c, drafts.path, drafts.id_member, given->at[0], &draft,
                    why));
    const json_t *parent = json_object_get(draft, "parent");
    json_t *description = json_object_get(draft, "description");
    AUTO_JSON *body = json_pack(
        "{s:O, s:o, s:O, s:O, s:O*}", "name", json_object_get(draft, "name"),
        "description", description ? json_incref(description) : json_string(""),
        "objects", json_object_get(draft, "objects"), "edges",
        json_object_get(draft, "edges"), "workflow",
        json_object_get(parent, "workflow"));
    if (!body)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(channel_call(c, HTTP_POST, "/accord/v1/requests", body, &answer, why));
    output_object(
        given, answer,
        LIST("request", "workflow", "version", "status", "digest", "hashes"));
    return OK;
}

static int run_submit(const struct arguments *given)
{
    return with_channel(given, submit);
}

static const struct option graph_options[] = {
    { "graph", "FILE", "the graph as JSON, instead of the options below" },
    { "app", "NAME=BUILD:CONFIG", "a program, may be repeated" },
    { "data", "NAME=DATASET", "data, may be repeated" },
    { "edge", "DATA:APP.PORT", "a connection, or APP.PORT:APP.PORT; repeated" },
    { "description", "TEXT", "what it is for" },
    { "workflow", "WORKFLOW", "a draft of the next version of this one" },
    { 0 },
};

/* clang-format off */
const struct command commands_draft[] = {
    { "draft", "create", "keep a graph that is not submitted yet", "NAME", 1, 1,
      graph_options, "accord draft create study --app app-1=harmonize:summary", run_create },
    { "draft", "list", "list the drafts of the account", "", 0, 0,
      NULL, "accord draft list", run_list },
    { "draft", "show", "draw a draft", "DRAFT", 1, 1,
      NULL, "accord draft show study", run_show },
    { "draft", "change", "replace a draft's graph", "DRAFT", 1, 1,
      graph_options, "accord draft change study --graph study.json", run_change },
    { "draft", "delete", "remove a draft", "DRAFT", 1, 1,
      NULL, "accord draft delete study", run_delete },
    { "draft", "submit", "submit a draft to its owners for approval", "DRAFT", 1, 1,
      NULL, "accord draft submit study", run_submit },
    { 0 },
};
/* clang-format on */
