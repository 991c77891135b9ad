/* Frames and messages: what is written is read back, and nothing else is. */

#include <stdlib.h>

#include "tests/support/check.h"

#include "pkcs11/judge.h"
#include "pkcs11/messages.h"
#include "pkcs11/wire.h"

/* Every shortening of a message is refused, and a byte too much. */
#define assert_exact(body, decode)                                             \
    do {                                                                       \
        for (size_t len_ = 0; len_ < (body).len; len_++) {                     \
            struct bytes part = bytes_of((body).data, len_);                   \
            assert_true(failed(decode));                                       \
        }                                                                      \
        buffer_put_u8(&(body), 0);                                             \
        struct bytes part = buffer_bytes(&(body));                             \
        assert_true(failed(decode));                                           \
    } while (0)

static void a_frame_is_read_when_it_is_whole(void **state)
{
    const struct pkcs11_frame frame = { 0x01020304, 5, bytes_of("abc", 3) };
    AUTO_CLEAR_BUFFER out = buffer_make(100);
    struct pkcs11_frame read;
    size_t used = 9;
    (void)state;
    pkcs11_frame_put(&out, &frame);
    assert_int_equal(out.len, 12);
    assert_memory_equal(out.data, "\0\0\0\x08\1\2\3\4\5abc", 12);
    for (size_t len = 0; len < out.len; len++) {
        assert_ok(
            pkcs11_frame_next(bytes_of(out.data, len), 100, &read, &used));
        assert_int_equal(used, 0);
    }
    buffer_put_u8(&out, 0xff); /* the next frame's first byte */
    assert_ok(pkcs11_frame_next(buffer_bytes(&out), 100, &read, &used));
    assert_int_equal(used, 12);
    assert_int_equal(read.id, frame.id);
    assert_int_equal(read.code, 5);
    assert_true(bytes_equal(read.body, frame.body));
}

static void an_impossible_length_is_refused_at_once(void **state)
{
    static const unsigned char huge[] = { 0, 0, 1, 0, 0, 0, 0, 1, 1 };
    static const unsigned char tiny[] = { 0, 0, 0, 4, 0, 0, 0, 1, 1 };
    struct pkcs11_frame read;
    size_t used = 0;
    (void)state;
    assert_status(STATUS_INVALID,
                  pkcs11_frame_next(bytes_of(huge, 9), 255, &read, &used));
    assert_status(STATUS_INVALID,
                  pkcs11_frame_next(bytes_of(tiny, 9), 255, &read, &used));
    assert_ok(pkcs11_frame_next(bytes_of(huge, 9), 260, &read, &used));
}

static void fill(void *out, size_t len, unsigned char seed)
{
    unsigned char *at = out;
    for (size_t i = 0; i < len; i++)
        at[i] = (unsigned char)(seed + i);
}

static struct api_context some_context(void)
{
    struct api_context context = { .flags = 1 };
    fill(context.account.bytes, API_ID_LEN, 1);
    fill(context.dataset.bytes, API_ID_LEN, 50);
    fill(context.version.bytes, API_ID_LEN, 100);
    fill(context.owner.bytes, HASH_LEN, 150);
    return context;
}

static void contexts_travel_whole(void **state)
{
    struct api_context context = some_context(), read;
    AUTO_CLEAR_BUFFER body = buffer_make(200);
    (void)state;
    pkcs11_put_context(&body, &context);
    assert_int_equal(body.len, 81);
    assert_ok(pkcs11_decode_context(buffer_bytes(&body), &read));
    assert_memory_equal(&read, &context, sizeof(read));
    assert_exact(body, pkcs11_decode_context(part, &read));
}

static void intakes_travel_whole(void **state)
{
    unsigned char wrapped[384];
    struct pkcs11_intake intake = { .context = some_context() }, read;
    AUTO_CLEAR_BUFFER body = buffer_make(2000);
    (void)state;
    fill(wrapped, sizeof(wrapped), 7);
    intake.wrapped = bytes_of(wrapped, sizeof(wrapped));
    fill(intake.proof.bytes, HASH_LEN, 9);
    fill(intake.blob.bytes, HASH_LEN, 11);
    pkcs11_encode_intake(&intake, &body);
    assert_ok(pkcs11_decode_intake(buffer_bytes(&body), &read));
    assert_true(bytes_equal(read.wrapped, intake.wrapped));
    assert_true(hash_equal(&read.proof, &intake.proof));
    assert_true(hash_equal(&read.blob, &intake.blob));
    assert_memory_equal(&read.context, &intake.context, sizeof(read.context));
    assert_exact(body, pkcs11_decode_intake(part, &read));
}

static void an_intake_with_a_longer_key_is_refused(void **state)
{
    static const unsigned char wrapped[PKCS11_WRAPPED_MAX + 1];
    struct pkcs11_intake intake = { .wrapped =
                                        bytes_of(wrapped, sizeof(wrapped)) },
                         read;
    AUTO_CLEAR_BUFFER body = buffer_make(2000);
    (void)state;
    pkcs11_encode_intake(&intake, &body);
    assert_true(failed(pkcs11_decode_intake(buffer_bytes(&body), &read)));
}

static void heads_travel_whole(void **state)
{
    struct api_head head = { .epoch = 3, .size = 1ull << 40, .time = 12345 },
                    read;
    AUTO_CLEAR_BUFFER body = buffer_make(400);
    (void)state;
    fill(head.store.bytes, API_ID_LEN, 1);
    fill(head.root.bytes, HASH_LEN, 2);
    fill(head.signature.bytes, API_SIGNATURE_LEN, 3);
    pkcs11_encode_head(&head, &body);
    assert_ok(pkcs11_decode_head(buffer_bytes(&body), &read));
    assert_int_equal(read.epoch, 3);
    assert_int_equal(read.size, head.size);
    assert_int_equal(read.time, 12345);
    assert_memory_equal(read.store.bytes, head.store.bytes, API_ID_LEN);
    assert_memory_equal(read.root.bytes, head.root.bytes, HASH_LEN);
    assert_memory_equal(read.signature.bytes, head.signature.bytes,
                        API_SIGNATURE_LEN);
    assert_exact(body, pkcs11_decode_head(part, &read));
}

static struct api_identity_rule some_rule(void)
{
    struct api_identity_rule rule = { .kind = API_KIND_SGX,
                                      .form = API_SGX_MRENCLAVE,
                                      .tcb_mask = API_TCB_UP_TO_DATE };
    fill(rule.sgx.mrenclave, 32, 3);
    fill(rule.anchor.bytes, 32, 4);
    return rule;
}

static void certificate_requests_travel_whole(void **state)
{
    static const char *const names[] = { "a.example", "b.example" };
    struct api_identity_rule rule = some_rule();
    unsigned char spki[100], evidence[1000];
    struct pkcs11_certify certify = { .kind = CA_ENCLAVE,
                                      .common_name = "name",
                                      .names = names,
                                      .names_count = 2,
                                      .not_after = 99,
                                      .rule = &rule,
                                      .collateral = bytes_of("tcb", 3),
                                      .binding = { CA_BINDS_DOMAIN,
                                                   bytes_of("set", 3) } };
    struct pkcs11_certify_message read;
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER body = buffer_make(4000);
    (void)state;
    fill(spki, sizeof(spki), 1);
    fill(evidence, sizeof(evidence), 2);
    fill(certify.leaf, API_LEAF_LEN, 5);
    fill(certify.salt, API_SALT_LEN, 6);
    fill(certify.account.bytes, API_ID_LEN, 7);
    fill(certify.id.bytes, API_ID_LEN, 8);
    fill(certify.invitation.bytes, HASH_LEN, 9);
    fill(certify.configuration.bytes, HASH_LEN, 10);
    fill(certify.nonce.bytes, HASH_LEN, 11);
    certify.spki = bytes_of(spki, sizeof(spki));
    certify.evidence = bytes_of(evidence, sizeof(evidence));
    assert_ok(pkcs11_encode_certify(&certify, &body, &why));
    assert_ok(pkcs11_decode_certify(buffer_bytes(&body), &read, &why));
    assert_int_equal(read.fields.kind, CA_ENCLAVE);
    assert_string_equal(read.fields.common_name, "name");
    assert_int_equal(read.fields.names_count, 2);
    assert_string_equal(read.fields.names[0], "a.example");
    assert_string_equal(read.fields.names[1], "b.example");
    assert_int_equal(read.fields.not_after, 99);
    assert_true(bytes_equal(read.fields.spki, certify.spki));
    assert_true(bytes_equal(read.fields.evidence, certify.evidence));
    assert_true(bytes_equal(read.fields.collateral, certify.collateral));
    assert_int_equal(read.fields.binding.rule, CA_BINDS_DOMAIN);
    assert_true(
        bytes_equal(read.fields.binding.material, certify.binding.material));
    assert_true(hash_equal(&read.fields.nonce, &certify.nonce));
    assert_memory_equal(read.fields.leaf, certify.leaf, API_LEAF_LEN);
    assert_memory_equal(read.fields.salt, certify.salt, API_SALT_LEN);
    assert_memory_equal(read.fields.rule->sgx.mrenclave, rule.sgx.mrenclave,
                        32);
    assert_exact(body, pkcs11_decode_certify(part, &read, &why));
}

static void names_may_not_hide_behind_a_nul(void **state)
{
    static const char *const names[] = { "ab" };
    struct pkcs11_certify certify = {
        .kind = CA_SERVER, .common_name = "", .names = names, .names_count = 1
    };
    struct pkcs11_certify_message read;
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER body = buffer_make(4000);
    (void)state;
    assert_ok(pkcs11_encode_certify(&certify, &body, &why));
    assert_ok(pkcs11_decode_certify(buffer_bytes(&body), &read, &why));
    unsigned char *name = memmem(body.data, body.len, "ab", 2);
    assert_non_null(name);
    name[0] = '\0';
    assert_status(STATUS_INVALID,
                  pkcs11_decode_certify(buffer_bytes(&body), &read, &why));
}

static void too_many_names_are_refused_on_both_sides(void **state)
{
    const char *names[CA_NAMES_MAX + 1];
    char long_name[255];
    struct pkcs11_certify certify = { .kind = CA_SERVER, .names = names };
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER body = buffer_make(64 * 1024);
    (void)state;
    for (size_t i = 0; i < CA_NAMES_MAX + 1; i++)
        names[i] = "x.example";
    certify.names_count = CA_NAMES_MAX + 1;
    assert_status(STATUS_INVALID, pkcs11_encode_certify(&certify, &body, &why));
    assert_non_null(strstr(why.text, "33 names"));
    memset(long_name, 'x', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    names[0] = long_name;
    certify.names_count = 1;
    assert_status(STATUS_INVALID, pkcs11_encode_certify(&certify, &body, &why));
    long_name[253] = '\0';
    for (size_t i = 0; i < 9; i++)
        names[i] = long_name;
    certify.names_count = 9; /* 9 * 254 bytes: more than a list holds */
    assert_status(STATUS_INVALID, pkcs11_encode_certify(&certify, &body, &why));
}

static void releases_travel_whole(void **state)
{
    unsigned char grant[API_GRANT_LEN], certificate[700];
    struct api_owner owner = { .changes = 0 };
    struct api_key *first = NULL, *recovery = NULL;
    struct pkcs11_release release = { .context = some_context(),
                                      .owner = &owner };
    static struct pkcs11_release_message read;
    AUTO_CLEAR_BUFFER body = buffer_make(8192);
    (void)state;
    assert_ok(secret_heap_open(65536));
    assert_ok(api_key_generate(&first));
    assert_ok(api_key_generate(&recovery));
    owner.first = api_key_signer(first).key;
    owner.recovery = api_key_signer(recovery).key;
    fill(grant, sizeof(grant), 1);
    fill(certificate, sizeof(certificate), 2);
    fill(release.signature.bytes, API_SIGNATURE_LEN, 3);
    release.grant = bytes_of(grant, sizeof(grant));
    release.certificate = bytes_of(certificate, sizeof(certificate));
    assert_ok(pkcs11_encode_release(&release, &body));
    assert_ok(pkcs11_decode_release(buffer_bytes(&body), &read));
    assert_true(bytes_equal(read.fields.grant, release.grant));
    assert_true(bytes_equal(read.fields.certificate, release.certificate));
    assert_true(api_spki_equal(&read.fields.owner->first, &owner.first));
    assert_memory_equal(&read.fields.context, &release.context,
                        sizeof(release.context));
    assert_exact(body, pkcs11_decode_release(part, &read));
    api_key_free(first);
    api_key_free(recovery);
}

static void lists_of_serials_are_whole_serials(void **state)
{
    static const unsigned char serials[32] = { 1 };
    const struct ca_crl_fields crl = { bytes_of(serials, 32), 5, 6, 7 };
    struct ca_crl_fields read;
    AUTO_CLEAR_BUFFER body = buffer_make(200);
    (void)state;
    pkcs11_encode_crl(&crl, &body);
    assert_ok(pkcs11_decode_crl(buffer_bytes(&body), &read));
    assert_int_equal(read.this_update, 5);
    assert_int_equal(read.next_update, 6);
    assert_int_equal(read.number, 7);
    assert_int_equal(read.serials.len, 32);
    assert_true(
        failed(pkcs11_decode_crl(bytes_of(body.data, body.len - 1), &read)));
    assert_true(failed(pkcs11_decode_crl(bytes_of(body.data, 23), &read)));
}

static void descriptions_travel_whole(void **state)
{
    struct pkcs11_description d = { .plain_paths = true,
                                    .epoch = 2,
                                    .generation = 9,
                                    .domain = "accord.example",
                                    .size = 77,
                                    .time = 88 },
                              read;
    AUTO_CLEAR_BUFFER body = buffer_make(32 * 1024);
    (void)state;
    d.ca_certificate = buffer_make(CA_CERTIFICATE_MAX);
    d.intake_certificate = buffer_make(CA_CERTIFICATE_MAX);
    buffer_put_string(&d.ca_certificate, "ca");
    buffer_put_string(&d.intake_certificate, "intake");
    fill(d.ca_key.bytes, API_SPKI_LEN, 1);
    fill(d.log_key.bytes, API_SPKI_LEN, 2);
    d.was_restored = true;
    d.restored =
        (struct api_restore){ .epoch = 2, .kept_size = 3, .lost_size = 70 };
    assert_ok(pkcs11_encode_description(&d, &body));
    assert_ok(pkcs11_decode_description(buffer_bytes(&body), &read));
    assert_true(read.was_restored);
    assert_int_equal(read.restored.lost_size, 70);
    assert_int_equal(read.generation, 9);
    assert_true(read.plain_paths);
    assert_string_equal(read.domain, "accord.example");
    assert_true(bytes_equal(buffer_bytes(&read.intake_certificate),
                            bytes_of("intake", 6)));
    pkcs11_description_clear(&read);
    assert_exact(body, pkcs11_decode_description(part, &read));
    pkcs11_description_clear(&d);
}

static void questions_travel_whole(void **state)
{
    struct api_identity_rule rule = some_rule(), read_rule;
    struct hsm_question question = { .evidence = bytes_of("evidence", 8),
                                     .collateral = bytes_of("tcb", 3),
                                     .rule = &rule,
                                     .time = 4711 },
                        read;
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER body = buffer_make(1000);
    (void)state;
    fill(question.report_data, CA_REPORT_DATA_LEN, 12);
    fill(question.nonce.bytes, HASH_LEN, 13);
    assert_ok(hsm_question_encode(&question, &body, &why));
    assert_ok(
        hsm_question_decode(buffer_bytes(&body), &read, &read_rule, &why));
    assert_int_equal(read.time, 4711);
    assert_true(bytes_equal(read.evidence, question.evidence));
    assert_true(bytes_equal(read.collateral, question.collateral));
    assert_true(hash_equal(&read.nonce, &question.nonce));
    assert_memory_equal(read.report_data, question.report_data,
                        CA_REPORT_DATA_LEN);
    assert_memory_equal(read_rule.sgx.mrenclave, rule.sgx.mrenclave, 32);
    assert_exact(body, hsm_question_decode(part, &read, &read_rule, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_is_read_when_it_is_whole),
        cmocka_unit_test(an_impossible_length_is_refused_at_once),
        cmocka_unit_test(contexts_travel_whole),
        cmocka_unit_test(intakes_travel_whole),
        cmocka_unit_test(an_intake_with_a_longer_key_is_refused),
        cmocka_unit_test(heads_travel_whole),
        cmocka_unit_test(certificate_requests_travel_whole),
        cmocka_unit_test(names_may_not_hide_behind_a_nul),
        cmocka_unit_test(too_many_names_are_refused_on_both_sides),
        cmocka_unit_test(releases_travel_whole),
        cmocka_unit_test(lists_of_serials_are_whole_serials),
        cmocka_unit_test(descriptions_travel_whole),
        cmocka_unit_test(questions_travel_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
