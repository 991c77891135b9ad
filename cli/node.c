/* node.c - the account's zone, and the hosts that run a Node Agent in it. */

#include <stdio.h>

#include "cli/channel.h"
#include "cli/groups.h"
#include "cli/output.h"

/* --- zone ---------------------------------------------------------------- */

static struct status zone_list(const struct arguments *given, struct channel *c,
                               struct reason *why)
{
    AUTO_JSON *answer = NULL;
    TRY(channel_get(c, &answer, why, "/accord/v1/zones"));
    output_list(given, answer, LIST("name", "zone_id", "acct_id"));
    return OK;
}

static int run_zone_list(const struct arguments *given)
{
    return with_channel(given, zone_list);
}

/* The account's only zone; every account has one. */
static struct status zone_of(struct channel *c, json_t **zones,
                             const char **out, struct reason *why)
{
    TRY(channel_get(c, zones, why, "/accord/v1/zones"));
    const json_t *zone = json_array_get(json_object_get(*zones, "items"), 0);
    return api_json_text(zone, "zone_id", out, why);
}

static void print_line(const json_t *text)
{
    output_text(stdout, json_string_value(text));
    (void)fputc('\n', stdout);
}

static struct status zone_token(const struct arguments *given,
                                struct channel *c, struct reason *why)
{
    AUTO_JSON *zones = NULL, *answer = NULL;
    const char *id;
    TRY(zone_of(c, &zones, &id, why));
    TRY(channel_get(c, &answer, why, "/accord/v1/zones/%s/token", id));
    if (output_is_json(given))
        output_json(answer);
    else
        print_line(json_object_get(answer, "token"));
    return OK;
}

static int run_zone_token(const struct arguments *given)
{
    return with_channel(given, zone_token);
}

/* --- node ---------------------------------------------------------------- */

/* "status" is an object in the product; a table wants its word. */
static struct status flatten(json_t *node)
{
    json_t *status = json_object_get(json_object_get(node, "status"), "status");
    if (json_object_set(node, "state", status) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

static struct status node_list(const struct arguments *given, struct channel *c,
                               struct reason *why)
{
    AUTO_JSON *answer = NULL;
    TRY(channel_get(c, &answer, why, "/accord/v1/nodes"));
    const json_t *items = json_object_get(answer, "items");
    for (size_t i = 0; i < json_array_size(items); i++)
        TRY(flatten(json_array_get(items, i)));
    output_list(given, answer, LIST("name", "state", "ipaddress", "node_id"));
    return OK;
}

static int run_node_list(const struct arguments *given)
{
    return with_channel(given, node_list);
}

static struct status node_show(const struct arguments *given, struct channel *c,
                               struct reason *why)
{
    AUTO_JSON *node = NULL;
    TRY(channel_get(c, &node, why, "/accord/v1/nodes/%s", given->at[0]));
    TRY(flatten(node));
    if (output_is_json(given))
        output_json(node);
    else
        output_members(node, LIST("name", "description", "state", "ipaddress",
                                  "node_id", "zone_id", "certificate"));
    return OK;
}

static int run_node_show(const struct arguments *given)
{
    return with_channel(given, node_show);
}

static struct status node_deactivate(const struct arguments *given,
                                     struct channel *c, struct reason *why)
{
    AUTO_JSON *answer = NULL;
    char path[256];
    int len = snprintf(path, sizeof(path), "/accord/v1/nodes/%s/deactivate",
                       given->at[0]);
    if (len < 0 || (size_t)len >= sizeof(path))
        return refuse(why, STATUS_INVALID, "node", "no node has such an id");
    TRY(channel_call(c, HTTP_POST, path, NULL, &answer, why));
    if (output_is_json(given))
        output_json(answer);
    else
        (void)printf("deactivated: its certificate opens nothing any more\n");
    return OK;
}

static int run_node_deactivate(const struct arguments *given)
{
    return with_channel(given, node_deactivate);
}

/* clang-format off */
const struct command commands_node[] = {
    { "zone", "list", "show the account's zone: what its programs' certificates are signed by", "", 0, 0,
      NULL, "accord zone list", run_zone_list },
    { "zone", "token", "make a join token: who has it may enrol nodes for 30 days", "", 0, 0,
      NULL, "accord zone token > token", run_zone_token },
    { "node", "list", "list the hosts that run a Node Agent for the account", "", 0, 0,
      NULL, "accord node list", run_node_list },
    { "node", "show", "show one node with its certificate", "NODE", 1, 1,
      NULL, "accord node show 99999999-0000-4000-8000-000000000001", run_node_show },
    { "node", "deactivate", "revoke a node's certificate", "NODE", 1, 1,
      NULL, "accord node deactivate 99999999-0000-4000-8000-000000000001", run_node_deactivate },
    { 0 },
};
/* clang-format on */
