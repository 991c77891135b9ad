/* config_value.h - one value of a configuration file: what each type admits.
 * For config.c only; everyone else reads values through config.h. */

#ifndef BASE_CONFIG_VALUE_H
#define BASE_CONFIG_VALUE_H

#include "base/config.h"

#define CONFIG_VALUE_MAX 4096

struct config_value {
    size_t line;    /* where it was given; 0: not given              */
    char *text;     /* CONFIG_LIST: the items, each with its own NUL */
    size_t items;   /* CONFIG_LIST only                              */
    int64_t number; /* CONFIG_NUMBER; CONFIG_FLAG: 0 or 1            */
};

/* Without the blanks around it. Blanks are space and tab. */
struct bytes config_trimmed(struct bytes s);

/* Splits at the first `mark`; false, and all of it in *before, if none. */
bool config_split(struct bytes s, char mark, struct bytes *before,
                  struct bytes *after);

/* Reads `s` as the option's type demands; STATUS_INVALID with a reason that
 * names the option. value->line is left alone. On failure too, what value
 * holds must be cleared. */
STATUS config_value_read(const struct config_option *option, struct bytes s,
                         struct config_value *value, struct reason *why);

/* What an option that may be absent reads as: "", 0, no, an empty list. */
STATUS config_value_absent(struct config_value *value);

void config_value_clear(struct config_value *value);

#endif
