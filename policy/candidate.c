/* candidate.c - which agreed program is it that shows this evidence? */

#include "policy/holders.h"

static bool has_application(json_t *port_map)
{
    const char *port, *object;
    json_t *objects, *end;
    json_object_foreach(port_map, port, objects) json_object_foreach(
        objects, object,
        end) if (json_object_get(end, "application")) return true;
    return false;
}

/* The name by which other apps of the workflow find this one: each that an
 * edge connects with it has one, and so has it. */
static struct status read_partner(const struct holder *h, char out[64])
{
    const json_t *text = json_object_get(h->runtime, "text");
    AUTO_JSON *config = NULL;
    const char *name;
    TRY(api_json_read(
        bytes_of(json_string_value(text), json_string_length(text)),
        API_CONFIGURATION_MAX, true, &config, NULL));
    const json_t *workflow = json_object_get(config, "workflow");
    out[0] = '\0';
    if (!has_application(json_object_get(workflow, "port_map")))
        return OK;
    TRY(api_json_text(workflow, "app_name", &name, NULL));
    if (strlen(name) > 63)
        return failure(STATUS_CORRUPT, "app name", 0);
    memcpy(out, name, strlen(name) + 1);
    return OK;
}

static struct status try_candidate(struct policy_txn *txn,
                                   const struct holder *h,
                                   const struct hash *runtime,
                                   policy_matches_fn matches, void *context,
                                   struct policy_candidate *out,
                                   struct reason *why)
{
    AUTO_FREE(agreed_version) version = NULL;
    struct policy_candidate found = { .account = h->account,
                                      .workflow = h->workflow,
                                      .version = h->version };
    enum holder_build build;
    TRY(holder_version(txn, h, &version));
    TRY(api_manifest_app(version->manifest, runtime, &found.app));
    TRY(holder_build(txn, h, &found.app.build, &build));
    found.app.key = NULL;
    found.plain_class = version->plain_class;

    out->code = POLICY_NO_BUILD;
    out->account = h->account; /* whose members may see the refusal */
    if (build == HOLDER_BUILD_WITHDRAWN) {
        status_ignore(refuse(why, STATUS_DENIED, "build",
                             "the build was withdrawn")); /* in the code */
        return OK;
    }
    struct status said = matches(context, &found.app.rule, why);
    if (said.code == STATUS_DENIED)
        return OK;
    TRY(said);
    if (build == HOLDER_BUILD_PENDING) {
        out->pending = true;
        status_ignore(refuse(why, STATUS_DENIED, "build",
                             "the build waits for its approval"));
        return OK;
    }
    TRY(read_partner(h, found.partner));
    *out = found;
    return OK;
}

struct status policy_candidate_find(struct policy_txn *txn,
                                    const struct hash *runtime,
                                    policy_matches_fn matches, void *context,
                                    struct policy_candidate *out,
                                    struct reason *why)
{
    struct holders holders;
    struct policy_candidate found = { .code = POLICY_NO_CONFIGURATION };
    TRY(holders_find(txn, runtime, &holders));
    struct status s = OK;
    if (holders.count == 0)
        status_ignore(refuse(why, STATUS_DENIED, "configuration",
                             "no approved workflow has this runtime "
                             "configuration")); /* in the code */
    for (size_t i = 0; i < holders.count && !failed(s); i++) {
        s = try_candidate(txn, &holders.at[i], runtime, matches, context,
                          &found, why);
        if (found.code == POLICY_ALLOW)
            break;
    }
    holders_clear(&holders);
    TRY(s);
    *out = found;
    return OK;
}
