/* config.h - configuration files: `key = value` lines below `[section]`s.
 *
 * One table of options drives parsing, checking, defaults, the sample file
 * and the manual page. Comments are lines starting with # or ;. Unknown,
 * doubled and continued lines are errors that name file and line, and so
 * are lines that look continued (a leading blank, a final backslash). A
 * value is everything after the first '=' with surrounding blanks removed,
 * of at most 4,096 bytes, UTF-8 without control characters whatever its
 * type. The result is frozen: read it, never change it. */

#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include "base/buffer.h"
#include "base/scope.h"
#include "base/status.h"

enum config_type {
    CONFIG_TEXT,   /* any non-empty text                               */
    CONFIG_PATH,   /* an absolute path                                 */
    CONFIG_NUMBER, /* decimal, within min..max, no needless zeros      */
    CONFIG_FLAG,   /* yes or no                                        */
    CONFIG_LIST,   /* non-empty texts between commas, blanks removed   */
};

struct config_option {
    const char *section; /* "" for lines before the first section  */
    const char *name;
    enum config_type type;
    const char *standard; /* what holds when it is not given; NULL: required;
                             "": may be absent (then text reads as "", a
                             number as 0, a flag as no, a list as empty) */
    int64_t min, max;     /* CONFIG_NUMBER only                      */
    const char *help;     /* one line, for the sample file           */
};

struct config;

/* Parses `text` (named `name` in messages) against `options[count]`.
 * STATUS_INVALID with a reason "name:line: ..." at the first error, a
 * required option that is missing included. Caller frees. The options must
 * outlive the result. */
STATUS config_parse(const char *name, struct bytes text,
                    const struct config_option *options, size_t count,
                    struct config **out, struct reason *why);

/* Reads the file (at most 256 KiB) and parses it. */
STATUS config_load(const char *path, const struct config_option *options,
                   size_t count, struct config **out, struct reason *why);

void config_free(struct config *config);
DEFINE_AUTO_FREE(config);

/* Values, borrowed from the configuration. Asking for an option that is not
 * in the table, or of another type, is a bug: it aborts. */
const char *config_text(const struct config *config, const char *section,
                        const char *name); /* TEXT and PATH */
int64_t config_number(const struct config *config, const char *section,
                      const char *name);
bool config_flag(const struct config *config, const char *section,
                 const char *name);
size_t config_list_count(const struct config *config, const char *section,
                         const char *name);
const char *config_list_item(const struct config *config, const char *section,
                             const char *name, size_t index);

/* Appends a sample file in which every option stands behind a '#' with its
 * default, below its help. It parses to the defaults, with every '#' before
 * a name taken away too; required options have no value to show. */
void config_write_sample(const struct config_option *options, size_t count,
                         struct buffer *out);

#endif
