/* RA-TLS claims: which key they name, and everything with a second meaning
 * refused. The real certificates of three implementations are read from beside
 * the checkout; without them the test says so loudly. */

#include <stdio.h>

#include "agent/cbor.h"
#include "base/file.h"
#include "ca/ca.h"
#include "ca/der.h"
#include "tests/support/check.h"

#define BYTES(literal) bytes_of(literal, sizeof(literal) - 1)

#ifndef SHARED_EVIDENCE
#error "the build names the directory"
#endif

static const unsigned char spki[] = "some SubjectPublicKeyInfo";

/* {"pubkey-hash": <<[algorithm, hash]>>, ...} with `more` pairs to follow. */
static void put_claims(struct buffer *out, uint64_t algorithm,
                       struct bytes hash, unsigned more)
{
    AUTO_CLEAR_BUFFER inner = buffer_make(256);
    cbor_put(&inner, CBOR_ARRAY, 2);
    cbor_put(&inner, CBOR_UNSIGNED, algorithm);
    cbor_put_bytes(&inner, hash);
    cbor_put(out, CBOR_MAP, 1 + more);
    cbor_put_text(out, "pubkey-hash");
    cbor_put_bytes(out, buffer_bytes(&inner));
    assert_ok(buffer_status(out));
}

static void sha256_names_the_key(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER encoded = buffer_make(1024);
    struct ca_claims claims;
    struct hash hash;
    assert_ok(hash_of(&hash, bytes_of(spki, sizeof(spki))));
    put_claims(&encoded, CA_CLAIMS_SHA256, hash_bytes(&hash), 0);
    assert_ok(ca_claims_read(buffer_bytes(&encoded), &claims));
    assert_int_equal(claims.algorithm, CA_CLAIMS_SHA256);
    assert_true(bytes_equal(claims.key_hash, hash_bytes(&hash)));
    assert_null(claims.nonce.at);
    assert_null(claims.configuration.at);
    assert_ok(ca_claims_name(&claims, bytes_of(spki, sizeof(spki))));
    assert_status(STATUS_DENIED,
                  ca_claims_name(&claims, bytes_of(spki, sizeof(spki) - 1)));
}

/* SHA-384 and SHA-512 of "abc": FIPS 180-4's examples. */
static void the_longer_hashes_name_it_too(void **state)
{
    (void)state;
    static const unsigned char sha384[48] = {
        0xcb, 0x00, 0x75, 0x3f, 0x45, 0xa3, 0x5e, 0x8b, 0xb5, 0xa0, 0x3d, 0x69,
        0x9a, 0xc6, 0x50, 0x07, 0x27, 0x2c, 0x32, 0xab, 0x0e, 0xde, 0xd1, 0x63,
        0x1a, 0x8b, 0x60, 0x5a, 0x43, 0xff, 0x5b, 0xed, 0x80, 0x86, 0x07, 0x2b,
        0xa1, 0xe7, 0xcc, 0x23, 0x58, 0xba, 0xec, 0xa1, 0x34, 0xc8, 0x25, 0xa7,
    };
    static const unsigned char sha512[64] = {
        0xdd, 0xaf, 0x35, 0xa1, 0x93, 0x61, 0x7a, 0xba, 0xcc, 0x41, 0x73,
        0x49, 0xae, 0x20, 0x41, 0x31, 0x12, 0xe6, 0xfa, 0x4e, 0x89, 0xa9,
        0x7e, 0xa2, 0x0a, 0x9e, 0xee, 0xe6, 0x4b, 0x55, 0xd3, 0x9a, 0x21,
        0x92, 0x99, 0x2a, 0x27, 0x4f, 0xc1, 0xa8, 0x36, 0xba, 0x3c, 0x23,
        0xa3, 0xfe, 0xeb, 0xbd, 0x45, 0x4d, 0x44, 0x23, 0x64, 0x3c, 0xe8,
        0x0e, 0x2a, 0x9a, 0xc9, 0x4f, 0xa5, 0x4c, 0xa4, 0x9f,
    };
    const struct {
        uint64_t algorithm;
        struct bytes hash;
    } rows[] = { { CA_CLAIMS_SHA384, bytes_of(sha384, 48) },
                 { CA_CLAIMS_SHA512, bytes_of(sha512, 64) } };
    for (size_t i = 0; i < 2; i++) {
        AUTO_CLEAR_BUFFER encoded = buffer_make(1024);
        struct ca_claims claims;
        put_claims(&encoded, rows[i].algorithm, rows[i].hash, 0);
        assert_ok(ca_claims_read(buffer_bytes(&encoded), &claims));
        assert_ok(ca_claims_name(&claims, BYTES("abc")));
        assert_status(STATUS_DENIED, ca_claims_name(&claims, BYTES("abd")));
    }
}

static void nonce_configuration_and_foreign_claims_are_read(void **state)
{
    (void)state;
    static const unsigned char id[32] = { 9 }, nonce[64] = { 8 };
    AUTO_CLEAR_BUFFER encoded = buffer_make(1024);
    struct ca_claims claims;
    put_claims(&encoded, CA_CLAIMS_SHA256, bytes_of(id, 32), 3);
    cbor_put_text(&encoded, "key_0");
    cbor_put(&encoded, CBOR_ARRAY, 1);
    cbor_put_text(&encoded, "nested");
    cbor_put_text(&encoded, "nonce");
    cbor_put_bytes(&encoded, bytes_of(nonce, 64));
    cbor_put_text(&encoded, "accord-configuration");
    cbor_put_bytes(&encoded, bytes_of(id, 32));
    assert_ok(ca_claims_read(buffer_bytes(&encoded), &claims));
    assert_true(bytes_equal(claims.nonce, bytes_of(nonce, 64)));
    assert_true(bytes_equal(claims.configuration, bytes_of(id, 32)));
}

static void refuse_claims(const struct buffer *encoded, size_t row)
{
    struct ca_claims claims;
    if (!failed(ca_claims_read(buffer_bytes(encoded), &claims)))
        fail_msg("row %zu was read", row);
}

static void malformed_claims_are_refused(void **state)
{
    (void)state;
    static const struct bytes rows[] = {
#define ROW(literal) { (const unsigned char *)(literal), sizeof(literal) - 1 }
        ROW(""),
        ROW("\xa0"),                                /* no key */
        ROW("\x80"),                                /* no map */
        ROW("\xa1\x01\x40"),                        /* a name that is no text */
        ROW("\xa1\x6bpubkey-hash\x01"),             /* not bytes */
        ROW("\xa1\x6bpubkey-hash\x40"),             /* nothing in them */
        ROW("\xa1\x6bpubkey-hash\x42\x01\x01"),     /* two items in them */
        ROW("\xa1\x6bpubkey-hash\x42\x81\x01"),     /* no pair */
        ROW("\xa1\x6bpubkey-hash\x43\x82\x01\x40"), /* an empty hash */
        ROW("\xa1\x6bpubkey-hash\x44\x82\x01\x41h"), /* a short one */
        ROW("\xa1\x6bpubkey-hash\x43\x82\x01\x01"),  /* none */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER encoded = buffer_make(256);
        buffer_put(&encoded, rows[i]);
        refuse_claims(&encoded, i);
    }
}

static void a_hash_has_its_algorithms_length(void **state)
{
    (void)state;
    static const unsigned char hash[65];
    static const struct {
        uint64_t algorithm;
        size_t len;
    } rows[] = {
        { 0, 32 },  { 1, 31 },
        { 1, 33 },  { 1, 64 },
        { 2, 16 },  { 7, 32 },
        { 8, 48 },  { 8, 65 },
        { 12, 64 }, { UINT64_C(0x100000001), 32 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER encoded = buffer_make(256);
        put_claims(&encoded, rows[i].algorithm, bytes_of(hash, rows[i].len), 0);
        refuse_claims(&encoded, i);
    }
}

static void claims_twice_or_of_another_size_are_refused(void **state)
{
    (void)state;
    static const unsigned char data[65];
    static const struct {
        const char *name;
        size_t len;
    } rows[] = {
        { "pubkey-hash", 32 },
        { "nonce", 0 },
        { "nonce", 65 },
        { "accord-configuration", 31 },
        { "accord-configuration", 33 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_CLEAR_BUFFER encoded = buffer_make(256);
        put_claims(&encoded, CA_CLAIMS_SHA256, bytes_of(data, 32), 1);
        cbor_put_text(&encoded, rows[i].name);
        cbor_put_bytes(&encoded, bytes_of(data, rows[i].len));
        refuse_claims(&encoded, i);
    }
}

/* The report data covers any claims; these must be about the request. */
static void claims_bind_only_the_key_and_configuration_they_name(void **state)
{
    (void)state;
    static const unsigned char nonce[32] = { 5 };
    struct hash key = { { 1 } }, id = { { 2 } }, wanted;
    unsigned char out[CA_REPORT_DATA_LEN];
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER encoded = buffer_make(1024);
    put_claims(&encoded, CA_CLAIMS_SHA256, hash_bytes(&key), 2);
    cbor_put_text(&encoded, "accord-configuration");
    cbor_put_bytes(&encoded, hash_bytes(&id));
    cbor_put_text(&encoded, "nonce");
    cbor_put_bytes(&encoded, bytes_of(nonce, 32));
    struct ca_expectation e = { .binding = { CA_BINDS_CLAIMS,
                                             buffer_bytes(&encoded) },
                                .spki = key,
                                .configuration = id };
    assert_ok(ca_expected(&e, out, &why));
    assert_ok(hash_of(&wanted, buffer_bytes(&encoded)));
    assert_memory_equal(out, wanted.bytes, HASH_LEN);
    assert_memory_equal(out + HASH_LEN, (struct hash){ { 0 } }.bytes, 32);

    e.nonce.bytes[0] = 5;
    assert_ok(ca_expected(&e, out, &why));
    e.nonce.bytes[0] = 6;
    assert_status(STATUS_INVALID, ca_expected(&e, out, &why));
    assert_non_null(
        strstr(why.text, "nonce: the claims do not hold the one asked for"));
    e.nonce = (struct hash){ { 0 } };
    e.configuration.bytes[31] ^= 1;
    assert_status(STATUS_INVALID, ca_expected(&e, out, &why));
    e.configuration = id;
    e.spki.bytes[31] ^= 1; /* somebody else's genuine evidence */
    assert_status(STATUS_INVALID, ca_expected(&e, out, &why));
    assert_status(STATUS_INVALID,
                  ca_binding_report_data(&e.binding, &key, NULL, out));
}

/* Only SHA-256 can be compared with what the worker is told of a key. */
static void a_longer_hash_binds_nothing(void **state)
{
    (void)state;
    static const unsigned char hash[48];
    AUTO_CLEAR_BUFFER encoded = buffer_make(1024);
    struct hash key = { { 0 } };
    unsigned char out[CA_REPORT_DATA_LEN];
    put_claims(&encoded, CA_CLAIMS_SHA384, bytes_of(hash, 48), 0);
    struct ca_binding binding = { CA_BINDS_CLAIMS, buffer_bytes(&encoded) };
    assert_status(STATUS_INVALID,
                  ca_binding_report_data(&binding, &key, NULL, out));
}

/* --- real certificates -------------------------------------------------- */

static void check_real(const char *name)
{
    static const unsigned char oid[] = { 0x06, 0x06, 0x67, 0x81,
                                         0x05, 0x05, 0x04, 0x09 };
    char path[512];
    AUTO_CLEAR_BUFFER pem = buffer_make(65536);
    AUTO_CLEAR_BUFFER der = buffer_make(65536);
    struct bytes evidence, encoded;
    struct ca_claims claims;
    (void)snprintf(path, sizeof(path), "%s/sgx/%s", SHARED_EVIDENCE, name);
    assert_ok(file_read(path, &pem));
    assert_ok(ca_pem_read("CERTIFICATE", buffer_bytes(&pem), &der, NULL));
    size_t at = 0;
    while (at + sizeof(oid) < der.len &&
           memcmp(der.data + at, oid, sizeof(oid)) != 0)
        at++;
    struct cursor in = cursor_of(
        bytes_of(der.data + at + sizeof(oid), der.len - at - sizeof(oid)));
    struct bytes value = der_take(&in, DER_OCTET_STRING);
    assert_false(in.broken);
    assert_ok(ca_tagged_read(value, &evidence, &encoded));
    assert_int_equal(evidence.at[0], 3);
    assert_ok(ca_claims_read(encoded, &claims));
    assert_int_equal(claims.algorithm, CA_CLAIMS_SHA256);
    /* The quote's report data, at 368, is the claims' hash. */
    struct hash hash;
    assert_ok(hash_of(&hash, encoded));
    assert_memory_equal(evidence.at + 368, hash.bytes, HASH_LEN);
}

static void real_certificates_are_read(void **state)
{
    (void)state;
    static const char *const names[] = { "ratls-gramine-debug.pem",
                                         "ratls-intel-sgxsdk-debug.pem",
                                         "ratls-rats-tls-debug.pem" };
    AUTO_CLEAR_BUFFER probe = buffer_make(65536);
    if (failed(file_read(SHARED_EVIDENCE "/sgx/ratls-gramine-debug.pem",
                         &probe))) {
        print_message("SKIPPED LOUDLY: no evidence in %s; no real RA-TLS "
                      "certificate was read\n",
                      SHARED_EVIDENCE);
        skip();
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        check_real(names[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_names_the_key),
        cmocka_unit_test(the_longer_hashes_name_it_too),
        cmocka_unit_test(nonce_configuration_and_foreign_claims_are_read),
        cmocka_unit_test(malformed_claims_are_refused),
        cmocka_unit_test(a_hash_has_its_algorithms_length),
        cmocka_unit_test(claims_twice_or_of_another_size_are_refused),
        cmocka_unit_test(claims_bind_only_the_key_and_configuration_they_name),
        cmocka_unit_test(a_longer_hash_binds_nothing),
        cmocka_unit_test(real_certificates_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
