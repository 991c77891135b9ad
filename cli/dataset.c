/* dataset.c - data: where it lies, and its credential, sealed here so that
 * the broker never has it in clear. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/credential.h"
#include "cli/expiry.h"
#include "cli/groups.h"
#include "cli/labels.h"
#include "cli/output.h"
#include "cli/rule.h"

static struct status new_credential(struct channel *c,
                                    const struct arguments *given,
                                    struct api_credential *out,
                                    uint64_t *expires, struct reason *why)
{
    struct hash owner;
    out->account = c->context.account;
    out->owner = c->context.owner;
    TRY(random_fill(out->random, sizeof(out->random)));
    TRY(api_id_random(&out->version));
    TRY(api_owner_hash(&out->owner, &owner));
    TRY(api_id_derive(API_DATASET, &out->account, &owner, out->random,
                      &out->dataset));
    return credential_read(given, out, expires, why);
}

static struct status create_with(const struct arguments *given,
                                 struct channel *c,
                                 struct api_credential *credential,
                                 struct reason *why)
{
    AUTO_JSON *answer = NULL, *labels = NULL, *limits = NULL;
    const char *description = arguments_value(given, "description");
    uint64_t expires;
    TRY(demands_read(given, &limits, why));
    TRY(new_credential(c, given, credential, &expires, why));
    TRY(labels_read(given, &labels, why));
    AUTO_JSON *body = json_pack(
        "{s:s, s:s, s:O, s:O, s:o, s:o}", "name", given->at[0], "description",
        description ? description : "", "labels", labels, "limits", limits,
        "id", api_json_of_id(&credential->dataset), "random",
        api_json_of_base64(
            bytes_of(credential->random, sizeof(credential->random))));
    if (!body)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(credential_seal(c, credential, expires, body, why));
    TRY(channel_call(c, HTTP_POST, "/accord/v1/datasets", body, &answer, why));
    output_object(given, answer,
                  LIST("dataset", "name", "location", "class", "version"));
    return OK;
}

static struct status create(const struct arguments *given, struct channel *c,
                            struct reason *why)
{
    struct api_credential *credential = calloc(1, sizeof(*credential));
    if (!credential)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    struct status s = create_with(given, c, credential, why);
    api_credential_clear(credential);
    free(credential);
    return s;
}

static int run_create(const struct arguments *given)
{
    return with_channel(given, create);
}

static struct status list(const struct arguments *given, struct channel *c,
                          struct reason *why)
{
    AUTO_JSON *answer = NULL;
    TRY(channel_get(c, &answer, why, "/accord/v1/datasets"));
    output_list(given, answer,
                LIST("name", "class", "dataset", "versions", "location"));
    (void)expiry_warn(answer, NULL, (uint64_t)time(NULL));
    return OK;
}

static int run_list(const struct arguments *given)
{
    return with_channel(given, list);
}

static struct status show(const struct arguments *given, struct channel *c,
                          struct reason *why)
{
    AUTO_JSON *dataset = NULL;
    TRY(find_object(c, "/accord/v1/datasets", "dataset", given->at[0], &dataset,
                    why));
    output_object(given, dataset,
                  LIST("dataset", "name", "description", "labels", "location",
                       "class", "owner_hash", "version", "versions",
                       "suspended", "erased", "expires"));
    if (!output_is_json(given))
        (void)printf("%-14s sealed to the HSM; nobody can read it back, you "
                     "included\n",
                     "credential");
    return OK;
}

static int run_show(const struct arguments *given)
{
    return with_channel(given, show);
}

static struct status describe(const struct arguments *given, struct channel *c,
                              struct reason *why)
{
    static const struct place place = { "/accord/v1/datasets", "dataset",
                                        NULL };
    AUTO_JSON *body = json_object(), *labels = NULL, *answer = NULL;
    char path[256];
    TRY(labels_take(given, "name", body, "name"));
    TRY(labels_take(given, "description", body, "description"));
    TRY(labels_read(given, &labels, why));
    if (json_object_size(labels) > 0 &&
        json_object_set(body, "labels", labels) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    if (json_object_size(body) == 0)
        return refuse(why, STATUS_INVALID, "describe",
                      "nothing to change: --name, --description or --label");
    TRY(object_path(c, &place, given->at[0], path, why));
    TRY(channel_call(c, HTTP_PATCH, path, body, &answer, why));
    output_object(given, answer,
                  LIST("dataset", "name", "description", "labels"));
    return OK;
}

static int run_describe(const struct arguments *given)
{
    return with_channel(given, describe);
}

static const struct option create_options[] = {
    CREDENTIAL_OPTIONS,
    { "description", "TEXT", "what it is" },
    { "label", "NAME=VALUE", "may be repeated" },
    DEMAND_OPTIONS,
    { 0 },
};

static const struct option describe_options[] = {
    { "name", "NAME", "its new name" },
    { "description", "TEXT", "what it is" },
    { "label", "NAME=VALUE", "all its labels anew, may be repeated" },
    { 0 },
};

/* clang-format off */
const struct command commands_dataset[] = {
    { "dataset", "create", "register data and seal its credential to the HSM", "NAME", 1, 1,
      create_options, "accord dataset create patients --presigned get.url --key-file patients.key", run_create },
    { "dataset", "list", "list the datasets of the account", "", 0, 0,
      NULL, "accord dataset list", run_list },
    { "dataset", "show", "show one dataset, without its credential", "DATASET", 1, 1,
      NULL, "accord dataset show patients", run_show },
    { "dataset", "describe", "change name, description, labels of your dataset", "DATASET", 1, 1,
      describe_options, "accord dataset describe patients --label year=2026", run_describe },
    { 0 },
};
/* clang-format on */
