#include "agent/command.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/simulator_claim.h"
#include "agent/simulator_collateral.h"
#include "agent/simulator_nitro.h"
#include "agent/simulator_snp.h"
#include "api/api.h"
#include "attest/attest.h"
#include "base/file.h"
#include "base/text.h"

#define EVIDENCE_MAX ((size_t)32 * 1024)

const char command_simulator_usage[] =
    "       accord-agent init-simulator --directory DIR [--kind snp|nitro]\n"
    "       accord-agent simulate --directory DIR --to FILE --measurement HEX\n"
    "           [--kind sgx|tdx|snp|nitro] [--report-data HEX] [--version N]\n"
    "           [--debug] [--time SECONDS]\n"
    "       accord-agent simulate-collateral --directory DIR --to DIR\n"
    "           [--kind sgx|tdx] [--status STATUS] [--qe-status STATUS]\n"
    "           [--module-status STATUS] [--advisories ID,ID] [--version 2|3]\n"
    "           [--evaluation N] [--issued SECONDS] [--next-update SECONDS]\n"
    "           [--revoke pck|platform-ca|tcb-signing] [--time SECONDS]\n";

/* All options of all verbs; NULL or false: not given. */
struct options {
    const char *directory, *to, *kind, *measurement, *report_data, *version;
    const char *time, *status, *qe_status, *module_status, *advisories;
    const char *evaluation, *issued, *next_update, *revoke;
    bool debug;
};

static STATUS wrong(struct reason *why, const char *what, const char *word)
{
    return refuse(why, STATUS_INVALID, "arguments", "%s%s (see --help)", what,
                  word);
}

static const char **value_of(struct options *o, const char *name)
{
    const struct {
        const char *name;
        const char **value;
    } known[] = {
        { "--directory", &o->directory },
        { "--to", &o->to },
        { "--kind", &o->kind },
        { "--measurement", &o->measurement },
        { "--report-data", &o->report_data },
        { "--version", &o->version },
        { "--time", &o->time },
        { "--status", &o->status },
        { "--qe-status", &o->qe_status },
        { "--module-status", &o->module_status },
        { "--advisories", &o->advisories },
        { "--evaluation", &o->evaluation },
        { "--issued", &o->issued },
        { "--next-update", &o->next_update },
        { "--revoke", &o->revoke },
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(name, known[i].name) == 0)
            return known[i].value;
    return NULL;
}

static STATUS read_options(char **argv, struct options *o, struct reason *why)
{
    for (char **at = argv + 2; *at; at++) {
        const char **value = value_of(o, *at);
        if (strcmp(*at, "--debug") == 0) {
            o->debug = true;
            continue;
        }
        if (!value)
            return wrong(why, "unknown option ", *at);
        if (*value)
            return wrong(why, "given twice: ", *at);
        if (!at[1])
            return wrong(why, "a value is missing behind ", *at);
        *value = *++at;
    }
    return o->directory ? OK : wrong(why, "--directory DIR is missing", "");
}

/* Decimal, at most `max`; `standard` when it was not given. */
static STATUS read_number(const char *text, uint64_t standard, uint64_t max,
                          uint64_t *out, struct reason *why)
{
    uint64_t value = 0;
    if (!text) {
        *out = standard;
        return OK;
    }
    for (const char *c = text; *c; c++) {
        if (*c < '0' || *c > '9' || value > max / 10)
            return wrong(why, "not a number that is allowed here: ", text);
        value = 10 * value + (uint64_t)(*c - '0');
    }
    if (!*text || value > max)
        return wrong(why, "not a number that is allowed here: ", text);
    *out = value;
    return OK;
}

#define TIME_MAX 253402300799ull /* the last second of the year 9999 */

static STATUS read_now(const struct options *o, uint64_t *out,
                       struct reason *why)
{
    return read_number(o->time, (uint64_t)time(NULL), TIME_MAX, out, why);
}

static STATUS read_kind(const char *text, uint8_t *out, struct reason *why)
{
    *out = API_KIND_SGX;
    if (text && (failed(api_kind_parse(bytes_of_string(text), out)) ||
                 *out & ~API_KIND_PLATFORM))
        return refuse(why, STATUS_INVALID, "kind",
                      "kind: expected sgx, tdx, snp or nitro");
    return OK;
}

/* --- init-simulator ---------------------------------------------------------
 */

/* What a broker's operator needs to name this simulator, and people to
 * recognise it. */
static STATUS print_root(const char *directory, const char *file,
                         struct bytes pem, struct reason *why)
{
    char hash[2 * HASH_LEN + 1];
    struct attest_anchor anchor;
    TRY(attest_anchor_read(pem, "simulator", true, &anchor, why));
    hex_encode(hash_bytes(&anchor.spki), hash);
    (void)printf("root: %s/%s\nspki: %s\n", directory, file, hash);
    return OK;
}

/* Kinds are added to a simulator; without one, that is made first. */
static STATUS make_kind(const struct options *o, uint8_t kind, uint64_t now,
                        struct reason *why)
{
    if (kind == API_KIND_SGX || kind == API_KIND_TDX)
        return simulator_make(o->directory, now, why);
    struct status base = simulator_make(o->directory, now, why);
    if (failed(base) && base.code != STATUS_CONFLICT)
        return base;
    return kind == API_KIND_SNP
               ? simulator_snp_make(o->directory, SNP_MILAN, now, why)
               : simulator_nitro_make(o->directory, now, why);
}

static STATUS init_simulator(const struct options *o, struct reason *why)
{
    uint8_t kind;
    uint64_t now;
    AUTO_FREE(simulator) s = NULL;
    TRY(read_kind(o->kind, &kind, why));
    TRY(read_now(o, &now, why));
    TRY(make_kind(o, kind, now, why));
    TRY(simulator_open(o->directory, &s, why));
    if (kind == API_KIND_SNP)
        return print_root(o->directory, "ark.pem",
                          simulator_snp_root_pem(simulator_snp(s)), why);
    if (kind == API_KIND_NITRO)
        return print_root(o->directory, "nitro-root.pem",
                          simulator_nitro_root_pem(simulator_nitro(s)), why);
    return print_root(o->directory, "root.pem", simulator_root_pem(s), why);
}

/* --- simulate ----------------------------------------------------------------
 */

static STATUS read_hex(const char *name, const char *text, void *out,
                       size_t len, struct reason *why)
{
    if (failed(hex_decode(bytes_of_string(text), out, len)))
        return refuse(why, STATUS_INVALID, name,
                      "%s: expected %zu hexadecimal digits", name, 2 * len);
    return OK;
}

static STATUS simulate(const struct options *o, struct reason *why)
{
    struct simulator_claim claim = { .debug = o->debug };
    uint64_t now, version;
    AUTO_FREE(simulator) simulator = NULL;
    AUTO_CLEAR_BUFFER evidence = buffer_make(EVIDENCE_MAX);
    if (!o->to || !o->measurement)
        return wrong(why, "--to FILE and --measurement HEX are needed", "");
    TRY(read_kind(o->kind, &claim.kind, why));
    TRY(read_now(o, &now, why));
    TRY(read_number(o->version, 0, 9, &version, why));
    claim.version = (uint16_t)version;
    TRY(read_hex("measurement", o->measurement, claim.measurement.bytes,
                 HASH_LEN, why));
    if (o->report_data)
        TRY(read_hex("report-data", o->report_data, claim.report_data,
                     sizeof(claim.report_data), why));
    TRY(simulator_open(o->directory, &simulator, why));
    TRY(simulator_claim(simulator, &claim, now, &evidence, why));
    struct status s = file_write(o->to, buffer_bytes(&evidence), 0644);
    if (failed(s))
        return refuse(why, s.code, s.origin, "cannot write %s", o->to);
    (void)printf("%s: %zu bytes of SIMULATED evidence\n", o->to, evidence.len);
    return OK;
}

/* --- simulate-collateral
 * ------------------------------------------------------ */

static STATUS read_revoke(const char *text, struct simulator_collateral *wanted,
                          struct reason *why)
{
    if (!text)
        return OK;
    if (strcmp(text, "pck") == 0)
        wanted->revoke_pck = true;
    else if (strcmp(text, "platform-ca") == 0)
        wanted->revoke_platform_ca = true;
    else if (strcmp(text, "tcb-signing") == 0)
        wanted->revoke_tcb_signing = true;
    else
        return wrong(why, "nothing that can be revoked: ", text);
    return OK;
}

static STATUS read_collateral(const struct options *o,
                              struct simulator_collateral *wanted,
                              struct reason *why)
{
    uint8_t kind;
    uint64_t evaluation, version;
    TRY(read_kind(o->kind, &kind, why));
    if (kind != API_KIND_SGX && kind != API_KIND_TDX)
        return wrong(why, "collateral is of sgx and tdx, not of ", o->kind);
    *wanted = (struct simulator_collateral){
        .tdx = kind == API_KIND_TDX,
        .status = o->status,
        .qe_status = o->qe_status,
        .module_status = o->module_status,
        .advisories = o->advisories,
    };
    TRY(read_number(o->evaluation, 0, UINT32_MAX, &evaluation, why));
    TRY(read_number(o->version, 3, 3, &version, why));
    TRY(read_number(o->issued, 0, TIME_MAX, &wanted->issued, why));
    TRY(read_number(o->next_update, 0, TIME_MAX, &wanted->next_update, why));
    if (version < 2)
        return wrong(why, "not a version of TCB information: ", o->version);
    wanted->evaluation = (uint32_t)evaluation;
    wanted->version = (unsigned)version;
    return read_revoke(o->revoke, wanted, why);
}

static STATUS simulate_collateral(const struct options *o, struct reason *why)
{
    struct simulator_collateral wanted;
    uint64_t now;
    AUTO_COLLATERAL files = { 0 };
    if (!o->to)
        return wrong(why, "--to DIR is missing", "");
    TRY(read_collateral(o, &wanted, why));
    TRY(read_now(o, &now, why));
    TRY(simulator_collateral_make(o->directory, &wanted, now, &files, why));
    TRY(collateral_write(&files, o->to, why));
    (void)printf("%s: collateral of a SIMULATED platform\n", o->to);
    return OK;
}

struct status command_simulator(int argc, char **argv, struct reason *why)
{
    static const struct {
        const char *name;
        STATUS (*run)(const struct options *o, struct reason *why);
    } verbs[] = {
        { "init-simulator", init_simulator },
        { "simulate", simulate },
        { "simulate-collateral", simulate_collateral },
    };
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        struct options options = { 0 };
        if (argc < 2 || strcmp(argv[1], verbs[i].name) != 0)
            continue;
        TRY(read_options(argv, &options, why));
        return verbs[i].run(&options, why);
    }
    return failure(STATUS_NOT_FOUND, "command", 0);
}
