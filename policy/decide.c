#include "policy/decide.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* A certificate lives as long; its evidence is no younger. */
#define EVIDENCE_AGE_MAX ((uint64_t)48 * 3600)

const char *policy_code_name(enum policy_code code)
{
    switch (code) {
    case POLICY_ALLOW: return "allow";
    case POLICY_NO_CERTIFICATE: return "certificate";
    case POLICY_NO_IDENTITY: return "identity";
    case POLICY_NO_CONFIGURATION: return "configuration";
    case POLICY_NO_APPROVALS: return "approvals";
    case POLICY_SUSPENDED: return "suspended";
    case POLICY_NO_BUILD: return "build";
    case POLICY_NO_EVIDENCE: return "evidence";
    case POLICY_NO_DATASET: return "dataset";
    case POLICY_NO_FORM: return "form";
    case POLICY_NO_CLOCK: return "clock";
    }
    return "unknown";
}

/* What several lines look at. */
struct decision {
    const struct decision_facts *facts;
};

/* What a line wants to see and what it saw; the last word said stands. */
static void expect(struct policy_line *line, const char *expected)
{
    (void)snprintf(line->expected, sizeof(line->expected), "%s", expected);
}

/* Returns `holds`, so that a check reads as one return. */
static bool found(struct policy_line *line, bool holds, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static bool found(struct policy_line *line, bool holds, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line->found, sizeof(line->found), format, arguments);
    va_end(arguments);
    return holds;
}

static bool found_hash(struct policy_line *line, bool holds, const char *what,
                       const struct hash *hash)
{
    char text[2 * HASH_LEN + 1];
    hex_encode(hash_bytes(hash), text);
    return found(line, holds, "%s %.64s", what, text);
}

static unsigned long long number(uint64_t value)
{
    return (unsigned long long)value;
}

/* --- 1 to 3: who asks, for which configuration --------------------------- */

static bool certificate_holds(const struct decision *d,
                              struct policy_line *line)
{
    const struct decision_facts *f = d->facts;
    const struct ca_facts *c = &f->certificate;
    expect(line, "an enclave certificate of this account, in time, not "
                 "revoked");
    if (!f->certificate_chains)
        return found(line, false, "not issued here for this use, or not now");
    if (f->certificate_revoked)
        return found(line, false, "revoked");
    if (c->statement.kind != CA_ENCLAVE)
        return found(line, false, "a %s certificate",
                     ca_kind_name(c->statement.kind));
    if (api_id_is_zero(&f->account) ||
        !api_id_equal(&c->statement.account, &f->account))
        return found(line, false, "another account's");
    if (!c->client)
        return found(line, false, "not for client authentication");
    if (f->now < c->not_before || f->now > c->not_after)
        return found(line, false, "valid from %llu to %llu, now %llu",
                     number(c->not_before), number(c->not_after),
                     number(f->now));
    return found(line, true, "valid until %llu", number(c->not_after));
}

static bool identity_holds(const struct decision *d, struct policy_line *line)
{
    const struct decision_facts *f = d->facts;
    expect(line, "exactly one name <configuration>.<label>.id.<domain>, of "
                 "the configuration certified");
    if (f->names_of_form != 1)
        return found(line, false, "%zu names of that form", f->names_of_form);
    const struct hash *certified = &f->certificate.statement.configuration;
    bool same = !hash_is_zero(certified) &&
                hash_equal(&f->name_configuration, certified);
    return found_hash(line, same, "configuration", &f->name_configuration);
}

static bool is_manifest_of(const json_t *manifest, const struct api_id *account)
{
    struct api_id its;
    return manifest && !failed(api_json_id(manifest, "account", &its, NULL)) &&
           api_id_equal(&its, account);
}

static bool configuration_holds(const struct decision *d,
                                struct policy_line *line)
{
    const struct decision_facts *f = d->facts;
    const struct hash *asked = &f->certificate.statement.configuration;
    expect(line, "an active version whose stored configuration has this hash");
    if (!f->version_known)
        return found(line, false, "no version has this configuration");
    if (!f->version_active)
        return found(line, false, "the version is not active");
    if (!is_manifest_of(f->manifest, &f->account))
        return found(line, false, "the manifest is not this account's");
    if (!d->facts->app_found)
        return found(line, false, "no app of the manifest has this hash");
    return found_hash(line, hash_equal(&f->runtime_recomputed, asked),
                      "SHA-256", &f->runtime_recomputed);
}

/* --- 4: all owners over one digest, in time ------------------------------ */

struct approving {
    const struct decision_facts *facts;
    size_t owners, approved;
    bool declined, malformed;
};

/* One decline rejects; a signature that does not hold says nothing. */
static void count_owner(struct approving *a, const struct hash *owner)
{
    const struct decision_facts *f = a->facts;
    bool approved = false;
    for (size_t i = 0; i < f->approvals_count; i++) {
        const struct policy_approval_fact *one = &f->approvals[i];
        if (!one->signature_holds || !hash_equal(&one->owner, owner) ||
            !hash_equal(&one->digest, &f->digest))
            continue;
        approved = approved || one->approve;
        a->declined = a->declined || !one->approve;
    }
    a->owners++;
    a->approved += approved;
}

/* Owners as the graph's objects name them, not only as `people` lists. */
static void count_owners(struct approving *a, const char *member)
{
    json_t *entries = json_object_get(a->facts->manifest, member);
    const char *key, *before = "";
    json_t *entry;
    if (!json_is_object(entries))
        a->malformed = true;
    json_object_foreach(entries, key, entry)
    {
        struct hash owner;
        const char *text = json_string_value(json_object_get(entry, "owner"));
        if (text && strcmp(text, before) == 0)
            continue; /* counted a moment ago */
        if (failed(api_json_hash(entry, "owner", &owner, NULL)) ||
            hash_is_zero(&owner))
            a->malformed = true;
        else
            count_owner(a, &owner);
        before = a->malformed ? "" : text;
    }
}

static bool approvals_hold(const struct decision *d, struct policy_line *line)
{
    const struct decision_facts *f = d->facts;
    struct approving a = { .facts = f };
    expect(line, "every owner's signed approval of this manifest, in time");
    count_owners(&a, "people");
    count_owners(&a, "apps");
    count_owners(&a, "datasets");
    if (a.malformed || a.owners == 0)
        return found(line, false, "the manifest does not say who owns");
    if (a.declined)
        return found(line, false, "an owner declined");
    if (a.approved < a.owners)
        return found(line, false, "approvals are missing");
    if (f->approvals_end != 0 && f->now > f->approvals_end)
        return found(line, false, "ended at %llu, now %llu",
                     number(f->approvals_end), number(f->now));
    return found(line, true, "all approved");
}

/* --- 5 to 7: switches, the program, its evidence ------------------------- */

static bool not_suspended(const struct decision *d, struct policy_line *line)
{
    const char *by = d->facts->suspended_by;
    expect(line, "not suspended");
    if (by)
        return found(line, false, "suspended by %s", by);
    return found(line, true, "not suspended");
}

static bool build_holds(const struct decision *d, struct policy_line *line)
{
    const struct ca_statement *certified = &d->facts->certificate.statement;
    const struct api_manifest_app *app = &d->facts->app;
    expect(line, "the identity rule and anchor all owners signed; the build "
                 "not withdrawn");
    if (d->facts->build_withdrawn)
        return found(line, false, "the build was withdrawn");
    if (!d->facts->app_found)
        return found(line, false, "no app of the manifest has this hash");
    if (certified->evidence_kind != app->rule.kind)
        return found(line, false, "evidence of kind %u", /* NULL: unknown */
                     (unsigned)certified->evidence_kind);
    bool same = hash_equal(&app->identity, &certified->identity);
    return found_hash(line, same, "identity", &certified->identity);
}

/* In the word of the newest judgement. */
static bool state_holds(const struct decision *d, struct policy_line *line)
{
    const struct policy_verdict *v = &d->facts->verdict;
    const char *state = v->refused ? NULL : api_tcb_name(v->tcb);
    if (!v->known)
        return found(line, false, "nobody judged the state of its platform");
    if (v->refused)
        return found(line, false, "judged again and refused: %.60s", v->why);
    if (!policy_verdict_meets(v, &d->facts->app.rule, d->facts->now))
        return found(line, false,
                     "its platform is %s, with %zu advisories open",
                     state ? state : "unknown", v->advisories_count);
    return true;
}

static uint64_t age_limit(const struct decision *d)
{
    uint32_t demanded =
        d->facts->app_found ? d->facts->app.rule.terms.age_max : 0;
    return demanded && demanded < EVIDENCE_AGE_MAX ? demanded
                                                   : EVIDENCE_AGE_MAX;
}

static bool evidence_holds(const struct decision *d, struct policy_line *line)
{
    const struct ca_statement *certified = &d->facts->certificate.statement;
    uint64_t now = d->facts->now, then = certified->evidence_time / 1000;
    char limit[sizeof(line->expected)];
    (void)snprintf(limit, sizeof(limit),
                   "evidence of at most %llu seconds ago, in a state the "
                   "strictest owner accepts",
                   number(age_limit(d)));
    expect(line, limit);
    if (hash_is_zero(&certified->evidence) || then == 0)
        return found(line, false, "no evidence");
    if (!d->facts->app_found || d->facts->app.rule.tcb_mask == 0)
        return found(line, false, "no rule for its TCB status");
    if (then > now)
        return found(line, false, "%llu seconds in the future",
                     number(then - now));
    if (!found(line, now - then <= age_limit(d), "%llu seconds ago",
               number(now - then)))
        return false;
    return state_holds(d, line);
}

/* --- 8 to 12: what is asked ---------------------------------------------- */

static bool dataset_holds(const struct decision *d, struct policy_line *line)
{
    const struct decision_facts *f = d->facts;
    const json_t *entry;
    char text[API_ID_TEXT];
    if (!f->dataset_asked) {
        expect(line, "none asked");
        return found(line, true, "none asked");
    }
    api_id_text(&f->dataset, text);
    expect(line, "a dataset on a port of this configuration");
    bool connected = d->facts->app_found &&
                     !failed(api_manifest_dataset(
                         f->manifest, d->facts->app.key, &f->dataset, &entry));
    return found(line, connected, "dataset %s is %s", text,
                 connected ? "on one" : "on none");
}

static bool form_holds(const struct decision *d, struct policy_line *line)
{
    const struct decision_facts *f = d->facts;
    bool of_class = f->plain_asked ? f->version_plain_class : true;
    expect(line, "plain for what is of the CCM class, workflow and dataset; "
                 "else sealed");
    if (f->dataset_asked)
        of_class = f->plain_asked == f->version_plain_class &&
                   f->plain_asked == f->dataset_plain_class;
    return found(line, of_class, "%s asked, workflow %s, dataset %s",
                 f->plain_asked ? "plain" : "sealed",
                 f->version_plain_class ? "CCM" : "signed",
                 f->dataset_plain_class ? "CCM" : "signed");
}

static bool clock_holds(const struct decision *d, struct policy_line *line)
{
    bool trusted = d->facts->clock_trusted;
    expect(line, "a clock the broker trusts");
    return found(line, trusted, "%s",
                 trusted ? "trusted"
                         : "stopped until an operator accepts the time");
}

/* The order is the order of the codes. */
/* clang-format off */
static const struct {
    enum policy_code code;
    bool (*holds)(const struct decision *d, struct policy_line *line);
} table[POLICY_LINES] = {
    { POLICY_NO_CERTIFICATE,   certificate_holds   },
    { POLICY_NO_IDENTITY,      identity_holds      },
    { POLICY_NO_CONFIGURATION, configuration_holds },
    { POLICY_NO_APPROVALS,     approvals_hold      },
    { POLICY_SUSPENDED,        not_suspended       },
    { POLICY_NO_BUILD,         build_holds         },
    { POLICY_NO_EVIDENCE,      evidence_holds      },
    { POLICY_NO_DATASET,       dataset_holds       },
    { POLICY_NO_FORM,          form_holds          },
    { POLICY_NO_CLOCK,         clock_holds         },
};
/* clang-format on */

void policy_decide_all(const struct decision_facts *facts,
                       struct policy_line lines[POLICY_LINES])
{
    const struct decision d = { .facts = facts };
    for (size_t i = 0; i < POLICY_LINES; i++) {
        lines[i] = (struct policy_line){ .code = table[i].code };
        lines[i].holds = table[i].holds(&d, &lines[i]);
    }
}

enum policy_code policy_decide(const struct decision_facts *facts)
{
    struct policy_line lines[POLICY_LINES];
    policy_decide_all(facts, lines);
    for (size_t i = 0; i < POLICY_LINES; i++)
        if (!lines[i].holds)
            return lines[i].code;
    return POLICY_ALLOW;
}
