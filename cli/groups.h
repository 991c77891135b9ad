/* groups.h - the tables of commands, and what their functions share. */

#ifndef CLI_GROUPS_H
#define CLI_GROUPS_H

#include "cli/channel.h"
#include "cli/command.h"

extern const struct command commands_person[];
extern const struct command commands_build[];
extern const struct command commands_dataset[];
extern const struct command commands_configuration[];
extern const struct command commands_request[];
extern const struct command commands_workflow[];
extern const struct command commands_log[];
extern const struct command commands_file[];

/* Opens the context named by --context, runs, closes, prints the failure;
 * returns the exit code. */
int with_channel(const struct arguments *given,
                 STATUS (*run)(const struct arguments *given,
                               struct channel *channel, struct reason *why));

/* Finds an object by id or by its unique name in GET `path` ("items"), whose
 * id is the member `id_member`. STATUS_NOT_FOUND names it. *out is owned. */
STATUS find_object(struct channel *channel, const char *path,
                   const char *id_member, const char *name, json_t **out,
                   struct reason *why);

/* The base64 of my owner record. */
json_t *my_owner(const struct channel *channel);

#endif
