#include "base/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/config_value.h"
#include "base/file.h"

#define FILE_MAX ((size_t)256 * 1024)

struct config {
    const struct config_option *options;
    size_t count;
    struct config_value values[]; /* one per option */
};

/* Where we are in the text, and what a mistake there is called. */
struct reader {
    const char *name;
    size_t line; /* 0: in the built-in defaults */
    const char *section;
    struct config *config;
    struct reason *why;
};

/* A long path must not push the complaint out of the reason. */
#define NAME_SHOWN 80

static struct status complain(const struct reader *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static struct status complain(const struct reader *r, const char *format, ...)
{
    char what[sizeof(r->why->text)];
    size_t len = strlen(r->name);
    bool cut = len > NAME_SHOWN;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    return refuse(r->why, STATUS_INVALID, "config", "%s%s:%zu: %s",
                  cut ? "..." : "", cut ? r->name + len - NAME_SHOWN : r->name,
                  r->line, what);
}

/* Section and option names: what may be repeated in a message. */
static bool is_name(struct bytes s)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    if (s.len == 0 || s.len > 64)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!memchr(allowed, s.at[i], sizeof(allowed) - 1))
            return false;
    return true;
}

static struct status read_section(struct reader *r, struct bytes line,
                                  bool *opened)
{
    struct bytes name = bytes_of(line.at + 1, line.len - 1);
    if (name.len == 0 || name.at[name.len - 1] != ']')
        return complain(r, "the section's name does not end with ]");
    name.len--;
    if (!is_name(name))
        return complain(r, "this is not the name of a section");

    const struct config *config = r->config;
    for (size_t i = 0; i < config->count; i++) {
        if (!bytes_equal(name, bytes_of_string(config->options[i].section)))
            continue;
        if (opened[i])
            return complain(r, "section [%s] is here a second time",
                            config->options[i].section);
        opened[i] = true;
        r->section = config->options[i].section;
        return OK;
    }
    return complain(r, "unknown section [%.*s]", (int)name.len,
                    (const char *)name.at);
}

/* The row of an option; `count` when there is none. */
static size_t find(const struct config *config, const char *section,
                   struct bytes name)
{
    size_t i = 0;
    while (i < config->count &&
           (strcmp(config->options[i].section, section) != 0 ||
            !bytes_equal(name, bytes_of_string(config->options[i].name))))
        i++;
    return i;
}

static struct status read_value(const struct reader *r,
                                const struct config_option *option,
                                struct bytes s, struct config_value *value)
{
    struct reason what = { "" };
    struct status read = config_value_read(option, s, value, &what);
    return what.text[0] ? complain(r, "%s", what.text) : read;
}

static struct status read_assignment(struct reader *r, struct bytes line)
{
    struct bytes name, text;
    if (!config_split(line, '=', &name, &text))
        return complain(r, "this is neither name = value nor [section]");
    name = config_trimmed(name);
    if (!is_name(name))
        return complain(r, "this is not the name of an option");

    size_t row = find(r->config, r->section, name);
    if (row == r->config->count)
        return complain(r, "unknown option %.*s in section [%s]", (int)name.len,
                        (const char *)name.at, r->section);
    struct config_value *value = &r->config->values[row];
    if (value->line != 0)
        return complain(r, "%s was already given in line %zu",
                        r->config->options[row].name, value->line);
    value->line = r->line;
    return read_value(r, &r->config->options[row], config_trimmed(text), value);
}

static struct status read_lines(struct reader *r, struct bytes text,
                                bool *opened)
{
    struct bytes line;
    while (text.len > 0) {
        r->line++;
        config_split(text, '\n', &line, &text);
        if (line.len > 0 && (line.at[0] == '#' || line.at[0] == ';'))
            continue;
        struct bytes inside = config_trimmed(line);
        if (inside.len == 0)
            continue;
        if (inside.at != line.at)
            return complain(r, "the line starts with a blank; "
                               "lines are not continued");
        if (line.at[0] == '[')
            TRY(read_section(r, inside, opened));
        else
            TRY(read_assignment(r, inside));
    }
    return OK;
}

/* Defaults take the way of given values, so a wrong one cannot hide. */
static struct status fill_in(const struct reader *r)
{
    for (size_t i = 0; i < r->config->count; i++) {
        const struct config_option *option = &r->config->options[i];
        struct config_value *value = &r->config->values[i];
        if (value->line != 0)
            continue;
        if (!option->standard)
            return complain(r, "%s is missing from section [%s]", option->name,
                            option->section);
        if (option->standard[0] == '\0')
            TRY(config_value_absent(value));
        else
            TRY(read_value(r, option, bytes_of_string(option->standard),
                           value));
    }
    return OK;
}

struct status config_parse(const char *name, struct bytes text,
                           const struct config_option *options, size_t count,
                           struct config **out, struct reason *why)
{
    AUTO_FREE(config) config =
        calloc(1, sizeof(*config) + count * sizeof(config->values[0]));
    bool *opened = calloc(count + 1, sizeof(*opened));
    if (!config || !opened) {
        free(opened);
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    }
    config->options = options;
    config->count = count;

    struct reader reader = { name, 0, "", config, why };
    struct status read = read_lines(&reader, text, opened);
    free(opened);
    TRY(read);
    TRY(fill_in(&reader));
    *out = TAKE(config);
    return OK;
}

struct status config_load(const char *path, const struct config_option *options,
                          size_t count, struct config **out, struct reason *why)
{
    AUTO_CLEAR_BUFFER text = buffer_make(FILE_MAX);
    struct status read = file_read(path, &text);
    if (read.code == STATUS_INVALID)
        return refuse(why, STATUS_INVALID, "config",
                      "%s is larger than %zu bytes", path, FILE_MAX);
    if (failed(read)) {
        const char *cause = strerrordesc_np((int)read.detail);
        status_ignore(refuse(why, read.code, read.origin, "cannot read %s: %s",
                             path, cause ? cause : status_name(read.code)));
        return read; /* keeps errno */
    }
    return config_parse(path, buffer_bytes(&text), options, count, out, why);
}

void config_free(struct config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < config->count; i++)
        config_value_clear(&config->values[i]);
    free(config);
}

/* Never a message: what is asked for is written in the program. */
static const struct config_value *value_of(const struct config *config,
                                           const char *section,
                                           const char *name,
                                           enum config_type type)
{
    size_t row = find(config, section, bytes_of_string(name));
    if (row == config->count)
        abort();
    enum config_type has = config->options[row].type;
    if (has != type && !(type == CONFIG_TEXT && has == CONFIG_PATH))
        abort();
    return &config->values[row];
}

const char *config_text(const struct config *config, const char *section,
                        const char *name)
{
    return value_of(config, section, name, CONFIG_TEXT)->text;
}

int64_t config_number(const struct config *config, const char *section,
                      const char *name)
{
    return value_of(config, section, name, CONFIG_NUMBER)->number;
}

bool config_flag(const struct config *config, const char *section,
                 const char *name)
{
    return value_of(config, section, name, CONFIG_FLAG)->number != 0;
}

size_t config_list_count(const struct config *config, const char *section,
                         const char *name)
{
    return value_of(config, section, name, CONFIG_LIST)->items;
}

const char *config_list_item(const struct config *config, const char *section,
                             const char *name, size_t index)
{
    const struct config_value *value =
        value_of(config, section, name, CONFIG_LIST);
    if (index >= value->items)
        abort();
    const char *item = value->text;
    while (index-- > 0)
        item += strlen(item) + 1;
    return item;
}
