#include "policy/verdict.h"

#include <stdio.h>
#include <string.h>

static json_t *advisories_json(const struct policy_verdict *verdict)
{
    json_t *list = json_array();
    for (size_t i = 0; i < verdict->advisories_count; i++)
        if (json_array_append_new(list, json_string(verdict->advisory[i]))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

json_t *policy_verdict_json(const struct policy_verdict *verdict)
{
    return json_pack(
        "{s:o, s:o, s:I, s:o, s:o}", "tcb",
        verdict->refused ? json_null()
                         : json_string(api_tcb_name(verdict->tcb)),
        "advisories", advisories_json(verdict), "judged",
        (json_int_t)verdict->judged, "collateral",
        hash_is_zero(&verdict->collateral)
            ? json_null()
            : api_json_of_hash(&verdict->collateral),
        "refused", verdict->refused ? json_string(verdict->why) : json_null());
}

static STATUS corrupt(void)
{
    return failure(STATUS_CORRUPT, "verdict", 0);
}

static STATUS read_advisories(const json_t *verdict, struct policy_verdict *out)
{
    const json_t *list = json_object_get(verdict, "advisories");
    if (!json_is_array(list) || json_array_size(list) > POLICY_ADVISORIES_MAX)
        return corrupt();
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *id = json_string_value(json_array_get(list, i));
        if (!id || strlen(id) > API_ADVISORY_LEN)
            return corrupt();
        memcpy(out->advisory[i], id, strlen(id) + 1);
    }
    out->advisories_count = json_array_size(list);
    return OK;
}

static STATUS read_state(const json_t *verdict, struct policy_verdict *out)
{
    const char *tcb = json_string_value(json_object_get(verdict, "tcb"));
    const char *why = json_string_value(json_object_get(verdict, "refused"));
    out->refused = why != NULL;
    if ((tcb == NULL) != out->refused)
        return corrupt();
    if (why)
        (void)snprintf(out->why, sizeof(out->why), "%s", why);
    if (tcb && failed(api_tcb_parse(bytes_of_string(tcb), &out->tcb)))
        return corrupt();
    return OK;
}

struct status policy_verdict_read(const json_t *certificate,
                                  struct policy_verdict *out)
{
    struct policy_verdict read = { 0 };
    const json_t *verdict = json_object_get(certificate, "verdict");
    const json_t *collateral = json_object_get(verdict, "collateral");
    int64_t judged;
    if (verdict) {
        TRY(read_state(verdict, &read));
        TRY(read_advisories(verdict, &read));
        if (failed(api_json_integer(verdict, "judged", 0, INT64_MAX, &judged,
                                    NULL)) ||
            (!json_is_null(collateral) &&
             failed(
                 api_json_hash(verdict, "collateral", &read.collateral, NULL))))
            return corrupt();
        read.judged = (uint64_t)judged;
        read.known = true;
    }
    *out = read;
    return OK;
}

bool policy_verdict_meets(const struct policy_verdict *verdict,
                          const struct api_identity_rule *rule, uint64_t now)
{
    return verdict->known && !verdict->refused &&
           api_terms_accept(rule->tcb_mask, &rule->terms, verdict->tcb,
                            verdict->advisory, verdict->advisories_count, now);
}
