/* custody.c - what owners (and, to take away, managers) do with a dataset that
 * is there: new credentials, suspending, erasing, deleting. */

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "cli/credential.h"
#include "cli/groups.h"
#include "cli/output.h"

#define DATASETS "/accord/v1/datasets"

/* --- rotate, renew ------------------------------------------------------- */

/* The dataset stays what it is: the id, and what it was derived with. */
static struct status same_dataset(struct channel *c, const json_t *record,
                                  struct api_credential *out,
                                  struct reason *why)
{
    AUTO_CLEAR_BUFFER random = buffer_make(sizeof(out->random));
    struct hash mine, owner;
    out->account = c->context.account;
    out->owner = c->context.owner;
    TRY(api_owner_hash(&out->owner, &mine));
    TRY(api_json_hash(record, "owner_hash", &owner, why));
    if (!hash_equal(&mine, &owner))
        return refuse(why, STATUS_DENIED, "owner",
                      "only the owner of a dataset replaces its credential");
    TRY(api_json_id(record, "dataset", &out->dataset, why));
    TRY(api_json_base64(record, "random", &random, why));
    if (random.len != sizeof(out->random))
        return refuse(why, STATUS_CORRUPT, "random",
                      "the broker's record of this dataset is damaged");
    memcpy(out->random, random.data, random.len);
    return api_id_random(&out->version);
}

/* Renewing changes the URL and nothing else. */
static struct status same_place(const json_t *record,
                                const struct api_credential *credential,
                                struct reason *why)
{
    const char *location;
    TRY(api_json_text(record, "location", &location, why));
    if (strcmp(location, credential->location) != 0)
        return refuse(why, STATUS_INVALID, "location",
                      "the pre-signed URL is for %s, the data lies at %s: "
                      "accord dataset rotate moves it",
                      credential->location, location);
    return OK;
}

static struct status replace_with(const struct arguments *given,
                                  struct channel *c, bool renew,
                                  struct api_credential *credential,
                                  struct reason *why)
{
    AUTO_JSON *record = NULL, *answer = NULL, *body = json_object();
    const char *id;
    char path[256];
    uint64_t expires;
    TRY(find_object(c, DATASETS, "dataset", given->at[0], &record, why));
    TRY(same_dataset(c, record, credential, why));
    TRY(credential_read(given, credential, &expires, why));
    if (renew)
        TRY(same_place(record, credential, why));
    TRY(credential_seal(c, credential, expires, body, why));
    TRY(api_json_text(record, "dataset", &id, why));
    (void)snprintf(path, sizeof(path), DATASETS "/%s/versions", id);
    TRY(channel_call(c, HTTP_POST, path, body, &answer, why));
    output_object(
        given, answer,
        LIST("dataset", "name", "location", "version", "versions", "expires"));
    return OK;
}

static struct status replace(const struct arguments *given, struct channel *c,
                             bool renew, struct reason *why)
{
    struct api_credential *credential = calloc(1, sizeof(*credential));
    if (!credential)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    struct status s = replace_with(given, c, renew, credential, why);
    api_credential_clear(credential);
    free(credential);
    return s;
}

static struct status rotate(const struct arguments *given, struct channel *c,
                            struct reason *why)
{
    return replace(given, c, false, why);
}

static struct status renew(const struct arguments *given, struct channel *c,
                           struct reason *why)
{
    return replace(given, c, true, why);
}

static int run_rotate(const struct arguments *given)
{
    return with_channel(given, rotate);
}

static int run_renew(const struct arguments *given)
{
    return with_channel(given, renew);
}

/* --- suspend, resume ----------------------------------------------------- */

static struct status suspend(const struct arguments *given, struct channel *c,
                             struct reason *why)
{
    static const struct place place = { DATASETS, "dataset", "/suspend" };
    AUTO_JSON *answer = NULL;
    char path[256];
    TRY(object_path(c, &place, given->at[0], path, why));
    TRY(channel_call(c, HTTP_POST, path, NULL, &answer, why));
    output_object(given, answer, LIST("dataset", "name", "suspended"));
    return OK;
}

static int run_suspend(const struct arguments *given)
{
    return with_channel(given, suspend);
}

/* Ends with the owner's signature: the owner's suspension, and a restore's. */
static struct status sign_statement(struct channel *c, const char *statement,
                                    json_t *body)
{
    struct api_signature signature;
    struct api_signer me = api_key_signer(c->context.key);
    TRY(me.sign(me.context, bytes_of_string(statement), &signature));
    if (json_object_set_new(body, "statement", json_string(statement)) != 0 ||
        json_object_set_new(body, "signature",
                            api_json_of_base64(bytes_of(
                                signature.bytes, sizeof(signature.bytes)))) !=
            0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

static struct status resume_body(struct channel *c, const json_t *record,
                                 json_t *body, struct reason *why)
{
    const json_t *suspended = json_object_get(record, "suspended");
    const char *by, *dataset;
    char statement[128];
    int64_t number;
    if (!json_is_object(suspended))
        return OK; /* the broker says that it is not suspended */
    TRY(api_json_text(suspended, "by", &by, why));
    bool restored = strcmp(by, "restore") == 0;
    if (!restored && strcmp(by, "owner") != 0)
        return OK;
    TRY(api_json_text(record, "dataset", &dataset, why));
    TRY(api_json_integer(suspended, restored ? "epoch" : "leaf", 0, INT64_MAX,
                         &number, why));
    (void)snprintf(statement, sizeof(statement), "accord resume v1 %s %s%lld",
                   dataset, restored ? "epoch " : "", (long long)number);
    return sign_statement(c, statement, body);
}

static struct status resume(const struct arguments *given, struct channel *c,
                            struct reason *why)
{
    AUTO_JSON *record = NULL, *answer = NULL, *body = json_object();
    const char *id;
    char path[256];
    /* Whoever signs that it may go on has seen what was lost. */
    TRY(channel_check_head(c, why));
    TRY(find_object(c, DATASETS, "dataset", given->at[0], &record, why));
    TRY(api_json_text(record, "dataset", &id, why));
    TRY(resume_body(c, record, body, why));
    (void)snprintf(path, sizeof(path), DATASETS "/%s/resume", id);
    TRY(channel_call(c, HTTP_POST, path, body, &answer, why));
    output_object(given, answer, LIST("dataset", "name", "suspended"));
    return OK;
}

static int run_resume(const struct arguments *given)
{
    return with_channel(given, resume);
}

/* --- erase, delete ------------------------------------------------------- */

static struct status erase(const struct arguments *given, struct channel *c,
                           struct reason *why)
{
    static const struct place place = { DATASETS, "dataset", "/erase" };
    AUTO_JSON *answer = NULL;
    char path[256];
    TRY(confirm(given, "destroy its key in the HSM, for good?", why));
    TRY(object_path(c, &place, given->at[0], path, why));
    TRY(channel_call(c, HTTP_POST, path, NULL, &answer, why));
    output_object(given, answer, LIST("dataset", "name", "erased"));
    return OK;
}

static int run_erase(const struct arguments *given)
{
    return with_channel(given, erase);
}

static struct status delete (const struct arguments *given, struct channel *c,
                             struct reason *why)
{
    static const struct place place = { DATASETS, "dataset", NULL };
    char path[256];
    TRY(confirm(given, "delete it, and destroy its key in the HSM, for good?",
                why));
    TRY(object_path(c, &place, given->at[0], path, why));
    return delete_path(given, c, path, why);
}

static int run_delete(const struct arguments *given)
{
    return with_channel(given, delete);
}

static const struct option rotate_options[] = {
    CREDENTIAL_OPTIONS,
    { 0 },
};

static const struct option renew_options[] = {
    { "presigned", "FILE", "file with the new URL (- : standard input)" },
    { "key-file", "FILE", "file with the data's key, which stays the same" },
    { 0 },
};

static const struct option yes_options[] = {
    { "yes", NULL, "answer the question with yes" },
    { 0 },
};

/* clang-format off */
const struct command commands_custody[] = {
    { "dataset", "rotate", "replace the credential; the key of the one before is destroyed", "DATASET", 1, 1,
      rotate_options, "accord dataset rotate patients --presigned get.url --key-file new.key", run_rotate },
    { "dataset", "renew", "replace a pre-signed URL that expires; place and key stay", "DATASET", 1, 1,
      renew_options, "accord dataset renew patients --presigned get.url --key-file patients.key", run_renew },
    { "dataset", "suspend", "release nothing of this dataset until it is resumed", "DATASET", 1, 1,
      NULL, "accord dataset suspend patients", run_suspend },
    { "dataset", "resume", "end a suspension: a manager's by a manager, yours by your signature", "DATASET", 1, 1,
      NULL, "accord dataset resume patients", run_resume },
    { "dataset", "erase", "destroy the credential's key in the HSM", "DATASET", 1, 1,
      yes_options, "accord dataset erase patients", run_erase },
    { "dataset", "delete", "remove a dataset that no workflow uses", "DATASET", 1, 1,
      yes_options, "accord dataset delete patients", run_delete },
    { 0 },
};
/* clang-format on */
