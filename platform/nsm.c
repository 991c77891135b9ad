#include "platform/nsm.h"

#include "base/cursor.h"

#define WORD_MAX 40

/* RFC 8949 section 3.1 */
enum major { BYTES = 2, TEXT = 3, MAP = 5 };
#define NULL_VALUE 0xf6

/* --- writing ---------------------------------------------------------------
 */

static void put_head(struct buffer *out, enum major major, size_t value)
{
    uint8_t type = (uint8_t)(major << 5);
    if (value < 24) {
        buffer_put_u8(out, (uint8_t)(type | value));
    } else if (value <= UINT8_MAX) {
        buffer_put_u8(out, type | 24);
        buffer_put_u8(out, (uint8_t)value);
    } else {
        buffer_put_u8(out, type | 25);
        buffer_put_u16(out, (uint16_t)value);
    }
}

static void put_text(struct buffer *out, const char *text)
{
    put_head(out, TEXT, strlen(text));
    buffer_put_string(out, text);
}

static void put_bytes(struct buffer *out, struct bytes bytes)
{
    put_head(out, BYTES, bytes.len);
    buffer_put(out, bytes);
}

void nsm_put_request(struct bytes user_data, struct bytes nonce,
                     struct buffer *out)
{
    put_head(out, MAP, 1);
    put_text(out, "Attestation");
    put_head(out, MAP, 3);
    put_text(out, "user_data");
    put_bytes(out, user_data);
    put_text(out, "nonce");
    if (nonce.len > 0)
        put_bytes(out, nonce);
    else
        buffer_put_u8(out, NULL_VALUE);
    put_text(out, "public_key");
    buffer_put_u8(out, NULL_VALUE);
}

/* --- reading ---------------------------------------------------------------
 */

static size_t take_head(struct cursor *in, enum major major)
{
    uint8_t first = cursor_u8(in);
    unsigned more = first & 0x1fu;
    size_t value = more;
    if (more == 24)
        value = cursor_u8(in);
    else if (more == 25)
        value = cursor_u16(in);
    else if (more == 26)
        value = cursor_u32(in);
    if (first >> 5 != (unsigned)major || more > 26)
        in->broken = true;
    return in->broken ? 0 : value;
}

static struct bytes take(struct cursor *in, enum major major)
{
    return cursor_take(in, take_head(in, major));
}

static bool take_word(struct cursor *in, const char *word)
{
    return bytes_equal(take(in, TEXT), bytes_of_string(word)) && !in->broken;
}

/* "InvalidArgument", "InternalError", ...: letters only are passed on. */
static struct status module_error(struct bytes word, struct reason *why)
{
    bool plain = word.len > 0 && word.len <= WORD_MAX;
    for (size_t i = 0; plain && i < word.len; i++) {
        unsigned char lower = word.at[i] | 0x20;
        plain = lower >= 'a' && lower <= 'z';
    }
    return refuse(why, STATUS_UNAVAILABLE, "nitro",
                  "nitro: the module refuses: %.*s", plain ? (int)word.len : 1,
                  plain ? (const char *)word.at : "?");
}

struct status nsm_read_answer(struct bytes answer, struct bytes *document,
                              struct reason *why)
{
    struct cursor in = cursor_of(answer);
    bool one = take_head(&in, MAP) == 1;
    struct bytes word = take(&in, TEXT);
    if (one && bytes_equal(word, bytes_of_string("Error"))) {
        struct bytes error = take(&in, TEXT);
        if (!in.broken && in.left == 0)
            return module_error(error, why);
    } else if (one && bytes_equal(word, bytes_of_string("Attestation")) &&
               take_head(&in, MAP) == 1 && take_word(&in, "document")) {
        struct bytes found = take(&in, BYTES);
        if (!in.broken && in.left == 0 && found.len > 0) {
            *document = found;
            return OK;
        }
    }
    return refuse(why, STATUS_INVALID, "nitro",
                  "nitro: the module's answer is malformed");
}
