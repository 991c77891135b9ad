/* graph_records.c - the records that a proposal brings with it: people,
 * configurations, builds, datasets. */

#include "api/configuration.h"
#include "api/graph.h"
#include "api/manifest.h"
#include "api/seal.h"
#include "api/sorted.h"
#include "base/text.h"

/* Which members a record has, each checked by one function. */
typedef STATUS (*member_fn)(const json_t *record, const char *name,
                            struct reason *why);

struct member {
    const char *name;
    member_fn check;
};

static STATUS is_text(const json_t *record, const char *name,
                      struct reason *why)
{
    const char *text;
    TRY(api_json_text(record, name, &text, why));
    if (text[0] == '\0')
        return refuse(why, STATUS_INVALID, "record", "%s is empty", name);
    return OK;
}

static STATUS is_object(const json_t *record, const char *name,
                        struct reason *why)
{
    const json_t *unused;
    return api_json_object(record, name, &unused, why);
}

static STATUS is_owner(const json_t *record, const char *name,
                       struct reason *why)
{
    struct api_owner owner;
    struct hash hash;
    (void)name; /* always "owner" */
    return api_graph_owner(record, &owner, &hash, why);
}

static STATUS is_random(const json_t *record, const char *name,
                        struct reason *why)
{
    AUTO_CLEAR_BUFFER random = buffer_make(64);
    TRY(api_json_base64(record, name, &random, why));
    if (random.len != 16)
        return refuse(why, STATUS_INVALID, "record",
                      "%s: expected 16 bytes, got %zu", name, random.len);
    return OK;
}

static STATUS is_signature(const json_t *record, const char *name,
                           struct reason *why)
{
    struct api_signature unused;
    return api_json_signature(record, name, &unused, why);
}

static STATUS is_rule(const json_t *record, const char *name,
                      struct reason *why)
{
    struct api_identity_rule unused;
    return api_rule_from_json(json_object_get(record, name), &unused, why);
}

static STATUS is_location(const json_t *record, const char *name,
                          struct reason *why)
{
    const char *text;
    TRY(is_text(record, name, why));
    TRY(api_json_text(record, name, &text, why));
    if (strlen(text) > API_LOCATION_MAX)
        return refuse(why, STATUS_INVALID, "record",
                      "%s: a location has at most %d bytes", name,
                      API_LOCATION_MAX);
    for (size_t i = 0; text[i] != '\0'; i++)
        if ((unsigned char)text[i] <= 0x20 || text[i] == 0x7f)
            return refuse(why, STATUS_INVALID, "record",
                          "%s: a location holds no spaces or control "
                          "characters",
                          name);
    return OK;
}

static STATUS is_zero(const json_t *record, const char *name,
                      struct reason *why)
{
    int64_t unused;
    return api_json_integer(record, name, 0, 0, &unused, why);
}

static STATUS are_limits(const json_t *record, const char *name,
                         struct reason *why)
{
    const json_t *limits;
    TRY(api_json_object(record, name, &limits, why));
    return api_limits_check(limits, why);
}

static STATUS are_ports(const json_t *record, const char *name,
                        struct reason *why)
{
    const json_t *ports;
    TRY(api_json_array(record, name, &ports, why));
    for (size_t i = 0; i < json_array_size(ports); i++) {
        const json_t *port = json_array_get(ports, i);
        if (!json_is_string(port) || !api_name_valid(api_text_bytes(port)))
            return refuse(why, STATUS_INVALID, "record",
                          "%s: element %zu is not a port name (1 to 63 "
                          "letters, digits, - _ and inner dots)",
                          name, i);
    }
    return OK;
}

static void check_record(struct api_graph *g, struct api_graph_place at,
                         const json_t *record, const struct member *members)
{
    const char *names[8];
    size_t count = 0;
    struct reason why = { "" };
    if (!json_is_object(record)) {
        api_graph_fault(g, at, "expected an object");
        return;
    }
    for (; members[count].name; count++)
        names[count] = members[count].name;
    (void)api_graph_passes(g, at, api_json_only(record, names, count, &why),
                           &why);
    for (; members->name; members++)
        (void)api_graph_passes(g, api_graph_at(at, members->name),
                               members->check(record, members->name, &why),
                               &why);
}

static void check_person(struct api_graph *g, const char *key,
                         const json_t *person)
{
    static const struct member members[] = { { "name", is_text },
                                             { "owner", is_owner },
                                             { NULL, NULL } };
    struct api_graph_place at = { "people", key, NULL };
    struct reason why = { "" };
    struct api_id id;
    struct api_owner owner;
    struct hash hash;
    char hex[2 * HASH_LEN + 1];
    (void)api_graph_passes(g, at, api_graph_id_parse(key, &id, &why), &why);
    check_record(g, at, person, members);
    if (failed(api_graph_owner(person, &owner, &hash, NULL)))
        return; /* said above */
    hex_encode(hash_bytes(&hash), hex);
    const char *other = api_graph_seen(g, g->owners, hex, key);
    if (other)
        api_graph_fault(g, at, "this is the same owner as person %s", other);
}

/* A configuration is named by its content, the zone's CA included. */
static STATUS configuration_is(const struct api_graph *g, const char *key,
                               const json_t *configuration, struct reason *why)
{
    struct hash hash;
    char hex[2 * HASH_LEN + 1];
    AUTO_JSON *base =
        json_pack("{s:O, s:O, s:[O]}", "app_config",
                  json_object_get(configuration, "app_config"), "labels",
                  json_object_get(configuration, "labels"), "zone_ca",
                  json_object_get(g->proposal, "zone_ca"));
    if (!base)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(api_configuration_hash(base, &hash, why));
    hex_encode(hash_bytes(&hash), hex);
    if (strcmp(hex, key) != 0)
        return refuse(why, STATUS_INVALID, "configuration",
                      "the content of this configuration has another id (was "
                      "it made for another zone CA?): make it again");
    return OK;
}

static void check_configuration(struct api_graph *g, const char *key,
                                const json_t *configuration)
{
    static const struct member members[] = {
        { "name", is_text },     { "app_config", is_object },
        { "labels", is_object }, { "ports", are_ports },
        { NULL, NULL },
    };
    struct api_graph_place at = { "configurations", key, NULL };
    struct reason why = { "" };
    size_t before = json_array_size(g->faults);
    check_record(g, at, configuration, members);
    if (json_array_size(g->faults) == before &&
        api_graph_text(g->proposal, "zone_ca"))
        (void)api_graph_passes(
            g, at, configuration_is(g, key, configuration, &why), &why);
}

static void check_build(struct api_graph *g, const char *key,
                        const json_t *build)
{
    static const struct member members[] = {
        { "name", is_text },           { "owner", is_owner },
        { "random", is_random },       { "rule", is_rule },
        { "signature", is_signature }, { NULL, NULL },
    };
    check_record(g, (struct api_graph_place){ "builds", key, NULL }, build,
                 members);
}

static void check_dataset(struct api_graph *g, const char *key,
                          const json_t *dataset)
{
    static const struct member members[] = {
        { "name", is_text },     { "owner", is_owner },
        { "random", is_random }, { "location", is_location },
        { "flags", is_zero },    { "limits", are_limits },
        { NULL, NULL },
    };
    check_record(g, (struct api_graph_place){ "datasets", key, NULL }, dataset,
                 members);
}

static void check_each(struct api_graph *g, const json_t *set,
                       void (*check)(struct api_graph *g, const char *key,
                                     const json_t *record))
{
    AUTO_SORTED sorted = { 0 };
    struct status listed = api_sorted_names(set, &sorted);
    if (failed(listed))
        g->first_failure = listed;
    for (size_t i = 0; i < sorted.count; i++)
        check(g, sorted.names[i], json_object_get(set, sorted.names[i]));
}

void api_graph_check_configurations(struct api_graph *g)
{
    check_each(g, g->configurations, check_configuration);
}

void api_graph_check_records(struct api_graph *g)
{
    check_each(g, g->people, check_person);
    api_graph_check_configurations(g);
    check_each(g, g->builds, check_build);
    check_each(g, g->datasets, check_dataset);
}
