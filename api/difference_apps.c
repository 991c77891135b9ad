/* difference_apps.c - other programs, or the same one under other rules. */

#include "api/difference.h"

#include "api/graph.h"
#include "api/manifest.h"
#include "api/show.h"
#include "api/sorted.h"

static STATUS added(const struct api_comparison *c, const json_t *now)
{
    TRY(api_say_subject(c, "Program ", now));
    api_say(c, " is new.\n");
    return OK;
}

static STATUS removed(const struct api_comparison *c, const json_t *before)
{
    TRY(api_say_subject(c, "Program ", before));
    api_say(c, " is gone.\n");
    return OK;
}

static STATUS say_measurement(const struct api_comparison *c, const json_t *app,
                              const struct api_identity_rule *now,
                              const struct api_identity_rule *before)
{
    AUTO_CLEAR_BUFFER ours = buffer_make(8192), theirs = buffer_make(8192);
    api_show_measurement(now, &ours);
    api_show_measurement(before, &theirs);
    TRY(buffer_status(&ours));
    TRY(buffer_status(&theirs));
    if (bytes_equal(buffer_bytes(&ours), buffer_bytes(&theirs)))
        return OK;
    TRY(api_say_subject(c, "Program ", app));
    api_say(c, " runs as another program: now ");
    buffer_put(c->out, buffer_bytes(&ours));
    api_say(c, ", before ");
    buffer_put(c->out, buffer_bytes(&theirs));
    api_say(c, ".\n");
    return OK;
}

static void show_conditions(const struct api_identity_rule *rule,
                            struct buffer *out)
{
    api_show_weaknesses(rule, "    ", out);
    api_show_terms(&rule->terms, "    ", out);
    if (out->len == 0)
        buffer_put_string(out, "    none\n");
}

/* Weaknesses accepted, age, exceptions: as lists, before and now. */
static STATUS say_terms(const struct api_comparison *c, const json_t *app,
                        const struct api_identity_rule *now,
                        const struct api_identity_rule *before)
{
    AUTO_CLEAR_BUFFER ours = buffer_make(8192), theirs = buffer_make(8192);
    show_conditions(now, &ours);
    show_conditions(before, &theirs);
    TRY(buffer_status(&ours));
    TRY(buffer_status(&theirs));
    if (bytes_equal(buffer_bytes(&ours), buffer_bytes(&theirs)))
        return OK;
    TRY(api_say_subject(c, "Program ", app));
    api_say(c, " runs under other conditions, now\n");
    buffer_put(c->out, buffer_bytes(&ours));
    api_say(c, "  before\n");
    buffer_put(c->out, buffer_bytes(&theirs));
    return OK;
}

static STATUS say_rule(const struct api_comparison *c, const json_t *app,
                       const struct api_identity_rule *now,
                       const struct api_identity_rule *before)
{
    TRY(say_measurement(c, app, now, before));
    if (now->debug_allowed != before->debug_allowed) {
        TRY(api_say_subject(c, "Program ", app));
        api_say(c,
                now->debug_allowed
                    ? " may run in DEBUG mode now: who runs it can read it.\n"
                    : " may not run in DEBUG mode any more.\n");
    }
    if (now->tcb_mask != before->tcb_mask) {
        TRY(api_say_subject(c, "Program ", app));
        api_say(c, " accepts other states of the platform: now ");
        api_show_tcb(now->tcb_mask, c->out);
        api_say(c, ", before ");
        api_show_tcb(before->tcb_mask, c->out);
        api_say(c, ".\n");
    }
    TRY(say_terms(c, app, now, before));
    if (!hash_equal(&now->anchor, &before->anchor)) {
        TRY(api_say_subject(c, "Program ", app));
        api_say(c, " is vouched for by another root key.\n");
    }
    return OK;
}

/* The partners that are in `one` and not in `other`. */
static STATUS say_partners(const struct api_comparison *c, const json_t *app,
                           const json_t *one, const json_t *other,
                           const char *verb)
{
    AUTO_SORTED sorted = { 0 };
    TRY(api_sorted_names(one, &sorted));
    for (size_t i = 0; i < sorted.count; i++) {
        const json_t *partner = json_object_get(one, sorted.names[i]);
        if (json_object_get(other, sorted.names[i]))
            continue;
        TRY(api_say_subject(c, "Program ", app));
        api_say(c, verb);
        TRY(api_show_member(partner, "name", c->out));
        api_say(c, " through port ");
        TRY(api_show_member(partner, "port", c->out));
        api_say(c, ".\n");
    }
    return OK;
}

static STATUS compare_partners(const struct api_comparison *c,
                               const json_t *app, const json_t *now,
                               const json_t *before)
{
    TRY(say_partners(c, app, now, before, " talks with the program "));
    return say_partners(c, app, before, now,
                        " does not talk any more with the program ");
}

/* Keys may differ from version to version; names tell who is meant. */
static STATUS partners_of(const json_t *manifest, const json_t *app,
                          json_t **out)
{
    const char *key = NULL, *name;
    TRY(api_json_text(app, "name", &name, NULL));
    (void)api_find(json_object_get(manifest, "apps"), "name", name, &key);
    if (!key)
        return failure(STATUS_INVALID, "manifest", 0);
    return api_graph_partners(manifest, key, out);
}

static STATUS say_connections(const struct api_comparison *c, const json_t *now,
                              const json_t *before)
{
    AUTO_JSON *ours = NULL, *theirs = NULL;
    TRY(partners_of(c->now, now, &ours));
    TRY(partners_of(c->before, before, &theirs));
    return compare_partners(c, now, ours, theirs);
}

static STATUS changed(const struct api_comparison *c, const json_t *now,
                      const json_t *before)
{
    struct api_identity_rule rule, old_rule;
    TRY(api_rule_from_json(json_object_get(now, "rule"), &rule, NULL));
    TRY(api_rule_from_json(json_object_get(before, "rule"), &old_rule, NULL));
    if (!api_same(now, before, "build") ||
        !api_same(now, before, "build_name") ||
        !api_same(now, before, "owner")) {
        TRY(api_say_subject(c, "Program ", now));
        api_say(c, " is another build: now ");
        TRY(api_show_build(c->now, now, c->out));
        api_say(c, ", before ");
        TRY(api_show_build(c->before, before, c->out));
        api_say(c, ".\n");
    }
    TRY(say_rule(c, now, &rule, &old_rule));
    TRY(say_connections(c, now, before));
    TRY(api_say_text(c, "Program ", "configuration", " is configured by ", now,
                     before));
    return api_say_text(c, "Program ", "runtime",
                        " has a new hash, certificates for the old one do not "
                        "count for it: now ",
                        now, before);
}

struct status api_say_app(const struct api_comparison *c, const char *key,
                          const json_t *now, const json_t *before)
{
    (void)key;
    if (!before)
        return added(c, now);
    if (!now)
        return removed(c, before);
    return changed(c, now, before);
}
