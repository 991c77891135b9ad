#include "agent/collateral.h"

#include <stdio.h>

#include "agent/pki.h"
#include "base/file.h"

#define DAY        86400u
#define LIFE       (30 * DAY)
#define TEXT_MAX   ((size_t)256 * 1024)
#define CHAIN_MAX  ((size_t)16 * 1024)
#define CRL_MAX    ((size_t)16 * 1024)
#define PATH_LEN   4096
#define EVALUATION 17
#define LEVELS_OLD 5 /* PCESVN of the level below */

static const char up_to_date[] = "UpToDate";
static const char out_of_date[] = "OutOfDate";

static void fill_dates(struct collateral_plan *plan, uint64_t now)
{
    uint64_t issued = now - DAY;
    plan->tcb_info.issued = plan->enclave.issued = issued;
    plan->tcb_info.next_update = plan->enclave.next_update = now + LIFE;
    plan->root_crl.this_update = plan->pck_crl.this_update = issued;
    plan->root_crl.next_update = plan->pck_crl.next_update = now + LIFE;
}

static void fill_modules(struct collateral_tcb_info *info,
                         const struct collateral_subject *subject)
{
    memset(info->module.mask, 0xff, sizeof(info->module.mask));
    info->modules_count = 1;
    info->modules[0] = info->module;
    (void)snprintf(info->modules[0].id, sizeof(info->modules[0].id), "TDX_%02X",
                   (unsigned)subject->module_version);
    info->modules[0].count = 2;
    info->modules[0].levels[0] = (struct collateral_svn_level){
        subject->module_svn, { up_to_date, subject->now - LIFE, NULL }
    };
    info->modules[0].levels[1] = (struct collateral_svn_level){
        0, { out_of_date, subject->now - 2 * LIFE, NULL }
    };
}

static void fill_tcb_info(struct collateral_tcb_info *info,
                          const struct collateral_subject *subject)
{
    const struct sgx_platform *platform = subject->platform;
    info->id = subject->tdx ? "TDX" : "SGX";
    info->version = 3;
    info->tdx = subject->tdx;
    info->evaluation = EVALUATION;
    memcpy(info->fmspc, platform->fmspc, sizeof(info->fmspc));
    memcpy(info->pceid, platform->pceid, sizeof(info->pceid));
    info->count = 2;
    memcpy(info->levels[0].sgx, platform->components, 16);
    memcpy(info->levels[0].tdx, subject->tdx_components, 16);
    info->levels[0].pcesvn = platform->pcesvn;
    info->levels[0].says =
        (struct collateral_verdict){ up_to_date, subject->now - LIFE, NULL };
    info->levels[1].pcesvn =
        platform->pcesvn < LEVELS_OLD ? platform->pcesvn : LEVELS_OLD;
    info->levels[1].says =
        (struct collateral_verdict){ out_of_date, subject->now - 2 * LIFE,
                                     "ACCORD-SIM-00001" };
    if (subject->tdx)
        fill_modules(info, subject);
}

/* DEBUG is not masked: a quoting enclave that can be read fails. */
static void fill_enclave(struct collateral_enclave *e,
                         const struct collateral_subject *subject)
{
    static const unsigned char mask[16] = { 0xfb, 0xff, 0xff, 0xff,
                                            0xff, 0xff, 0xff, 0xff };
    e->id = subject->tdx ? "TD_QE" : "QE";
    e->version = 2;
    e->evaluation = EVALUATION;
    memset(e->miscselect_mask, 0xff, sizeof(e->miscselect_mask));
    e->attributes[0] = 0x11; /* INIT, PROVISION_KEY */
    memcpy(e->attributes_mask, mask, sizeof(mask));
    memcpy(e->mrsigner, subject->qe_mrsigner, sizeof(e->mrsigner));
    e->isvprodid = subject->qe_isvprodid;
    e->count = 2;
    e->levels[0] = (struct collateral_svn_level){
        subject->qe_isvsvn, { up_to_date, subject->now - LIFE, NULL }
    };
    e->levels[1] = (struct collateral_svn_level){
        0, { out_of_date, subject->now - 2 * LIFE, NULL }
    };
}

void collateral_plan_init(struct collateral_plan *plan,
                          const struct collateral_subject *subject)
{
    memset(&plan->tcb_info, 0, sizeof(plan->tcb_info));
    memset(&plan->enclave, 0, sizeof(plan->enclave));
    plan->root_crl = (struct pki_crl){ .issuer = PKI_ROOT_NAME, .number = 1 };
    plan->pck_crl = (struct pki_crl){ .issuer = PKI_CA_NAME, .number = 1 };
    fill_tcb_info(&plan->tcb_info, subject);
    fill_enclave(&plan->enclave, subject);
    fill_dates(plan, subject->now);
}

void collateral_files_clear(struct collateral_files *files)
{
    buffer_clear(&files->tcb_info);
    buffer_clear(&files->qe_identity);
    buffer_clear(&files->tcb_signing_chain);
    buffer_clear(&files->pck_crl_chain);
    buffer_clear(&files->root_crl);
    buffer_clear(&files->pck_crl);
}

static STATUS put_texts(const struct collateral_plan *plan,
                        struct collateral_files *out)
{
    AUTO_CLEAR_BUFFER info = buffer_make(TEXT_MAX);
    AUTO_CLEAR_BUFFER enclave = buffer_make(TEXT_MAX);
    collateral_put_tcb_info(&plan->tcb_info, &info);
    collateral_put_enclave(&plan->enclave, &enclave);
    TRY(buffer_status(&info));
    TRY(buffer_status(&enclave));
    TRY(collateral_sign("tcbInfo", buffer_bytes(&info), plan->tcb_signing,
                        &out->tcb_info));
    return collateral_sign("enclaveIdentity", buffer_bytes(&enclave),
                           plan->tcb_signing, &out->qe_identity);
}

struct status collateral_make(const struct collateral_plan *plan,
                              struct collateral_files *out)
{
    *out = (struct collateral_files){
        .tcb_info = buffer_make(TEXT_MAX),
        .qe_identity = buffer_make(TEXT_MAX),
        .tcb_signing_chain = buffer_make(CHAIN_MAX),
        .pck_crl_chain = buffer_make(CHAIN_MAX),
        .root_crl = buffer_make(CRL_MAX),
        .pck_crl = buffer_make(CRL_MAX),
    };
    TRY(put_texts(plan, out));
    buffer_put(&out->tcb_signing_chain, plan->tcb_signing_pem);
    buffer_put(&out->tcb_signing_chain, plan->root_pem);
    buffer_put(&out->pck_crl_chain, plan->pck_ca_pem);
    buffer_put(&out->pck_crl_chain, plan->root_pem);
    TRY(buffer_status(&out->tcb_signing_chain));
    TRY(buffer_status(&out->pck_crl_chain));
    TRY(pki_crl_issue(&plan->root_crl, plan->root, &out->root_crl));
    return pki_crl_issue(&plan->pck_crl, plan->pck_ca, &out->pck_crl);
}

static STATUS write_one(const char *directory, const char *name,
                        const struct buffer *contents, struct reason *why)
{
    char path[PATH_LEN];
    int len = snprintf(path, sizeof(path), "%s/%s", directory, name);
    if (len < 0 || (size_t)len >= sizeof(path))
        return refuse(why, STATUS_INVALID, "collateral",
                      "the directory's name is too long");
    struct status s = file_write(path, buffer_bytes(contents), 0644);
    return failed(s) ? refuse(why, s.code, s.origin, "cannot write %s", path)
                     : OK;
}

struct status collateral_write(const struct collateral_files *files,
                               const char *directory, struct reason *why)
{
    const struct {
        const char *name;
        const struct buffer *contents;
    } all[] = {
        { "tcbinfo.json", &files->tcb_info },
        { "qeidentity.json", &files->qe_identity },
        { "tcb_signing_chain.pem", &files->tcb_signing_chain },
        { "root_ca.crl.der", &files->root_crl },
        { "pck_ca.crl.der", &files->pck_crl },
        { "pck_crl_issuer_chain.pem", &files->pck_crl_chain },
    };
    if (failed(file_make_directory(directory, 0755)))
        return refuse(why, STATUS_UNAVAILABLE, "collateral",
                      "cannot make the directory %s", directory);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        TRY(write_one(directory, all[i].name, all[i].contents, why));
    return OK;
}
