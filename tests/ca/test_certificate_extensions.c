/* Certificates with extensions that are not ours, or not in their place. */

#include "tests/support/check.h"

#include <string.h>

#include "ca/der.h"
#include "ca/oid.h"
#include "tests/ca/authority.h"
#include "tests/ca/rewrite.h"

static size_t chosen; /* which extension the edits below change */

static void drop(struct bytes extension, size_t index, struct buffer *out)
{
    if (index != chosen)
        buffer_put(out, extension);
}

static void repeat(struct bytes extension, size_t index, struct buffer *out)
{
    buffer_put(out, extension);
    if (index == chosen)
        buffer_put(out, extension);
}

static void put_extension(struct buffer *out, struct bytes oid,
                          struct bytes critical, struct bytes value)
{
    size_t place = der_open(out, DER_SEQUENCE);
    der_put(out, DER_OID, oid);
    if (critical.len > 0)
        der_put(out, DER_BOOLEAN, critical);
    der_put(out, DER_OCTET_STRING, value);
    der_close(out, place);
}

static void flip_critical(struct bytes extension, size_t index,
                          struct buffer *out)
{
    if (index != chosen) {
        buffer_put(out, extension);
        return;
    }
    struct cursor in = cursor_of(extension);
    struct cursor parts = der_enter(&in, DER_SEQUENCE);
    struct bytes oid = der_take(&parts, DER_OID);
    bool critical = der_next(&parts) == DER_BOOLEAN;
    if (critical)
        (void)der_take(&parts, DER_BOOLEAN);
    put_extension(out, oid, bytes_of("\xff", critical ? 0 : 1),
                  der_take(&parts, DER_OCTET_STRING));
}

static void say_false(struct bytes extension, size_t index, struct buffer *out)
{
    struct cursor in = cursor_of(extension);
    struct cursor parts = der_enter(&in, DER_SEQUENCE);
    struct bytes oid = der_take(&parts, DER_OID);
    if (index == chosen && der_next(&parts) != DER_BOOLEAN)
        put_extension(out, oid, bytes_of("", 1),
                      der_take(&parts, DER_OCTET_STRING));
    else
        buffer_put(out, extension);
}

static void add_unknown(struct bytes extension, size_t index,
                        struct buffer *out)
{
    buffer_put(out, extension);
    if (index == 0)
        put_extension(out, bytes_of("\x2a\x03\x04", 3),
                      bytes_of("\xff", chosen), bytes_of("\x05\x00", 2));
}

static void add_authority(struct bytes extension, size_t index,
                          struct buffer *out)
{
    if (index > 0)
        buffer_put(out, extension);
    else /* CA:TRUE */
        put_extension(out, oid_basic_constraints, bytes_of("\xff", 1),
                      bytes_of("\x30\x03\x01\x01\xff", 5));
}

static void short_authority_key(struct bytes extension, size_t index,
                                struct buffer *out)
{
    if (index != 4)
        buffer_put(out, extension);
    else
        put_extension(out, oid_authority_key_id, bytes_of(NULL, 0),
                      bytes_of("\x30\x04\x80\x02\x01\x02", 6));
}

static void long_statement(struct bytes extension, size_t index,
                           struct buffer *out)
{
    unsigned char value[3 + CA_STATEMENT_LEN + 1] = { 4, 0x81,
                                                      CA_STATEMENT_LEN + 1, 1,
                                                      CA_PERSON };
    if (index != 5)
        buffer_put(out, extension);
    else
        put_extension(out, oid_statement, bytes_of(NULL, 0),
                      bytes_of(value, sizeof(value)));
}

static struct bytes held; /* an extension waiting for the next one */

static void swap(struct bytes extension, size_t index, struct buffer *out)
{
    if (index == chosen) {
        held = extension;
        return;
    }
    buffer_put(out, extension);
    if (index == chosen + 1)
        buffer_put(out, held);
}

static void refused_edit(enum ca_kind kind, rewrite_extension *edit,
                         const char *because)
{
    AUTO_CLEAR_BUFFER changed = buffer_make(CA_CERTIFICATE_MAX);
    rewrite_extensions(sample_der(kind), edit, &changed);
    assert_certificate_refused(buffer_bytes(&changed), because);
}

/* A person's: constraints, usage, extended usage, two identifiers, statement;
 * a server has names in fourth place. */
static void every_extension_is_there_once_in_its_place(void **state)
{
    (void)state;
    static const char *const missing[] = {
        "form that Accord writes",  "form that Accord writes",
        "form that Accord writes",  "form that Accord writes",
        "authority key identifier", "no Accord extension",
    };
    static const char *const oids[] = { "2.5.29.19", "2.5.29.15",
                                        "2.5.29.37", "2.5.29.14",
                                        "2.5.29.35", CA_STATEMENT_OID };
    for (chosen = 0; chosen < 6; chosen++) {
        char twice[128];
        snprintf(twice, sizeof(twice), "extension %s is there twice",
                 oids[chosen]);
        refused_edit(CA_PERSON, drop, missing[chosen]);
        refused_edit(CA_PERSON, repeat, twice);
        refused_edit(CA_PERSON, flip_critical, "form that Accord writes");
        if (chosen < 5)
            refused_edit(CA_PERSON, swap, "form that Accord writes");
    }
    chosen = 3;
    refused_edit(CA_SERVER, drop, "no name");
    refused_edit(CA_SERVER, repeat, "2.5.29.17 is there twice");
    refused_edit(CA_SERVER, flip_critical, "form that Accord writes");
}

static void what_is_not_understood_is_assert_certificate_refused(void **state)
{
    (void)state;
    chosen = 0;
    refused_edit(CA_PERSON, add_unknown, "extension 1.2.3.4 is unknown");
    chosen = 1; /* critical */
    refused_edit(CA_PERSON, add_unknown, "extension 1.2.3.4 is unknown");
    chosen = 3;
    refused_edit(CA_PERSON, say_false, "extensions are malformed");
    refused_edit(CA_PERSON, add_authority, "form that Accord writes");
    refused_edit(CA_PERSON, short_authority_key, "key identifier is malformed");
    refused_edit(CA_PERSON, long_statement, "Accord extension is malformed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_extension_is_there_once_in_its_place),
        cmocka_unit_test(what_is_not_understood_is_assert_certificate_refused),
    };
    return cmocka_run_group_tests(tests, authority_setup, authority_teardown);
}
