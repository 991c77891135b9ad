/* adversary_attempt.c - the two requests that want a leaf: as the honest
 * broker sent them, with a leaf of today. */

#include "tests/e2e/adversary.h"

#define BODY_MAX PKCS11_REQUEST_MAX

/* --- leaves -------------------------------------------------------------- */

void adversary_append(struct adversary *a, struct api_leaf *leaf,
                      unsigned char out[API_LEAF_LEN])
{
    adversary_describe(a);
    leaf->index = a->about.size;
    if (leaf->time < a->about.time)
        leaf->time = a->about.time;
    must(!failed(api_leaf_encode(leaf, out)), "leaf");
    must(adversary_ask(a, PKCS11_APPEND, bytes_of(out, API_LEAF_LEN)) ==
             STATUS_OK,
         "a leaf is not taken");
    must(!failed(pkcs11_decode_head(a->answer.body, &a->head)), "head");
}

/* A leaf counts for a minute from when it is appended, by its own time. */
static uint64_t today(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000;
}

/* --- releases ------------------------------------------------------------ */

void attempt_release(struct adversary *a, struct attempt *t,
                     const struct taped *as)
{
    (void)a;
    *t = (struct attempt){ .keep_back = false };
    must(!failed(pkcs11_decode_release(as->body, &t->release)), "release");
    memcpy(t->grant, t->release.fields.grant.at, API_GRANT_LEN);
    t->release.fields.grant = bytes_of(t->grant, API_GRANT_LEN);
    must(!failed(random_fill(t->release.fields.salt, API_SALT_LEN)), "salt");
    t->leaf = (struct api_leaf){ .kind = API_LEAF_RELEASE, .time = today() };
}

void release_subject(struct attempt *t)
{
    struct pkcs11_release *asked = &t->release.fields;
    struct api_context context = asked->context;
    struct hash ctx, certificate, grant;

    t->leaf.account = asked->context.account;
    if (failed(api_context_hash(&context, &ctx))) {
        context.flags = 0; /* there is no such context to tell of */
        must(!failed(api_context_hash(&context, &ctx)), "context");
    }
    must(!failed(hash_of(&certificate, asked->certificate)) &&
             !failed(hash_of(&grant, asked->grant)) &&
             !failed(api_subject_release(asked->salt, &ctx, &certificate,
                                         &grant, &t->leaf.subject)),
         "subject");
}

void release_body(const struct attempt *t, struct buffer *out)
{
    struct pkcs11_release fields = t->release.fields;
    fields.owner = &t->release.owner;
    *out = buffer_make(BODY_MAX);
    must(!failed(pkcs11_encode_release(&fields, out)), "release");
}

enum status_code release_now(struct adversary *a, struct attempt *t,
                             const struct row *row)
{
    AUTO_CLEAR_BUFFER body = buffer_make(1);

    if (row && row->moment == WITH_ITS_LEAF)
        row->spoil(a, t);
    release_subject(t);
    if (row && row->moment == IN_ITS_LEAF)
        row->spoil(a, t);
    if (t->keep_back) {
        adversary_describe(a);
        t->leaf.index = a->about.size;
        must(!failed(api_leaf_encode(&t->leaf, t->release.fields.leaf)),
             "leaf");
    } else {
        adversary_append(a, &t->leaf, t->release.fields.leaf);
    }
    if (row && row->moment == AFTER_ITS_LEAF)
        row->spoil(a, t);
    release_body(t, &body);
    return adversary_ask(a, PKCS11_RELEASE, buffer_bytes(&body));
}

void honest_release(struct adversary *a, const char *name)
{
    static struct attempt t;
    attempt_release(a, &t, a->release);
    (void)release_now(a, &t, NULL);
    adversary_judge(a, name, STATUS_OK, "");
    adversary_say(a, "... and it is one key, wrapped to the program's",
                  a->answer.body.len == 384, "its length");
}

/* --- certificates -------------------------------------------------------- */

void attempt_certify(struct adversary *a, struct attempt *t,
                     const struct taped *as)
{
    struct reason why = { "" };
    (void)a;
    *t = (struct attempt){ .keep_back = false };
    must(!failed(pkcs11_decode_certify(as->body, &t->certify, &why)), why.text);
    must(!failed(random_fill(t->certify.fields.salt, API_SALT_LEN)), "salt");
    t->leaf =
        (struct api_leaf){ .kind = API_LEAF_CERTIFICATE, .time = today() };
}

void certify_subject(struct attempt *t)
{
    const struct pkcs11_certify *asked = &t->certify.fields;
    struct reason why = { "" };
    struct api_certificate_subject subject = {
        .kind = (uint8_t)asked->kind,
        .account = asked->account,
        .id = asked->id,
        .not_after = asked->not_after,
        .configuration = asked->configuration,
        .invitation = asked->invitation,
    };
    t->leaf.account = asked->account;
    must(!failed(hash_of(&subject.spki, asked->spki)) &&
             !failed(api_names_hash(asked->names, asked->names_count,
                                    &subject.names)),
         "names");
    if (asked->rule)
        must(!failed(hash_of(&subject.evidence, asked->evidence)) &&
                 !failed(
                     api_identity_hash(asked->rule, &subject.identity, &why)),
             why.text);
    must(!failed(
             api_subject_certificate(asked->salt, &subject, &t->leaf.subject)),
         "subject");
}

void certify_body(const struct attempt *t, struct buffer *out)
{
    struct reason why = { "" };
    *out = buffer_make(BODY_MAX);
    must(!failed(pkcs11_encode_certify(&t->certify.fields, out, &why)),
         why.text);
}

enum status_code certify_now(struct adversary *a, struct attempt *t,
                             const struct row *row)
{
    AUTO_CLEAR_BUFFER body = buffer_make(1);

    if (row && row->moment == WITH_ITS_LEAF)
        row->spoil(a, t);
    certify_subject(t);
    if (row && row->moment == IN_ITS_LEAF)
        row->spoil(a, t);
    if (t->keep_back) {
        adversary_describe(a);
        t->leaf.index = a->about.size;
        must(!failed(api_leaf_encode(&t->leaf, t->certify.fields.leaf)),
             "leaf");
    } else {
        adversary_append(a, &t->leaf, t->certify.fields.leaf);
    }
    if (row && row->moment == AFTER_ITS_LEAF)
        row->spoil(a, t);
    certify_body(t, &body);
    return adversary_ask(a, PKCS11_CERTIFY, buffer_bytes(&body));
}

void honest_certificate(struct adversary *a, const char *name)
{
    static struct attempt t;
    attempt_certify(a, &t, a->certify);
    (void)certify_now(a, &t, NULL);
    adversary_judge(a, name, STATUS_OK, "");
}
