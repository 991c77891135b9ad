#include "attest/pem.h"
#include "base/text.h"

static STATUS malformed(void)
{
    return failure(STATUS_INVALID, "pem", 0);
}

/* The next line without its ending; false when there is none. */
static bool take_line(struct bytes *text, struct bytes *line)
{
    if (text->len == 0)
        return false;
    const unsigned char *end = memchr(text->at, '\n', text->len);
    size_t len = end ? (size_t)(end - text->at) : text->len;
    size_t used = end ? len + 1 : len;
    *line = bytes_of(text->at, len);
    *text = bytes_of(text->at + used, text->len - used);
    if (end && line->len > 0 && line->at[line->len - 1] == '\r')
        line->len--;
    return true;
}

static bool line_is(struct bytes line, const char *text)
{
    return bytes_equal(line, bytes_of_string(text));
}

struct status attest_pem_take(struct bytes *text, struct buffer *der)
{
    AUTO_CLEAR_BUFFER base64 = buffer_make(2 * der->max);
    struct bytes rest = *text;
    struct bytes line;
    if (!take_line(&rest, &line) ||
        !line_is(line, "-----BEGIN CERTIFICATE-----"))
        return malformed();
    for (;;) {
        if (!take_line(&rest, &line))
            return malformed();
        if (line_is(line, "-----END CERTIFICATE-----"))
            break;
        buffer_put(&base64, line);
        TRY(buffer_status(&base64));
    }
    TRY(base64_decode(buffer_bytes(&base64), der));
    *text = rest;
    return OK;
}
