/* account.c - accounts, and who may do what in one. */

#include <stdio.h>

#include "cli/groups.h"
#include "cli/output.h"

/* --- accounts ------------------------------------------------------------ */

static struct status list(const struct arguments *given, struct channel *c,
                          struct reason *why)
{
    AUTO_JSON *answer = NULL;
    TRY(channel_get(c, &answer, why, "/accord/v1/accounts"));
    output_list(given, answer, LIST("name", "account"));
    return OK;
}

static int run_list(const struct arguments *given)
{
    return with_channel(given, list);
}

/* Like an invitation of a person, the line goes to standard output alone. */
static struct status create(const struct arguments *given, struct channel *c,
                            struct reason *why)
{
    AUTO_JSON *answer = NULL, *body = json_pack("{s:s}", "name", given->at[0]);
    const char *line;
    TRY(channel_call(c, HTTP_POST, "/accord/v1/accounts", body, &answer, why));
    TRY(api_json_text(answer, "invitation", &line, why));
    if (output_is_json(given)) {
        output_json(answer);
    } else {
        output_text(stdout, line);
        (void)fputc('\n', stdout);
    }
    return OK;
}

static int run_create(const struct arguments *given)
{
    return with_channel(given, create);
}

/* --- people -------------------------------------------------------------- */

static struct status change(const struct arguments *given, struct channel *c,
                            const char *member, const char *value,
                            struct reason *why)
{
    static const struct place people = { "/accord/v1/people", "person", NULL };
    AUTO_JSON *answer = NULL, *body = json_pack("{s:s}", member, value);
    char path[256];
    TRY(object_path(c, &people, given->at[0], path, why));
    TRY(channel_call(c, HTTP_PATCH, path, body, &answer, why));
    output_object(given, answer, LIST("person", "name", "role", "state"));
    return OK;
}

static struct status role(const struct arguments *given, struct channel *c,
                          struct reason *why)
{
    return change(given, c, "role", given->at[1], why);
}

static struct status suspend(const struct arguments *given, struct channel *c,
                             struct reason *why)
{
    return change(given, c, "state", "suspended", why);
}

static struct status activate(const struct arguments *given, struct channel *c,
                              struct reason *why)
{
    return change(given, c, "state", "active", why);
}

static int run_role(const struct arguments *given)
{
    return with_channel(given, role);
}

static int run_suspend(const struct arguments *given)
{
    return with_channel(given, suspend);
}

static int run_activate(const struct arguments *given)
{
    return with_channel(given, activate);
}

/* clang-format off */
const struct command commands_account[] = {
    { "account", "list", "list the accounts that you see: your own", "", 0, 0,
      NULL, "accord account list", run_list },
    { "account", "create", "make an account; prints the invitation of its first manager", "NAME", 1, 1,
      NULL, "accord account create clinic > invitation", run_create },
    { "person", "role", "make somebody a reader, writer or manager", "PERSON ROLE", 2, 2,
      NULL, "accord person role Dana manager", run_role },
    { "person", "suspend", "let somebody do nothing until activated again", "PERSON", 1, 1,
      NULL, "accord person suspend Dana", run_suspend },
    { "person", "activate", "end a person's suspension", "PERSON", 1, 1,
      NULL, "accord person activate Dana", run_activate },
    { 0 },
};
/* clang-format on */
