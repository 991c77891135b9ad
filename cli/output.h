/* output.h - answers for people, or with -o json for programs. What others
 * have chosen is printed so that it cannot move a cursor or turn text. */

#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "api/api.h"
#include "cli/arguments.h"
#include <stdio.h>

/* Member names, and how many: the last two arguments of what prints. */
#define LIST(...)                                                              \
    (const char *const[]){ __VA_ARGS__ },                                      \
        sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *)

/* True when -o json was asked for: then only output_json() prints. */
bool output_is_json(const struct arguments *given);

/* One canonical line. */
void output_json(const json_t *value);

/* Text of others in sentences and JSON: api_put_plain(), but quotes and
 * backslashes stay as they are. NULL is "-". */
void output_text(FILE *to, const char *text);
void output_plain(const char *text, struct buffer *out); /* appends it */

/* A table: one line per item, the named members in columns, hashes and
 * UUIDs whole. Members that are absent are "-". */
void output_table(const json_t *items, const char *const *members,
                  size_t count);

/* "name: value" lines of one object's named members. */
void output_members(const json_t *object, const char *const *members,
                    size_t count);

/* Prints JSON, or the table of {"items": [...]}. */
void output_list(const struct arguments *given, const json_t *answer,
                 const char *const *members, size_t count);

/* Prints JSON, or the members. */
void output_object(const struct arguments *given, const json_t *answer,
                   const char *const *members, size_t count);

#endif
