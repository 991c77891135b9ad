/* difference.c - what a new version changes, sentence by sentence. */

#include "api/difference.h"

#include "api/manifest.h"
#include "api/show.h"
#include "api/sorted.h"

const json_t *api_find(const json_t *map, const char *member, const char *text,
                       const char **key)
{
    json_t *iterated = (json_t *)(uintptr_t)map; /* jansson wants it so */
    const char *name;
    json_t *entry;
    json_object_foreach(iterated, name, entry)
    {
        const char *its = json_string_value(json_object_get(entry, member));
        if (its && strcmp(its, text) == 0) {
            if (key)
                *key = name;
            return entry;
        }
    }
    return NULL;
}

struct status api_say_subject(const struct api_comparison *c, const char *what,
                              const json_t *entry)
{
    api_say(c, "  ");
    api_say(c, what);
    return api_show_member(entry, "name", c->out);
}

struct status api_say_text(const struct api_comparison *c, const char *subject,
                           const char *member, const char *what,
                           const json_t *now, const json_t *before)
{
    if (api_same(now, before, member))
        return OK;
    TRY(api_say_subject(c, subject, now));
    api_say(c, what);
    TRY(api_show_member(now, member, c->out));
    api_say(c, ", before ");
    TRY(api_show_member(before, member, c->out));
    api_say(c, ".\n");
    return OK;
}

typedef STATUS (*pair_fn)(const struct api_comparison *c, const char *key,
                          const json_t *now, const json_t *before);

/* Entries belong together when their `member` is the same text. */
struct matching {
    const char *set, *member;
    pair_fn say; /* for every pair, and for entries without a partner */
};

static STATUS match(const struct api_comparison *c, const struct matching *m)
{
    const json_t *now, *before;
    AUTO_SORTED new_keys = { 0 };
    AUTO_SORTED old_keys = { 0 };
    TRY(api_json_object(c->now, m->set, &now, NULL));
    TRY(api_json_object(c->before, m->set, &before, NULL));
    TRY(api_sorted_names(now, &new_keys));
    TRY(api_sorted_names(before, &old_keys));
    for (size_t i = 0; i < new_keys.count; i++) {
        const json_t *entry = json_object_get(now, new_keys.names[i]);
        const char *text;
        TRY(api_json_text(entry, m->member, &text, NULL));
        TRY(m->say(c, new_keys.names[i], entry,
                   api_find(before, m->member, text, NULL)));
    }
    for (size_t i = 0; i < old_keys.count; i++) {
        const json_t *entry = json_object_get(before, old_keys.names[i]);
        const char *text;
        TRY(api_json_text(entry, m->member, &text, NULL));
        if (!api_find(now, m->member, text, NULL))
            TRY(m->say(c, old_keys.names[i], NULL, entry));
    }
    return OK;
}

/* --- objects: only what neither apps nor datasets hold */

/* An object comes and goes as an app or a dataset, which say so. */
static STATUS say_lone_object(const struct api_comparison *c,
                              const json_t *object, const json_t *manifest)
{
    const char *name;
    TRY(api_json_text(object, "name", &name, NULL));
    if (api_find(json_object_get(manifest, "apps"), "name", name, NULL) ||
        api_find(json_object_get(manifest, "datasets"), "name", name, NULL))
        return OK;
    TRY(api_say_subject(c, "", object));
    api_say(c, " is a name in only one of both graphs.\n");
    return OK;
}

static STATUS say_object(const struct api_comparison *c, const char *key,
                         const json_t *now, const json_t *before)
{
    (void)key;
    if (!before)
        return say_lone_object(c, now, c->now);
    if (!now)
        return say_lone_object(c, before, c->before);
    if (!api_same(now, before, "description")) {
        TRY(api_say_subject(c, "", now));
        api_say(c, " has another description.\n");
    }
    if (!api_same(now, before, "user_id")) {
        TRY(api_say_subject(c, "", now));
        api_say(c, " is brought by another person.\n");
    }
    return OK;
}

/* --- the whole */

static STATUS say_header(const struct api_comparison *c)
{
    static const struct {
        const char *member, *sentence;
    } members[] = {
        { "account", "  This is another account.\n" },
        { "workflow", "  This is another workflow.\n" },
        { "zone_ca", "  The certificate authority is another one: every hash "
                     "is new.\n" },
    };
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (!api_same(c->now, c->before, members[i].member))
            api_say(c, members[i].sentence);
    TRY(api_say_text(c, "Workflow ", "name", " has a new name: now ", c->now,
                     c->before));
    return api_say_text(c, "Workflow ", "description",
                        " is described anew: now ", c->now, c->before);
}

static STATUS say_all(const struct api_comparison *c)
{
    static const struct matching matchings[] = {
        { "people", "owner", api_say_person },
        { "apps", "name", api_say_app },
        { "datasets", "name", api_say_dataset },
        { "objects", "name", say_object },
    };
    TRY(say_header(c));
    for (size_t i = 0; i < sizeof(matchings) / sizeof(matchings[0]); i++)
        TRY(match(c, &matchings[i]));
    return OK;
}

/* Without the two members that always differ. */
static STATUS compare_rest(const struct api_comparison *c)
{
    AUTO_JSON *now = json_copy((json_t *)(uintptr_t)c->now);
    AUTO_JSON *before = json_copy((json_t *)(uintptr_t)c->before);
    if (!now || !before)
        return failure(STATUS_NO_MEMORY, "json", 0);
    (void)json_object_del(now, "version");
    (void)json_object_del(now, "parent");
    (void)json_object_del(before, "version");
    (void)json_object_del(before, "parent");
    api_say(c, json_equal(now, before)
                   ? "  Nothing is different.\n"
                   : "  Keys of the graph or the direction of edges are "
                     "different, nothing else.\n");
    return OK;
}

struct status api_difference(const json_t *manifest, const json_t *parent,
                             struct buffer *out)
{
    AUTO_CLEAR_BUFFER text = buffer_make(16 * API_MANIFEST_MAX);
    struct api_comparison c = { manifest, parent, &text };
    TRY(say_all(&c));
    if (text.len == 0 && text.refused == STATUS_OK)
        TRY(compare_rest(&c));
    TRY(buffer_status(&text));
    buffer_put(out, buffer_bytes(&text));
    return buffer_status(out);
}
