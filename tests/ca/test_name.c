#include "tests/support/check.h"

#include <stdio.h>
#include <string.h>

#include "ca/name.h"

#define HEX16 "0123456789abcdef"
#define HEX64 HEX16 HEX16 HEX16 HEX16
#define FORM  HEX64 "." HEX64 ".id."

/* 63 letters */
#define LONG "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void these_are_names(void **state)
{
    (void)state;
    static const char *const names[] = {
        "localhost",
        "a.example",
        "A.Example",
        "a_b.example",
        "a-b.c--d.ex",
        "1a",
        "9.example",
        LONG ".example",
        "127.0.0.1",
        "nodes.127.0.0.1",
        "NODES.10.0.0.1",
        "10.255.255.255",
        "::1",
        "2001:db8::7",
        FORM "example",
    };
    for (size_t i = 0; i < COUNT(names); i++) {
        struct reason why;
        if (failed(ca_name_check(bytes_of_string(names[i]), &why)))
            fail_msg("%s", why.text);
    }
}

static void these_are_no_names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *because;
    } rows[] = {
        { "", "empty" },
        { ".", "dot" },
        { "a.", "dot" },
        { ".a", "empty" },
        { "a..b", "empty" },
        { "-a.example", "begins or ends" },
        { "a-.example", "begins or ends" },
        { "*.example", "letters" },
        { "a b", "letters" },
        { "a/b", "letters" },
        { "a\nb", "letters" },
        { "gr\xc3\xbcn.example", "letters" },
        { LONG "a.example", "63" },
        { LONG "." LONG "." LONG "." LONG, "253" },
        { "1.2.3", "digits" },
        { "256.0.0.1", "digits" },
        { "127.0.0.01", "digits" },
        { "127.000.000.001", "digits" },
        { "0:0:0:0:0:0:0:1", "letters" },
        { "::FFFF", "letters" },
        { "[::1]", "letters" },
        { "fe80::1%eth0", "letters" },
        { HEX64 ".example", "63" },
        { HEX64 "." HEX64 ".example", "63" },
        { HEX64 "." HEX64 ".id", "63" },
        { HEX64 "." HEX64 ".id.", "dot" },
        { FORM "127.0.0.1", "digits" },
        { "nodes.127.0.0.01", "digits" },
        { "xnodes.127.0.0.1", "digits" },
        { "a.nodes.127.0.0.1", "digits" },
        { FORM "-a", "begins" },
        { HEX64 "0." HEX64 ".id.example", "63" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct reason why;
        assert_status(STATUS_INVALID,
                      ca_name_check(bytes_of_string(rows[i].name), &why));
        if (!strstr(why.text, rows[i].because))
            fail_msg("\"%s\" does not say \"%s\"", why.text, rows[i].because);
    }
}

static void a_nul_inside_is_refused(void **state)
{
    (void)state;
    static const struct bytes names[] = {
        { (const unsigned char *)"a\0.example", 10 },
        { (const unsigned char *)"a.example\0", 10 },
        { (const unsigned char *)"127.0.0.1\0", 10 },
        { (const unsigned char *)"\0", 1 },
    };
    for (size_t i = 0; i < COUNT(names); i++) {
        struct ca_names list = { 0 };
        assert_status(STATUS_INVALID, ca_names_add(&list, names[i], NULL));
        assert_int_equal(list.count, 0);
    }
}

static void the_longest_name_fits(void **state)
{
    (void)state;
    char name[CA_NAME_MAX + 2];
    for (size_t i = 0; i < sizeof(name); i++)
        name[i] = i % 50 == 49 ? '.' : 'b';
    assert_ok(ca_name_check(bytes_of(name, CA_NAME_MAX), NULL));
    assert_status(STATUS_INVALID,
                  ca_name_check(bytes_of(name, CA_NAME_MAX + 1), NULL));
}

static void a_list_gives_back_what_was_added(void **state)
{
    (void)state;
    struct ca_names list = { 0 };
    char name[16];
    for (size_t i = 0; i < CA_NAMES_MAX; i++) {
        snprintf(name, sizeof(name), "n%zu.example", i);
        assert_ok(ca_names_add(&list, bytes_of_string(name), NULL));
    }
    struct ca_names copy = list;
    for (size_t i = 0; i < CA_NAMES_MAX; i++) {
        snprintf(name, sizeof(name), "n%zu.example", i);
        assert_string_equal(ca_name_at(&copy, i), name);
    }
    struct reason why;
    assert_status(STATUS_INVALID,
                  ca_names_add(&list, bytes_of_string("one-more"), &why));
    assert_non_null(strstr(why.text, "more than 32"));
    assert_int_equal(list.count, CA_NAMES_MAX);
}

static void a_name_is_listed_once_whatever_its_case(void **state)
{
    (void)state;
    struct ca_names list = { 0 };
    struct reason why;
    assert_ok(ca_names_add(&list, bytes_of_string("a.example"), NULL));
    assert_ok(ca_names_add(&list, bytes_of_string("b.example"), NULL));
    assert_status(STATUS_INVALID,
                  ca_names_add(&list, bytes_of_string("A.eXample"), &why));
    assert_non_null(strstr(why.text, "twice"));
    assert_int_equal(list.count, 2);
    assert_string_equal(ca_name_at(&list, 1), "b.example");
}

static void a_list_has_room_for_2048_bytes(void **state)
{
    (void)state;
    struct ca_names list = { 0 };
    char name[CA_NAME_MAX];
    for (size_t i = 0; i < sizeof(name); i++)
        name[i] = i % 50 == 49 ? '.' : 'b';
    for (char c = 'a'; c <= 'h'; c++) { /* 8 of 253 and a NUL */
        name[0] = c;
        assert_ok(ca_names_add(&list, bytes_of(name, sizeof(name)), NULL));
    }
    struct reason why;
    assert_ok(ca_names_add(&list, bytes_of_string("a.bcdefghijklm"), &why));
    assert_status(STATUS_INVALID,
                  ca_names_add(&list, bytes_of_string("cc"), &why));
    assert_non_null(strstr(why.text, "too long together"));
    assert_int_equal(list.count, 9);
}

static void some_names_are_kept_back(void **state)
{
    (void)state;
    static const char *const own[] = { "Broker.example", "10.0.0.1" };
    static const struct {
        const char *name;
        enum status_code code;
    } rows[] = {
        { "app.example", STATUS_OK },
        { "accord.example.org", STATUS_OK },
        { "xid.accord.example", STATUS_OK },
        { "id.example", STATUS_OK },
        { "id-accord.example", STATUS_OK },
        { "app.accord.example", STATUS_OK },
        { "nodes.broker.example", STATUS_OK },
        { "10.0.0.2", STATUS_OK },
        { "accord.example", STATUS_DENIED },
        { "ACCORD.example", STATUS_DENIED },
        { "id.accord.example", STATUS_DENIED },
        { "a.id.accord.example", STATUS_DENIED },
        { "a.b.Id.accord.example", STATUS_DENIED },
        { "nodes.accord.example", STATUS_DENIED },
        { "x.nodes.accord.example", STATUS_DENIED },
        { "workflow.accord.example", STATUS_DENIED },
        { "x.WORKFLOW.ACCORD.EXAMPLE", STATUS_DENIED },
        { FORM "accord.example", STATUS_DENIED },
        { FORM "elsewhere.example", STATUS_DENIED },
        { "broker.example", STATUS_DENIED },
        { "BROKER.EXAMPLE", STATUS_DENIED },
        { "10.0.0.1", STATUS_DENIED },
        { "nodes.10.0.0.2", STATUS_DENIED },
        { "not a name", STATUS_INVALID },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct reason why = { "" };
        struct status got = ca_name_allowed(rows[i].name, "accord.example", own,
                                            COUNT(own), &why);
        if (got.code != rows[i].code)
            fail_msg("%s: %s", rows[i].name, status_name(got.code));
        if (got.code == STATUS_DENIED)
            assert_non_null(strstr(why.text, rows[i].name));
    }
}

static void an_enclave_name_is_taken_apart(void **state)
{
    (void)state;
    struct ca_enclave_name name;
    assert_ok(ca_enclave_name_parse(FORM "accord.example", NULL, &name));
    assert_string_equal(name.label, HEX64);
    assert_int_equal(name.configuration.bytes[0], 0x01);
    assert_int_equal(name.configuration.bytes[31], 0xef);
    assert_ok(
        ca_enclave_name_parse(FORM "accord.example", "accord.example", &name));
    assert_status(STATUS_INVALID, ca_enclave_name_parse(FORM "accord.example",
                                                        "example", &name));
    char text[CA_NAME_MAX + 1];
    assert_ok(ca_enclave_name_write(&name, "accord.example", text));
    assert_string_equal(text, FORM "accord.example");
}

static void other_names_are_not_of_the_form(void **state)
{
    (void)state;
    static const char upper[] = "0123456789ABCDEF" HEX16 HEX16 HEX16;
    static const char *const rows[] = {
        "",
        "app.example",
        HEX64 "." HEX64 ".id.",
        HEX64 "." HEX64 ".Id.example",
        HEX64 "." HEX64 ".nodes.example",
        HEX64 "." HEX64 ".example",
        "x." HEX64 "." HEX64 ".id.example",
        HEX64 "." HEX16 ".id.example",
        HEX64 HEX64 "..id.example",
        HEX16 HEX16 HEX16 "0123456789abcdeg." HEX64 ".id.example",
        FORM "exa mple",
        FORM "127.0.0.1",
    };
    struct ca_enclave_name name = { .label = "untouched" };
    char text[CA_NAME_MAX + 1];
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_status(STATUS_INVALID,
                      ca_enclave_name_parse(rows[i], NULL, &name));
    snprintf(text, sizeof(text), "%s.%s.id.example", upper, HEX64);
    assert_status(STATUS_INVALID, ca_enclave_name_parse(text, NULL, &name));
    snprintf(text, sizeof(text), "%s.%s.id.example", HEX64, upper);
    assert_status(STATUS_INVALID, ca_enclave_name_parse(text, NULL, &name));
    assert_string_equal(name.label, "untouched");
}

static void only_a_name_that_can_be_read_is_written(void **state)
{
    (void)state;
    char domain[CA_DOMAIN_MAX + 2];
    memset(domain, 'd', sizeof(domain));
    for (size_t i = 49; i < sizeof(domain); i += 50)
        domain[i] = '.';
    domain[CA_DOMAIN_MAX + 1] = '\0';

    struct ca_enclave_name name = { .label = HEX64 };
    char text[CA_NAME_MAX + 1] = "untouched";
    assert_status(STATUS_INVALID, ca_enclave_name_write(&name, domain, text));
    assert_status(STATUS_INVALID, ca_enclave_name_write(&name, "", text));
    assert_status(STATUS_INVALID, ca_enclave_name_write(&name, "a b", text));
    name.label[0] = 'A';
    assert_status(STATUS_INVALID,
                  ca_enclave_name_write(&name, "example", text));
    name.label[0] = '\0';
    assert_status(STATUS_INVALID,
                  ca_enclave_name_write(&name, "example", text));
    assert_string_equal(text, "untouched");

    domain[CA_DOMAIN_MAX] = '\0';
    memcpy(name.label, HEX64, sizeof(HEX64));
    assert_ok(ca_enclave_name_write(&name, domain, text));
    assert_int_equal(strlen(text), CA_NAME_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(these_are_names),
        cmocka_unit_test(these_are_no_names),
        cmocka_unit_test(a_nul_inside_is_refused),
        cmocka_unit_test(the_longest_name_fits),
        cmocka_unit_test(a_list_gives_back_what_was_added),
        cmocka_unit_test(a_name_is_listed_once_whatever_its_case),
        cmocka_unit_test(a_list_has_room_for_2048_bytes),
        cmocka_unit_test(some_names_are_kept_back),
        cmocka_unit_test(an_enclave_name_is_taken_apart),
        cmocka_unit_test(other_names_are_not_of_the_form),
        cmocka_unit_test(only_a_name_that_can_be_read_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
