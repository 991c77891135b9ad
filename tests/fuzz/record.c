/* A sealed record opens only if it was sealed: whatever comes out of the
 * opener is one of the seeds' contents, whole, or nothing at all.
 *
 * input = key length 1 || record key || sealed value. The seeds were sealed
 * under the data key below, itself sealed under a store key of 32 sevens. */

#include <stdint.h>
#include <stdlib.h>

#include "policy/store_seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const unsigned char data_key_key[] = { 2, 0, 0, 0, 1 };
static const unsigned char data_key[SEAL_DATA_KEY_LEN] = {
    0x01, 0x2c, 0x79, 0xa9, 0x5e, 0x93, 0xb8, 0x26, 0x5d, 0xdd, 0x0c,
    0x38, 0x16, 0xdc, 0x53, 0x9f, 0x58, 0x2d, 0xa3, 0xaf, 0xd3, 0xba,
    0x79, 0xb1, 0xa9, 0x9d, 0xe2, 0x22, 0x7e, 0xda, 0x1e, 0x01, 0x83,
    0xd4, 0xd7, 0x5a, 0xae, 0x5a, 0xb2, 0xbd, 0xa2, 0x37, 0x54, 0x0d,
    0x58, 0xae, 0xfa, 0x8b, 0x81, 0xe5, 0x30, 0xbb, 0x39, 0xc4, 0x5c,
    0x1b, 0x43, 0x8e, 0xc9, 0xbf, 0x2f
};

static struct seal *new_seal(void)
{
    AUTO_FREE(secret) store_key = NULL;
    struct seal *seal = NULL;
    if (failed(secret_heap_open(1 << 14)) ||
        failed(secret_new(SEAL_KEY_LEN, &store_key)))
        abort();
    memset(secret_fill(store_key), 7, SEAL_KEY_LEN);
    if (failed(seal_new(store_key, SEAL_RECORDS_MAX, &seal)))
        abort();
    return seal;
}

static struct status fetch(void *context, uint32_t number)
{
    if (number != 1)
        return failure(STATUS_NOT_FOUND, "fetch", number);
    return seal_learn(context, number,
                      bytes_of(data_key_key, sizeof(data_key_key)),
                      bytes_of(data_key, sizeof(data_key)));
}

static bool is_a_seeds(struct bytes contents)
{
    struct bytes label = bytes_of_string("seed ");
    return contents.len == 0 || (contents.len > label.len &&
                                 memcmp(contents.at, label.at, label.len) == 0);
}

static void open_record(struct seal *seal, struct bytes key,
                        struct bytes sealed)
{
    AUTO_CLEAR_BUFFER out = buffer_make(sealed.len + 1);
    buffer_put_u8(&out, '!');
    struct status s = seal_open(seal, key, sealed, fetch, seal, &out);
    size_t wanted = failed(s) ? 1 : 1 + sealed.len - SEAL_OVERHEAD;
    if (out.len != wanted || out.data[0] != '!')
        abort();
    if (!failed(s) && !is_a_seeds(bytes_of(out.data + 1, out.len - 1)))
        abort();
}

/* A data key opens as itself, under its own record key, or not. */
static void open_data_key(struct seal *seal, struct bytes key,
                          struct bytes sealed)
{
    if (!failed(seal_learn(seal, 1, key, sealed)) &&
        !bytes_equal(sealed, bytes_of(data_key, sizeof(data_key))))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct seal *seal;
    if (!seal)
        seal = new_seal();
    size_t key_len = size > 0 ? data[0] : 0;
    if (size == 0 || size - 1 < key_len)
        return 0;
    struct bytes key = bytes_of(data + 1, key_len);
    struct bytes sealed = bytes_of(data + 1 + key_len, size - 1 - key_len);
    open_record(seal, key, sealed);
    open_data_key(seal, key, sealed);
    return 0;
}
