/* evidence_json.c - a verdict and an identity as JSON. */

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/evidence.h"

const char *evidence_result_name(enum attest_result result)
{
    switch (result) {
    case ATTEST_ACCEPT: return "ACCEPT";
    case ATTEST_SIG_OK: return "SIG-OK";
    case ATTEST_REJECT: return "REJECT";
    }
    return "REJECT";
}

static void set(json_t *object, const char *name, json_t *value)
{
    (void)json_object_set_new(object, name, value); /* NULL: left out */
}

static json_t *hex(const unsigned char *bytes, size_t len)
{
    char text[2 * 64 + 1];
    if (len > 64)
        return NULL;
    hex_encode(bytes_of(bytes, len), text);
    return json_string(text);
}
#define HEX(object, from, member)                                              \
    set(object, #member, hex((from)->member, sizeof((from)->member)))
#define NUMBER(object, from, member)                                           \
    set(object, #member, json_integer((json_int_t)(from)->member))

static void put_sgx(json_t *o, const struct attest_sgx *s)
{
    HEX(o, s, mrenclave);
    HEX(o, s, mrsigner);
    NUMBER(o, s, isvprodid);
    NUMBER(o, s, isvsvn);
    NUMBER(o, s, configsvn);
    HEX(o, s, attributes);
    HEX(o, s, miscselect);
    HEX(o, s, configid);
    HEX(o, s, isvextprodid);
    HEX(o, s, isvfamilyid);
    HEX(o, s, cpusvn);
}

static void put_tdx(json_t *o, const struct attest_tdx *t)
{
    HEX(o, t, tee_tcb_svn);
    HEX(o, t, mrseam);
    HEX(o, t, mrsignerseam);
    HEX(o, t, seamattributes);
    HEX(o, t, tdattributes);
    HEX(o, t, xfam);
    HEX(o, t, mrtd);
    HEX(o, t, mrconfigid);
    HEX(o, t, mrowner);
    HEX(o, t, mrownerconfig);
    HEX(o, t, rtmr[0]);
    HEX(o, t, rtmr[1]);
    HEX(o, t, rtmr[2]);
    HEX(o, t, rtmr[3]);
    if (t->v15) {
        HEX(o, t, tee_tcb_svn_2);
        HEX(o, t, mrservicetd);
    }
}

static void put_snp(json_t *o, const struct attest_snp *s)
{
    NUMBER(o, s, version);
    NUMBER(o, s, guest_svn);
    NUMBER(o, s, vmpl);
    NUMBER(o, s, policy);
    NUMBER(o, s, platform_info);
    set(o, "endorsed_by", json_string(s->vlek ? "VLEK" : "VCEK"));
    HEX(o, s, measurement);
    HEX(o, s, host_data);
    HEX(o, s, id_key_digest);
    HEX(o, s, author_key_digest);
    HEX(o, s, family_id);
    HEX(o, s, image_id);
    HEX(o, s, chip_id);
    HEX(o, s, current_tcb);
    HEX(o, s, reported_tcb);
    HEX(o, s, committed_tcb);
    HEX(o, s, launch_tcb);
}

static void put_nitro(json_t *o, const struct attest_nitro *n)
{
    char name[8];
    set(o, "module_id", json_string(n->module_id));
    NUMBER(o, n, timestamp);
    for (unsigned i = 0; i < 32; i++) {
        if (!(n->present >> i & 1) || n->pcr_len > sizeof(n->pcr[i]))
            continue;
        (void)snprintf(name, sizeof(name), "pcr%u", i);
        set(o, name, hex(n->pcr[i], n->pcr_len));
    }
}

static void put_platform(json_t *o, const struct attest_platform *p)
{
    HEX(o, p, fmspc);
    HEX(o, p, pceid);
    HEX(o, p, ppid);
    HEX(o, p, tcb_components);
    NUMBER(o, p, pcesvn);
}

json_t *evidence_identity_json(const struct attest_identity *identity)
{
    json_t *o = json_object();
    uint8_t kind = identity->kind & (uint8_t)~API_KIND_SIMULATED;
    HEX(o, identity, report_data);
    set(o, "debug", json_boolean(identity->debug));
    if (!hash_is_zero(&identity->anchor))
        set(o, "anchor", hex(identity->anchor.bytes, HASH_LEN));
    if (kind == API_KIND_SGX)
        put_sgx(o, &identity->sgx);
    if (kind == API_KIND_TDX)
        put_tdx(o, &identity->tdx);
    if (kind == API_KIND_SGX || kind == API_KIND_TDX)
        put_platform(o, &identity->platform);
    if (kind == API_KIND_SNP)
        put_snp(o, &identity->snp);
    if (kind == API_KIND_NITRO)
        put_nitro(o, &identity->nitro);
    return o;
}

static json_t *failures_of(const struct attest_verdict *v)
{
    json_t *list = json_array();
    for (size_t i = 0; i < v->failures_count; i++)
        (void)json_array_append_new(list, json_string(v->failures[i].token));
    return list;
}

static json_t *flags_of(const struct attest_verdict *v)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < ATTEST_FLAGS; i++)
        if (v->flags >> i & 1)
            (void)json_array_append_new(list,
                                        json_string(attest_flag_name(1u << i)));
    return list;
}

json_t *evidence_verdict_json(const struct attest_verdict *v)
{
    json_t *advisories = json_array();
    const struct attest_advisories *known = &v->identity.advisories;
    for (size_t i = 0; v->has_identity && i < known->count; i++)
        (void)json_array_append_new(advisories, json_string(known->id[i]));
    const char *kind = api_kind_name(v->identity.kind);
    return json_pack(
        "{s:s, s:s?, s:o, s:o, s:o, s:s?, s:o?}", "result",
        evidence_result_name(v->result), "tcb_status", v->tcb, "failures",
        failures_of(v), "flags", flags_of(v), "advisories", advisories, "kind",
        v->has_identity ? kind : NULL, "identity",
        v->has_identity ? evidence_identity_json(&v->identity) : NULL);
}
