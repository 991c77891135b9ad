/* difference_datasets.c - other data, elsewhere, or on other ports. */

#include "api/difference.h"

#include "api/show.h"

/* True when the dataset is on this port of the app with this name. */
static bool is_on_port(const json_t *manifest, const json_t *entry,
                       const char *app_name, const char *port)
{
    const json_t *apps = json_object_get(manifest, "apps");
    const json_t *ports = json_object_get(entry, "ports");
    const char *key = NULL;
    if (!api_find(apps, "name", app_name, &key))
        return false;
    for (size_t i = 0; i < json_array_size(ports); i++) {
        const json_t *one = json_array_get(ports, i);
        const char *its = json_string_value(json_object_get(one, "app"));
        const char *its_port = json_string_value(json_object_get(one, "port"));
        if (its && its_port && strcmp(its, key) == 0 &&
            strcmp(its_port, port) == 0)
            return true;
    }
    return false;
}

/* One sentence for each port of `entry` that `other` is not on. */
static STATUS say_ports(const struct api_comparison *c, bool added,
                        const json_t *entry, const json_t *other)
{
    const json_t *manifest = added ? c->now : c->before;
    const json_t *opposite = added ? c->before : c->now;
    const json_t *ports;
    TRY(api_json_array(entry, "ports", &ports, NULL));
    for (size_t i = 0; i < json_array_size(ports); i++) {
        const char *key, *port, *name;
        TRY(api_json_text(json_array_get(ports, i), "app", &key, NULL));
        TRY(api_json_text(json_array_get(ports, i), "port", &port, NULL));
        const json_t *app =
            json_object_get(json_object_get(manifest, "apps"), key);
        TRY(api_json_text(app, "name", &name, NULL));
        if (is_on_port(opposite, other, name, port))
            continue;
        TRY(api_say_subject(c, "Program ", app));
        buffer_printf(c->out, " %s%s ", added ? "now " : "no longer ",
                      api_show_verb(port));
        TRY(api_show_member(entry, "name", c->out));
        api_say(c, " through port ");
        api_show_quoted(port, c->out);
        api_say(c, ".\n");
    }
    return OK;
}

static STATUS added(const struct api_comparison *c, const json_t *now)
{
    api_say(c, "  Dataset ");
    TRY(api_show_dataset(c->now, now, c->out));
    api_say(c, " is new.\n");
    return say_ports(c, true, now, NULL);
}

static STATUS removed(const struct api_comparison *c, const json_t *before)
{
    TRY(api_say_subject(c, "Dataset ", before));
    api_say(c, " is gone.\n");
    return say_ports(c, false, before, NULL);
}

static STATUS changed(const struct api_comparison *c, const json_t *now,
                      const json_t *before)
{
    if (!api_same(now, before, "dataset") ||
        !api_same(now, before, "dataset_name") ||
        !api_same(now, before, "owner")) {
        TRY(api_say_subject(c, "Dataset ", now));
        api_say(c, " is another one: now ");
        TRY(api_show_dataset(c->now, now, c->out));
        api_say(c, ", before ");
        TRY(api_show_dataset(c->before, before, c->out));
        api_say(c, ".\n");
    }
    TRY(api_say_text(c, "Dataset ", "location", " is somewhere else: now ", now,
                     before));
    if (!api_same(now, before, "flags") || !api_same(now, before, "limits")) {
        TRY(api_say_subject(c, "Dataset ", now));
        api_say(c, " has other limits.\n");
    }
    TRY(say_ports(c, true, now, before));
    return say_ports(c, false, before, now);
}

struct status api_say_dataset(const struct api_comparison *c, const char *key,
                              const json_t *now, const json_t *before)
{
    (void)key;
    if (!before)
        return added(c, now);
    if (!now)
        return removed(c, before);
    return changed(c, now, before);
}
