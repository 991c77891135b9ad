#include "broker/start.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "broker/restore.h"
#include "broker/users.h"
#include "broker/writer.h"

/* --- anchors ------------------------------------------------------------- */

/* "label:/path.pem", as accord-hsm has it. */
static struct status load_anchor(struct broker *b, const char *item,
                                 bool simulated, struct reason *why)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(65536);
    char label[ATTEST_LABEL_LEN + 1];
    const char *colon = strchr(item, ':');
    size_t len = colon ? (size_t)(colon - item) : 0;
    if (!colon || len == 0 || len > ATTEST_LABEL_LEN || colon[1] != '/')
        return refuse(why, STATUS_INVALID, "anchors",
                      "anchors: expected label:/path.pem, not %s", item);
    if (b->anchors_count == BROKER_ANCHORS_MAX)
        return refuse(why, STATUS_INVALID, "anchors",
                      "anchors: more than %d of them", BROKER_ANCHORS_MAX);
    memcpy(label, item, len);
    label[len] = '\0';
    struct status s = file_read(colon + 1, &pem);
    if (failed(s))
        return refuse(why, s.code, "anchors", "cannot read the anchor %s",
                      colon + 1);
    TRY(attest_anchor_read(buffer_bytes(&pem), label, simulated,
                           &b->anchors[b->anchors_count], why));
    b->anchors_count++;
    return OK;
}

static struct status load_list(struct broker *b, const char *option,
                               bool simulated, struct reason *why)
{
    size_t count = config_list_count(b->config, "anchors", option);
    for (size_t i = 0; i < count; i++)
        TRY(load_anchor(b, config_list_item(b->config, "anchors", option, i),
                        simulated, why));
    return OK;
}

struct status start_anchors(struct broker *b, struct reason *why)
{
    b->anchors = calloc(BROKER_ANCHORS_MAX, sizeof(*b->anchors));
    if (!b->anchors)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    TRY(load_list(b, "trusted", false, why));
    TRY(load_list(b, "simulated", true, why));
    if (b->anchors_count == 0)
        return refuse(why, STATUS_INVALID, "anchors",
                      "anchors: none is configured, so no program could "
                      "ever get a certificate");
    return OK;
}

struct status start_collateral(struct broker *b, struct reason *why)
{
    return collateral_load(
        &b->collateral, config_text(b->config, "evidence", "collateral"), why);
}

/* --- HSM ----------------------------------------------------------------- */

struct status start_hsm(struct broker *b, struct reason *why)
{
    const char *socket_path = config_text(b->config, "hsm", "socket");
    TRY(pkcs11_door_open(
        socket_path, (unsigned)config_number(b->config, "hsm", "deadline_ms"),
        &b->hsm));
    TRY(pkcs11_describe(b->hsm, &b->hsm_facts, why));
    TRY(pkcs11_probe(b->hsm, why));
    atomic_store(&b->metrics.hsm_well, 1);
    b->ca_pem = buffer_make(16 * 1024);
    ca_pem_write("CERTIFICATE", buffer_bytes(&b->hsm_facts.ca_certificate),
                 &b->ca_pem);
    TRY(buffer_status(&b->ca_pem));

    struct stat about;
    b->single_user =
        stat(socket_path, &about) == 0 && about.st_uid == geteuid();
    struct bytes root = buffer_bytes(&b->hsm_facts.ca_certificate);
    TRY(dsm_sessions_new(&b->dsm));
    TRY(peers_new(root, &b->peers));
    return tls_new(root, b->peers, &b->tls);
}

/* --- store --------------------------------------------------------------- */

struct status start_open_store(struct broker *b, struct reason *why)
{
    const char *directory = config_text(b->config, "store", "directory");
    AUTO_FREE(secret) key = NULL;
    struct hash salt;
    if (failed(file_make_directory(directory, 0700)))
        return refuse(why, STATUS_UNAVAILABLE, "store",
                      "cannot make the directory %s", directory);
    TRY(policy_salt(directory, &salt, why));
    TRY(pkcs11_store_key(b->hsm, &salt, &key, why));
    return policy_open(directory, &b->hsm_facts.store, key, &b->store, why);
}

static struct status open_and_catch_up(struct broker *b, struct reason *why)
{
    TRY(start_open_store(b, why));
    TRY(restore_finish(b, why));
    return writer_catch_up(b, why);
}

/* Whatever a damaged page makes of itself has no words of its own. */
struct status start_store(struct broker *b, struct reason *why)
{
    struct status s = open_and_catch_up(b, why);
    if (!failed(s) || s.code == STATUS_NO_MEMORY || why->text[0])
        return s;
    return refuse(why, s.code, s.origin,
                  "the store in %s cannot be read (%s): restore it from a "
                  "backup",
                  config_text(b->config, "store", "directory"), s.origin);
}

/* The outbox is made now: the sandbox lets nobody make directories. */
struct status start_sessions(struct broker *b, struct reason *why)
{
    const struct config *c = b->config;
    char outbox[4096];
    outbox_directory(c, outbox, sizeof(outbox));
    if (failed(file_make_directory(outbox, 0750)))
        return refuse(why, STATUS_UNAVAILABLE, "outbox",
                      "cannot make the directory %s", outbox);
    TRY(sessions_new((uint64_t)config_number(c, "users", "idle_seconds"),
                     (uint64_t)config_number(c, "users", "session_seconds"),
                     &b->sessions));
    TRY(crowd_new((size_t)config_number(c, "server", "connections_per_address"),
                  &b->hosts));
    TRY(crowd_new(
        (size_t)config_number(c, "server", "connections_per_certificate"),
        &b->certificates));
    return attempts_new(&b->attempts);
}

void start_clear(struct broker *b)
{
    sessions_free(b->sessions);
    attempts_free(b->attempts);
    crowd_free(b->hosts);
    crowd_free(b->certificates);
    tls_free(b->tls);
    dsm_sessions_free(b->dsm);
    peers_free(b->peers);
    policy_free(b->store);
    pkcs11_description_clear(&b->hsm_facts);
    pkcs11_door_free(b->hsm);
    buffer_clear(&b->ca_pem);
    buffer_clear(&b->crl.der);
    free(b->anchors);
    collateral_clear(&b->collateral);
}
