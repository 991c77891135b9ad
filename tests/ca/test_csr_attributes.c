/* One row per thing that may be wrong with the attributes of a request. */

#include "tests/support/check.h"

#include <string.h>

#include "ca/der.h"
#include "ca/oid.h"
#include "tests/ca/authority.h"
#include "tests/ca/draft.h"

/* For static tables: { address, length } of a literal. */
#define ROW(literal)   (const unsigned char *)(literal), sizeof(literal) - 1
#define BYTES(literal) bytes_of(literal, sizeof(literal) - 1)

#define OID_UNKNOWN BYTES("\x2a\x03\x04")

/* --- attributes ---------------------------------------------------------- */

static void an_attribute_is_there_once_with_one_value(void **state)
{
    (void)state;
    struct bytes null = BYTES("\x05\x00");
    AUTO_CLEAR_BUFFER twice = buffer_make(256);
    draft_attribute(&twice, OID_UNKNOWN, null);
    draft_attribute(&twice, OID_UNKNOWN, null);
    assert_draft_refused(&(struct draft){ .attributes = buffer_bytes(&twice) },
                         "attribute 1.2.3.4: it is there twice");

    AUTO_CLEAR_BUFFER two = buffer_make(256);
    draft_attribute(&two, OID_UNKNOWN, BYTES("\x05\x00\x05\x00"));
    assert_draft_refused(&(struct draft){ .attributes = buffer_bytes(&two) },
                         "exactly one value");

    AUTO_CLEAR_BUFFER none = buffer_make(256);
    draft_attribute(&none, OID_UNKNOWN, bytes_of(NULL, 0));
    assert_draft_refused(&(struct draft){ .attributes = buffer_bytes(&none) },
                         "exactly one value");

    AUTO_CLEAR_BUFFER requests = buffer_make(256);
    draft_request(&requests, bytes_of(NULL, 0));
    draft_request(&requests, bytes_of(NULL, 0));
    assert_draft_refused(
        &(struct draft){ .attributes = buffer_bytes(&requests) },
        "attribute extensionRequest: it is there twice");
}

static void attributes_are_well_formed(void **state)
{
    (void)state;
    static const struct bytes rows[] = {
        { ROW("\x05\x00") },
        { ROW("\x30\x00") },
        { ROW("\x30\x05\x06\x03\x2a\x03\x04") },
        { ROW("\x30\x09\x06\x03\x2a\x03\x04\x30\x02\x05\x00") },
        { ROW("\x30\x0b\x06\x03\x2a\x03\x04\x31\x02\x05\x00\x05\x00") },
        { ROW("\x30\x0a\x06\x03\x2a\x03\x84\x31\x02\x05\x00") },
        { ROW("\x30\x06\x06\x00\x31\x02\x05\x00") },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_draft_refused(&(struct draft){ .attributes = rows[i] },
                             "attribute ");
}

static void attributes_are_counted(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER many = buffer_make(2048);
    for (unsigned char i = 0; i <= CA_CARRIERS_MAX; i++) {
        unsigned char oid[] = { 0x2a, 0x03, i };
        draft_attribute(&many, bytes_of(oid, 3), BYTES("\x05\x00"));
    }
    struct bytes all = buffer_bytes(&many);
    assert_draft_refused(&(struct draft){ .attributes = all }, "more than 16");

    struct ca_csr csr;
    struct bytes some = bytes_of(all.at, all.len / 17 * 16);
    assert_draft_accepted(&(struct draft){ .attributes = some }, &csr);
    assert_int_equal(csr.carriers_count, 16);
    assert_int_equal(csr.carriers[3].kind, CA_CARRIER_UNKNOWN);
    assert_string_equal(csr.carriers[3].oid, "1.2.3.3");
    ca_csr_clear(&csr);
}

/* --- extensionRequest ---------------------------------------------------- */

static void refused_list(const struct buffer *list, const char *because)
{
    AUTO_CLEAR_BUFFER attributes = buffer_make(8192);
    draft_request(&attributes, buffer_bytes(list));
    assert_draft_refused(
        &(struct draft){ .attributes = buffer_bytes(&attributes) }, because);
}

static void only_dns_names_can_be_asked_for(void **state)
{
    (void)state;
    static const struct {
        struct bytes names;
        const char *because;
    } rows[] = {
        { { ROW("\x30\x06\x87\x04\x7f\x00\x00\x01") }, "not a dNSName" },
        { { ROW("\x30\x05\x81\x03"
                "a@b") },
          "not a dNSName" },
        { { ROW("\x30\x03\x86\x01"
                "u") },
          "not a dNSName" },
        { { ROW("\x30\x04\xa4\x02\x30\x00") }, "not a dNSName" },
        { { ROW("\x30\x05\x82\x03"
                "a\0b") },
          "letters" },
        { { ROW("\x30\x02\x82\x00") }, "empty" },
        { { ROW("\x30\x03\x82\x01"
                "*") },
          "letters" },
        { { ROW("\x30\x06\x82\x01"
                "a"
                "\x82\x01"
                "A") },
          "twice" },
        { { ROW("\x30\x03\x82\x01"
                "a"
                "\x05\x00") },
          "malformed" },
        { { ROW("\x31\x03\x82\x01"
                "a") },
          "malformed" },
        { { ROW("\x30\x03\x82\x02"
                "a") },
          "" },
        { { ROW("") }, "malformed" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER list = buffer_make(1024);
        draft_extension(&list, oid_alternative_names, 0, rows[i].names);
        refused_list(&list, rows[i].because);
    }
}

static void an_extension_is_asked_for_once(void **state)
{
    (void)state;
    struct bytes empty = BYTES("\x30\x00");
    AUTO_CLEAR_BUFFER names = buffer_make(1024);
    draft_extension(&names, oid_alternative_names, 0, empty);
    draft_extension(&names, oid_alternative_names, 0, empty);
    refused_list(&names, "2.5.29.17: it is there twice");

    AUTO_CLEAR_BUFFER unknown = buffer_make(1024);
    draft_extension(&unknown, OID_UNKNOWN, 0, empty);
    draft_extension(&unknown, OID_UNKNOWN, 0, empty);
    refused_list(&unknown, "1.2.3.4: it is there twice");

    AUTO_CLEAR_BUFFER many = buffer_make(1024);
    for (unsigned char i = 0; i <= 16; i++) {
        unsigned char oid[] = { 0x2a, 0x03, i };
        draft_extension(&many, bytes_of(oid, 3), 0, empty);
    }
    refused_list(&many, "more than 16");
}

static void a_critical_wish_must_be_understood(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER list = buffer_make(1024);
    draft_extension(&list, OID_UNKNOWN, 1, BYTES("\x30\x00"));
    refused_list(&list, "1.2.3.4: it is critical and unknown");
}

static void an_extension_request_is_well_formed(void **state)
{
    (void)state;
    static const struct bytes rows[] = {
        { ROW("\x05\x00") },
        { ROW("\x30\x02\x05\x00") },
        { ROW("\x30\x07\x30\x05\x06\x03\x2a\x03\x04") },
        { ROW("\x30\x0b\x30\x09\x06\x03\x2a\x03\x04\x05\x00\x05\x00") },
        { ROW("\x30\x0c\x30\x0a\x06\x03\x2a\x03\x04\x01\x01\x00\x04\x00") },
        { ROW("\x30\x0c\x30\x0a\x06\x03\x2a\x03\x04\x01\x01\x01\x04\x00") },
        { ROW("\x30\x0b\x30\x09\x06\x03\x2a\x03\x04\x04\x00\x05\x00") },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER attributes = buffer_make(1024);
        draft_attribute(&attributes, oid_extension_request, rows[i]);
        assert_draft_refused(
            &(struct draft){ .attributes = buffer_bytes(&attributes) },
            "extensionRequest: it is malformed");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_attribute_is_there_once_with_one_value),
        cmocka_unit_test(attributes_are_well_formed),
        cmocka_unit_test(attributes_are_counted),
        cmocka_unit_test(only_dns_names_can_be_asked_for),
        cmocka_unit_test(an_extension_is_asked_for_once),
        cmocka_unit_test(a_critical_wish_must_be_understood),
        cmocka_unit_test(an_extension_request_is_well_formed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
