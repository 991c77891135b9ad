/* What evidence must say about a key, per rule. */

#include "tests/support/check.h"

#include <string.h>

#include "ca/binding.h"

#define BYTES(literal) bytes_of(literal, sizeof(literal) - 1)
#define ROW(literal)                                                           \
    {                                                                          \
        (const unsigned char *)(literal), sizeof(literal) - 1                  \
    }

static void each_rule_computes_its_own_bytes(void **state)
{
    (void)state;
    static const unsigned char zeros[32];
    unsigned char out[CA_REPORT_DATA_LEN], wanted[CA_REPORT_DATA_LEN];
    struct hash spki, id, hash;
    AUTO_CLEAR_BUFFER der = buffer_make(1024);
    memset(spki.bytes, 0x11, HASH_LEN);
    memset(id.bytes, 0xab, HASH_LEN);

    struct ca_binding binding = { .rule = CA_BINDS_KEY };
    assert_ok(ca_report_data(&spki, &id, wanted));
    assert_ok(ca_binding_report_data(&binding, &spki, &id, out));
    assert_memory_equal(out, wanted, sizeof(out));

    binding = (struct ca_binding){ CA_BINDS_DOMAIN, BYTES("\x31\x02\x30\x00") };
    buffer_put(&der, BYTES("\x30\x68\x04\x20"));
    buffer_put(&der, hash_bytes(&spki));
    buffer_put(&der, BYTES("\x31\x02\x30\x00\x04\x40"));
    for (size_t i = 0; i < HASH_LEN; i++)
        buffer_put_string(&der, "ab");
    assert_ok(hash_of(&hash, buffer_bytes(&der)));
    assert_ok(ca_binding_report_data(&binding, &spki, &id, out));
    assert_memory_equal(out, hash.bytes, HASH_LEN);
    assert_memory_equal(out + HASH_LEN, zeros, sizeof(zeros));
}

static void a_rule_without_its_material_binds_nothing(void **state)
{
    (void)state;
    unsigned char out[CA_REPORT_DATA_LEN] = { 77 };
    struct hash spki = { { 1 } }, id = { { 2 } }, zero = { { 0 } };
    const struct {
        struct ca_binding binding;
        const struct hash *configuration;
    } rows[] = {
        { { CA_BINDS_KEY, ROW("x") }, &id },
        { { CA_BINDS_KEY, { NULL, 0 } }, &zero },
        { { CA_BINDS_DOMAIN, ROW("\x31\x00") }, &zero },
        { { CA_BINDS_DOMAIN, { NULL, 0 } }, &id },
        { { CA_BINDS_DOMAIN, ROW("\x30\x00") }, &id },
        { { CA_BINDS_DOMAIN, ROW("\x31\x00\x31\x00") }, &id },
        { { CA_BINDS_CLAIMS, { NULL, 0 } }, NULL },
        { { CA_BINDS_CLAIMS, ROW("claims") }, NULL },
        { { CA_BINDS_VOUCHED, { NULL, 0 } }, &id },
        { { 0, { NULL, 0 } }, &id },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_status(STATUS_INVALID,
                      ca_binding_report_data(&rows[i].binding, &spki,
                                             rows[i].configuration, out));
    assert_int_equal(out[0], 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_computes_its_own_bytes),
        cmocka_unit_test(a_rule_without_its_material_binds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
