#include "ca/crl.h"

#include <stdlib.h>

#include "ca/certificate_form.h"
#include "ca/der.h"
#include "ca/oid.h"
#include "ca/root.h"
#include "ca/signature.h"

static STATUS refuse_list(struct reason *why, const char *what)
{
    return refuse(why, STATUS_INVALID, "ca_crl_build", "revocation list: %s",
                  what);
}

static int serial_order(const void *a, const void *b)
{
    return memcmp(a, b, CA_SERIAL_LEN);
}

/* Sorted, so that a double stands beside its like. */
static STATUS serials_check(unsigned char *sorted, size_t len,
                            struct reason *why)
{
    qsort(sorted, len / CA_SERIAL_LEN, CA_SERIAL_LEN, serial_order);
    for (size_t i = 0; i < len; i += CA_SERIAL_LEN) {
        TRY(form_serial_check(sorted + i, why));
        if (i > 0 && serial_order(sorted + i - CA_SERIAL_LEN, sorted + i) == 0)
            return refuse_list(why, "a serial is there twice");
    }
    return OK;
}

static STATUS fields_check(const struct ca_crl_fields *fields,
                           struct reason *why)
{
    size_t len = fields->serials.len;
    if (len % CA_SERIAL_LEN != 0 || len / CA_SERIAL_LEN > CA_CRL_SERIALS_MAX)
        return refuse_list(why, "serials are not whole or too many");
    if (fields->next_update <= fields->this_update ||
        fields->next_update > DER_TIME_MAX)
        return refuse_list(why, "the next update is not after this one");
    if (len == 0)
        return OK;

    AUTO_CLEAR_BUFFER sorted = buffer_make(len);
    buffer_put(&sorted, fields->serials);
    TRY(buffer_status(&sorted));
    return serials_check(sorted.data, len, why);
}

static void put_entries(struct buffer *out, const struct ca_crl_fields *fields)
{
    if (fields->serials.len == 0)
        return; /* an empty list must be absent: RFC 5280 section 5.1.2.6 */
    size_t list = der_open(out, DER_SEQUENCE);
    for (size_t i = 0; i < fields->serials.len; i += CA_SERIAL_LEN) {
        size_t entry = der_open(out, DER_SEQUENCE);
        der_put_unsigned(out, bytes_of(fields->serials.at + i, CA_SERIAL_LEN));
        der_put_time(out, fields->this_update);
        der_close(out, entry);
    }
    der_close(out, list);
}

static void put_number(struct buffer *out, uint64_t number)
{
    AUTO_CLEAR_BUFFER value = buffer_make(16);
    der_put_number(&value, number);
    if (failed(buffer_status(&value)))
        out->refused = value.refused;
    form_put_extension(out, oid_crl_number, false, buffer_bytes(&value));
}

static void put_tbs(struct buffer *out, const struct ca_crl_fields *fields,
                    const struct form_issuer *issuer)
{
    size_t tbs = der_open(out, DER_SEQUENCE);
    der_put_number(out, 1); /* means version 2 */
    signature_put_algorithm(out, CA_P256);
    form_put_issuer_name(out, issuer);
    der_put_time(out, fields->this_update);
    der_put_time(out, fields->next_update);
    put_entries(out, fields);

    size_t tagged = der_open(out, DER_CONTEXT_CONSTRUCTED | 0);
    size_t list = der_open(out, DER_SEQUENCE);
    form_put_authority(out, issuer);
    put_number(out, fields->number);
    der_close(out, list);
    der_close(out, tagged);
    der_close(out, tbs);
}

struct status ca_crl_build(const struct ca_crl_fields *fields,
                           struct bytes issuer, const struct ca_signer *signer,
                           struct buffer *der_out, struct reason *why)
{
    struct ca_root root;
    TRY(fields_check(fields, why));
    TRY(ca_root_read(issuer, &root, why));

    AUTO_CLEAR_BUFFER tbs = buffer_make(CA_CRL_MAX);
    struct form_issuer by = form_issuer_of(&root.key);
    put_tbs(&tbs, fields, &by);
    TRY(buffer_status(&tbs));
    return signature_put_signed(buffer_bytes(&tbs), signer, &root.key, der_out);
}
