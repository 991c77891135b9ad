#include "tests/support/check.h"

#include <string.h>

#include "tests/ca/authority.h"

#define DAY 86400ull

static struct authority ours, theirs;

static int make_authorities(void **state)
{
    (void)state;
    authority_make(&ours);
    authority_make(&theirs);
    return 0;
}

static int clear_authorities(void **state)
{
    (void)state;
    authority_clear(&ours);
    authority_clear(&theirs);
    return 0;
}

static void assert_reason(const struct reason *why, const char *because)
{
    if (!strstr(why->text, because))
        fail_msg("\"%s\" does not say \"%s\"", why->text, because);
}

static void each_kind_is_for_its_use(void **state)
{
    (void)state;
    static const bool usable[][CA_FOR_INTAKE + 1] = {
        [CA_SERVER] = { [CA_FOR_SERVER] = true },
        [CA_PERSON] = { [CA_FOR_CLIENT] = true },
        [CA_NODE] = { [CA_FOR_CLIENT] = true, [CA_FOR_SERVER] = true },
        [CA_ENCLAVE] = { [CA_FOR_CLIENT] = true, [CA_FOR_SERVER] = true },
        [CA_INTAKE] = { [CA_FOR_INTAKE] = true },
    };
    for (int kind = CA_SERVER; kind <= CA_INTAKE; kind++) {
        AUTO_CLEAR_BUFFER leaf = buffer_make(CA_CERTIFICATE_MAX);
        sample_build(&ours, (enum ca_kind)kind, &leaf);
        for (int use = CA_FOR_CLIENT; use <= CA_FOR_INTAKE; use++) {
            struct reason why = { "" };
            struct status got =
                ca_chain_verify(buffer_bytes(&leaf), authority_root(&ours),
                                NOW + 1, (enum ca_purpose)use, &why);
            if (got.code != (usable[kind][use] ? STATUS_OK : STATUS_DENIED))
                fail_msg("kind %d, use %d: %s", kind, use, why.text);
        }
    }
}

static void a_certificate_holds_in_its_time_only(void **state)
{
    (void)state;
    static const struct {
        uint64_t now;
        const char *because; /* NULL: it holds */
    } rows[] = {
        { NOW, NULL },
        { NOW + 3599, NULL },
        { NOW + 3600, "expired" },
        { NOW - 1, "not yet valid" },
        { NOW + 3601, "expired" },
        { 0, "not yet valid" },
        { NOW + 4000 * DAY, "expired" },
        { 253402300799ull, "expired" },
        { 253402300800ull, "ended" },
        { UINT64_MAX, "ended" },
    };
    AUTO_CLEAR_BUFFER leaf = buffer_make(CA_CERTIFICATE_MAX);
    sample_build(&ours, CA_PERSON, &leaf);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct reason why = { "" };
        struct status got =
            ca_chain_verify(buffer_bytes(&leaf), authority_root(&ours),
                            rows[i].now, CA_FOR_CLIENT, &why);
        assert_status(rows[i].because ? STATUS_DENIED : STATUS_OK, got);
        if (rows[i].because)
            assert_reason(&why, rows[i].because);
    }
}

static void only_our_root_counts(void **state)
{
    (void)state;
    struct reason why;
    AUTO_CLEAR_BUFFER leaf = buffer_make(CA_CERTIFICATE_MAX);
    sample_build(&theirs, CA_PERSON, &leaf);
    assert_status(STATUS_DENIED,
                  ca_chain_verify(buffer_bytes(&leaf), authority_root(&ours),
                                  NOW, CA_FOR_CLIENT, &why));
    assert_reason(&why, "issuer");
    assert_status(STATUS_DENIED,
                  ca_signature_verify(buffer_bytes(&leaf),
                                      ca_spki(ca_key_public(ours.key)), &why));
    assert_reason(&why, "not signed by");
}

static void every_bit_of_the_signed_part_counts(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER leaf = buffer_make(CA_CERTIFICATE_MAX);
    sample_build(&ours, CA_PERSON, &leaf);
    struct bytes key = ca_spki(ca_key_public(ours.key));
    assert_ok(ca_signature_verify(buffer_bytes(&leaf), key, NULL));
    for (size_t i = 0; i < leaf.len; i++) {
        leaf.data[i] ^= 0x10;
        struct status got = ca_signature_verify(buffer_bytes(&leaf), key, NULL);
        assert_true(got.code == STATUS_DENIED || got.code == STATUS_INVALID);
        got = ca_chain_verify(buffer_bytes(&leaf), authority_root(&ours), NOW,
                              CA_FOR_CLIENT, NULL);
        assert_true(got.code == STATUS_DENIED || got.code == STATUS_INVALID);
        leaf.data[i] ^= 0x10;
    }
}

static void what_is_no_certificate_is_invalid(void **state)
{
    (void)state;
    struct reason why;
    AUTO_CLEAR_BUFFER leaf = buffer_make(CA_CERTIFICATE_MAX);
    sample_build(&ours, CA_PERSON, &leaf);
    struct bytes whole = buffer_bytes(&leaf);
    struct bytes root = authority_root(&ours);
    struct bytes key = ca_spki(ca_key_public(ours.key));
    struct bytes rsa = ca_spki(ca_key_public(sample_key(CA_KEY_RSA_3072)));
    assert_status(STATUS_INVALID,
                  ca_chain_verify(bytes_of(whole.at, whole.len - 1), root, NOW,
                                  CA_FOR_CLIENT, &why));
    assert_status(STATUS_INVALID,
                  ca_chain_verify(root, root, NOW, CA_FOR_CLIENT, &why));
    assert_status(STATUS_INVALID,
                  ca_chain_verify(whole, whole, NOW, CA_FOR_CLIENT, &why));
    assert_reason(&why, "root certificate");
    assert_status(STATUS_INVALID,
                  ca_signature_verify(bytes_of(NULL, 0), key, &why));
    assert_status(STATUS_INVALID, ca_signature_verify(whole, rsa, &why));
    assert_status(STATUS_INVALID, ca_signature_verify(whole, whole, &why));
    assert_reason(&why, "public key");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_for_its_use),
        cmocka_unit_test(a_certificate_holds_in_its_time_only),
        cmocka_unit_test(only_our_root_counts),
        cmocka_unit_test(every_bit_of_the_signed_part_counts),
        cmocka_unit_test(what_is_no_certificate_is_invalid),
    };
    return cmocka_run_group_tests(tests, make_authorities, clear_authorities);
}
