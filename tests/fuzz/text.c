/* Whatever base64 is accepted is written back as the very same text, and
 * hexadecimal as the same but for case. */

#include <stdint.h>
#include <stdlib.h>
#include <strings.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void base64_round_trip(struct bytes text)
{
    AUTO_CLEAR_BUFFER plain = buffer_make(text.len);
    AUTO_CLEAR_BUFFER back = buffer_make(text.len + 4);
    if (failed(base64_decode(text, &plain)))
        return;
    base64_encode(buffer_bytes(&plain), &back);
    if (failed(buffer_status(&back)) || !bytes_equal(buffer_bytes(&back), text))
        abort();
}

static void hex_round_trip(struct bytes text)
{
    unsigned char plain[64];
    char back[sizeof(plain) * 2 + 1];
    size_t len = text.len / 2;
    if (len > sizeof(plain) || failed(hex_decode(text, plain, len)))
        return;
    hex_encode(bytes_of(plain, len), back);
    if (len > 0 && strncasecmp(back, (const char *)text.at, text.len) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    base64_round_trip(bytes_of(data, size));
    hex_round_trip(bytes_of(data, size));
    return 0;
}
