#include "tests/broker/soft_door.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/text.h"
#include "tests/support/check.h"

static struct pkcs11_door *plugged;

static void certify_ca(struct pkcs11_door *door, uint64_t now)
{
    const unsigned char serial[CA_SERIAL_LEN] = { 1 };
    struct ca_signer signer = ca_key_signer(door->ca);
    struct reason why = { "" };
    assert_ok(ca_root_build(ca_spki(ca_key_public(door->ca)), serial, now,
                            &signer, &door->root, &why));
    assert_ok(ca_intake_build(ca_spki(ca_key_public(door->intake)), serial,
                              buffer_bytes(&door->root), &signer,
                              &door->intake_certificate, &why));
}

void soft_door_make(uint64_t now, struct pkcs11_door **out)
{
    struct pkcs11_door *door = calloc(1, sizeof(*door));
    assert_non_null(door);
    assert_int_equal(0, pthread_mutex_init(&door->lock, NULL));
    assert_ok(api_id_random(&door->store));
    assert_ok(random_fill(door->store_secret, sizeof(door->store_secret)));
    assert_ok(ca_key_generate(CA_KEY_P256, &door->ca));
    assert_ok(api_key_generate(&door->log));
    door->intake = soft_rsa_key(SOFT_RSA_KEYS);
    door->root = buffer_make(CA_CERTIFICATE_MAX);
    door->intake_certificate = buffer_make(CA_CERTIFICATE_MAX);
    door->generation = door->epoch = 1;
    certify_ca(door, now);
    *out = door;
}

void soft_door_destroy(struct pkcs11_door *door)
{
    if (!door)
        return;
    for (size_t i = 0; i < door->credentials_count; i++)
        secret_free(door->credentials[i].key);
    ca_key_free(door->ca);
    api_key_free(door->log);
    buffer_clear(&door->root);
    buffer_clear(&door->intake_certificate);
    (void)pthread_mutex_destroy(&door->lock);
    free(door);
}

void soft_door_plug(struct pkcs11_door *door)
{
    plugged = door;
}

void soft_door_fate(struct pkcs11_door *door, enum soft_job job,
                    enum soft_fate fate, unsigned calls)
{
    door->fate[job] = fate;
    door->fated[job] = calls;
}

void soft_door_fate_of_all(struct pkcs11_door *door, enum soft_fate fate)
{
    for (int job = 0; job < SOFT_JOBS; job++)
        soft_door_fate(door, (enum soft_job)job, fate, UINT32_MAX);
}

void soft_door_restart(struct pkcs11_door *door)
{
    door->generation++;
    for (size_t i = 0; i < SOFT_LEAVES_MAX; i++)
        door->leaves[i].open = false;
}

void soft_door_restore(struct pkcs11_door *door, const char *request)
{
    AUTO_CLEAR_BUFFER encoded = buffer_make(API_RESTORE_REQUEST_MAX);
    AUTO_JSON *detail = NULL;
    unsigned char leaf[API_LEAF_LEN], salt[API_SALT_LEN];
    struct api_restore_request asked;
    struct hash hash;
    assert_ok(file_read(request, &encoded));
    assert_ok(api_restore_request_decode(buffer_bytes(&encoded), &asked));
    door->restored = (struct api_restore){ .store = door->store,
                                           .epoch = ++door->epoch,
                                           .time = door->time,
                                           .kept_size = asked.frontier.size,
                                           .lost_size = door->frontier.size };
    assert_ok(api_frontier_root(&asked.frontier, &door->restored.kept_root));
    assert_ok(api_frontier_root(&door->frontier, &door->restored.lost_root));
    assert_ok(api_restore_leaf(&door->restored, leaf, salt, &detail));
    assert_ok(api_leaf_hash(leaf, &hash));
    door->frontier = asked.frontier;
    assert_ok(api_frontier_add(&door->frontier, &hash));
    door->was_restored = true;
    soft_door_restart(door);
}

bool soft_door_has(struct pkcs11_door *door, const struct api_context *context)
{
    struct hash ctx;
    assert_ok(api_context_hash(context, &ctx));
    for (size_t i = 0; i < door->credentials_count; i++)
        if (hash_equal(&door->credentials[i].ctx, &ctx))
            return true;
    return false;
}

void soft_door_issue(struct pkcs11_door *door,
                     const struct ca_certificate_fields *fields,
                     struct buffer *der)
{
    struct ca_signer signer = ca_key_signer(door->ca);
    struct reason why = { "" };
    struct status s = ca_certificate_build(fields, buffer_bytes(&door->root),
                                           &signer, der, &why);
    if (failed(s))
        print_error("%s\n", why.text);
    assert_ok(s);
}

/* --- fates --------------------------------------------------------------- */

static enum soft_fate fate_now(const struct pkcs11_door *door,
                               enum soft_job job)
{
    return door->fated[job] > 0 ? door->fate[job] : SOFT_WORKS;
}

static void use_up(struct pkcs11_door *door, enum soft_job job)
{
    if (door->fated[job] > 0 && door->fated[job] < UINT32_MAX)
        door->fated[job]--;
}

bool soft_stopped(struct pkcs11_door *door, enum soft_job job,
                  struct status *out, struct reason *why)
{
    door->calls[job]++;
    switch (fate_now(door, job)) {
    case SOFT_WORKS:
    case SOFT_LOSES: return false;
    case SOFT_AWAY:
        *out = refuse(why, STATUS_UNAVAILABLE, "soft door", "the HSM is away");
        break;
    case SOFT_REFUSES:
        *out = refuse(why, STATUS_DENIED, "soft door", "the HSM refuses");
        break;
    }
    use_up(door, job);
    return true;
}

struct status soft_answer(struct pkcs11_door *door, enum soft_job job,
                          struct status done, struct reason *why)
{
    bool lost = fate_now(door, job) == SOFT_LOSES;
    use_up(door, job);
    if (!lost || failed(done))
        return done;
    return refuse(why, STATUS_UNAVAILABLE, "soft door",
                  "the HSM's answer got lost");
}

/* --- the door: everything pkcs11.h promises, but for soft_jobs.c ---------- */

struct status pkcs11_door_open(const char *socket_path, unsigned deadline,
                               struct pkcs11_door **out)
{
    (void)socket_path;
    (void)deadline;
    assert_non_null(plugged);
    *out = plugged;
    return OK;
}

void pkcs11_door_free(struct pkcs11_door *door)
{
    (void)door; /* the test's */
}

bool pkcs11_door_connected(struct pkcs11_door *door)
{
    (void)door; /* there is no connection to lose */
    return true;
}

void pkcs11_description_clear(struct pkcs11_description *d)
{
    buffer_clear(&d->ca_certificate);
    buffer_clear(&d->intake_certificate);
}

static struct status describe(struct pkcs11_door *door,
                              struct pkcs11_description *out)
{
    struct pkcs11_description d = { .store = door->store,
                                    .epoch = door->epoch,
                                    .generation = door->generation,
                                    .domain = SOFT_DOMAIN,
                                    .size = door->frontier.size,
                                    .time = door->time,
                                    .plain_paths = !door->plain_forbidden,
                                    .was_restored = door->was_restored,
                                    .restored = door->restored };
    TRY(api_spki_read(ca_spki(ca_key_public(door->ca)), &d.ca_key));
    d.log_key = api_key_signer(door->log).key;
    TRY(api_frontier_root(&door->frontier, &d.root));
    d.ca_certificate = buffer_make(CA_CERTIFICATE_MAX);
    d.intake_certificate = buffer_make(CA_CERTIFICATE_MAX);
    buffer_put(&d.ca_certificate, buffer_bytes(&door->root));
    buffer_put(&d.intake_certificate, buffer_bytes(&door->intake_certificate));
    *out = d;
    return OK;
}

struct status pkcs11_describe(struct pkcs11_door *door,
                              struct pkcs11_description *out,
                              struct reason *why)
{
    struct status s;
    (void)pthread_mutex_lock(&door->lock);
    if (!soft_stopped(door, SOFT_DESCRIBE, &s, why))
        s = soft_answer(door, SOFT_DESCRIBE, describe(door, out), why);
    (void)pthread_mutex_unlock(&door->lock);
    return s;
}

struct status pkcs11_probe(struct pkcs11_door *door, struct reason *why)
{
    struct status s;
    (void)pthread_mutex_lock(&door->lock);
    if (!soft_stopped(door, SOFT_PROBE, &s, why))
        s = soft_answer(door, SOFT_PROBE, OK, why);
    (void)pthread_mutex_unlock(&door->lock);
    return s;
}

struct status pkcs11_nonce(struct pkcs11_door *door, struct hash *out,
                           struct reason *why)
{
    struct status s;
    (void)pthread_mutex_lock(&door->lock);
    if (!soft_stopped(door, SOFT_NONCE, &s, why)) {
        s = random_fill(door->nonce.bytes, HASH_LEN);
        *out = door->nonce;
        s = soft_answer(door, SOFT_NONCE, s, why);
    }
    (void)pthread_mutex_unlock(&door->lock);
    return s;
}

static struct status store_key(struct pkcs11_door *door,
                               const struct hash *salt, struct secret **out)
{
    struct hash key;
    TRY(hash_of(&key, bytes_of(door->store_secret, 32),
                api_id_bytes(&door->store), hash_bytes(salt)));
    TRY(secret_new(HASH_LEN, out));
    memcpy(secret_fill(*out), key.bytes, HASH_LEN);
    return OK;
}

struct status pkcs11_store_key(struct pkcs11_door *door,
                               const struct hash *salt, struct secret **out,
                               struct reason *why)
{
    struct status s;
    (void)pthread_mutex_lock(&door->lock);
    if (!soft_stopped(door, SOFT_STORE_KEY, &s, why))
        s = soft_answer(door, SOFT_STORE_KEY, store_key(door, salt, out), why);
    (void)pthread_mutex_unlock(&door->lock);
    return s;
}

struct status pkcs11_crl(struct pkcs11_door *door, struct bytes serials,
                         uint64_t this_update, uint64_t next_update,
                         uint64_t number, struct buffer *crl_der,
                         struct reason *why)
{
    struct status s;
    const struct ca_crl_fields fields = { serials, this_update, next_update,
                                          number };
    struct ca_signer signer = ca_key_signer(door->ca);
    (void)pthread_mutex_lock(&door->lock);
    if (!soft_stopped(door, SOFT_CRL, &s, why))
        s = soft_answer(door, SOFT_CRL,
                        ca_crl_build(&fields, buffer_bytes(&door->root),
                                     &signer, crl_der, why),
                        why);
    (void)pthread_mutex_unlock(&door->lock);
    return s;
}
