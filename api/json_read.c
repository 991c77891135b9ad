/* json_read.c - JSON text (RFC 8259) to jansson's values.
 *
 * jansson's own reader is not used (2.14): when memory runs out while it
 * collects a string it goes on with a truncated one and reads past its end
 * (lex_save), it takes a NUL byte for the end and does not look behind it, and
 * its messages quote the document, secrets included. */

#include <limits.h>

#include "api/json.h"
#include "base/text.h"

#define LEVELS_MAX 16

struct reader {
    const unsigned char *start, *at, *end;
    unsigned levels;
    bool allow_nul;
    struct reason *why;
};

/* What is wrong, at the place the reader is at. */
static STATUS fault(const struct reader *r, const char *what)
{
    size_t line = 1, column = 1;
    for (const unsigned char *p = r->start; p < r->at; p++) {
        if (*p == '\n') {
            line++;
            column = 1;
        } else if ((*p & 0xc0) != 0x80) {
            column++; /* continuation bytes of UTF-8 do not count */
        }
    }
    return refuse(r->why, STATUS_INVALID, "json", "line %zu, column %zu: %s",
                  line, column, what);
}

static STATUS out_of_memory(void)
{
    return failure(STATUS_NO_MEMORY, "json", 0);
}

static bool next_is(const struct reader *r, char c)
{
    return r->at < r->end && *r->at == (unsigned char)c;
}

static bool skip(struct reader *r, char c)
{
    if (!next_is(r, c))
        return false;
    r->at++;
    return true;
}

static void skip_blanks(struct reader *r)
{
    while (next_is(r, ' ') || next_is(r, '\t') || next_is(r, '\n') ||
           next_is(r, '\r'))
        r->at++;
}

/* How many bytes the UTF-8 sequence at `p` has; 0 when it is not one. Over-
 * long forms, surrogates and what lies beyond U+10FFFF are not. */
static size_t sequence_length(const unsigned char *p, size_t left)
{
    size_t len = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
    if (len == 1)
        return 1;
    if (*p < 0xc2 || *p > 0xf4 || len > left)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) ||
        (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
        return 0;
    return len;
}

/* Printable ASCII but the quote and the backslash: most of every string. */
static void skip_plain(struct reader *r)
{
    const unsigned char *p = r->at;
    while (p < r->end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
        p++;
    r->at = p;
}

/* Moves to the closing quote. */
static STATUS scan_string(struct reader *r, bool *escaped)
{
    *escaped = false;
    for (;;) {
        skip_plain(r);
        if (r->at == r->end || *r->at == '"')
            break;
        if (*r->at < 0x20)
            return fault(r, "a control character in a string");
        if (*r->at == '\\') {
            *escaped = true;
            r->at++; /* what follows may be a quote */
            if (r->at == r->end)
                break;
        }
        size_t len = sequence_length(r->at, (size_t)(r->end - r->at));
        if (len == 0)
            return fault(r, "not UTF-8");
        r->at += len;
    }
    return r->at < r->end ? OK : fault(r, "the string has no end");
}

static void put_utf8(uint32_t c, struct buffer *out)
{
    if (c < 0x80) {
        buffer_put_u8(out, (uint8_t)c);
        return;
    }
    if (c < 0x800) {
        buffer_put_u8(out, (uint8_t)(0xc0 | c >> 6));
    } else if (c < 0x10000) {
        buffer_put_u8(out, (uint8_t)(0xe0 | c >> 12));
        buffer_put_u8(out, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
    } else {
        buffer_put_u8(out, (uint8_t)(0xf0 | c >> 18));
        buffer_put_u8(out, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
        buffer_put_u8(out, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
    }
    buffer_put_u8(out, (uint8_t)(0x80 | (c & 0x3f)));
}

/* \uXXXX at the reader. */
static bool read_unit(struct reader *r, uint32_t *out)
{
    unsigned char unit[2];
    if (r->end - r->at < 6 || r->at[0] != '\\' || r->at[1] != 'u' ||
        failed(hex_decode(bytes_of(r->at + 2, 4), unit, 2)))
        return false;
    *out = (uint32_t)unit[0] << 8 | unit[1];
    r->at += 6;
    return true;
}

static STATUS read_unicode(struct reader *r, struct buffer *out)
{
    struct reader first = *r;
    uint32_t c, low;
    if (!read_unit(r, &c))
        return fault(&first, "\\u without four hexadecimal digits");
    if (c >= 0xdc00 && c <= 0xdfff)
        return fault(&first, "half of a surrogate pair");
    if (c >= 0xd800 && c <= 0xdbff) {
        if (!read_unit(r, &low) || low < 0xdc00 || low > 0xdfff)
            return fault(&first, "half of a surrogate pair");
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    if (c == 0 && !r->allow_nul)
        return fault(&first, "\\u0000 is not allowed here");
    put_utf8(c, out);
    return OK;
}

static STATUS read_escape(struct reader *r, struct buffer *out)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char plain[] = "\"\\/\b\f\n\r\t";
    unsigned char c = r->at[1]; /* scan_string() saw it */
    if (c == 'u')
        return read_unicode(r, out);
    const char *found = c ? strchr(letters, c) : NULL;
    if (!found)
        return fault(r, "an unknown escape in a string");
    buffer_put_u8(out, (uint8_t)plain[found - letters]);
    r->at += 2;
    return OK;
}

/* Appends the string's text; the reader is behind the opening quote, then
 * behind the closing one. */
static STATUS read_string(struct reader *r, struct buffer *out)
{
    const unsigned char *first = r->at;
    bool escaped;
    TRY(scan_string(r, &escaped));
    const unsigned char *quote = r->at;
    if (!escaped)
        buffer_put(out, bytes_of(first, (size_t)(quote - first)));
    r->at = escaped ? first : quote;
    while (r->at < quote) {
        if (*r->at == '\\')
            TRY(read_escape(r, out));
        else
            buffer_put_u8(out, *r->at++);
    }
    r->at = quote + 1;
    return buffer_status(out);
}

/* The string's text without a copy: false when it has escapes, or a fault,
 * and the reader then stays where it is. */
static bool read_plain(struct reader *r, struct bytes *out)
{
    struct reader ahead = *r;
    skip_plain(&ahead);
    if (!next_is(&ahead, '"'))
        return false;
    *out = bytes_of(r->at, (size_t)(ahead.at - r->at));
    r->at = ahead.at + 1;
    return true;
}

static STATUS read_text(struct reader *r, json_t **out)
{
    AUTO_CLEAR_BUFFER copy = buffer_make((size_t)(r->end - r->at));
    struct bytes text;
    if (!read_plain(r, &text)) {
        TRY(read_string(r, &copy));
        text = buffer_bytes(&copy);
    }
    *out =
        json_stringn_nocheck(text.len ? (const char *)text.at : "", text.len);
    return *out ? OK : out_of_memory();
}

static STATUS read_number(struct reader *r, json_t **out)
{
    const struct reader first = *r;
    bool negative = skip(r, '-');
    json_int_t value = 0;
    if (r->at == r->end || *r->at < '0' || *r->at > '9')
        return fault(&first, "expected a value");
    bool zero = *r->at == '0';
    do {
        int digit = *r->at++ - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value))
            return fault(&first, "an integer of more than 64 bits");
    } while (!zero && r->at < r->end && *r->at >= '0' && *r->at <= '9');
    if (next_is(r, '.') || next_is(r, 'e') || next_is(r, 'E'))
        return fault(&first, "a number that is not an integer");
    *out = json_integer(value);
    return *out ? OK : out_of_memory();
}

static bool skip_word(struct reader *r, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
        return false;
    r->at += len;
    return true;
}

static STATUS read_value(struct reader *r, json_t **out);

static STATUS read_member(struct reader *r, json_t *object)
{
    AUTO_CLEAR_BUFFER copy = buffer_make((size_t)(r->end - r->at));
    AUTO_JSON *value = NULL;
    const struct reader first = *r;
    struct bytes name;
    if (!skip(r, '"'))
        return fault(&first, "expected a member");
    if (!read_plain(r, &name)) {
        TRY(read_string(r, &copy));
        name = buffer_bytes(&copy);
    }
    const char *text = name.len ? (const char *)name.at : "";
    if (memchr(text, 0, name.len))
        return fault(&first, "a member whose name holds a NUL");
    if (json_object_getn(object, text, name.len))
        return fault(&first, "a member for the second time");
    skip_blanks(r);
    if (!skip(r, ':'))
        return fault(r, "expected ':'");
    TRY(read_value(r, &value));
    if (json_object_setn_nocheck(object, text, name.len, value) != 0)
        return out_of_memory();
    return OK;
}

static STATUS read_element(struct reader *r, json_t *array)
{
    AUTO_JSON *value = NULL;
    TRY(read_value(r, &value));
    return json_array_append(array, value) == 0 ? OK : out_of_memory();
}

/* What stands between brackets; the reader is behind the opening one. */
static STATUS read_parts(struct reader *r, json_t *into, char closing)
{
    skip_blanks(r);
    if (skip(r, closing))
        return OK;
    do {
        skip_blanks(r);
        TRY(closing == '}' ? read_member(r, into) : read_element(r, into));
        skip_blanks(r);
    } while (skip(r, ','));
    if (!skip(r, closing))
        return fault(r, closing == '}' ? "expected ',' or '}'"
                                       : "expected ',' or ']'");
    return OK;
}

static STATUS read_nested(struct reader *r, json_t *made, char closing,
                          json_t **out)
{
    AUTO_JSON *value = made;
    if (!value)
        return out_of_memory();
    if (++r->levels > LEVELS_MAX)
        return fault(r, "more than 16 levels");
    r->at++;
    TRY(read_parts(r, value, closing));
    r->levels--;
    *out = TAKE(value);
    return OK;
}

static STATUS read_value(struct reader *r, json_t **out)
{
    skip_blanks(r);
    if (r->at == r->end)
        return fault(r, "expected a value, found the end");
    if (next_is(r, '{'))
        return read_nested(r, json_object(), '}', out);
    if (next_is(r, '['))
        return read_nested(r, json_array(), ']', out);
    if (skip(r, '"'))
        return read_text(r, out);
    if (skip_word(r, "true"))
        *out = json_true();
    else if (skip_word(r, "false"))
        *out = json_false();
    else if (skip_word(r, "null"))
        *out = json_null();
    else
        return read_number(r, out);
    return OK;
}

struct status api_json_read(struct bytes text, size_t max, bool allow_nul,
                            json_t **out, struct reason *why)
{
    AUTO_JSON *value = NULL;
    if (text.len > max)
        return refuse(why, STATUS_INVALID, "json",
                      "the document has %zu bytes; at most %zu are allowed",
                      text.len, max);
    const unsigned char *start = text.at ? text.at : (const unsigned char *)"";
    struct reader r = { start, start, start + text.len, 0, allow_nul, why };
    TRY(read_value(&r, &value));
    skip_blanks(&r);
    if (r.at != r.end)
        return fault(&r, "something behind the document");
    *out = TAKE(value);
    return OK;
}
