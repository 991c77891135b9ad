#include "cli/output.h"

#include <stdio.h>
#include <stdlib.h>

#define COLUMNS_MAX 16

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

/* Control characters from elsewhere must not reach a terminal. */
static void as_text(const json_t *value, char *out, size_t size)
{
    if (json_is_string(value))
        (void)snprintf(out, size, "%s", json_string_value(value));
    else if (json_is_integer(value))
        (void)snprintf(out, size, "%lld", (long long)json_integer_value(value));
    else if (json_is_boolean(value))
        (void)snprintf(out, size, "%s", json_is_true(value) ? "yes" : "no");
    else if (json_is_object(value) || json_is_array(value)) {
        AUTO_CLEAR_BUFFER text = buffer_make(size - 1);
        status_ignore(api_json_canonical(value, &text)); /* cut if longer */
        (void)snprintf(out, size, "%.*s", (int)text.len,
                       text.data ? (const char *)text.data : "");
    } else
        (void)snprintf(out, size, "-");
    for (char *at = out; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = '?';
}

void output_table(const json_t *items, const char *const *members, size_t count)
{
    char text[1024];
    size_t widths[COLUMNS_MAX];
    for (size_t m = 0; m < count; m++) {
        widths[m] = strlen(members[m]);
        for (size_t i = 0; i < json_array_size(items); i++) {
            as_text(json_object_get(json_array_get(items, i), members[m]), text,
                    sizeof(text));
            widths[m] = strlen(text) > widths[m] ? strlen(text) : widths[m];
        }
    }
    for (size_t m = 0; m < count; m++)
        (void)printf("%-*s%s", m + 1 < count ? (int)widths[m] : 0, members[m],
                     m + 1 < count ? "  " : "\n");
    for (size_t i = 0; i < json_array_size(items); i++)
        for (size_t m = 0; m < count; m++) {
            as_text(json_object_get(json_array_get(items, i), members[m]), text,
                    sizeof(text));
            (void)printf("%-*s%s", m + 1 < count ? (int)widths[m] : 0, text,
                         m + 1 < count ? "  " : "\n");
        }
}

void output_members(const json_t *object, const char *const *members,
                    size_t count)
{
    char text[4096];
    for (size_t m = 0; m < count; m++) {
        if (!json_object_get(object, members[m]))
            continue;
        as_text(json_object_get(object, members[m]), text, sizeof(text));
        (void)printf("%-14s %s\n", members[m], text);
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
