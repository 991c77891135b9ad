#include "ca/extension.h"

#include "ca/certificate_form.h"
#include "ca/der.h"
#include "ca/oid.h"

struct extension extension_take(struct cursor *list)
{
    struct extension e = { .critical = false };
    struct cursor in = der_enter(list, DER_SEQUENCE);
    e.oid = der_take(&in, DER_OID);
    if (der_next(&in) == DER_BOOLEAN) { /* FALSE is never written */
        e.critical = true;
        if (!bytes_equal(der_take(&in, DER_BOOLEAN), bytes_of("\xff", 1)))
            in.broken = true;
    }
    e.value = der_take(&in, DER_OCTET_STRING);
    if (!der_finished(&in))
        list->broken = true;
    return e;
}

static STATUS bad_name(struct reason *why, const char *what)
{
    return refuse(why, STATUS_INVALID, "subject", "subject: %s", what);
}

static STATUS take_text(struct cursor *pair, char out[CA_COMMON_NAME_MAX + 1],
                        struct reason *why)
{
    unsigned tag = der_next(pair);
    if (tag != DER_UTF8_STRING && tag != DER_PRINTABLE_STRING &&
        tag != DER_IA5_STRING)
        return bad_name(why, "the common name is not a UTF-8, printable or "
                             "IA5 string");
    struct bytes text = der_take(pair, tag);
    if (!der_finished(pair) || text.len == 0 || !form_is_common_name(text))
        return bad_name(why, "the common name is empty, longer than 64 bytes "
                             "or not plain UTF-8");
    memcpy(out, text.at, text.len);
    out[text.len] = '\0';
    return OK;
}

/* One RelativeDistinguishedName: a SET of pairs of type and value. */
static STATUS take_rdn(struct cursor *name, char out[CA_COMMON_NAME_MAX + 1],
                       struct reason *why)
{
    struct cursor set = der_enter(name, DER_SET);
    if (set.left == 0)
        set.broken = true;
    while (!set.broken && set.left > 0) {
        struct cursor pair = der_enter(&set, DER_SEQUENCE);
        struct bytes oid = der_take(&pair, DER_OID);
        if (!bytes_equal(oid, oid_common_name)) {
            (void)der_take_element(&pair);
            if (!der_finished(&pair))
                set.broken = true;
            continue;
        }
        if (out[0] != '\0')
            return bad_name(why, "it has two common names");
        TRY(take_text(&pair, out, why));
    }
    return set.broken ? bad_name(why, "it is malformed") : OK;
}

struct status extension_common_name(struct bytes name,
                                    char out[CA_COMMON_NAME_MAX + 1],
                                    struct reason *why)
{
    char found[CA_COMMON_NAME_MAX + 1] = "";
    struct cursor in = cursor_of(name);
    while (!in.broken && in.left > 0)
        TRY(take_rdn(&in, found, why));
    if (in.broken)
        return bad_name(why, "it is malformed");
    memcpy(out, found, sizeof(found));
    return OK;
}

/* IPv4 or IPv6, without a mask. */
static void skip_address(struct cursor *list, unsigned tag)
{
    size_t len = der_take(list, tag).len;
    if (len != 4 && len != 16)
        list->broken = true;
}

struct status extension_names(struct bytes value, bool addresses,
                              struct ca_names *names, struct reason *why)
{
    struct cursor in = cursor_of(value);
    struct cursor list = der_enter(&in, DER_SEQUENCE);
    while (!list.broken && list.left > 0) {
        unsigned tag = der_next(&list);
        if (tag == (DER_CONTEXT | 2))
            TRY(ca_names_add(names, der_take(&list, tag), why));
        else if (tag == (DER_CONTEXT | 7) && addresses)
            skip_address(&list, tag);
        else
            return refuse(why, STATUS_INVALID, "subjectAltName",
                          "subjectAltName: a name that is not a dNSName");
    }
    if (!der_finished(&list) || !der_finished(&in))
        return refuse(why, STATUS_INVALID, "subjectAltName",
                      "subjectAltName: it is malformed");
    return OK;
}
