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
extern const struct command commands_restored[];
extern const struct command commands_file[];
extern const struct command commands_object[];
extern const struct command commands_join[];
extern const struct command commands_key[];
extern const struct command commands_node[];
extern const struct command commands_account[];
extern const struct command commands_app[];
extern const struct command commands_task[];
extern const struct command commands_draft[];
extern const struct command commands_custody[];
extern const struct command commands_certificate[];
extern const struct command commands_collateral[];
extern const struct command commands_evidence[];
extern const struct command commands_manual[];

/* Opens the context named by --context, runs, closes, prints the failure;
 * returns the exit code. */
int with_channel(const struct arguments *given,
                 STATUS (*run)(const struct arguments *given,
                               struct channel *channel, struct reason *why));

/* Finds an object by id or by its unique name in GET `path` ("items"), whose
 * id is the member `id_member`. STATUS_NOT_FOUND names it, STATUS_CONFLICT
 * says that several have the name. *out is owned. */
STATUS find_object(struct channel *channel, const char *path,
                   const char *id_member, const char *name, json_t **out,
                   struct reason *why);

/* Asks on standard error for a "yes", unless --yes was given. STATUS_DENIED
 * for any other answer, and when nobody is at the terminal. */
STATUS confirm(const struct arguments *given, const char *question,
               struct reason *why);

/* Where the objects of one kind are. */
struct place {
    const char *path;      /* "/accord/v1/apps" */
    const char *id_member; /* "app" */
    const char *below;     /* "/suspend"; NULL: the object itself */
};

/* path/ID + below, of the object with this id or name. */
STATUS object_path(struct channel *channel, const struct place *place,
                   const char *name, char out[256], struct reason *why);

/* DELETE of it; JSON output is then {}. */
STATUS delete_path(const struct arguments *given, struct channel *channel,
                   const char *path, struct reason *why);

/* The base64 of my owner record. */
json_t *my_owner(const struct channel *channel);

#endif
