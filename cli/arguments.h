/* arguments.h - what was typed, parsed against a command's options. */

#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include "base/status.h"
#include <stddef.h>

struct option {
    const char *name;  /* "key-file": --key-file VALUE; one letter: -K VALUE */
    const char *value; /* what the value is called; NULL: a flag             */
    const char *help;
};

#define ARGUMENTS_MAX 64

struct arguments {
    size_t count; /* positional */
    const char *at[ARGUMENTS_MAX];
    size_t options_count;
    struct {
        const char *name;
        const char *value; /* "" for a flag */
    } options[ARGUMENTS_MAX];
};

/* Parses argv[0..argc). Options may stand anywhere; "--" ends them; an
 * option given twice is an error unless it is asked for with
 * arguments_each(). STATUS_INVALID with a reason. */
STATUS arguments_parse(int argc, char **argv, const struct option *own,
                       const struct option *common, struct arguments *out,
                       struct reason *why);

/* The option's value, NULL when it was not given. */
const char *arguments_value(const struct arguments *given, const char *name);

/* The values of an option that may be repeated, one after another:
 * `*position` begins at 0. NULL at the end. */
const char *arguments_each(const struct arguments *given, const char *name,
                           size_t *position);

#endif
