#include "attest/tdx_module.h"
#include "attest/enclave_identity.h"
#include "attest/token.h"

#include <stdio.h>

#define ID_LEN 8 /* "TDX_01" and room */

/* The identity of that version, or NULL. */
static const json_t *find(const json_t *info, unsigned version, char id[ID_LEN])
{
    const json_t *list = json_object_get(info, "tdxModuleIdentities");
    (void)snprintf(id, ID_LEN, "TDX_%02X", version & 0xff);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *at = json_array_get(list, i);
        const char *name = json_string_value(json_object_get(at, "id"));
        if (name && strcmp(name, id) == 0)
            return at;
    }
    return NULL;
}

static STATUS check_signer(struct attest_judging *j, const json_t *module,
                           const struct attest_tdx *tdx)
{
    static const unsigned char zeros[8];
    unsigned char mrsigner[48], attributes[8], mask[8];
    if (failed(attest_json_hex(module, "mrsigner", mrsigner, 48)) ||
        failed(attest_json_hex(module, "attributes", attributes, 8)) ||
        failed(attest_json_hex(module, "attributesMask", mask, 8)))
        return attest_found(j, ATTEST_REFUSE(j->why, "tdx-module-malformed",
                                             "members are missing"));
    if (memcmp(mrsigner, tdx->mrsignerseam, sizeof(mrsigner)) != 0)
        TRY(attest_found(j, ATTEST_REFUSE(j->why, "mrsignerseam",
                                          "another signer's TDX module")));
    bool same = memcmp(tdx->seamattributes, zeros, sizeof(zeros)) == 0;
    for (size_t i = 0; i < sizeof(mask); i++)
        same = same && (tdx->seamattributes[i] & mask[i]) == attributes[i];
    if (!same)
        TRY(attest_found(j, ATTEST_REFUSE(j->why, "seamattributes",
                                          "not a TDX module's as released")));
    return OK;
}

static STATUS read_level(struct attest_judging *j, const json_t *module,
                         const struct attest_tdx *tdx,
                         struct attest_module_state *out,
                         struct attest_advisories *advisories)
{
    struct attest_level level;
    unsigned newest = 0;
    struct status s = attest_svn_level(json_object_get(module, "tcbLevels"),
                                       tdx->tee_tcb_svn[0], &level, &newest);
    if (s.code == STATUS_NOT_FOUND)
        return attest_found(j, ATTEST_REFUSE(j->why, "tdx-module-level-none",
                                             "the TDX module meets no level"));
    if (failed(s))
        return attest_found(j, ATTEST_REFUSE(j->why, "tdx-module-malformed",
                                             "its levels cannot be read"));
    out->status = level.status;
    out->renewed = tdx->v15 && tdx->tee_tcb_svn_2[1] == tdx->tee_tcb_svn[1] &&
                   tdx->tee_tcb_svn_2[0] >= newest;
    return attest_found(
        j, attest_advisories_add(advisories, level.advisories, j->why));
}

struct status attest_tdx_module_judge(struct attest_judging *j,
                                      const json_t *info,
                                      const struct attest_tdx *tdx,
                                      struct attest_module_state *out,
                                      struct attest_advisories *advisories)
{
    char id[ID_LEN];
    unsigned version = tdx->tee_tcb_svn[1];
    *out = (struct attest_module_state){ .judged = version != 0 };
    if (version == 0)
        return check_signer(j, json_object_get(info, "tdxModule"), tdx);
    const json_t *module = find(info, version, id);
    if (!module)
        return attest_found(j, refuse(j->why, STATUS_DENIED,
                                      "tdx-module-identity-missing",
                                      "tdx-module-identity-missing(%s): the "
                                      "vendor does not know this module",
                                      id));
    TRY(check_signer(j, module, tdx));
    return read_level(j, module, tdx, out, advisories);
}
