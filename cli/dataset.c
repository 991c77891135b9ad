/* dataset.c - data: where it lies, and its credential, sealed here so that
 * the broker never has it in clear. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/groups.h"
#include "cli/output.h"
#include "cli/presigned.h"

#define LIST(...)                                                              \
    (const char *const[]){ __VA_ARGS__ },                                      \
        sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *)

/* {"query_string": "<base64>", "encryption": {"key": "<64 hex>"}}, put
 * together in locked memory: it never passes through a JSON library. */
static struct status join_credential(const struct secret *query,
                                     const struct secret *key_text,
                                     struct secret **out)
{
    static const char head[] = "{\"query_string\": \"";
    static const char middle[] = "\", \"encryption\": {\"key\": \"";
    static const char tail[] = "\"}}";
    AUTO_FREE(secret) base64 = NULL;
    TRY(presigned_base64(query, &base64));
    struct bytes parts[] = {
        bytes_of_string(head),   secret_expose(base64), bytes_of_string(middle),
        secret_expose(key_text), bytes_of_string(tail),
    };
    size_t len = 0;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        len += parts[i].len;
    AUTO_FREE(secret) whole = NULL;
    TRY(secret_new(len, &whole));
    unsigned char *to = secret_fill(whole);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        memcpy(to, parts[i].at, parts[i].len);
        to += parts[i].len;
    }
    *out = TAKE(whole);
    return OK;
}

/* The credential's bytes and the location: from a pre-signed URL and a key
 * file, or as given. */
static struct status read_credential(const struct arguments *given,
                                     struct api_credential *credential,
                                     struct reason *why)
{
    const char *url_file = arguments_value(given, "presigned");
    const char *key_file = arguments_value(given, "key-file");
    const char *location = arguments_value(given, "location");
    const char *content = arguments_value(given, "credential-file");
    AUTO_FREE(secret) query = NULL;
    AUTO_FREE(secret) key = NULL;
    AUTO_FREE(secret) checked = NULL;
    if (url_file && key_file && !location && !content) {
        TRY(presigned_read(url_file, credential->location, &query, why));
        struct status s = file_read_secret(key_file, 256, true, &key);
        if (!failed(s))
            s = api_file_key(secret_expose(key), &checked);
        if (failed(s))
            return refuse(why, s.code, "key-file",
                          "--key-file: %s must hold 64 hexadecimal digits "
                          "and be readable by you only",
                          key_file);
        return join_credential(query, key, &credential->content);
    }
    if (location && content && !url_file && !key_file) {
        if (strlen(location) > API_LOCATION_MAX)
            return refuse(why, STATUS_INVALID, "location",
                          "--location: too long");
        memcpy(credential->location, location, strlen(location) + 1);
        struct status s = file_read_secret(content, API_CREDENTIAL_MAX / 2,
                                           false, &credential->content);
        return failed(s) ? refuse(why, s.code, "credential-file",
                                  "--credential-file: cannot read %s, or "
                                  "others can",
                                  content)
                         : OK;
    }
    return refuse(why, STATUS_INVALID, "credential",
                  "give --presigned FILE and --key-file FILE, or --location "
                  "URL and --credential-file FILE");
}

static struct status fetch_intake(struct channel *c, struct buffer *der,
                                  struct reason *why)
{
    AUTO_JSON *installation = NULL;
    AUTO_CLEAR_BUFFER root = buffer_make(16384);
    const char *pem;
    struct ca_facts facts;
    TRY(channel_get(c, &installation, why, "/accord/v1/installation"));
    TRY(api_json_text(installation, "intake", &pem, why));
    TRY(ca_pem_read("CERTIFICATE", bytes_of_string(pem), der, why));
    TRY(ca_pem_read("CERTIFICATE", buffer_bytes(&c->context.ca_pem), &root,
                    why));
    TRY(ca_certificate_read(buffer_bytes(der), &facts, why));
    /* In time from its first second on; the CA's own word is what counts. */
    return ca_chain_verify(buffer_bytes(der), buffer_bytes(&root),
                           facts.not_before, CA_FOR_INTAKE, why);
}

/* Seals `credential` and adds SEALED's members to `body`. */
static struct status seal(struct channel *c, struct api_credential *credential,
                          json_t *body, struct reason *why)
{
    AUTO_FREE(secret) encoded = NULL;
    AUTO_CLEAR_BUFFER intake = buffer_make(16384);
    struct api_signer me = api_key_signer(c->context.key);
    struct api_sealed sealed = { 0 };
    struct api_context context = { .account = credential->account,
                                   .dataset = credential->dataset,
                                   .version = credential->version };
    TRY(api_owner_hash(&credential->owner, &context.owner));
    TRY(fetch_intake(c, &intake, why));
    TRY(api_credential_encode(credential, &me, &encoded, why));
    TRY(api_seal(&context, buffer_bytes(&intake), encoded, &sealed, why));
    AUTO_JSON *part = json_pack(
        "{s:o, s:o, s:s, s:s, s:o, s:o, s:o}", "version",
        api_json_of_id(&credential->version), "owner", my_owner(c), "location",
        credential->location, "mechanism", "RSA-OAEP-SHA1", "wrapped",
        api_json_of_base64(buffer_bytes(&sealed.wrapped)), "proof",
        api_json_of_base64(hash_bytes(&sealed.proof)), "blob",
        api_json_of_base64(buffer_bytes(&sealed.blob)));
    api_sealed_clear(&sealed);
    if (!part || json_object_update(body, part) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

static struct status new_credential(struct channel *c,
                                    const struct arguments *given,
                                    struct api_credential *out,
                                    struct reason *why)
{
    struct hash owner;
    out->account = c->context.account;
    out->owner = c->context.owner;
    TRY(random_fill(out->random, sizeof(out->random)));
    TRY(api_id_random(&out->version));
    TRY(api_owner_hash(&out->owner, &owner));
    TRY(api_id_derive(API_DATASET, &out->account, &owner, out->random,
                      &out->dataset));
    return read_credential(given, out, why);
}

static struct status labels_of(const struct arguments *given, json_t **out,
                               struct reason *why)
{
    AUTO_JSON *labels = json_object();
    size_t position = 0;
    const char *label;
    while ((label = arguments_each(given, "label", &position))) {
        const char *equals = strchr(label, '=');
        char name[128];
        if (!equals || equals == label ||
            (size_t)(equals - label) >= sizeof(name))
            return refuse(why, STATUS_INVALID, "label",
                          "--label: expected NAME=VALUE");
        memcpy(name, label, (size_t)(equals - label));
        name[equals - label] = '\0';
        if (json_object_set_new(labels, name, json_string(equals + 1)) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
    }
    *out = TAKE(labels);
    return OK;
}

static struct status create_with(const struct arguments *given,
                                 struct channel *c,
                                 struct api_credential *credential,
                                 struct reason *why)
{
    AUTO_JSON *answer = NULL, *labels = NULL;
    const char *description = arguments_value(given, "description");
    TRY(new_credential(c, given, credential, why));
    TRY(labels_of(given, &labels, why));
    AUTO_JSON *body =
        json_pack("{s:s, s:s, s:O, s:o, s:o}", "name", given->at[0],
                  "description", description ? description : "", "labels",
                  labels, "id", api_json_of_id(&credential->dataset), "random",
                  api_json_of_base64(bytes_of(credential->random,
                                              sizeof(credential->random))));
    if (!body)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(seal(c, credential, body, why));
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

static const struct option create_options[] = {
    { "presigned", "FILE",
      "file with the pre-signed URL (- : standard input)" },
    { "key-file", "FILE", "file with the data's key, 64 hexadecimal digits" },
    { "location", "URL", "where the data lies, without query string" },
    { "credential-file", "FILE",
      "the credential's bytes, as the program wants them" },
    { "description", "TEXT", "what it is" },
    { "label", "NAME=VALUE", "may be repeated" },
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
    { 0 },
};
/* clang-format on */
