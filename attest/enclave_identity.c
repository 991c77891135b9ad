#include "attest/enclave_identity.h"
#include "attest/token.h"

struct expected {
    unsigned char miscselect[4], miscselect_mask[4];
    unsigned char attributes[16], attributes_mask[16];
    unsigned char mrsigner[32];
    uint32_t isvprodid;
};

static STATUS read_expected(const json_t *identity, struct expected *out)
{
    TRY(attest_json_hex(identity, "miscselect", out->miscselect, 4));
    TRY(attest_json_hex(identity, "miscselectMask", out->miscselect_mask, 4));
    TRY(attest_json_hex(identity, "attributes", out->attributes, 16));
    TRY(attest_json_hex(identity, "attributesMask", out->attributes_mask, 16));
    TRY(attest_json_hex(identity, "mrsigner", out->mrsigner, 32));
    return attest_json_number(identity, "isvprodid", UINT16_MAX,
                              &out->isvprodid);
}

static bool masked_equal(struct bytes found, const unsigned char *mask,
                         const unsigned char *expected)
{
    for (size_t i = 0; i < found.len; i++)
        if ((found.at[i] & mask[i]) != expected[i])
            return false;
    return true;
}

/* The texts write MISCSELECT as the bytes stand in the report. */
static STATUS check_enclave(struct attest_judging *j, const struct expected *e,
                            const struct attest_report *qe)
{
    struct reason *why = j->why;
    if (!masked_equal(qe->miscselect, e->miscselect_mask, e->miscselect))
        TRY(attest_found(j, ATTEST_REFUSE(why, "qe-miscselect",
                                          "not the quoting enclave's")));
    if (!masked_equal(qe->attributes, e->attributes_mask, e->attributes))
        TRY(attest_found(j, ATTEST_REFUSE(why, "qe-attributes",
                                          "not the quoting enclave's")));
    if (!bytes_equal(qe->mrsigner, bytes_of(e->mrsigner, sizeof(e->mrsigner))))
        TRY(attest_found(j, ATTEST_REFUSE(why, "qe-mrsigner",
                                          "not signed as the quoting enclave "
                                          "is")));
    if (qe->isvprodid != e->isvprodid)
        TRY(attest_found(
            j, ATTEST_REFUSE(why, "qe-isvprodid", "product %u, not %u",
                             (unsigned)qe->isvprodid, (unsigned)e->isvprodid)));
    return OK;
}

struct status attest_svn_level(const json_t *levels, unsigned isvsvn,
                               struct attest_level *out, unsigned *newest)
{
    size_t count = json_array_size(levels);
    uint32_t before = UINT16_MAX;
    bool found = false;
    if (count == 0)
        return failure(STATUS_INVALID, "tcbLevels", 0);
    for (size_t i = 0; i < count; i++) {
        const json_t *entry = json_array_get(levels, i);
        struct attest_level level;
        uint32_t svn = 0;
        TRY(attest_json_number(json_object_get(entry, "tcb"), "isvsvn",
                               UINT16_MAX, &svn));
        TRY(attest_level_read(entry, &level));
        if (svn > before || level.status == 0)
            return failure(STATUS_INVALID, "tcbLevels", 0);
        if (i == 0 && newest)
            *newest = svn;
        if (!found && svn <= isvsvn)
            *out = level;
        found = found || svn <= isvsvn;
        before = svn;
    }
    return found ? OK : failure(STATUS_NOT_FOUND, "tcbLevels", 0);
}

struct status attest_enclave_identity_judge(
    struct attest_judging *j, const json_t *identity, bool tdx,
    const struct attest_report *qe, uint16_t *status,
    struct attest_advisories *advisories)
{
    struct expected expected;
    struct attest_level level;
    uint32_t version = 0;
    const char *id = json_string_value(json_object_get(identity, "id"));
    *status = 0;
    if (!id || strcmp(id, tdx ? "TD_QE" : "QE") != 0)
        TRY(attest_found(j, ATTEST_REFUSE(j->why, "enclaveIdentity-id",
                                          "it is about %.16s",
                                          id ? id : "nobody")));
    if (failed(attest_json_number(identity, "version", UINT16_MAX, &version)) ||
        version != 2 || failed(read_expected(identity, &expected)))
        return attest_found(j,
                            ATTEST_REFUSE(j->why, "enclaveIdentity-malformed",
                                          "not of version 2, or members are "
                                          "missing"));
    TRY(check_enclave(j, &expected, qe));
    struct status s = attest_svn_level(json_object_get(identity, "tcbLevels"),
                                       qe->isvsvn, &level, NULL);
    if (s.code == STATUS_NOT_FOUND)
        return attest_found(j, ATTEST_REFUSE(j->why, "qe-tcb-level-none",
                                             "the quoting enclave meets no "
                                             "level"));
    if (failed(s))
        return attest_found(j,
                            ATTEST_REFUSE(j->why, "enclaveIdentity-malformed",
                                          "its levels cannot be read"));
    *status = level.status;
    return attest_found(
        j, attest_advisories_add(advisories, level.advisories, j->why));
}
