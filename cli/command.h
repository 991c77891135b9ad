/* command.h - what a command is: one row in its group's table. Help, manual
 * pages and completion are made from these rows. */

#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/arguments.h"
#include "cli/exit.h"

struct command {
    const char *group; /* "dataset"; "" for a command without a group */
    const char *verb;
    const char *summary;          /* one line, imperative                    */
    const char *arguments;        /* positional ones, "FILE" or "ID [FILE]"  */
    size_t least, most;           /* how many positional ones                */
    const struct option *options; /* own ones; ends with an empty row */
    const char *example;          /* one or more whole lines                 */
    int (*run)(const struct arguments *given);
};

/* All tables; the list ends with NULL, each table with an empty row. */
extern const struct command *const command_groups[];

/* The command that argv[0..argc) begins with, and how many words name it; 0
 * when there is none. */
int command_find(int argc, char **argv, const struct command **out);

/* Is this the first word of commands? */
bool command_is_group(const char *word);

/* Options every command takes: -o, --context, --help. */
extern const struct option common_options[];

#endif
