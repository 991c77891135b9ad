/* adversary_jobs.c - the log, credentials coming in, clear text, frames. */

#include <stdio.h>

#include "tests/e2e/adversary.h"

/* --- the log ------------------------------------------------------------- */

static struct api_leaf next_leaf(struct adversary *a)
{
    adversary_describe(a);
    return (struct api_leaf){ .kind = API_LEAF_CHANGE,
                              .index = a->about.size,
                              .time = a->about.time };
}

static void put_leaf(struct buffer *body, const struct api_leaf *leaf)
{
    unsigned char encoded[API_LEAF_LEN];
    must(!failed(api_leaf_encode(leaf, encoded)), "leaf");
    buffer_put(body, bytes_of(encoded, sizeof(encoded)));
}

static void a_gap(struct adversary *a, struct buffer *body)
{
    struct api_leaf leaf = next_leaf(a);
    leaf.index++;
    put_leaf(body, &leaf);
}

/* Another newest leaf than the one that is signed. */
static void a_fork(struct adversary *a, struct buffer *body)
{
    struct api_leaf leaf = next_leaf(a);
    leaf.index--;
    memset(leaf.subject.bytes, 0xf0, HASH_LEN);
    put_leaf(body, &leaf);
}

/* All history again, as the broker sent it first. */
static void a_replay(struct adversary *a, struct buffer *body)
{
    for (size_t i = 0; i < a->jobs_count; i++)
        if (a->jobs[i].job == PKCS11_APPEND && a->jobs[i].body.len > 0) {
            buffer_put(body, a->jobs[i].body);
            return;
        }
}

/* One that is due, and behind it one that is not: neither is taken. */
static void one_good_one_bad(struct adversary *a, struct buffer *body)
{
    struct api_leaf leaf = next_leaf(a);
    put_leaf(body, &leaf);
    put_leaf(body, &leaf);
}

static void time_back(struct adversary *a, struct buffer *body)
{
    struct api_leaf leaf = next_leaf(a);
    leaf.time--;
    put_leaf(body, &leaf);
}

static void time_ahead(struct adversary *a, struct buffer *body)
{
    struct api_leaf leaf = next_leaf(a);
    leaf.time = (uint64_t)time(NULL) * 1000 + 120000;
    put_leaf(body, &leaf);
}

static void too_many(struct adversary *a, struct buffer *body)
{
    struct api_leaf leaf = next_leaf(a);
    for (int i = 0; i <= PKCS11_LEAVES_MAX; i++, leaf.index++)
        put_leaf(body, &leaf);
}

static void half_a_leaf(struct adversary *a, struct buffer *body)
{
    struct api_leaf leaf = next_leaf(a);
    put_leaf(body, &leaf);
    body->len /= 2;
}

static void of_no_kind(struct adversary *a, struct buffer *body)
{
    struct api_leaf leaf = next_leaf(a);
    put_leaf(body, &leaf);
    body->data[0] = 0;
}

/* A head of the adversary's own: a log of one leaf less. */
static void a_head(struct adversary *a, struct buffer *body)
{
    struct api_head head = a->head;
    head.size--;
    memset(head.root.bytes, 0xf0, HASH_LEN);
    pkcs11_encode_head(&head, body);
}

/* --- credentials come in ------------------------------------------------- */

static struct pkcs11_intake intake_of(const struct taped *job)
{
    struct pkcs11_intake intake;
    must(!failed(pkcs11_decode_intake(job->body, &intake)), "intake");
    return intake;
}

#define INTAKE(name, change)                                                   \
    static void name(struct adversary *a, struct buffer *body)                 \
    {                                                                          \
        struct pkcs11_intake intake = intake_of(a->intake);                    \
        change;                                                                \
        pkcs11_encode_intake(&intake, body);                                   \
    }

INTAKE(intake_elsewhere, intake.context.dataset.bytes[0] ^= 1)
INTAKE(intake_account, intake.context.account.bytes[0] ^= 1)
INTAKE(intake_version, intake.context.version.bytes[0] ^= 1)
INTAKE(intake_owner, intake.context.owner.bytes[0] ^= 1)
INTAKE(intake_blob, intake.blob.bytes[0] ^= 1)
INTAKE(intake_proof, intake.proof.bytes[0] ^= 1)
INTAKE(intake_other, intake.wrapped = intake_of(a->erased).wrapped)
INTAKE(intake_class, intake.context.flags = API_CLASS_CCM)
INTAKE(intake_short, intake.wrapped.len--)

/* --- clear text ---------------------------------------------------------- */

static void plain_in(struct adversary *a, struct buffer *body)
{
    const struct pkcs11_intake_plain_message asked = {
        intake_of(a->intake).context, bytes_of_string("secret")
    };
    pkcs11_encode_intake_plain(&asked, body);
}

/* The log tells the truth, as far as there is such a context. */
static void plain_subject(struct attempt *t,
                          const struct pkcs11_release_plain *asked)
{
    const struct hash none = { { 0 } };
    struct hash ctx, certificate;
    t->leaf.account = asked->context.account;
    must(!failed(api_context_hash(&asked->context, &ctx)) &&
             !failed(hash_of(&certificate, asked->certificate)) &&
             !failed(api_subject_release(asked->salt, &ctx, &certificate, &none,
                                         &t->leaf.subject)),
         "subject");
}

static void plain_out_as(struct adversary *a, struct buffer *body,
                         uint8_t flags)
{
    static struct attempt t;
    static const unsigned char blob[64];
    struct pkcs11_release_plain asked;

    attempt_release(a, &t, a->release);
    asked = (struct pkcs11_release_plain){
        .context = t.release.fields.context,
        .certificate = t.release.fields.certificate,
        .blob = bytes_of(blob, sizeof(blob)),
    };
    asked.context.flags = flags;
    if (flags == API_CLASS_CCM)
        asked.context.owner = (struct hash){ { 0 } };
    plain_subject(&t, &asked);
    adversary_append(a, &t.leaf, asked.leaf);
    pkcs11_encode_release_plain(&asked, body);
}

static void plain_out(struct adversary *a, struct buffer *body)
{
    plain_out_as(a, body, 0);
}

static void plain_out_as_ccm(struct adversary *a, struct buffer *body)
{
    plain_out_as(a, body, API_CLASS_CCM);
}

static void plain_in_as_ccm(struct adversary *a, struct buffer *body)
{
    struct pkcs11_intake_plain_message asked = { intake_of(a->intake).context,
                                                 bytes_of_string("secret") };
    asked.context.flags = API_CLASS_CCM;
    asked.context.owner = (struct hash){ { 0 } };
    must(!failed(api_id_random(&asked.context.version)), "an id");
    pkcs11_encode_intake_plain(&asked, body);
}

/* --- the rest ------------------------------------------------------------ */

static void nothing(struct adversary *a, struct buffer *body)
{
    (void)a;
    (void)body;
}

static void one_byte(struct adversary *a, struct buffer *body)
{
    (void)a;
    buffer_put_u8(body, 0);
}

static void half_a_serial(struct adversary *a, struct buffer *body)
{
    static const unsigned char serial[24];
    (void)a;
    const struct ca_crl_fields crl = { .serials = bytes_of(serial, 24),
                                       .this_update = 1,
                                       .next_update = 2,
                                       .number = 1 };
    pkcs11_encode_crl(&crl, body);
}

#define DUE       "leaf # comes where leaf # is due"
#define NO_INTAKE "the sealed credential does not open in this context"
#define NO_PLAIN                                                               \
    "ccm.plain_paths of the HSM is no: no credential passes in clear"
#define NO_JOB "there is no such job"

/* clang-format off */
static const struct raw_row rows[] = {
    { "history again from its first leaf", PKCS11_APPEND, a_replay, STATUS_DENIED, DUE },
    { "a leaf is left out", PKCS11_APPEND, a_gap, STATUS_DENIED, DUE },
    { "another newest leaf than the signed one", PKCS11_APPEND, a_fork, STATUS_DENIED, DUE },
    { "a good leaf, and a bad one behind it", PKCS11_APPEND, one_good_one_bad, STATUS_DENIED, DUE },
    { "a leaf before the newest time", PKCS11_APPEND, time_back, STATUS_DENIED,
      "the time of leaf # is before the leaf before it" },
    { "a leaf of the future", PKCS11_APPEND, time_ahead, STATUS_DENIED,
      "the time of leaf # is more than # s ahead of the clock of the HSM's host" },
    { "513 leaves", PKCS11_APPEND, too_many, STATUS_INVALID,
      "# bytes are not at most # leaves of # bytes" },
    { "half a leaf", PKCS11_APPEND, half_a_leaf, STATUS_INVALID,
      "# bytes are not at most # leaves of # bytes" },
    { "a leaf of no kind", PKCS11_APPEND, of_no_kind, STATUS_INVALID, "a leaf is malformed" },
    { "a head of its own, to be signed", PKCS11_APPEND, a_head, STATUS_INVALID,
      "# bytes are not at most # leaves of # bytes" },
    { "a head of its own, as the token's anchor", PKCS11_ANCHOR, a_head, STATUS_INVALID, NO_JOB },

    { "Dana's upload for another dataset", PKCS11_INTAKE, intake_elsewhere, STATUS_DENIED, NO_INTAKE },
    { "Dana's upload for another account", PKCS11_INTAKE, intake_account, STATUS_DENIED, NO_INTAKE },
    { "Dana's upload for another version", PKCS11_INTAKE, intake_version, STATUS_DENIED, NO_INTAKE },
    { "Dana's upload for another owner", PKCS11_INTAKE, intake_owner, STATUS_DENIED, NO_INTAKE },
    { "Dana's upload for another blob", PKCS11_INTAKE, intake_blob, STATUS_DENIED, NO_INTAKE },
    { "Dana's upload with another proof", PKCS11_INTAKE, intake_proof, STATUS_DENIED, NO_INTAKE },
    { "Dana's context with another upload's key", PKCS11_INTAKE, intake_other, STATUS_DENIED, NO_INTAKE },
    { "Dana's upload a byte short", PKCS11_INTAKE, intake_short, STATUS_DENIED, NO_INTAKE },
    { "Dana's upload called of the CCM class", PKCS11_INTAKE, intake_class, STATUS_INVALID,
      "only credentials of the signed class arrive sealed" },

    { "no such job: 0", 0, nothing, STATUS_INVALID, NO_JOB },
    { "no such job: one too large", PKCS11_JOBS, nothing, STATUS_INVALID, NO_JOB },
    { "a worker's word: began", PKCS11_BEGAN, nothing, STATUS_INVALID, NO_JOB },
    { "a worker's word: ready", PKCS11_READY, nothing, STATUS_INVALID, NO_JOB },
    { "a worker's word: tired", PKCS11_TIRED, nothing, STATUS_INVALID, NO_JOB },
    { "no such job: 255", 255, nothing, STATUS_INVALID, NO_JOB },
    { "an empty release", PKCS11_RELEASE, nothing, STATUS_INVALID, "the release message is malformed" },
    { "an empty certificate", PKCS11_CERTIFY, nothing, STATUS_INVALID, "the certify message is malformed" },
    { "an empty upload", PKCS11_INTAKE, nothing, STATUS_INVALID, "the intake message is malformed" },
    { "an upload of one byte", PKCS11_INTAKE, one_byte, STATUS_INVALID, "the intake message is malformed" },
    { "an empty erasure", PKCS11_ERASE, nothing, STATUS_INVALID, "the erase message is malformed" },
    { "half a serial to revoke", PKCS11_CRL, half_a_serial, STATUS_INVALID, "the crl message is malformed" },
};

static const struct raw_row plain_rows[] = {
    { "a sealed dataset's credential, in clear", PKCS11_RELEASE_PLAIN, plain_out, STATUS_DENIED,
      "this credential is not of the CCM class" },
    { "a sealed dataset called of the CCM class, in clear", PKCS11_RELEASE_PLAIN, plain_out_as_ccm,
      STATUS_NOT_FOUND, "the token has no key for this credential" },
    { "a credential in clear for a sealed dataset", PKCS11_INTAKE_PLAIN, plain_in, STATUS_DENIED,
      "only credentials of the CCM class arrive in clear" },
    { "(where clear text is allowed, it is taken in)", PKCS11_INTAKE_PLAIN, plain_in_as_ccm, STATUS_OK, "" },
};

static const struct raw_row sealed_rows[] = {
    { "a sealed dataset's credential, in clear", PKCS11_RELEASE_PLAIN, plain_out, STATUS_DENIED, NO_PLAIN },
    { "a sealed dataset called of the CCM class, in clear", PKCS11_RELEASE_PLAIN, plain_out_as_ccm,
      STATUS_DENIED, NO_PLAIN },
    { "a credential in clear for a sealed dataset", PKCS11_INTAKE_PLAIN, plain_in, STATUS_DENIED, NO_PLAIN },
    { "a credential in clear", PKCS11_INTAKE_PLAIN, plain_in_as_ccm, STATUS_DENIED, NO_PLAIN },
};
/* clang-format on */

static void each(struct adversary *a, const struct raw_row *row, size_t count)
{
    for (; count > 0; count--, row++) {
        AUTO_CLEAR_BUFFER body = buffer_make(PKCS11_REQUEST_MAX);
        row->make(a, &body);
        must(!failed(buffer_status(&body)), row->name);
        (void)adversary_ask(a, row->job, buffer_bytes(&body));
        adversary_judge(a, row->name, row->code, row->text);
    }
}

/* No signature that the HSM gave is one under another head than its own. */
static void no_forged_head(struct adversary *a)
{
    struct api_head head;
    adversary_describe(a);
    must(adversary_ask(a, PKCS11_APPEND, bytes_of(NULL, 0)) == STATUS_OK &&
             !failed(pkcs11_decode_head(a->answer.body, &a->head)),
         "the head as it stands");
    adversary_say(a, "the head as it stands is the HSM's own",
                  !failed(api_head_verify(&a->head, &a->about.log_key)) &&
                      a->head.size == a->about.size &&
                      hash_equal(&a->head.root, &a->about.root),
                  "it is another");
    head = a->head;
    head.size--;
    adversary_say(a, "its signature is of no shorter log",
                  failed(api_head_verify(&head, &a->about.log_key)), "it is");
    head = a->head;
    head.root.bytes[0] ^= 1;
    adversary_say(a, "nor of another root",
                  failed(api_head_verify(&head, &a->about.log_key)), "it is");
}

/* What the broker saw coming in, it can bring in again. */
static void uploads_again(struct adversary *a)
{
    (void)adversary_ask(a, PKCS11_INTAKE, a->intake->body);
    if (a->wrapped)
        adversary_judge(a,
                        "limit: Dana's upload again gives the kept key again",
                        STATUS_OK, "");
    else
        adversary_judge(a, "Dana's upload again", STATUS_CONFLICT,
                        "this version of the credential has a key already");
    (void)adversary_ask(a, PKCS11_INTAKE, a->erased->body);
    adversary_judge(a, "an upload whose key was destroyed, again",
                    STATUS_CONFLICT,
                    "this version of the credential was erased: seal a new "
                    "one");
}

void adversary_jobs(struct adversary *a)
{
    uint64_t size;
    adversary_describe(a);
    size = a->about.size;
    each(a, rows, sizeof(rows) / sizeof(rows[0]));
    uploads_again(a);
    adversary_describe(a);
    adversary_say(a, "none of that made history longer", a->about.size == size,
                  "it did");
    no_forged_head(a);
    each(a, a->plain ? plain_rows : sealed_rows,
         sizeof(plain_rows) / sizeof(plain_rows[0]));
    honest_release(a, "and the honest release goes on");
}
