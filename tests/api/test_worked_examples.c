/* Every example of docs/API.md, computed by our own code. The other half is
 * worked_examples.py, which shares nothing with us. */

#include "tests/support/check.h"

#include "tests/api/example_key.h"
#include "tests/api/worked_examples.h"

static struct api_owner alice(void)
{
    struct api_owner owner = { .changes = 0 };
    owner.first = example_spki("keys", "alice");
    owner.recovery = example_spki("keys", "recovery");
    return owner;
}

static void assert_signed_by(const char *key, struct bytes message,
                             const char *block)
{
    struct api_spki spki = example_spki("keys", key);
    struct api_signature signature = example_signature(block, "signature");
    assert_ok(api_verify(&spki, message, &signature));
}

static void keys_follow_from_their_numbers(void **state)
{
    (void)state;
    static const char *const names[][2] = { { "alice", "alice_number" },
                                            { "recovery", "recovery_number" },
                                            { "next", "next_number" },
                                            { "log", "log_number" } };
    for (size_t i = 0; i < 4; i++) {
        struct hash number = example_hash("keys", names[i][1]);
        AUTO_FREE(api_key) key = example_key_of_number(number.bytes);
        AUTO_FREE(api_key) same = example_key(names[i][0]);
        struct api_spki spki = api_key_signer(key).key,
                        spki_again = api_key_signer(same).key;
        example_expect("keys", names[i][0], api_spki_bytes(&spki));
        assert_true(api_spki_equal(&spki, &spki_again));
    }
}

static void the_owner_hash_holds(void **state)
{
    (void)state;
    struct api_owner owner = alice();
    struct hash hash;
    example_expect("owner", "first", api_spki_bytes(&owner.first));
    example_expect("owner", "recovery", api_spki_bytes(&owner.recovery));
    assert_ok(api_owner_hash(&owner, &hash));
    example_expect_hash("owner", "hash", &hash);
}

/* Our own encoding of the change is what was signed. */
static void the_key_change_holds(void **state)
{
    (void)state;
    struct api_owner owner = alice();
    struct api_key_change *change = &owner.chain[0];
    AUTO_CLEAR_BUFFER encoded = buffer_make(1024);
    struct api_spki current, next = example_spki("keys", "next");
    owner.changes = 1;
    change->owner = example_hash("key-change", "owner");
    change->number = (uint32_t)example_number("key-change", "number");
    change->old_key = example_hash("key-change", "old_key");
    change->new_key = example_spki("key-change", "new_key");
    change->signature = example_signature("key-change", "signature");
    assert_ok(api_owner_current(&owner, &current, NULL));
    assert_true(api_spki_equal(&current, &next));
    assert_ok(api_owner_encode(&owner, &encoded));
    example_expect("key-change", "message",
                   bytes_of(encoded.data + 183, API_KEY_CHANGE_LEN));
}

static void check_id(const char *block, enum api_object kind)
{
    struct api_id account = example_id(block, "account"), id;
    struct hash owner = example_hash(block, "owner");
    char text[API_ID_TEXT];
    assert_int_equal(example(block, "random").len, 16);
    assert_ok(api_id_derive(kind, &account, &owner, example(block, "random").at,
                            &id));
    example_expect(block, "id", api_id_bytes(&id));
    api_id_text(&id, text);
    example_expect(block, "text", bytes_of_string(text));
}

static void ids_are_derived(void **state)
{
    (void)state;
    check_id("dataset-id", API_DATASET);
    check_id("build-id", API_BUILD);
}

static void the_identity_hash_holds(void **state)
{
    (void)state;
    struct api_identity_rule rule = {
        .kind = (uint8_t)example_number("identity", "kind"),
        .form = (uint8_t)example_number("identity", "form"),
        .sgx.isvprodid = (uint16_t)example_number("identity", "isvprodid"),
        .sgx.isvsvn_min = (uint16_t)example_number("identity", "isvsvn_min"),
        .debug_allowed = (uint8_t)example_number("identity", "debug"),
        .tcb_mask = (uint16_t)example_number("identity", "tcb"),
        .anchor = example_hash("identity", "anchor"),
    };
    struct hash mrenclave = example_hash("identity", "mrenclave"),
                mrsigner = example_hash("identity", "mrsigner"), hash;
    AUTO_CLEAR_BUFFER encoded = buffer_make(128);
    memcpy(rule.sgx.mrenclave, mrenclave.bytes, HASH_LEN);
    memcpy(rule.sgx.mrsigner, mrsigner.bytes, HASH_LEN);
    assert_ok(api_identity_encode(&rule, &encoded, NULL));
    example_expect("identity", "encoded", buffer_bytes(&encoded));
    assert_ok(api_identity_hash(&rule, &hash, NULL));
    example_expect_hash("identity", "hash", &hash);
}

static void the_build_message_holds(void **state)
{
    (void)state;
    struct api_id account = example_id("build-message", "account"),
                  build = example_id("build-message", "build");
    struct hash identity = example_hash("build-message", "identity");
    AUTO_CLEAR_BUFFER message = buffer_make(128);
    assert_ok(api_build_message(&account, &build, &identity, &message));
    example_expect("build-message", "message", buffer_bytes(&message));
    assert_signed_by("alice", buffer_bytes(&message), "build-message");
}

static void the_configuration_hash_holds(void **state)
{
    (void)state;
    AUTO_JSON *configuration = NULL;
    AUTO_CLEAR_BUFFER text = buffer_make(4096);
    struct hash hash;
    assert_ok(api_json_read(example("configuration", "text"), 4096, true,
                            &configuration, NULL));
    assert_ok(api_configuration_text(configuration, &text, NULL));
    example_expect("configuration", "text", buffer_bytes(&text));
    assert_ok(api_configuration_hash(configuration, &hash, NULL));
    example_expect_hash("configuration", "hash", &hash);
}

static struct api_grant grant_of_the_page(void)
{
    return (struct api_grant){
        .account = example_id("grant", "account"),
        .dataset = example_id("grant", "dataset"),
        .owner = example_hash("grant", "owner"),
        .configuration = example_hash("grant", "configuration"),
        .identity = example_hash("grant", "identity"),
        .flags = (uint8_t)example_number("grant", "flags"),
        .not_before = example_number("grant", "not_before"),
        .not_after = example_number("grant", "not_after"),
        .budget = example_number("grant", "budget"),
        .digest = example_hash("grant", "digest"),
    };
}

static void the_grant_holds(void **state)
{
    (void)state;
    struct api_grant grant = grant_of_the_page();
    unsigned char encoded[API_GRANT_LEN];
    assert_ok(api_grant_encode(&grant, encoded));
    example_expect("grant", "encoded", bytes_of(encoded, sizeof(encoded)));
    assert_signed_by("alice", bytes_of(encoded, sizeof(encoded)), "grant");
}

static void the_approval_holds(void **state)
{
    (void)state;
    struct api_approval approval = {
        .request = example_id("approval", "request"),
        .digest = example_hash("grant", "digest"),
        .approve = true,
        .head_size = example_number("head", "size"),
        .head_root = example_hash("head", "root"),
        .sign_by = example_number("approval", "sign_by"),
        .valid_until = example_number("approval", "valid_until"),
    };
    AUTO_CLEAR_BUFFER text = buffer_make(4096);
    assert_ok(api_approval_text(&approval, &text));
    example_expect("approval", "text", buffer_bytes(&text));
    assert_signed_by("alice", buffer_bytes(&text), "approval");
}

static void the_context_hash_holds(void **state)
{
    (void)state;
    struct api_context context = {
        .account = example_id("context", "account"),
        .dataset = example_id("context", "dataset"),
        .version = example_id("context", "version"),
        .owner = example_hash("context", "owner"),
        .flags = (uint8_t)example_number("context", "flags"),
    };
    struct hash hash;
    assert_ok(api_context_hash(&context, &hash));
    example_expect_hash("context", "hash", &hash);
}

/* A signer that answers with the page's signature: ours would be another. */
static struct status sign_as_the_page(void *context, struct bytes message,
                                      struct api_signature *out)
{
    (void)context;
    (void)message;
    *out = example_signature("credential", "signature");
    return OK;
}

static void the_credential_holds(void **state)
{
    (void)state;
    struct api_credential credential = {
        .account = example_id("context", "account"),
        .dataset = example_id("context", "dataset"),
        .version = example_id("context", "version"),
        .flags = (uint8_t)example_number("context", "flags"),
        .owner = alice(),
    };
    struct api_signer signer = { sign_as_the_page, NULL,
                                 example_spki("keys", "alice") };
    struct bytes location = example("credential", "location");
    AUTO_FREE(secret) encoded = NULL;
    assert_int_equal(example("credential", "random").len, 16);
    memcpy(credential.random, example("credential", "random").at, 16);
    memcpy(credential.location, location.at, location.len + 1);
    credential.content = example_secret(example("credential", "content"));
    assert_ok(api_credential_encode(&credential, &signer, &encoded, NULL));
    example_expect("credential", "encoded", secret_expose(encoded));
    api_credential_clear(&credential);
    assert_ok(api_credential_decode(example("credential", "encoded"),
                                    &credential, NULL));
    api_credential_clear(&credential);
}

static void the_sealed_intake_holds(void **state)
{
    (void)state;
    struct hash ctx = example_hash("context", "hash"),
                input = example_hash("intake", "proof_input"), expected, blob,
                proof;
    AUTO_FREE(secret) k = example_secret(example("intake", "k"));
    AUTO_FREE(secret) k_prime = NULL;
    AUTO_FREE(secret) proof_key = NULL;
    AUTO_FREE(secret) opened = NULL;
    assert_ok(api_seal_derive(k, &ctx, &k_prime));
    example_expect("intake", "k_prime", secret_expose(k_prime));
    assert_ok(api_open(k_prime, &ctx, example("intake", "blob"), &opened));
    example_expect("credential", "encoded", secret_expose(opened));
    assert_ok(hash_of(&expected, bytes_of_string("accord intake proof v1"),
                      hash_bytes(&ctx)));
    assert_true(hash_equal(&expected, &input));
    assert_ok(api_seal_derive(k, &input, &proof_key));
    example_expect("intake", "proof_key", secret_expose(proof_key));
    assert_ok(hash_of(&blob, example("intake", "blob")));
    assert_ok(api_seal_proof(proof_key, &ctx, &blob, &proof));
    example_expect_hash("intake", "proof", &proof);
}

static struct status collect(void *context, struct bytes bytes)
{
    struct buffer *out = context;
    buffer_put(out, bytes);
    return buffer_status(out);
}

static void the_encrypted_file_opens(void **state)
{
    (void)state;
    AUTO_FREE(secret) key = example_secret(example("encrypted-file", "key"));
    AUTO_CLEAR_BUFFER plain = buffer_make(4096);
    struct bytes file = example("encrypted-file", "file");
    struct api_file *opened = NULL;
    assert_ok(api_file_decrypt(key, collect, &plain, &opened));
    assert_ok(api_file_put(opened, file));
    assert_ok(api_file_finish(opened));
    api_file_free(opened);
    example_expect("encrypted-file", "plain", buffer_bytes(&plain));
    example_expect("encrypted-file", "nonce", bytes_of(file.at, 12));
}

static void every_value_was_checked(void **state)
{
    (void)state;
    examples_all_used();
}

static int open_page(void **state)
{
    (void)state;
    AUTO_FREE(secret) heap = example_secret(bytes_of("", 0));
    examples_open(PROJECT_SOURCE_DIR "/docs/API.md");
    return 0;
}

static int close_page(void **state)
{
    (void)state;
    examples_close();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_follow_from_their_numbers),
        cmocka_unit_test(the_owner_hash_holds),
        cmocka_unit_test(the_key_change_holds),
        cmocka_unit_test(ids_are_derived),
        cmocka_unit_test(the_identity_hash_holds),
        cmocka_unit_test(the_rules_of_each_kind_hold),
        cmocka_unit_test(the_build_message_holds),
        cmocka_unit_test(the_configuration_hash_holds),
        cmocka_unit_test(the_grant_holds),
        cmocka_unit_test(the_approval_holds),
        cmocka_unit_test(the_context_hash_holds),
        cmocka_unit_test(the_credential_holds),
        cmocka_unit_test(the_sealed_intake_holds),
        cmocka_unit_test(the_subjects_hold),
        cmocka_unit_test(the_certificate_subject_holds),
        cmocka_unit_test(the_statement_is_laid_out),
        cmocka_unit_test(the_leaf_holds),
        cmocka_unit_test(the_tree_and_its_proofs_hold),
        cmocka_unit_test(the_head_holds),
        cmocka_unit_test(the_encrypted_file_opens),
        cmocka_unit_test(every_value_was_checked),
    };
    return cmocka_run_group_tests(tests, open_page, close_page);
}
