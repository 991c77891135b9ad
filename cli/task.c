/* task.c - what waits for somebody's word about the apps and images of the
 * product's users: domains and builds. */

#include <stdio.h>

#include "cli/groups.h"
#include "cli/output.h"

static struct status domain_list(const struct arguments *given,
                                 struct channel *c, struct reason *why)
{
    AUTO_JSON *answer = NULL;
    TRY(channel_get(c, &answer, why, "/accord/v1/domains"));
    output_list(given, answer, LIST("domain", "status", "name", "app", "task"));
    return OK;
}

static int run_domain_list(const struct arguments *given)
{
    return with_channel(given, domain_list);
}

/* "status" and who asked are objects in the product; a table wants words. */
static struct status flatten(json_t *task)
{
    const json_t *status = json_object_get(task, "status");
    const json_t *who = json_object_get(task, "requester_info");
    AUTO_JSON *flat =
        json_pack("{s:O*, s:O*}", "state", json_object_get(status, "status"),
                  "requester", json_object_get(who, "user_name"));
    return flat && json_object_update(task, flat) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status list(const struct arguments *given, struct channel *c,
                          struct reason *why)
{
    AUTO_JSON *answer = NULL;
    bool all = arguments_value(given, "all") != NULL;
    TRY(channel_get(c, &answer, why, "/accord/v1/tasks%s",
                    all ? "" : "?status=PENDING"));
    const json_t *items = json_object_get(answer, "items");
    for (size_t i = 0; i < json_array_size(items); i++)
        TRY(flatten(json_array_get(items, i)));
    output_list(given, answer,
                LIST("task_type", "state", "requester", "task_id", "entity_id",
                     "domains_added", "domains_removed"));
    return OK;
}

static int run_list(const struct arguments *given)
{
    return with_channel(given, list);
}

static struct status decide(const struct arguments *given, struct channel *c,
                            const char *verb, struct reason *why)
{
    AUTO_JSON *answer = NULL;
    char path[256];
    int len = snprintf(path, sizeof(path), "/accord/v1/tasks/%s/%s",
                       given->at[0], verb);
    if (len < 0 || (size_t)len >= sizeof(path))
        return refuse(why, STATUS_INVALID, "task", "no task has such an id");
    TRY(channel_call(c, HTTP_POST, path, NULL, &answer, why));
    TRY(flatten(answer));
    output_object(given, answer,
                  LIST("task_id", "task_type", "entity_id", "state"));
    return OK;
}

static struct status approve(const struct arguments *given, struct channel *c,
                             struct reason *why)
{
    return decide(given, c, "approve", why);
}

static struct status deny(const struct arguments *given, struct channel *c,
                          struct reason *why)
{
    return decide(given, c, "deny", why);
}

static int run_approve(const struct arguments *given)
{
    return with_channel(given, approve);
}

static int run_deny(const struct arguments *given)
{
    return with_channel(given, deny);
}

static const struct option list_options[] = {
    { "all", NULL, "those that are closed, too" },
    { 0 },
};

/* clang-format off */
const struct command commands_task[] = {
    { "domain", "list", "list the domains of the product's apps, approved or waiting", "", 0, 0,
      NULL, "accord domain list", run_domain_list },
    { "task", "list", "list the domains and images that wait for somebody's word", "", 0, 0,
      list_options, "accord task list", run_list },
    { "task", "approve", "let an app have its domains, or an image have certificates", "TASK", 1, 1,
      NULL, "accord task approve cccccccc-0000-4000-8000-000000000001", run_approve },
    { "task", "deny", "refuse them", "TASK", 1, 1,
      NULL, "accord task deny cccccccc-0000-4000-8000-000000000001", run_deny },
    { 0 },
};
/* clang-format on */
