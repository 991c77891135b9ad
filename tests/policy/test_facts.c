/* Questions to decide(), answered from records. */

#include "tests/policy/agreed.h"

static struct agreed a;

static int setup(void **state)
{
    AUTO_FREE(policy_txn) txn = NULL;
    (void)fixture_setup(state);
    struct fixture *f = *state;
    agreed_make(&a);
    assert_ok(policy_write(f->policy, &txn));
    agreed_put_records(txn, &a);
    agreed_put_version(txn, &a, 1, 1000, AGREED_NOW + 1000);
    assert_ok(policy_commit(txn));
    return 0;
}

static int teardown(void **state)
{
    agreed_clear(&a);
    return fixture_teardown(state);
}

static struct policy_txn *writing(void **state)
{
    struct fixture *f = *state;
    struct policy_txn *txn = NULL;
    assert_ok(policy_write(f->policy, &txn));
    return txn;
}

static struct policy_question question(void)
{
    return (struct policy_question){ .certificate = a.certificate,
                                     .certificate_chains = true,
                                     .dataset = &a.dataset,
                                     .now = AGREED_NOW,
                                     .clock_trusted = true };
}

/* What is answered, and by which version. */
static enum policy_code ask(struct policy_txn *txn,
                            const struct policy_question *asked,
                            uint32_t *version)
{
    struct policy_answer answer;
    assert_ok(policy_ask(txn, asked, &answer));
    enum policy_code code = answer.code;
    if (version)
        *version = answer.version;
    policy_answer_clear(&answer);
    return code;
}

static void assert_code(enum policy_code expected, struct policy_txn *txn,
                        const struct policy_question *asked)
{
    assert_string_equal(policy_code_name(expected),
                        policy_code_name(ask(txn, asked, NULL)));
}

static void an_agreed_program_is_allowed_with_all_it_needs(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(state);
    struct policy_question asked = question();
    struct policy_answer answer;
    assert_ok(policy_ask(txn, &asked, &answer));
    assert_int_equal(POLICY_ALLOW, answer.code);
    assert_true(api_id_equal(&a.account, &answer.account));
    assert_true(api_id_equal(&a.workflow, &answer.workflow));
    assert_int_equal(1, answer.version);
    assert_non_null(answer.runtime);
    assert_non_null(answer.manifest);
    assert_non_null(answer.dataset);
    assert_non_null(answer.record);
    assert_non_null(answer.grant);
    for (size_t i = 0; i < POLICY_LINES; i++)
        assert_true(answer.lines[i].holds);
    policy_answer_clear(&answer);
    asked.dataset = NULL; /* the configuration alone */
    assert_code(POLICY_ALLOW, txn, &asked);
}

static void a_hash_nobody_holds_is_unknown(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(state);
    struct policy_question asked = question();
    struct ca_enclave_name name;
    char text[CA_NAME_MAX + 1];
    asked.certificate.statement.configuration.bytes[0] ^= 1;
    asked.certificate.names = (struct ca_names){ 0 };
    name.configuration = asked.certificate.statement.configuration;
    memset(name.label, 'a', CA_LABEL_LEN);
    name.label[CA_LABEL_LEN] = '\0';
    assert_ok(ca_enclave_name_write(&name, "accord.example", text));
    assert_ok(
        ca_names_add(&asked.certificate.names, bytes_of_string(text), NULL));
    assert_code(POLICY_NO_CONFIGURATION, txn, &asked);
}

static void names_are_counted_from_the_certificate(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(state);
    struct policy_question asked = question();
    asked.certificate.names = (struct ca_names){ 0 };
    assert_code(POLICY_NO_IDENTITY, txn, &asked);
    assert_ok(ca_names_add(&asked.certificate.names,
                           bytes_of_string("other.example"), NULL));
    assert_code(POLICY_NO_IDENTITY, txn, &asked);
}

static void revocation_and_chain_are_facts(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(state);
    struct policy_question asked = question();
    asked.certificate_chains = false;
    assert_code(POLICY_NO_CERTIFICATE, txn, &asked);
    asked = question();
    asked.certificate.serial[0] = 2; /* never recorded */
    assert_code(POLICY_NO_CERTIFICATE, txn, &asked);
    asked = question();
    asked.clock_trusted = false;
    assert_code(POLICY_NO_CLOCK, txn, &asked);
    asked = question();
    asked.plain = true;
    assert_code(POLICY_NO_FORM, txn, &asked);
}

static void replace_version(struct policy_txn *txn, uint32_t number,
                            const char *member, json_t *value)
{
    AUTO_JSON *record = NULL;
    struct policy_key key = agreed_version_key(&a, number);
    assert_ok(policy_get_json(txn, &key, &record));
    assert_int_equal(0, json_object_set_new(record, member, value));
    policy_put_json(txn, &key, record);
}

static void an_inactive_version_holds_nothing(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(state);
    struct policy_question asked = question();
    replace_version(txn, 1, "status", json_string("retired"));
    assert_code(POLICY_NO_CONFIGURATION, txn, &asked);
    struct policy_key key = agreed_version_key(&a, 1);
    policy_delete(txn, &key); /* a runtime record without its version */
    assert_code(POLICY_NO_CONFIGURATION, txn, &asked);
}

static void approvals_are_verified_anew(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(state);
    struct policy_question asked = question();
    AUTO_JSON *record = NULL;
    struct policy_key key = agreed_version_key(&a, 1);
    assert_ok(policy_get_json(txn, &key, &record));
    json_t *entry = json_array_get(json_object_get(record, "approvals"), 0);
    AUTO_JSON *good = json_deep_copy(record);

    unsigned char raw[API_SIGNATURE_LEN] = { 1 };
    json_object_set_new(entry, "signature",
                        api_json_of_base64(bytes_of(raw, sizeof(raw))));
    policy_put_json(txn, &key, record);
    assert_code(POLICY_NO_APPROVALS, txn, &asked);

    /* Somebody else's key, signing well. */
    AUTO_FREE(api_key) other = NULL;
    assert_ok(api_key_generate(&other));
    struct api_signer signer = api_key_signer(other);
    struct api_signature signature;
    const char *text = json_string_value(json_object_get(entry, "approval"));
    assert_ok(signer.sign(signer.context, bytes_of_string(text), &signature));
    json_object_set_new(
        entry, "signature",
        api_json_of_base64(bytes_of(signature.bytes, sizeof(signature.bytes))));
    json_object_set_new(entry, "key",
                        api_json_of_base64(api_spki_bytes(&signer.key)));
    policy_put_json(txn, &key, record);
    assert_code(POLICY_NO_APPROVALS, txn, &asked);
    policy_put_json(txn, &key, good);
    assert_code(POLICY_ALLOW, txn, &asked);
}

static void an_edited_manifest_loses_its_approvals(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(state);
    struct policy_question asked = question();
    AUTO_JSON *record = NULL, *manifest = NULL;
    AUTO_CLEAR_BUFFER text = buffer_make(65536);
    struct policy_key key = agreed_version_key(&a, 1);
    assert_ok(policy_get_json(txn, &key, &record));
    const char *was = json_string_value(json_object_get(record, "manifest"));
    assert_ok(
        api_json_read(bytes_of_string(was), 65536, false, &manifest, NULL));
    json_object_set_new(manifest, "name", json_string("other"));
    assert_ok(api_json_canonical(manifest, &text));
    replace_version(txn, 1, "manifest",
                    json_stringn((const char *)text.data, text.len));
    assert_code(POLICY_NO_APPROVALS, txn, &asked);
}

static void the_time_of_approvals_and_grant_is_looked_at(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(state);
    struct policy_question asked = question();
    asked.now = AGREED_NOW + 1000;
    assert_code(POLICY_ALLOW, txn, &asked);
    asked.now++;
    assert_code(POLICY_NO_APPROVALS, txn, &asked);
}

static void put_status(struct policy_txn *txn, const char *status)
{
    AUTO_JSON *build = json_pack("{s:s}", "status", status);
    policy_object_put(txn, POLICY_BUILD, &a.account, api_id_bytes(&a.build),
                      build);
}

static void switches_are_read_from_records(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(state);
    struct policy_question asked = question();
    static const char *const not_approved[] = { "withdrawn", "denied",
                                                "pending" };
    for (size_t i = 0; i < 3; i++) {
        put_status(txn, not_approved[i]);
        assert_code(POLICY_NO_BUILD, txn, &asked);
    }
    policy_object_delete(txn, POLICY_BUILD, &a.account, api_id_bytes(&a.build));
    assert_code(POLICY_NO_BUILD, txn, &asked);
    put_status(txn, "approved");
    AUTO_JSON *dataset = json_pack("{s:{s:s}}", "suspended", "by", "owner");
    policy_object_put(txn, POLICY_DATASET, &a.account, api_id_bytes(&a.dataset),
                      dataset);
    assert_code(POLICY_SUSPENDED, txn, &asked);
    asked.dataset = NULL; /* the configuration is still told */
    assert_code(POLICY_ALLOW, txn, &asked);
}

static void a_dataset_on_no_port_is_not_given(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(state);
    struct policy_question asked = question();
    struct api_id other = a.dataset;
    other.bytes[0] ^= 1;
    asked.dataset = &other;
    assert_code(POLICY_NO_DATASET, txn, &asked);
}

/* --- several versions ---------------------------------------------------- */

static void the_newest_that_allows_answers(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(state);
    struct policy_question asked = question();
    uint32_t version;
    agreed_put_version(txn, &a, 2, 2000, AGREED_NOW + 500);
    agreed_put_version(txn, &a, 3, 1500, AGREED_NOW + 200);
    assert_int_equal(POLICY_ALLOW, ask(txn, &asked, &version));
    assert_int_equal(2, version); /* made last */
    asked.now = AGREED_NOW + 600; /* only the first still holds */
    assert_int_equal(POLICY_ALLOW, ask(txn, &asked, &version));
    assert_int_equal(1, version);
    asked.now = AGREED_NOW + 1100; /* none: the newest says why */
    assert_int_equal(POLICY_NO_APPROVALS, ask(txn, &asked, &version));
    assert_int_equal(2, version);
}

static void versions_of_one_second_are_ordered_by_number(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(state);
    struct policy_question asked = question();
    uint32_t version;
    agreed_put_version(txn, &a, 2, 1000, AGREED_NOW + 500);
    assert_int_equal(POLICY_ALLOW, ask(txn, &asked, &version));
    assert_int_equal(2, version);
}

static void another_accounts_version_is_no_help(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(state);
    struct policy_question asked = question();
    asked.certificate.statement.account.bytes[0] ^= 1;
    assert_int_not_equal(POLICY_ALLOW, ask(txn, &asked, NULL));
}

static void too_many_holders_are_said_to_be_too_many(void **state)
{
    AUTO_FREE(policy_txn) txn = writing(state);
    struct policy_question asked = question();
    struct policy_answer answer;
    for (uint32_t i = 2; i <= 65; i++)
        agreed_put_version(txn, &a, i, 1000, AGREED_NOW + 500);
    assert_status(STATUS_BUSY, policy_ask(txn, &asked, &answer));
}

#define facts_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        facts_test(an_agreed_program_is_allowed_with_all_it_needs),
        facts_test(a_hash_nobody_holds_is_unknown),
        facts_test(names_are_counted_from_the_certificate),
        facts_test(revocation_and_chain_are_facts),
        facts_test(an_inactive_version_holds_nothing),
        facts_test(approvals_are_verified_anew),
        facts_test(an_edited_manifest_loses_its_approvals),
        facts_test(the_time_of_approvals_and_grant_is_looked_at),
        facts_test(switches_are_read_from_records),
        facts_test(a_dataset_on_no_port_is_not_given),
        facts_test(the_newest_that_allows_answers),
        facts_test(versions_of_one_second_are_ordered_by_number),
        facts_test(another_accounts_version_is_no_help),
        facts_test(too_many_holders_are_said_to_be_too_many),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
