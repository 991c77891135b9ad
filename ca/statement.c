#include "ca/certificate_form.h"

#include "base/cursor.h"

#define VERSION 1

void statement_put(struct buffer *out, const struct ca_statement *statement)
{
    buffer_put_u8(out, VERSION);
    buffer_put_u8(out, (uint8_t)statement->kind);
    buffer_put(out, api_id_bytes(&statement->account));
    buffer_put(out, api_id_bytes(&statement->id));
    buffer_put_u8(out, statement->evidence_kind);
    buffer_put(out, hash_bytes(&statement->identity));
    buffer_put(out, hash_bytes(&statement->evidence));
    buffer_put_u64(out, statement->evidence_time);
    buffer_put(out, hash_bytes(&statement->configuration));
}

struct status statement_read(struct bytes value, struct ca_statement *out)
{
    struct ca_statement s = { 0 };
    struct cursor in = cursor_of(value);
    uint8_t version = cursor_u8(&in);
    uint8_t kind = cursor_u8(&in);
    cursor_copy(&in, s.account.bytes, sizeof(s.account.bytes));
    cursor_copy(&in, s.id.bytes, sizeof(s.id.bytes));
    s.evidence_kind = cursor_u8(&in);
    cursor_copy(&in, s.identity.bytes, sizeof(s.identity.bytes));
    cursor_copy(&in, s.evidence.bytes, sizeof(s.evidence.bytes));
    s.evidence_time = cursor_u64(&in);
    cursor_copy(&in, s.configuration.bytes, sizeof(s.configuration.bytes));
    TRY(cursor_finish(&in, "statement_read"));
    if (version != VERSION || kind < CA_SERVER || kind > CA_INTAKE)
        return failure(STATUS_INVALID, "statement_read", 0);
    s.kind = (enum ca_kind)kind;
    *out = s;
    return OK;
}

const char *ca_kind_name(enum ca_kind kind)
{
    switch (kind) {
    case CA_SERVER: return "server";
    case CA_PERSON: return "person";
    case CA_NODE: return "node";
    case CA_ENCLAVE: return "enclave";
    case CA_INTAKE: return "intake";
    }
    return NULL;
}

static STATUS misstated(struct reason *why, const struct ca_statement *s,
                        const char *what)
{
    return refuse(why, STATUS_INVALID, "statement", "%s certificate: %s",
                  ca_kind_name(s->kind), what);
}

static bool has_evidence(const struct ca_statement *s)
{
    return s->evidence_kind != 0 && !hash_is_zero(&s->identity) &&
           !hash_is_zero(&s->evidence);
}

static bool has_no_evidence(const struct ca_statement *s)
{
    return s->evidence_kind == 0 && hash_is_zero(&s->identity) &&
           hash_is_zero(&s->evidence) && s->evidence_time == 0;
}

static STATUS holder_check(const struct ca_statement *s, struct reason *why)
{
    bool holds = s->kind == CA_PERSON || s->kind == CA_NODE;
    bool installation = s->kind == CA_SERVER || s->kind == CA_INTAKE;
    if (installation &&
        !(api_id_is_zero(&s->account) && api_id_is_zero(&s->id)))
        return misstated(why, s, "it belongs to no account and has no id");
    if (holds && api_id_is_zero(&s->id))
        return misstated(why, s, "the id is zero");
    if (s->kind == CA_ENCLAVE && api_id_is_zero(&s->account))
        return misstated(why, s, "the account is zero");
    return OK;
}

struct status statement_check(const struct ca_statement *s, struct reason *why)
{
    if (!ca_kind_name(s->kind))
        return refuse(why, STATUS_INVALID, "statement",
                      "certificate: there is no kind %d", (int)s->kind);
    TRY(holder_check(s, why));

    if (s->kind == CA_ENCLAVE && hash_is_zero(&s->configuration))
        return misstated(why, s, "the configuration hash is zero");
    if (s->kind != CA_ENCLAVE && !hash_is_zero(&s->configuration))
        return misstated(why, s, "it runs no configuration");
    if (s->kind == CA_ENCLAVE && !has_evidence(s))
        return misstated(why, s,
                         "evidence kind, digest and identity hash "
                         "must be there");
    if (s->kind == CA_NODE && !has_evidence(s) && !has_no_evidence(s))
        return misstated(why, s, "evidence is stated in part");
    if (s->kind != CA_ENCLAVE && s->kind != CA_NODE && !has_no_evidence(s))
        return misstated(why, s, "it has no evidence");
    return OK;
}
