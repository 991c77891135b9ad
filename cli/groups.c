#include "cli/groups.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"

int with_channel(const struct arguments *given,
                 struct status (*run)(const struct arguments *given,
                                      struct channel *channel,
                                      struct reason *why))
{
    struct channel channel = { .http = NULL };
    struct reason why = { "" };
    struct status s =
        channel_open(arguments_value(given, "context"), &channel, &why);
    if (!failed(s)) {
        s = run(given, &channel, &why);
        channel_clear(&channel);
    }
    return exit_with(s, &why);
}

static bool is_member(const json_t *item, const char *member, const char *value)
{
    const char *is = json_string_value(json_object_get(item, member));
    return is && strcmp(is, value) == 0;
}

struct status find_object(struct channel *channel, const char *path,
                          const char *id_member, const char *name, json_t **out,
                          struct reason *why)
{
    AUTO_JSON *answer = NULL;
    size_t i, named = 0;
    json_t *item, *found = NULL;
    TRY(channel_get(channel, &answer, why, "%s", path));
    json_array_foreach(json_object_get(answer, "items"), i, item)
    {
        if (is_member(item, id_member, name)) {
            *out = json_incref(item);
            return OK;
        }
        if (is_member(item, "name", name)) {
            found = item;
            named++;
        }
    }
    if (named > 1)
        return refuse(why, STATUS_CONFLICT, id_member,
                      "%zu of this account are named \"%s\": give the %s's id",
                      named, name, id_member);
    if (!found)
        return refuse(why, STATUS_NOT_FOUND, id_member,
                      "there is no %s named \"%s\" in this account", id_member,
                      name);
    *out = json_incref(found);
    return OK;
}

struct status object_path(struct channel *channel, const struct place *place,
                          const char *name, char out[256], struct reason *why)
{
    AUTO_JSON *object = NULL;
    const char *id;
    TRY(find_object(channel, place->path, place->id_member, name, &object,
                    why));
    TRY(api_json_text(object, place->id_member, &id, why));
    int len = snprintf(out, 256, "%s/%s%s", place->path, id,
                       place->below ? place->below : "");
    return len > 0 && len < 256 ? OK : failure(STATUS_INVALID, "path", 0);
}

struct status delete_path(const struct arguments *given,
                          struct channel *channel, const char *path,
                          struct reason *why)
{
    AUTO_JSON *nothing = json_object();
    TRY(channel_call(channel, HTTP_DELETE, path, NULL, NULL, why));
    if (output_is_json(given))
        output_json(nothing);
    return OK;
}

struct status confirm(const struct arguments *given, const char *question,
                      struct reason *why)
{
    char answer[16];
    if (arguments_value(given, "yes"))
        return OK;
    if (isatty(STDIN_FILENO)) {
        (void)fprintf(stderr, "%s [yes/no] ", question);
        if (fgets(answer, sizeof(answer), stdin) &&
            strcmp(answer, "yes\n") == 0)
            return OK;
    }
    return refuse(why, STATUS_DENIED, "confirm",
                  "nothing was done: answer yes, or give --yes");
}

json_t *my_owner(const struct channel *channel)
{
    AUTO_CLEAR_BUFFER encoded = buffer_make(4096);
    if (failed(api_owner_encode(&channel->context.owner, &encoded)))
        return NULL;
    return api_json_of_base64(buffer_bytes(&encoded));
}
