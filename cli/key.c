/* key.c - my own key and certificate: renewed, replaced. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/groups.h"
#include "cli/output.h"

/* --- renew --------------------------------------------------------------- */

static struct status make_csr(const char *name, struct api_key *key,
                              json_t *body, struct reason *why)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(16 * 1024);
    struct ca_csr_fields fields = { .common_name = name };
    struct api_signer me = api_key_signer(key);
    TRY(ca_csr_make_signed(&fields, &me, &pem, why));
    json_t *text = json_stringn((const char *)pem.data, pem.len);
    return json_object_set_new(body, "csr", text) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status keep_certificate(const struct context *c,
                                      const json_t *answer, struct reason *why)
{
    const char *certificate;
    char path[2200];
    TRY(api_json_text(answer, "certificate", &certificate, why));
    TRY(context_file(c, "certificate.pem", path));
    struct status s = file_write(path, bytes_of_string(certificate), 0600);
    return failed(s)
               ? refuse(why, s.code, "certificate", "cannot write %s", path)
               : OK;
}

static struct status renew(const struct arguments *given, struct channel *c,
                           struct reason *why)
{
    AUTO_JSON *me = NULL, *answer = NULL, *body = json_object(), *after = NULL;
    const char *name;
    TRY(channel_get(c, &me, why, "/accord/v1/me"));
    TRY(api_json_text(me, "name", &name, why));
    TRY(make_csr(name, c->context.key, body, why));
    TRY(channel_call(c, HTTP_POST, "/accord/v1/me/certificate", body, &answer,
                     why));
    TRY(keep_certificate(&c->context, answer, why));
    TRY(channel_get(c, &after, why, "/accord/v1/me"));
    output_object(given, after,
                  LIST("name", "person", "certificate_not_after"));
    return OK;
}

static int run_renew(const struct arguments *given)
{
    return with_channel(given, renew);
}

/* --- key replace --------------------------------------------------------- */

struct replacing {
    struct api_key *next; /* speaks for me from now on */
    struct api_key *by;   /* signs the change          */
    struct api_owner owner;
};

static struct status read_key(const char *path, struct api_key **out,
                              struct reason *why)
{
    AUTO_FREE(secret) pem = NULL;
    struct status s = file_read_secret(path, 4096, false, &pem);
    if (failed(s))
        return refuse(why, s.code, "key",
                      s.code == STATUS_DENIED
                          ? "%s can be read by others: chmod 600 it"
                          : "cannot read %s",
                      path);
    if (failed(api_key_read(pem, out)))
        return refuse(why, STATUS_INVALID, "key", "%s is not a P-256 key",
                      path);
    return OK;
}

/* Written before anybody is asked: no certificate for a key that is lost. */
static struct status write_next(const struct context *c, struct replacing *r,
                                struct reason *why)
{
    AUTO_FREE(secret) pem = NULL;
    char path[2200];
    TRY(api_key_generate(&r->next));
    TRY(api_key_write(r->next, &pem));
    TRY(context_file(c, "key.pem.new", path));
    struct status s = file_write(path, secret_expose(pem), 0600);
    return failed(s) ? refuse(why, s.code, "key", "cannot write %s", path) : OK;
}

static struct status change_owner(const struct arguments *given,
                                  struct channel *c, struct replacing *r,
                                  struct reason *why)
{
    const char *recovery = arguments_value(given, "recovery");
    char path[2200];
    TRY(context_file(&c->context, "key.pem", path));
    TRY(read_key(recovery ? recovery : path, &r->by, why));
    TRY(write_next(&c->context, r, why));
    struct api_signer by = api_key_signer(r->by);
    struct api_spki next = api_key_signer(r->next).key;
    r->owner = c->context.owner;
    return api_owner_change(&r->owner, &next, &by, why);
}

static struct status ask(struct channel *c, struct replacing *r,
                         json_t **answer, struct reason *why)
{
    AUTO_CLEAR_BUFFER owner = buffer_make(4096);
    TRY(api_owner_encode(&r->owner, &owner));
    AUTO_JSON *body = json_pack("{s:o, s:o, s:o}", "account",
                                api_json_of_id(&c->context.account), "person",
                                api_json_of_id(&c->context.person), "owner",
                                api_json_of_base64(buffer_bytes(&owner)));
    if (!body)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(make_csr("key change", r->next, body, why));
    return channel_call(c, HTTP_POST, "/accord/v1/key", body, answer, why);
}

/* key.pem is never missing; the one before stays as key.pem.before. */
static struct status keep(struct channel *c, struct replacing *r,
                          const json_t *answer, struct reason *why)
{
    char now[2200], next[2200], before[2200];
    TRY(context_file(&c->context, "key.pem", now));
    TRY(context_file(&c->context, "key.pem.new", next));
    TRY(context_file(&c->context, "key.pem.before", before));
    c->context.owner = r->owner;
    TRY(context_save(&c->context, why));
    (void)unlink(before);
    if (link(now, before) != 0 && errno != ENOENT) /* a lost key is not kept */
        return refuse(why, STATUS_UNAVAILABLE, "link",
                      "cannot keep %s as %s: the new key is in %s", now, before,
                      next);
    if (rename(next, now) != 0)
        return refuse(why, STATUS_UNAVAILABLE, "rename",
                      "cannot write %s: the new key is in %s", now, next);
    return keep_certificate(&c->context, answer, why);
}

static struct status replace(const struct arguments *given, struct channel *c,
                             struct replacing *r, struct reason *why)
{
    AUTO_JSON *answer = NULL;
    char next[2200];
    TRY(context_file(&c->context, "key.pem.new", next));
    if (access(next, F_OK) == 0)
        return refuse(why, STATUS_CONFLICT, "key",
                      "%s is there: the answer to an earlier change got lost. "
                      "Ask a manager whether it was made before you remove it",
                      next);
    struct status s = change_owner(given, c, r, why);
    if (!failed(s))
        s = ask(c, r, &answer, why);
    if (failed(s) && s.code != STATUS_UNAVAILABLE && s.code != STATUS_BUSY)
        (void)unlink(next);
    TRY(s);
    TRY(keep(c, r, answer, why));
    if (output_is_json(given)) {
        output_json(answer);
        return OK;
    }
    (void)printf("your key is replaced; the one before is %s/key.pem.before\n"
                 "approvals and credentials that it signed stay valid; only "
                 "the new key signs from now on\n",
                 c->context.directory);
    return OK;
}

static int run_replace(const struct arguments *given)
{
    struct channel channel = { .http = NULL };
    struct reason why = { "" };
    struct replacing *r = calloc(1, sizeof(*r));
    if (!r)
        return exit_with(failure(STATUS_NO_MEMORY, "calloc", 0), NULL);
    struct status s = channel_open_anonymous(arguments_value(given, "context"),
                                             &channel, &why);
    if (!failed(s)) {
        s = replace(given, &channel, r, &why);
        channel_clear(&channel);
    }
    api_key_free(r->next);
    api_key_free(r->by);
    free(r);
    return exit_with(s, &why);
}

static const struct option replace_options[] = {
    { "recovery", "FILE",
      "recovery.pem signs, when the key is lost or stolen" },
    { 0 },
};

/* clang-format off */
const struct command commands_key[] = {
    { "", "renew", "get a new certificate for your present key", "", 0, 0,
      NULL, "accord renew", run_renew },
    { "key", "replace", "make a new key speak for you; the present one is dead from then on", "", 0, 0,
      replace_options, "accord key replace --recovery /media/stick/recovery.pem", run_replace },
    { 0 },
};
/* clang-format on */
