/* tables.c - the commands there are, in the order they are shown. */

#include "cli/groups.h"

#include <string.h>

/* clang-format off */
const struct command *const command_groups[] = {
    commands_join, commands_person, commands_account, commands_key,
    commands_node,
    commands_app, commands_task, commands_build, commands_dataset, commands_custody,
    commands_configuration, commands_draft, commands_workflow,
    commands_request, commands_certificate, commands_log,
    commands_restored, commands_file, commands_object, commands_evidence,
    commands_collateral, commands_manual,
    NULL,
};

const struct option common_options[] = {
    { "o", "FORM", "json: one line for programs" },
    { "context", "NAME", "which membership; $ACCORD_CONTEXT, else default" },
    { "help", NULL, "say what this command takes" },
    { 0 },
};
/* clang-format on */

/* A group's verb goes before a command without a group: `key replace` is not
 * `key FILE`. */
int command_find(int argc, char **argv, const struct command **out)
{
    for (int words = 2; words >= 1; words--) {
        if (argc < words)
            continue;
        for (const struct command *const *g = command_groups; *g; g++)
            for (const struct command *c = *g; c->verb; c++)
                if ((words == 2) == (c->group[0] != '\0') &&
                    strcmp(argv[words - 1], c->verb) == 0 &&
                    (words == 1 || strcmp(argv[0], c->group) == 0)) {
                    *out = c;
                    return words;
                }
    }
    return 0;
}

bool command_is_group(const char *word)
{
    for (const struct command *const *g = command_groups; *g; g++)
        for (const struct command *c = *g; c->verb; c++)
            if (c->group[0] && strcmp(c->group, word) == 0)
                return true;
    return false;
}
