/* identity.c - a rule as fixed-width bytes, and their hash. */

#include "api/identity.h"

#include "api/identity_fields.h"
#include "base/text.h"

#define ORIGIN      "identity"
#define HASH_PREFIX "accord identity v1"
#define NAME_PREFIX "accord label v1"

static STATUS wrong(const char *what, struct reason *why)
{
    return refuse(why, STATUS_INVALID, ORIGIN, "%s", what);
}

/* *out are the fields of a kind that is known. */
static STATUS find_fields(uint8_t kind, const struct api_fields **out,
                          struct reason *why)
{
    *out = api_fields_of(kind);
    if (!*out || !api_kind_name(kind))
        return refuse(why, STATUS_INVALID, ORIGIN, "kind %u is unknown", kind);
    if (kind == (API_KIND_NITRO | API_KIND_NODE_VOUCHED))
        return refuse(why, STATUS_INVALID, ORIGIN,
                      "no node vouches for Nitro: its documents travel whole");
    return OK;
}

static STATUS check_form(const struct api_fields *fields, uint8_t form,
                         struct reason *why)
{
    bool one = form != 0 && (form & (form - 1)) == 0;
    if ((form & ~fields->forms) || (fields->one_form && !one))
        return refuse(why, STATUS_INVALID, ORIGIN, "form %u is unknown", form);
    return OK;
}

static STATUS check_field(const struct api_identity_rule *rule,
                          const struct api_field *f, struct reason *why)
{
    bool zero = api_field_is_zero(rule, f);
    if (!api_field_counts(rule, f)) {
        if (zero)
            return OK;
        return refuse(why, STATUS_INVALID, ORIGIN,
                      "%s has a value that the rule's form does not use",
                      f->name);
    }
    if (f->measures && zero)
        return refuse(why, STATUS_INVALID, ORIGIN, "%s is zero or missing",
                      f->name);
    if (f->type != API_FIELD_BYTES && api_field_number(rule, f) > f->max)
        return refuse(why, STATUS_INVALID, ORIGIN, "%s is more than %lu",
                      f->name, (unsigned long)f->max);
    return OK;
}

static STATUS check(const struct api_identity_rule *rule, struct reason *why)
{
    const struct api_fields *fields;
    TRY(find_fields(rule->kind, &fields, why));
    TRY(check_form(fields, rule->form, why));
    for (size_t i = 0; i < fields->count; i++)
        TRY(check_field(rule, &fields->field[i], why));
    if (rule->debug_allowed > 1)
        return wrong("debug is neither allowed nor forbidden", why);
    if (rule->debug_allowed &&
        (rule->kind & API_KIND_PLATFORM) == API_KIND_NITRO)
        return wrong("debug cannot be allowed: a Nitro enclave in debug mode "
                     "measures nothing",
                     why);
    if (rule->tcb_mask == 0)
        return wrong("tcb accepts no status: nothing could match", why);
    if (rule->tcb_mask & ~API_TCB_ALL)
        return wrong("tcb accepts an unknown status", why);
    if (hash_is_zero(&rule->anchor))
        return wrong("anchor is zero or missing", why);
    return OK;
}

static void put_field(struct buffer *out, const struct api_identity_rule *rule,
                      const struct api_field *f)
{
    if (f->type == API_FIELD_BYTES)
        buffer_put(out, bytes_of(api_field_at(rule, f), f->len));
    else if (f->len == 4)
        buffer_put_u32(out, api_field_number(rule, f));
    else if (f->len == 2)
        buffer_put_u16(out, (uint16_t)api_field_number(rule, f));
    else
        buffer_put_u8(out, (uint8_t)api_field_number(rule, f));
}

/* kind || measured */
static void put_measured(struct buffer *out,
                         const struct api_identity_rule *rule)
{
    const struct api_fields *fields = api_fields_of(rule->kind);
    buffer_put_u8(out, rule->kind);
    buffer_put_u8(out, rule->form);
    for (size_t i = 0; i < fields->count; i++)
        put_field(out, rule, &fields->field[i]);
}

struct status api_identity_encode(const struct api_identity_rule *rule,
                                  struct buffer *out, struct reason *why)
{
    AUTO_CLEAR_BUFFER terms = buffer_make(API_IDENTITY_MAX);
    TRY(check(rule, why));
    TRY(api_terms_encode(&rule->terms, &terms, why));
    put_measured(out, rule);
    buffer_put_u8(out, rule->debug_allowed);
    buffer_put_u16(out, rule->tcb_mask);
    buffer_put(out, hash_bytes(&rule->anchor));
    buffer_put(out, buffer_bytes(&terms));
    return buffer_status(out);
}

static void take_field(struct cursor *in, struct api_identity_rule *rule,
                       const struct api_field *f)
{
    if (f->type == API_FIELD_BYTES)
        cursor_copy(in, (unsigned char *)rule + f->offset, f->len);
    else if (f->len == 4)
        api_field_set_number(rule, f, cursor_u32(in));
    else if (f->len == 2)
        api_field_set_number(rule, f, cursor_u16(in));
    else
        api_field_set_number(rule, f, cursor_u8(in));
}

struct status api_identity_decode(struct bytes encoded,
                                  struct api_identity_rule *out,
                                  struct reason *why)
{
    struct cursor in = cursor_of(encoded);
    struct api_identity_rule rule = { .kind = cursor_u8(&in) };
    const struct api_fields *fields;
    if (in.broken)
        return wrong("the rule is cut short", why);
    TRY(find_fields(rule.kind, &fields, why)); /* it decides what follows */
    rule.form = cursor_u8(&in);
    for (size_t i = 0; i < fields->count; i++)
        take_field(&in, &rule, &fields->field[i]);
    rule.debug_allowed = cursor_u8(&in);
    rule.tcb_mask = cursor_u16(&in);
    cursor_copy(&in, rule.anchor.bytes, HASH_LEN);
    if (in.broken)
        return wrong("the rule is cut short", why);
    TRY(check(&rule, why));
    TRY(api_terms_decode(&in, &rule.terms, why));
    *out = rule;
    return OK;
}

struct status api_identity_hash(const struct api_identity_rule *rule,
                                struct hash *out, struct reason *why)
{
    AUTO_CLEAR_BUFFER encoded = buffer_make(API_IDENTITY_MAX);
    TRY(api_identity_encode(rule, &encoded, why));
    return hash_of(out, bytes_of_string(HASH_PREFIX), buffer_bytes(&encoded));
}

struct status api_identity_label(const struct api_identity_rule *rule,
                                 const unsigned char mrenclave[32],
                                 char out[API_LABEL_LEN + 1],
                                 struct reason *why)
{
    AUTO_CLEAR_BUFFER measured = buffer_make(API_IDENTITY_MAX);
    struct hash label;
    TRY(check(rule, why));
    if ((rule->kind & API_KIND_PLATFORM) == API_KIND_SGX) {
        hex_encode(bytes_of(mrenclave, 32), out);
        return OK;
    }
    put_measured(&measured, rule);
    TRY(buffer_status(&measured));
    TRY(hash_of(&label, bytes_of_string(NAME_PREFIX), buffer_bytes(&measured)));
    hex_encode(hash_bytes(&label), out);
    return OK;
}
