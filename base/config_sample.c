#include "base/config.h"

#include <string.h>

static void write_option(const struct config_option *option, struct buffer *out)
{
    const char *value = option->standard ? option->standard : "";
    buffer_printf(out, "\n# %s", option->help);
    switch (option->type) {
    case CONFIG_TEXT: break;
    case CONFIG_PATH: buffer_put_string(out, " (an absolute path)"); break;
    case CONFIG_NUMBER:
        buffer_printf(out, " (%lld to %lld)", (long long)option->min,
                      (long long)option->max);
        break;
    case CONFIG_FLAG: buffer_put_string(out, " (yes or no)"); break;
    case CONFIG_LIST: buffer_put_string(out, " (separated by commas)"); break;
    }
    if (!option->standard)
        buffer_put_string(out, " (required)");
    buffer_printf(out, "\n#%s =%s%s\n", option->name, *value ? " " : "", value);
}

/* A section's rows need not stand together in the table. */
static bool is_first_of_section(const struct config_option *options, size_t row)
{
    for (size_t i = 0; i < row; i++)
        if (strcmp(options[i].section, options[row].section) == 0)
            return false;
    return true;
}

static void write_section(const char *section,
                          const struct config_option *options, size_t count,
                          struct buffer *out)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(options[i].section, section) == 0)
            write_option(&options[i], out);
}

void config_write_sample(const struct config_option *options, size_t count,
                         struct buffer *out)
{
    write_section("", options, count, out); /* before the first header */
    for (size_t i = 0; i < count; i++) {
        const char *section = options[i].section;
        if (*section == '\0' || !is_first_of_section(options, i))
            continue;
        buffer_printf(out, "\n[%s]\n", section);
        write_section(section, options, count, out);
    }
}
