/* rule.c - an identity rule as JSON, and what a build's owner signs. */

#include "api/manifest.h"
#include "api/sorted.h"
#include "base/text.h"

static STATUS wrong(const char *member, const char *what, struct reason *why)
{
    return refuse(why, STATUS_INVALID, "rule", "%s: %s", member, what);
}

static STATUS read_kind(const json_t *rule, struct api_identity_rule *out,
                        struct reason *why)
{
    const char *kind;
    TRY(api_json_text(rule, "kind", &kind, why));
    if (failed(api_kind_parse(bytes_of_string(kind), &out->kind)))
        return refuse(why, STATUS_INVALID, "rule",
                      "kind: \"%.40s\" is not a kind of enclave", kind);
    return OK;
}

static STATUS read_measurement(const json_t *rule, const char *name,
                               unsigned char out[32], struct reason *why)
{
    struct hash value;
    TRY(api_json_hash(rule, name, &value, why));
    memcpy(out, value.bytes, sizeof(value.bytes));
    return OK;
}

static STATUS read_u16(const json_t *rule, const char *name, uint16_t *out,
                       struct reason *why)
{
    int64_t value;
    TRY(api_json_integer(rule, name, 0, UINT16_MAX, &value, why));
    *out = (uint16_t)value;
    return OK;
}

/* Either the enclave itself, or its signer, product and version. */
static STATUS read_form(const json_t *rule, struct api_identity_rule *out,
                        struct reason *why)
{
    static const char *const of_signer[] = { "mrsigner", "isvprodid",
                                             "isvsvn_min" };
    if (!api_member(rule, "mrenclave")) {
        out->form = API_SGX_MRSIGNER;
        if (!api_member(rule, "mrsigner"))
            return wrong("mrenclave", "give this or mrsigner", why);
        TRY(read_measurement(rule, "mrsigner", out->mrsigner, why));
        TRY(read_u16(rule, "isvprodid", &out->isvprodid, why));
        return read_u16(rule, "isvsvn_min", &out->isvsvn_min, why);
    }
    for (size_t i = 0; i < 3; i++)
        if (api_member(rule, of_signer[i]))
            return wrong(of_signer[i], "does not go with mrenclave", why);
    out->form = API_SGX_MRENCLAVE;
    return read_measurement(rule, "mrenclave", out->mrenclave, why);
}

static STATUS read_tcb(const json_t *rule, uint16_t *out, struct reason *why)
{
    const json_t *list;
    uint16_t mask = 0;
    TRY(api_json_array(rule, "tcb", &list, why));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *name = json_array_get(list, i);
        uint16_t bit;
        if (!json_is_string(name) ||
            failed(api_tcb_parse(api_text_bytes(name), &bit)))
            return refuse(why, STATUS_INVALID, "rule",
                          "tcb: element %zu is not a TCB status that a rule "
                          "may accept",
                          i);
        if (mask & bit)
            return refuse(why, STATUS_INVALID, "rule", "tcb: %s stands twice",
                          api_tcb_name(bit));
        mask = (uint16_t)(mask | bit);
    }
    if (mask == 0)
        return wrong("tcb", "name at least one TCB status", why);
    *out = mask;
    return OK;
}

struct status api_rule_from_json(const json_t *rule,
                                 struct api_identity_rule *out,
                                 struct reason *why)
{
    static const char *const names[] = { "kind",      "mrenclave",  "mrsigner",
                                         "isvprodid", "isvsvn_min", "debug",
                                         "tcb",       "anchor" };
    struct api_identity_rule read = { 0 };
    bool debug;
    AUTO_CLEAR_BUFFER encoded = buffer_make(256);
    if (!json_is_object(rule))
        return refuse(why, STATUS_INVALID, "rule", "expected an object");
    TRY(api_json_only(rule, names, sizeof(names) / sizeof(names[0]), why));
    TRY(read_kind(rule, &read, why));
    TRY(read_form(rule, &read, why));
    TRY(api_json_flag(rule, "debug", &debug, why));
    TRY(read_tcb(rule, &read.tcb_mask, why));
    TRY(api_json_hash(rule, "anchor", &read.anchor, why));
    read.debug_allowed = debug;
    TRY(api_identity_encode(&read, &encoded, why)); /* only to be checked */
    *out = read;
    return OK;
}

static json_t *hex_or_null(const unsigned char value[32], bool used)
{
    struct hash hash;
    memcpy(hash.bytes, value, sizeof(hash.bytes));
    return used ? api_json_of_hash(&hash) : json_null();
}

static json_t *number_or_null(uint16_t value, bool used)
{
    return used ? json_integer(value) : json_null();
}

static json_t *tcb_to_json(uint16_t mask)
{
    json_t *list = json_array();
    for (unsigned bit = 1; bit <= API_TCB_ALL; bit <<= 1) {
        if ((mask & bit) &&
            json_array_append_new(list,
                                  json_string(api_tcb_name((uint16_t)bit)))) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

json_t *api_rule_to_json(const struct api_identity_rule *rule)
{
    bool signer = rule->form == API_SGX_MRSIGNER;
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:b, s:o, s:o}", "kind",
                     api_kind_name(rule->kind), "mrenclave",
                     hex_or_null(rule->mrenclave, !signer), "mrsigner",
                     hex_or_null(rule->mrsigner, signer), "isvprodid",
                     number_or_null(rule->isvprodid, signer), "isvsvn_min",
                     number_or_null(rule->isvsvn_min, signer), "debug",
                     rule->debug_allowed, "tcb", tcb_to_json(rule->tcb_mask),
                     "anchor", api_json_of_hash(&rule->anchor));
}

struct status api_build_message(const struct api_id *account,
                                const struct api_id *build,
                                const struct hash *identity, struct buffer *out)
{
    buffer_put_string(out, "accord build v1 rule");
    buffer_put(out, api_id_bytes(account));
    buffer_put(out, api_id_bytes(build));
    buffer_put(out, hash_bytes(identity));
    return buffer_status(out);
}
