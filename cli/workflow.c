/* workflow.c - submitting graphs, looking at and withdrawing what was agreed.
 */

#include <stdio.h>

#include "cli/graph.h"
#include "cli/groups.h"
#include "cli/output.h"

static struct status submit(const struct arguments *given, struct channel *c,
                            struct reason *why)
{
    AUTO_JSON *graph = NULL, *answer = NULL, *workflow = NULL;
    const char *of = arguments_value(given, "workflow");
    TRY(graph_read(given, c, &graph, why));
    if (of) {
        TRY(find_object(c, "/accord/v1/workflows", "workflow", of, &workflow,
                        why));
        if (json_object_set(graph, "workflow",
                            json_object_get(workflow, "workflow")) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
    }
    if (arguments_value(given, "keep") &&
        json_object_set_new(graph, "keep", json_true()) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(channel_call(c, HTTP_POST, "/accord/v1/requests", graph, &answer, why));
    output_object(
        given, answer,
        LIST("request", "workflow", "version", "status", "digest", "hashes"));
    return OK;
}

static int run_submit(const struct arguments *given)
{
    return with_channel(given, submit);
}

static void print_each(const char *before, const json_t *list,
                       const char *member)
{
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        (void)fputs(before, stdout);
        output_text(stdout, json_string_value(json_object_get(one, "where")));
        (void)fputs(": ", stdout);
        output_text(stdout, json_string_value(json_object_get(one, member)));
        (void)fputc('\n', stdout);
    }
}

static struct status check(const struct arguments *given, struct channel *c,
                           struct reason *why)
{
    AUTO_JSON *graph = NULL, *answer = NULL;
    TRY(graph_read(given, c, &graph, why));
    TRY(channel_call(c, HTTP_POST, "/accord/v1/check", graph, &answer, why));
    if (output_is_json(given)) {
        output_json(answer);
        return OK;
    }
    const json_t *faults = json_object_get(answer, "faults");
    print_each("", faults, "fault");
    print_each("note: ", json_object_get(answer, "notes"), "note");
    if (json_array_size(faults) == 0)
        (void)printf("the graph can be submitted\n");
    return OK;
}

static int run_check(const struct arguments *given)
{
    return with_channel(given, check);
}

static struct status list(const struct arguments *given, struct channel *c,
                          struct reason *why)
{
    AUTO_JSON *answer = NULL;
    TRY(channel_get(c, &answer, why, "/accord/v1/workflows"));
    output_list(given, answer,
                LIST("name", "class", "workflow", "newest", "versions"));
    return OK;
}

static int run_list(const struct arguments *given)
{
    return with_channel(given, list);
}

/* The version asked for, or the newest. */
/* Has somebody submitted what is not agreed yet? */
static bool is_waiting(struct channel *c, const char *name)
{
    AUTO_JSON *answer = NULL;
    size_t i;
    json_t *request;
    static const char *const members[] = { "name", "workflow" };
    if (failed(channel_get(c, &answer, NULL, "/accord/v1/requests")))
        return false;
    json_array_foreach(json_object_get(answer, "items"), i, request)
    {
        const char *status =
            json_string_value(json_object_get(request, "status"));
        for (size_t m = 0; m < 2 && status; m++) {
            const char *is =
                json_string_value(json_object_get(request, members[m]));
            if (is && strcmp(is, name) == 0 && strcmp(status, "pending") == 0)
                return true;
        }
    }
    return false;
}

static struct status find_agreed(struct channel *c, const char *name,
                                 json_t **out, struct reason *why)
{
    struct status s =
        find_object(c, "/accord/v1/workflows", "workflow", name, out, why);
    if (s.code == STATUS_NOT_FOUND && is_waiting(c, name))
        return refuse(why, STATUS_NOT_FOUND, "pending",
                      "\"%s\" is not agreed yet: its request waits for "
                      "approval (accord request list)",
                      name);
    return s;
}

static struct status version_path(const struct arguments *given,
                                  struct channel *c, const char *verb,
                                  char path[256], struct reason *why)
{
    AUTO_JSON *workflow = NULL;
    const char *asked = arguments_value(given, "version");
    char newest[24];
    TRY(find_agreed(c, given->at[0], &workflow, why));
    (void)snprintf(
        newest, sizeof(newest), "%lld",
        (long long)json_integer_value(json_object_get(workflow, "newest")));
    (void)snprintf(path, 256, "/accord/v1/workflows/%s/%s%s",
                   json_string_value(json_object_get(workflow, "workflow")),
                   asked ? asked : newest, verb);
    return OK;
}

static struct status show(const struct arguments *given, struct channel *c,
                          struct reason *why)
{
    AUTO_JSON *answer = NULL, *manifest = NULL;
    AUTO_CLEAR_BUFFER text = buffer_make((size_t)4 * 1024 * 1024);
    char path[256];
    TRY(version_path(given, c, "", path, why));
    TRY(channel_get(c, &answer, why, "%s", path));
    if (output_is_json(given)) {
        output_json(answer);
        return OK;
    }
    const char *manifest_text;
    TRY(api_json_text(answer, "manifest", &manifest_text, why));
    TRY(api_json_read(bytes_of_string(manifest_text), API_MANIFEST_MAX, false,
                      &manifest, why));
    output_members(answer,
                   LIST("workflow", "class", "version", "status", "digest"));
    TRY(api_graph_draw(manifest, graph_ascii_only(), &text));
    (void)fwrite(text.data, 1, text.len, stdout);
    output_members(answer, LIST("hashes"));
    return OK;
}

static int run_show(const struct arguments *given)
{
    return with_channel(given, show);
}

static struct status withdraw(const struct arguments *given, struct channel *c,
                              struct reason *why)
{
    AUTO_JSON *answer = NULL;
    char path[256];
    TRY(version_path(given, c, "/withdraw", path, why));
    TRY(channel_call(c, HTTP_POST, path, NULL, &answer, why));
    output_object(given, answer, LIST("workflow", "version", "status"));
    return OK;
}

static int run_withdraw(const struct arguments *given)
{
    return with_channel(given, withdraw);
}

static const struct option graph_options[] = {
    { "graph", "FILE", "the graph as JSON, instead of the options below" },
    { "app", "NAME=BUILD:CONFIG", "a program, may be repeated" },
    { "data", "NAME=DATASET", "data, may be repeated" },
    { "edge", "DATA:APP.PORT", "a connection, or APP.PORT:APP.PORT; repeated" },
    { "description", "TEXT", "what it is for" },
    { "workflow", "WORKFLOW", "make the next version of this one" },
    { "keep", NULL, "let the version before stay active" },
    { 0 },
};

static const struct option version_options[] = {
    { "version", "N", "which version; the newest unless said" },
    { 0 },
};

/* clang-format off */
const struct command commands_workflow[] = {
    { "workflow", "submit", "submit a graph to its owners for approval", "[NAME]", 0, 1,
      graph_options, "accord workflow submit study --app app-1=harmonize:summary --data patients=patients --data result=result --edge patients:app-1.input --edge result:app-1.output", run_submit },
    { "workflow", "check", "say everything that is wrong with a graph, or was forgotten", "[NAME]", 0, 1,
      graph_options, "accord workflow check --graph study.json", run_check },
    { "workflow", "list", "list the workflows of the account", "", 0, 0,
      NULL, "accord workflow list", run_list },
    { "workflow", "show", "draw the graph of an agreed version", "WORKFLOW", 1, 1,
      version_options, "accord workflow show study --version 1", run_show },
    { "workflow", "withdraw", "end a version: nothing is released under it any more", "WORKFLOW", 1, 1,
      version_options, "accord workflow withdraw study", run_withdraw },
    { 0 },
};
/* clang-format on */
