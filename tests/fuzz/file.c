/* Any bytes as an encrypted file: in whichever pieces it comes, the outcome
 * and what came out are the same, and what holds has exactly the bytes that
 * were in it. The first byte says how large the pieces are. Seeds:
 * tests/fuzz/seeds.c, under a key of 32 times 0x11. */

#include <stdint.h>
#include <stdlib.h>

#include "api/encrypted_file.h"
#include "base/buffer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct secret *key;

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    must(!failed(secret_heap_open(256 * 1024)));
    must(!failed(secret_new(32, &key)));
    memset(secret_fill(key), 0x11, 32);
    return 0;
}

static struct status keep(void *context, struct bytes bytes)
{
    buffer_put(context, bytes);
    return buffer_status(context);
}

static struct status decrypt(struct bytes in, size_t piece, struct buffer *out)
{
    AUTO_FREE(api_file) file = NULL;
    TRY(api_file_decrypt(key, keep, out, &file));
    while (in.len > 0) {
        size_t n = in.len < piece ? in.len : piece;
        TRY(api_file_put(file, bytes_of(in.at, n)));
        in = bytes_of(in.at + n, in.len - n);
    }
    return api_file_finish(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct bytes in = bytes_of(data + 1, size - 1);
    AUTO_CLEAR_BUFFER whole = buffer_make(size);
    AUTO_CLEAR_BUFFER pieces = buffer_make(size);
    struct status one = decrypt(in, size, &whole);
    struct status other = decrypt(in, (size_t)data[0] + 1, &pieces);
    must(one.code == other.code);
    must(bytes_equal(buffer_bytes(&whole), buffer_bytes(&pieces)));
    must(!failed(one) || one.code == STATUS_CORRUPT);
    must(failed(one) || whole.len + API_FILE_OVERHEAD == in.len);
    return 0;
}
