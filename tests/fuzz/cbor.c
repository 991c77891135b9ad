/* Whatever the check accepts is one item to the reader as well, has no byte to
 * spare, and none too few. */

#include <stdint.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/cbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_accepted(struct bytes item)
{
    AUTO_CLEAR_BUFFER longer = buffer_make(item.len + 1);
    struct cursor in = cursor_of(item);
    if (!bytes_equal(cbor_item(&in), item) || failed(cursor_finish(&in, "")))
        abort();
    if (!failed(cbor_check(bytes_of(item.at, item.len - 1))))
        abort();
    buffer_put(&longer, item);
    buffer_put_u8(&longer, 0);
    if (failed(buffer_status(&longer)) ||
        !failed(cbor_check(buffer_bytes(&longer))))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = bytes_of(data, size);
    struct cursor in = cursor_of(input);
    if (!failed(cbor_check(input)))
        check_accepted(input);
    /* The readers are bounded even without the check. */
    size_t count = cbor_array(&in);
    for (size_t i = 0; i < count && !in.broken; i++)
        if (!cbor_null(&in))
            (void)cbor_item(&in);
    return 0;
}
