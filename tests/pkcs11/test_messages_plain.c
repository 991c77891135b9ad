/* The messages of the CCM class: what is written is read back, and nothing
 * else is. */

#include "tests/support/check.h"

#include "pkcs11/messages.h"

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

static void credentials_in_clear_travel_whole(void **state)
{
    static unsigned char longest[API_CREDENTIAL_MAX + 1];
    struct pkcs11_intake_plain_message asked = { some_context(),
                                                 bytes_of("clear", 5) },
                                       read;
    AUTO_CLEAR_BUFFER body = buffer_make(API_CREDENTIAL_MAX + 200);
    (void)state;
    pkcs11_encode_intake_plain(&asked, &body);
    assert_int_equal(body.len, 81 + 5);
    assert_ok(pkcs11_decode_intake_plain(buffer_bytes(&body), &read));
    assert_true(bytes_equal(read.credential, asked.credential));
    assert_memory_equal(&read.context, &asked.context, sizeof(read.context));
    for (size_t len = 0; len <= 81; len++)
        assert_true(failed(
            pkcs11_decode_intake_plain(bytes_of(body.data, len), &read)));
    buffer_clear(&body);
    asked.credential = bytes_of(longest, sizeof(longest));
    pkcs11_encode_intake_plain(&asked, &body);
    assert_true(failed(pkcs11_decode_intake_plain(buffer_bytes(&body), &read)));
}

static void plain_releases_travel_whole(void **state)
{
    static unsigned char longest[PKCS11_BLOB_MAX + 1];
    struct pkcs11_release_plain asked = { .context = some_context() }, read;
    AUTO_CLEAR_BUFFER body = buffer_make(API_CREDENTIAL_MAX + 64 * 1024);
    (void)state;
    fill(asked.leaf, API_LEAF_LEN, 3);
    fill(asked.salt, API_SALT_LEN, 4);
    asked.certificate = bytes_of("certificate", 11);
    asked.blob = bytes_of("a blob and its tag", 18);
    pkcs11_encode_release_plain(&asked, &body);
    assert_ok(pkcs11_decode_release_plain(buffer_bytes(&body), &read));
    assert_memory_equal(read.leaf, asked.leaf, API_LEAF_LEN);
    assert_memory_equal(read.salt, asked.salt, API_SALT_LEN);
    assert_memory_equal(&read.context, &asked.context, sizeof(read.context));
    assert_true(bytes_equal(read.certificate, asked.certificate));
    assert_true(bytes_equal(read.blob, asked.blob));
    for (size_t len = 0; len < body.len - 1; len++)
        assert_true(failed(
            pkcs11_decode_release_plain(bytes_of(body.data, len), &read)));
    buffer_clear(&body);
    asked.blob = bytes_of(longest, sizeof(longest));
    pkcs11_encode_release_plain(&asked, &body);
    assert_true(
        failed(pkcs11_decode_release_plain(buffer_bytes(&body), &read)));
    asked.certificate = bytes_of(longest, CA_CERTIFICATE_MAX + 1);
    pkcs11_encode_release_plain(&asked, &body);
    assert_true(failed(buffer_status(&body)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credentials_in_clear_travel_whole),
        cmocka_unit_test(plain_releases_travel_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
