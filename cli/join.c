/* join.c - becoming a member: keys are made here, the broker's are pinned. */

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/channel.h"
#include "cli/groups.h"
#include "cli/output.h"

struct joining {
    char url[512];
    struct hash ca, log, secret;
    struct context context;
    struct api_key *recovery;
    bool new_keys; /* made by this join, not taken up */
};

static struct status read_hash(const char *text, struct hash *out)
{
    return hex_decode(bytes_of_string(text), out->bytes, sizeof(out->bytes));
}

/* The invitation comes on standard input: it holds a one-time secret, which
 * must not be in argv or the shell's history. */
static struct status read_invitation(struct joining *j, struct reason *why)
{
    char line[2048], ca[129], log[129], secret[129];
    if (isatty(STDIN_FILENO))
        (void)fprintf(stderr, "paste the invitation and press return:\n");
    if (!fgets(line, sizeof(line), stdin))
        return refuse(why, STATUS_INVALID, "invitation",
                      "no invitation on standard input");
    int got = sscanf(line, "accord-invitation-v1 %511s %128s %128s %128s",
                     j->url, ca, log, secret);
    struct status s =
        got == 4 ? read_hash(ca, &j->ca) : failure(STATUS_INVALID, "", 0);
    if (!failed(s))
        s = read_hash(log, &j->log);
    if (!failed(s))
        s = read_hash(secret, &j->secret);
    OPENSSL_cleanse(line, sizeof(line));
    OPENSSL_cleanse(secret, sizeof(secret));
    if (failed(s))
        return refuse(why, STATUS_INVALID, "invitation",
                      "that is not an invitation: it is one line that begins "
                      "with accord-invitation-v1");
    if (strncmp(j->url, "https://", 8) != 0)
        return refuse(why, STATUS_INVALID, "invitation",
                      "the invitation names %s, which is not https://: not "
                      "joined",
                      j->url);
    memcpy(j->context.url, j->url, strlen(j->url) + 1);
    return OK;
}

/* The CA certificate is fetched without trust and believed because its key
 * is the pinned one; the log key likewise. */
static struct status fetch_pins(struct joining *j, struct reason *why)
{
    AUTO_FREE(http_client) http = NULL;
    AUTO_CLEAR_ANSWER answer = { 0 };
    AUTO_CLEAR_BUFFER der = buffer_make(16 * 1024);
    AUTO_JSON *json = NULL;
    const char *pem;
    struct ca_root root;
    struct hash log;
    struct http_call call = { .method = HTTP_GET,
                              .path = "/accord/v1/installation" };
    TRY(http_client_open_unverified(j->url, &http, why));
    TRY(http_call(http, &call, &answer, why));
    TRY(api_json_read(buffer_bytes(&answer.body), 1024 * 1024, false, &json,
                      why));
    TRY(api_json_text(json, "ca", &pem, why));
    TRY(api_json_spki(json, "log_key", &j->context.log_key, why));
    TRY(ca_pem_read("CERTIFICATE", bytes_of_string(pem), &der, why));
    TRY(ca_root_read(buffer_bytes(&der), &root, why));
    TRY(api_spki_hash(&j->context.log_key, &log));
    if (!hash_equal(&root.key.hash, &j->ca) || !hash_equal(&log, &j->log))
        return refuse(why, STATUS_DENIED, "pin",
                      "%s is NOT the broker of this invitation: its CA or log "
                      "key differs. Do not go on; ask who invited you",
                      j->url);
    buffer_put_string(&j->context.ca_pem, pem);
    return buffer_status(&j->context.ca_pem);
}

static struct status read_pem(const struct context *c, const char *file,
                              struct secret **out)
{
    char path[2200];
    TRY(context_file(c, file, path));
    return file_read_secret(path, 4096, false, out);
}

static struct status write_pem(const struct context *c, const char *file,
                               const struct secret *pem, struct reason *why)
{
    char path[2200];
    TRY(context_file(c, file, path));
    struct status s = file_write(path, secret_expose(pem), 0600);
    return failed(s) ? refuse(why, s.code, "key", "cannot write %s", path) : OK;
}

/* The keys of a join whose answer got lost: the broker answers that one
 * again, to the same key. */
static bool take_up_keys(struct joining *j)
{
    AUTO_FREE(secret) pem = NULL;
    AUTO_FREE(secret) recovery = NULL;
    if (failed(read_pem(&j->context, "key.pem", &pem)) ||
        failed(read_pem(&j->context, "recovery.pem", &recovery)))
        return false;
    return !failed(api_key_read(pem, &j->context.key)) &&
           !failed(api_key_read(recovery, &j->recovery)) &&
           !failed(ca_key_read(pem, &j->context.tls));
}

static struct status new_keys(struct joining *j, struct reason *why)
{
    struct context *c = &j->context;
    AUTO_FREE(secret) pem = NULL;
    AUTO_FREE(secret) recovery = NULL;
    api_key_free(c->key);
    api_key_free(j->recovery);
    c->key = j->recovery = NULL;
    TRY(api_key_generate(&c->key));
    TRY(api_key_generate(&j->recovery));
    TRY(api_key_write(c->key, &pem));
    TRY(api_key_write(j->recovery, &recovery));
    TRY(ca_key_read(pem, &c->tls));
    TRY(write_pem(c, "key.pem", pem, why));
    return write_pem(c, "recovery.pem", recovery, why);
}

static struct status make_keys(struct joining *j, struct reason *why)
{
    if (!take_up_keys(j)) {
        j->new_keys = true;
        TRY(new_keys(j, why));
    }
    j->context.owner.first = api_key_signer(j->context.key).key;
    j->context.owner.recovery = api_key_signer(j->recovery).key;
    return OK;
}

/* "accord join v1" || secret || SHA-256(first) || SHA-256(recovery) */
static struct status prove_recovery(struct joining *j,
                                    struct api_signature *out)
{
    AUTO_CLEAR_BUFFER message = buffer_make(256);
    struct hash first, recovery;
    struct api_signer signer = api_key_signer(j->recovery);
    TRY(api_spki_hash(&j->context.owner.first, &first));
    TRY(api_spki_hash(&j->context.owner.recovery, &recovery));
    buffer_put_string(&message, "accord join v1");
    buffer_put(&message, hash_bytes(&j->secret));
    buffer_put(&message, hash_bytes(&first));
    buffer_put(&message, hash_bytes(&recovery));
    TRY(buffer_status(&message));
    return signer.sign(signer.context, buffer_bytes(&message), out);
}

static struct status ask_to_join(struct joining *j, const char *name,
                                 json_t **out, struct reason *why)
{
    AUTO_CLEAR_BUFFER csr = buffer_make(16 * 1024), text = buffer_make(32768);
    AUTO_FREE(http_client) http = NULL;
    AUTO_CLEAR_ANSWER answer = { 0 };
    struct api_signature proof;
    struct ca_csr_fields fields = { .common_name = name };
    struct api_signer me = api_key_signer(j->context.key);
    TRY(ca_csr_make_signed(&fields, &me, &csr, why));
    TRY(prove_recovery(j, &proof));
    AUTO_JSON *body = json_pack(
        "{s:o, s:s%, s:o, s:o, s:s}", "secret", api_json_of_hash(&j->secret),
        "csr", (const char *)csr.data, csr.len, "recovery",
        api_json_of_base64(api_spki_bytes(&j->context.owner.recovery)), "proof",
        api_json_of_base64(bytes_of(proof.bytes, sizeof(proof.bytes))), "name",
        name);
    if (!body)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(api_json_canonical(body, &text));
    struct http_client_settings settings = {
        .base_url = j->url, .roots = buffer_bytes(&j->context.ca_pem)
    };
    struct http_call call = { .method = HTTP_POST,
                              .path = "/accord/v1/join",
                              .content_type = "application/json",
                              .body = buffer_bytes(&text) };
    TRY(http_client_open(&settings, &http, why));
    TRY(http_call(http, &call, &answer, why));
    AUTO_JSON *json = NULL;
    TRY(api_json_read(buffer_bytes(&answer.body), 1024 * 1024, false, &json,
                      why));
    if (answer.status != 201)
        return channel_refusal(answer.status, json, why);
    *out = TAKE(json);
    return OK;
}

static struct status keep(struct joining *j, const json_t *answer,
                          struct reason *why)
{
    const char *certificate;
    char path[2200];
    struct context *c = &j->context;
    struct api_receipt receipt;
    TRY(api_json_id(answer, "account", &c->account, why));
    TRY(api_json_id(answer, "person", &c->person, why));
    TRY(api_json_text(answer, "certificate", &certificate, why));
    TRY(api_receipt_from_json(json_object_get(answer, "receipt"), &receipt,
                              why));
    TRY(api_receipt_verify(&receipt, &c->log_key, why));
    c->head = receipt.head;
    TRY(context_file(c, "certificate.pem", path));
    TRY(file_write(path, bytes_of_string(certificate), 0600));
    return context_save(c, why);
}

/* A refused join leaves nothing behind. After a lost answer the keys stay:
 * the next join with the same invitation takes them up. */
static void tidy(const struct context *c)
{
    static const char *const files[] = { "key.pem", "recovery.pem",
                                         "certificate.pem" };
    char path[2200];
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (!failed(context_file(c, files[i], path)))
            (void)unlink(path);
    (void)rmdir(c->directory);
}

static bool answer_may_be_lost(struct status s)
{
    return s.code == STATUS_UNAVAILABLE || s.code == STATUS_BUSY;
}

static struct status join_in(struct joining *j, const char *name,
                             json_t **answer, struct reason *why)
{
    struct status s = file_make_directory(j->context.directory, 0700);
    if (failed(s))
        return refuse(why, s.code, "join", "cannot make %s",
                      j->context.directory);
    s = make_keys(j, why);
    if (!failed(s))
        s = ask_to_join(j, name, answer, why);
    if (failed(s)) {
        if (j->new_keys && !answer_may_be_lost(s))
            tidy(&j->context);
        return s;
    }
    return keep(j, *answer, why);
}

static struct status join(struct joining *j, const struct arguments *given,
                          json_t **answer, struct reason *why)
{
    struct context *c = &j->context;
    const char *name = arguments_value(given, "name");
    char path[2200];
    if (!name)
        return refuse(why, STATUS_INVALID, "join",
                      "--name NAME: how the others will see you");
    TRY(context_directory(arguments_value(given, "context"), c->directory,
                          why));
    TRY(context_file(c, "context.json", path));
    if (access(path, F_OK) == 0)
        return refuse(why, STATUS_CONFLICT, "join",
                      "%s exists: use --context NAME for another membership",
                      c->directory);
    TRY(read_invitation(j, why));
    TRY(fetch_pins(j, why));
    return join_in(j, name, answer, why);
}

static int run_join(const struct arguments *given)
{
    struct joining j = { .context = { .ca_pem = buffer_make(65536),
                                      .certificate = buffer_make(65536) } };
    struct reason why = { "" };
    AUTO_JSON *answer = NULL;
    struct status s = join(&j, given, &answer, &why);
    if (!failed(s) && !output_is_json(given))
        (void)printf("joined %s as %s (%s); keys in %s\n"
                     "keep %s/recovery.pem somewhere else: it replaces a lost "
                     "key\n",
                     j.url, json_string_value(json_object_get(answer, "name")),
                     json_string_value(json_object_get(answer, "role")),
                     j.context.directory, j.context.directory);
    if (!failed(s) && output_is_json(given))
        output_json(answer);
    context_clear(&j.context);
    api_key_free(j.recovery);
    OPENSSL_cleanse(&j.secret, sizeof(j.secret));
    return exit_with(s, &why);
}

static const struct option join_options[] = {
    { "name", "NAME", "how the others will see you" },
    { 0 },
};

/* clang-format off */
const struct command commands_join[] = {
    { "", "join", "join a broker with an invitation read from standard input", "", 0, 0,
      join_options, "accord join --name \"Dana\" < invitation", run_join },
    { 0 },
};
/* clang-format on */
