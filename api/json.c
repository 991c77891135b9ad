/* json.c - memory that is wiped, and the canonical text. */

#include "api/json.h"

#include <inttypes.h>
#include <stdalign.h>
#include <stdlib.h>

#include "api/sorted.h"
#include "base/text.h"

/* jansson frees without saying how much; the size stands before the block,
 * in as much room as keeps the block aligned. */
#define HEADER alignof(max_align_t)

static void *allocate(size_t size)
{
    if (size > SIZE_MAX - HEADER)
        return NULL;
    unsigned char *block = malloc(HEADER + size);
    if (!block)
        return NULL;
    memcpy(block, &size, sizeof(size));
    return block + HEADER;
}

static void release(void *memory)
{
    if (!memory)
        return;
    unsigned char *block = (unsigned char *)memory - HEADER;
    size_t size;
    memcpy(&size, block, sizeof(size));
    explicit_bzero(block, HEADER + size);
    free(block);
}

void api_json_memory_open(void)
{
    json_set_alloc_funcs(allocate, release);
}

void api_json_seed(void)
{
    json_object_seed(0);
}

static void put_character(unsigned char c, struct buffer *out)
{
    static const char plain[] = "\"\\\b\t\n\f\r";
    static const char letters[] = "\"\\btnfr";
    const char *found = c ? strchr(plain, c) : NULL;
    if (found) {
        buffer_put_u8(out, '\\');
        buffer_put_u8(out, (uint8_t)letters[found - plain]);
    } else if (c < 0x20) {
        buffer_printf(out, "\\u%04x", c);
    } else {
        buffer_put_u8(out, c);
    }
}

static bool stands_for_itself(unsigned char c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

void api_json_string(struct bytes text, struct buffer *out)
{
    buffer_put_u8(out, '"');
    for (size_t i = 0, from; i < text.len; i++) {
        for (from = i; i < text.len && stands_for_itself(text.at[i]);)
            i++;
        buffer_put(out, bytes_of(text.at + from, i - from));
        if (i < text.len)
            put_character(text.at[i], out);
    }
    buffer_put_u8(out, '"');
}

static STATUS put_value(const json_t *value, struct buffer *out);

static STATUS put_object(const json_t *object, struct buffer *out)
{
    AUTO_SORTED sorted = { 0 };
    TRY(api_sorted_names(object, &sorted));
    buffer_put_u8(out, '{');
    for (size_t i = 0; i < sorted.count; i++) {
        buffer_put_string(out, i > 0 ? "," : "");
        api_json_string(bytes_of_string(sorted.names[i]), out);
        buffer_put_u8(out, ':');
        TRY(put_value(json_object_get(object, sorted.names[i]), out));
    }
    buffer_put_u8(out, '}');
    return OK;
}

static STATUS put_array(const json_t *array, struct buffer *out)
{
    buffer_put_u8(out, '[');
    for (size_t i = 0; i < json_array_size(array); i++) {
        buffer_put_string(out, i > 0 ? "," : "");
        TRY(put_value(json_array_get(array, i), out));
    }
    buffer_put_u8(out, ']');
    return OK;
}

static STATUS put_value(const json_t *value, struct buffer *out)
{
    if (!value)
        return failure(STATUS_INVALID, "api_json_canonical", 0);
    switch (json_typeof(value)) {
    case JSON_OBJECT: return put_object(value, out);
    case JSON_ARRAY: return put_array(value, out);
    case JSON_STRING: api_json_string(api_text_bytes(value), out); break;
    case JSON_INTEGER:
        buffer_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_TRUE: buffer_put_string(out, "true"); break;
    case JSON_FALSE: buffer_put_string(out, "false"); break;
    case JSON_NULL: buffer_put_string(out, "null"); break;
    case JSON_REAL: return failure(STATUS_INVALID, "api_json_canonical", 0);
    }
    return OK;
}

struct status api_json_canonical(const json_t *value, struct buffer *out)
{
    TRY(put_value(value, out));
    return buffer_status(out);
}

json_t *api_json_of_id(const struct api_id *id)
{
    char text[API_ID_TEXT];
    api_id_text(id, text);
    return json_string(text);
}

json_t *api_json_of_hash(const struct hash *hash)
{
    char text[2 * HASH_LEN + 1];
    hex_encode(hash_bytes(hash), text);
    return json_string(text);
}

json_t *api_json_of_base64(struct bytes bytes)
{
    AUTO_CLEAR_BUFFER text = buffer_make((bytes.len + 2) / 3 * 4);
    base64_encode(bytes, &text);
    if (failed(buffer_status(&text)))
        return NULL;
    return json_stringn_nocheck(text.data ? (const char *)text.data : "",
                                text.len);
}
