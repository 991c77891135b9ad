/* person.c - who I am, who is here, inviting. */

#include <stdio.h>
#include <string.h>
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

/* --- users with passwords ------------------------------------------------ */

static struct status user_list(const struct arguments *given, struct channel *c,
                               struct reason *why)
{
    AUTO_JSON *answer = NULL;
    TRY(channel_get(c, &answer, why, "/accord/v1/users"));
    output_list(given, answer,
                LIST("user_email", "user_account_status", "user_id"));
    return OK;
}

static int run_user_list(const struct arguments *given)
{
    return with_channel(given, user_list);
}

/* The product has its roles in capitals. */
static const char *product_role(const char *role)
{
    if (!role || strcmp(role, "writer") == 0)
        return "WRITER";
    return strcmp(role, "manager") == 0  ? "MANAGER"
           : strcmp(role, "reader") == 0 ? "READER"
                                         : role;
}

static struct status user_invite(const struct arguments *given,
                                 struct channel *c, struct reason *why)
{
    AUTO_JSON *answer = NULL;
    AUTO_JSON *body =
        json_pack("{s:s, s:[s]}", "user_email", given->at[0], "roles",
                  product_role(arguments_value(given, "role")));
    TRY(channel_call(c, HTTP_POST, "/accord/v1/users", body, &answer, why));
    if (output_is_json(given))
        output_json(answer);
    else
        (void)printf("invited: a mail with what to do is in the broker's "
                     "outbox\n");
    return OK;
}

static int run_user_invite(const struct arguments *given)
{
    return with_channel(given, user_invite);
}

static struct status user_remove(const struct arguments *given,
                                 struct channel *c, struct reason *why)
{
    AUTO_JSON *answer = NULL;
    char path[256];
    int len = snprintf(path, sizeof(path), "/accord/v1/users/%s", given->at[0]);
    if (len < 0 || (size_t)len >= sizeof(path))
        return refuse(why, STATUS_INVALID, "user", "no user has such an id");
    TRY(channel_call(c, HTTP_DELETE, path, NULL, &answer, why));
    (void)printf("removed from the account\n");
    return OK;
}

static int run_user_remove(const struct arguments *given)
{
    return with_channel(given, user_remove);
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
    { "user", "list", "list who logs in with a password (em-cli) in the account", "", 0, 0,
      NULL, "accord user list", run_user_list },
    { "user", "invite", "invite an e-mail address that will log in with a password", "EMAIL", 1, 1,
      invite_options, "accord user invite dana@example.com --role writer", run_user_invite },
    { "user", "remove", "take a user out of the account", "USER", 1, 1,
      NULL, "accord user remove 11111111-1111-4111-8111-111111111111", run_user_remove },
    { 0 },
};
/* clang-format on */
