/* soft_jobs.c - the jobs that look closely: append, certify, intake, release,
 * erase. Each refuses what the real worker refuses about log and signatures,
 * so that a broker that records another thing than it asks for is found out. */

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "broker/clock.h"
#include "tests/broker/soft_door.h"

#define AHEAD_MAX 60000

/* --- append -------------------------------------------------------------- */

static struct status append_leaf(struct pkcs11_door *door,
                                 const unsigned char *encoded,
                                 struct reason *why)
{
    struct api_leaf leaf;
    struct hash hash;
    uint64_t now = clock_now().wall;
    TRY(api_leaf_decode(bytes_of(encoded, API_LEAF_LEN), &leaf));
    if (leaf.index != door->frontier.size || leaf.index >= SOFT_LEAVES_MAX)
        return refuse(why, STATUS_DENIED, "append", "leaf %llu is not due",
                      (unsigned long long)leaf.index);
    if (leaf.time < door->time || leaf.time > now + AHEAD_MAX)
        return refuse(why, STATUS_DENIED, "append",
                      "the time of leaf %llu is wrong",
                      (unsigned long long)leaf.index);
    TRY(api_leaf_hash(encoded, &hash));
    TRY(api_frontier_add(&door->frontier, &hash));
    door->time = leaf.time;
    door->leaves[leaf.index] =
        (struct soft_leaf){ hash, leaf.time + AHEAD_MAX >= now };
    return OK;
}

/* All or none. */
static struct status append_leaves(struct pkcs11_door *door,
                                   struct bytes leaves, struct reason *why)
{
    struct api_frontier frontier = door->frontier;
    uint64_t time = door->time;
    struct status s = OK;
    for (size_t at = 0; at < leaves.len && !failed(s); at += API_LEAF_LEN)
        s = append_leaf(door, leaves.at + at, why);
    if (failed(s)) {
        door->frontier = frontier;
        door->time = time;
    }
    return s;
}

static struct status append(struct pkcs11_door *door, struct bytes leaves,
                            struct api_head *out, struct reason *why)
{
    struct api_head head = { .store = door->store, .epoch = door->epoch };
    struct api_signer log = api_key_signer(door->log);
    unsigned char encoded[API_HEAD_LEN];
    if (leaves.len % API_LEAF_LEN != 0 || leaves.len / API_LEAF_LEN > 512)
        return refuse(why, STATUS_INVALID, "append", "not 0 to 512 leaves");
    TRY(append_leaves(door, leaves, why));
    head.size = door->frontier.size;
    head.time = door->time;
    TRY(api_frontier_root(&door->frontier, &head.root));
    TRY(api_head_encode(&head, encoded));
    TRY(log.sign(log.context, bytes_of(encoded, sizeof(encoded)),
                 &head.signature));
    *out = head;
    return OK;
}

struct status pkcs11_append(struct pkcs11_door *door, struct bytes leaves,
                            struct api_head *out, struct reason *why)
{
    struct status s;
    (void)pthread_mutex_lock(&door->lock);
    if (!soft_stopped(door, SOFT_APPEND, &s, why))
        s = soft_answer(door, SOFT_APPEND, append(door, leaves, out, why), why);
    (void)pthread_mutex_unlock(&door->lock);
    return s;
}

struct status soft_take_leaf(struct pkcs11_door *door,
                             const unsigned char encoded[API_LEAF_LEN],
                             enum api_leaf_kind kind,
                             const struct api_id *account,
                             const struct hash *subject, struct api_leaf *leaf,
                             struct reason *why)
{
    struct hash hash;
    TRY(api_leaf_decode(bytes_of(encoded, API_LEAF_LEN), leaf));
    TRY(api_leaf_hash(encoded, &hash));
    if (leaf->kind != kind || !api_id_equal(&leaf->account, account) ||
        !hash_equal(&leaf->subject, subject))
        return refuse(why, STATUS_DENIED, "leaf", "the leaf says otherwise");
    if (leaf->index >= door->frontier.size ||
        !hash_equal(&door->leaves[leaf->index].hash, &hash) ||
        !door->leaves[leaf->index].open)
        return refuse(why, STATUS_DENIED, "leaf", "no leaf to perform");
    door->leaves[leaf->index].open = false;
    return OK;
}

/* --- certify ------------------------------------------------------------- */

struct certifying {
    const struct pkcs11_certify *asked;
    struct hash evidence, identity, spki;
    struct api_leaf leaf;
    char enclave_name[CA_NAME_MAX + 1];
};

static struct status check_certify(struct pkcs11_door *door,
                                   struct certifying *c, struct reason *why)
{
    const struct pkcs11_certify *asked = c->asked;
    struct hash subject;
    TRY(hash_of(&c->spki, asked->spki));
    if (asked->rule) {
        TRY(api_identity_hash(asked->rule, &c->identity, why));
        TRY(hash_of(&c->evidence, asked->evidence));
        TRY(soft_judge(door, asked, c->enclave_name, why));
    }
    struct api_certificate_subject fields = {
        .kind = (uint8_t)asked->kind,
        .account = asked->account,
        .id = asked->id,
        .spki = c->spki,
        .not_after = asked->not_after,
        .evidence = c->evidence,
        .identity = c->identity,
        .configuration = asked->configuration,
        .invitation = asked->invitation,
    };
    TRY(api_names_hash(asked->names, asked->names_count, &fields.names));
    TRY(api_subject_certificate(asked->salt, &fields, &subject));
    return soft_take_leaf(door, asked->leaf, API_LEAF_CERTIFICATE,
                          &asked->account, &subject, &c->leaf, why);
}

static struct status certify(struct pkcs11_door *door,
                             const struct pkcs11_certify *asked,
                             struct buffer *der, struct reason *why)
{
    struct certifying c = { .asked = asked };
    struct ca_signer signer = ca_key_signer(door->ca);
    const char *names[1 + CA_NAMES_MAX];
    size_t count = 0;
    TRY(check_certify(door, &c, why));
    if (asked->rule)
        names[count++] = c.enclave_name;
    for (size_t i = 0; i < asked->names_count; i++)
        names[count++] = asked->names[i];
    struct ca_certificate_fields fields = {
        .statement = { .kind = asked->kind,
                       .account = asked->account,
                       .id = asked->id,
                       .evidence_kind = asked->rule ? asked->rule->kind : 0,
                       .identity = c.identity,
                       .evidence = c.evidence,
                       .configuration = asked->configuration },
        .spki = asked->spki,
        .not_before = c.leaf.time / 1000,
        .not_after = asked->not_after,
        .common_name = asked->common_name,
        .names = names,
        .names_count = count,
    };
    if (asked->rule)
        fields.statement.evidence_time =
            c.leaf.time - (uint64_t)door->evidence_age;
    memcpy(fields.serial, door->leaves[c.leaf.index].hash.bytes,
           sizeof(fields.serial));
    fields.serial[0] &= 0x7f;
    return ca_certificate_build(&fields, buffer_bytes(&door->root), &signer,
                                der, why);
}

struct status pkcs11_certify(struct pkcs11_door *door,
                             const struct pkcs11_certify *asked,
                             struct buffer *certificate_der, struct reason *why)
{
    struct status s;
    (void)pthread_mutex_lock(&door->lock);
    if (!soft_stopped(door, SOFT_CERTIFY, &s, why))
        s = soft_answer(door, SOFT_CERTIFY,
                        certify(door, asked, certificate_der, why), why);
    (void)pthread_mutex_unlock(&door->lock);
    return s;
}

/* --- credentials --------------------------------------------------------- */

struct soft_credential *soft_find(struct pkcs11_door *door,
                                  const struct hash *ctx)
{
    for (size_t i = 0; i < door->credentials_count; i++)
        if (hash_equal(&door->credentials[i].ctx, ctx))
            return &door->credentials[i];
    return NULL;
}

static struct status unwrap(struct pkcs11_door *door, struct bytes wrapped,
                            struct secret **k)
{
    unsigned char raw[512];
    size_t len = sizeof(raw);
    if (!soft_oaep(ca_key_pkey(door->intake), false, wrapped, raw, &len) ||
        len != API_KEY_LEN)
        return failure(STATUS_DENIED, "intake", 0);
    TRY(secret_new(len, k));
    memcpy(secret_fill(*k), raw, len);
    return OK;
}

static struct status open_seal(struct pkcs11_door *door,
                               const struct pkcs11_intake *intake,
                               const struct hash *ctx, struct secret **k_prime)
{
    AUTO_FREE(secret) k = NULL;
    AUTO_FREE(secret) proof_key = NULL;
    struct hash input, proof;
    TRY(unwrap(door, intake->wrapped, &k));
    TRY(hash_of(&input, bytes_of_string("accord intake proof v1"),
                hash_bytes(ctx)));
    TRY(api_seal_derive(k, &input, &proof_key));
    TRY(api_seal_proof(proof_key, ctx, &intake->blob, &proof));
    if (!hash_equal(&proof, &intake->proof))
        return failure(STATUS_DENIED, "intake", 0);
    return api_seal_derive(k, ctx, k_prime);
}

struct status soft_intake(struct pkcs11_door *door,
                          const struct pkcs11_intake *asked, struct reason *why)
{
    struct hash ctx;
    struct secret *k_prime = NULL;
    TRY(api_context_hash(&asked->context, &ctx));
    if (failed(open_seal(door, asked, &ctx, &k_prime)))
        return refuse(why, STATUS_DENIED, "intake",
                      "the sealed credential does not open in this context");
    if (soft_find(door, &ctx) ||
        door->credentials_count == SOFT_CREDENTIALS_MAX) {
        secret_free(k_prime);
        return refuse(why, STATUS_CONFLICT, "intake",
                      "this version of the credential has a key already");
    }
    door->credentials[door->credentials_count++] =
        (struct soft_credential){ ctx, k_prime };
    return OK;
}

/* What must come back with a release of `ctx`: it wraps nothing here, but is
 * as long, and another for each ctx. */
static struct bytes kept_of(const struct hash *ctx,
                            unsigned char out[PKCS11_KEPT_LEN])
{
    memset(out, 'k', PKCS11_KEPT_LEN);
    memcpy(out, ctx->bytes, HASH_LEN);
    return bytes_of(out, PKCS11_KEPT_LEN);
}

static struct status intake(struct pkcs11_door *door,
                            const struct pkcs11_intake *asked,
                            struct buffer *kept, struct reason *why)
{
    unsigned char room[PKCS11_KEPT_LEN];
    struct hash ctx;
    TRY(soft_intake(door, asked, why));
    TRY(api_context_hash(&asked->context, &ctx));
    if (door->wrapped)
        buffer_put(kept, kept_of(&ctx, room));
    return buffer_status(kept);
}

struct status pkcs11_intake(struct pkcs11_door *door,
                            const struct pkcs11_intake *asked,
                            struct buffer *kept, struct reason *why)
{
    struct status s;
    (void)pthread_mutex_lock(&door->lock);
    if (!soft_stopped(door, SOFT_INTAKE, &s, why))
        s = soft_answer(door, SOFT_INTAKE, intake(door, asked, kept, why), why);
    (void)pthread_mutex_unlock(&door->lock);
    return s;
}

struct status pkcs11_erase(struct pkcs11_door *door,
                           const struct api_context *context,
                           struct reason *why)
{
    struct status s;
    struct hash ctx;
    TRY(api_context_hash(context, &ctx));
    (void)pthread_mutex_lock(&door->lock);
    if (!soft_stopped(door, SOFT_ERASE, &s, why)) {
        struct soft_credential *found = soft_find(door, &ctx);
        if (found) {
            secret_free(found->key);
            *found = door->credentials[--door->credentials_count];
        }
        s = soft_answer(door, SOFT_ERASE, OK, why);
    }
    (void)pthread_mutex_unlock(&door->lock);
    return s;
}

/* --- release ------------------------------------------------------------- */

/* The owner's grant, for this credential and this program, now. */
static struct status check_grant(const struct pkcs11_release *asked,
                                 const struct ca_facts *certificate,
                                 struct reason *why)
{
    struct api_spki current;
    struct hash owner;
    struct api_grant grant;
    const struct api_context *context = &asked->context;
    uint64_t now = clock_now().wall / 1000;
    TRY(api_owner_hash(asked->owner, &owner));
    TRY(api_owner_current(asked->owner, &current, why));
    TRY(api_verify(&current, asked->grant, &asked->signature));
    TRY(api_grant_decode(asked->grant, &grant, why));
    bool fits = hash_equal(&owner, &context->owner) &&
                hash_equal(&grant.owner, &owner) &&
                api_id_equal(&grant.account, &context->account) &&
                api_id_equal(&grant.dataset, &context->dataset) &&
                hash_equal(&grant.configuration,
                           &certificate->statement.configuration) &&
                hash_equal(&grant.identity, &certificate->statement.identity) &&
                certificate->statement.kind == CA_ENCLAVE &&
                now >= grant.not_before && now <= grant.not_after;
    return fits ? OK
                : refuse(why, STATUS_DENIED, "grant",
                         "the grant is not for this, or not now");
}

static struct status release(struct pkcs11_door *door,
                             const struct pkcs11_release *asked,
                             struct buffer *wrapped, struct reason *why)
{
    struct ca_facts facts;
    struct hash ctx, certificate, grant, subject;
    struct api_leaf leaf;
    TRY(ca_certificate_read(asked->certificate, &facts, why));
    TRY(ca_signature_verify(asked->certificate,
                            ca_spki(ca_key_public(door->ca)), why));
    TRY(check_grant(asked, &facts, why));
    TRY(api_context_hash(&asked->context, &ctx));
    struct soft_credential *credential = soft_find(door, &ctx);
    unsigned char room[PKCS11_KEPT_LEN];
    struct bytes kept = bytes_of(NULL, 0);
    if (door->wrapped)
        kept = kept_of(&ctx, room);
    if (!credential || !bytes_equal(asked->kept, kept))
        return refuse(why, STATUS_NOT_FOUND, "release",
                      "there is no key for this credential");
    TRY(hash_of(&certificate, asked->certificate));
    TRY(hash_of(&grant, asked->grant));
    TRY(api_subject_release(asked->salt, &ctx, &certificate, &grant, &subject));
    TRY(soft_take_leaf(door, asked->leaf, API_LEAF_RELEASE,
                       &asked->context.account, &subject, &leaf, why));

    unsigned char out[512];
    size_t len = sizeof(out);
    const unsigned char *spki = facts.key.der;
    EVP_PKEY *to = d2i_PUBKEY(NULL, &spki, (long)facts.key.len);
    bool done =
        to && soft_oaep(to, true, secret_expose(credential->key), out, &len);
    EVP_PKEY_free(to);
    if (!done)
        return refuse(why, STATUS_DENIED, "key", "not an RSA key");
    buffer_put(wrapped, bytes_of(out, len));
    return buffer_status(wrapped);
}

struct status pkcs11_release(struct pkcs11_door *door,
                             const struct pkcs11_release *asked,
                             struct buffer *wrapped, struct reason *why)
{
    struct status s;
    (void)pthread_mutex_lock(&door->lock);
    if (!soft_stopped(door, SOFT_RELEASE, &s, why))
        s = soft_answer(door, SOFT_RELEASE, release(door, asked, wrapped, why),
                        why);
    (void)pthread_mutex_unlock(&door->lock);
    return s;
}
