/* graph.h - a proposal under examination: what its parts are, and the list of
 * everything that is wrong with it. For this folder only.
 *
 * Checks go straight down the page: a fault is noted and the next check
 * follows. Out of memory is remembered and reported once, at the end. */

#ifndef API_GRAPH_H
#define API_GRAPH_H

#include "api/json.h"
#include "api/owner.h"

#define API_GRAPH_OBJECTS_MAX 512
#define API_GRAPH_EDGES_MAX   1024
#define API_GRAPH_KEY_MAX     64

enum api_graph_kind {
    API_GRAPH_NOTHING, /* not exactly one variant */
    API_GRAPH_PLACEHOLDER,
    API_GRAPH_APP,
    API_GRAPH_DATASET,
};

struct api_graph {
    const json_t *proposal;
    bool plain_class; /* CCM: objects belong to users, by `owner_user` */
    const json_t *objects, *edges; /* NULL when they are not objects */
    const json_t *configurations, *builds, *datasets, *people;
    json_t *faults;
    /* what was seen so far, by what it must not be twice */
    json_t *owners;      /* owner hash in hex -> user id              */
    json_t *contributes; /* user id -> key of an object of that user  */
    json_t *names;       /* object name -> object key                 */
    json_t *connected;   /* object key -> key of an edge              */
    json_t *links;       /* app, port, other object -> edge key       */
    json_t *supplies;    /* app, dataset id -> dataset object key     */
    struct status first_failure;
};

/* "objects.app-1.name": a set, a key in it, a member of that; each but the
 * first may be NULL. */
struct api_graph_place {
    const char *set, *key, *member;
};

static inline struct api_graph_place api_graph_at(struct api_graph_place place,
                                                  const char *member)
{
    return (struct api_graph_place){ place.set, place.key, member };
}

/* Keys stand in faults and in terminals. */
bool api_graph_key_valid(const char *key);
#define API_GRAPH_KEY_FAULT "a key has 1 to %d bytes without control characters"

/* Notes one fault. */
void api_graph_fault(struct api_graph *g, struct api_graph_place at,
                     const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Notes what a failed check said, unless it failed for want of memory; true
 * when the check passed. */
bool api_graph_passes(struct api_graph *g, struct api_graph_place at,
                      struct status checked, const struct reason *why);

/* Remembers `key` in one of the maps above; NULL the first time, then what
 * was remembered with it. */
const char *api_graph_seen(struct api_graph *g, json_t *map, const char *key,
                           const char *value);

enum api_graph_kind api_graph_kind_of(const json_t *object);

/* The one variant of an object's `ref`, borrowed; NULL for API_GRAPH_NOTHING.
 */
const json_t *api_graph_ref(const json_t *object);

/* The text of a member, borrowed; NULL when it is missing, not text, or
 * holds a NUL. */
const char *api_graph_text(const json_t *object, const char *member);

/* An id in the one form that records are kept under: lower case, hyphens. */
STATUS api_graph_id(const json_t *object, const char *member,
                    struct api_id *out, struct reason *why);
STATUS api_graph_id_parse(const char *text, struct api_id *out,
                          struct reason *why);

/* "owner": base64 of api_owner_encode, and its hash. Form only. */
STATUS api_graph_owner(const json_t *record, struct api_owner *out,
                       struct hash *hash, struct reason *why);

/* The rule of one app, as strict as the owners of all its datasets demand
 * (`limits.evidence`). STATUS_INVALID with a reason when that leaves nothing
 * to accept. */
struct api_identity_rule;
STATUS api_graph_tighten(const json_t *proposal, const char *app,
                         struct api_identity_rule *rule, struct reason *why);

/* Can it be one label of a host name? 1 to 63 of a-z, 0-9 and inner '-'. */
bool api_graph_is_host_label(const char *name);

/* The apps that the app with this key is connected to: {any key: {"port",
 * "name"}}, one for each port and name; {} when there are none. */
STATUS api_graph_partners(const json_t *graph, const char *app, json_t **out);

/* The parts of the examination, in this order. */
void api_graph_check_records(struct api_graph *g);
void api_graph_check_objects(struct api_graph *g);
void api_graph_check_edges(struct api_graph *g);
void api_graph_check_apps(struct api_graph *g);
/* Of the records only these: the CCM class. */
void api_graph_check_configurations(struct api_graph *g);

/* --- graph_copy.c: the graph as a manifest holds it, without what only a
 * drawing needs and without nulls. */

/* Takes `value` over; NULL counts as no memory. */
STATUS api_graph_set(json_t *into, const char *key, json_t *value);
STATUS api_graph_add_object(const char *key, const json_t *object,
                            json_t *objects);
STATUS api_graph_add_edges(const json_t *edges, json_t *into);
/* The ports that a dataset object is on, as [{"app": key, "port"}], sorted. */
STATUS api_graph_ports(const json_t *proposal, const char *dataset,
                       json_t **out);

#endif
