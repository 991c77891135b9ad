#include "tests/policy/world.h"

#include "tests/support/check.h"

const int world_choices[] = {
    2, 2, 2, 2, 2, /* certificate */
    5,             /* window      */
    3, 2, 2,       /* names       */
    2, 2, 2,       /* version     */
    5,             /* manifest    */
    7, 7, 7,       /* approvals   */
    4,             /* end         */
    3, 2,          /* switches    */
    4, 6, 2, 7,    /* identity, evidence */
    4, 2, 2, 2,    /* asked       */
    2,             /* clock       */
};

_Static_assert(sizeof(world_choices) / sizeof(int) == WORLD_CHOICES,
               "a count for every choice");

static struct hash filled_hash(unsigned char with)
{
    struct hash hash;
    memset(hash.bytes, with, sizeof(hash.bytes));
    return hash;
}

static struct api_id filled_id(unsigned char with)
{
    struct api_id id;
    memset(id.bytes, with, sizeof(id.bytes));
    return id;
}

#define ACCOUNT       filled_id(0xa1)
#define OTHER_ACCOUNT filled_id(0xa2)
#define CONFIGURATION filled_hash(0xc1)
#define OTHER_CONFIG  filled_hash(0xc2)
#define DIGEST        filled_hash(0xd1)

static struct hash owner(size_t which)
{
    return filled_hash((unsigned char)(0x10 + which));
}

static struct api_identity_rule rule_in(const struct world *w)
{
    struct api_identity_rule rule = {
        .kind = API_KIND_SGX | API_KIND_SIMULATED,
        .form = API_SGX_MRENCLAVE,
        .tcb_mask = API_TCB_UNEVALUATED,
        .anchor = filled_hash(0x33),
    };
    memset(rule.sgx.mrenclave, 0x44, sizeof(rule.sgx.mrenclave));
    rule.terms.age_max = w->limited ? WORLD_AGE : 0;
    rule.terms.exception.tcb_mask = API_TCB_CONFIGURATION_NEEDED;
    rule.terms.exception.until =
        w->verdict == EXCEPTION_OVER ? WORLD_NOW - 1 : WORLD_NOW;
    rule.terms.exception.count = 1;
    memcpy(rule.terms.exception.advisory[0], "SA-1", 5);
    return rule;
}

static struct hash identity_of(const struct api_identity_rule *of)
{
    struct hash hash;
    assert_ok(api_identity_hash(of, &hash, NULL));
    return hash;
}

static json_t *app_of(const struct world *w, const struct hash *runtime)
{
    struct api_identity_rule signed_rule = rule_in(w);
    struct api_id build = filled_id(0xb1);
    struct hash identity = identity_of(&signed_rule), whose = owner(0);
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o}", "build", api_json_of_id(&build), "rule",
        api_rule_to_json(&signed_rule), "identity", api_json_of_hash(&identity),
        "runtime", api_json_of_hash(runtime), "owner",
        api_json_of_hash(&whose));
}

static json_t *dataset_of(unsigned char id, size_t which, const char *app)
{
    struct api_id dataset = filled_id(id);
    struct hash whose = owner(which);
    return json_pack("{s:o, s:o, s:[{s:s, s:s}]}", "dataset",
                     api_json_of_id(&dataset), "owner",
                     api_json_of_hash(&whose), "ports", "app", app, "port",
                     "input");
}

static json_t *people(void)
{
    json_t *all = json_object();
    for (size_t i = 0; i < WORLD_OWNERS; i++) {
        char text[API_ID_TEXT];
        struct api_id person = filled_id((unsigned char)(0x20 + i));
        struct hash whose = owner(i);
        api_id_text(&person, text);
        (void)json_object_set_new(
            all, text, json_pack("{s:o}", "owner", api_json_of_hash(&whose)));
    }
    return all;
}

static json_t *manifest_of(const struct world *w)
{
    struct api_id account =
        w->manifest == OTHER_ACCOUNTS ? OTHER_ACCOUNT : ACCOUNT;
    struct hash runtime =
        w->manifest == WITHOUT_APP ? filled_hash(0xc3) : CONFIGURATION;
    struct hash elsewhere = filled_hash(0xc4);
    if (w->manifest == NO_MANIFEST)
        return NULL;
    json_t *manifest = json_pack(
        "{s:o, s:{s:o, s:o}, s:{s:o, s:o}, s:o}", "account",
        api_json_of_id(&account), "apps", "app", app_of(w, &runtime), "other",
        app_of(w, &elsewhere), "datasets", "in", dataset_of(0xe1, 1, "app"),
        "out", dataset_of(0xe2, 2, "other"), "people", people());
    assert_non_null(manifest);
    if (w->manifest == OWNERLESS)
        (void)json_object_del(
            json_object_get(json_object_get(manifest, "datasets"), "out"),
            "owner");
    return manifest;
}

static void certificate_of(const struct world *w, struct ca_facts *c)
{
    struct api_identity_rule certified = rule_in(w);
    if (w->identity == OTHER_PROGRAM)
        certified.sgx.mrenclave[0] ^= 1;
    if (w->identity == OTHER_ANCHOR)
        certified.anchor.bytes[0] ^= 1;
    c->client = !w->not_client;
    c->server = true;
    c->not_before = WORLD_NOW - 3600;
    c->not_after = WORLD_NOW + 3600;
    if (w->window == FIRST_SECOND)
        c->not_before = WORLD_NOW;
    if (w->window == LAST_SECOND)
        c->not_after = WORLD_NOW;
    if (w->window == TOO_EARLY)
        c->not_before = WORLD_NOW + 1;
    if (w->window == TOO_LATE)
        c->not_after = WORLD_NOW - 1;
    c->statement.kind = w->person ? CA_PERSON : CA_ENCLAVE;
    c->statement.account = w->other_account ? OTHER_ACCOUNT : ACCOUNT;
    c->statement.configuration =
        w->zero_configuration ? filled_hash(0) : CONFIGURATION;
    c->statement.identity = identity_of(&certified);
    c->statement.evidence_kind =
        w->identity == OTHER_KIND ? API_KIND_SGX : certified.kind;
}

static void evidence_of(const struct world *w, struct ca_statement *s)
{
    static const uint64_t seconds[] = {
        [FRESH] = WORLD_NOW,       [JUST_IN_TIME] = WORLD_NOW,
        [TOO_OLD] = WORLD_NOW - 1, [FUTURE] = WORLD_NOW + 1,
        [NO_EVIDENCE] = 0,         [NO_DIGEST] = WORLD_NOW,
    };
    uint64_t ago = w->limited ? WORLD_AGE : (uint64_t)48 * 3600;
    bool at_the_end = w->age == JUST_IN_TIME || w->age == TOO_OLD;
    s->evidence_time = (seconds[w->age] - (at_the_end ? ago : 0)) * 1000;
    s->evidence = filled_hash(w->age == NO_DIGEST ? 0 : 0x77);
}

static void verdict_of(const struct world *w, struct policy_verdict *v)
{
    static const uint16_t states[] = {
        [ACCEPTED] = API_TCB_UNEVALUATED,
        [EXCEPTED] = API_TCB_CONFIGURATION_NEEDED,
        [EXCEPTION_OVER] = API_TCB_CONFIGURATION_NEEDED,
        [OTHER_ADVISORY] = API_TCB_CONFIGURATION_NEEDED,
        [OTHER_STATE] = API_TCB_UP_TO_DATE,
        [REFUSED] = 0,
        [UNJUDGED] = 0,
    };
    v->known = w->verdict != UNJUDGED;
    v->refused = w->verdict == REFUSED;
    v->tcb = states[w->verdict];
    v->advisories_count = w->verdict == OTHER_ADVISORY ? 2 : 1;
    memcpy(v->advisory[0], "SA-1", 5);
    memcpy(v->advisory[1], "SA-2", 5);
    memcpy(v->why, "chain:revoked", 14);
}

static void approve(struct facts *f, size_t which, bool holds, bool says_yes,
                    struct hash digest)
{
    f->approvals[f->facts.approvals_count++] = (struct policy_approval_fact){
        .owner = owner(which),
        .signature_holds = holds,
        .approve = says_yes,
        .digest = digest,
    };
}

static void approval_of(enum approval kind, size_t which, struct facts *f)
{
    switch (kind) {
    case APPROVED: approve(f, which, true, true, DIGEST); break;
    case MISSING: break;
    case FORGED: approve(f, which, false, true, DIGEST); break;
    case OTHER_DIGEST: approve(f, which, true, true, filled_hash(0xd2)); break;
    case DECLINED: approve(f, which, true, false, DIGEST); break;
    case DECLINED_TOO:
        approve(f, which, true, true, DIGEST);
        approve(f, which, true, false, DIGEST);
        break;
    case DECLINE_FORGED:
        approve(f, which, false, false, DIGEST);
        approve(f, which, true, true, DIGEST);
        break;
    }
}

static void version_of(const struct world *w, struct facts *out)
{
    static const uint64_t ends[] = { 0, WORLD_NOW, WORLD_NOW + 90,
                                     WORLD_NOW - 1 };
    struct decision_facts *f = &out->facts;
    f->version_known = !w->unknown_version;
    f->version_active = !w->inactive;
    f->runtime_recomputed = w->other_text ? OTHER_CONFIG : CONFIGURATION;
    f->digest = DIGEST;
    f->manifest = out->manifest = manifest_of(w);
    f->approvals = out->approvals;
    for (size_t i = 0; i < WORLD_OWNERS; i++)
        approval_of((enum approval)w->approval[i], i, out);
    f->approvals_end = ends[w->end];
}

void facts_of(const struct world *w, struct facts *out)
{
    static const char *const suspended[] = { NULL, "owner", "manager" };
    static const size_t names[] = { 1, 0, 2 };
    static const unsigned char datasets[] = { 0xe1, 0, 0xe2, 0xe3 };
    struct decision_facts *f = &out->facts;
    memset(out, 0, sizeof(*out));
    f->certificate_chains = !w->no_chain;
    f->certificate_revoked = w->revoked;
    certificate_of(w, &f->certificate);
    evidence_of(w, &f->certificate.statement);
    verdict_of(w, &f->verdict);
    f->account = ACCOUNT;
    f->names_of_form = names[w->names];
    f->name_configuration =
        w->other_name ? OTHER_CONFIG : f->certificate.statement.configuration;
    version_of(w, out);
    f->app_found =
        f->manifest &&
        !failed(api_manifest_app(
            f->manifest, &f->certificate.statement.configuration, &f->app));
    f->suspended_by = suspended[w->suspended];
    f->build_withdrawn = w->withdrawn;
    f->dataset_asked = w->asked != NOTHING_ASKED;
    f->dataset = filled_id(datasets[w->asked]);
    f->plain_asked = w->plain_asked;
    f->dataset_plain_class = w->plain_class;
    f->version_plain_class = w->plain_version;
    f->now = WORLD_NOW;
    f->clock_trusted = !w->clock_stopped;
}

void facts_clear(struct facts *facts)
{
    json_decref(facts->manifest);
    memset(facts, 0, sizeof(*facts));
}
