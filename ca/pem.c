#include "ca/pem.h"

#include <stdio.h>

#include "base/cursor.h"
#include "base/text.h"

#define LINE 64

void ca_pem_write(const char *label, struct bytes der, struct buffer *out)
{
    AUTO_CLEAR_BUFFER text = buffer_make(der.len / 3 * 4 + 8);
    base64_encode(der, &text);
    if (failed(buffer_status(&text)))
        out->refused = text.refused;

    buffer_printf(out, "-----BEGIN %s-----\n", label);
    for (size_t i = 0; i < text.len; i += LINE) {
        size_t left = text.len - i;
        buffer_put(out, bytes_of(text.data + i, left < LINE ? left : LINE));
        buffer_put_u8(out, '\n');
    }
    buffer_printf(out, "-----END %s-----\n", label);
}

static STATUS not_pem(struct reason *why, const char *label, const char *what)
{
    return refuse(why, STATUS_INVALID, "ca_pem_read", "PEM %s: %s", label,
                  what);
}

/* The next line, without its LF or CRLF; false at the end of the text. */
static bool take_line(struct cursor *in, struct bytes *line)
{
    if (in->left == 0)
        return false;
    const unsigned char *end = memchr(in->at, '\n', in->left);
    size_t len = end ? (size_t)(end - in->at) : in->left;
    *line = cursor_take(in, len);
    if (end)
        (void)cursor_u8(in);
    if (line->len > 0 && line->at[line->len - 1] == '\r')
        line->len--;
    return true;
}

static bool line_is(struct bytes line, const char *what, const char *label)
{
    char expected[80];
    int len =
        snprintf(expected, sizeof(expected), "-----%s %s-----", what, label);
    return len > 0 && (size_t)len < sizeof(expected) &&
           bytes_equal(line, bytes_of(expected, (size_t)len));
}

/* Lines of 64 up to the end line, of which the last may be shorter. */
static STATUS take_body(struct cursor *in, const char *label,
                        struct buffer *text, struct reason *why)
{
    struct bytes line;
    bool last = false;
    while (take_line(in, &line)) {
        if (line_is(line, "END", label))
            return buffer_status(text);
        if (last || line.len == 0 || line.len > LINE)
            return not_pem(why, label, "lines are not of 64 characters");
        last = line.len < LINE;
        buffer_put(text, line);
    }
    return not_pem(why, label, "the end line is missing");
}

struct status ca_pem_read(const char *label, struct bytes text,
                          struct buffer *out, struct reason *why)
{
    struct cursor in = cursor_of(text);
    struct bytes line;
    if (!take_line(&in, &line) || !line_is(line, "BEGIN", label))
        return not_pem(why, label, "the text does not begin with its line");

    AUTO_CLEAR_BUFFER body = buffer_make(text.len);
    TRY(take_body(&in, label, &body, why));
    while (take_line(&in, &line))
        for (size_t i = 0; i < line.len; i++)
            if (line.at[i] != ' ' && line.at[i] != '\t')
                return not_pem(why, label, "something follows the block");

    AUTO_CLEAR_BUFFER der = buffer_make(text.len);
    struct status decoded = base64_decode(buffer_bytes(&body), &der);
    if (decoded.code == STATUS_INVALID || (!failed(decoded) && der.len == 0))
        return not_pem(why, label, "the block is not base64");
    TRY(decoded);
    buffer_put(out, buffer_bytes(&der));
    return buffer_status(out);
}
