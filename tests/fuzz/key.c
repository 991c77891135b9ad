/* Any bytes as a private key file, and as a public key: what is accepted is
 * written and read again as the same key, and is the same to both readers.
 * Seeds: tests/fuzz/seeds.c. */

#include <stdint.h>
#include <stdlib.h>

#include "api/api.h"
#include "ca/ca.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define PEM_MAX 8192u /* an RSA-4096 key has some 3,300 */

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    must(!failed(secret_heap_open(1024 * 1024)));
    return 0;
}

static bool same_hash(const struct ca_key *key, const struct hash *hash)
{
    return hash_equal(&ca_key_public(key)->hash, hash);
}

static void read_of_certificates(const struct secret *pem,
                                 const struct hash *of_person)
{
    struct ca_key *key = NULL, *back = NULL;
    AUTO_FREE(secret) again = NULL;
    if (failed(ca_key_read(pem, &key))) /* other line ends: only one's */
        return;
    must(!of_person || same_hash(key, of_person));
    must(!failed(ca_key_write(key, &again)));
    must(!failed(ca_key_read(again, &back)));
    must(same_hash(back, &ca_key_public(key)->hash));
    ca_key_free(key);
    ca_key_free(back);
}

static void read_private(const struct secret *pem)
{
    struct api_key *key = NULL, *back = NULL;
    AUTO_FREE(secret) again = NULL;
    struct hash hash;
    if (failed(api_key_read(pem, &key))) {
        read_of_certificates(pem, NULL);
        return;
    }
    const struct api_spki spki = api_key_signer(key).key;
    must(!failed(api_spki_hash(&spki, &hash)));
    must(!failed(api_key_write(key, &again)));
    must(!failed(api_key_read(again, &back)));
    const struct api_spki other = api_key_signer(back).key;
    must(api_spki_equal(&spki, &other));
    read_of_certificates(pem, &hash);
    api_key_free(key);
    api_key_free(back);
}

static void read_public(struct bytes der)
{
    struct ca_public_key key;
    struct api_spki person;
    struct reason why = { "" };
    bool accepted = !failed(ca_public_key_read(der, &key, &why));
    must(accepted || why.text[0] != '\0');
    must(!accepted || bytes_equal(ca_spki(&key), der));
    if (failed(api_spki_read(der, &person)))
        return;
    must(accepted && key.type == CA_P256);
    must(bytes_equal(api_spki_bytes(&person), der));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE(secret) pem = NULL;
    read_public(bytes_of(data, size));
    if (size == 0 || size > PEM_MAX)
        return 0;
    must(!failed(secret_new(size, &pem)));
    memcpy(secret_fill(pem), data, size);
    read_private(pem);
    return 0;
}
