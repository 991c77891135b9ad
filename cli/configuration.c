/* configuration.c - what a program is given beside its data. */

#include <stdio.h>

#include "base/file.h"
#include "cli/groups.h"
#include "cli/labels.h"
#include "cli/output.h"

/* --file PATH=FILE: PATH is where the program finds it. */
static struct status files_of(const struct arguments *given, json_t *into,
                              struct reason *why)
{
    size_t position = 0;
    const char *pair;
    while ((pair = arguments_each(given, "file", &position))) {
        const char *equals = strrchr(pair, '=');
        char path[1024];
        AUTO_CLEAR_BUFFER contents = buffer_make(512 * 1024);
        if (!equals || equals == pair ||
            (size_t)(equals - pair) >= sizeof(path))
            return refuse(why, STATUS_INVALID, "file",
                          "--file: expected PATH=FILE");
        memcpy(path, pair, (size_t)(equals - pair));
        path[equals - pair] = '\0';
        struct status s = file_read(equals + 1, &contents);
        if (failed(s))
            return refuse(why, s.code, "file",
                          "cannot read %s (at most 512 "
                          "KiB)",
                          equals + 1);
        if (json_object_set_new(
                into, path,
                json_pack("{s:o}", "contents",
                          api_json_of_base64(buffer_bytes(&contents)))) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
    }
    return OK;
}

static struct status ports_of(const struct arguments *given, json_t **out)
{
    AUTO_JSON *ports = json_array();
    size_t position = 0;
    const char *port;
    while ((port = arguments_each(given, "port", &position)))
        if (json_array_append_new(ports, json_string(port)) != 0)
            return failure(STATUS_INVALID, "port", 0); /* not UTF-8 */
    *out = TAKE(ports);
    return OK;
}

static struct status create(const struct arguments *given, struct channel *c,
                            struct reason *why)
{
    AUTO_JSON *answer = NULL;
    AUTO_JSON *files = json_object(), *labels = NULL, *ports = NULL;
    const char *description = arguments_value(given, "description");
    TRY(files_of(given, files, why));
    TRY(labels_read(given, &labels, why));
    TRY(ports_of(given, &ports));
    AUTO_JSON *body =
        json_pack("{s:s, s:s, s:O, s:O, s:O}", "name", given->at[0],
                  "description", description ? description : "", "app_config",
                  files, "labels", labels, "ports", ports);
    TRY(channel_call(c, HTTP_POST, "/accord/v1/configurations", body, &answer,
                     why));
    output_object(given, answer, LIST("configuration", "name", "ports"));
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
    TRY(channel_get(c, &answer, why, "/accord/v1/configurations"));
    output_list(given, answer, LIST("name", "class", "ports", "configuration"));
    return OK;
}

static int run_list(const struct arguments *given)
{
    return with_channel(given, list);
}

static const struct place configurations = { "/accord/v1/configurations",
                                             "configuration", NULL };

static struct status show(const struct arguments *given, struct channel *c,
                          struct reason *why)
{
    AUTO_JSON *found = NULL;
    TRY(find_object(c, configurations.path, configurations.id_member,
                    given->at[0], &found, why));
    output_object(given, found,
                  LIST("configuration", "class", "name", "description", "ports",
                       "labels", "app_config"));
    return OK;
}

static int run_show(const struct arguments *given)
{
    return with_channel(given, show);
}

static struct status change(const struct arguments *given, struct channel *c,
                            struct reason *why)
{
    AUTO_JSON *body = json_object(), *ports = NULL, *answer = NULL;
    char path[256];
    TRY(labels_take(given, "name", body, "name"));
    TRY(labels_take(given, "description", body, "description"));
    TRY(ports_of(given, &ports));
    if (json_array_size(ports) > 0 &&
        json_object_set(body, "ports", ports) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    if (json_object_size(body) == 0)
        return refuse(why, STATUS_INVALID, "change",
                      "nothing to change: --name, --description or --port");
    TRY(object_path(c, &configurations, given->at[0], path, why));
    TRY(channel_call(c, HTTP_PATCH, path, body, &answer, why));
    output_object(given, answer,
                  LIST("configuration", "name", "description", "ports"));
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
    TRY(object_path(c, &configurations, given->at[0], path, why));
    return delete_path(given, c, path, why);
}

static int run_delete(const struct arguments *given)
{
    return with_channel(given, delete);
}

static const struct option create_options[] = {
    { "port", "NAME", "a connection the program has, may be repeated" },
    { "file", "PATH=FILE", "a file the program is given at PATH" },
    { "label", "NAME=VALUE", "may be repeated" },
    { "description", "TEXT", "what it is" },
    { 0 },
};

static const struct option change_options[] = {
    { "name", "NAME", "its new name" },
    { "description", "TEXT", "what it is" },
    { "port", "NAME", "all its ports anew, may be repeated" },
    { 0 },
};

/* clang-format off */
const struct command commands_configuration[] = {
    { "config", "create", "make an application configuration: files, labels, ports", "NAME", 1, 1,
      create_options, "accord config create summary --port input --port output", run_create },
    { "config", "list", "list the configurations of the account", "", 0, 0,
      NULL, "accord config list", run_list },
    { "config", "show", "show one configuration with its files", "CONFIG", 1, 1,
      NULL, "accord config show summary", run_show },
    { "config", "change", "change name, description, ports: what is not under its hash", "CONFIG", 1, 1,
      change_options, "accord config change summary --name summary-2026", run_change },
    { "config", "delete", "remove a configuration; agreed workflows keep their copy", "CONFIG", 1, 1,
      NULL, "accord config delete summary", run_delete },
    { 0 },
};
/* clang-format on */
