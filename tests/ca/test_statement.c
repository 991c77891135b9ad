/* The page's statement is the one that a certificate carries. */

#include "tests/support/check.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tests/api/worked_examples.h"
#include "tests/ca/authority.h"

#define PAGE PROJECT_SOURCE_DIR "/docs/API.md"

static struct ca_statement statement_of_page(void)
{
    return (struct ca_statement){
        .kind = (enum ca_kind)example_number("statement", "kind"),
        .account = example_id("statement", "account"),
        .id = example_id("statement", "id"),
        .evidence_kind = (uint8_t)example_number("statement", "evidence_kind"),
        .identity = example_hash("statement", "identity"),
        .evidence = example_hash("statement", "evidence"),
        .evidence_time = example_number("statement", "evidence_time"),
        .configuration = example_hash("statement", "configuration"),
    };
}

static void the_certificate_carries_the_pages_extension(void **state)
{
    (void)state;
    char hash[2 * HASH_LEN + 1], name[256];
    const char *const names[] = { name };
    struct ca_facts facts;
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    struct bytes extension = example("statement", "extension");
    struct ca_certificate_fields fields = sample_fields(CA_ENCLAVE);
    fields.statement = statement_of_page();
    hex_encode(hash_bytes(&fields.statement.configuration), hash);
    (void)snprintf(name, sizeof(name), "%s.%064d.id.%s", hash, 0, DOMAIN);
    fields.names = names;
    fields.names_count = 1;
    assert_ok(ca_certificate_build(&fields, authority_root(&authority),
                                   &authority.signer, &der, NULL));
    assert_non_null(memmem(der.data, der.len, extension.at, extension.len));
    assert_ok(ca_certificate_read(buffer_bytes(&der), &facts, NULL));
    assert_int_equal(facts.statement.evidence_kind,
                     fields.statement.evidence_kind);
    assert_true(
        hash_equal(&facts.statement.evidence, &fields.statement.evidence));
}

static int setup(void **state)
{
    examples_open(PAGE);
    return authority_setup(state);
}

static int teardown(void **state)
{
    examples_close();
    return authority_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_certificate_carries_the_pages_extension),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
