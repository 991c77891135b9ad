#include "http/grammar.h"

#include <arpa/inet.h>

#include "http/url.h"

static bool is_letter(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_one_of(unsigned char c, const char *set)
{
    return c != 0 && strchr(set, c) != NULL;
}

bool http_is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

bool http_is_hex(unsigned char c)
{
    return http_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_alphanumeric(unsigned char c)
{
    return is_letter(c) || http_is_digit(c);
}

bool http_is_token(unsigned char c)
{
    return is_alphanumeric(c) || is_one_of(c, "!#$%&'*+-.^_`|~");
}

bool http_is_blank(unsigned char c)
{
    return c == ' ' || c == '\t';
}

bool http_is_text(unsigned char c)
{
    return c == '\t' || (c >= ' ' && c <= '~');
}

bool http_is_plain_path(unsigned char c)
{
    return is_alphanumeric(c) || is_one_of(c, "._~/:|-");
}

bool http_is_path(unsigned char c)
{
    return is_alphanumeric(c) || is_one_of(c, "-._~!$&'()*+,;=:@/");
}

bool http_is_query(unsigned char c)
{
    return http_is_path(c) || c == '?';
}

bool http_is_control(unsigned char c)
{
    return c < ' ' || c == 0x7f;
}

static bool is_encoded(struct bytes s)
{
    return s.len >= 3 && s.at[0] == '%' && http_is_hex(s.at[1]) &&
           http_is_hex(s.at[2]);
}

bool http_all(struct bytes s, bool (*allowed)(unsigned char c))
{
    while (s.len > 0) {
        bool encoded = is_encoded(s);
        if (!encoded && (s.at[0] == '%' || !allowed(s.at[0])))
            return false;
        size_t width = encoded ? 3 : 1;
        s = bytes_of(s.at + width, s.len - width);
    }
    return true;
}

static unsigned hex_value(unsigned char c)
{
    return http_is_digit(c) ? c - (unsigned)'0' : (c | 0x20U) - 'a' + 10U;
}

unsigned char http_take_decoded(struct bytes *s, bool plus_is_blank)
{
    bool encoded = is_encoded(*s);
    unsigned char c = s->at[0];
    if (encoded)
        c = (unsigned char)(hex_value(s->at[1]) << 4 | hex_value(s->at[2]));
    else if (plus_is_blank && c == '+')
        c = ' ';
    size_t width = encoded ? 3 : 1;
    *s = bytes_of(s->at + width, s->len - width);
    return c;
}

static unsigned char lowered(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

bool http_same_word(struct bytes a, struct bytes b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (lowered(a.at[i]) != lowered(b.at[i]))
            return false;
    }
    return true;
}

struct bytes http_trimmed(struct bytes s)
{
    while (s.len > 0 && http_is_blank(s.at[0]))
        s = bytes_of(s.at + 1, s.len - 1);
    while (s.len > 0 && http_is_blank(s.at[s.len - 1]))
        s.len--;
    return s;
}

bool http_cut(struct bytes s, unsigned char mark, struct bytes *before,
              struct bytes *after)
{
    const unsigned char *at = s.len ? memchr(s.at, mark, s.len) : NULL;
    size_t first = at ? (size_t)(at - s.at) : s.len;
    *before = bytes_of(s.at, first);
    *after = at ? bytes_of(at + 1, s.len - first - 1) : bytes_of(NULL, 0);
    return at != NULL;
}

static bool is_name(struct bytes s)
{
    if (s.len == 0 || s.len > HTTP_HOST_MAX || !is_alphanumeric(s.at[0]))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (!is_alphanumeric(s.at[i]) && !is_one_of(s.at[i], "-._"))
            return false;
    }
    return true;
}

/* "[...]", with the brackets. */
static bool is_bracketed_address(struct bytes s)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    if (s.len < 4 || s.len - 2 >= sizeof(text) || s.at[s.len - 1] != ']')
        return false;
    memcpy(text, s.at + 1, s.len - 2);
    text[s.len - 2] = '\0';
    return strlen(text) == s.len - 2 &&
           inet_pton(AF_INET6, text, &address) == 1;
}

static bool port_read(struct bytes s, uint16_t *out)
{
    unsigned long value = 0;
    if (s.len == 0 || s.len > 5)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (!http_is_digit(s.at[i]))
            return false;
        value = value * 10 + (unsigned long)(s.at[i] - '0');
    }
    if (value == 0 || value > UINT16_MAX)
        return false;
    *out = (uint16_t)value;
    return true;
}

bool http_authority_read(struct bytes s, struct bytes *host, uint16_t *port)
{
    bool bracketed = s.len > 0 && s.at[0] == '[';
    const unsigned char *end = bracketed ? memchr(s.at, ']', s.len) : NULL;
    size_t skipped = end ? (size_t)(end - s.at) : 0;
    struct bytes rest = bytes_of(s.at + skipped, s.len - skipped);
    struct bytes name;
    struct bytes digits;
    uint16_t number = 0;

    bool has_port = http_cut(rest, ':', &name, &digits);
    name = bytes_of(s.at, skipped + name.len);
    if (!(bracketed ? is_bracketed_address(name) : is_name(name)))
        return false;
    if (has_port && !port_read(digits, &number))
        return false;
    *host = name;
    *port = number;
    return true;
}
