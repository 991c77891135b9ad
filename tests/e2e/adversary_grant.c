/* adversary_grant.c - releases of what nobody granted: another's ctx, another's
 * grant, no owner's signature. */

#include "tests/e2e/adversary.h"

/* --- whose, and which ---------------------------------------------------- */

static void other(struct adversary *a, struct pkcs11_release_message *out)
{
    must(!failed(pkcs11_decode_release(a->other_release->body, out)),
         "release");
}

/* Olga's key for Olga's ctx, by Dana's grant. */
static void anothers_ctx(struct adversary *a, struct attempt *t)
{
    static struct pkcs11_release_message olga;
    other(a, &olga);
    t->release.fields.context = olga.fields.context;
    t->release.fields.kept = olga.fields.kept;
}

/* The same, and Olga's name on it. */
static void anothers_ctx_and_keys(struct adversary *a, struct attempt *t)
{
    static struct pkcs11_release_message olga;
    anothers_ctx(a, t);
    other(a, &olga);
    t->release.owner = olga.owner;
}

/* Dana's ctx, by Olga's grant and signature. */
static void anothers_grant(struct adversary *a, struct attempt *t)
{
    static struct pkcs11_release_message olga;
    other(a, &olga);
    memcpy(t->grant, olga.fields.grant.at, API_GRANT_LEN);
    t->release.fields.signature = olga.fields.signature;
}

static void anothers_grant_and_keys(struct adversary *a, struct attempt *t)
{
    static struct pkcs11_release_message olga;
    anothers_grant(a, t);
    other(a, &olga);
    t->release.owner = olga.owner;
}

static void another_dataset(struct adversary *a, struct attempt *t)
{
    (void)a;
    t->release.fields.context.dataset.bytes[0] ^= 1;
}

static void another_account(struct adversary *a, struct attempt *t)
{
    (void)a;
    t->release.fields.context.account.bytes[0] ^= 1;
}

static void another_version(struct adversary *a, struct attempt *t)
{
    (void)a;
    t->release.fields.context.version.bytes[0] ^= 1;
    t->release.fields.kept = bytes_of(NULL, 0);
}

static void ccm_class(struct adversary *a, struct attempt *t)
{
    (void)a;
    t->release.fields.context.flags = API_CLASS_CCM;
}

static void kept_by_the_adversary(struct adversary *a, struct attempt *t)
{
    static unsigned char kept[PKCS11_KEPT_LEN];
    another_version(a, t);
    t->release.fields.kept = bytes_of(kept, sizeof(kept));
}

/* --- the grant ----------------------------------------------------------- */

/* Written anew, and signed by the adversary: what is not Dana's signature. */
static void write_grant(struct adversary *a, struct attempt *t,
                        const struct api_grant *grant)
{
    struct api_signer signer = api_key_signer(a->key);
    must(!failed(api_grant_encode(grant, t->grant)) &&
             !failed(signer.sign(signer.context,
                                 bytes_of(t->grant, API_GRANT_LEN),
                                 &t->release.fields.signature)),
         "grant");
}

static struct api_grant read_grant(const struct attempt *t)
{
    struct api_grant grant;
    struct reason why = { "" };
    must(!failed(
             api_grant_decode(bytes_of(t->grant, API_GRANT_LEN), &grant, &why)),
         why.text);
    return grant;
}

static struct hash other_configuration(const struct adversary *a)
{
    struct ca_facts facts;
    struct reason why = { "" };
    must(!failed(ca_certificate_read(a->other_certify->answer, &facts, &why)),
         why.text);
    return facts.statement.configuration;
}

static void grant_signed_by_itself(struct adversary *a, struct attempt *t)
{
    struct api_grant grant = read_grant(t);
    write_grant(a, t, &grant);
}

static void grant_changed(struct adversary *a, struct attempt *t)
{
    struct api_grant grant = read_grant(t);
    (void)a;
    grant.configuration = other_configuration(a);
    must(!failed(api_grant_encode(&grant, t->grant)), "grant");
    t->release.fields.certificate = a->other_certify->answer;
}

static void grant_made_longer(struct adversary *a, struct attempt *t)
{
    struct api_grant grant = read_grant(t);
    (void)a;
    grant.not_after += 86400;
    must(!failed(api_grant_encode(&grant, t->grant)), "grant");
}

/* --- the owner's keys ---------------------------------------------------- */

static void owner_is_the_adversary(struct adversary *a, struct attempt *t)
{
    grant_signed_by_itself(a, t);
    t->release.owner.first = api_key_signer(a->key).key;
}

/* One link more, to its own key, signed by its own key. */
static void owner_was_replaced(struct adversary *a, struct attempt *t)
{
    struct api_owner *owner = &t->release.owner;
    struct api_spki current = owner->first;
    struct reason why = { "" };
    must(!failed(api_owner_current(owner, &current, &why)), why.text);
    struct api_key_change *link = &owner->chain[owner->changes];
    *link = (struct api_key_change){ .number = (uint32_t)++owner->changes,
                                     .new_key = api_key_signer(a->key).key };
    must(!failed(api_owner_hash(owner, &link->owner)) &&
             !failed(hash_of(&link->old_key, api_spki_bytes(&current))),
         "link");
    grant_signed_by_itself(a, t);
    link->signature = t->release.fields.signature;
}

static void recovery_is_the_adversarys(struct adversary *a, struct attempt *t)
{
    t->release.owner.recovery = api_key_signer(a->key).key;
}

/* clang-format off */
#define OWNER "the owner's keys are not those of the credential"
#define SIGNED "the grant is not signed by the owner's current key"

const struct row adversary_grant_rows[] = {
    { "Olga's ctx, by Dana's grant", WITH_ITS_LEAF, anothers_ctx, STATUS_DENIED, OWNER },
    { "Olga's ctx and keys, by Dana's grant", WITH_ITS_LEAF, anothers_ctx_and_keys,
      STATUS_DENIED, SIGNED },
    { "Dana's ctx, by Olga's grant", WITH_ITS_LEAF, anothers_grant, STATUS_DENIED, SIGNED },
    { "Dana's ctx, by Olga's grant and keys", WITH_ITS_LEAF, anothers_grant_and_keys,
      STATUS_DENIED, OWNER },
    { "another dataset of Dana's", WITH_ITS_LEAF, another_dataset, STATUS_DENIED,
      "the grant is for another dataset" },
    { "another account", WITH_ITS_LEAF, another_account, STATUS_DENIED,
      "the grant is for another account" },
    { "a version that never was", WITH_ITS_LEAF, another_version, STATUS_NOT_FOUND,
      "the token has no key for this credential" },
    { "... with a kept key of the adversary's", WITH_ITS_LEAF, kept_by_the_adversary,
      STATUS_CORRUPT, "the kept key of this credential does not open on this token" },
    { "called of the CCM class", WITH_ITS_LEAF, ccm_class, STATUS_DENIED,
      "this credential is not of the signed class" },

    { "the grant signed by the adversary", WITH_ITS_LEAF, grant_signed_by_itself,
      STATUS_DENIED, SIGNED },
    { "the grant changed to the configuration that Dana did not grant", WITH_ITS_LEAF,
      grant_changed, STATUS_DENIED, SIGNED },
    { "the grant made a day longer", WITH_ITS_LEAF, grant_made_longer, STATUS_DENIED, SIGNED },
    { "the adversary as the owner", WITH_ITS_LEAF, owner_is_the_adversary, STATUS_DENIED, OWNER },
    { "the owner's key replaced by the adversary's", WITH_ITS_LEAF, owner_was_replaced,
      STATUS_DENIED, "key change #: its signature does not hold" },
    { "the recovery key replaced by the adversary's", WITH_ITS_LEAF,
      recovery_is_the_adversarys, STATUS_DENIED, OWNER },
};
/* clang-format on */
const size_t adversary_grant_rows_count =
    sizeof(adversary_grant_rows) / sizeof(adversary_grant_rows[0]);
