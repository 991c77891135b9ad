#include "cli/groups.h"

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

struct status find_object(struct channel *channel, const char *path,
                          const char *id_member, const char *name, json_t **out,
                          struct reason *why)
{
    AUTO_JSON *answer = NULL;
    size_t i;
    json_t *item;
    TRY(channel_get(channel, &answer, why, "%s", path));
    json_array_foreach(json_object_get(answer, "items"), i, item)
    {
        const char *id = json_string_value(json_object_get(item, id_member));
        const char *is = json_string_value(json_object_get(item, "name"));
        if ((id && strcmp(id, name) == 0) || (is && strcmp(is, name) == 0)) {
            *out = json_incref(item);
            return OK;
        }
    }
    return refuse(why, STATUS_NOT_FOUND, id_member,
                  "there is no %s named \"%s\" in this account", id_member,
                  name);
}

json_t *my_owner(const struct channel *channel)
{
    AUTO_CLEAR_BUFFER encoded = buffer_make(4096);
    if (failed(api_owner_encode(&channel->context.owner, &encoded)))
        return NULL;
    return api_json_of_base64(buffer_bytes(&encoded));
}
