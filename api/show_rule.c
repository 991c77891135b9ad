/* show_rule.c - an identity rule in words. */

#include <time.h>

#include "api/identity_fields.h"
#include "api/show.h"
#include "base/text.h"

static const char *platform_word(uint8_t kind)
{
    switch (kind & API_KIND_PLATFORM) {
    case API_KIND_SGX: return "SGX enclave";
    case API_KIND_TDX: return "TDX machine";
    case API_KIND_SNP: return "SEV-SNP machine";
    case API_KIND_NITRO: return "Nitro enclave";
    default: return "unknown kind of enclave";
    }
}

static void show_value(const struct api_identity_rule *rule,
                       const struct api_field *f, struct buffer *out)
{
    char hex[2 * 64 + 1];
    if (f->type == API_FIELD_NUMBER) {
        buffer_printf(out, "%lu", (unsigned long)api_field_number(rule, f));
    } else if (api_field_is_zero(rule, f)) {
        buffer_put_string(out, "zero");
    } else {
        hex_encode(bytes_of(api_field_at(rule, f), f->len), hex);
        buffer_put_string(out, hex);
    }
}

/* " with mrtd 12..., rtmr1 ..., host_data zero": all that counts. */
static void show_fields(const struct api_identity_rule *rule,
                        struct buffer *out)
{
    const struct api_fields *fields = api_fields_of(rule->kind);
    const char *separator = " with ";
    for (size_t i = 0; fields && i < fields->count; i++) {
        const struct api_field *f = &fields->field[i];
        if (f->type == API_FIELD_WEAKNESS || !api_field_counts(rule, f))
            continue;
        buffer_printf(out, "%s%s ", separator, f->name);
        show_value(rule, f, out);
        separator = ", ";
    }
}

void api_show_measurement(const struct api_identity_rule *rule,
                          struct buffer *out)
{
    char hex[2 * HASH_LEN + 1];
    buffer_printf(out, "%s%s%s",
                  rule->kind & API_KIND_SIMULATED ? "SIMULATED " : "",
                  rule->kind & API_KIND_NODE_VOUCHED ? "NODE-VOUCHED " : "",
                  platform_word(rule->kind));
    if ((rule->kind & API_KIND_PLATFORM) != API_KIND_SGX ||
        rule->form != API_SGX_MRSIGNER) {
        show_fields(rule, out);
        return;
    }
    hex_encode(bytes_of(rule->sgx.mrsigner, HASH_LEN), hex);
    buffer_printf(out, " signed by %s, product %u, version %u or later", hex,
                  rule->sgx.isvprodid, rule->sgx.isvsvn_min);
}

/* What a member accepts, or leaves open, that makes the rule weaker. */
static const struct {
    const char *member, *sentence;
} weak[] = {
    { "sept_ve", "SEPT_VE_DISABLE is not demanded: the host can make it fault "
                 "wherever it likes" },
    { "migratable", "MIGRATABLE: it may move to a machine that no evidence "
                    "shows" },
    { "migration_agent", "MIGRATION AGENT allowed: another program may move "
                         "its memory elsewhere" },
    { "unchecked_aliases", "ALIASES UNCHECKED: altered memory modules may read "
                           "and replay its memory" },
    { "vmpl_max", "LESS PRIVILEGED software in the machine may ask for "
                  "evidence, too" },
    { "rtmr0", "RTMR0 NOT PINNED: the virtual hardware is not measured" },
    { "rtmr3", "RTMR3 NOT PINNED: what is measured while it runs may be "
               "anything" },
};

static bool is_weak(const struct api_identity_rule *rule,
                    const struct api_field *f)
{
    if (f->form && f->type == API_FIELD_BYTES)
        return !api_field_counts(rule, f);
    return f->type != API_FIELD_BYTES && api_field_number(rule, f) != 0;
}

void api_show_weaknesses(const struct api_identity_rule *rule,
                         const char *indent, struct buffer *out)
{
    const struct api_fields *fields = api_fields_of(rule->kind);
    for (size_t i = 0; fields && i < fields->count; i++)
        for (size_t j = 0; j < sizeof(weak) / sizeof(weak[0]); j++)
            if (strcmp(fields->field[i].name, weak[j].member) == 0 &&
                is_weak(rule, &fields->field[i]))
                buffer_printf(out, "%s%s\n", indent, weak[j].sentence);
}

void api_show_tcb(uint16_t mask, struct buffer *out)
{
    const char *separator = "";
    for (unsigned bit = 1; bit <= API_TCB_ALL; bit <<= 1) {
        if (!(mask & bit))
            continue;
        buffer_printf(out, "%s%s", separator,
                      bit == API_TCB_UNEVALUATED ? "UNEVALUATED"
                                                 : api_tcb_name((uint16_t)bit));
        separator = ", ";
    }
}

static void show_day(uint64_t seconds, struct buffer *out)
{
    time_t when = (time_t)seconds;
    struct tm utc;
    char text[40];
    if (gmtime_r(&when, &utc) &&
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &utc) > 0)
        buffer_put_string(out, text);
    else
        buffer_printf(out, "second %llu", (unsigned long long)seconds);
}

static void show_exception(const struct api_tcb_exception *e,
                           const char *indent, struct buffer *out)
{
    buffer_printf(out, "%sEXCEPTION until ", indent);
    show_day(e->until, out);
    buffer_put_string(out, ": ");
    api_show_tcb(e->tcb_mask, out);
    if (e->count == 0)
        buffer_put_string(out, " with no advisory open");
    for (size_t i = 0; i < e->count; i++)
        buffer_printf(out, "%s%s",
                      i == 0 ? " with no advisory open but " : ", ",
                      e->advisory[i]);
    buffer_put_string(out, "\n");
}

void api_show_terms(const struct api_terms *terms, const char *indent,
                    struct buffer *out)
{
    if (terms->age_max)
        buffer_printf(out, "%sits evidence counts for %lu seconds\n", indent,
                      (unsigned long)terms->age_max);
    if (terms->evaluation_min)
        buffer_printf(out,
                      "%sthe platform is judged by evaluation %lu or later\n",
                      indent, (unsigned long)terms->evaluation_min);
    if (terms->nonce_demanded)
        buffer_printf(out, "%sits evidence is made for each certificate anew\n",
                      indent);
    if (terms->exception.tcb_mask)
        show_exception(&terms->exception, indent, out);
}
