#include "agent/simulator_collateral.h"

#include "agent/simulator_files.h"
#include "agent/simulator_parts.h"

#define PEM_MAX 4096

static const char none[] = "NotSupported";

/* What is read from the directory. */
struct makings {
    struct ca_key *root, *ca, *tcb, *pck;
    struct buffer root_pem, ca_pem, tcb_pem, pck_pem;
    struct buffer root_der, ca_der, tcb_der, pck_der;
};

static void makings_clear(struct makings *m)
{
    ca_key_free(m->root);
    ca_key_free(m->ca);
    ca_key_free(m->tcb);
    ca_key_free(m->pck);
    buffer_clear(&m->root_pem);
    buffer_clear(&m->ca_pem);
    buffer_clear(&m->tcb_pem);
    buffer_clear(&m->pck_pem);
    buffer_clear(&m->root_der);
    buffer_clear(&m->ca_der);
    buffer_clear(&m->tcb_der);
    buffer_clear(&m->pck_der);
}

#define AUTO_MAKINGS __attribute__((cleanup(makings_clear))) struct makings

static STATUS read_pem(const char *directory, const char *name,
                       struct buffer *pem, struct buffer *der,
                       struct reason *why)
{
    *pem = buffer_make(PEM_MAX);
    *der = buffer_make(PEM_MAX);
    return simulator_read_certificate(directory, name, pem, der, why);
}

static STATUS read_p256(const char *directory, const char *name,
                        struct ca_key **out, struct reason *why)
{
    return simulator_read_key(directory, name, CA_P256, out, why);
}

static STATUS makings_read(const char *directory, struct makings *m,
                           struct reason *why)
{
    TRY(read_p256(directory, SIMULATOR_ROOT_KEY, &m->root, why));
    TRY(read_p256(directory, SIMULATOR_CA_KEY, &m->ca, why));
    TRY(read_p256(directory, SIMULATOR_TCB_KEY, &m->tcb, why));
    TRY(read_p256(directory, SIMULATOR_PCK_KEY, &m->pck, why));
    TRY(read_pem(directory, SIMULATOR_ROOT_PEM, &m->root_pem, &m->root_der,
                 why));
    TRY(read_pem(directory, SIMULATOR_CA_PEM, &m->ca_pem, &m->ca_der, why));
    TRY(read_pem(directory, SIMULATOR_PCK_PEM, &m->pck_pem, &m->pck_der, why));
    return read_pem(directory, SIMULATOR_TCB_PEM, &m->tcb_pem, &m->tcb_der,
                    why);
}

static STATUS subject_of(bool tdx, uint64_t now,
                         const struct sgx_platform *platform,
                         struct collateral_subject *out)
{
    static const unsigned char svn[16] = SIMULATOR_TEE_TCB_SVN;
    struct sgx_report qe;
    TRY(simulator_quoting_enclave(tdx, &qe));
    *out = (struct collateral_subject){
        .tdx = tdx,
        .platform = platform,
        .qe_isvprodid = qe.isvprodid,
        .qe_isvsvn = qe.isvsvn,
        .module_version = SIMULATOR_MODULE_VERSION,
        .module_svn = SIMULATOR_MODULE_SVN,
        .now = now,
    };
    memcpy(out->qe_mrsigner, qe.mrsigner, sizeof(out->qe_mrsigner));
    /* The first two are the module's own, which its identity judges. */
    memcpy(out->tdx_components + 2, svn + 2, sizeof(svn) - 2);
    return OK;
}

/* "NotSupported": whoever asks for more than there is matches nobody. */
static void set_platform(struct collateral_tcb_info *info,
                         const struct simulator_collateral *wanted)
{
    struct collateral_platform_level *level = &info->levels[0];
    if (wanted->status && strcmp(wanted->status, none) == 0) {
        level->pcesvn++;
        info->count = 1;
    } else if (wanted->status)
        level->says.status = wanted->status;
    if (wanted->advisories)
        level->says.advisories = wanted->advisories;
    if (wanted->tcb_date)
        level->says.date = wanted->tcb_date;
    if (wanted->version)
        info->version = wanted->version;
}

static void set_levels(struct collateral_svn_level *levels, size_t *count,
                       const char *status)
{
    if (status && strcmp(status, none) == 0) {
        levels[0].isvsvn++;
        *count = 1;
    } else if (status)
        levels[0].says.status = status;
}

static void set_dates(struct collateral_plan *plan,
                      const struct simulator_collateral *wanted)
{
    if (wanted->issued) {
        plan->tcb_info.issued = plan->enclave.issued = wanted->issued;
        plan->root_crl.this_update = wanted->issued;
        plan->pck_crl.this_update = wanted->issued;
    }
    if (wanted->next_update) {
        plan->tcb_info.next_update = wanted->next_update;
        plan->enclave.next_update = wanted->next_update;
        plan->root_crl.next_update = wanted->next_update;
        plan->pck_crl.next_update = wanted->next_update;
    }
    if (wanted->evaluation)
        plan->tcb_info.evaluation = plan->enclave.evaluation =
            wanted->evaluation;
    if (wanted->crl_number)
        plan->root_crl.number = plan->pck_crl.number = wanted->crl_number;
}

static void revoke(struct pki_crl *crl, bool wanted, const struct buffer *der)
{
    if (wanted)
        crl->revoked[crl->revoked_count++] = buffer_bytes(der);
}

static void plan_with(struct collateral_plan *plan, const struct makings *m,
                      const struct simulator_collateral *wanted)
{
    plan->root = m->root;
    plan->pck_ca = m->ca;
    plan->tcb_signing = m->tcb;
    plan->root_pem = buffer_bytes(&m->root_pem);
    plan->pck_ca_pem = buffer_bytes(&m->ca_pem);
    plan->tcb_signing_pem = buffer_bytes(&m->tcb_pem);
    set_platform(&plan->tcb_info, wanted);
    set_levels(plan->enclave.levels, &plan->enclave.count, wanted->qe_status);
    set_levels(plan->tcb_info.modules[0].levels,
               &plan->tcb_info.modules[0].count, wanted->module_status);
    set_dates(plan, wanted);
    revoke(&plan->root_crl, wanted->revoke_platform_ca, &m->ca_der);
    revoke(&plan->root_crl, wanted->revoke_tcb_signing, &m->tcb_der);
    revoke(&plan->pck_crl, wanted->revoke_pck, &m->pck_der);
}

struct status simulator_collateral_make(
    const char *directory, const struct simulator_collateral *wanted,
    uint64_t now, struct collateral_files *out, struct reason *why)
{
    AUTO_MAKINGS makings = { 0 };
    struct collateral_subject subject;
    struct collateral_plan plan;
    struct sgx_platform platform;
    *out = (struct collateral_files){ 0 };
    if (wanted->tdx && wanted->version == 2)
        return refuse(why, STATUS_INVALID, "version",
                      "TCB information of version 2 knows no TDX");
    TRY(makings_read(directory, &makings, why));
    simulator_platform(ca_key_public(makings.pck), ca_key_public(makings.ca),
                       &platform);
    TRY(subject_of(wanted->tdx, now, &platform, &subject));
    collateral_plan_init(&plan, &subject);
    plan_with(&plan, &makings, wanted);
    if (wanted->retouch)
        wanted->retouch(&plan);
    return collateral_make(&plan, out);
}
