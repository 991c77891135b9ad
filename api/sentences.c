/* sentences.c - who must agree, what runs, what it reads and writes. */

#include "api/sentences.h"

#include "api/graph.h"
#include "api/manifest.h"
#include "api/show.h"
#include "api/sorted.h"
#include "base/text.h"

struct telling {
    const json_t *manifest;
    const struct api_acquaintance *known;
    struct buffer *out;
};

static STATUS tell_header(const struct telling *t)
{
    const char *description;
    int64_t version;
    TRY(api_json_integer(t->manifest, "version", 1, INT32_MAX, &version, NULL));
    TRY(api_json_text(t->manifest, "description", &description, NULL));
    buffer_put_string(t->out, "Workflow ");
    TRY(api_show_member(t->manifest, "name", t->out));
    buffer_printf(t->out, ", version %d\n", (int)version);
    if (description[0] != '\0') {
        buffer_put_string(t->out, "  described as ");
        api_show_quoted(description, t->out);
        buffer_put_string(t->out, "\n");
    }
    return OK;
}

static STATUS tell_person(const struct telling *t, const json_t *person)
{
    struct hash owner, key;
    char words[API_KEY_WORDS_LEN];
    TRY(api_json_hash(person, "owner", &owner, NULL));
    TRY(api_json_hash(person, "key", &key, NULL));
    api_key_words(&key, words);
    buffer_put_string(t->out, "  ");
    TRY(api_show_member(person, "name", t->out));
    buffer_printf(t->out, " with the key %s", words);
    if (t->known && t->known->met)
        buffer_put_string(t->out, t->known->met(t->known->context, &owner, &key)
                                      ? " (met before)"
                                      : " (NOT MET BEFORE: compare the words)");
    buffer_put_string(t->out, "\n");
    return OK;
}

static STATUS tell_people(const struct telling *t)
{
    const json_t *people;
    AUTO_SORTED sorted = { 0 };
    TRY(api_json_object(t->manifest, "people", &people, NULL));
    TRY(api_sorted_names(people, &sorted));
    buffer_put_string(t->out, "\nAll of these must agree:\n");
    for (size_t i = 0; i < sorted.count; i++)
        TRY(tell_person(t, json_object_get(people, sorted.names[i])));
    return OK;
}

static void tell_anchor(const struct telling *t, const struct hash *anchor)
{
    char hex[2 * HASH_LEN + 1];
    const char *name = NULL;
    hex_encode(hash_bytes(anchor), hex);
    if (t->known && t->known->root_name)
        name = t->known->root_name(t->known->context, anchor);
    buffer_put_string(t->out, "  vouched for by the root key ");
    if (name)
        buffer_printf(t->out, "of %s (%s)\n", name, hex);
    else
        buffer_printf(t->out, "%s\n", hex);
}

static void tell_rule(const struct telling *t,
                      const struct api_identity_rule *rule)
{
    buffer_put_string(t->out, "  runs as ");
    api_show_measurement(rule, t->out);
    buffer_put_string(t->out, "\n");
    tell_anchor(t, &rule->anchor);
    if (rule->kind & API_KIND_SIMULATED)
        buffer_put_string(t->out, "  SIMULATED: no hardware protects it, who "
                                  "runs the simulator can read everything\n");
    if (rule->kind & API_KIND_NODE_VOUCHED)
        buffer_put_string(t->out, "  NODE-VOUCHED: an unattested node says "
                                  "so, who runs the node can say anything\n");
    if (rule->debug_allowed)
        buffer_put_string(t->out, "  DEBUG is allowed: who runs it can read "
                                  "its memory\n");
    api_show_weaknesses(rule, "  ", t->out);
    buffer_put_string(t->out, "  accepted states of the platform: ");
    api_show_tcb(rule->tcb_mask, t->out);
    buffer_put_string(t->out, "\n");
    if (rule->tcb_mask & API_TCB_UNEVALUATED)
        buffer_put_string(t->out, "  UNEVALUATED: nobody asks whether the "
                                  "platform has known holes\n");
    if (rule->tcb_mask &
        (API_TCB_OUT_OF_DATE | API_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED))
        buffer_put_string(t->out, "  OUT OF DATE: a platform with known holes "
                                  "is good enough\n");
    api_show_terms(&rule->terms, "  ", t->out);
}

static STATUS tell_port(const struct telling *t, const json_t *entry,
                        const char *port)
{
    buffer_printf(t->out, "  %s ", api_show_verb(port));
    TRY(api_show_dataset(t->manifest, entry, t->out));
    buffer_put_string(t->out, " through port ");
    api_show_quoted(port, t->out);
    buffer_put_string(t->out, "\n");
    return OK;
}

/* Where this dataset is on a port of that app that is read, or written. */
static STATUS tell_dataset(const struct telling *t, const json_t *entry,
                           const char *app, const char *verb)
{
    const json_t *ports;
    TRY(api_json_array(entry, "ports", &ports, NULL));
    for (size_t i = 0; i < json_array_size(ports); i++) {
        const char *key, *port;
        TRY(api_json_text(json_array_get(ports, i), "app", &key, NULL));
        TRY(api_json_text(json_array_get(ports, i), "port", &port, NULL));
        if (strcmp(key, app) == 0 && strcmp(api_show_verb(port), verb) == 0)
            TRY(tell_port(t, entry, port));
    }
    return OK;
}

static STATUS tell_datasets(const struct telling *t, const char *app,
                            const char *verb)
{
    const json_t *datasets;
    AUTO_SORTED sorted = { 0 };
    TRY(api_json_object(t->manifest, "datasets", &datasets, NULL));
    TRY(api_sorted_names(datasets, &sorted));
    for (size_t i = 0; i < sorted.count; i++)
        TRY(tell_dataset(t, json_object_get(datasets, sorted.names[i]), app,
                         verb));
    return OK;
}

/* Whoever agrees lets what this program reads go there, too. */
static STATUS tell_partners(const struct telling *t, const char *app)
{
    AUTO_JSON *partners = NULL;
    AUTO_SORTED sorted = { 0 };
    TRY(api_graph_partners(t->manifest, app, &partners));
    TRY(api_sorted_names(partners, &sorted));
    for (size_t i = 0; i < sorted.count; i++) {
        const json_t *partner = json_object_get(partners, sorted.names[i]);
        buffer_put_string(t->out, "  talks with the program ");
        TRY(api_show_member(partner, "name", t->out));
        buffer_put_string(t->out, " through port ");
        TRY(api_show_member(partner, "port", t->out));
        buffer_put_string(t->out, "\n");
    }
    return OK;
}

static STATUS tell_signer(const struct telling *t, const json_t *app)
{
    struct hash key;
    char words[API_KEY_WORDS_LEN];
    if (!json_object_get(app, "signed_by"))
        return OK;
    TRY(api_json_hash(app, "signed_by", &key, NULL));
    api_key_words(&key, words);
    buffer_printf(t->out,
                  "  SIGNED BY A REPLACED KEY: the build's owner does not use "
                  "%s any more\n",
                  words);
    return OK;
}

static STATUS tell_app(const struct telling *t, const char *key,
                       const json_t *app)
{
    struct api_identity_rule rule;
    const char *configuration, *runtime;
    TRY(api_rule_from_json(json_object_get(app, "rule"), &rule, NULL));
    TRY(api_json_text(app, "configuration", &configuration, NULL));
    TRY(api_json_text(app, "runtime", &runtime, NULL));
    buffer_put_string(t->out, "\nProgram ");
    TRY(api_show_member(app, "name", t->out));
    buffer_put_string(t->out, " is the build ");
    TRY(api_show_build(t->manifest, app, t->out));
    buffer_put_string(t->out, "\n");
    TRY(tell_signer(t, app));
    tell_rule(t, &rule);
    buffer_put_string(t->out, "  configured by ");
    api_put_plain(bytes_of_string(configuration), t->out);
    buffer_put_string(t->out, "\n  started with  ");
    api_put_plain(bytes_of_string(runtime), t->out);
    buffer_put_string(t->out, "\n");
    TRY(tell_datasets(t, key, "reads"));
    TRY(tell_datasets(t, key, "writes"));
    return tell_partners(t, key);
}

static STATUS tell_apps(const struct telling *t)
{
    const json_t *apps;
    AUTO_SORTED sorted = { 0 };
    TRY(api_json_object(t->manifest, "apps", &apps, NULL));
    TRY(api_sorted_names(apps, &sorted));
    for (size_t i = 0; i < sorted.count; i++)
        TRY(tell_app(t, sorted.names[i],
                     json_object_get(apps, sorted.names[i])));
    return OK;
}

struct status api_sentences(const json_t *manifest, const json_t *parent,
                            const struct api_acquaintance *known,
                            struct buffer *out)
{
    AUTO_CLEAR_BUFFER text = buffer_make(8 * API_MANIFEST_MAX);
    struct telling t = { manifest, known, &text };
    TRY(tell_header(&t));
    TRY(tell_people(&t));
    TRY(tell_apps(&t));
    if (parent) {
        int64_t version;
        TRY(api_json_integer(parent, "version", 1, INT32_MAX, &version, NULL));
        buffer_printf(&text, "\nCompared with version %d:\n", (int)version);
        TRY(api_difference(manifest, parent, &text));
    }
    TRY(buffer_status(&text));
    buffer_put(out, buffer_bytes(&text));
    return buffer_status(out);
}
