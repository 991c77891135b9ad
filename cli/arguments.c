#include "cli/arguments.h"

#include <string.h>

static const struct option *find(const struct option *list, const char *name,
                                 size_t len)
{
    for (; list && list->name; list++)
        if (strlen(list->name) == len && strncmp(list->name, name, len) == 0)
            return list;
    return NULL;
}

static struct status add(struct arguments *out, const char *name,
                         const char *value, struct reason *why)
{
    if (out->options_count == ARGUMENTS_MAX)
        return refuse(why, STATUS_INVALID, "arguments", "too many options");
    out->options[out->options_count].name = name;
    out->options[out->options_count++].value = value;
    return OK;
}

/* One word that begins with a dash; may take the next one as its value. */
static struct status option(int argc, char **argv, int *at,
                            const struct option *own,
                            const struct option *common, struct arguments *out,
                            struct reason *why)
{
    const char *word = argv[*at];
    const char *name = word + (word[1] == '-' ? 2 : 1);
    const char *equals = strchr(name, '=');
    size_t len = equals ? (size_t)(equals - name) : strlen(name);
    const struct option *known = find(own, name, len);
    if (!known)
        known = find(common, name, len);
    if (!known || (word[1] != '-' && len != 1))
        return refuse(why, STATUS_INVALID, "arguments",
                      "there is no option %s here (see --help)", word);
    if (!known->value) {
        if (equals)
            return refuse(why, STATUS_INVALID, "arguments",
                          "--%s takes no value", known->name);
        return add(out, known->name, "", why);
    }
    if (equals)
        return add(out, known->name, equals + 1, why);
    if (*at + 1 >= argc)
        return refuse(why, STATUS_INVALID, "arguments", "%s needs a value: %s",
                      word, known->value);
    return add(out, known->name, argv[++*at], why);
}

struct status arguments_parse(int argc, char **argv, const struct option *own,
                              const struct option *common,
                              struct arguments *out, struct reason *why)
{
    bool ended = false;
    *out = (struct arguments){ 0 };
    for (int at = 0; at < argc; at++) {
        const char *word = argv[at];
        if (!ended && strcmp(word, "--") == 0) {
            ended = true;
        } else if (!ended && word[0] == '-' && word[1] != '\0') {
            TRY(option(argc, argv, &at, own, common, out, why));
        } else if (out->count == ARGUMENTS_MAX) {
            return refuse(why, STATUS_INVALID, "arguments",
                          "too many arguments");
        } else {
            out->at[out->count++] = word;
        }
    }
    return OK;
}

const char *arguments_each(const struct arguments *given, const char *name,
                           size_t *position)
{
    while (*position < given->options_count) {
        size_t at = (*position)++;
        if (strcmp(given->options[at].name, name) == 0)
            return given->options[at].value;
    }
    return NULL;
}

const char *arguments_value(const struct arguments *given, const char *name)
{
    size_t position = 0;
    return arguments_each(given, name, &position);
}
