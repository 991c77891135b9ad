#include "tests/ca/authority.h"

#include "tests/support/check.h"

#define HEAP   (1u << 20)
#define DAY    86400ull
#define HEX_AA "aaaaaaaaaaaaaaaa"
#define LABEL  HEX_AA HEX_AA HEX_AA HEX_AA

/* configuration hash 0x5c... */
#define HEX_5C "5c5c5c5c5c5c5c5c"
#define FORM   HEX_5C HEX_5C HEX_5C HEX_5C "." LABEL ".id." DOMAIN

static const char *const server_names[] = { "broker.example", "127.0.0.1",
                                            "nodes.broker.example", "::1" };
static const char *const enclave_names[] = { FORM, "app.example" };

static void heap_open_once(void)
{
    static bool open;
    if (!open)
        assert_ok(secret_heap_open(HEAP));
    open = true;
}

void authority_make(struct authority *out)
{
    static const unsigned char serial[CA_SERIAL_LEN] = { 0x01, 0x02 };
    heap_open_once();
    *out = (struct authority){ .root = buffer_make(CA_CERTIFICATE_MAX) };
    assert_ok(ca_key_generate(CA_KEY_P256, &out->key));
    out->signer = ca_key_signer(out->key);
    assert_ok(ca_root_build(ca_spki(ca_key_public(out->key)), serial, NOW - DAY,
                            &out->signer, &out->root, NULL));
}

void authority_clear(struct authority *a)
{
    ca_key_free(a->key);
    buffer_clear(&a->root);
}

struct ca_key *sample_key(enum ca_key_kind kind)
{
    static struct ca_key *made[CA_KEY_RSA_3072 + 1];
    heap_open_once();
    if (!made[kind])
        assert_ok(ca_key_generate(kind, &made[kind]));
    return made[kind];
}

static struct ca_statement sample_statement(enum ca_kind kind)
{
    struct ca_statement s = { .kind = kind };
    if (kind == CA_SERVER || kind == CA_INTAKE)
        return s;
    memset(s.account.bytes, 0xac, sizeof(s.account.bytes));
    memset(s.id.bytes, 0x1d, sizeof(s.id.bytes));
    if (kind != CA_ENCLAVE)
        return s;
    s.evidence_kind = 1;
    s.evidence_time = NOW * 1000 - 123;
    memset(s.identity.bytes, 0x11, HASH_LEN);
    memset(s.evidence.bytes, 0xee, HASH_LEN);
    memset(s.configuration.bytes, 0x5c, HASH_LEN);
    return s;
}

static enum ca_key_kind sample_key_kind(enum ca_kind kind)
{
    return kind == CA_ENCLAVE || kind == CA_INTAKE ? CA_KEY_RSA_3072
                                                   : CA_KEY_P256;
}

struct ca_certificate_fields sample_fields(enum ca_kind kind)
{
    struct ca_certificate_fields fields = {
        .statement = sample_statement(kind),
        .spki = ca_spki(ca_key_public(sample_key(sample_key_kind(kind)))),
        .serial = { 0x00, 0x80, 0x33 },
        .not_before = NOW,
        .not_after = NOW + 3600,
        .common_name = "Zo\xc3\xab",
    };
    if (kind == CA_SERVER) {
        fields.names = server_names;
        fields.names_count = 4;
    }
    if (kind == CA_ENCLAVE) {
        fields.common_name = NULL;
        fields.names = enclave_names;
        fields.names_count = 2;
    }
    return fields;
}

void sample_build(const struct authority *a, enum ca_kind kind,
                  struct buffer *der)
{
    struct ca_certificate_fields fields = sample_fields(kind);
    assert_ok(ca_certificate_build(&fields, authority_root(a), &a->signer, der,
                                   NULL));
}

/* --- for a whole group of tests ------------------------------------------ */

struct authority authority;
static struct buffer certificates[CA_INTAKE + 1];

int authority_setup(void **state)
{
    (void)state;
    authority_make(&authority);
    for (int kind = CA_SERVER; kind <= CA_INTAKE; kind++)
        certificates[kind] = buffer_make(CA_CERTIFICATE_MAX);
    return 0;
}

int authority_teardown(void **state)
{
    (void)state;
    for (int kind = CA_SERVER; kind <= CA_INTAKE; kind++)
        buffer_clear(&certificates[kind]);
    authority_clear(&authority);
    return 0;
}

struct bytes sample_der(enum ca_kind kind)
{
    if (certificates[kind].len == 0)
        sample_build(&authority, kind, &certificates[kind]);
    return buffer_bytes(&certificates[kind]);
}

void assert_certificate_refused(struct bytes der, const char *because)
{
    struct ca_facts facts = { .not_after = 77 };
    struct reason why = { "" };
    assert_status(STATUS_INVALID, ca_certificate_read(der, &facts, &why));
    if (!strstr(why.text, because))
        fail_msg("\"%s\" does not say \"%s\"", why.text, because);
    assert_true(facts.not_after == 77);
}
