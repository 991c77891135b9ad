#include "policy/versions.h"

#include "policy/agreement.h"
#include "policy/store_seal.h"

#include <pthread.h>
#include <stdlib.h>

#define SLOTS     1024
#define BYTES_MAX ((size_t)64 * 1024 * 1024)

struct versions {
    pthread_mutex_t lock;
    struct agreed_version *slot[SLOTS]; /* by the hash's first bits; held */
    size_t bytes;                       /* of the records of those held */
    size_t hand;                        /* where the next one is let go */
};

struct status versions_new(struct versions **out)
{
    struct versions *versions = calloc(1, sizeof(*versions));
    if (!versions)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    (void)pthread_mutex_init(&versions->lock, NULL);
    *out = versions;
    return OK;
}

void versions_free(struct versions *versions)
{
    if (!versions)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        agreed_version_free(versions->slot[i]);
    (void)pthread_mutex_destroy(&versions->lock);
    free(versions);
}

void agreed_version_free(struct agreed_version *version)
{
    if (!version || atomic_fetch_sub(&version->holders, 1) > 1)
        return;
    json_decref(version->manifest);
    free(version->approvals);
    free(version);
}

/* --- remembering --------------------------------------------------------- */

static size_t slot_of(const struct hash *record)
{
    return ((size_t)record->bytes[0] << 8 | record->bytes[1]) % SLOTS;
}

static struct agreed_version *recall(struct versions *versions,
                                     const struct hash *record)
{
    (void)pthread_mutex_lock(&versions->lock);
    struct agreed_version *known = versions->slot[slot_of(record)];
    if (known && !hash_equal(&known->record, record))
        known = NULL;
    if (known)
        atomic_fetch_add(&known->holders, 1);
    (void)pthread_mutex_unlock(&versions->lock);
    return known;
}

static void let_go(struct versions *versions, size_t slot)
{
    struct agreed_version *old = versions->slot[slot];
    versions->slot[slot] = NULL;
    if (old)
        versions->bytes -= old->size;
    agreed_version_free(old);
}

static void remember(struct versions *versions, struct agreed_version *version)
{
    size_t slot = slot_of(&version->record);
    (void)pthread_mutex_lock(&versions->lock);
    let_go(versions, slot);
    while (versions->bytes + version->size > BYTES_MAX)
        let_go(versions, versions->hand++ % SLOTS);
    atomic_fetch_add(&version->holders, 1);
    versions->slot[slot] = version;
    versions->bytes += version->size;
    (void)pthread_mutex_unlock(&versions->lock);
}

/* --- reading ------------------------------------------------------------- */

/* An approval as it was signed: text, signature and the key that the
 * manifest names for that person. */
static struct status approval_fact(const json_t *manifest, const json_t *entry,
                                   struct policy_approval_fact *out)
{
    const char *person, *text;
    struct api_signature signature;
    struct api_spki key;
    struct hash key_hash, named;
    struct api_approval approval;
    TRY(api_json_text(entry, "person", &person, NULL));
    TRY(api_json_text(entry, "approval", &text, NULL));
    TRY(api_json_signature(entry, "signature", &signature, NULL));
    TRY(api_json_spki(entry, "key", &key, NULL));
    const json_t *who =
        json_object_get(json_object_get(manifest, "people"), person);
    TRY(api_json_hash(who, "key", &named, NULL));
    TRY(api_json_hash(who, "owner", &out->owner, NULL));
    TRY(api_spki_hash(&key, &key_hash));
    TRY(api_approval_read(bytes_of_string(text), &approval, NULL));
    out->approve = approval.approve;
    out->digest = approval.digest;
    struct status held = api_verify(&key, bytes_of_string(text), &signature);
    out->signature_holds = hash_equal(&key_hash, &named) && !failed(held);
    return is_wanting(held) ? held : OK;
}

/* What a user said, whose password was right. */
static struct status password_fact(const json_t *entry,
                                   struct policy_approval_fact *out)
{
    struct api_id user;
    const json_t *approve = json_object_get(entry, "approve");
    TRY(api_json_id(entry, "user", &user, NULL));
    TRY(api_json_hash(entry, "digest", &out->digest, NULL));
    if (!json_is_boolean(approve))
        return failure(STATUS_CORRUPT, "approval", 0);
    TRY(policy_user_owner(&user, &out->owner));
    out->approve = json_is_true(approve);
    out->signature_holds = true;
    return OK;
}

static struct status read_password(const json_t *entry, size_t at,
                                   struct agreed_version *out)
{
    TRY(password_fact(entry, &out->approvals[at]));
    out->approvals_count = at + 1;
    return OK;
}

static struct status read_signed(const json_t *entry, size_t at,
                                 struct agreed_version *out)
{
    int64_t until;
    TRY(approval_fact(out->manifest, entry, &out->approvals[at]));
    out->approvals_count = at + 1;
    TRY(api_json_integer(entry, "valid_until", 0, INT64_MAX, &until, NULL));
    out->end = (uint64_t)until < out->end ? (uint64_t)until : out->end;
    return OK;
}

static struct status read_approvals(const json_t *record,
                                    struct agreed_version *out)
{
    const json_t *entries = json_object_get(record, "approvals");
    size_t count = json_array_size(entries);
    out->end = UINT64_MAX;
    out->approvals = calloc(count ? count : 1, sizeof(*out->approvals));
    if (!out->approvals)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    for (size_t i = 0; i < count; i++) {
        const json_t *entry = json_array_get(entries, i);
        TRY(out->plain_class ? read_password(entry, i, out)
                             : read_signed(entry, i, out));
    }
    return OK;
}

static struct status read_record(struct bytes text, struct agreed_version *out)
{
    AUTO_JSON *record = NULL;
    const char *manifest, *status;
    struct status s = api_json_read(text, text.len, true, &record, NULL);
    if (s.code == STATUS_INVALID)
        return failure(STATUS_CORRUPT, "version is no JSON", 0);
    TRY(s);
    TRY(api_json_text(record, "manifest", &manifest, NULL));
    TRY(api_json_text(record, "status", &status, NULL));
    TRY(api_json_read(bytes_of_string(manifest), API_MANIFEST_MAX, false,
                      &out->manifest, NULL));
    TRY(hash_of(&out->digest, bytes_of_string(manifest)));
    out->active = strcmp(status, "active") == 0;
    out->plain_class = policy_is_plain_class(record);
    return read_approvals(record, out);
}

struct status versions_get(struct policy_txn *txn, const struct policy_key *key,
                           struct agreed_version **out)
{
    struct hash name;
    TRY(policy_seal_name(txn, key, &name));
    AUTO_FREE(agreed_version) version = recall(policy_versions(txn), &name);
    if (!version) {
        AUTO_CLEAR_BUFFER text = buffer_make(SEAL_CONTENTS_MAX);
        TRY(policy_get(txn, key, &text));
        version = calloc(1, sizeof(*version));
        if (!version)
            return failure(STATUS_NO_MEMORY, "calloc", 0);
        atomic_store(&version->holders, 1);
        version->record = name;
        version->size = text.len;
        TRY(read_record(buffer_bytes(&text), version));
        remember(policy_versions(txn), version);
    }
    *out = TAKE(version);
    return OK;
}
