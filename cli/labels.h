/* labels.h - options of the form NAME=VALUE. */

#ifndef CLI_LABELS_H
#define CLI_LABELS_H

#include "api/api.h"
#include "cli/arguments.h"

/* The object of all --label NAME=VALUE; empty when there are none. A name
 * has at most 127 bytes and no '='. STATUS_INVALID names the option. The
 * caller owns *out. */
STATUS labels_read(const struct arguments *given, json_t **out,
                   struct reason *why);

/* Sets object[member] to the option's value when the option was given. */
STATUS labels_take(const struct arguments *given, const char *option,
                   json_t *object, const char *member);

#endif
