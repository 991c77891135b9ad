#include "api/id.h"

#include "base/text.h"

bool api_id_is_zero(const struct api_id *id)
{
    static const struct api_id zero;
    return api_id_equal(id, &zero);
}

void api_id_text(const struct api_id *id, char out[API_ID_TEXT])
{
    static const struct {
        size_t first, len;
    } groups[] = { { 0, 4 }, { 4, 2 }, { 6, 2 }, { 8, 2 }, { 10, 6 } };
    char *to = out;
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if (i > 0)
            *to++ = '-';
        hex_encode(bytes_of(id->bytes + groups[i].first, groups[i].len), to);
        to += 2 * groups[i].len;
    }
}

struct status api_id_parse(struct bytes text, struct api_id *out)
{
    char digits[2 * API_ID_LEN];
    size_t count = 0;
    bool hyphens = text.len == API_ID_TEXT - 1;
    for (size_t i = 0; i < text.len; i++) {
        bool hyphen = hyphens && (i == 8 || i == 13 || i == 18 || i == 23);
        if (hyphen != (text.at[i] == '-') ||
            (!hyphen && count == sizeof(digits)))
            return failure(STATUS_INVALID, "api_id_parse", 0);
        if (!hyphen)
            digits[count++] = (char)text.at[i];
    }
    return hex_decode(bytes_of(digits, count), out->bytes, API_ID_LEN);
}

/* RFC 9562 sections 5.4 and 5.8: version in the high half of byte 6, variant
 * 10 in the top two bits of byte 8. */
static void stamp(struct api_id *id, unsigned version)
{
    id->bytes[6] = (unsigned char)((id->bytes[6] & 0x0f) | version << 4);
    id->bytes[8] = (unsigned char)((id->bytes[8] & 0x3f) | 0x80);
}

struct status api_id_random(struct api_id *out)
{
    struct api_id made;
    TRY(random_fill(made.bytes, sizeof(made.bytes)));
    stamp(&made, 4);
    *out = made;
    return OK;
}

/* Lays the first 122 bits of `h` into the free bits, in order: 48 before the
 * version, 12 before the variant, 62 behind it. */
static struct api_id spread(const unsigned char *h)
{
    struct api_id id;
    memcpy(id.bytes, h, 6);
    id.bytes[6] = h[6] >> 4;
    id.bytes[7] = (unsigned char)(h[6] << 4 | h[7] >> 4);
    id.bytes[8] = (unsigned char)(h[7] << 2 | h[8] >> 6);
    for (size_t i = 9; i < API_ID_LEN; i++)
        id.bytes[i] = (unsigned char)(h[i - 1] << 2 | h[i] >> 6);
    stamp(&id, 8);
    return id;
}

struct status api_id_derive(enum api_object kind, const struct api_id *account,
                            const struct hash *owner,
                            const unsigned char random[16], struct api_id *out)
{
    static const char *const labels[] = {
        [API_DATASET] = "accord dataset v1", [API_BUILD] = "accord build v1"
    };
    struct hash hash;
    TRY(hash_of(&hash, bytes_of_string(labels[kind]), api_id_bytes(account),
                hash_bytes(owner), bytes_of(random, 16)));
    *out = spread(hash.bytes);
    return OK;
}

int api_id_version(const struct api_id *id)
{
    return id->bytes[6] >> 4;
}
