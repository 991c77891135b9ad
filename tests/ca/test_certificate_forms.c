/* Certificates that are nearly of our form. */

#include "tests/support/check.h"

#include <string.h>

#include "ca/der.h"
#include "ca/oid.h"
#include "tests/ca/authority.h"
#include "tests/ca/rewrite.h"

/* For static tables: { address, length } of a literal. */
#define ROW(literal) (const unsigned char *)(literal), sizeof(literal) - 1

static struct authority authority;
static struct buffer certificates[CA_INTAKE + 1];

static int make_certificates(void **state)
{
    (void)state;
    authority_make(&authority);
    for (int kind = CA_SERVER; kind <= CA_INTAKE; kind++) {
        certificates[kind] = buffer_make(CA_CERTIFICATE_MAX);
        sample_build(&authority, (enum ca_kind)kind, &certificates[kind]);
    }
    return 0;
}

static int clear_certificates(void **state)
{
    (void)state;
    for (int kind = CA_SERVER; kind <= CA_INTAKE; kind++)
        buffer_clear(&certificates[kind]);
    authority_clear(&authority);
    return 0;
}

static struct bytes sample(enum ca_kind kind)
{
    return buffer_bytes(&certificates[kind]);
}

static void refused(struct bytes der, const char *because)
{
    struct ca_facts facts = { .not_after = 77 };
    struct reason why = { "" };
    assert_status(STATUS_INVALID, ca_certificate_read(der, &facts, &why));
    if (!strstr(why.text, because))
        fail_msg("\"%s\" does not say \"%s\"", why.text, because);
    assert_true(facts.not_after == 77);
}

static void a_certificate_is_read_whole_or_not_at_all(void **state)
{
    (void)state;
    struct bytes whole = sample(CA_SERVER);
    for (size_t len = 0; len < whole.len; len++)
        refused(bytes_of(whole.at, len), "malformed");
    AUTO_CLEAR_BUFFER more = buffer_make(CA_CERTIFICATE_MAX);
    buffer_put(&more, whole);
    buffer_put_u8(&more, 0);
    refused(buffer_bytes(&more), "malformed");
}

static void a_long_certificate_is_not_looked_at(void **state)
{
    (void)state;
    static const unsigned char zeros[CA_CERTIFICATE_MAX + 1];
    refused(bytes_of(zeros, sizeof(zeros)), "malformed");
}

/* Facts are zeroed before they are filled, so bytes can be compared. */
static void no_two_certificates_say_the_same(void **state)
{
    (void)state;
    for (int kind = CA_SERVER; kind <= CA_INTAKE; kind++) {
        struct bytes whole = sample((enum ca_kind)kind);
        struct ca_facts right, facts;
        memset(&right, 0, sizeof(right));
        assert_ok(ca_certificate_read(whole, &right, NULL));
        size_t signed_len = whole.len - 90; /* the rest is the signature */
        for (size_t bit = 0; bit < 8 * signed_len; bit++) {
            AUTO_CLEAR_BUFFER changed = buffer_make(CA_CERTIFICATE_MAX);
            buffer_put(&changed, whole);
            changed.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
            memset(&facts, 0, sizeof(facts));
            if (!failed(
                    ca_certificate_read(buffer_bytes(&changed), &facts, NULL)))
                assert_memory_not_equal(&facts, &right, sizeof(facts));
        }
    }
}

static void every_other_wording_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        enum ca_kind kind;
        struct bytes from, to;
        size_t nth;
        const char *because;
    } rows[] = {
        { "version 2",
          CA_PERSON,
          { ROW("\xa0\x03\x02\x01\x02") },
          { ROW("\xa0\x03\x02\x01\x01") },
          0,
          "form that Accord writes" },
        { "another algorithm inside",
          CA_PERSON,
          { ROW("\x2a\x86\x48\xce\x3d\x04\x03\x02") },
          { ROW("\x2a\x86\x48\xce\x3d\x04\x03\x03") },
          0,
          "form that Accord writes" },
        { "another algorithm outside",
          CA_PERSON,
          { ROW("\x2a\x86\x48\xce\x3d\x04\x03\x02") },
          { ROW("\x2a\x86\x48\xce\x3d\x04\x03\x03") },
          1,
          "ecdsa-with-SHA256" },
        { "another issuer",
          CA_PERSON,
          { ROW("Accord Zone") },
          { ROW("accord Zone") },
          0,
          "form that Accord writes" },
        { "a printable common name",
          CA_PERSON,
          { ROW("\x0c\x04Zo\xc3\xab") },
          { ROW("\x13\x04Zoee") },
          0,
          "form that Accord writes" },
        { "a common name of another kind",
          CA_PERSON,
          { ROW("\x0c\x04Zo\xc3\xab") },
          { ROW("\x14\x04Zo\xc3\xab") },
          0,
          "common name" },
        { "a control character",
          CA_PERSON,
          { ROW("\x0c\x04Zo") },
          { ROW("\x0c\x04\x01o") },
          0,
          "common name" },
        { "more key usages",
          CA_PERSON,
          { ROW("\x03\x02\x07\x80") },
          { ROW("\x03\x02\x06\xc0") },
          0,
          "form that Accord writes" },
        { "another extended usage",
          CA_PERSON,
          { ROW("\x2b\x06\x01\x05\x05\x07\x03\x02") },
          { ROW("\x2b\x06\x01\x05\x05\x07\x03\x01") },
          0,
          "form that Accord writes" },
        { "version 2 of the statement",
          CA_PERSON,
          { ROW("\x81\x8b\x01\x02") },
          { ROW("\x81\x8b\x02\x02") },
          0,
          "unknown version or kind" },
        { "a sixth kind",
          CA_PERSON,
          { ROW("\x81\x8b\x01\x02") },
          { ROW("\x81\x8b\x01\x06") },
          0,
          "unknown version or kind" },
        { "no kind",
          CA_PERSON,
          { ROW("\x81\x8b\x01\x02") },
          { ROW("\x81\x8b\x01\x00") },
          0,
          "unknown version or kind" },
        { "a person who says it is a node",
          CA_PERSON,
          { ROW("\x81\x8b\x01\x02") },
          { ROW("\x81\x8b\x01\x03") },
          0,
          "form that Accord writes" },
        { "a person who says it is an enclave",
          CA_PERSON,
          { ROW("\x81\x8b\x01\x02") },
          { ROW("\x81\x8b\x01\x04") },
          0,
          "configuration hash is zero" },
        { "a longer life",
          CA_PERSON,
          { ROW("270115090000Z") },
          { ROW("280115090000Z") },
          0,
          "over the cap" },
        { "no day",
          CA_PERSON,
          { ROW("270115090000Z") },
          { ROW("270132090000Z") },
          0,
          "malformed" },
        { "an e-mail address",
          CA_SERVER,
          { ROW("\x82\x09"
                "127.0.0.1") },
          { ROW("\x81\x09"
                "127.0.0.1") },
          0,
          "not a dNSName" },
        { "a URI",
          CA_SERVER,
          { ROW("\x82\x09"
                "127.0.0.1") },
          { ROW("\x86\x09"
                "127.0.0.1") },
          0,
          "not a dNSName" },
        { "a directory name",
          CA_SERVER,
          { ROW("\x82\x09"
                "127.0.0.1") },
          { ROW("\xa4\x09"
                "127.0.0.1") },
          0,
          "not a dNSName" },
        { "another address",
          CA_SERVER,
          { ROW("\x87\x04\x7f\x00\x00\x01") },
          { ROW("\x87\x04\x7f\x00\x00\x02") },
          0,
          "form that Accord writes" },
        { "an address of no name",
          CA_SERVER,
          { ROW("127.0.0.1") },
          { ROW("a.example") },
          0,
          "form that Accord writes" },
        { "a NUL in a name",
          CA_SERVER,
          { ROW("\x82\x0e"
                "broker.") },
          { ROW("\x82\x0e"
                "broker\0") },
          0,
          "letters" },
        { "a name in 8 bits",
          CA_SERVER,
          { ROW("\x82\x0e"
                "broker.") },
          { ROW("\x82\x0e"
                "brok\xc3\xab.") },
          0,
          "letters" },
        { "another configuration",
          CA_ENCLAVE,
          { ROW("5c5c5c5c.") },
          { ROW("5c5c5c5d.") },
          0,
          "another configuration" },
        { "no name of the form",
          CA_ENCLAVE,
          { ROW(".id.accord") },
          { ROW(".xy.accord") },
          0,
          "63" },
        { "an intake key that signs",
          CA_INTAKE,
          { ROW("\x03\x02\x05\x20") },
          { ROW("\x03\x02\x07\x80") },
          0,
          "form that Accord writes" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER changed = buffer_make(CA_CERTIFICATE_MAX);
        print_message("%s\n", rows[i].what);
        rewrite_bytes(sample(rows[i].kind), rows[i].from, rows[i].to,
                      rows[i].nth, &changed);
        refused(buffer_bytes(&changed), rows[i].because);
    }
}

static void a_serial_is_positive_and_of_16_bytes(void **state)
{
    (void)state;
    static const struct bytes rows[] = {
        { ROW("\x80") },
        { ROW("\xff\x01") },
        { ROW("\x00\x01") },
        { ROW("") },
        { ROW("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
              "\x10\x11") },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER changed = buffer_make(CA_CERTIFICATE_MAX);
        rewrite_serial(sample(CA_PERSON), rows[i], &changed);
        refused(buffer_bytes(&changed), "serial");
    }
    struct bytes zero = bytes_of("", 1);
    struct bytes top = bytes_of("\0\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 17);
    AUTO_CLEAR_BUFFER none = buffer_make(CA_CERTIFICATE_MAX);
    AUTO_CLEAR_BUFFER large = buffer_make(CA_CERTIFICATE_MAX);
    rewrite_serial(sample(CA_PERSON), zero, &none);
    rewrite_serial(sample(CA_PERSON), top, &large);
    refused(buffer_bytes(&none), "serial");
    refused(buffer_bytes(&large), "serial");
}

/* --- extensions ---------------------------------------------------------- */

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
    rewrite_extensions(sample(kind), edit, &changed);
    refused(buffer_bytes(&changed), because);
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

static void what_is_not_understood_is_refused(void **state)
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

static void a_root_is_no_leaf(void **state)
{
    (void)state;
    refused(authority_root(&authority), "no Accord extension");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_is_read_whole_or_not_at_all),
        cmocka_unit_test(a_long_certificate_is_not_looked_at),
        cmocka_unit_test(no_two_certificates_say_the_same),
        cmocka_unit_test(every_other_wording_is_refused),
        cmocka_unit_test(a_serial_is_positive_and_of_16_bytes),
        cmocka_unit_test(every_extension_is_there_once_in_its_place),
        cmocka_unit_test(what_is_not_understood_is_refused),
        cmocka_unit_test(a_root_is_no_leaf),
    };
    return cmocka_run_group_tests(tests, make_certificates, clear_certificates);
}
