/* adversary_release.c - keys that nobody may have. */

#include <stdio.h>

#include "tests/e2e/adversary.h"

#define HONEST "Dana's dataset, to the granted program, with a leaf"

/* --- the certificate ----------------------------------------------------- */

static void other_program(struct adversary *a, struct attempt *t)
{
    t->release.fields.certificate = a->other_certify->answer;
}

static void looser_rule(struct adversary *a, struct attempt *t)
{
    t->release.fields.certificate = buffer_bytes(&a->looser);
}

static void a_persons(struct adversary *a, struct attempt *t)
{
    t->release.fields.certificate = a->person->answer;
}

static void a_servers(struct adversary *a, struct attempt *t)
{
    t->release.fields.certificate = a->server->answer;
}

static void no_certificate(struct adversary *a, struct attempt *t)
{
    (void)a;
    t->release.fields.certificate = bytes_of(NULL, 0);
}

/* The byte at `from_end` of the certificate, changed. */
static void spoil_certificate(struct attempt *t, size_t from_end)
{
    struct bytes der = t->release.fields.certificate;
    must(der.len <= sizeof(t->keys[0]), "certificate");
    memcpy(t->keys[0], der.at, der.len);
    t->keys[0][der.len - from_end] ^= 1;
    t->release.fields.certificate = bytes_of(t->keys[0], der.len);
}

static void changed_signature(struct adversary *a, struct attempt *t)
{
    (void)a;
    spoil_certificate(t, 1);
}

/* Its own key in it, and that key's identifier, in place of the program's. */
static void own_key(struct adversary *a, struct attempt *t)
{
    struct ca_facts facts;
    struct reason why = { "" };
    struct bytes der = t->release.fields.certificate;
    must(!failed(ca_certificate_read(der, &facts, &why)), why.text);
    memcpy(t->keys[0], der.at, der.len);
    unsigned char *at =
        memmem(t->keys[0], der.len, facts.key.der, facts.key.len);
    must(at && facts.key.len == ca_key_public(a->rsa)->len, "key");
    memcpy(at, ca_key_public(a->rsa)->der, facts.key.len);
    at = memmem(t->keys[0], der.len, facts.key.hash.bytes, CA_KEY_ID_LEN);
    must(at != NULL, "the key's identifier");
    memcpy(at, ca_key_public(a->rsa)->hash.bytes, CA_KEY_ID_LEN);
    t->release.fields.certificate = bytes_of(t->keys[0], der.len);
}

/* All that the program's says, of its own key, by its own CA. */
static void own_ca(struct adversary *a, struct attempt *t)
{
    const unsigned char serial[CA_SERIAL_LEN] = { 0x22 };
    struct ca_facts facts;
    struct ca_key *ca = NULL;
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER root = buffer_make(CA_CERTIFICATE_MAX);
    struct bytes der = t->release.fields.certificate;

    must(!failed(ca_certificate_read(der, &facts, &why)), why.text);
    must(!failed(ca_key_generate(CA_KEY_P256, &ca)), "key");
    struct ca_signer signer = ca_key_signer(ca);
    must(!failed(ca_root_build(ca_spki(ca_key_public(ca)), serial,
                               facts.not_before - 60, &signer, &root, &why)),
         why.text);
    const char *name = ca_name_at(&facts.names, 0);
    const struct ca_certificate_fields fields = {
        .statement = facts.statement,
        .spki = ca_spki(ca_key_public(a->rsa)),
        .serial = { 0x11 },
        .not_before = facts.not_before,
        .not_after = facts.not_after,
        .names = &name,
        .names_count = 1,
    };
    buffer_clear(&a->forged);
    a->forged = buffer_make(CA_CERTIFICATE_MAX);
    must(!failed(ca_certificate_build(&fields, buffer_bytes(&root), &signer,
                                      &a->forged, &why)),
         why.text);
    ca_key_free(ca);
    t->release.fields.certificate = buffer_bytes(&a->forged);
}

/* --- the leaf ------------------------------------------------------------ */

static void no_leaf(struct adversary *a, struct attempt *t)
{
    (void)a;
    memset(t->release.fields.leaf, 0, API_LEAF_LEN);
}

static void leaf_kept_back(struct adversary *a, struct attempt *t)
{
    (void)a;
    t->keep_back = true;
}

static void leaf_of_a_change(struct adversary *a, struct attempt *t)
{
    (void)a;
    t->leaf.kind = API_LEAF_CHANGE;
}

static void leaf_of_another_account(struct adversary *a, struct attempt *t)
{
    (void)a;
    t->leaf.account.bytes[0] ^= 1;
}

static void leaf_of_anothers_release(struct adversary *a, struct attempt *t)
{
    static struct attempt olga;
    attempt_release(a, &olga, a->other_release);
    memcpy(olga.release.fields.salt, t->release.fields.salt, API_SALT_LEN);
    release_subject(&olga);
    t->leaf.subject = olga.leaf.subject;
}

static void used_already(struct adversary *a, struct attempt *t)
{
    AUTO_CLEAR_BUFFER body = buffer_make(1);
    release_body(t, &body);
    must(adversary_ask(a, PKCS11_RELEASE, buffer_bytes(&body)) == STATUS_OK,
         "the first of two");
}

static void another_salt(struct adversary *a, struct attempt *t)
{
    (void)a;
    t->release.fields.salt[0] ^= 1;
}

/* The table of leaves has 65,536 places: the same one, later. */
static void same_place(struct adversary *a, struct attempt *t)
{
    unsigned char leaf[API_LEAF_LEN];
    (void)a;
    t->leaf.index += 65536;
    must(!failed(api_leaf_encode(&t->leaf, leaf)), "leaf");
    memcpy(t->release.fields.leaf, leaf, API_LEAF_LEN);
}

/* clang-format off */
#define SUBJECT "leaf # has another subject than what is asked"
#define CA "certificate: it was not signed by the installation's authority"

static const struct row rows[] = {
    { "a leaf of zeros", AFTER_ITS_LEAF, no_leaf, STATUS_INVALID, "the leaf is malformed" },
    { "a leaf that was not appended", WITH_ITS_LEAF, leaf_kept_back, STATUS_DENIED,
      "leaf # was not appended in this generation" },
    { "a leaf that is used", AFTER_ITS_LEAF, used_already, STATUS_DENIED,
      "leaf # was performed already" },
    { "a leaf of another kind", IN_ITS_LEAF, leaf_of_a_change, STATUS_DENIED,
      "leaf # is not of kind release" },
    { "a leaf filed under another account", IN_ITS_LEAF, leaf_of_another_account, STATUS_DENIED,
      "leaf # is filed under another account" },
    { "a leaf of Olga's release", IN_ITS_LEAF, leaf_of_anothers_release, STATUS_DENIED, SUBJECT },
    { "another salt than the log's", AFTER_ITS_LEAF, another_salt, STATUS_DENIED, SUBJECT },
    { "a leaf that would have the place of one appended", AFTER_ITS_LEAF, same_place,
      STATUS_DENIED, "leaf # was not appended in this generation" },
    { "another certificate than the log says", AFTER_ITS_LEAF, looser_rule, STATUS_DENIED,
      "the certificate is for another program identity than the grant" },

    { "to a configuration that Dana did not grant", WITH_ITS_LEAF, other_program,
      STATUS_DENIED, "the certificate is for another configuration than the grant" },
    { "to an identity that Dana did not grant", WITH_ITS_LEAF, looser_rule, STATUS_DENIED,
      "the certificate is for another program identity than the grant" },
    { "to a person", WITH_ITS_LEAF, a_persons, STATUS_DENIED,
      "the certificate is not an enclave's" },
    { "to the broker itself", WITH_ITS_LEAF, a_servers, STATUS_DENIED,
      "the certificate is not an enclave's" },
    { "to nobody", WITH_ITS_LEAF, no_certificate, STATUS_INVALID,
      "certificate: it is malformed" },
    { "to a certificate with a changed signature", WITH_ITS_LEAF, changed_signature,
      STATUS_DENIED, CA },
    { "to the adversary's key in the program's certificate", WITH_ITS_LEAF, own_key,
      STATUS_DENIED, CA },
    { "to the adversary's key in a certificate by a CA of its own", WITH_ITS_LEAF, own_ca,
      STATUS_DENIED, CA },
};
/* clang-format on */

static void make_again(struct adversary *a, struct attempt *t,
                       struct buffer *body)
{
    adversary_append(a, &t->leaf, t->release.fields.leaf);
    buffer_clear(body);
    release_body(t, body);
}

/* Every byte of a request counts: changed, it is refused, and that uses up no
 * leaf, unless it is a byte of a kept key: that is seen when the leaf is
 * marked. Where the key is on the token nobody looks at `kept`, which is empty
 * then. */
static void every_byte(struct adversary *a)
{
    static struct attempt t;
    AUTO_CLEAR_BUFFER body = buffer_make(1);
    size_t accepted = 0, tried = 0;

    attempt_release(a, &t, a->release);
    release_subject(&t);
    make_again(a, &t, &body);
    for (size_t at = 0; at < body.len; at++, tried++) {
        body.data[at] ^= 1;
        enum status_code code =
            adversary_ask(a, PKCS11_RELEASE, buffer_bytes(&body));
        body.data[at] ^= 1;
        accepted += code == STATUS_OK;
        if (code == STATUS_CORRUPT)
            make_again(a, &t, &body);
    }
    for (size_t len = 0; len < body.len; len++, tried++)
        accepted += adversary_ask(a, PKCS11_RELEASE,
                                  bytes_of(body.data, len)) == STATUS_OK;
    buffer_put_u8(&body, 0);
    accepted +=
        adversary_ask(a, PKCS11_RELEASE, buffer_bytes(&body)) == STATUS_OK;
    body.len--;
    (void)printf("%zu releases with a byte changed, missing or added\n",
                 tried + 1);
    adversary_say(a, "no changed, cut or longer release is performed",
                  accepted == 0, "one was");
    (void)adversary_ask(a, PKCS11_RELEASE, buffer_bytes(&body));
    adversary_judge(a, "... and the same leaf is good for the honest one",
                    STATUS_OK, "");
}

static void limits(struct adversary *a)
{
    static struct attempt t;
    attempt_release(a, &t, a->withdrawn);
    (void)release_now(a, &t, NULL);
    adversary_judge(a,
                    "limit: a grant whose workflow was withdrawn, with a leaf",
                    STATUS_OK, "");
}

static void each(struct adversary *a, const struct row *row, size_t count)
{
    static struct attempt t;
    for (; count > 0; count--, row++) {
        attempt_release(a, &t, a->release);
        (void)release_now(a, &t, row);
        adversary_judge(a, row->name, row->code, row->text);
    }
}

void adversary_releases(struct adversary *a)
{
    honest_release(a, HONEST);
    each(a, rows, sizeof(rows) / sizeof(rows[0]));
    honest_release(a, HONEST);
    each(a, adversary_grant_rows, adversary_grant_rows_count);
    (void)adversary_ask(a, PKCS11_RELEASE, a->release->body);
    adversary_judge(a, "the honest broker's own request, again", STATUS_DENIED,
                    "leaf # was performed already");
    every_byte(a);
    limits(a);
    honest_release(a, HONEST);
}
