/* Who is at the other end: decided by the client certificate alone. */

#include "broker/peer.h"
#include "tests/broker/soft_door.h"
#include "tests/broker/stage.h"

static struct pkcs11_door *door;

static int group(void **state)
{
    if (stage_group(state) != 0)
        return -1;
    soft_door_make(STAGE_NOW, &door);
    return 0;
}

static int group_end(void **state)
{
    (void)state;
    soft_door_destroy(door);
    return 0;
}

/* A certificate of that kind, whole and in time. */
static void issue(enum ca_kind kind, struct ca_key *key, struct buffer *der)
{
    static const char *const server[] = { "broker.example" };
    char enclave[CA_NAME_MAX + 1];
    const char *const enclaves[] = { enclave };
    struct ca_enclave_name name;
    struct ca_certificate_fields fields = {
        .statement = { .kind = kind },
        .spki = ca_spki(ca_key_public(key)),
        .serial = { 5 },
        .not_before = STAGE_NOW,
        .not_after = STAGE_NOW + 3600,
        .common_name = "x",
    };
    if (kind == CA_SERVER) {
        fields.names = server;
        fields.names_count = 1;
    } else {
        memset(fields.statement.account.bytes, 1, 16);
        memset(fields.statement.id.bytes, 2, 16);
    }
    if (kind == CA_ENCLAVE) {
        memset(fields.statement.configuration.bytes, 3, HASH_LEN);
        memset(fields.statement.identity.bytes, 4, HASH_LEN);
        memset(fields.statement.evidence.bytes, 5, HASH_LEN);
        fields.statement.evidence_kind = API_KIND_SGX;
        name.configuration = fields.statement.configuration;
        memset(name.label, 'a', CA_LABEL_LEN);
        name.label[CA_LABEL_LEN] = '\0';
        assert_ok(ca_enclave_name_write(&name, SOFT_DOMAIN, enclave));
        fields.names = enclaves;
        fields.names_count = 1;
    }
    *der = buffer_make(CA_CERTIFICATE_MAX);
    soft_door_issue(door, &fields, der);
}

static struct status read_kind(enum ca_kind kind, struct peer *out,
                               struct reason *why)
{
    AUTO_CLEAR_BUFFER der = { 0 };
    AUTO_FREE(ca_key) key = NULL;
    struct hash digest;
    assert_ok(ca_key_generate(CA_KEY_P256, &key));
    issue(kind, key, &der);
    struct status s = peer_read(buffer_bytes(&der), out, why);
    if (!failed(s)) {
        assert_ok(hash_of(&digest, buffer_bytes(&der)));
        assert_true(hash_equal(&digest, &out->certificate));
        assert_true(
            hash_equal(&ca_key_public(key)->hash, &out->facts.key.hash));
    }
    return s;
}

static void no_certificate_is_nobody(void **state)
{
    (void)state;
    struct peer peer = { .kind = PEER_NODE };
    assert_ok(peer_read(bytes_of(NULL, 0), &peer, NULL));
    assert_int_equal(PEER_NOBODY, peer.kind);
}

static void each_kind_of_client_is_known(void **state)
{
    (void)state;
    static const struct {
        enum ca_kind kind;
        enum peer_kind peer;
    } kinds[] = {
        { CA_PERSON, PEER_PERSON },
        { CA_ENCLAVE, PEER_ENCLAVE },
        { CA_NODE, PEER_NODE },
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct peer peer;
        struct api_id account;
        memset(account.bytes, 1, sizeof(account.bytes));
        assert_ok(read_kind(kinds[i].kind, &peer, NULL));
        assert_int_equal(kinds[i].peer, peer.kind);
        assert_true(api_id_equal(&account, &peer.account));
    }
}

static void a_server_is_no_client(void **state)
{
    (void)state;
    struct peer peer = { .kind = PEER_NOBODY };
    struct reason why = { "" };
    assert_status(STATUS_DENIED, read_kind(CA_SERVER, &peer, &why));
    assert_non_null(
        strstr(why.text, "this certificate is not one for clients"));
    assert_int_equal(PEER_NOBODY, peer.kind); /* untouched */
    assert_status(
        STATUS_DENIED,
        peer_read(buffer_bytes(&door->intake_certificate), &peer, &why));
}

static void what_we_would_not_have_issued_is_refused(void **state)
{
    (void)state;
    struct peer peer;
    AUTO_CLEAR_BUFFER der = { 0 };
    AUTO_FREE(ca_key) key = NULL;
    assert_status(STATUS_DENIED,
                  peer_read(bytes_of_string("no certificate"), &peer, NULL));
    assert_status(STATUS_DENIED,
                  peer_read(buffer_bytes(&door->root), &peer, NULL));
    assert_ok(ca_key_generate(CA_KEY_P256, &key));
    issue(CA_PERSON, key, &der);
    buffer_put_u8(&der, 0); /* something behind it */
    assert_status(STATUS_DENIED, peer_read(buffer_bytes(&der), &peer, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_certificate_is_nobody),
        cmocka_unit_test(each_kind_of_client_is_known),
        cmocka_unit_test(a_server_is_no_client),
        cmocka_unit_test(what_we_would_not_have_issued_is_refused),
    };
    return cmocka_run_group_tests(tests, group, group_end);
}
