#include "tests/api/worked_examples.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/text.h"
#include "tests/support/check.h"

#define VALUES_MAX 256

static struct value {
    char example[32], name[32];
    struct buffer bytes; /* a NUL stands behind the contents */
    bool used;
} values[VALUES_MAX];
static size_t count;

static void copy(struct bytes from, char to[32])
{
    assert_in_range(from.len, 1, 31);
    memcpy(to, from.at, from.len);
    to[from.len] = '\0';
}

static void append_hex(struct buffer *to, struct bytes digits)
{
    unsigned char *at = buffer_extend(to, digits.len / 2);
    assert_non_null(at);
    assert_ok(hex_decode(digits, at, digits.len / 2));
}

static struct bytes behind(struct bytes line, size_t skipped)
{
    assert_in_range(skipped, 0, line.len);
    return bytes_of(line.at + skipped, line.len - skipped);
}

/* "name = hex" or "name = "text"", or "  hex" that goes on. */
static void read_line(const char block[32], struct bytes line)
{
    if (line.len > 2 && memcmp(line.at, "  ", 2) == 0) {
        assert_int_not_equal(count, 0);
        append_hex(&values[count - 1].bytes, behind(line, 2));
        return;
    }
    const unsigned char *equals = memmem(line.at, line.len, " = ", 3);
    assert_non_null(equals);
    assert_in_range(count, 0, VALUES_MAX - 1);
    struct value *value = &values[count++];
    size_t name_len = (size_t)(equals - line.at);
    memcpy(value->example, block, sizeof(value->example));
    copy(bytes_of(line.at, name_len), value->name);
    value->bytes = buffer_make(4096);
    value->used = false;
    struct bytes text = behind(line, name_len + 3);
    if (text.len >= 2 && text.at[0] == '"')
        buffer_put(&value->bytes, bytes_of(text.at + 1, text.len - 2));
    else
        append_hex(&value->bytes, text);
}

static void read_page(struct bytes page)
{
    static const char fence[] = "```example ";
    char block[32] = "";
    while (page.len > 0) {
        const unsigned char *end = memchr(page.at, '\n', page.len);
        assert_non_null(end);
        struct bytes line = bytes_of(page.at, (size_t)(end - page.at));
        page = behind(page, line.len + 1);
        if (block[0] == '\0') {
            if (line.len > sizeof(fence) - 1 &&
                memcmp(line.at, fence, sizeof(fence) - 1) == 0)
                copy(behind(line, sizeof(fence) - 1), block);
        } else if (bytes_equal(line, bytes_of_string("```"))) {
            block[0] = '\0';
        } else {
            read_line(block, line);
        }
    }
    assert_int_equal(block[0], 0);
}

void examples_open(const char *path)
{
    AUTO_CLEAR_BUFFER page = buffer_make(1024 * 1024);
    count = 0;
    assert_ok(file_read(path, &page));
    read_page(buffer_bytes(&page));
    assert_int_not_equal(count, 0);
    for (size_t i = 0; i < count; i++) {
        buffer_put_u8(&values[i].bytes, 0);
        assert_ok(buffer_status(&values[i].bytes));
    }
}

void examples_close(void)
{
    for (size_t i = 0; i < count; i++)
        buffer_clear(&values[i].bytes);
    count = 0;
}

struct bytes example(const char *example, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(values[i].example, example) == 0 &&
            strcmp(values[i].name, name) == 0) {
            values[i].used = true;
            return bytes_of(values[i].bytes.data, values[i].bytes.len - 1);
        }
    fail_msg("docs/API.md has no example %s with %s", example, name);
    abort();
}

static void take(const char *block, const char *name, void *out, size_t len)
{
    struct bytes value = example(block, name);
    if (value.len != len)
        fail_msg("%s.%s has %zu bytes instead of %zu", block, name, value.len,
                 len);
    memcpy(out, value.at, len);
}

struct api_id example_id(const char *block, const char *name)
{
    struct api_id id;
    take(block, name, id.bytes, sizeof(id.bytes));
    return id;
}

struct hash example_hash(const char *block, const char *name)
{
    struct hash hash;
    take(block, name, hash.bytes, sizeof(hash.bytes));
    return hash;
}

struct api_spki example_spki(const char *block, const char *name)
{
    struct api_spki key;
    assert_ok(api_spki_read(example(block, name), &key));
    return key;
}

struct api_signature example_signature(const char *block, const char *name)
{
    struct api_signature signature;
    take(block, name, signature.bytes, sizeof(signature.bytes));
    return signature;
}

uint64_t example_number(const char *block, const char *name)
{
    struct bytes value = example(block, name);
    uint64_t number = 0;
    assert_in_range(value.len, 1, 8);
    for (size_t i = 0; i < value.len; i++)
        number = number << 8 | value.at[i];
    return number;
}

const char *example_text(const char *block, const char *name)
{
    struct bytes value = example(block, name);
    assert_null(memchr(value.at, 0, value.len));
    return (const char *)value.at;
}

void example_expect(const char *block, const char *name, struct bytes computed)
{
    if (!bytes_equal(example(block, name), computed)) {
        char hex[8192] = "too long to show";
        if (computed.len < sizeof(hex) / 2)
            hex_encode(computed, hex);
        fail_msg("docs/API.md is wrong about %s:\n%s = %s", block, name, hex);
    }
}

void example_expect_hash(const char *block, const char *name,
                         const struct hash *computed)
{
    example_expect(block, name, hash_bytes(computed));
}

void examples_all_used(void)
{
    for (size_t i = 0; i < count; i++)
        if (!values[i].used)
            fail_msg("nobody checks %s.%s", values[i].example, values[i].name);
}
