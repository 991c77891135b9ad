/* Certificates that differ from ours in one word. */

#include "tests/support/check.h"

#include <string.h>

#include "tests/ca/authority.h"
#include "tests/ca/rewrite.h"

/* For static tables: { address, length } of a literal. */
#define ROW(literal) (const unsigned char *)(literal), sizeof(literal) - 1

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

static void every_other_wording_is_assert_certificate_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER changed = buffer_make(CA_CERTIFICATE_MAX);
        print_message("%s\n", rows[i].what);
        rewrite_bytes(sample_der(rows[i].kind), rows[i].from, rows[i].to,
                      rows[i].nth, &changed);
        assert_certificate_refused(buffer_bytes(&changed), rows[i].because);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_other_wording_is_assert_certificate_refused),
    };
    return cmocka_run_group_tests(tests, authority_setup, authority_teardown);
}
