/* soft_oaep.c - RSA-OAEP, both ways: for the soft door and its programs. */

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "tests/broker/soft_door.h"

bool soft_oaep(EVP_PKEY *key, bool wrap, struct bytes in, unsigned char *out,
               size_t *len)
{
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
    bool done =
        c &&
        (wrap ? EVP_PKEY_encrypt_init(c) : EVP_PKEY_decrypt_init(c)) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_OAEP_PADDING) == 1 &&
        (wrap ? EVP_PKEY_encrypt(c, out, len, in.at, in.len)
              : EVP_PKEY_decrypt(c, out, len, in.at, in.len)) == 1;
    EVP_PKEY_CTX_free(c);
    return done;
}
