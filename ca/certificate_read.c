#include "ca/certificate_form.h"
#include "ca/der.h"
#include "ca/extension.h"
#include "ca/oid.h"
#include "ca/signature.h"

/* The extensions we write. What no reader below looks into is checked all
 * the same, when the certificate is written down again. */
enum known {
    BASIC_CONSTRAINTS,
    KEY_USAGE,
    EXTENDED_USAGE,
    NAMES,
    SUBJECT_KEY,
    AUTHORITY,
    STATEMENT,
    KNOWN
};

static const struct bytes *const known_oids[KNOWN] = {
    [BASIC_CONSTRAINTS] = &oid_basic_constraints,
    [KEY_USAGE] = &oid_key_usage,
    [EXTENDED_USAGE] = &oid_extended_usage,
    [NAMES] = &oid_alternative_names,
    [SUBJECT_KEY] = &oid_subject_key_id,
    [AUTHORITY] = &oid_authority_key_id,
    [STATEMENT] = &oid_statement,
};

static STATUS not_ours(struct reason *why, const char *what)
{
    return refuse(why, STATUS_INVALID, "ca_certificate_read", "certificate: %s",
                  what);
}

static enum known known_find(struct bytes oid)
{
    for (int i = 0; i < KNOWN; i++)
        if (bytes_equal(*known_oids[i], oid))
            return (enum known)i;
    return KNOWN;
}

static STATUS refuse_extension(struct reason *why, struct bytes oid,
                               const char *what)
{
    char text[OID_TEXT] = "of a malformed identifier";
    status_ignore(oid_text(oid, text)); /* then the text above stands */
    return refuse(why, STATUS_INVALID, "ca_certificate_read",
                  "certificate: extension %s is %s", text, what);
}

static STATUS authority_read(struct bytes value,
                             unsigned char key_id[CA_KEY_ID_LEN],
                             struct reason *why)
{
    struct cursor in = cursor_of(value);
    struct cursor sequence = der_enter(&in, DER_SEQUENCE);
    struct bytes id = der_take(&sequence, DER_CONTEXT | 0);
    if (id.len != CA_KEY_ID_LEN || !der_finished(&sequence) ||
        !der_finished(&in))
        return not_ours(why, "its authority key identifier is malformed");
    memcpy(key_id, id.at, CA_KEY_ID_LEN);
    return OK;
}

static STATUS statement_extension_read(struct bytes value,
                                       struct ca_statement *out,
                                       struct reason *why)
{
    struct cursor in = cursor_of(value);
    struct bytes raw = der_take(&in, DER_OCTET_STRING);
    if (!der_finished(&in) || failed(statement_read(raw, out)))
        return not_ours(why, "its Accord extension is malformed or of an "
                             "unknown version or kind");
    return OK;
}

static STATUS extension_read(const struct extension *e, enum known which,
                             struct ca_facts *facts, struct reason *why)
{
    if (which == NAMES)
        return extension_names(e->value, true, &facts->names, why);
    if (which == AUTHORITY)
        return authority_read(e->value, facts->issuer, why);
    if (which == STATEMENT)
        return statement_extension_read(e->value, &facts->statement, why);
    return OK;
}

static STATUS extensions_read(struct cursor *list, struct ca_facts *facts,
                              struct reason *why)
{
    bool seen[KNOWN] = { false };
    while (!list->broken && list->left > 0) {
        struct extension e = extension_take(list);
        if (list->broken)
            break;
        enum known which = known_find(e.oid);
        if (which == KNOWN)
            return refuse_extension(why, e.oid, "unknown");
        if (seen[which])
            return refuse_extension(why, e.oid, "there twice");
        seen[which] = true;
        TRY(extension_read(&e, which, facts, why));
    }
    if (list->broken)
        return not_ours(why, "its extensions are malformed");
    if (!seen[STATEMENT])
        return not_ours(why, "it has no Accord extension");
    if (!seen[AUTHORITY])
        return not_ours(why, "it has no authority key identifier");
    return OK;
}

static STATUS tbs_read(struct cursor *tbs, struct ca_facts *facts,
                       struct reason *why)
{
    (void)der_take(tbs, DER_CONTEXT_CONSTRUCTED | 0); /* version */
    der_copy_unsigned(tbs, facts->serial, CA_SERIAL_LEN);
    if (tbs->broken)
        return not_ours(why, "its serial is not a positive number of at most "
                             "16 bytes");
    (void)der_take(tbs, DER_SEQUENCE); /* algorithm */
    (void)der_take(tbs, DER_SEQUENCE); /* issuer */
    struct cursor validity = der_enter(tbs, DER_SEQUENCE);
    facts->not_before = der_take_time(&validity);
    facts->not_after = der_take_time(&validity);
    struct bytes subject = der_take(tbs, DER_SEQUENCE);
    struct bytes spki = der_take_element(tbs);
    struct cursor tagged = der_enter(tbs, DER_CONTEXT_CONSTRUCTED | 3);
    struct cursor list = der_enter(&tagged, DER_SEQUENCE);
    if (!der_finished(&validity) || !der_finished(&tagged) ||
        !der_finished(tbs))
        return not_ours(why, "it is malformed");

    TRY(extension_common_name(subject, facts->common_name, why));
    TRY(ca_public_key_read(spki, &facts->key, why));
    return extensions_read(&list, facts, why);
}

/* Is `message` what we would write for these facts? */
static STATUS form_compare(const struct ca_facts *facts, struct bytes message,
                           struct reason *why)
{
    const char *names[CA_NAMES_MAX];
    for (size_t i = 0; i < facts->names.count; i++)
        names[i] = ca_name_at(&facts->names, i);
    struct ca_certificate_fields fields = {
        .statement = facts->statement,
        .spki = ca_spki(&facts->key),
        .not_before = facts->not_before,
        .not_after = facts->not_after,
        .common_name = facts->common_name,
        .names = names,
        .names_count = facts->names.count,
    };
    memcpy(fields.serial, facts->serial, CA_SERIAL_LEN);
    TRY(form_check(&fields, &facts->key, why));

    struct form_issuer issuer;
    memcpy(issuer.key_id, facts->issuer, CA_KEY_ID_LEN);
    AUTO_CLEAR_BUFFER again = buffer_make(CA_CERTIFICATE_MAX);
    form_put_tbs(&again, &fields, &facts->key, &issuer);
    TRY(buffer_status(&again));
    if (!bytes_equal(buffer_bytes(&again), message))
        return not_ours(why, "it is not of the form that Accord writes: "
                             "version, algorithm, issuer, a usage or the "
                             "order of extensions differs");
    return OK;
}

struct status ca_certificate_read(struct bytes der, struct ca_facts *out,
                                  struct reason *why)
{
    struct signature_parts parts;
    if (der.len > CA_CERTIFICATE_MAX ||
        failed(signature_take_signed(der, &parts)))
        return not_ours(why, "it is malformed");
    if (!signature_is_ecdsa_sha256(parts.algorithm))
        return not_ours(why, "it is not signed with ecdsa-with-SHA256");

    struct ca_facts facts = { 0 };
    struct cursor in = cursor_of(parts.message);
    struct cursor tbs = der_enter(&in, DER_SEQUENCE);
    TRY(tbs_read(&tbs, &facts, why));
    TRY(form_compare(&facts, parts.message, why));

    enum ca_kind kind = facts.statement.kind; /* as form_put_tbs() has it */
    facts.client = kind != CA_SERVER && kind != CA_INTAKE;
    facts.server = kind != CA_PERSON && kind != CA_INTAKE;
    *out = facts;
    return OK;
}
