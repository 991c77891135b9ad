#include "ca/certificate_form.h"

#include <openssl/asn1.h>

#include "base/text.h"
#include "ca/der.h"
#include "ca/ip.h"
#include "ca/oid.h"

#define ROOT_DIGITS 16

/* Room for any one extension of ours: the longest holds the names. */
#define EXTENSION_MAX 4096

struct form_issuer form_issuer_of(const struct ca_public_key *key)
{
    struct form_issuer issuer;
    memcpy(issuer.key_id, key->hash.bytes, sizeof(issuer.key_id));
    return issuer;
}

/* --- names and head ------------------------------------------------------ */

bool form_is_common_name(struct bytes text)
{
    if (text.len > CA_COMMON_NAME_MAX)
        return false;
    while (text.len > 0) {
        unsigned long c;
        int used = UTF8_getc(text.at, (int)text.len, &c);
        if (used <= 0 || c < 0x20 || (c >= 0x7f && c < 0xa0))
            return false;
        text = bytes_of(text.at + used, text.len - (size_t)used);
    }
    return true;
}

void form_put_name(struct buffer *out, const char *common_name)
{
    size_t name = der_open(out, DER_SEQUENCE);
    if (common_name && *common_name) {
        size_t set = der_open(out, DER_SET);
        size_t pair = der_open(out, DER_SEQUENCE);
        der_put(out, DER_OID, oid_common_name);
        der_put(out, DER_UTF8_STRING, bytes_of_string(common_name));
        der_close(out, pair);
        der_close(out, set);
    }
    der_close(out, name);
}

void form_put_issuer_name(struct buffer *out, const struct form_issuer *issuer)
{
    char name[sizeof(FORM_ROOT_NAME) + ROOT_DIGITS] = FORM_ROOT_NAME;
    hex_encode(bytes_of(issuer->key_id, ROOT_DIGITS / 2),
               name + sizeof(FORM_ROOT_NAME) - 1);
    form_put_name(out, name);
}

void form_put_head(struct buffer *out,
                   const unsigned char serial[CA_SERIAL_LEN],
                   const struct form_issuer *issuer, uint64_t not_before,
                   uint64_t not_after)
{
    size_t version = der_open(out, DER_CONTEXT_CONSTRUCTED | 0);
    der_put_number(out, 2); /* means version 3 */
    der_close(out, version);
    der_put_unsigned(out, bytes_of(serial, CA_SERIAL_LEN));

    size_t algorithm = der_open(out, DER_SEQUENCE);
    der_put(out, DER_OID, oid_ecdsa_sha256);
    der_close(out, algorithm);
    form_put_issuer_name(out, issuer);

    size_t validity = der_open(out, DER_SEQUENCE);
    der_put_time(out, not_before);
    der_put_time(out, not_after);
    der_close(out, validity);
}

struct status form_serial_check(const unsigned char serial[CA_SERIAL_LEN],
                                struct reason *why)
{
    static const unsigned char zero[CA_SERIAL_LEN];
    if (serial[0] & 0x80 || memcmp(serial, zero, sizeof(zero)) == 0)
        return refuse(why, STATUS_INVALID, "serial",
                      "serial: it is not a positive number of 16 bytes");
    return OK;
}

/* --- extensions ---------------------------------------------------------- */

void form_put_extension(struct buffer *out, struct bytes oid, bool critical,
                        struct bytes value)
{
    static const unsigned char yes = 0xff;
    size_t extension = der_open(out, DER_SEQUENCE);
    der_put(out, DER_OID, oid);
    if (critical)
        der_put(out, DER_BOOLEAN, bytes_of(&yes, 1));
    der_put(out, DER_OCTET_STRING, value);
    der_close(out, extension);
}

/* Writes `value`, a buffer of one extension's contents, with its refusal. */
static void put_buffered(struct buffer *out, struct bytes oid, bool critical,
                         const struct buffer *value)
{
    if (failed(buffer_status(value)))
        out->refused = value->refused;
    form_put_extension(out, oid, critical, buffer_bytes(value));
}

void form_put_key_usage(struct buffer *out, uint8_t bits)
{
    uint8_t unused = 0;
    while (!(bits >> unused & 1))
        unused++;
    const unsigned char value[] = { DER_BIT_STRING, 2, unused, bits };
    form_put_extension(out, oid_key_usage, true,
                       bytes_of(value, sizeof(value)));
}

void form_put_subject_key(struct buffer *out, const struct ca_public_key *key)
{
    AUTO_CLEAR_BUFFER value = buffer_make(EXTENSION_MAX);
    der_put(&value, DER_OCTET_STRING, bytes_of(key->hash.bytes, CA_KEY_ID_LEN));
    put_buffered(out, oid_subject_key_id, false, &value);
}

void form_put_authority(struct buffer *out, const struct form_issuer *issuer)
{
    AUTO_CLEAR_BUFFER value = buffer_make(EXTENSION_MAX);
    size_t place = der_open(&value, DER_SEQUENCE);
    der_put(&value, DER_CONTEXT | 0, bytes_of(issuer->key_id, CA_KEY_ID_LEN));
    der_close(&value, place);
    put_buffered(out, oid_authority_key_id, false, &value);
}

static void put_extended_usage(struct buffer *out, enum ca_kind kind)
{
    AUTO_CLEAR_BUFFER value = buffer_make(EXTENSION_MAX);
    size_t place = der_open(&value, DER_SEQUENCE);
    if (kind == CA_INTAKE)
        der_put(&value, DER_OID, oid_intake_use);
    if (kind != CA_PERSON && kind != CA_INTAKE)
        der_put(&value, DER_OID, oid_server_auth);
    if (kind != CA_SERVER && kind != CA_INTAKE)
        der_put(&value, DER_OID, oid_client_auth);
    der_close(&value, place);
    put_buffered(out, oid_extended_usage, false, &value);
}

/* Mbed TLS compares IP literals with dNSNames, OpenSSL with iPAddresses. */
static void put_names(struct buffer *out,
                      const struct ca_certificate_fields *fields, bool critical)
{
    AUTO_CLEAR_BUFFER value = buffer_make(EXTENSION_MAX);
    size_t place = der_open(&value, DER_SEQUENCE);
    for (size_t i = 0; i < fields->names_count; i++)
        der_put(&value, DER_CONTEXT | 2, bytes_of_string(fields->names[i]));
    for (size_t i = 0; i < fields->names_count; i++) {
        unsigned char address[IP_LEN_MAX];
        size_t len = ip_literal(bytes_of_string(fields->names[i]), address);
        if (len > 0)
            der_put(&value, DER_CONTEXT | 7, bytes_of(address, len));
    }
    der_close(&value, place);
    put_buffered(out, oid_alternative_names, critical, &value);
}

static void put_statement(struct buffer *out,
                          const struct ca_statement *statement)
{
    AUTO_CLEAR_BUFFER raw = buffer_make(CA_STATEMENT_LEN);
    AUTO_CLEAR_BUFFER value = buffer_make(EXTENSION_MAX);
    statement_put(&raw, statement);
    der_put(&value, DER_OCTET_STRING, buffer_bytes(&raw));
    if (failed(buffer_status(&raw)))
        out->refused = raw.refused;
    put_buffered(out, oid_statement, false, &value);
}

static void put_extensions(struct buffer *out,
                           const struct ca_certificate_fields *fields,
                           const struct ca_public_key *key,
                           const struct form_issuer *issuer)
{
    static const unsigned char not_an_authority[] = { DER_SEQUENCE, 0 };
    enum ca_kind kind = fields->statement.kind;
    bool no_subject = !fields->common_name || !*fields->common_name;

    form_put_extension(out, oid_basic_constraints, true,
                       bytes_of(not_an_authority, sizeof(not_an_authority)));
    form_put_key_usage(out, kind == CA_INTAKE ? FORM_KEY_ENCIPHERMENT
                                              : FORM_DIGITAL_SIGNATURE);
    put_extended_usage(out, kind);
    if (fields->names_count > 0)
        put_names(out, fields, no_subject);
    form_put_subject_key(out, key);
    form_put_authority(out, issuer);
    put_statement(out, &fields->statement);
}

void form_put_tbs(struct buffer *out,
                  const struct ca_certificate_fields *fields,
                  const struct ca_public_key *key,
                  const struct form_issuer *issuer)
{
    size_t tbs = der_open(out, DER_SEQUENCE);
    form_put_head(out, fields->serial, issuer, fields->not_before,
                  fields->not_after);
    form_put_name(out, fields->common_name);
    buffer_put(out, ca_spki(key));
    size_t tagged = der_open(out, DER_CONTEXT_CONSTRUCTED | 3);
    size_t list = der_open(out, DER_SEQUENCE);
    put_extensions(out, fields, key, issuer);
    der_close(out, list);
    der_close(out, tagged);
    der_close(out, tbs);
}
