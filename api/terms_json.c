/* terms_json.c - terms as members of a rule, and what datasets' owners demand
 * beyond it. */

#include <stdlib.h>
#include <string.h>

#include "api/identity.h"
#include "api/json.h"
#include "api/sorted.h"

#define AGE_MAX (48 * 3600) /* no certificate lives longer */

static STATUS wrong(const char *member, const char *what, struct reason *why)
{
    return refuse(why, STATUS_INVALID, "rule", "%s: %s", member, what);
}

struct status api_tcb_from_json(const json_t *object, const char *name,
                                uint16_t *out, struct reason *why)
{
    const json_t *list;
    uint16_t mask = 0;
    TRY(api_json_array(object, name, &list, why));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *status = json_array_get(list, i);
        uint16_t bit;
        if (!json_is_string(status) ||
            failed(api_tcb_parse(api_text_bytes(status), &bit)))
            return refuse(why, STATUS_INVALID, "rule",
                          "%s: element %zu is not a TCB status that a rule "
                          "may accept",
                          name, i);
        if (mask & bit)
            return refuse(why, STATUS_INVALID, "rule", "%s: %s stands twice",
                          name, api_tcb_name(bit));
        mask = (uint16_t)(mask | bit);
    }
    if (mask == 0)
        return wrong(name, "name at least one TCB status", why);
    *out = mask;
    return OK;
}

json_t *api_tcb_to_json(uint16_t mask)
{
    json_t *list = json_array();
    for (unsigned bit = 1; list && bit <= API_TCB_ALL; bit <<= 1) {
        if ((mask & bit) &&
            json_array_append_new(list,
                                  json_string(api_tcb_name((uint16_t)bit)))) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static STATUS read_u32(const json_t *object, const char *name, uint32_t max,
                       uint32_t *out, struct reason *why)
{
    int64_t value = 0;
    if (api_member(object, name))
        TRY(api_json_integer(object, name, 1, max, &value, why));
    *out = (uint32_t)value;
    return OK;
}

static STATUS read_advisories(const json_t *list, struct api_tcb_exception *out,
                              struct reason *why)
{
    out->count = json_array_size(list);
    if (out->count > API_ADVISORIES_MAX)
        return wrong("exception", "more than 16 advisories", why);
    for (size_t i = 0; i < out->count; i++) {
        const json_t *id = json_array_get(list, i);
        if (!json_is_string(id) || json_string_length(id) > API_ADVISORY_LEN ||
            strlen(json_string_value(id)) != json_string_length(id))
            return refuse(why, STATUS_INVALID, "rule",
                          "exception: advisories: element %zu is not the name "
                          "of an advisory",
                          i);
        memcpy(out->advisory[i], json_string_value(id), json_string_length(id));
    }
    return OK;
}

static STATUS read_exception(const json_t *rule, struct api_tcb_exception *out,
                             struct reason *why)
{
    static const char *const names[] = { "tcb", "advisories", "until" };
    const json_t *exception, *advisories;
    int64_t until;
    if (!api_member(rule, "exception"))
        return OK;
    TRY(api_json_object(rule, "exception", &exception, why));
    TRY(api_within(api_json_only(exception, names, 3, why), "exception", why));
    TRY(api_within(api_tcb_from_json(exception, "tcb", &out->tcb_mask, why),
                   "exception", why));
    TRY(api_within(api_json_array(exception, "advisories", &advisories, why),
                   "exception", why));
    TRY(api_within(
        api_json_integer(exception, "until", 1, INT64_MAX, &until, why),
        "exception", why));
    out->until = (uint64_t)until;
    return read_advisories(advisories, out, why);
}

struct status api_terms_from_json(const json_t *rule, struct api_terms *out,
                                  struct reason *why)
{
    struct api_terms terms = { 0 };
    bool nonce = false;
    TRY(read_u32(rule, "age", AGE_MAX, &terms.age_max, why));
    TRY(read_u32(rule, "evaluation", UINT32_MAX, &terms.evaluation_min, why));
    if (api_member(rule, "nonce"))
        TRY(api_json_flag(rule, "nonce", &nonce, why));
    terms.nonce_demanded = nonce;
    TRY(read_exception(rule, &terms.exception, why));
    *out = terms;
    return OK;
}

static json_t *exception_to_json(const struct api_tcb_exception *e)
{
    json_t *advisories = json_array();
    for (size_t i = 0; i < e->count; i++)
        if (json_array_append_new(advisories, json_string(e->advisory[i]))) {
            json_decref(advisories);
            return NULL;
        }
    return json_pack("{s:o, s:o, s:I}", "tcb", api_tcb_to_json(e->tcb_mask),
                     "advisories", advisories, "until", (json_int_t)e->until);
}

bool api_terms_to_json(const struct api_terms *terms, json_t *rule)
{
    if (terms->age_max &&
        json_object_set_new(rule, "age", json_integer(terms->age_max)))
        return false;
    if (terms->evaluation_min &&
        json_object_set_new(rule, "evaluation",
                            json_integer(terms->evaluation_min)))
        return false;
    if (terms->nonce_demanded &&
        json_object_set_new(rule, "nonce", json_true()))
        return false;
    return !terms->exception.tcb_mask ||
           json_object_set_new(rule, "exception",
                               exception_to_json(&terms->exception)) == 0;
}

/* --- what a dataset's owner demands --------------------------------------- */

struct demands {
    uint16_t tcb_mask; /* 0: none */
    struct api_terms terms;
    bool hardware;
};

static STATUS read_demands(const json_t *json, struct demands *out,
                           struct reason *why)
{
    static const char *const names[] = { "tcb", "age", "evaluation", "nonce",
                                         "hardware" };
    struct demands read = { 0 };
    if (!json_is_object(json))
        return refuse(why, STATUS_INVALID, "demands", "expected an object");
    TRY(api_json_only(json, names, 5, why));
    if (api_member(json, "tcb"))
        TRY(api_tcb_from_json(json, "tcb", &read.tcb_mask, why));
    TRY(api_terms_from_json(json, &read.terms, why));
    TRY(api_json_flag(json, "hardware", &read.hardware, why));
    *out = read;
    return OK;
}

struct status api_demands_check(const json_t *demands, struct reason *why)
{
    struct demands unused;
    return read_demands(demands, &unused, why);
}

struct status api_limits_check(const json_t *limits, struct reason *why)
{
    static const char *const names[] = { "evidence" };
    TRY(api_within(api_json_only(limits, names, 1, why), "limits", why));
    const json_t *evidence = api_member(limits, "evidence");
    if (!evidence)
        return OK;
    return api_within(api_demands_check(evidence, why), "limits.evidence", why);
}

static STATUS demand_hardware(struct api_identity_rule *rule,
                              struct reason *why)
{
    if (rule->kind & (API_KIND_SIMULATED | API_KIND_NODE_VOUCHED))
        return refuse(why, STATUS_INVALID, "demands",
                      "hardware is demanded, and the rule is for %s",
                      api_kind_name(rule->kind));
    rule->debug_allowed = 0;
    return OK;
}

static void demand_terms(struct api_terms *terms, const struct api_terms *asked)
{
    if (asked->age_max && (!terms->age_max || asked->age_max < terms->age_max))
        terms->age_max = asked->age_max;
    if (asked->evaluation_min > terms->evaluation_min)
        terms->evaluation_min = asked->evaluation_min;
    terms->nonce_demanded |= asked->nonce_demanded;
}

/* An exception is for statuses that the dataset's owner accepts, too. */
static void demand_tcb(struct api_identity_rule *rule, uint16_t mask)
{
    struct api_tcb_exception *e = &rule->terms.exception;
    rule->tcb_mask &= mask;
    e->tcb_mask &= mask;
    if (e->tcb_mask == 0)
        *e = (struct api_tcb_exception){ 0 };
}

struct status api_rule_tighten(struct api_identity_rule *rule,
                               const json_t *demands, struct reason *why)
{
    struct demands asked;
    struct api_identity_rule tight = *rule;
    TRY(read_demands(demands, &asked, why));
    if (asked.hardware)
        TRY(demand_hardware(&tight, why));
    if (asked.tcb_mask)
        demand_tcb(&tight, asked.tcb_mask);
    demand_terms(&tight.terms, &asked.terms);
    if (tight.tcb_mask == 0)
        return refuse(why, STATUS_INVALID, "demands",
                      "no state of the platform is accepted by the program's "
                      "rule and by its datasets' owners alike");
    *rule = tight;
    return OK;
}
