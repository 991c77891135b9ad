/* canary.c - credentials that are found again wherever they lie in clear:
 * their owner and the program they are for, in one process.
 *
 *     canary measure
 *     canary run AGENT BROKER HASH CONTEXT DATASET PREFIX COUNT
 *
 * COUNT times: the owner (CONTEXT, as of accord join) seals a new credential
 * of DATASET to the HSM, with PREFIX and a number in it; the program asks for
 * its release, opens it, and compares. Prints what it has done so far after
 * each hundredth part. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/credential.h"
#include "cli/groups.h"
#include "cli/presigned.h"
#include "enclave/session.h"

#define CANARY_MAX 128

struct bird {
    struct channel owner;
    struct accord_session *program;
    struct enclave_dataset *dataset; /* of the program's */
    json_t *record;                  /* of the dataset   */
    const char *prefix;
};

static int complain(const char *step, const struct reason *why)
{
    (void)fprintf(stderr, "canary: %s: %s\n", step, why->text);
    return EXIT_FAILURE;
}

static int measure(void)
{
    char hex[2 * HASH_LEN + 1];
    struct trouble trouble = { .code = "" };
    struct accord_session *session = session_new();
    if (!session)
        return EXIT_FAILURE;
    session->program = strdup("/proc/self/exe");
    bool done = !failed(session_measure(session, NULL, &trouble));
    hex_encode(hash_bytes(&session->measurement), hex);
    accord_session_free(session);
    return done && puts(hex) >= 0 ? EXIT_SUCCESS
                                  : complain("measurement", &trouble.why);
}

/* --- the program --------------------------------------------------------- */

static struct status attest(struct bird *b, char **argv, struct reason *why)
{
    struct accord_options options = ACCORD_OPTIONS_INIT;
    options.agent = argv[2];
    options.broker = argv[3];
    options.configuration = argv[4];
    options.program = "/proc/self/exe";
    if (session_attest(b->program, &options) != ACCORD_OK)
        return refuse(why, STATUS_DENIED, "attest", "%s",
                      accord_error(b->program));
    return OK;
}

static struct status find_dataset(struct bird *b, const char *name,
                                  struct reason *why)
{
    struct api_id id;
    TRY(find_object(&b->owner, "/accord/v1/datasets", "dataset", name,
                    &b->record, why));
    TRY(api_json_id(b->record, "dataset", &id, why));
    for (size_t i = 0; i < b->program->count; i++)
        if (api_id_equal(&b->program->datasets[i].id, &id))
            b->dataset = &b->program->datasets[i];
    return b->dataset ? OK : failure(STATUS_NOT_FOUND, "port", 0);
}

static struct status receive(struct bird *b, const char *canary,
                             struct reason *why)
{
    struct trouble trouble = { .code = "" };
    secret_free(b->dataset->query);
    secret_free(b->dataset->key);
    b->dataset->query = b->dataset->key = NULL;
    struct status s = session_release(b->program, b->dataset, &trouble);
    *why = trouble.why;
    TRY(s);
    (void)json_array_clear(b->program->receipts); /* thousands */
    return secret_equals(b->dataset->query, bytes_of_string(canary))
               ? OK
               : refuse(why, STATUS_CORRUPT, "canary",
                        "another credential came out");
}

/* --- the owner ----------------------------------------------------------- */

/* The product's text, with the canary where a signature would be. */
static struct status content(const char *canary, struct secret **out)
{
    char text[2 * CANARY_MAX + 256], digits[2 * HASH_LEN + 1];
    AUTO_FREE(secret) plain = NULL;
    AUTO_FREE(secret) base64 = NULL;
    struct hash key;
    TRY(hash_of(&key, bytes_of_string(canary)));
    hex_encode(hash_bytes(&key), digits);
    TRY(secret_new(strlen(canary), &plain));
    memcpy(secret_fill(plain), canary, strlen(canary));
    TRY(presigned_base64(plain, &base64));
    struct bytes encoded = secret_expose(base64);
    int len = snprintf(text, sizeof(text),
                       "{\"query_string\": \"%.*s\", \"encryption\": {\"key\": "
                       "\"%s\"}}",
                       (int)encoded.len, (const char *)encoded.at, digits);
    TRY(secret_new((size_t)len, out));
    memcpy(secret_fill(*out), text, (size_t)len);
    return OK;
}

static struct status fill(struct bird *b, const char *canary,
                          struct api_credential *out, struct reason *why)
{
    const char *location;
    AUTO_CLEAR_BUFFER random = buffer_make(sizeof(out->random));
    out->account = b->owner.context.account;
    out->owner = b->owner.context.owner;
    TRY(api_json_id(b->record, "dataset", &out->dataset, why));
    TRY(api_json_base64(b->record, "random", &random, why));
    TRY(api_json_text(b->record, "location", &location, why));
    if (random.len != sizeof(out->random) ||
        strlen(location) > API_LOCATION_MAX)
        return failure(STATUS_CORRUPT, "dataset", 0);
    memcpy(out->random, random.data, random.len);
    memcpy(out->location, location, strlen(location) + 1);
    TRY(api_id_random(&out->version));
    return content(canary, &out->content);
}

static struct status seal_with(struct bird *b, const char *canary,
                               struct api_credential *credential,
                               struct reason *why)
{
    const char *id;
    char path[256];
    AUTO_JSON *answer = NULL, *body = json_object();
    TRY(fill(b, canary, credential, why));
    TRY(credential_seal(&b->owner, credential, 0, body, why));
    TRY(api_json_text(b->record, "dataset", &id, why));
    (void)snprintf(path, sizeof(path), "/accord/v1/datasets/%s/versions", id);
    return channel_call(&b->owner, HTTP_POST, path, body, &answer, why);
}

static struct status seal(struct bird *b, const char *canary,
                          struct reason *why)
{
    struct api_credential *credential = calloc(1, sizeof(*credential));
    if (!credential)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    struct status s = seal_with(b, canary, credential, why);
    api_credential_clear(credential);
    free(credential);
    return s;
}

/* --- both ---------------------------------------------------------------- */

static struct status fly(struct bird *b, unsigned long count,
                         struct reason *why)
{
    char canary[CANARY_MAX];
    unsigned long part = count < 100 ? 1 : count / 100;
    for (unsigned long i = 1; i <= count; i++) {
        (void)snprintf(canary, sizeof(canary), "signature=%s-%08lu", b->prefix,
                       i);
        TRY(seal(b, canary, why));
        TRY(receive(b, canary, why));
        if (i % part == 0 && (printf("%lu\n", i) < 0 || fflush(stdout) != 0))
            return failure(STATUS_UNAVAILABLE, "printf", 0);
    }
    return OK;
}

static int run(struct bird *b, char **argv)
{
    struct reason why = { "" };
    struct status s = attest(b, argv, &why);
    if (!failed(s))
        s = channel_open(argv[5], &b->owner, &why);
    if (failed(s))
        return complain("start", &why);
    b->prefix = argv[7];
    s = find_dataset(b, argv[6], &why);
    if (!failed(s))
        s = fly(b, strtoul(argv[8], NULL, 10), &why);
    json_decref(b->record);
    channel_clear(&b->owner);
    return failed(s) ? complain(status_name(s.code), &why) : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct bird bird = { .prefix = "" };
    if (argc == 2 && strcmp(argv[1], "measure") == 0)
        return measure();
    if (argc != 9 || strcmp(argv[1], "run") != 0 ||
        strlen(argv[7]) > CANARY_MAX / 2) {
        (void)fprintf(stderr, "canary: see the top of canary.c\n");
        return 2;
    }
    bird.program = session_new();
    if (!bird.program)
        return EXIT_FAILURE;
    int code = run(&bird, argv);
    accord_session_free(bird.program);
    return code;
}
