#include "cli/output.h"

#define COLUMNS_MAX 16
#define TEXT_MAX    ((size_t)4 * 1024 * 1024)

bool output_is_json(const struct arguments *given)
{
    const char *form = arguments_value(given, "o");
    return form && strcmp(form, "json") == 0;
}

void output_json(const json_t *value)
{
    AUTO_CLEAR_BUFFER text = buffer_make((size_t)64 * 1024 * 1024);
    if (failed(api_json_canonical(value, &text)))
        return;
    (void)fwrite(text.data, 1, text.len, stdout);
    (void)fputc('\n', stdout);
}

/* Undoes the backslash before quotes and backslashes: harmless anywhere. */
static void put_readable(struct bytes text, struct buffer *out)
{
    AUTO_CLEAR_BUFFER plain = buffer_make(TEXT_MAX);
    api_put_plain(text, &plain);
    if (failed(buffer_status(&plain)))
        return;
    for (size_t i = 0; i < plain.len; i++) {
        if (plain.data[i] == '\\' && i + 1 < plain.len &&
            (plain.data[i + 1] == '"' || plain.data[i + 1] == '\\'))
            i++;
        buffer_put_u8(out, plain.data[i]);
    }
}

void output_plain(const char *text, struct buffer *out)
{
    put_readable(bytes_of_string(text), out);
}

void output_text(FILE *to, const char *text)
{
    AUTO_CLEAR_BUFFER out = buffer_make(TEXT_MAX);
    put_readable(bytes_of_string(text ? text : "-"), &out);
    if (out.len > 0)
        (void)fwrite(out.data, 1, out.len, to);
}

static void put_value(const json_t *value, struct buffer *out)
{
    if (json_is_string(value))
        put_readable(bytes_of_string(json_string_value(value)), out);
    else if (json_is_integer(value))
        buffer_printf(out, "%lld", (long long)json_integer_value(value));
    else if (json_is_boolean(value))
        buffer_put_string(out, json_is_true(value) ? "yes" : "no");
    else if (json_is_object(value) || json_is_array(value)) {
        AUTO_CLEAR_BUFFER text = buffer_make(TEXT_MAX);
        if (!failed(api_json_canonical(value, &text)))
            put_readable(buffer_bytes(&text), out);
    } else
        buffer_put_string(out, "-");
}

/* Columns line up by characters, not by bytes. */
static size_t width_of(const struct buffer *text)
{
    size_t width = 0;
    for (size_t i = 0; i < text->len; i++)
        width += (text->data[i] & 0xc0) != 0x80;
    return width;
}

static void print_cell(const struct buffer *text, size_t width, bool last)
{
    if (text->len > 0)
        (void)fwrite(text->data, 1, text->len, stdout);
    if (last) {
        (void)fputc('\n', stdout);
        return;
    }
    for (size_t at = width_of(text); at < width + 2; at++)
        (void)fputc(' ', stdout);
}

/* Row 0 is the heading. */
static void put_cell(const json_t *items, size_t row, const char *member,
                     struct buffer *out)
{
    if (row == 0)
        buffer_put_string(out, member);
    else
        put_value(json_object_get(json_array_get(items, row - 1), member), out);
}

void output_table(const json_t *items, const char *const *members, size_t count)
{
    size_t widths[COLUMNS_MAX] = { 0 };
    size_t rows = json_array_size(items) + 1;
    for (size_t cell = 0; cell < rows * count; cell++) {
        AUTO_CLEAR_BUFFER text = buffer_make(TEXT_MAX);
        size_t column = cell % count;
        put_cell(items, cell / count, members[column], &text);
        if (width_of(&text) > widths[column])
            widths[column] = width_of(&text);
    }
    for (size_t cell = 0; cell < rows * count; cell++) {
        AUTO_CLEAR_BUFFER text = buffer_make(TEXT_MAX);
        size_t column = cell % count;
        put_cell(items, cell / count, members[column], &text);
        print_cell(&text, widths[column], column + 1 == count);
    }
}

void output_members(const json_t *object, const char *const *members,
                    size_t count)
{
    for (size_t m = 0; m < count; m++) {
        AUTO_CLEAR_BUFFER text = buffer_make(TEXT_MAX);
        if (!json_object_get(object, members[m]))
            continue;
        put_value(json_object_get(object, members[m]), &text);
        (void)printf("%-14s ", members[m]);
        print_cell(&text, 0, true);
    }
}

void output_list(const struct arguments *given, const json_t *answer,
                 const char *const *members, size_t count)
{
    if (output_is_json(given))
        output_json(answer);
    else
        output_table(json_object_get(answer, "items"), members, count);
}

void output_object(const struct arguments *given, const json_t *answer,
                   const char *const *members, size_t count)
{
    if (output_is_json(given))
        output_json(answer);
    else
        output_members(answer, members, count);
}
