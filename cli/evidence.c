/* evidence.c - evidence explained and verified, without a broker. */

#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/evidence.h"
#include "cli/groups.h"
#include "cli/output.h"

struct status evidence_time(const char *text, uint64_t *out)
{
    struct tm at = { 0 };
    char *end = NULL;
    unsigned long long seconds = strtoull(text, &end, 10);
    if (text[0] >= '0' && text[0] <= '9' && *end == '\0') {
        *out = seconds;
        return OK;
    }
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &at);
    if (!rest || *rest || at.tm_year < 70)
        return failure(STATUS_INVALID, "time", 0);
    *out = (uint64_t)timegm(&at);
    return OK;
}

/* --- in words ------------------------------------------------------------ */

static void say_failures(const struct attest_verdict *v)
{
    for (size_t i = 0; i < v->failures_count; i++) {
        (void)printf("  ");
        output_text(stdout, v->failures[i].token);
        if (v->failures[i].sentence[0]) {
            (void)printf(": ");
            output_text(stdout, v->failures[i].sentence);
        }
        (void)printf("\n");
    }
}

static const struct {
    uint32_t flag;
    const char *says;
} meanings[] = {
    { ATTEST_FLAG_DEBUG, "IT CAN BE DEBUGGED: whoever runs its machine reads "
                         "its memory" },
    { ATTEST_FLAG_INIT, "it was never initialised (INIT is not set)" },
    { ATTEST_FLAG_MODE64BIT, "it does not run in 64-bit mode" },
    { ATTEST_FLAG_PROVISION_KEY, "it may use provisioning keys" },
    { ATTEST_FLAG_EINITTOKEN_KEY, "it may launch other enclaves" },
    { ATTEST_FLAG_TUD, "reserved debug attributes are set" },
    { ATTEST_FLAG_SEPT_VE_DISABLE, "its host can inject exceptions "
                                   "(SEPT_VE_DISABLE is not set)" },
    { ATTEST_FLAG_MIGRATABLE, "it may be moved to another host" },
    { ATTEST_FLAG_MRSERVICETD, "a service TD is bound to it" },
    { ATTEST_FLAG_MIGRATE_MA, "a migration agent may move it" },
    { ATTEST_FLAG_VMPL, "it was asked for at a lower privilege than VMPL 0" },
    { ATTEST_FLAG_ALIAS_CHECK, "memory aliasing was not checked for "
                               "(ALIAS_CHECK_COMPLETE is not set)" },
    { ATTEST_FLAG_PROVISIONAL, "its host's firmware can be rolled back" },
};

static void say_flags(const struct attest_verdict *v)
{
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
        if (v->flags & meanings[i].flag)
            (void)printf("  %s: %s\n", attest_flag_name(meanings[i].flag),
                         meanings[i].says);
}

static const char *what_it_is(uint8_t kind)
{
    switch (kind & (uint8_t)~API_KIND_SIMULATED) {
    case API_KIND_SGX: return "a quote of an SGX enclave";
    case API_KIND_TDX: return "a quote of a TDX virtual machine";
    case API_KIND_SNP: return "a report of a SEV-SNP virtual machine";
    case API_KIND_NITRO: return "an attestation document of a Nitro enclave";
    default: return "evidence of an unknown kind";
    }
}

static void say_identity(const struct attest_verdict *v)
{
    AUTO_JSON *members = evidence_identity_json(&v->identity);
    const char *name;
    json_t *value;
    (void)printf("This is %s.\n", what_it_is(v->identity.kind));
    json_object_foreach(members, name, value)
    {
        (void)printf("  %-16s ", name);
        if (json_is_string(value))
            output_text(stdout, json_string_value(value));
        else if (json_is_boolean(value))
            (void)printf("%s", json_is_true(value) ? "yes" : "no");
        else
            (void)printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
        (void)printf("\n");
    }
}

static void say_verdict(const struct attest_verdict *v)
{
    if (v->flags) {
        (void)printf("What an owner should know of it:\n");
        say_flags(v);
    }
    if (v->tcb)
        (void)printf("Its platform is %s.\n", v->tcb);
    const struct attest_advisories *known = &v->identity.advisories;
    for (size_t i = 0; v->has_identity && i < known->count; i++) {
        (void)printf(i == 0 ? "Advisories: " : ", ");
        output_text(stdout, known->id[i]);
        if (i + 1 == known->count)
            (void)printf("\n");
    }
}

/* --- show ---------------------------------------------------------------- */

static struct status show(const struct arguments *given, struct reason *why)
{
    AUTO_EVIDENCE evidence = { .has_anchor = false };
    struct attest_verdict v;
    struct evidence_files files = {
        .evidence = given->at[0],
        .endorsement = arguments_value(given, "endorsement"),
    };
    TRY(evidence_read(&files, &evidence, why));
    TRY(evidence_judge(&evidence, (uint64_t)time(NULL), &v, why));
    if (!v.has_identity)
        return refuse(why, STATUS_INVALID, "file",
                      "%s: this cannot be read as evidence: %s", files.evidence,
                      v.failures_count ? v.failures[0].token : "empty");
    if (output_is_json(given)) {
        AUTO_JSON *identity = evidence_identity_json(&v.identity);
        output_json(identity);
        return OK;
    }
    say_identity(&v);
    say_verdict(&v);
    (void)printf("NOTHING OF THIS IS VERIFIED: accord evidence verify\n");
    return OK;
}

static int run_show(const struct arguments *given)
{
    struct reason why = { "" };
    struct status s = show(given, &why);
    return failed(s) ? exit_with(s, &why) : EXIT_OK;
}

/* --- verify -------------------------------------------------------------- */

static struct status read_question(const struct arguments *given,
                                   struct evidence *out, uint64_t *now,
                                   struct reason *why)
{
    char root[4096], beside[4096];
    const char *name = arguments_value(given, "root");
    const char *at = arguments_value(given, "time");
    struct evidence_files files = {
        .evidence = given->at[0],
        .endorsement = arguments_value(given, "endorsement"),
        .intermediate = arguments_value(given, "intermediate"),
        .collateral = arguments_value(given, "collateral"),
        .root = root,
    };
    if (!name || !at)
        return refuse(why, STATUS_INVALID, "root",
                      "--root NAME|FILE and --time T are needed: a verdict "
                      "is under one root and at one time");
    if (failed(evidence_time(at, now)))
        return refuse(why, STATUS_INVALID, "time",
                      "--time: 2025-06-10T12:00:00Z or seconds since 1970");
    (void)snprintf(beside, sizeof(beside), "%s", files.evidence);
    if (evidence_is_file(name))
        files.root = name;
    else
        TRY(evidence_find_root(name, dirname(beside), root, why));
    return evidence_read(&files, out, why);
}

static void say_result(const struct attest_verdict *v)
{
    (void)printf("%s\n", evidence_result_name(v->result));
    say_failures(v);
    if (v->has_identity && v->failures_count == 0)
        say_identity(v);
    say_verdict(v);
}

static struct status verify(const struct arguments *given,
                            enum attest_result *result, struct reason *why)
{
    AUTO_EVIDENCE evidence = { .has_anchor = false };
    struct attest_verdict v;
    uint64_t now = 0;
    TRY(read_question(given, &evidence, &now, why));
    TRY(evidence_judge(&evidence, now, &v, why));
    *result = v.result;
    if (output_is_json(given)) {
        AUTO_JSON *told = evidence_verdict_json(&v);
        output_json(told);
    } else {
        say_result(&v);
    }
    return OK;
}

static int run_verify(const struct arguments *given)
{
    struct reason why = { "" };
    enum attest_result result = ATTEST_REJECT;
    struct status s = verify(given, &result, &why);
    if (failed(s))
        return exit_with(s, &why);
    return result == ATTEST_REJECT ? EXIT_ATTESTATION : EXIT_OK;
}

/* --- cases --------------------------------------------------------------- */

static int run_cases(const struct arguments *given)
{
    struct reason why = { "" };
    size_t count = 0, differ = 0;
    struct status s = evidence_cases(given->at[0], &count, &differ, &why);
    if (failed(s))
        return exit_with(s, &why);
    (void)printf("%zu cases, %zu differ\n", count, differ);
    return differ > 0 ? EXIT_ERROR : EXIT_OK;
}

static const struct option show_options[] = {
    { "endorsement", "FILE", "SEV-SNP: the VCEK or VLEK, PEM or DER" },
    { 0 },
};
static const struct option verify_options[] = {
    { "root", "NAME|FILE",
      "the one root that counts, PEM; or intel, milan, "
      "genoa, turin, nitro with the file beside it" },
    { "time", "T", "at what time: 2025-06-10T12:00:00Z, or seconds" },
    { "collateral", "DIR", "SGX and TDX: what the vendor says of platforms" },
    { "endorsement", "FILE", "SEV-SNP: the VCEK or VLEK, PEM or DER" },
    { "intermediate", "FILE", "SEV-SNP: the ASK or ASVK, PEM or DER" },
    { 0 },
};

/* clang-format off */
const struct command commands_evidence[] = {
    { "evidence", "show", "explain evidence in words, unverified", "FILE", 1, 1,
      show_options, "accord evidence show quote.bin", run_show },
    { "evidence", "verify", "verify evidence under one root at one time", "FILE", 1, 1,
      verify_options, "accord evidence verify quote.bin --collateral collateral --root intel-sgx-root-ca.pem --time 2025-06-10T12:00:00Z -o json", run_verify },
    { "evidence", "cases", "compare verdicts with a table: result, TCB status, flags, and whether anything failed", "TABLE.tsv", 1, 1,
      NULL, "accord evidence cases CASES.tsv", run_cases },
    { 0 },
};
/* clang-format on */
