/* rule.c - an identity rule as JSON, and what a build's owner signs. */

#include "api/identity_fields.h"
#include "api/manifest.h"
#include "api/sorted.h"
#include "base/text.h"

#define NAMES_MAX 32

static STATUS read_kind(const json_t *rule, struct api_identity_rule *out,
                        const struct api_fields **fields, struct reason *why)
{
    const char *kind;
    TRY(api_json_text(rule, "kind", &kind, why));
    if (failed(api_kind_parse(bytes_of_string(kind), &out->kind)))
        return refuse(why, STATUS_INVALID, "rule",
                      "kind: \"%.40s\" is not a kind of enclave", kind);
    *fields = api_fields_of(out->kind);
    return OK;
}

/* Nothing but the members of this kind and those of every kind. */
static STATUS check_names(const json_t *rule, const struct api_fields *fields,
                          struct reason *why)
{
    static const char *const common[] = { "kind",   "debug",    "tcb",
                                          "anchor", "age",      "evaluation",
                                          "nonce",  "exception" };
    const char *names[NAMES_MAX];
    size_t count = sizeof(common) / sizeof(common[0]);
    memcpy(names, common, sizeof(common));
    for (size_t i = 0; i < fields->count; i++)
        names[count++] = fields->field[i].name;
    return api_json_only(rule, names, count, why);
}

/* An optional member that is there puts its bit into the form. */
static STATUS read_form(const json_t *rule, const struct api_fields *fields,
                        struct api_identity_rule *out, struct reason *why)
{
    for (size_t i = 0; i < fields->count; i++) {
        const struct api_field *f = &fields->field[i];
        if (f->form == 0 || !api_member(rule, f->name))
            continue;
        if (fields->one_form && out->form != 0 && out->form != f->form)
            return refuse(why, STATUS_INVALID, "rule",
                          "%s: does not go with %s", f->name,
                          fields->field[0].name);
        out->form |= f->form;
    }
    if (fields->one_form && out->form == 0)
        return refuse(why, STATUS_INVALID, "rule", "%s: give this or %s",
                      fields->field[0].name, fields->field[1].name);
    return OK;
}

static STATUS read_bytes(const json_t *rule, const struct api_field *f,
                         unsigned char *out, struct reason *why)
{
    const char *text;
    TRY(api_json_text(rule, f->name, &text, why));
    if (failed(hex_decode(bytes_of_string(text), out, f->len)))
        return refuse(why, STATUS_INVALID, "rule",
                      "%s: expected %u hexadecimal digits", f->name,
                      2u * f->len);
    return OK;
}

static STATUS read_field(const json_t *rule, const struct api_field *f,
                         struct api_identity_rule *out, struct reason *why)
{
    int64_t number;
    bool weakness;
    if (!api_field_counts(out, f))
        return OK;
    switch (f->type) {
    case API_FIELD_BYTES:
        return read_bytes(rule, f, (unsigned char *)out + f->offset, why);
    case API_FIELD_NUMBER:
        TRY(api_json_integer(rule, f->name, 0, f->max, &number, why));
        api_field_set_number(out, f, (uint32_t)number);
        return OK;
    default:
        TRY(api_json_flag(rule, f->name, &weakness, why));
        api_field_set_number(out, f, weakness);
        return OK;
    }
}

struct status api_rule_from_json(const json_t *rule,
                                 struct api_identity_rule *out,
                                 struct reason *why)
{
    struct api_identity_rule read = { 0 };
    const struct api_fields *fields;
    bool debug;
    AUTO_CLEAR_BUFFER encoded = buffer_make(API_IDENTITY_MAX);
    if (!json_is_object(rule))
        return refuse(why, STATUS_INVALID, "rule", "expected an object");
    TRY(read_kind(rule, &read, &fields, why));
    TRY(check_names(rule, fields, why));
    TRY(read_form(rule, fields, &read, why));
    for (size_t i = 0; i < fields->count; i++)
        TRY(read_field(rule, &fields->field[i], &read, why));
    TRY(api_json_flag(rule, "debug", &debug, why));
    TRY(api_tcb_from_json(rule, "tcb", &read.tcb_mask, why));
    TRY(api_json_hash(rule, "anchor", &read.anchor, why));
    TRY(api_terms_from_json(rule, &read.terms, why));
    read.debug_allowed = debug;
    TRY(api_identity_encode(&read, &encoded, why)); /* only to be checked */
    *out = read;
    return OK;
}

static json_t *field_to_json(const struct api_identity_rule *rule,
                             const struct api_field *f)
{
    char hex[2 * 64 + 1];
    if (!api_field_counts(rule, f))
        return json_null();
    if (f->type == API_FIELD_WEAKNESS)
        return json_boolean(api_field_number(rule, f) != 0);
    if (f->type == API_FIELD_NUMBER)
        return json_integer(api_field_number(rule, f));
    hex_encode(bytes_of(api_field_at(rule, f), f->len), hex);
    return json_string(hex);
}

static bool add_fields(const struct api_identity_rule *rule, json_t *json)
{
    const struct api_fields *fields = api_fields_of(rule->kind);
    for (size_t i = 0; fields && i < fields->count; i++)
        if (json_object_set_new(json, fields->field[i].name,
                                field_to_json(rule, &fields->field[i])))
            return false;
    return fields != NULL;
}

json_t *api_rule_to_json(const struct api_identity_rule *rule)
{
    json_t *json = json_pack(
        "{s:s, s:b, s:o, s:o}", "kind", api_kind_name(rule->kind), "debug",
        rule->debug_allowed, "tcb", api_tcb_to_json(rule->tcb_mask), "anchor",
        api_json_of_hash(&rule->anchor));
    if (!json)
        return NULL;
    if (!add_fields(rule, json) || !api_terms_to_json(&rule->terms, json)) {
        json_decref(json);
        return NULL;
    }
    return json;
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
