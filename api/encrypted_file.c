/* encrypted_file.c - AES-256-GCM as a stream, in pieces of 16 KiB. */

#include "api/encrypted_file.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/text.h"

#define KEY_LEN    32
#define NONCE_LEN  12
#define TAG_LEN    16
#define KEY_DIGITS ((size_t)2 * KEY_LEN)
#define PIECE_LEN  ((size_t)16 * 1024)

/* When decrypting, `held` keeps the nonce until it is whole and then always
 * the last 16 bytes seen: they are the tag if nothing follows. */
struct api_file {
    EVP_CIPHER_CTX *cipher;
    api_sink_fn sink;
    void *context;
    bool encrypting;
    bool started;  /* the cipher has key and nonce               */
    bool finished; /* no more calls                              */
    struct status first_failure;
    uint64_t plain;     /* bytes of plaintext so far                  */
    struct secret *key; /* until the cipher has it */
    unsigned char held[TAG_LEN];
    size_t held_len;
    unsigned char piece[PIECE_LEN];
};

bool api_file_admits(uint64_t so_far, uint64_t more)
{
    return so_far <= API_FILE_PLAIN_MAX && more <= API_FILE_PLAIN_MAX - so_far;
}

static STATUS crypto_failed(const char *call)
{
    return failure(STATUS_UNAVAILABLE, call, 0);
}

void api_file_free(struct api_file *file)
{
    if (!file)
        return;
    EVP_CIPHER_CTX_free(file->cipher); /* wipes its key schedule */
    secret_free(file->key);
    OPENSSL_cleanse(file, sizeof(*file));
    free(file);
}

static STATUS file_new(const struct secret *key, api_sink_fn sink,
                       void *context, struct api_file **out)
{
    struct bytes exposed = secret_expose(key);
    if (exposed.len != KEY_LEN)
        return failure(STATUS_INVALID, "api_file", 0);
    AUTO_FREE(api_file) file = calloc(1, sizeof(*file));
    if (!file)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    file->sink = sink;
    file->context = context;
    TRY(secret_new(KEY_LEN, &file->key));
    memcpy(secret_fill(file->key), exposed.at, KEY_LEN);
    file->cipher = EVP_CIPHER_CTX_new();
    if (!file->cipher)
        return failure(STATUS_NO_MEMORY, "EVP_CIPHER_CTX_new", 0);
    *out = TAKE(file);
    return OK;
}

static STATUS start(struct api_file *file, const unsigned char *nonce)
{
    if (EVP_CipherInit_ex(file->cipher, EVP_aes_256_gcm(), NULL,
                          secret_expose(file->key).at, nonce,
                          file->encrypting) != 1)
        return crypto_failed("EVP_CipherInit_ex");
    secret_free(TAKE(file->key));
    file->started = true;
    return OK;
}

/* Text through the cipher to the sink, piece by piece. */
static STATUS transform(struct api_file *file, struct bytes bytes)
{
    if (!api_file_admits(file->plain, bytes.len))
        return failure(STATUS_INVALID, "api_file_put", 0);
    file->plain += bytes.len;
    while (bytes.len > 0) {
        size_t len = bytes.len < PIECE_LEN ? bytes.len : PIECE_LEN;
        int made = 0;
        if (EVP_CipherUpdate(file->cipher, file->piece, &made, bytes.at,
                             (int)len) != 1 ||
            made != (int)len)
            return crypto_failed("EVP_CipherUpdate");
        TRY(file->sink(file->context, bytes_of(file->piece, len)));
        bytes = bytes_of(bytes.at + len, bytes.len - len);
    }
    return OK;
}

static struct bytes hold(struct api_file *file, struct bytes bytes,
                         size_t capacity)
{
    size_t room = capacity - file->held_len;
    size_t len = bytes.len < room ? bytes.len : room;
    if (len > 0)
        memcpy(file->held + file->held_len, bytes.at, len);
    file->held_len += len;
    return bytes_of(bytes.at + len, bytes.len - len);
}

/* All but the last 16 of (held, bytes) is ciphertext. */
static STATUS decrypt(struct api_file *file, struct bytes bytes)
{
    if (!file->started) {
        bytes = hold(file, bytes, NONCE_LEN);
        if (file->held_len < NONCE_LEN)
            return OK;
        TRY(start(file, file->held));
        file->held_len = 0;
    }
    if (bytes.len < TAG_LEN) {
        size_t whole = file->held_len + bytes.len;
        size_t surplus = whole > TAG_LEN ? whole - TAG_LEN : 0;
        TRY(transform(file, bytes_of(file->held, surplus)));
        memmove(file->held, file->held + surplus, file->held_len - surplus);
        file->held_len -= surplus;
        (void)hold(file, bytes, TAG_LEN);
        return OK;
    }
    size_t ahead = bytes.len - TAG_LEN;
    TRY(transform(file, bytes_of(file->held, file->held_len)));
    TRY(transform(file, bytes_of(bytes.at, ahead)));
    memcpy(file->held, bytes.at + ahead, TAG_LEN);
    file->held_len = TAG_LEN;
    return OK;
}

struct status api_file_encrypt(const struct secret *key, api_sink_fn sink,
                               void *context, struct api_file **out)
{
    unsigned char nonce[NONCE_LEN];
    AUTO_FREE(api_file) file = NULL;
    TRY(file_new(key, sink, context, &file));
    file->encrypting = true;
    TRY(random_fill(nonce, sizeof(nonce)));
    TRY(start(file, nonce));
    TRY(sink(context, bytes_of(nonce, sizeof(nonce))));
    *out = TAKE(file);
    return OK;
}

struct status api_file_decrypt(const struct secret *key, api_sink_fn sink,
                               void *context, struct api_file **out)
{
    return file_new(key, sink, context, out);
}

struct status api_file_put(struct api_file *file, struct bytes bytes)
{
    TRY(file->first_failure);
    if (file->finished)
        return failure(STATUS_INVALID, "api_file_put", 0);
    if (bytes.len > 0)
        file->first_failure =
            file->encrypting ? transform(file, bytes) : decrypt(file, bytes);
    return file->first_failure;
}

static STATUS write_tag(struct api_file *file)
{
    unsigned char tag[TAG_LEN];
    int none = 0;
    if (EVP_CipherFinal_ex(file->cipher, file->piece, &none) != 1 ||
        EVP_CIPHER_CTX_ctrl(file->cipher, EVP_CTRL_AEAD_GET_TAG, TAG_LEN,
                            tag) != 1)
        return crypto_failed("EVP_CipherFinal_ex");
    return file->sink(file->context, bytes_of(tag, sizeof(tag)));
}

static STATUS check_tag(struct api_file *file)
{
    int none = 0;
    if (!file->started || file->held_len < TAG_LEN)
        return failure(STATUS_CORRUPT, "api_file_finish", 0);
    if (EVP_CIPHER_CTX_ctrl(file->cipher, EVP_CTRL_AEAD_SET_TAG, TAG_LEN,
                            file->held) != 1)
        return crypto_failed("EVP_CIPHER_CTX_ctrl");
    if (EVP_CipherFinal_ex(file->cipher, file->piece, &none) != 1)
        return failure(STATUS_CORRUPT, "api_file_finish", 0);
    return OK;
}

struct status api_file_finish(struct api_file *file)
{
    TRY(file->first_failure);
    if (file->finished)
        return failure(STATUS_INVALID, "api_file_finish", 0);
    file->finished = true;
    file->first_failure = file->encrypting ? write_tag(file) : check_tag(file);
    return file->first_failure;
}

struct status api_file_key(struct bytes text, struct secret **out)
{
    AUTO_FREE(secret) key = NULL;
    if (text.len == KEY_DIGITS + 1 && text.at[KEY_DIGITS] == '\n')
        text.len--;
    TRY(secret_new(KEY_LEN, &key));
    TRY(hex_decode(text, secret_fill(key), KEY_LEN));
    *out = TAKE(key);
    return OK;
}
