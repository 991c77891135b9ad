/* person.c - who I am, who is here, inviting. */

#include <stdio.h>
#include <time.h>

#include "cli/channel.h"
#include "cli/expiry.h"
#include "cli/groups.h"
#include "cli/output.h"

/* --- status -------------------------------------------------------------- */

static struct status status(const struct arguments *given, struct channel *c,
                            struct reason *why)
{
    AUTO_JSON *me = NULL, *datasets = NULL;
    TRY(channel_get(c, &me, why, "/accord/v1/me"));
    TRY(channel_check_head(c, why));
    TRY(channel_get(c, &datasets, why, "/accord/v1/datasets"));
    (void)expiry_warn(datasets,
                      json_string_value(json_object_get(me, "owner_hash")),
                      (uint64_t)time(NULL));
    if (output_is_json(given)) {
        output_json(me);
        return OK;
    }
    output_members(me, LIST("name", "person", "account_name", "account", "role",
                            "owner_hash"));
    (void)printf("%-14s %llu leaves, consistent with all you have seen\n",
                 "log", (unsigned long long)c->context.head.size);
    size_t waiting = json_array_size(json_object_get(me, "waiting"));
    if (waiting == 0)
        (void)printf("nothing waits for you\n");
    else
        (void)printf("%zu request%s for you: accord request show %s\n", waiting,
                     waiting == 1 ? " waits" : "s wait",
                     json_string_value(
                         json_array_get(json_object_get(me, "waiting"), 0)));
    return OK;
}

static int run_status(const struct arguments *given)
{
    return with_channel(given, status);
}

/* --- people -------------------------------------------------------------- */

static struct status list(const struct arguments *given, struct channel *c,
                          struct reason *why)
{
    AUTO_JSON *answer = NULL;
    TRY(channel_get(c, &answer, why, "/accord/v1/people"));
    output_list(given, answer,
                LIST("name", "role", "state", "person", "owner_hash"));
    return OK;
}

static int run_list(const struct arguments *given)
{
    return with_channel(given, list);
}

static void print_line(const json_t *text)
{
    output_text(stdout, json_string_value(text));
    (void)fputc('\n', stdout);
}

static struct status invite(const struct arguments *given, struct channel *c,
                            struct reason *why)
{
    AUTO_JSON *answer = NULL;
    const char *role = arguments_value(given, "role");
    AUTO_JSON *body = json_pack("{s:s, s:s}", "name", given->at[0], "role",
                                role ? role : "writer");
    TRY(channel_call(c, HTTP_POST, "/accord/v1/invitations", body, &answer,
                     why));
    if (output_is_json(given))
        output_json(answer);
    else
        print_line(json_object_get(answer, "invitation"));
    return OK;
}

static int run_invite(const struct arguments *given)
{
    return with_channel(given, invite);
}

static const struct option invite_options[] = {
    { "role", "ROLE", "reader, writer (default) or manager" },
    { 0 },
};

/* clang-format off */
const struct command commands_person[] = {
    { "", "status", "say who you are, whether the log is sound, what waits for you", "", 0, 0,
      NULL, "accord status", run_status },
    { "person", "list", "list the people of the account", "", 0, 0,
      NULL, "accord person list", run_list },
    { "person", "invite", "make an invitation: one line to hand over", "NAME", 1, 1,
      invite_options, "accord person invite \"Dana\" --role writer > invitation", run_invite },
    { 0 },
};
/* clang-format on */
