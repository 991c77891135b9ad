#include "broker/plain_graph.h"

#include "broker/product.h"

#define TEXT_MAX 4096
#define KEY_MAX  64

/* Where in the body a part stands, for the refusal. */
struct graph_place {
    struct exchange *x;
    char text[192];
};

static struct graph_place inside(const struct graph_place *at, const char *name)
{
    struct graph_place in = { .x = at->x };
    (void)snprintf(in.text, sizeof(in.text), "%.100s%s%.64s", at->text,
                   at->text[0] ? "." : "", name);
    return in;
}

static struct status bad(const struct graph_place *at, const char *expected)
{
    return product_refuse(at->x, 400, "INVALID_VALUE", "%s: expected %s",
                          at->text, expected);
}

static const json_t *member(const json_t *from, const char *name)
{
    const json_t *value = json_object_get(from, name);
    return json_is_null(value) ? NULL : value;
}

static struct status only(const struct graph_place *at, const json_t *from,
                          const char *const *names, size_t count)
{
    struct reason why = { "" };
    if (!json_is_object(from))
        return bad(at, "an object");
    if (failed(api_json_only(from, names, count, &why)))
        return product_refuse(at->x, 400, "INVALID_BODY_PARAMETER", "%s: %s",
                              at->text, why.text);
    return OK;
}
#define ONLY(at, from, ...)                                                    \
    only((at), (from), (const char *const[]){ __VA_ARGS__ },                   \
         sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

static struct status put(json_t *into, const char *name, json_t *value)
{
    return json_object_set_new(into, name, value) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

/* --- members ------------------------------------------------------------- */

static struct status take_text(const struct graph_place *at, const json_t *from,
                               const char *name, bool needed, json_t *into)
{
    struct graph_place here = inside(at, name);
    const json_t *value = member(from, name);
    size_t len = json_string_length(value);
    if (!value && !needed)
        return OK;
    if (!json_is_string(value) || len > TEXT_MAX ||
        strlen(json_string_value(value)) != len)
        return bad(&here, "text of at most 4096 bytes");
    return put(into, name, json_string(json_string_value(value)));
}

static struct status take_id(const struct graph_place *at, const json_t *from,
                             const char *name, json_t *into)
{
    struct graph_place here = inside(at, name);
    struct api_id id;
    if (failed(api_json_id(from, name, &id, NULL)))
        return bad(&here, "a UUID");
    return put(into, name, api_json_of_id(&id));
}

static struct status take_integer(const struct graph_place *at,
                                  const json_t *from, const char *name,
                                  json_t *into)
{
    struct graph_place here = inside(at, name);
    int64_t value;
    if (failed(
            api_json_integer(from, name, INT32_MIN, INT32_MAX, &value, NULL)))
        return bad(&here, "an integer");
    return put(into, name, json_integer((json_int_t)value));
}

struct status plain_graph_ours(struct exchange *x, const char *where,
                               const json_t *from, const char *name)
{
    struct api_id id;
    if (!member(from, name))
        return OK;
    if (failed(api_json_id(from, name, &id, NULL)) ||
        !api_id_equal(&id, &x->peer.account))
        return product_refuse(x, 400, "INVALID_VALUE",
                              "%s%s%s: an account has one group, of its own "
                              "id, and sees no other account",
                              where, where[0] ? "." : "", name);
    return OK;
}

static struct status ours(const struct graph_place *at, const json_t *from)
{
    TRY(plain_graph_ours(at->x, at->text, from, "acct_id"));
    return plain_graph_ours(at->x, at->text, from, "group_id");
}

/* --- objects ------------------------------------------------------------- */

static struct status take_placeholder(const struct graph_place *at,
                                      const json_t *from, json_t *into)
{
    const char *kind = json_string_value(json_object_get(from, "kind"));
    struct graph_place here = inside(at, "kind");
    TRY(ONLY(at, from, "kind", "acct_id", "group_id"));
    TRY(ours(at, from));
    if (!kind || (strcmp(kind, "app") != 0 && strcmp(kind, "dataset") != 0 &&
                  strcmp(kind, "script") != 0))
        return bad(&here, "app, dataset or script");
    return put(into, "kind", json_string(kind));
}

static struct status take_dataset(const struct graph_place *at,
                                  const json_t *from, json_t *into)
{
    TRY(ONLY(at, from, "dataset_id", "acct_id", "group_id"));
    TRY(ours(at, from));
    return take_id(at, from, "dataset_id", into);
}

static struct status take_app(const struct graph_place *at, const json_t *from,
                              json_t *into)
{
    TRY(ONLY(at, from, "image_id", "config_id", "acct_id", "group_id"));
    TRY(ours(at, from));
    TRY(take_id(at, from, "image_id", into));
    return take_text(at, from, "config_id", true, into);
}

static const struct {
    const char *name;
    struct status (*take)(const struct graph_place *at, const json_t *from,
                          json_t *into);
} variants[] = {
    { "placeholder", take_placeholder },
    { "dataset", take_dataset },
    { "app", take_app },
};
#define VARIANTS (sizeof(variants) / sizeof(variants[0]))

static struct status take_ref(const struct graph_place *object,
                              const json_t *from, json_t *into)
{
    struct graph_place at = inside(object, "ref");
    const json_t *ref = json_object_get(from, "ref");
    size_t found = VARIANTS, count = 0;
    TRY(ONLY(&at, ref, "placeholder", "dataset", "app"));
    for (size_t i = 0; i < VARIANTS; i++) {
        if (!member(ref, variants[i].name))
            continue;
        found = i;
        count++;
    }
    if (count != 1)
        return bad(&at, "exactly one of placeholder, dataset and app");
    struct graph_place inner = inside(&at, variants[found].name);
    AUTO_JSON *made = json_object();
    TRY(variants[found].take(&inner, member(ref, variants[found].name), made));
    return put(into, "ref", json_pack("{s:O}", variants[found].name, made));
}

static struct status take_object(const struct graph_place *at,
                                 const json_t *from, json_t *into)
{
    TRY(ONLY(at, from, "name", "user_id", "description", "ref"));
    TRY(take_text(at, from, "name", true, into));
    TRY(take_id(at, from, "user_id", into));
    TRY(take_text(at, from, "description", false, into));
    return take_ref(at, from, into);
}

/* --- edges --------------------------------------------------------------- */

static struct status take_end(const struct graph_place *edge,
                              const json_t *from, const char *side,
                              json_t *into)
{
    struct graph_place at = inside(edge, side);
    const json_t *end = json_object_get(from, side);
    AUTO_JSON *made = json_object();
    TRY(ONLY(&at, end, "id", "port"));
    TRY(take_text(&at, end, "id", true, made));
    TRY(take_text(&at, end, "port", false, made));
    return put(into, side, json_incref(made));
}

static struct status take_edge(const struct graph_place *at, const json_t *from,
                               json_t *into)
{
    TRY(ONLY(at, from, "source", "target"));
    TRY(take_end(at, from, "source", into));
    return take_end(at, from, "target", into);
}

/* --- metadata ------------------------------------------------------------ */

static struct status take_node(const struct graph_place *at, const json_t *from,
                               json_t *into)
{
    struct graph_place in = inside(at, "position");
    const json_t *position = json_object_get(from, "position");
    AUTO_JSON *made = json_object();
    TRY(ONLY(at, from, "position"));
    TRY(ONLY(&in, position, "x", "y"));
    TRY(take_integer(&in, position, "x", made));
    TRY(take_integer(&in, position, "y", made));
    return put(into, "position", json_incref(made));
}

typedef struct status (*take_fn)(const struct graph_place *at,
                                 const json_t *from, json_t *into);

/* A map from keys of the client's choice. */
static struct status take_map(const struct graph_place *at, const json_t *from,
                              const char *name, size_t max, take_fn take,
                              json_t *into)
{
    struct graph_place here = inside(at, name);
    json_t *map = json_object_get(from, name), *value;
    AUTO_JSON *made = json_object();
    const char *key;
    if (!json_is_object(map) || json_object_size(map) > max)
        return product_refuse(at->x, 400, "INVALID_VALUE",
                              "%s: expected an object of at most %zu members",
                              here.text, max);
    json_object_foreach(map, key, value)
    {
        struct graph_place in = inside(&here, key);
        AUTO_JSON *one = json_object();
        if (!key[0] || strlen(key) > KEY_MAX)
            return bad(&here, "keys of 1 to 64 bytes");
        TRY(take(&in, value, one));
        TRY(put(made, key, json_incref(one)));
    }
    return put(into, name, json_incref(made));
}

static struct status take_parent(const struct graph_place *at,
                                 const json_t *from, json_t *into)
{
    struct graph_place in = inside(at, "parent");
    const json_t *parent = member(from, "parent");
    AUTO_JSON *made = json_object();
    if (!parent)
        return OK;
    TRY(ONLY(&in, parent, "graph_id", "source_version"));
    TRY(take_id(&in, parent, "graph_id", made));
    TRY(take_integer(&in, parent, "source_version", made));
    return put(into, "parent", json_incref(made));
}

static struct status take_metadata(const struct graph_place *top,
                                   const json_t *from, json_t *into)
{
    struct graph_place at = inside(top, "metadata");
    const json_t *metadata = member(from, "metadata");
    AUTO_JSON *made = json_object();
    if (!metadata)
        return OK;
    TRY(ONLY(&at, metadata, "nodes", "parent", "project"));
    TRY(take_map(&at, metadata, "nodes", PLAIN_GRAPH_OBJECTS_MAX, take_node,
                 made));
    TRY(take_parent(&at, metadata, made));
    TRY(take_text(&at, metadata, "project", false, made));
    return put(into, "metadata", json_incref(made));
}

static struct status take_labels(const struct graph_place *top,
                                 const json_t *from, json_t *into)
{
    struct graph_place at = inside(top, "labels");
    json_t *labels = json_object_get(from, "labels"), *value;
    AUTO_JSON *made = json_object();
    const char *key;
    if (labels && !json_is_null(labels) &&
        (!json_is_object(labels) || json_object_size(labels) > 64))
        return bad(&at, "an object of at most 64 texts");
    json_object_foreach(labels, key, value)
        TRY(take_text(&at, labels, key, true, made));
    return put(into, "labels", json_incref(made));
}

/* --- the whole ----------------------------------------------------------- */

static struct status check_ends(const struct graph_place *top,
                                const json_t *graph)
{
    const json_t *objects = json_object_get(graph, "objects");
    json_t *edges = json_object_get(graph, "edges"), *edge, *end;
    const char *key, *side;
    json_object_foreach(edges, key, edge)
    {
        json_object_foreach(edge, side, end)
        {
            struct graph_place at = inside(top, "edges");
            at = inside(&at, key);
            at = inside(&at, side);
            if (!json_object_get(objects,
                                 json_string_value(json_object_get(end, "id"))))
                return bad(&at, "the key of an object of this graph");
        }
    }
    return OK;
}

struct status plain_graph_read(struct exchange *x, const json_t *from,
                               json_t **out)
{
    struct graph_place top = { .x = x };
    AUTO_JSON *graph = json_object();
    TRY(take_map(&top, from, "objects", PLAIN_GRAPH_OBJECTS_MAX, take_object,
                 graph));
    TRY(take_map(&top, from, "edges", PLAIN_GRAPH_EDGES_MAX, take_edge, graph));
    TRY(check_ends(&top, graph));
    TRY(take_metadata(&top, from, graph));
    TRY(take_labels(&top, from, graph));
    *out = TAKE(graph);
    return OK;
}
