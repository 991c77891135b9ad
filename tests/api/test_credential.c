#include "tests/support/check.h"

#include "api/seal.h"
#include "tests/api/example_key.h"

#define FRONT 85 /* label, account, dataset, random, version, flags */

struct sample {
    struct api_key *owner, *recovery, *stranger;
    struct api_credential credential;
};

static int open_sample(void **state)
{
    static struct sample s;
    s = (struct sample){ 0 };
    s.owner = example_key("owner");
    s.recovery = example_key("recovery");
    s.stranger = example_key("stranger");
    struct api_credential *c = &s.credential;
    struct hash owner;
    memset(c->account.bytes, 0xc1, API_ID_LEN);
    memset(c->random, 0xc2, sizeof(c->random));
    memset(c->version.bytes, 0xc3, API_ID_LEN);
    c->owner.first = api_key_signer(s.owner).key;
    c->owner.recovery = api_key_signer(s.recovery).key;
    (void)memcpy(c->location, "https://store.example/a", 24);
    c->content = example_secret(bytes_of_string("{\"query_string\":null}"));
    assert_ok(api_owner_hash(&c->owner, &owner));
    assert_ok(api_id_derive(API_DATASET, &c->account, &owner, c->random,
                            &c->dataset));
    *state = &s;
    return 0;
}

static int close_sample(void **state)
{
    struct sample *s = *state;
    api_credential_clear(&s->credential);
    api_key_free(s->owner);
    api_key_free(s->recovery);
    api_key_free(s->stranger);
    return 0;
}

static struct secret *encode(const struct sample *s, struct api_key *by)
{
    struct secret *encoded = NULL;
    struct api_signer signer = api_key_signer(by);
    assert_ok(api_credential_encode(&s->credential, &signer, &encoded, NULL));
    return encoded;
}

static void a_credential_is_laid_out_as_the_header_says(void **state)
{
    struct sample *s = *state;
    const struct api_credential *c = &s->credential;
    AUTO_FREE(secret) encoded = encode(s, s->owner);
    AUTO_CLEAR_BUFFER expected = buffer_make(4096);
    struct bytes content = secret_expose(c->content);
    buffer_put_string(&expected, "accord credential v1");
    buffer_put(&expected, api_id_bytes(&c->account));
    buffer_put(&expected, api_id_bytes(&c->dataset));
    buffer_put(&expected, bytes_of(c->random, 16));
    buffer_put(&expected, api_id_bytes(&c->version));
    buffer_put_u8(&expected, 0);
    assert_int_equal(expected.len, FRONT);
    assert_ok(api_owner_encode(&c->owner, &expected));
    buffer_put_u16(&expected, 23);
    buffer_put_string(&expected, "https://store.example/a");
    buffer_put_u32(&expected, (uint32_t)content.len);
    buffer_put(&expected, content);
    struct bytes got = secret_expose(encoded);
    assert_int_equal(got.len, expected.len + API_SIGNATURE_LEN);
    assert_memory_equal(got.at, expected.data, expected.len);
    struct api_signature signature;
    memcpy(signature.bytes, got.at + expected.len, API_SIGNATURE_LEN);
    assert_ok(api_verify(&c->owner.first, buffer_bytes(&expected), &signature));
}

static void a_credential_survives_encoding(void **state)
{
    struct sample *s = *state;
    AUTO_FREE(secret) encoded = encode(s, s->owner);
    struct api_credential back;
    assert_ok(api_credential_decode(secret_expose(encoded), &back, NULL));
    assert_true(api_id_equal(&back.dataset, &s->credential.dataset));
    assert_true(api_id_equal(&back.account, &s->credential.account));
    assert_true(api_id_equal(&back.version, &s->credential.version));
    assert_memory_equal(back.random, s->credential.random, 16);
    assert_int_equal(back.flags, 0);
    assert_string_equal(back.location, s->credential.location);
    assert_true(
        api_spki_equal(&back.owner.recovery, &s->credential.owner.recovery));
    assert_true(
        secret_equals(back.content, secret_expose(s->credential.content)));
    api_credential_clear(&back);
    assert_null(back.content);
    assert_true(api_id_is_zero(&back.dataset));
}

static void every_changed_byte_is_denied_with_a_reason(void **state)
{
    struct sample *s = *state;
    AUTO_FREE(secret) encoded = encode(s, s->owner);
    unsigned char *at = secret_fill(encoded);
    for (size_t i = 0; i < secret_expose(encoded).len; i++) {
        struct api_credential out = { .flags = 0x77 };
        struct reason why = { "" };
        at[i] ^= 0x04;
        assert_status(STATUS_DENIED, api_credential_decode(
                                         secret_expose(encoded), &out, &why));
        assert_int_not_equal(why.text[0], 0);
        assert_int_equal(out.flags, 0x77);
        at[i] ^= 0x04;
    }
}

static void every_other_length_is_denied(void **state)
{
    struct sample *s = *state;
    AUTO_FREE(secret) encoded = encode(s, s->owner);
    struct bytes all = secret_expose(encoded);
    struct api_credential out;
    for (size_t len = 0; len < all.len; len++)
        assert_status(STATUS_DENIED,
                      api_credential_decode(bytes_of(all.at, len), &out, NULL));
    AUTO_CLEAR_BUFFER longer = buffer_make(API_CREDENTIAL_MAX + 1);
    buffer_put(&longer, all);
    buffer_put_u8(&longer, 0);
    assert_status(STATUS_DENIED,
                  api_credential_decode(buffer_bytes(&longer), &out, NULL));
    struct reason why = { "" };
    assert_non_null(buffer_extend(&longer, longer.max - longer.len));
    assert_status(STATUS_DENIED,
                  api_credential_decode(buffer_bytes(&longer), &out, &why));
    assert_string_equal(why.text, "it is longer than 64 KiB");
}

static void only_the_current_key_may_sign(void **state)
{
    struct sample *s = *state;
    struct api_signer recovery = api_key_signer(s->recovery),
                      dead = api_key_signer(s->owner);
    struct api_spki new_key = api_key_signer(s->stranger).key;
    struct secret *encoded = NULL;
    struct reason why = { "" };
    assert_status(
        STATUS_INVALID,
        api_credential_encode(&s->credential, &recovery, &encoded, &why));
    assert_non_null(strstr(why.text, "current key"));

    AUTO_FREE(secret) before = encode(s, s->owner);
    assert_ok(
        api_owner_change(&s->credential.owner, &new_key, &recovery, NULL));
    assert_status(STATUS_INVALID,
                  api_credential_encode(&s->credential, &dead, &encoded, NULL));
    AUTO_FREE(secret) after = encode(s, s->stranger);
    struct api_credential back;
    assert_ok(api_credential_decode(secret_expose(after), &back, NULL));
    assert_int_equal(back.owner.changes, 1);
    api_credential_clear(&back);
    assert_null(encoded);
}

/* Puts a signature by `by` behind what `change` made of a good encoding. */
static void resign(struct secret *encoded, struct api_key *by)
{
    struct bytes all = secret_expose(encoded);
    size_t signed_len = all.len - API_SIGNATURE_LEN;
    struct api_signer signer = api_key_signer(by);
    struct api_signature signature;
    assert_ok(
        signer.sign(signer.context, bytes_of(all.at, signed_len), &signature));
    memcpy(secret_fill(encoded) + signed_len, signature.bytes,
           API_SIGNATURE_LEN);
}

static void assert_denied(struct secret *encoded, const char *said)
{
    struct api_credential out;
    struct reason why = { "" };
    assert_status(STATUS_DENIED,
                  api_credential_decode(secret_expose(encoded), &out, &why));
    assert_non_null(strstr(why.text, said));
}

/* The owner's own signature does not make a lie true. */
static void what_the_bytes_contradict_is_denied_though_signed(void **state)
{
    struct sample *s = *state;
    static const struct {
        size_t at;
        const char *said;
    } changes[] = {
        { 20, "does not follow" }, /* account */
        { 36, "does not follow" }, /* dataset */
        { 52, "does not follow" }, /* random  */
        { 84, "flags" },
        { FRONT + 91 + 91 + 1 + 2, "" }, /* location: true again */
    };
    for (size_t i = 0; i < 4; i++) {
        AUTO_FREE(secret) encoded = encode(s, s->owner);
        secret_fill(encoded)[changes[i].at] ^= 1;
        resign(encoded, s->owner);
        assert_denied(encoded, changes[i].said);
    }
    AUTO_FREE(secret) encoded = encode(s, s->owner);
    secret_fill(encoded)[changes[4].at] = '\0';
    resign(encoded, s->owner);
    assert_denied(encoded, "location holds a NUL");
}

static void another_owners_signature_is_denied(void **state)
{
    struct sample *s = *state;
    AUTO_FREE(secret) encoded = encode(s, s->owner);
    resign(encoded, s->stranger);
    assert_denied(encoded, "not signed by its owner's current key");
    resign(encoded, s->recovery);
    assert_denied(encoded, "not signed by its owner's current key");
    resign(encoded, s->owner);
    struct api_credential out;
    assert_ok(api_credential_decode(secret_expose(encoded), &out, NULL));
    api_credential_clear(&out);
}

static void assert_unfit(const struct sample *s, const char *said)
{
    struct api_signer signer = api_key_signer(s->owner);
    struct secret *encoded = NULL;
    struct reason why = { "" };
    assert_status(STATUS_INVALID, api_credential_encode(&s->credential, &signer,
                                                        &encoded, &why));
    assert_non_null(strstr(why.text, said));
    assert_null(encoded);
}

static void a_member_that_does_not_fit_is_named(void **state)
{
    struct sample *s = *state;
    struct api_credential *c = &s->credential;
    c->flags = API_CLASS_CCM;
    assert_unfit(s, "flags");
    c->flags = 0;
    c->dataset.bytes[0] ^= 1;
    assert_unfit(s, "does not follow");
    c->dataset.bytes[0] ^= 1;
    c->location[0] = '\0';
    assert_unfit(s, "location");
    memset(c->location, 'x', sizeof(c->location)); /* no NUL anywhere */
    assert_unfit(s, "location");
    c->location[API_LOCATION_MAX] = '\0';
    AUTO_FREE(secret) longest = encode(s, s->owner);
    struct api_credential back;
    assert_ok(api_credential_decode(secret_expose(longest), &back, NULL));
    assert_int_equal(strlen(back.location), API_LOCATION_MAX);
    api_credential_clear(&back);
    secret_free(TAKE(c->content));
    assert_unfit(s, "content is missing");
}

static void content_fills_64_kib_at_most(void **state)
{
    struct sample *s = *state;
    static const unsigned char zeros[API_CREDENTIAL_MAX];
    /* label .. flags, owner, location, content length, signature */
    const size_t room = API_CREDENTIAL_MAX - FRONT - 183 - 2 - 23 - 4 - 64;
    secret_free(TAKE(s->credential.content));
    s->credential.content = example_secret(bytes_of(zeros, room + 1));
    assert_unfit(s, "content has");
    secret_free(TAKE(s->credential.content));
    s->credential.content = example_secret(bytes_of(zeros, room));
    AUTO_FREE(secret) encoded = encode(s, s->owner);
    assert_int_equal(secret_expose(encoded).len, API_CREDENTIAL_MAX);
    struct api_credential back;
    assert_ok(api_credential_decode(secret_expose(encoded), &back, NULL));
    assert_int_equal(secret_expose(back.content).len, room);
    api_credential_clear(&back);
}

static void empty_content_survives(void **state)
{
    struct sample *s = *state;
    secret_free(TAKE(s->credential.content));
    s->credential.content = example_secret(bytes_of("", 0));
    AUTO_FREE(secret) encoded = encode(s, s->owner);
    struct api_credential back;
    assert_ok(api_credential_decode(secret_expose(encoded), &back, NULL));
    assert_int_equal(secret_expose(back.content).len, 0);
    api_credential_clear(&back);
}

#define WITH_SAMPLE(test)                                                      \
    cmocka_unit_test_setup_teardown(test, open_sample, close_sample)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SAMPLE(a_credential_is_laid_out_as_the_header_says),
        WITH_SAMPLE(a_credential_survives_encoding),
        WITH_SAMPLE(every_changed_byte_is_denied_with_a_reason),
        WITH_SAMPLE(every_other_length_is_denied),
        WITH_SAMPLE(only_the_current_key_may_sign),
        WITH_SAMPLE(what_the_bytes_contradict_is_denied_though_signed),
        WITH_SAMPLE(another_owners_signature_is_denied),
        WITH_SAMPLE(a_member_that_does_not_fit_is_named),
        WITH_SAMPLE(content_fills_64_kib_at_most),
        WITH_SAMPLE(empty_content_survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
