/* Certificates that were verified once: what is remembered, and what never. */

#include "broker/peers.h"
#include "tests/broker/soft_door.h"
#include "tests/broker/stage.h"

static struct pkcs11_door *door, *stranger;
static struct peers *peers;
static struct ca_key *key;

static int group(void **state)
{
    if (stage_group(state) != 0)
        return -1;
    soft_door_make(STAGE_NOW, &door);
    soft_door_make(STAGE_NOW, &stranger);
    assert_ok(ca_key_generate(CA_KEY_P256, &key));
    return 0;
}

static int group_end(void **state)
{
    (void)state;
    ca_key_free(key);
    soft_door_destroy(door);
    soft_door_destroy(stranger);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    assert_ok(peers_new(buffer_bytes(&door->root), &peers));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    peers_free(peers);
    return 0;
}

/* One hour of a person, told apart by the serial. */
static struct buffer person(struct pkcs11_door *by, unsigned char serial)
{
    struct buffer der = buffer_make(CA_CERTIFICATE_MAX);
    struct ca_certificate_fields fields = {
        .statement = { .kind = CA_PERSON },
        .spki = ca_spki(ca_key_public(key)),
        .serial = { 5, serial },
        .not_before = STAGE_NOW,
        .not_after = STAGE_NOW + 3600,
        .common_name = "x",
    };
    memset(fields.statement.account.bytes, 1, 16);
    memset(fields.statement.id.bytes, 2, 16);
    soft_door_issue(by, &fields, &der);
    return der;
}

static bool chains(const struct buffer *der, uint64_t now)
{
    struct peer peer = { .chains = true };
    assert_ok(peers_find(peers, buffer_bytes(der), now, &peer, NULL));
    assert_int_equal(PEER_PERSON, peer.kind);
    return peer.chains;
}

static void nobody_has_no_certificate(void **state)
{
    (void)state;
    struct peer peer = { .kind = PEER_NODE, .chains = true };
    assert_ok(peers_find(peers, bytes_of(NULL, 0), STAGE_NOW, &peer, NULL));
    assert_int_equal(PEER_NOBODY, peer.kind);
    assert_false(peer.chains);
}

static void the_same_answer_comes_again(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER der = person(door, 1);
    struct peer first = { .chains = false }, second = { .chains = false };
    assert_ok(peers_find(peers, buffer_bytes(&der), STAGE_NOW, &first, NULL));
    assert_ok(peers_find(peers, buffer_bytes(&der), STAGE_NOW, &second, NULL));
    assert_true(first.chains && second.chains);
    assert_true(hash_equal(&first.certificate, &second.certificate));
    assert_memory_equal(first.facts.serial, second.facts.serial, CA_SERIAL_LEN);
    assert_true(api_id_equal(&first.account, &second.account));
}

static void time_is_compared_each_time(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER der = person(door, 2);
    assert_false(chains(&der, STAGE_NOW - 1));
    assert_true(chains(&der, STAGE_NOW));
    assert_false(chains(&der, STAGE_NOW - 1));
    assert_true(chains(&der, STAGE_NOW + 3599));
    assert_false(chains(&der, STAGE_NOW + 3600));
    assert_true(chains(&der, STAGE_NOW));
}

static void another_authority_never_becomes_ours(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER der = person(stranger, 3);
    assert_false(chains(&der, STAGE_NOW));
    assert_false(chains(&der, STAGE_NOW));
}

/* Whoever owns a good certificate gains nothing for one that was bent: its
 * last byte is of the signature. */
static void a_changed_byte_is_another_certificate(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER der = person(door, 4);
    assert_true(chains(&der, STAGE_NOW));
    der.data[der.len - 1] ^= 1;
    assert_false(chains(&der, STAGE_NOW));
    der.data[der.len - 1] ^= 1;
    assert_true(chains(&der, STAGE_NOW));
}

/* More certificates than are remembered: two of three hundred share a slot
 * out of 4096 almost surely, and both go on to be told apart. */
static void an_evicted_certificate_is_verified_again(void **state)
{
    (void)state;
    struct buffer der[300];
    for (int i = 0; i < 300; i++)
        der[i] = person(door, (unsigned char)i);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 300; i++) {
            struct peer peer;
            struct hash digest;
            assert_ok(hash_of(&digest, buffer_bytes(&der[i])));
            assert_ok(peers_find(peers, buffer_bytes(&der[i]), STAGE_NOW, &peer,
                                 NULL));
            assert_true(peer.chains);
            assert_true(hash_equal(&digest, &peer.certificate));
        }
    for (int i = 0; i < 300; i++)
        buffer_clear(&der[i]);
}

static void a_root_that_cannot_be_kept_is_refused(void **state)
{
    (void)state;
    static const unsigned char huge[CA_CERTIFICATE_MAX + 1];
    struct peers *none = NULL;
    assert_true(failed(peers_new(bytes_of(huge, sizeof(huge)), &none)));
    assert_null(none);
}

#define peers_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        peers_test(nobody_has_no_certificate),
        peers_test(the_same_answer_comes_again),
        peers_test(time_is_compared_each_time),
        peers_test(another_authority_never_becomes_ours),
        peers_test(a_changed_byte_is_another_certificate),
        peers_test(an_evicted_certificate_is_verified_again),
        peers_test(a_root_that_cannot_be_kept_is_refused),
    };
    return cmocka_run_group_tests(tests, group, group_end);
}
