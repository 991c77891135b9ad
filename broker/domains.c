#include "broker/domains.h"

#include <strings.h>

/* The app's list; an empty one without app. */
static struct status load(struct policy_txn *txn,
                          const struct policy_candidate *candidate,
                          json_t **out)
{
    AUTO_JSON *build = NULL, *app = NULL;
    struct api_id id;
    struct status got =
        policy_object_get(txn, POLICY_BUILD, &candidate->account,
                          api_id_bytes(&candidate->app.build), &build, NULL);
    if (!failed(got) && !failed(api_json_id(build, "app", &id, NULL)))
        got = policy_object_get(txn, POLICY_APP, &candidate->account,
                                api_id_bytes(&id), &app, NULL);
    if (failed(got) && got.code != STATUS_NOT_FOUND)
        return got;
    json_t *domains = json_object_get(app, "whitelisted_domains");
    *out = domains ? json_incref(domains) : json_array();
    return *out ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static bool has(const json_t *domains, const char *name)
{
    for (size_t i = 0; i < json_array_size(domains); i++) {
        const char *one = json_string_value(json_array_get(domains, i));
        if (one && strcasecmp(one, name) == 0)
            return true;
    }
    return false;
}

static struct status check(struct exchange *x, const json_t *domains,
                           const char *name)
{
    if (has(domains, name))
        return OK;
    return exchange_deny(
        x, "domain", "the domain %.200s is not approved for this app", name);
}

struct status domains_check(struct exchange *x, struct policy_txn *txn,
                            const struct policy_candidate *candidate,
                            const struct ca_names *names,
                            const char *common_name)
{
    AUTO_JSON *domains = NULL;
    if (!candidate->plain_class)
        return OK;
    TRY(load(txn, candidate, &domains));
    if (common_name[0])
        TRY(check(x, domains, common_name));
    for (size_t i = 0; i < names->count; i++)
        TRY(check(x, domains, ca_name_at(names, i)));
    return OK;
}
