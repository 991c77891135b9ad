/* One row per thing that no certificate of ours may say. */

#include "tests/support/check.h"

#include <string.h>

#include "tests/ca/authority.h"

#define DAY 86400ull

static void refused(const struct ca_certificate_fields *fields,
                    const char *because)
{
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    assert_status(STATUS_INVALID,
                  ca_certificate_build(fields, authority_root(&authority),
                                       &authority.signer, &der, &why));
    if (!strstr(why.text, because))
        fail_msg("\"%s\" does not say \"%s\"", why.text, because);
    assert_int_equal(der.len, 0);
}

static struct bytes spki(enum ca_key_kind kind)
{
    return ca_spki(ca_key_public(sample_key(kind)));
}

static void a_life_has_its_cap(void **state)
{
    (void)state;
    static const uint64_t caps[] = { [CA_SERVER] = 30 * DAY,
                                     [CA_PERSON] = 365 * DAY,
                                     [CA_NODE] = 30 * DAY,
                                     [CA_ENCLAVE] = 2 * DAY };
    for (int kind = CA_SERVER; kind <= CA_ENCLAVE; kind++) {
        struct ca_certificate_fields fields = sample_fields((enum ca_kind)kind);
        AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
        assert_true(ca_lifetime_max((enum ca_kind)kind) == caps[kind]);
        fields.not_after = NOW + caps[kind];
        assert_ok(ca_certificate_build(&fields, authority_root(&authority),
                                       &authority.signer, &der, NULL));
        fields.not_after++;
        refused(&fields, "over the cap");
    }
}

static void there_are_five_kinds(void **state)
{
    (void)state;
    static const char *const names[] = { NULL,      "server", "person", "node",
                                         "enclave", "intake", NULL };
    for (int kind = 0; kind <= 6; kind++) {
        const char *name = ca_kind_name((enum ca_kind)kind);
        assert_int_equal(name == NULL, names[kind] == NULL);
        if (name)
            assert_string_equal(name, names[kind]);
        assert_int_equal(ca_lifetime_max((enum ca_kind)kind) == 0, !name);
    }
}

static void a_life_has_a_beginning_and_an_end(void **state)
{
    (void)state;
    struct ca_certificate_fields fields = sample_fields(CA_PERSON);
    fields.not_after = fields.not_before;
    refused(&fields, "ends before it begins");
    fields.not_after = fields.not_before - 1;
    refused(&fields, "ends before it begins");
    fields.not_before = 253402300799ull;
    fields.not_after = 253402300800ull;
    refused(&fields, "9999");
    fields.not_after = UINT64_MAX;
    refused(&fields, "9999");
}

static void it_lives_within_the_life_of_the_root(void **state)
{
    (void)state;
    struct ca_certificate_fields fields = sample_fields(CA_PERSON);
    struct ca_root root;
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    assert_ok(ca_root_read(authority_root(&authority), &root, NULL));
    fields.not_before = root.not_before;
    assert_ok(ca_certificate_build(&fields, authority_root(&authority),
                                   &authority.signer, &der, NULL));
    fields.not_before--;
    refused(&fields, "outlive the root");
    fields.not_before = root.not_after - 10;
    fields.not_after = root.not_after + 1;
    refused(&fields, "outlive the root");
}

static void a_serial_is_a_positive_number(void **state)
{
    (void)state;
    struct ca_certificate_fields fields = sample_fields(CA_PERSON);
    memset(fields.serial, 0, CA_SERIAL_LEN);
    refused(&fields, "serial");
    fields.serial[0] = 0x80;
    refused(&fields, "serial");
    memset(fields.serial, 0xff, CA_SERIAL_LEN);
    refused(&fields, "serial");

    static const unsigned char good[][CA_SERIAL_LEN] = {
        { [CA_SERIAL_LEN - 1] = 1 }, { 0x7f, 0xff }, { 0x00, 0xff }
    };
    for (size_t i = 0; i < 3; i++) {
        struct ca_facts facts;
        AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
        memcpy(fields.serial, good[i], CA_SERIAL_LEN);
        assert_ok(ca_certificate_build(&fields, authority_root(&authority),
                                       &authority.signer, &der, NULL));
        assert_ok(ca_certificate_read(buffer_bytes(&der), &facts, NULL));
        assert_memory_equal(facts.serial, good[i], CA_SERIAL_LEN);
    }
}

static void a_key_fits_the_kind(void **state)
{
    (void)state;
    static const struct {
        enum ca_kind kind;
        enum ca_key_kind key;
        const char *because; /* NULL: accepted */
    } rows[] = {
        { CA_SERVER, CA_KEY_P384, "not on P-256" },
        { CA_PERSON, CA_KEY_RSA_3072, "not on P-256" },
        { CA_NODE, CA_KEY_P384, "not on P-256" },
        { CA_ENCLAVE, CA_KEY_P256, NULL },
        { CA_ENCLAVE, CA_KEY_P384, NULL },
        { CA_ENCLAVE, CA_KEY_RSA_3072, NULL },
        { CA_INTAKE, CA_KEY_P256, "not RSA" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ca_certificate_fields fields = sample_fields(rows[i].kind);
        AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
        fields.spki = spki(rows[i].key);
        if (rows[i].because)
            refused(&fields, rows[i].because);
        else
            assert_ok(ca_certificate_build(&fields, authority_root(&authority),
                                           &authority.signer, &der, NULL));
    }
    struct ca_certificate_fields fields = sample_fields(CA_ENCLAVE);
    fields.spki.len--;
    refused(&fields, "public key");
}

static void a_common_name_is_plain_text(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "a\nb",
        "a\x7f",
        "\xc2\x85",
        "\xff",
        "\xc0\x80",
        "\xed\xa0\x80",
        "a\xc3",
        "\xf5\x80\x80\x80",
        "12345678901234567890123456789012345678901234567890123456789012345",
    };
    struct ca_certificate_fields fields = sample_fields(CA_PERSON);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        fields.common_name = bad[i];
        refused(&fields, "common name");
    }
}

static void names_fit_the_kind(void **state)
{
    (void)state;
    static const char *const app[] = { "app.example" };
    const char *form = sample_fields(CA_ENCLAVE).names[0];
    const char *const twice[] = { form, "app.example", form };
    char other[CA_NAME_MAX + 1], second[CA_NAME_MAX + 1];
    memcpy(other, form, strlen(form) + 1);
    memcpy(second, form, strlen(form) + 1);
    other[0] = '6';   /* another configuration      */
    second[70] = 'b'; /* another label of this one  */
    const char *const wrong[] = { other };
    const char *const two[] = { form, second };
    const char *const of_form[] = { form };
    const struct {
        enum ca_kind kind;
        const char *const *names;
        size_t count;
        const char *because;
    } rows[] = {
        { CA_SERVER, NULL, 0, "no name" },
        { CA_SERVER, of_form, 1, "name of an enclave" },
        { CA_PERSON, app, 1, "no dNSNames" },
        { CA_NODE, app, 1, "no dNSNames" },
        { CA_INTAKE, app, 1, "no dNSNames" },
        { CA_ENCLAVE, NULL, 0, "exactly one name" },
        { CA_ENCLAVE, app, 1, "exactly one name" },
        { CA_ENCLAVE, two, 2, "exactly one name" },
        { CA_ENCLAVE, twice, 3, "twice" },
        { CA_ENCLAVE, wrong, 1, "another configuration" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ca_certificate_fields fields = sample_fields(rows[i].kind);
        fields.names = rows[i].names;
        fields.names_count = rows[i].count;
        refused(&fields, rows[i].because);
    }
}

static void a_name_is_within_the_grammar(void **state)
{
    (void)state;
    static const char *const names[] = { "broker.example", "*.example" };
    struct ca_certificate_fields fields = sample_fields(CA_SERVER);
    fields.names = names;
    fields.names_count = 2;
    refused(&fields, "letters");
}

/* What a test makes of a statement that is otherwise fine. */
static void no_kind(struct ca_statement *s)
{
    s->kind = (enum ca_kind)0;
}
static void kind_six(struct ca_statement *s)
{
    s->kind = (enum ca_kind)6;
}
static void no_account(struct ca_statement *s)
{
    memset(&s->account, 0, sizeof(s->account));
}
static void an_account(struct ca_statement *s)
{
    s->account.bytes[15] = 1;
}
static void an_id(struct ca_statement *s)
{
    s->id.bytes[0] = 1;
}
static void no_id(struct ca_statement *s)
{
    memset(&s->id, 0, sizeof(s->id));
}
static void no_configuration(struct ca_statement *s)
{
    memset(&s->configuration, 0, sizeof(s->configuration));
}
static void a_configuration(struct ca_statement *s)
{
    s->configuration.bytes[9] = 1;
}
static void no_evidence_kind(struct ca_statement *s)
{
    s->evidence_kind = 0;
}
static void an_evidence_kind(struct ca_statement *s)
{
    s->evidence_kind = 1;
}
static void no_identity(struct ca_statement *s)
{
    memset(&s->identity, 0, sizeof(s->identity));
}
static void an_identity(struct ca_statement *s)
{
    s->identity.bytes[31] = 1;
}
static void no_evidence(struct ca_statement *s)
{
    memset(&s->evidence, 0, sizeof(s->evidence));
}
static void an_evidence(struct ca_statement *s)
{
    s->evidence.bytes[0] = 1;
}
static void an_evidence_time(struct ca_statement *s)
{
    s->evidence_time = 1;
}

static void a_statement_fits_the_kind(void **state)
{
    (void)state;
    static const struct {
        enum ca_kind kind;
        void (*change)(struct ca_statement *);
        const char *because; /* NULL: accepted */
    } rows[] = {
        { CA_PERSON, no_kind, "no kind 0" },
        { CA_PERSON, kind_six, "no kind 6" },
        { CA_SERVER, an_account, "no account" },
        { CA_SERVER, an_id, "no account" },
        { CA_INTAKE, an_account, "no account" },
        { CA_INTAKE, an_evidence, "no evidence" },
        { CA_PERSON, no_account, NULL },
        { CA_PERSON, no_id, "id is zero" },
        { CA_NODE, no_id, "id is zero" },
        { CA_PERSON, a_configuration, "no configuration" },
        { CA_SERVER, a_configuration, "no configuration" },
        { CA_NODE, a_configuration, "no configuration" },
        { CA_PERSON, an_evidence_kind, "no evidence" },
        { CA_PERSON, an_identity, "no evidence" },
        { CA_PERSON, an_evidence, "no evidence" },
        { CA_PERSON, an_evidence_time, "no evidence" },
        { CA_NODE, an_evidence_kind, "in part" },
        { CA_NODE, an_identity, "in part" },
        { CA_NODE, an_evidence, "in part" },
        { CA_NODE, an_evidence_time, "in part" },
        { CA_ENCLAVE, no_account, "account is zero" },
        { CA_ENCLAVE, no_id, NULL },
        { CA_ENCLAVE, no_configuration, "configuration hash is zero" },
        { CA_ENCLAVE, no_evidence_kind, "must be there" },
        { CA_ENCLAVE, no_identity, "must be there" },
        { CA_ENCLAVE, no_evidence, "must be there" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ca_certificate_fields fields = sample_fields(rows[i].kind);
        AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
        rows[i].change(&fields.statement);
        if (rows[i].because)
            refused(&fields, rows[i].because);
        else
            assert_ok(ca_certificate_build(&fields, authority_root(&authority),
                                           &authority.signer, &der, NULL));
    }
}

static void only_a_root_issues(void **state)
{
    (void)state;
    struct ca_certificate_fields fields = sample_fields(CA_PERSON);
    struct reason why;
    AUTO_CLEAR_BUFFER leaf = buffer_make(CA_CERTIFICATE_MAX);
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    sample_build(&authority, CA_PERSON, &leaf);
    assert_status(STATUS_INVALID,
                  ca_certificate_build(&fields, buffer_bytes(&leaf),
                                       &authority.signer, &der, &why));
    assert_non_null(strstr(why.text, "root certificate"));
    assert_int_equal(der.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_are_five_kinds),
        cmocka_unit_test(a_life_has_its_cap),
        cmocka_unit_test(a_life_has_a_beginning_and_an_end),
        cmocka_unit_test(it_lives_within_the_life_of_the_root),
        cmocka_unit_test(a_serial_is_a_positive_number),
        cmocka_unit_test(a_key_fits_the_kind),
        cmocka_unit_test(a_common_name_is_plain_text),
        cmocka_unit_test(names_fit_the_kind),
        cmocka_unit_test(a_name_is_within_the_grammar),
        cmocka_unit_test(a_statement_fits_the_kind),
        cmocka_unit_test(only_a_root_issues),
    };
    return cmocka_run_group_tests(tests, authority_setup, authority_teardown);
}
