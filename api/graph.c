/* graph.c - noting faults, and reading the parts of a proposal. */

#include "api/graph.h"

#include <stdarg.h>
#include <stdio.h>

#include "api/sorted.h"

static void out_of_memory(struct api_graph *g)
{
    g->first_failure = failure(STATUS_NO_MEMORY, "json", 0);
}

static json_t *place_text(struct api_graph_place at)
{
    if (!at.key)
        return json_string(at.set);
    if (!at.member)
        return json_sprintf("%s.%s", at.set, at.key);
    return json_sprintf("%s.%s.%s", at.set, at.key, at.member);
}

static void add(struct api_graph *g, struct api_graph_place at,
                json_t *sentence)
{
    if (failed(g->first_failure) ||
        json_array_append_new(g->faults,
                              json_pack("{s:o, s:O}", "where", place_text(at),
                                        "fault", sentence)) != 0)
        out_of_memory(g);
}

void api_graph_fault(struct api_graph *g, struct api_graph_place at,
                     const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    AUTO_JSON *sentence = json_vsprintf(format, arguments);
    va_end(arguments);
    add(g, at, sentence);
}

bool api_graph_passes(struct api_graph *g, struct api_graph_place at,
                      struct status checked, const struct reason *why)
{
    if (!failed(checked))
        return true;
    if (checked.code == STATUS_NO_MEMORY ||
        checked.code == STATUS_UNAVAILABLE) {
        g->first_failure = checked;
        return false;
    }
    struct reason said = *why;
    AUTO_JSON *sentence = json_string(said.text);
    /* A long reason was cut, perhaps inside a character. */
    for (size_t i = 0; !sentence && said.text[i] != '\0'; i++)
        if ((unsigned char)said.text[i] > 0x7e)
            said.text[i] = '?';
    if (!sentence)
        sentence = json_string(said.text);
    add(g, at, sentence);
    return false;
}

bool api_graph_key_valid(const char *key)
{
    size_t len = strlen(key);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)key[i] < 0x20 || key[i] == 0x7f)
            return false;
    return len > 0 && len <= API_GRAPH_KEY_MAX;
}

const char *api_graph_seen(struct api_graph *g, json_t *map, const char *key,
                           const char *value)
{
    const char *before = json_string_value(json_object_get(map, key));
    if (!before && json_object_set_new(map, key, json_string(value)) != 0)
        out_of_memory(g);
    return before;
}

/* The variants of a ref, in the order of enum api_graph_kind. */
static const char *const variants[] = { NULL, "placeholder", "app", "dataset" };

enum api_graph_kind api_graph_kind_of(const json_t *object)
{
    const json_t *ref = json_object_get(object, "ref");
    enum api_graph_kind found = API_GRAPH_NOTHING;
    size_t count = 0;
    for (unsigned kind = API_GRAPH_PLACEHOLDER; kind <= API_GRAPH_DATASET;
         kind++) {
        if (api_member(ref, variants[kind])) {
            found = (enum api_graph_kind)kind;
            count++;
        }
    }
    return count == 1 ? found : API_GRAPH_NOTHING;
}

const json_t *api_graph_ref(const json_t *object)
{
    enum api_graph_kind kind = api_graph_kind_of(object);
    if (kind == API_GRAPH_NOTHING)
        return NULL;
    return json_object_get(json_object_get(object, "ref"), variants[kind]);
}

const char *api_graph_text(const json_t *object, const char *member)
{
    const json_t *value = json_object_get(object, member);
    const char *text = json_string_value(value);
    return text && strlen(text) == json_string_length(value) ? text : NULL;
}

struct status api_graph_id_parse(const char *text, struct api_id *out,
                                 struct reason *why)
{
    struct api_id id;
    char canonical[API_ID_TEXT];
    if (failed(api_id_parse(bytes_of_string(text), &id)))
        return refuse(why, STATUS_INVALID, "graph", "this is not a UUID");
    api_id_text(&id, canonical);
    if (strcmp(text, canonical) != 0)
        return refuse(why, STATUS_INVALID, "graph",
                      "a UUID is written in lower case with hyphens: %s",
                      canonical);
    *out = id;
    return OK;
}

struct status api_graph_id(const json_t *object, const char *member,
                           struct api_id *out, struct reason *why)
{
    const char *text = api_graph_text(object, member);
    if (!text)
        return refuse(why, STATUS_INVALID, "graph", "%s is missing", member);
    return api_graph_id_parse(text, out, why);
}

struct status api_graph_owner(const json_t *record, struct api_owner *out,
                              struct hash *hash, struct reason *why)
{
    AUTO_CLEAR_BUFFER encoded = buffer_make(4096);
    struct api_owner owner;
    TRY(api_json_base64(record, "owner", &encoded, why));
    struct cursor in = cursor_of(buffer_bytes(&encoded));
    if (failed(api_owner_decode(&in, &owner)) ||
        failed(cursor_finish(&in, "owner")))
        return refuse(why, STATUS_INVALID, "owner",
                      "owner is not the encoding of an owner's keys");
    TRY(api_owner_hash(&owner, hash));
    *out = owner;
    return OK;
}
