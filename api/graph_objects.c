/* graph_objects.c - apps and datasets of a graph: named, whole, known, and
 * contributed by their owner. */

#include "api/configuration.h"
#include "api/graph.h"
#include "api/sorted.h"
#include "base/text.h"

static void check_members(struct api_graph *g, struct api_graph_place at,
                          const json_t *object)
{
    static const char *const names[] = { "name", "user_id", "description",
                                         "ref" };
    struct reason why = { "" };
    const char *description;
    (void)api_graph_passes(g, at, api_json_only(object, names, 4, &why), &why);
    (void)api_graph_passes(
        g, api_graph_at(at, "description"),
        api_json_text_optional(object, "description", &description, &why),
        &why);
}

static void check_name(struct api_graph *g, struct api_graph_place at,
                       const json_t *object)
{
    const char *name = api_graph_text(object, "name");
    at = api_graph_at(at, "name");
    if (!name || !api_name_valid(bytes_of_string(name))) {
        api_graph_fault(
            g, at,
            "an object needs a name of 1 to 63 letters, digits, - _ "
            "and inner dots: it becomes a path and a host name");
        return;
    }
    const char *other = api_graph_seen(g, g->names, name, at.key);
    if (other)
        api_graph_fault(g, at, "object %s is named \"%s\" already", other,
                        name);
}

/* Who owns the record, if anybody in `people` does; marks that person. */
static const char *owner_of(struct api_graph *g, struct api_graph_place at,
                            const json_t *record, struct hash *hash)
{
    struct api_owner owner;
    char hex[2 * HASH_LEN + 1];
    if (failed(api_graph_owner(record, &owner, hash, NULL)))
        return NULL;
    hex_encode(hash_bytes(hash), hex);
    const char *person = json_string_value(json_object_get(g->owners, hex));
    if (person)
        (void)api_graph_seen(g, g->contributes, person, at.key);
    return person;
}

static void check_user(struct api_graph *g, struct api_graph_place at,
                       const json_t *object, const json_t *record,
                       const char *what)
{
    struct reason why = { "" };
    struct api_id id;
    struct hash hash;
    const char *owner = g->plain_class ? api_graph_text(record, "owner_user")
                                       : owner_of(g, at, record, &hash);
    const char *user = api_graph_text(object, "user_id");
    at = api_graph_at(at, "user_id");
    if (!api_graph_passes(g, at, api_graph_id(object, "user_id", &id, &why),
                          &why))
        return;
    if (!json_object_get(g->people, user))
        api_graph_fault(g, at, "%s is nobody in this account", user);
    else if (!record)
        return; /* said at the ref */
    else if (!owner)
        api_graph_fault(
            g, at, "the owner of this %s is nobody in this proposal", what);
    else if (strcmp(owner, user) != 0)
        api_graph_fault(g, at, "this %s belongs to %s, not to %s", what, owner,
                        user);
}

/* Ids made by the product's clients name no owner, so no signature can be
 * demanded for them; the others need one, which no password stands for. */
static bool check_class(struct api_graph *g, struct api_graph_place at,
                        const struct api_id *id, const char *what)
{
    int version = api_id_version(id);
    if (version == (g->plain_class ? 4 : 8))
        return true;
    if (version == 8)
        api_graph_fault(g, at,
                        "this %s is of the signed class: only its owner's "
                        "signature puts it into a workflow, no password",
                        what);
    else if (version == 4)
        api_graph_fault(
            g, at,
            "this %s is of the CCM class, its id names no owner: a "
            "workflow that owners sign takes only %ss of the signed "
            "class",
            what, what);
    else
        api_graph_fault(g, at, "this is not the id of a %s", what);
    return false;
}

/* The record that a ref's id names, or NULL with the fault noted. */
static const json_t *find_record(struct api_graph *g, struct api_graph_place at,
                                 const char *member, const json_t *set,
                                 const char *what)
{
    struct reason why = { "" };
    struct api_id id;
    const json_t *ref = api_graph_ref(json_object_get(g->objects, at.key));
    at = api_graph_at(at, member);
    if (!api_graph_passes(g, at, api_graph_id(ref, member, &id, &why), &why) ||
        !check_class(g, at, &id, what))
        return NULL;
    const json_t *record = json_object_get(set, api_graph_text(ref, member));
    if (!record)
        api_graph_fault(g, at, "there is no such %s in this account", what);
    return record;
}

static void check_config(struct api_graph *g, struct api_graph_place at,
                         const json_t *ref)
{
    unsigned char hash[HASH_LEN];
    const char *id = api_graph_text(ref, "config_id");
    at = api_graph_at(at, "config_id");
    if (!id || failed(hex_decode(bytes_of_string(id), hash, sizeof(hash))))
        api_graph_fault(g, at,
                        "an app needs a configuration: 64 hexadecimal digits");
    else if (!json_object_get(g->configurations, id))
        api_graph_fault(g, at,
                        "there is no such configuration in this account");
}

static void check_app(struct api_graph *g, struct api_graph_place at,
                      const json_t *object)
{
    static const char *const names[] = { "image_id", "config_id" };
    struct reason why = { "" };
    const json_t *ref = api_graph_ref(object);
    (void)api_graph_passes(g, api_graph_at(at, "ref"),
                           api_json_only(ref, names, 2, &why), &why);
    check_config(g, at, ref);
    const json_t *build = find_record(g, at, "image_id", g->builds, "build");
    check_user(g, at, object, build, "build");
}

static void check_dataset(struct api_graph *g, struct api_graph_place at,
                          const json_t *object)
{
    static const char *const names[] = { "dataset_id" };
    struct reason why = { "" };
    (void)api_graph_passes(g, api_graph_at(at, "ref"),
                           api_json_only(api_graph_ref(object), names, 1, &why),
                           &why);
    const json_t *dataset =
        find_record(g, at, "dataset_id", g->datasets, "dataset");
    check_user(g, at, object, dataset, "dataset");
}

static void check_placeholder(struct api_graph *g, struct api_graph_place at,
                              const json_t *object)
{
    const char *kind = api_graph_text(api_graph_ref(object), "kind");
    bool known =
        kind && (strcmp(kind, "app") == 0 || strcmp(kind, "dataset") == 0);
    api_graph_fault(g, api_graph_at(at, "ref"),
                    "this is still a placeholder: put %s in its place",
                    !known                     ? "an app or a dataset"
                    : strcmp(kind, "app") == 0 ? "an app"
                                               : "a dataset");
}

static void check_variant(struct api_graph *g, struct api_graph_place at,
                          const json_t *object)
{
    static const char *const names[] = { "placeholder", "app", "dataset" };
    const json_t *ref = json_object_get(object, "ref");
    struct reason why = { "" };
    (void)api_graph_passes(g, api_graph_at(at, "ref"),
                           api_json_only(ref, names, 3, &why), &why);
    switch (api_graph_kind_of(object)) {
    case API_GRAPH_NOTHING:
        api_graph_fault(g, api_graph_at(at, "ref"),
                        "an object is exactly one of app, dataset and "
                        "placeholder");
        check_user(g, at, object, NULL, "object");
        break;
    case API_GRAPH_PLACEHOLDER: check_placeholder(g, at, object); break;
    case API_GRAPH_APP: check_app(g, at, object); break;
    case API_GRAPH_DATASET: check_dataset(g, at, object); break;
    }
}

void api_graph_check_objects(struct api_graph *g)
{
    AUTO_SORTED sorted = { 0 };
    struct status listed = api_sorted_names(g->objects, &sorted);
    if (failed(listed))
        g->first_failure = listed;
    for (size_t i = 0; i < sorted.count; i++) {
        const char *key = sorted.names[i];
        const json_t *object = json_object_get(g->objects, key);
        struct api_graph_place at = { "objects", key, NULL };
        if (!api_graph_key_valid(key)) {
            api_graph_fault(g,
                            (struct api_graph_place){ "objects", NULL, NULL },
                            API_GRAPH_KEY_FAULT, API_GRAPH_KEY_MAX);
            continue;
        }
        if (!json_is_object(object)) {
            api_graph_fault(g, at, "expected an object");
            continue;
        }
        check_members(g, at, object);
        check_name(g, at, object);
        check_variant(g, at, object);
    }
}
