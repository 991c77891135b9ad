#include "broker/own.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "broker/issue.h"
#include "broker/pool.h"
#include "broker/route.h"

#define FIRST_INVITATION_SECONDS 3600
#define SERVER_SECONDS           (30ull * 86400 - 3600)

/* --- the store's beginning ----------------------------------------------- */

struct beginning {
    size_t people; /* who have joined */
    struct api_id account;
    struct policy_invitation invitation;
    struct hash secret;
};

static struct status begin_prepare(struct exchange *x)
{
    struct beginning *b = x->work;
    TRY(api_id_random(&b->account));
    TRY(random_fill(b->secret.bytes, sizeof(b->secret.bytes)));
    b->invitation.account = b->account;
    b->invitation.role = POLICY_MANAGER;
    (void)snprintf(b->invitation.name, sizeof(b->invitation.name),
                   "administrator");
    b->invitation.expires = x->now / 1000 + FIRST_INVITATION_SECONDS;
    return hash_of(&b->invitation.id, hash_bytes(&b->secret));
}

static struct status begin_change(struct exchange *x, struct policy_txn *txn)
{
    struct beginning *b = x->work;
    const char *name =
        config_text(x->broker->config, "installation", "account");
    TRY(policy_account_add(txn, &b->account, name, x->now / 1000, &x->why));
    TRY(policy_invitation_put(txn, &b->invitation));
    AUTO_JSON *detail = json_pack(
        "{s:s, s:o, s:o, s:o, s:o}", "action", "store-begin", "store",
        api_json_of_id(&x->broker->hsm_facts.store), "ca_key",
        api_json_of_base64(api_spki_bytes(&x->broker->hsm_facts.ca_key)),
        "log_key",
        api_json_of_base64(api_spki_bytes(&x->broker->hsm_facts.log_key)),
        "account", api_json_of_id(&b->account));
    struct policy_event event = { .kind = API_LEAF_STORE,
                                  .subject_text = "store",
                                  .detail = detail };
    return exchange_log(x, txn, &event);
}

static const struct route begin_route = {
    .path = "(store begins)",
    .prepare = begin_prepare,
    .change = begin_change,
};

/* The line for the one who comes first, readable by this user only. */
static struct status hand_out(struct broker *broker, const struct beginning *b,
                              const char *path)
{
    char line[1024];
    TRY(broker_invitation_line(broker, &b->secret, line, sizeof(line) - 1));
    size_t len = strlen(line);
    line[len] = '\n';
    TRY(file_write(path, bytes_of(line, len + 1), 0600));
    (void)fprintf(stderr,
                  "nobody has joined yet: the administrator's invitation is "
                  "in %s and valid for one hour\n",
                  path);
    return OK;
}

struct status own_begin_store(struct broker *broker,
                              const char *invitation_path, struct reason *why)
{
    struct beginning b = { .people = 0 };
    TRY(pool_run(broker, &begin_route, &b, why));
    return hand_out(broker, &b, invitation_path);
}

static struct status count_person(void *context, struct bytes tail,
                                  struct bytes contents)
{
    (void)tail, (void)contents;
    struct beginning *b = context;
    b->people++;
    return OK;
}

static struct status first_account(void *context, struct bytes tail,
                                   struct bytes contents)
{
    (void)contents;
    struct beginning *b = context;
    if (api_id_is_zero(&b->account) && tail.len == API_ID_LEN)
        memcpy(b->account.bytes, tail.at, API_ID_LEN);
    return OK;
}

static struct status again_change(struct exchange *x, struct policy_txn *txn)
{
    struct beginning *b = x->work;
    struct policy_key people = policy_key_parts(POLICY_PERSON, NULL, 0);
    struct policy_key accounts = policy_key_parts(POLICY_ACCOUNT, NULL, 0);
    b->account = (struct api_id){ { 0 } };
    TRY(policy_each(txn, &people, count_person, b));
    TRY(policy_each(txn, &accounts, first_account, b));
    b->invitation.account = b->account;
    if (b->people > 0)
        return OK;
    AUTO_JSON *detail = json_pack("{s:s, s:o}", "action", "invite-again",
                                  "account", api_json_of_id(&b->account));
    struct policy_event event = { .kind = API_LEAF_CHANGE,
                                  .account = b->account,
                                  .subject_text = "store",
                                  .detail = detail };
    TRY(policy_invitation_put(txn, &b->invitation));
    return exchange_log(x, txn, &event);
}

static const struct route again_route = {
    .path = "(administrator invited again)",
    .prepare = begin_prepare,
    .change = again_change,
};

struct status own_invite_again(struct broker *broker,
                               const char *invitation_path, struct reason *why)
{
    struct beginning b = { .people = 0 };
    TRY(pool_run(broker, &again_route, &b, why));
    return b.people > 0 ? OK : hand_out(broker, &b, invitation_path);
}

/* --- the server's own certificate ---------------------------------------- */

struct renewing {
    struct ca_key *key;
    struct ca_names names;
    struct issue issue;
};

static struct status add_name(struct ca_names *names, const char *name,
                              struct reason *why)
{
    struct status s = ca_names_add(names, bytes_of_string(name), why);
    /* A name given twice is one name. */
    for (size_t i = 0; failed(s) && i < names->count; i++)
        if (strcmp(ca_name_at(names, i), name) == 0)
            return OK;
    return s;
}

/* The URL's host, nodes.<host>, and what the configuration adds. */
static struct status server_names(struct exchange *x, struct ca_names *out,
                                  char host[HTTP_HOST_MAX + 1])
{
    struct http_url url;
    char nodes[HTTP_HOST_MAX + 16];
    const struct config *config = x->broker->config;
    TRY(http_url_split(x->broker->url, &url, &x->why));
    memcpy(host, url.host, sizeof(url.host));
    TRY(add_name(out, url.host, &x->why));
    (void)snprintf(nodes, sizeof(nodes), "nodes.%s", url.host);
    /* An address has no nodes. name; that is not an error. */
    status_ignore(add_name(out, nodes, NULL));
    for (size_t i = 0; i < config_list_count(config, "server", "names"); i++)
        TRY(add_name(out, config_list_item(config, "server", "names", i),
                     &x->why));
    return OK;
}

static struct status renew_prepare(struct exchange *x)
{
    struct renewing *r = x->work;
    char host[HTTP_HOST_MAX + 1];
    TRY(ca_key_generate(CA_KEY_P256, &r->key));
    TRY(server_names(x, &r->names, host));
    TRY(issue_init(&r->issue, CA_SERVER, ca_key_public(r->key), &r->names,
                   "Accord broker"));
    r->issue.certify.not_after = x->now / 1000 + SERVER_SECONDS;
    return OK;
}

static struct status renew_change(struct exchange *x, struct policy_txn *txn)
{
    struct renewing *r = x->work;
    return issue_record(x, txn, &r->issue);
}

static struct status renew_perform(struct exchange *x)
{
    struct renewing *r = x->work;
    TRY(issue_sign(x, &r->issue));
    return tls_set(x->broker->tls, TAKE(r->key),
                   buffer_bytes(&r->issue.certificate));
}

static const struct route renew_route = {
    .path = "(server certificate)",
    .prepare = renew_prepare,
    .change = renew_change,
    .perform = renew_perform,
};

struct status own_renew_tls(struct broker *broker, struct reason *why)
{
    struct renewing *r = calloc(1, sizeof(*r));
    if (!r)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    struct status s = pool_run(broker, &renew_route, r, why);
    issue_clear(&r->issue);
    ca_key_free(r->key);
    free(r);
    return s;
}

/* --- the clock ----------------------------------------------------------- */

static struct status clock_change(struct exchange *x, struct policy_txn *txn)
{
    AUTO_JSON *detail = json_pack("{s:s, s:I}", "action", "clock-accepted",
                                  "time", (json_int_t)x->now);
    struct policy_event event = { .kind = API_LEAF_CLOCK,
                                  .subject_text = "clock",
                                  .detail = detail };
    return exchange_log(x, txn, &event);
}

static const struct route clock_route = {
    .path = "(clock accepted)",
    .change = clock_change,
};

struct status own_accept_clock(struct broker *broker, struct reason *why)
{
    if (!clock_accept(&broker->clock, clock_now()))
        return OK;
    return pool_run(broker, &clock_route, NULL, why);
}
