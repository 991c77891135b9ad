#include "cli/rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct status set(json_t *into, const char *name, json_t *value)
{
    return json_object_set_new(into, name, value) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

/* --- numbers, lists, flags ----------------------------------------------- */

static struct status read_number(const char *option, const char *text,
                                 json_int_t *out, struct reason *why)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 15 || text[digits] != '\0')
        return refuse(why, STATUS_INVALID, option, "--%s: expected a number",
                      option);
    *out = strtoll(text, NULL, 10);
    return OK;
}

static struct status put_number(const struct arguments *given,
                                const char *option, json_t *into,
                                const char *member, struct reason *why)
{
    const char *text = arguments_value(given, option);
    json_int_t value;
    if (!text)
        return OK;
    TRY(read_number(option, text, &value, why));
    return set(into, member, json_integer(value));
}

static struct status put_flag(const struct arguments *given, const char *option,
                              json_t *into, const char *member)
{
    if (!arguments_value(given, option))
        return OK;
    return set(into, member, json_true());
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All values of a repeated option, sorted; NULL when out of memory. */
static json_t *list_of(const struct arguments *given, const char *option)
{
    const char *values[ARGUMENTS_MAX], *value;
    size_t count = 0, position = 0;
    json_t *list = json_array();
    while ((value = arguments_each(given, option, &position)))
        values[count++] = value;
    qsort(values, count, sizeof(values[0]), compare);
    for (size_t i = 0; list && i < count; i++)
        if (json_array_append_new(list, json_string(values[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static bool is_given(const struct arguments *given, const char *option)
{
    size_t position = 0;
    return arguments_each(given, option, &position) != NULL;
}

/* A mistyped status is named by the option, before the rule names it. */
static struct status put_tcb(const struct arguments *given, const char *option,
                             json_t *into, struct reason *why)
{
    const char *name;
    size_t position = 0;
    while ((name = arguments_each(given, option, &position))) {
        uint16_t bit;
        if (failed(api_tcb_parse(bytes_of_string(name), &bit)))
            return refuse(why, STATUS_INVALID, "tcb",
                          "--%s %s: no such status; UpToDate, "
                          "SWHardeningNeeded, unevaluated, ...",
                          option, name);
    }
    return set(into, "tcb", list_of(given, option));
}

/* --- terms --------------------------------------------------------------- */

static struct status put_exception(const struct arguments *given, json_t *into,
                                   struct reason *why)
{
    AUTO_JSON *exception = json_object();
    if (!is_given(given, "except"))
        return OK;
    if (!arguments_value(given, "except-until"))
        return refuse(why, STATUS_INVALID, "except-until",
                      "--except-until SECONDS: an exception has an end");
    TRY(put_tcb(given, "except", exception, why));
    TRY(set(exception, "advisories", list_of(given, "except-advisory")));
    TRY(put_number(given, "except-until", exception, "until", why));
    return set(into, "exception", json_incref(exception));
}

static struct status put_terms(const struct arguments *given, json_t *into,
                               struct reason *why)
{
    TRY(put_number(given, "max-age", into, "age", why));
    TRY(put_number(given, "evaluation", into, "evaluation", why));
    TRY(put_flag(given, "demand-nonce", into, "nonce"));
    if (is_given(given, "tcb"))
        TRY(put_tcb(given, "tcb", into, why));
    return put_exception(given, into, why);
}

/* --- what is measured ---------------------------------------------------- */

#define ZEROS_48                                                               \
    "0000000000000000000000000000000000000000000000000000000000000000"         \
    "00000000000000000000000000000000"

/* Members that have a strict default, as NAME=VALUE. */
static const char *const defaults_tdx[] = { "mrconfigid=" ZEROS_48,
                                            "mrowner=" ZEROS_48,
                                            "mrownerconfig=" ZEROS_48,
                                            "mrservicetd=" ZEROS_48, NULL };
static const char *const defaults_snp[] = {
    "host_data="
    "0000000000000000000000000000000000000000000000000000000000000000",
    "guest_svn_min=0", "tcb_min=0000000000000000", "vmpl_max=0", NULL
};
static const char *const defaults_none[] = { NULL };

static bool is_number(const char *name, size_t len)
{
    return (len == 13 && strncmp(name, "guest_svn_min", len) == 0) ||
           (len == 8 && strncmp(name, "vmpl_max", len) == 0);
}

static struct status put_measured(json_t *into, const char *item,
                                  struct reason *why)
{
    char name[64];
    const char *equals = strchr(item, '=');
    size_t len = equals ? (size_t)(equals - item) : 0;
    json_int_t number;
    if (len == 0 || len >= sizeof(name))
        return refuse(why, STATUS_INVALID, "measured",
                      "--measured: expected NAME=VALUE, such as pcr0=HEX");
    (void)snprintf(name, sizeof(name), "%.*s", (int)len, item);
    if (!is_number(item, len))
        return set(into, name, json_string(equals + 1));
    TRY(read_number("measured", equals + 1, &number, why));
    return set(into, name, json_integer(number));
}

static struct status put_all_measured(const struct arguments *given,
                                      const char *const *defaults, json_t *into,
                                      struct reason *why)
{
    const char *item;
    size_t position = 0;
    for (size_t i = 0; defaults[i]; i++)
        TRY(put_measured(into, defaults[i], why));
    while ((item = arguments_each(given, "measured", &position)))
        TRY(put_measured(into, item, why));
    position = 0;
    while ((item = arguments_each(given, "allow", &position)))
        TRY(set(into, item, json_true()));
    return OK;
}

/* The rest of an SGX rule comes from options of its own: a placeholder lets
 * the terms be read as those of every rule are. */
static struct status put_placeholder(const struct arguments *given,
                                     json_t *into, struct reason *why)
{
    static const char one[] =
        "0000000000000000000000000000000000000000000000000000000000000001";
    if (is_given(given, "measured") || is_given(given, "allow"))
        return refuse(why, STATUS_INVALID, "measured",
                      "--measured and --allow are for tdx, snp and nitro");
    return set(into, "mrenclave", json_string(one));
}

static bool is_vouched(const struct arguments *given)
{
    return arguments_value(given, "node-vouched") != NULL;
}

/* What a node's word cannot meet; nobody judges its platform. */
static struct status put_word(const struct arguments *given, json_t *into,
                              struct reason *why)
{
    static const char *const never[] = { "tcb", "except", "evaluation",
                                         "demand-nonce" };
    if (!is_vouched(given))
        return OK;
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
        if (is_given(given, never[i]))
            return refuse(why, STATUS_INVALID, "node-vouched",
                          "--%s: a node's word never meets it; with "
                          "--node-vouched the platform is unevaluated",
                          never[i]);
    return set(into, "tcb", json_pack("[s]", "unevaluated"));
}

static struct status put_kind(const struct arguments *given, bool simulated,
                              const char *const **defaults, json_t *into,
                              struct reason *why)
{
    const char *kind = arguments_value(given, "kind");
    char name[32];
    kind = kind ? kind : "sgx";
    if (strcmp(kind, "tdx") == 0)
        *defaults = defaults_tdx;
    else if (strcmp(kind, "snp") == 0)
        *defaults = defaults_snp;
    else if (strcmp(kind, "nitro") == 0)
        *defaults = defaults_none;
    else if (strcmp(kind, "sgx") != 0)
        return refuse(why, STATUS_INVALID, "kind",
                      "--kind %s: sgx, tdx, snp or nitro", kind);
    (void)snprintf(name, sizeof(name), "%s%s%s", kind,
                   simulated ? "-simulated" : "",
                   is_vouched(given) ? "-node-vouched" : "");
    return set(into, "kind", json_string(name));
}

/* Where hardware is mostly found: what most owners want. */
static struct status put_usual_tcb(const char *const *defaults, json_t *into)
{
    if (json_object_get(into, "tcb"))
        return OK;
    return set(into, "tcb",
               defaults == defaults_snp || defaults == defaults_none
                   ? json_pack("[s]", "UpToDate")
                   : json_pack("[s, s]", "UpToDate", "SWHardeningNeeded"));
}

struct status rule_read(const struct arguments *given, bool simulated,
                        const struct hash *anchor,
                        struct api_identity_rule *out, struct reason *why)
{
    AUTO_JSON *rule = json_object();
    const char *const *defaults = NULL;
    TRY(put_kind(given, simulated, &defaults, rule, why));
    TRY(defaults ? put_all_measured(given, defaults, rule, why)
                 : put_placeholder(given, rule, why));
    TRY(put_terms(given, rule, why));
    TRY(put_word(given, rule, why));
    TRY(put_usual_tcb(defaults, rule));
    TRY(put_flag(given, "allow-debug", rule, "debug"));
    TRY(set(rule, "anchor", api_json_of_hash(anchor)));
    return api_rule_from_json(rule, out, why);
}

struct status demands_read(const struct arguments *given, json_t **out,
                           struct reason *why)
{
    AUTO_JSON *limits = json_object(), *evidence = json_object();
    if (is_given(given, "demand-tcb"))
        TRY(put_tcb(given, "demand-tcb", evidence, why));
    TRY(put_number(given, "demand-age", evidence, "age", why));
    TRY(put_number(given, "demand-evaluation", evidence, "evaluation", why));
    TRY(put_flag(given, "demand-nonce", evidence, "nonce"));
    TRY(put_flag(given, "demand-hardware", evidence, "hardware"));
    if (json_object_size(evidence) > 0)
        TRY(set(limits, "evidence", json_incref(evidence)));
    TRY(api_limits_check(limits, why));
    *out = TAKE(limits);
    return OK;
}
