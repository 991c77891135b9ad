#include "attest/tcb_info.h"
#include "attest/token.h"

#include <stdio.h>
#include <stdlib.h>

#define COMPONENTS 16
#define LEVELS_MAX 128

struct tcb {
    unsigned sgx[COMPONENTS], tdx[COMPONENTS];
    unsigned pcesvn;
    struct attest_level level;
};

struct levels {
    size_t count;
    struct tcb at[LEVELS_MAX];
};

/* --- reading ------------------------------------------------------------- */

/* Version 3: [{"svn": n, ...}, ...], exactly 16. */
static STATUS read_components(const json_t *list, unsigned out[COMPONENTS],
                              struct reason *why)
{
    if (json_array_size(list) != COMPONENTS)
        return ATTEST_REFUSE(why, "tcbinfo-component-count",
                             "%zu components; there are %d",
                             json_array_size(list), COMPONENTS);
    for (size_t i = 0; i < COMPONENTS; i++) {
        uint32_t svn = 0;
        if (failed(
                attest_json_number(json_array_get(list, i), "svn", 255, &svn)))
            return ATTEST_REFUSE(why, "tcbinfo-malformed",
                                 "component %zu has no SVN", i + 1);
        out[i] = svn;
    }
    return OK;
}

/* Version 2: sgxtcbcomp01svn to sgxtcbcomp16svn. */
static STATUS read_named(const json_t *tcb, unsigned out[COMPONENTS],
                         struct reason *why)
{
    for (unsigned i = 0; i < COMPONENTS; i++) {
        char name[32];
        uint32_t svn = 0;
        (void)snprintf(name, sizeof(name), "sgxtcbcomp%02usvn", i + 1);
        if (!json_object_get(tcb, name))
            return ATTEST_REFUSE(why, "tcbinfo-component-count",
                                 "%s is missing", name);
        if (failed(attest_json_number(tcb, name, 255, &svn)))
            return ATTEST_REFUSE(why, "tcbinfo-malformed", "%s is no SVN",
                                 name);
        out[i] = svn;
    }
    return OK;
}

static STATUS read_level(const json_t *entry, unsigned version, bool tdx,
                         struct tcb *out, struct reason *why)
{
    const json_t *tcb = json_object_get(entry, "tcb");
    uint32_t pcesvn = 0;
    if (version == 2)
        TRY(read_named(tcb, out->sgx, why));
    else
        TRY(read_components(json_object_get(tcb, "sgxtcbcomponents"), out->sgx,
                            why));
    if (tdx)
        TRY(read_components(json_object_get(tcb, "tdxtcbcomponents"), out->tdx,
                            why));
    if (failed(attest_json_number(tcb, "pcesvn", UINT16_MAX, &pcesvn)) ||
        failed(attest_level_read(entry, &out->level)))
        return ATTEST_REFUSE(why, "tcbinfo-malformed",
                             "a level without pcesvn, tcbStatus or tcbDate");
    if (out->level.status == 0)
        return ATTEST_REFUSE(
            why, "tcbinfo-unknown-status", "tcbStatus \"%.40s\"",
            json_string_value(json_object_get(entry, "tcbStatus")));
    out->pcesvn = pcesvn;
    return OK;
}

static int compare(const unsigned *a, const unsigned *b)
{
    for (size_t i = 0; i < COMPONENTS; i++)
        if (a[i] != b[i])
            return a[i] > b[i] ? -1 : 1;
    return 0;
}

/* Descending: SGX components, TDX components, PCESVN. */
static int by_height(const void *left, const void *right)
{
    const struct tcb *a = left, *b = right;
    int order = compare(a->sgx, b->sgx);
    if (order == 0)
        order = compare(a->tdx, b->tdx);
    if (order == 0)
        order = (a->pcesvn < b->pcesvn) - (a->pcesvn > b->pcesvn);
    return order;
}

static STATUS read_levels(const json_t *info, unsigned version, bool tdx,
                          struct levels *out, struct reason *why)
{
    const json_t *list = json_object_get(info, "tcbLevels");
    size_t count = json_array_size(list);
    if (count == 0 || count > LEVELS_MAX)
        return ATTEST_REFUSE(why, "tcbinfo-malformed",
                             "%zu levels; 1 to %d are possible", count,
                             LEVELS_MAX);
    for (size_t i = 0; i < count; i++)
        TRY(read_level(json_array_get(list, i), version, tdx, &out->at[i],
                       why));
    out->count = count;
    qsort(out->at, count, sizeof(out->at[0]), by_height);
    return OK;
}

/* --- whose statement ----------------------------------------------------- */

static STATUS check_kind(const json_t *info, bool tdx, unsigned *version,
                         struct reason *why)
{
    uint32_t number = 0, type = 0;
    const char *id = json_string_value(json_object_get(info, "id"));
    if (failed(attest_json_number(info, "version", UINT16_MAX, &number)) ||
        (number != 2 && number != 3) ||
        failed(attest_json_number(info, "tcbType", UINT16_MAX, &type)) ||
        type != 0)
        return ATTEST_REFUSE(why, "tcbinfo-malformed",
                             "neither of version 2 nor 3, or its tcbType is "
                             "not 0");
    *version = number;
    if (number == 2 ? tdx || id : !id || strcmp(id, tdx ? "TDX" : "SGX") != 0)
        return ATTEST_REFUSE(why, "tcbinfo-id", "it is about %.16s",
                             id ? id : "SGX");
    return OK;
}

static STATUS check_platform(const json_t *info, const struct attest_pck *pck,
                             struct reason *why)
{
    unsigned char fmspc[6], pceid[2];
    if (failed(attest_json_hex(info, "fmspc", fmspc, sizeof(fmspc))) ||
        failed(attest_json_hex(info, "pceId", pceid, sizeof(pceid))))
        return ATTEST_REFUSE(why, "tcbinfo-malformed", "it names no platform");
    if (memcmp(fmspc, pck->fmspc, sizeof(fmspc)) != 0)
        return refuse(why, STATUS_DENIED, "fmspc-mismatch",
                      "fmspc-mismatch(%02X%02X%02X%02X%02X%02X): it is about "
                      "other platforms",
                      fmspc[0], fmspc[1], fmspc[2], fmspc[3], fmspc[4],
                      fmspc[5]);
    if (memcmp(pceid, pck->pceid, sizeof(pceid)) != 0)
        return ATTEST_REFUSE(why, "pceid-mismatch",
                             "it is about another provisioning enclave");
    return OK;
}

/* --- which level --------------------------------------------------------- */

static bool meets_sgx(const struct tcb *level, const struct attest_pck *pck)
{
    for (size_t i = 0; i < COMPONENTS; i++)
        if (pck->components[i] < level->sgx[i])
            return false;
    return pck->pcesvn >= level->pcesvn;
}

/* The module's own SVNs, first and second, are judged by its identity when it
 * has one. */
static bool meets_tdx(const struct tcb *level, const struct attest_tdx *tdx)
{
    for (size_t i = tdx->tee_tcb_svn[1] > 0 ? 2 : 0; i < COMPONENTS; i++)
        if (tdx->tee_tcb_svn[i] < level->tdx[i])
            return false;
    return true;
}

static STATUS choose(const struct levels *levels, const struct attest_pck *pck,
                     const struct attest_tdx *tdx,
                     struct attest_platform_state *out,
                     struct attest_advisories *advisories, struct reason *why)
{
    memcpy(out->newest_tdx, levels->at[0].tdx, sizeof(out->newest_tdx));
    for (size_t i = 0; i < levels->count && out->status == 0; i++) {
        const struct tcb *level = &levels->at[i];
        if (!meets_sgx(level, pck))
            continue;
        if (out->sgx_status == 0)
            out->sgx_status = level->level.status;
        if (tdx && !meets_tdx(level, tdx))
            continue;
        out->status = level->level.status;
        out->date = level->level.date;
        TRY(attest_advisories_add(advisories, level->level.advisories, why));
    }
    return OK;
}

struct status attest_tcb_info_judge(struct attest_judging *j,
                                    const json_t *info,
                                    const struct attest_pck *pck,
                                    const struct attest_tdx *tdx,
                                    struct attest_platform_state *out,
                                    struct attest_advisories *advisories)
{
    unsigned version = 0;
    struct status s = check_kind(info, tdx != NULL, &version, j->why);
    bool with_tdx = tdx && !failed(s); /* else it has no TDX components */
    TRY(attest_found(j, s));
    if (version == 0)
        return OK;
    s = check_platform(info, pck, j->why);
    TRY(attest_found(j, s));
    if (failed(s))
        return OK;

    struct levels *levels = calloc(1, sizeof(*levels));
    if (!levels)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    s = read_levels(info, version, with_tdx, levels, j->why);
    if (!failed(s)) {
        out->evaluated = true;
        s = choose(levels, pck, with_tdx ? tdx : NULL, out, advisories, j->why);
    }
    free(levels);
    TRY(attest_found(j, s));
    if (out->evaluated && out->status == 0)
        return attest_found(j, ATTEST_REFUSE(j->why, "tcb-level-none",
                                             "the platform meets no level"));
    return OK;
}
