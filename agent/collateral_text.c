#include "agent/collateral_text.h"

#include <time.h>

#include "base/text.h"

#define HEX_MAX 48

/* The vendor writes hexadecimal in upper case. */
static void put_hex(struct buffer *out, const char *name,
                    const unsigned char *at, size_t len)
{
    char text[2 * HEX_MAX + 1];
    hex_encode(bytes_of(at, len), text);
    for (char *c = text; *c; c++)
        if (*c >= 'a')
            *c = (char)(*c - 'a' + 'A');
    buffer_printf(out, "\"%s\":\"%s\"", name, text);
}

static void put_time(struct buffer *out, const char *name, uint64_t seconds)
{
    char text[32] = "";
    struct tm tm;
    time_t at = (time_t)seconds;
    if (gmtime_r(&at, &tm))
        (void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
    buffer_printf(out, "\"%s\":\"%s\"", name, text);
}

static void put_advisories(struct buffer *out, const char *list)
{
    buffer_put_string(out, ",\"advisoryIDs\":[");
    for (const char *at = list; *at;) {
        size_t len = strcspn(at, ",");
        buffer_printf(out, "%s\"%.*s\"", at == list ? "" : ",", (int)len, at);
        at += len;
        at += *at == ',';
    }
    buffer_put_string(out, "]");
}

static void put_verdict(struct buffer *out,
                        const struct collateral_verdict *says)
{
    buffer_put_string(out, ",");
    put_time(out, "tcbDate", says->date);
    buffer_printf(out, ",\"tcbStatus\":\"%s\"", says->status);
    if (says->advisories)
        put_advisories(out, says->advisories);
    buffer_put_string(out, "}");
}

static void put_svn_levels(struct buffer *out,
                           const struct collateral_svn_level *levels,
                           size_t count)
{
    buffer_put_string(out, "\"tcbLevels\":[");
    for (size_t i = 0; i < count; i++) {
        buffer_printf(out, "%s{\"tcb\":{\"isvsvn\":%u}", i ? "," : "",
                      (unsigned)levels[i].isvsvn);
        put_verdict(out, &levels[i].says);
    }
    buffer_put_string(out, "]");
}

static void put_components(struct buffer *out, const char *name,
                           const unsigned char svn[16])
{
    buffer_printf(out, "\"%s\":[", name);
    for (size_t i = 0; i < 16; i++)
        buffer_printf(out, "%s{\"svn\":%u}", i ? "," : "", (unsigned)svn[i]);
    buffer_put_string(out, "]");
}

static void put_numbered_components(struct buffer *out,
                                    const unsigned char svn[16])
{
    for (size_t i = 0; i < 16; i++)
        buffer_printf(out, "%s\"sgxtcbcomp%02zusvn\":%u", i ? "," : "", i + 1,
                      (unsigned)svn[i]);
}

static void put_platform_levels(struct buffer *out,
                                const struct collateral_tcb_info *info)
{
    buffer_put_string(out, ",\"tcbLevels\":[");
    for (size_t i = 0; i < info->count; i++) {
        const struct collateral_platform_level *level = &info->levels[i];
        buffer_put_string(out, i ? ",{\"tcb\":{" : "{\"tcb\":{");
        if (info->version == 2)
            put_numbered_components(out, level->sgx);
        else
            put_components(out, "sgxtcbcomponents", level->sgx);
        buffer_printf(out, ",\"pcesvn\":%u", (unsigned)level->pcesvn);
        if (info->tdx) {
            buffer_put_string(out, ",");
            put_components(out, "tdxtcbcomponents", level->tdx);
        }
        buffer_put_string(out, "}");
        put_verdict(out, &level->says);
    }
    buffer_put_string(out, "]");
}

static void put_measured(struct buffer *out,
                         const struct collateral_module *module)
{
    put_hex(out, "mrsigner", module->mrsigner, sizeof(module->mrsigner));
    buffer_put_string(out, ",");
    put_hex(out, "attributes", module->attributes, sizeof(module->attributes));
    buffer_put_string(out, ",");
    put_hex(out, "attributesMask", module->mask, sizeof(module->mask));
}

static void put_modules(struct buffer *out,
                        const struct collateral_tcb_info *info)
{
    buffer_put_string(out, ",\"tdxModule\":{");
    put_measured(out, &info->module);
    buffer_put_string(out, "},\"tdxModuleIdentities\":[");
    for (size_t i = 0; i < info->modules_count; i++) {
        const struct collateral_module *module = &info->modules[i];
        buffer_printf(out, "%s{\"id\":\"%s\",", i ? "," : "", module->id);
        put_measured(out, module);
        buffer_put_string(out, ",");
        put_svn_levels(out, module->levels, module->count);
        buffer_put_string(out, "}");
    }
    buffer_put_string(out, "]");
}

static void put_dates(struct buffer *out, uint64_t issued, uint64_t next)
{
    put_time(out, "issueDate", issued);
    buffer_put_string(out, ",");
    put_time(out, "nextUpdate", next);
}

void collateral_put_tcb_info(const struct collateral_tcb_info *info,
                             struct buffer *out)
{
    buffer_put_string(out, "{");
    if (info->version != 2)
        buffer_printf(out, "\"id\":\"%s\",", info->id);
    buffer_printf(out, "\"version\":%u,", info->version);
    put_dates(out, info->issued, info->next_update);
    buffer_put_string(out, ",");
    put_hex(out, "fmspc", info->fmspc, sizeof(info->fmspc));
    buffer_put_string(out, ",");
    put_hex(out, "pceId", info->pceid, sizeof(info->pceid));
    buffer_printf(out, ",\"tcbType\":%u,\"tcbEvaluationDataNumber\":%u",
                  info->type, (unsigned)info->evaluation);
    if (info->tdx)
        put_modules(out, info);
    put_platform_levels(out, info);
    buffer_put_string(out, "}");
}

void collateral_put_enclave(const struct collateral_enclave *e,
                            struct buffer *out)
{
    buffer_printf(out, "{\"id\":\"%s\",\"version\":%u,", e->id, e->version);
    put_dates(out, e->issued, e->next_update);
    buffer_printf(out, ",\"tcbEvaluationDataNumber\":%u,",
                  (unsigned)e->evaluation);
    put_hex(out, "miscselect", e->miscselect, 4);
    buffer_put_string(out, ",");
    put_hex(out, "miscselectMask", e->miscselect_mask, 4);
    buffer_put_string(out, ",");
    put_hex(out, "attributes", e->attributes, 16);
    buffer_put_string(out, ",");
    put_hex(out, "attributesMask", e->attributes_mask, 16);
    buffer_put_string(out, ",");
    put_hex(out, "mrsigner", e->mrsigner, 32);
    buffer_printf(out, ",\"isvprodid\":%u,", (unsigned)e->isvprodid);
    put_svn_levels(out, e->levels, e->count);
    buffer_put_string(out, "}");
}

struct status collateral_sign(const char *member, struct bytes object,
                              struct ca_key *key, struct buffer *out)
{
    struct ca_signer signer = ca_key_signer(key);
    unsigned char signature[CA_SIGNATURE_LEN];
    char text[2 * CA_SIGNATURE_LEN + 1];
    struct hash digest;
    TRY(hash_of(&digest, object));
    TRY(signer.sign(signer.context, &digest, signature));
    hex_encode(bytes_of(signature, sizeof(signature)), text);
    buffer_printf(out, "{\"%s\":", member);
    buffer_put(out, object);
    buffer_printf(out, ",\"signature\":\"%s\"}", text);
    return buffer_status(out);
}
