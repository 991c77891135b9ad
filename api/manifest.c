/* manifest.c - from a faultless proposal to the text that all owners sign.
 * Whatever can be computed again is computed again, and every signature is
 * verified: the proposal came from a broker that may lie. */

#include "api/manifest.h"

#include "api/configuration.h"
#include "api/graph.h"
#include "api/sorted.h"
#include "base/text.h"

static STATUS out_of_memory(void)
{
    return failure(STATUS_NO_MEMORY, "json", 0);
}

/* A record's owner as the record says, the key that spoke for that owner when
 * it was made, and whether `people` says that it does not any more. */
struct owned {
    const json_t *record;
    struct hash owner;
    struct api_spki key;
    bool replaced;
};

/* The record was made with some of the key changes that the owner has made
 * since, in the same order; anything else hides one or invents one. */
static STATUS check_chain(const struct api_owner *record,
                          const struct api_owner *person, struct reason *why)
{
    AUTO_CLEAR_BUFFER earlier = buffer_make(4096);
    AUTO_CLEAR_BUFFER now = buffer_make(4096);
    const size_t links = 2 * API_SPKI_LEN + 1; /* where they begin */
    TRY(api_owner_encode(record, &earlier));
    TRY(api_owner_encode(person, &now));
    if (earlier.len > now.len || earlier.len < links ||
        memcmp(earlier.data, now.data, links - 1) != 0 ||
        memcmp(earlier.data + links, now.data + links, earlier.len - links) !=
            0)
        return refuse(why, STATUS_DENIED, "owner",
                      "its key changes are not among its owner's");
    return OK;
}

static STATUS check_derived(const json_t *proposal, enum api_object kind,
                            const json_t *record, const struct hash *owner,
                            const struct api_id *id, struct reason *why)
{
    AUTO_CLEAR_BUFFER random = buffer_make(16);
    struct api_id account, derived;
    TRY(api_json_id(proposal, "account", &account, why));
    TRY(api_json_base64(record, "random", &random, why));
    TRY(api_id_derive(kind, &account, owner, random.data, &derived));
    if (!api_id_equal(&derived, id))
        return refuse(why, STATUS_DENIED, "id",
                      "its id does not follow from account, owner and random: "
                      "somebody has put in another owner");
    return OK;
}

static STATUS read_owned(const json_t *proposal, const json_t *object,
                         enum api_object kind, const struct api_id *id,
                         struct owned *out, struct reason *why)
{
    static const char *const sets[] = {
        [API_DATASET] = "datasets", [API_BUILD] = "builds"
    };
    struct api_owner own, current;
    struct api_spki today;
    struct hash person_hash;
    struct owned read;
    char text[API_ID_TEXT];
    api_id_text(id, text);
    read.record = json_object_get(json_object_get(proposal, sets[kind]), text);
    const json_t *person = json_object_get(json_object_get(proposal, "people"),
                                           api_graph_text(object, "user_id"));
    TRY(api_graph_owner(read.record, &own, &read.owner, why));
    TRY(api_graph_owner(person, &current, &person_hash, why));
    TRY(check_chain(&own, &current, why));
    TRY(api_owner_current(&current, &today, why));
    TRY(api_owner_current(&own, &read.key, why));
    read.replaced = !api_spki_equal(&read.key, &today);
    TRY(check_derived(proposal, kind, read.record, &read.owner, id, why));
    *out = read;
    return OK;
}

static STATUS check_build(const json_t *proposal, const struct api_id *build,
                          const struct owned *owned,
                          struct api_identity_rule *rule, struct hash *identity,
                          struct reason *why)
{
    struct api_id account;
    struct api_signature signature;
    AUTO_CLEAR_BUFFER message = buffer_make(128);
    TRY(api_rule_from_json(json_object_get(owned->record, "rule"), rule, why));
    TRY(api_identity_hash(rule, identity, why));
    TRY(api_json_id(proposal, "account", &account, why));
    TRY(api_json_signature(owned->record, "signature", &signature, why));
    TRY(api_build_message(&account, build, identity, &message));
    struct status held =
        api_verify(&owned->key, buffer_bytes(&message), &signature);
    if (held.code == STATUS_DENIED)
        return refuse(why, STATUS_DENIED, "build",
                      "its rule is not signed by the key that spoke for its "
                      "owner when it was made");
    return held;
}

/* Owners see it when the key that signed a rule speaks for nobody any more:
 * whoever stole it could have made this build. */
static STATUS add_signer(const struct owned *owned, json_t *app)
{
    struct hash key;
    if (!owned->replaced)
        return OK;
    TRY(api_spki_hash(&owned->key, &key));
    return api_graph_set(app, "signed_by", api_json_of_hash(&key));
}

static STATUS runtime_hash(const json_t *proposal, const char *key,
                           struct hash *out, struct reason *why)
{
    AUTO_JSON *configuration = NULL;
    TRY(api_runtime_configuration(proposal, key, &configuration, why));
    return api_configuration_hash(configuration, out, why);
}

static STATUS add_app(const json_t *proposal, const char *key,
                      const json_t *object, json_t *apps, struct reason *why)
{
    const json_t *ref = api_graph_ref(object);
    struct owned owned;
    struct api_id build;
    struct api_identity_rule rule;
    struct hash identity, runtime;
    TRY(api_json_id(ref, "image_id", &build, why));
    TRY(read_owned(proposal, object, API_BUILD, &build, &owned, why));
    TRY(check_build(proposal, &build, &owned, &rule, &identity, why));
    TRY(api_graph_tighten(proposal, key, &rule, why));
    TRY(api_identity_hash(&rule, &identity, why));
    TRY(runtime_hash(proposal, key, &runtime, why));
    TRY(api_graph_set(apps, key,
                      json_pack("{s:O, s:o, s:O, s:o, s:o, s:o, s:O, s:o}",
                                "name", json_object_get(object, "name"),
                                "build", api_json_of_id(&build), "build_name",
                                json_object_get(owned.record, "name"), "owner",
                                api_json_of_hash(&owned.owner), "rule",
                                api_rule_to_json(&rule), "identity",
                                api_json_of_hash(&identity), "configuration",
                                json_object_get(ref, "config_id"), "runtime",
                                api_json_of_hash(&runtime))));
    return add_signer(&owned, json_object_get(apps, key));
}

static STATUS add_dataset(const json_t *proposal, const char *key,
                          const json_t *object, json_t *datasets,
                          struct reason *why)
{
    struct owned owned;
    struct api_id id;
    AUTO_JSON *ports = NULL;
    TRY(api_json_id(api_graph_ref(object), "dataset_id", &id, why));
    TRY(read_owned(proposal, object, API_DATASET, &id, &owned, why));
    TRY(api_graph_ports(proposal, key, &ports));
    return api_graph_set(
        datasets, key,
        json_pack("{s:O, s:o, s:O, s:o, s:O, s:O, s:O, s:O}", "name",
                  json_object_get(object, "name"), "dataset",
                  api_json_of_id(&id), "dataset_name",
                  json_object_get(owned.record, "name"), "owner",
                  api_json_of_hash(&owned.owner), "location",
                  json_object_get(owned.record, "location"), "flags",
                  json_object_get(owned.record, "flags"), "limits",
                  json_object_get(owned.record, "limits"), "ports", ports));
}

static STATUS add_person(const char *id, const json_t *person, json_t *people,
                         struct reason *why)
{
    struct api_owner owner;
    struct hash hash, key_hash;
    struct api_spki key;
    TRY(api_graph_owner(person, &owner, &hash, why));
    TRY(api_owner_current(&owner, &key, why));
    TRY(api_spki_hash(&key, &key_hash));
    return api_graph_set(people, id,
                         json_pack("{s:O, s:o, s:o}", "name",
                                   json_object_get(person, "name"), "key",
                                   api_json_of_hash(&key_hash), "owner",
                                   api_json_of_hash(&hash)));
}

static STATUS add_objects(const json_t *proposal, json_t *manifest,
                          struct reason *why)
{
    const json_t *objects = json_object_get(proposal, "objects");
    AUTO_SORTED sorted = { 0 };
    TRY(api_sorted_names(objects, &sorted));
    for (size_t i = 0; i < sorted.count; i++) {
        const char *key = sorted.names[i];
        const json_t *object = json_object_get(objects, key);
        bool app = api_graph_kind_of(object) == API_GRAPH_APP;
        json_t *derived = json_object_get(manifest, app ? "apps" : "datasets");
        struct status added =
            app ? add_app(proposal, key, object, derived, why)
                : add_dataset(proposal, key, object, derived, why);
        TRY(api_within(added, key, why));
        TRY(api_graph_add_object(key, object,
                                 json_object_get(manifest, "objects")));
    }
    return OK;
}

static STATUS add_people(const json_t *proposal, json_t *manifest,
                         struct reason *why)
{
    const json_t *people = json_object_get(proposal, "people");
    AUTO_SORTED sorted = { 0 };
    TRY(api_sorted_names(people, &sorted));
    for (size_t i = 0; i < sorted.count; i++)
        TRY(api_within(add_person(sorted.names[i],
                                  json_object_get(people, sorted.names[i]),
                                  json_object_get(manifest, "people"), why),
                       sorted.names[i], why));
    return OK;
}

static STATUS add_header(const json_t *proposal, json_t *manifest)
{
    struct hash zone_ca;
    const char *description = api_graph_text(proposal, "description");
    const json_t *parent = api_member(proposal, "parent");
    TRY(hash_of(&zone_ca,
                bytes_of_string(api_graph_text(proposal, "zone_ca"))));
    json_t *header = json_pack(
        "{s:s, s:O, s:O, s:O, s:O, s:s, s:o, s:o, s:{}, s:{}, s:{}, s:{}, "
        "s:{}}",
        "accord", "manifest/v1", "account",
        json_object_get(proposal, "account"), "workflow",
        json_object_get(proposal, "workflow"), "version",
        json_object_get(proposal, "version"), "name",
        json_object_get(proposal, "name"), "description",
        description ? description : "", "parent",
        parent ? json_incref(json_object_get(parent, "digest")) : json_null(),
        "zone_ca", api_json_of_hash(&zone_ca), "objects", "edges", "apps",
        "datasets", "people");
    int merged = header ? json_object_update(manifest, header) : -1;
    json_decref(header);
    return merged == 0 ? OK : out_of_memory();
}

static STATUS refuse_faults(const json_t *proposal, struct reason *why)
{
    AUTO_JSON *faults = NULL;
    TRY(api_proposal_check(proposal, &faults));
    const json_t *first = json_array_get(faults, 0);
    if (!first)
        return OK;
    return refuse(why, STATUS_INVALID, "proposal", "%s: %s",
                  json_string_value(json_object_get(first, "where")),
                  json_string_value(json_object_get(first, "fault")));
}

struct status api_manifest_text(const json_t *proposal, struct buffer *out,
                                struct reason *why)
{
    AUTO_JSON *manifest = json_object();
    AUTO_CLEAR_BUFFER text = buffer_make(API_MANIFEST_MAX);
    TRY(refuse_faults(proposal, why));
    TRY(add_header(proposal, manifest));
    TRY(add_objects(proposal, manifest, why));
    TRY(api_graph_add_edges(json_object_get(proposal, "edges"),
                            json_object_get(manifest, "edges")));
    TRY(add_people(proposal, manifest, why));
    struct status written = api_json_canonical(manifest, &text);
    if (written.code == STATUS_INVALID)
        return refuse(why, STATUS_INVALID, "manifest",
                      "a manifest has at most %zu bytes", API_MANIFEST_MAX);
    TRY(written);
    buffer_put(out, buffer_bytes(&text));
    return buffer_status(out);
}
