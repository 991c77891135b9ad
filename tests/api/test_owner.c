#include "tests/api/example_key.h"
#include "tests/support/check.h"

#include <stdio.h>

/* An owner, its recovery key and the keys it changes to. */
struct people {
    struct api_key *first, *recovery, *next[API_CHAIN_MAX + 1], *stranger;
    struct api_owner owner;
};

static struct api_spki public_of(struct api_key *key)
{
    return api_key_signer(key).key;
}

static int open_people(void **state)
{
    static struct people p;
    p = (struct people){ 0 };
    p.first = example_key("first");
    p.recovery = example_key("recovery");
    p.stranger = example_key("stranger");
    for (size_t i = 0; i <= API_CHAIN_MAX; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "next %zu", i);
        p.next[i] = example_key(name);
    }
    p.owner.first = public_of(p.first);
    p.owner.recovery = public_of(p.recovery);
    *state = &p;
    return 0;
}

static int close_people(void **state)
{
    struct people *p = *state;
    api_key_free(p->first);
    api_key_free(p->recovery);
    api_key_free(p->stranger);
    for (size_t i = 0; i <= API_CHAIN_MAX; i++)
        api_key_free(p->next[i]);
    return 0;
}

/* To next[to], signed by `by`. */
static struct status change(struct people *p, size_t to, struct api_key *by,
                            struct reason *why)
{
    struct api_spki new_key = public_of(p->next[to]);
    struct api_signer signer = api_key_signer(by);
    return api_owner_change(&p->owner, &new_key, &signer, why);
}

static void assert_current(const struct people *p, struct api_key *expected)
{
    struct api_spki current, wanted = public_of(expected);
    assert_ok(api_owner_current(&p->owner, &current, NULL));
    assert_true(api_spki_equal(&current, &wanted));
}

static void the_hash_is_of_the_two_first_keys(void **state)
{
    struct people *p = *state;
    struct hash first, recovery, expected, hash;
    assert_ok(api_spki_hash(&p->owner.first, &first));
    assert_ok(api_spki_hash(&p->owner.recovery, &recovery));
    assert_ok(hash_of(&expected, bytes_of_string("accord owner v1"),
                      hash_bytes(&first), hash_bytes(&recovery)));
    assert_ok(api_owner_hash(&p->owner, &hash));
    assert_true(hash_equal(&hash, &expected));
    assert_ok(change(p, 0, p->first, NULL));
    assert_ok(api_owner_hash(&p->owner, &hash));
    assert_true(hash_equal(&hash, &expected));
}

static void without_changes_the_first_key_speaks(void **state)
{
    struct people *p = *state;
    assert_current(p, p->first);
}

static void the_last_key_of_a_chain_speaks(void **state)
{
    struct people *p = *state;
    assert_ok(change(p, 0, p->first, NULL));
    assert_current(p, p->next[0]);
    assert_ok(change(p, 1, p->recovery, NULL)); /* the key was lost */
    assert_current(p, p->next[1]);
    assert_ok(change(p, 2, p->next[1], NULL));
    assert_current(p, p->next[2]);
}

static void only_current_and_recovery_key_may_change(void **state)
{
    struct people *p = *state;
    struct reason why = { "" };
    assert_status(STATUS_DENIED, change(p, 0, p->stranger, &why));
    assert_non_null(strstr(why.text, "neither"));
    assert_status(STATUS_DENIED, change(p, 0, p->next[0], NULL));
    assert_ok(change(p, 0, p->first, NULL));
    assert_status(STATUS_DENIED, change(p, 1, p->first, NULL)); /* dead */
    assert_int_equal(p->owner.changes, 1);
}

static void a_chain_has_eight_links(void **state)
{
    struct people *p = *state;
    struct reason why = { "" };
    for (size_t i = 0; i < API_CHAIN_MAX; i++)
        assert_ok(change(p, i, i ? p->next[i - 1] : p->first, NULL));
    assert_current(p, p->next[API_CHAIN_MAX - 1]);
    assert_status(STATUS_CONFLICT, change(p, API_CHAIN_MAX, p->recovery, &why));
    assert_non_null(strstr(why.text, "8 times"));
    assert_int_equal(p->owner.changes, API_CHAIN_MAX);

    struct api_spki current;
    p->owner.changes = API_CHAIN_MAX + 1;
    assert_status(STATUS_DENIED, api_owner_current(&p->owner, &current, &why));
    AUTO_CLEAR_BUFFER out = buffer_make(8192);
    assert_status(STATUS_INVALID, api_owner_encode(&p->owner, &out));
}

static struct status lie(void *context, struct bytes message,
                         struct api_signature *out)
{
    (void)context;
    (void)message;
    memset(out->bytes, 0x11, sizeof(out->bytes));
    return OK;
}

static struct status be_away(void *context, struct bytes message,
                             struct api_signature *out)
{
    (void)context;
    (void)message;
    (void)out;
    return failure(STATUS_UNAVAILABLE, "test", 0);
}

static void a_signer_that_lies_or_fails_changes_nothing(void **state)
{
    struct people *p = *state;
    struct api_spki new_key = public_of(p->next[0]);
    struct api_signer liar = { lie, NULL, p->owner.first };
    struct api_signer away = { be_away, NULL, p->owner.first };
    assert_status(STATUS_DENIED,
                  api_owner_change(&p->owner, &new_key, &liar, NULL));
    assert_status(STATUS_UNAVAILABLE,
                  api_owner_change(&p->owner, &new_key, &away, NULL));
    assert_int_equal(p->owner.changes, 0);
    new_key.bytes[90] ^= 1; /* not on the curve */
    struct api_signer first = api_key_signer(p->first);
    assert_status(STATUS_INVALID,
                  api_owner_change(&p->owner, &new_key, &first, NULL));
    assert_int_equal(p->owner.changes, 0);
}

static void assert_link_denied(const struct api_owner *owner, const char *said)
{
    struct api_spki current = { { 0x5a } };
    struct reason why = { "" };
    assert_status(STATUS_DENIED, api_owner_current(owner, &current, &why));
    assert_non_null(strstr(why.text, said));
    assert_int_equal(current.bytes[0], 0x5a);
}

static void every_member_of_every_link_is_checked(void **state)
{
    struct people *p = *state;
    assert_ok(change(p, 0, p->first, NULL));
    assert_ok(change(p, 1, p->recovery, NULL));
    for (size_t i = 0; i < 2; i++) {
        char number[32];
        (void)snprintf(number, sizeof(number), "key change %zu: ", i + 1);
        struct api_owner owner = p->owner;
        owner.chain[i].owner.bytes[3] ^= 1;
        assert_link_denied(&owner, number);
        assert_link_denied(&owner, "another owner");
        owner = p->owner;
        owner.chain[i].number++;
        assert_link_denied(&owner, "another number");
        owner = p->owner;
        owner.chain[i].old_key.bytes[0] ^= 1;
        assert_link_denied(&owner, "does not speak then");
        owner = p->owner;
        owner.chain[i].new_key.bytes[90] ^= 1;
        assert_link_denied(&owner, "not a P-256 key");
        owner = p->owner;
        owner.chain[i].new_key = public_of(p->stranger);
        assert_link_denied(&owner, "signature does not hold");
        owner = p->owner;
        owner.chain[i].signature.bytes[63] ^= 1;
        assert_link_denied(&owner, number);
        assert_link_denied(&owner, "signature does not hold");
    }
}

static void links_out_of_order_or_left_out_are_denied(void **state)
{
    struct people *p = *state;
    assert_ok(change(p, 0, p->first, NULL));
    assert_ok(change(p, 1, p->next[0], NULL));
    struct api_owner owner = p->owner;
    owner.chain[0] = p->owner.chain[1];
    owner.changes = 1;
    assert_link_denied(&owner, "key change 1: it has another number");
    owner = p->owner;
    owner.chain[1] = p->owner.chain[0];
    assert_link_denied(&owner, "key change 2: it has another number");
}

/* A dead key signs a well-formed link of its own. */
static void a_dead_key_cannot_fork_the_chain(void **state)
{
    struct people *p = *state;
    struct people fork = *p;
    assert_ok(change(p, 0, p->first, NULL));
    assert_ok(change(&fork, 1, p->first, NULL));
    assert_ok(change(p, 2, p->next[0], NULL));
    struct api_owner owner = p->owner;
    owner.chain[1] = fork.owner.chain[0];
    owner.chain[1].number = 2;
    assert_link_denied(&owner, "key change 2: ");
}

static void encode(const struct api_owner *owner, struct buffer *out)
{
    *out = buffer_make(8192);
    assert_ok(api_owner_encode(owner, out));
    assert_int_equal(out->len, 91 + 91 + 1 + owner->changes * (172 + 64));
}

static void an_owner_survives_encoding(void **state)
{
    struct people *p = *state;
    for (size_t i = 0; i <= API_CHAIN_MAX; i++) {
        AUTO_CLEAR_BUFFER encoded, again;
        struct api_owner back;
        encode(&p->owner, &encoded);
        assert_memory_equal(encoded.data, p->owner.first.bytes, 91);
        assert_memory_equal(encoded.data + 91, p->owner.recovery.bytes, 91);
        assert_int_equal(encoded.data[182], i);
        struct cursor in = cursor_of(buffer_bytes(&encoded));
        assert_ok(api_owner_decode(&in, &back));
        assert_ok(cursor_finish(&in, "test"));
        encode(&back, &again);
        assert_true(bytes_equal(buffer_bytes(&encoded), buffer_bytes(&again)));
        struct api_spki current;
        assert_ok(api_owner_current(&back, &current, NULL));
        if (i < API_CHAIN_MAX)
            assert_ok(change(p, i, p->recovery, NULL));
    }
}

static void a_link_is_laid_out_as_the_header_says(void **state)
{
    struct people *p = *state;
    AUTO_CLEAR_BUFFER encoded;
    struct hash owner, old_key;
    struct api_spki new_key = public_of(p->next[0]);
    assert_ok(api_owner_hash(&p->owner, &owner));
    assert_ok(api_spki_hash(&p->owner.first, &old_key));
    assert_ok(change(p, 0, p->first, NULL));
    encode(&p->owner, &encoded);
    const unsigned char *link = encoded.data + 183;
    assert_memory_equal(link, "accord key v1", 13);
    assert_memory_equal(link + 13, owner.bytes, 32);
    assert_memory_equal(link + 45, "\0\0\0\1", 4);
    assert_memory_equal(link + 49, old_key.bytes, 32);
    assert_memory_equal(link + 81, new_key.bytes, 91);
    struct api_signature signature;
    memcpy(signature.bytes, link + 172, 64);
    assert_ok(api_verify(&p->owner.first, bytes_of(link, 172), &signature));
}

static void a_bad_encoding_is_refused_and_changes_nothing(void **state)
{
    struct people *p = *state;
    AUTO_CLEAR_BUFFER encoded;
    struct api_owner out = { .changes = 77 };
    assert_ok(change(p, 0, p->first, NULL));
    encode(&p->owner, &encoded);
    for (size_t len = 0; len < encoded.len; len++) {
        struct cursor in = cursor_of(bytes_of(encoded.data, len));
        assert_status(STATUS_INVALID, api_owner_decode(&in, &out));
    }
    static const size_t places[] = { 0, 90, 91, 181, 183, 195, 183 + 81, 354 };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct cursor in = cursor_of(buffer_bytes(&encoded));
        encoded.data[places[i]] ^= 1;
        assert_status(STATUS_INVALID, api_owner_decode(&in, &out));
        encoded.data[places[i]] ^= 1;
    }
    encoded.data[182] = API_CHAIN_MAX + 1;
    struct cursor in = cursor_of(buffer_bytes(&encoded));
    assert_status(STATUS_INVALID, api_owner_decode(&in, &out));
    assert_int_equal(out.changes, 77);
}

#define WITH_PEOPLE(test)                                                      \
    cmocka_unit_test_setup_teardown(test, open_people, close_people)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PEOPLE(the_hash_is_of_the_two_first_keys),
        WITH_PEOPLE(without_changes_the_first_key_speaks),
        WITH_PEOPLE(the_last_key_of_a_chain_speaks),
        WITH_PEOPLE(only_current_and_recovery_key_may_change),
        WITH_PEOPLE(a_chain_has_eight_links),
        WITH_PEOPLE(a_signer_that_lies_or_fails_changes_nothing),
        WITH_PEOPLE(every_member_of_every_link_is_checked),
        WITH_PEOPLE(links_out_of_order_or_left_out_are_denied),
        WITH_PEOPLE(a_dead_key_cannot_fork_the_chain),
        WITH_PEOPLE(an_owner_survives_encoding),
        WITH_PEOPLE(a_link_is_laid_out_as_the_header_says),
        WITH_PEOPLE(a_bad_encoding_is_refused_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
