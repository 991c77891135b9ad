/* What a certificate of ours may say; the same for building and reading. */

#include "ca/certificate_form.h"
#include "ca/der.h"
#include "ca/root.h"

#define DAY 86400ull

uint64_t ca_lifetime_max(enum ca_kind kind)
{
    switch (kind) {
    case CA_SERVER: return 30 * DAY;
    case CA_PERSON: return 365 * DAY;
    case CA_NODE: return 30 * DAY;
    case CA_ENCLAVE: return 2 * DAY;
    case CA_INTAKE: return CA_ROOT_LIFETIME;
    }
    return 0;
}

static STATUS not_ours(struct reason *why, enum ca_kind kind, const char *what)
{
    return refuse(why, STATUS_INVALID, "certificate", "%s certificate: %s",
                  ca_kind_name(kind), what);
}

static STATUS life_check(const struct ca_certificate_fields *fields,
                         struct reason *why)
{
    enum ca_kind kind = fields->statement.kind;
    if (fields->not_after > DER_TIME_MAX)
        return not_ours(why, kind, "it ends after the year 9999");
    if (fields->not_after <= fields->not_before)
        return not_ours(why, kind, "it ends before it begins");
    if (fields->not_after - fields->not_before > ca_lifetime_max(kind))
        return refuse(
            why, STATUS_INVALID, "certificate",
            "%s certificate: its life of %llu s is over the cap of "
            "%llu s",
            ca_kind_name(kind),
            (unsigned long long)(fields->not_after - fields->not_before),
            (unsigned long long)ca_lifetime_max(kind));
    return OK;
}

static STATUS key_check(enum ca_kind kind, const struct ca_public_key *key,
                        struct reason *why)
{
    if (kind == CA_INTAKE && (key->type != CA_RSA || key->bits != 3072))
        return not_ours(why, kind, "its key is not RSA of 3072 bits");
    if (kind != CA_INTAKE && kind != CA_ENCLAVE && key->type != CA_P256)
        return not_ours(why, kind, "its key is not on P-256");
    return OK;
}

/* How many names are of the enclave's form; the last of them in *out. */
static size_t count_of_form(const struct ca_names *names,
                            struct ca_enclave_name *out)
{
    size_t count = 0;
    for (size_t i = 0; i < names->count; i++)
        if (!failed(ca_enclave_name_parse(ca_name_at(names, i), NULL, out)))
            count++;
    return count;
}

static STATUS enclave_names_check(const struct ca_statement *statement,
                                  size_t of_form,
                                  const struct ca_enclave_name *name,
                                  struct reason *why)
{
    if (of_form != 1)
        return not_ours(why, CA_ENCLAVE,
                        "it must have exactly one name of the form "
                        "<hash>.<label>.id.<domain>");
    if (!hash_equal(&name->configuration, &statement->configuration))
        return not_ours(why, CA_ENCLAVE,
                        "its name is of another configuration");
    return OK;
}

static STATUS names_check(const struct ca_certificate_fields *fields,
                          struct reason *why)
{
    enum ca_kind kind = fields->statement.kind;
    struct ca_names names = { 0 };
    struct ca_enclave_name name = { 0 };
    for (size_t i = 0; i < fields->names_count; i++)
        TRY(ca_names_add(&names, bytes_of_string(fields->names[i]), why));

    size_t of_form = count_of_form(&names, &name);
    if (kind == CA_ENCLAVE)
        return enclave_names_check(&fields->statement, of_form, &name, why);
    if (kind == CA_SERVER && names.count == 0)
        return not_ours(why, kind, "it has no name");
    if (kind != CA_SERVER && names.count > 0)
        return not_ours(why, kind, "it must have no dNSNames");
    if (of_form > 0)
        return not_ours(why, kind, "it bears the name of an enclave");
    return OK;
}

struct status form_check(const struct ca_certificate_fields *fields,
                         const struct ca_public_key *key, struct reason *why)
{
    enum ca_kind kind = fields->statement.kind;
    const char *cn = fields->common_name ? fields->common_name : "";
    TRY(statement_check(&fields->statement, why));
    TRY(form_serial_check(fields->serial, why));
    TRY(life_check(fields, why));
    TRY(key_check(kind, key, why));
    if (!form_is_common_name(bytes_of_string(cn)))
        return not_ours(why, kind,
                        "its common name is longer than 64 bytes or not "
                        "plain UTF-8");
    return names_check(fields, why);
}
