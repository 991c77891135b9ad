/* One line that brings a person in. */

#include <stdio.h>

#include "base/text.h"
#include "broker/broker.h"
#include "tests/support/check.h"

static void make(struct broker *b, struct hash *secret)
{
    AUTO_FREE(api_key) ca = NULL;
    AUTO_FREE(api_key) log = NULL;
    *b = (struct broker){ .url = "https://broker.example:9443" };
    assert_ok(api_key_generate(&ca));
    assert_ok(api_key_generate(&log));
    b->hsm_facts.ca_key = api_key_signer(ca).key;
    b->hsm_facts.log_key = api_key_signer(log).key;
    memset(secret->bytes, 0xab, sizeof(secret->bytes));
}

static void the_line_pins_both_keys_and_holds_the_secret(void **state)
{
    (void)state;
    struct broker b;
    struct hash secret, ca, log;
    char line[1024], expected[1024], ca_hex[65], log_hex[65], hex[65];
    make(&b, &secret);
    assert_ok(broker_invitation_line(&b, &secret, line, sizeof(line)));
    assert_ok(api_spki_hash(&b.hsm_facts.ca_key, &ca));
    assert_ok(api_spki_hash(&b.hsm_facts.log_key, &log));
    hex_encode(hash_bytes(&ca), ca_hex);
    hex_encode(hash_bytes(&log), log_hex);
    hex_encode(hash_bytes(&secret), hex);
    (void)snprintf(expected, sizeof(expected),
                   "accord-invitation-v1 https://broker.example:9443 %s %s %s",
                   ca_hex, log_hex, hex);
    assert_string_equal(expected, line);
}

static void a_line_that_does_not_fit_is_no_line(void **state)
{
    (void)state;
    struct broker b;
    struct hash secret;
    char line[1024];
    make(&b, &secret);
    assert_ok(broker_invitation_line(&b, &secret, line, sizeof(line)));
    size_t len = strlen(line);
    assert_ok(broker_invitation_line(&b, &secret, line, len + 1));
    assert_status(STATUS_INVALID,
                  broker_invitation_line(&b, &secret, line, len));
}

static int group(void **state)
{
    (void)state;
    return failed(secret_heap_open(1 << 16)) ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_pins_both_keys_and_holds_the_secret),
        cmocka_unit_test(a_line_that_does_not_fit_is_no_line),
    };
    return cmocka_run_group_tests(tests, group, NULL);
}
