/* configuration.c - what a program is given beside its data. */

#include <stdio.h>

#include "base/file.h"
#include "cli/groups.h"
#include "cli/output.h"

#define LIST(...)                                                              \
    (const char *const[]){ __VA_ARGS__ },                                      \
        sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *)

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

static struct status pairs_of(const struct arguments *given, json_t *into,
                              struct reason *why)
{
    size_t position = 0;
    const char *pair;
    while ((pair = arguments_each(given, "label", &position))) {
        const char *equals = strchr(pair, '=');
        char name[128];
        if (!equals || equals == pair ||
            (size_t)(equals - pair) >= sizeof(name))
            return refuse(why, STATUS_INVALID, "label",
                          "--label: expected NAME=VALUE");
        memcpy(name, pair, (size_t)(equals - pair));
        name[equals - pair] = '\0';
        if (json_object_set_new(into, name, json_string(equals + 1)) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
    }
    return OK;
}

static struct status create(const struct arguments *given, struct channel *c,
                            struct reason *why)
{
    AUTO_JSON *answer = NULL;
    AUTO_JSON *files = json_object(), *labels = json_object(),
              *ports = json_array();
    const char *description = arguments_value(given, "description");
    const char *port;
    size_t position = 0;
    TRY(files_of(given, files, why));
    TRY(pairs_of(given, labels, why));
    while ((port = arguments_each(given, "port", &position)))
        if (json_array_append_new(ports, json_string(port)) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
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
    output_list(given, answer, LIST("name", "ports", "configuration"));
    return OK;
}

static int run_list(const struct arguments *given)
{
    return with_channel(given, list);
}

static const struct option create_options[] = {
    { "port", "NAME", "a connection the program has, may be repeated" },
    { "file", "PATH=FILE", "a file the program is given at PATH" },
    { "label", "NAME=VALUE", "may be repeated" },
    { "description", "TEXT", "what it is" },
    { 0 },
};

/* clang-format off */
const struct command commands_configuration[] = {
    { "config", "create", "make an application configuration: files, labels, ports", "NAME", 1, 1,
      create_options, "accord config create summary --port input --port output", run_create },
    { "config", "list", "list the configurations of the account", "", 0, 0,
      NULL, "accord config list", run_list },
    { 0 },
};
/* clang-format on */
