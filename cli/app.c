/* app.c - apps: a name that builds are gathered under. */

#include <stdio.h>

#include "cli/groups.h"
#include "cli/labels.h"
#include "cli/output.h"

static const struct place apps = { "/accord/v1/apps", "app", NULL };

static struct status create(const struct arguments *given, struct channel *c,
                            struct reason *why)
{
    AUTO_JSON *answer = NULL, *body = json_pack("{s:s}", "name", given->at[0]);
    TRY(labels_take(given, "description", body, "description"));
    TRY(channel_call(c, HTTP_POST, apps.path, body, &answer, why));
    output_object(given, answer, LIST("app", "name", "description"));
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
    TRY(channel_get(c, &answer, why, "%s", apps.path));
    output_list(given, answer, LIST("name", "class", "app", "description"));
    return OK;
}

static int run_list(const struct arguments *given)
{
    return with_channel(given, list);
}

static struct status show(const struct arguments *given, struct channel *c,
                          struct reason *why)
{
    AUTO_JSON *app = NULL, *builds = NULL;
    size_t i;
    json_t *build;
    TRY(find_object(c, apps.path, apps.id_member, given->at[0], &app, why));
    TRY(channel_get(c, &builds, why, "/accord/v1/builds"));
    json_t *mine = json_array();
    if (json_object_set_new(app, "builds", mine) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    json_array_foreach(json_object_get(builds, "items"), i, build)
    {
        if (json_equal(json_object_get(build, "app"),
                       json_object_get(app, "app")) &&
            json_array_append(mine, json_object_get(build, "build")) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
    }
    output_object(given, app,
                  LIST("app", "class", "name", "description", "builds"));
    return OK;
}

static int run_show(const struct arguments *given)
{
    return with_channel(given, show);
}

static struct status change(const struct arguments *given, struct channel *c,
                            struct reason *why)
{
    AUTO_JSON *answer = NULL, *body = json_object();
    char path[256];
    TRY(labels_take(given, "name", body, "name"));
    TRY(labels_take(given, "description", body, "description"));
    if (json_object_size(body) == 0)
        return refuse(why, STATUS_INVALID, "change",
                      "nothing to change: --name or --description");
    TRY(object_path(c, &apps, given->at[0], path, why));
    TRY(channel_call(c, HTTP_PATCH, path, body, &answer, why));
    output_object(given, answer, LIST("app", "name", "description"));
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
    TRY(object_path(c, &apps, given->at[0], path, why));
    return delete_path(given, c, path, why);
}

static int run_delete(const struct arguments *given)
{
    return with_channel(given, delete);
}

static const struct option create_options[] = {
    { "description", "TEXT", "what it is" },
    { 0 },
};

static const struct option change_options[] = {
    { "name", "NAME", "its new name" },
    { "description", "TEXT", "what it is" },
    { 0 },
};

/* clang-format off */
const struct command commands_app[] = {
    { "app", "create", "make a name that builds are gathered under", "NAME", 1, 1,
      create_options, "accord app create harmonize --description \"one format for all\"", run_create },
    { "app", "list", "list the apps of the account", "", 0, 0,
      NULL, "accord app list", run_list },
    { "app", "show", "show one app and its builds", "APP", 1, 1,
      NULL, "accord app show harmonize", run_show },
    { "app", "change", "change an app's name or description", "APP", 1, 1,
      change_options, "accord app change harmonize --name harmonise", run_change },
    { "app", "delete", "remove an app without builds", "APP", 1, 1,
      NULL, "accord app delete harmonize", run_delete },
    { 0 },
};
/* clang-format on */
