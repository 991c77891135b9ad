/* plain.c - text for a terminal, chosen by somebody who may not mean well. */

#include "api/sentences.h"

void api_key_words(const struct hash *hash, char out[API_KEY_WORDS_LEN])
{
    static const char consonants[] = "bdfghjklmnprstvz";
    static const char vowels[] = "aiou";
    char *at = out;
    for (size_t word = 0; word < 4; word++) {
        unsigned bits =
            (unsigned)hash->bytes[2 * word] << 8 | hash->bytes[2 * word + 1];
        if (word > 0)
            *at++ = '-';
        *at++ = consonants[bits >> 12];
        *at++ = vowels[bits >> 10 & 3];
        *at++ = consonants[bits >> 6 & 15];
        *at++ = vowels[bits >> 4 & 3];
        *at++ = consonants[bits & 15];
    }
    *at = '\0';
}

/* Not seen, or seen elsewhere than where they stand (Unicode 15: Cc, Cf,
 * Zl, Zp, fillers, tags, and everything private or without a character). */
static const struct {
    uint32_t first, last;
} hidden[] = {
    { 0x00, 0x1f },       { 0x7f, 0xa0 },        { 0xad, 0xad },
    { 0x34f, 0x34f },     { 0x600, 0x605 },      { 0x61c, 0x61c },
    { 0x6dd, 0x6dd },     { 0x70f, 0x70f },      { 0x115f, 0x1160 },
    { 0x1680, 0x1680 },   { 0x17b4, 0x17b5 },    { 0x180b, 0x180f },
    { 0x2000, 0x200f },   { 0x2028, 0x202f },    { 0x205f, 0x206f },
    { 0x2800, 0x2800 },   { 0x3000, 0x3000 },    { 0x3164, 0x3164 },
    { 0xd800, 0xf8ff },   { 0xfe00, 0xfe0f },    { 0xfeff, 0xfeff },
    { 0xffa0, 0xffa0 },   { 0xfff0, 0xffff },    { 0x110bd, 0x110bd },
    { 0x110cd, 0x110cd }, { 0x13430, 0x1343f },  { 0x1bca0, 0x1bca3 },
    { 0x1d173, 0x1d17a }, { 0xe0000, 0x10ffff },
};

static bool is_hidden(uint32_t character)
{
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
        if (character >= hidden[i].first && character <= hidden[i].last)
            return true;
    return false;
}

/* The character at the front and its length; a byte that begins none is
 * returned by itself. */
static uint32_t character_at(struct bytes text, size_t *len)
{
    unsigned char first = text.at[0];
    size_t more = first < 0xc2 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    *len = 1;
    if (first < 0x80 || more == 0 || first > 0xf4 || more >= text.len)
        return first;
    uint32_t character = first & (0x3fu >> more);
    for (size_t i = 1; i <= more; i++) {
        if ((text.at[i] & 0xc0) != 0x80)
            return first;
        character = character << 6 | (text.at[i] & 0x3fu);
    }
    *len = more + 1;
    return character;
}

void api_put_plain(struct bytes text, struct buffer *out)
{
    while (text.len > 0) {
        size_t len;
        uint32_t character = character_at(text, &len);
        bool broken = len == 1 && text.at[0] >= 0x80;
        if (broken || is_hidden(character))
            buffer_printf(out, "\\u{%x}", (unsigned)character);
        else if (character == '\\' || character == '"')
            buffer_printf(out, "\\%c", (int)character);
        else
            buffer_put(out, bytes_of(text.at, len));
        text = bytes_of(text.at + len, text.len - len);
    }
}
