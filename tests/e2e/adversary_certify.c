/* adversary_certify.c - certificates that nobody may have. */

#include <stdio.h>

#include "tests/e2e/adversary.h"

#define HONEST "the program's certificate, again, for its key and evidence"

static void own_key(struct adversary *a, struct attempt *t)
{
    t->certify.fields.spki = ca_spki(ca_key_public(a->rsa));
}

static void other_configuration(struct adversary *a, struct attempt *t)
{
    static struct pkcs11_certify_message other;
    struct reason why = { "" };
    must(!failed(pkcs11_decode_certify(a->other_certify->body, &other, &why)),
         why.text);
    t->certify.fields.configuration = other.fields.configuration;
}

/* Evidence, changed where it matters: its last byte but one is the chain's. */
static void spoil_evidence(struct attempt *t, size_t at)
{
    struct bytes evidence = t->certify.fields.evidence;
    must(evidence.len <= sizeof(t->keys), "evidence");
    memcpy(t->keys, evidence.at, evidence.len);
    ((unsigned char *)t->keys)[at] ^= 1;
    t->certify.fields.evidence =
        bytes_of((const unsigned char *)t->keys, evidence.len);
}

static void changed_report(struct adversary *a, struct attempt *t)
{
    (void)a;
    spoil_evidence(t, 48 + 64); /* in MRENCLAVE */
}

static void changed_signature(struct adversary *a, struct attempt *t)
{
    (void)a;
    spoil_evidence(t, 48 + 384 + 4 + 5); /* of the attestation key */
}

static void no_evidence(struct adversary *a, struct attempt *t)
{
    (void)a;
    t->certify.fields.evidence = bytes_of(NULL, 0);
}

static void no_evidence_no_rule(struct adversary *a, struct attempt *t)
{
    no_evidence(a, t);
    t->certify.fields.rule = NULL;
}

static void another_program(struct adversary *a, struct attempt *t)
{
    (void)a;
    t->certify.rule.sgx.mrenclave[0] ^= 1;
}

static void real_hardware(struct adversary *a, struct attempt *t)
{
    (void)a;
    t->certify.rule.kind &= (uint8_t)~API_KIND_SIMULATED;
}

static void another_anchor(struct adversary *a, struct attempt *t)
{
    (void)a;
    t->certify.rule.anchor.bytes[0] ^= 1;
}

static void a_nodes_word(struct adversary *a, struct attempt *t)
{
    (void)a;
    t->certify.fields.binding = (struct ca_binding){ .rule = CA_BINDS_VOUCHED };
}

static void own_nonce(struct adversary *a, struct attempt *t)
{
    (void)a;
    memset(t->certify.fields.nonce.bytes, 7, HASH_LEN);
}

static void a_person_with_evidence(struct adversary *a, struct attempt *t)
{
    (void)a;
    t->certify.fields.kind = CA_PERSON;
}

static void two_days_and_more(struct adversary *a, struct attempt *t)
{
    (void)a;
    t->certify.fields.not_after += 3 * 86400;
}

static void name_it(struct attempt *t, const char *name)
{
    t->certify.names[0] = name;
    t->certify.fields.names = t->certify.names;
    t->certify.fields.names_count = 1;
}

static void an_enclaves_name(struct adversary *a, struct attempt *t)
{
    (void)a;
    name_it(t, "x.id.accord.test");
}

static void a_nodes_name(struct adversary *a, struct attempt *t)
{
    (void)a;
    name_it(t, "x.nodes.accord.test");
}

static void a_free_name(struct adversary *a, struct attempt *t)
{
    (void)a;
    name_it(t, "program.example.org");
}

/* --- what the log says --------------------------------------------------- */

static void leaf_kept_back(struct adversary *a, struct attempt *t)
{
    (void)a;
    t->keep_back = true;
}

static void leaf_of_a_release(struct adversary *a, struct attempt *t)
{
    (void)a;
    t->leaf.kind = API_LEAF_RELEASE;
}

static void leaf_of_another_account(struct adversary *a, struct attempt *t)
{
    (void)a;
    t->leaf.account.bytes[0] ^= 1;
}

static void leaf_of_another_subject(struct adversary *a, struct attempt *t)
{
    (void)a;
    t->leaf.subject.bytes[0] ^= 1;
}

static void no_leaf(struct adversary *a, struct attempt *t)
{
    (void)a;
    memset(t->certify.fields.leaf, 0, API_LEAF_LEN);
}

static void another_account(struct adversary *a, struct attempt *t)
{
    (void)a;
    t->certify.fields.account.bytes[0] ^= 1;
}

static void another_id(struct adversary *a, struct attempt *t)
{
    (void)a;
    t->certify.fields.id.bytes[0] ^= 1;
}

static void a_second_more(struct adversary *a, struct attempt *t)
{
    (void)a;
    t->certify.fields.not_after++;
}

static void another_salt(struct adversary *a, struct attempt *t)
{
    (void)a;
    t->certify.fields.salt[0] ^= 1;
}

static void a_looser_rule(struct adversary *a, struct attempt *t)
{
    (void)a;
    t->certify.rule.tcb_mask |= API_TCB_OUT_OF_DATE;
}

static void used_already(struct adversary *a, struct attempt *t)
{
    AUTO_CLEAR_BUFFER body = buffer_make(1);
    certify_body(t, &body);
    must(adversary_ask(a, PKCS11_CERTIFY, buffer_bytes(&body)) == STATUS_OK,
         "the first of two");
}

#define SUBJECT "leaf # has another subject than what is asked"
#define UNBOUND "the evidence does not bind this key and configuration"
#define QUOTE   "quote-sig: the attestation key did not sign the quote"
#define ENCLAVES                                                               \
    "rule, evidence and configuration belong to enclaves, and to each of them"

/* clang-format off */
static const struct row rows[] = {
    { "a certificate for a key of its own, with the program's evidence", WITH_ITS_LEAF, own_key,
      STATUS_DENIED, UNBOUND },
    { "a certificate for another configuration, with the program's evidence", WITH_ITS_LEAF,
      other_configuration, STATUS_DENIED, UNBOUND },
    { "evidence that says another program", WITH_ITS_LEAF, changed_report, STATUS_DENIED, QUOTE },
    { "evidence with a changed signature", WITH_ITS_LEAF, changed_signature, STATUS_DENIED, QUOTE },
    { "an enclave without evidence", WITH_ITS_LEAF, no_evidence, STATUS_INVALID, ENCLAVES },
    { "an enclave without evidence and rule", WITH_ITS_LEAF, no_evidence_no_rule, STATUS_INVALID,
      ENCLAVES },
    { "the rule of another program", WITH_ITS_LEAF, another_program, STATUS_DENIED,
      "mrenclave: another program" },
    { "a rule for hardware, with simulated evidence", WITH_ITS_LEAF, real_hardware, STATUS_DENIED,
      "kind: the rule demands sgx, the evidence is sgx-simulated" },
    { "a rule under another root", WITH_ITS_LEAF, another_anchor, STATUS_DENIED,
      "anchor: vouched for by another root" },
    { "the evidence called a node's word", WITH_ITS_LEAF, a_nodes_word, STATUS_DENIED,
      "attestation certificate: it is malformed" },
    { "a nonce of its own", WITH_ITS_LEAF, own_nonce, STATUS_DENIED,
      "nonce: not one that was made here since the last start: ask for another" },
    { "a person with an enclave's evidence", WITH_ITS_LEAF, a_person_with_evidence, STATUS_INVALID,
      ENCLAVES },
    { "a life beyond the cap", WITH_ITS_LEAF, two_days_and_more, STATUS_INVALID,
      "enclave certificate: its life of # s is over the cap of 172800 s" },
    { "an enclave's name asked for", WITH_ITS_LEAF, an_enclaves_name, STATUS_DENIED,
      "name \"x.id.accord.test\" is kept for the installation itself" },
    { "a node's name asked for", WITH_ITS_LEAF, a_nodes_name, STATUS_DENIED,
      "name \"x.nodes.accord.test\" is kept for the installation itself" },
    { "no leaf at all", AFTER_ITS_LEAF, no_leaf, STATUS_INVALID, "the leaf is malformed" },
    { "a leaf that was not appended", WITH_ITS_LEAF, leaf_kept_back, STATUS_DENIED,
      "leaf # was not appended in this generation" },
    { "a leaf of another kind", IN_ITS_LEAF, leaf_of_a_release, STATUS_DENIED,
      "leaf # is not of kind certificate" },
    { "a leaf filed under another account", IN_ITS_LEAF, leaf_of_another_account, STATUS_DENIED,
      "leaf # is filed under another account" },
    { "a leaf about something else", IN_ITS_LEAF, leaf_of_another_subject, STATUS_DENIED, SUBJECT },
    { "a leaf that is used", AFTER_ITS_LEAF, used_already, STATUS_DENIED,
      "leaf # was performed already" },
    { "another account than the log says", AFTER_ITS_LEAF, another_account, STATUS_DENIED,
      "leaf # is filed under another account" },
    { "another build than the log says", AFTER_ITS_LEAF, another_id, STATUS_DENIED, SUBJECT },
    { "a second more than the log says", AFTER_ITS_LEAF, a_second_more, STATUS_DENIED, SUBJECT },
    { "another salt than the log's", AFTER_ITS_LEAF, another_salt, STATUS_DENIED, SUBJECT },
    { "another key than the log says", AFTER_ITS_LEAF, own_key, STATUS_DENIED, SUBJECT },
    { "another configuration than the log says", AFTER_ITS_LEAF, other_configuration, STATUS_DENIED,
      SUBJECT },
    { "other evidence than the log says", AFTER_ITS_LEAF, changed_report, STATUS_DENIED, SUBJECT },
    { "a looser rule than the log says", AFTER_ITS_LEAF, a_looser_rule, STATUS_DENIED, SUBJECT },
    { "a name that the log does not say", AFTER_ITS_LEAF, a_free_name, STATUS_DENIED, SUBJECT },
};
/* clang-format on */

/* Servers and people: no evidence, and so the leaf is all there is. */
static void of_others(struct adversary *a)
{
    static struct attempt t;
    const struct row looks_like_an_enclave = { "", WITH_ITS_LEAF,
                                               an_enclaves_name, 0, "" };
    const struct row too_long = { "", WITH_ITS_LEAF, two_days_and_more, 0, "" };

    attempt_certify(a, &t, a->server);
    (void)certify_now(a, &t, &looks_like_an_enclave);
    adversary_judge(a, "a server with a name of enclaves", STATUS_DENIED,
                    "x.id.accord.test is a name of enclaves");
    attempt_certify(a, &t, a->server);
    (void)certify_now(a, &t, &too_long);
    adversary_judge(a, "a server for longer than 30 days", STATUS_INVALID,
                    "server certificate: its life of # s is over the cap of "
                    "2592000 s");
    (void)adversary_ask(a, PKCS11_CERTIFY, a->person->body);
    adversary_judge(a, "a person's certificate a second time, by its old leaf",
                    STATUS_DENIED, "leaf # was performed already");
}

/* Every byte that is signed is covered by the leaf: but of the common name,
 * by which nobody is known. What is sent beside what is signed (binding,
 * nonce, collateral) may change as long as the verifier still says yes. */
static void every_byte(struct adversary *a)
{
    static struct attempt t, changed;
    AUTO_CLEAR_BUFFER body = buffer_make(1);
    struct reason why = { "" };
    size_t accepted = 0, tried = 0, len = 0;

    attempt_certify(a, &t, a->certify);
    certify_subject(&t);
    adversary_append(a, &t.leaf, t.certify.fields.leaf);
    certify_body(&t, &body);
    for (size_t at = 0; at < body.len; at++, tried++) {
        body.data[at] ^= 1;
        bool same_name =
            !failed(pkcs11_decode_certify(buffer_bytes(&body), &changed.certify,
                                          &why)) &&
            strcmp(changed.certify.common_name, t.certify.common_name) == 0;
        enum status_code code =
            adversary_ask(a, PKCS11_CERTIFY, buffer_bytes(&body));
        body.data[at] ^= 1;
        if (code != STATUS_OK)
            continue;
        accepted += same_name;
        adversary_append(a, &t.leaf, t.certify.fields.leaf);
        buffer_clear(&body);
        certify_body(&t, &body);
    }
    for (; len < body.len; len++, tried++)
        accepted += adversary_ask(a, PKCS11_CERTIFY,
                                  bytes_of(body.data, len)) == STATUS_OK;
    (void)printf("%zu certificates asked for with a byte changed or missing\n",
                 tried);
    adversary_say(a, "no changed or cut request gets a certificate",
                  accepted == 0, "one did");
    (void)adversary_ask(a, PKCS11_CERTIFY, buffer_bytes(&body));
    adversary_judge(a, "... and the same leaf is good for the honest one",
                    STATUS_OK, "");
}

/* C may write any rule into the log, and gets a certificate that no owner's
 * grant names. */
static void by_a_looser_rule(struct adversary *a)
{
    static struct attempt t;
    const struct row looser = { "", WITH_ITS_LEAF, a_looser_rule, 0, "" };
    attempt_certify(a, &t, a->certify);
    (void)certify_now(a, &t, &looser);
    adversary_judge(a, "limit: a certificate by a rule that nobody granted",
                    STATUS_OK, "");
    buffer_put(&a->looser, a->answer.body);
}

void adversary_certificates(struct adversary *a)
{
    static struct attempt t;
    honest_certificate(a, HONEST);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        attempt_certify(a, &t, a->certify);
        (void)certify_now(a, &t, &rows[i]);
        adversary_judge(a, rows[i].name, rows[i].code, rows[i].text);
    }
    of_others(a);
    every_byte(a);
    by_a_looser_rule(a);
    honest_certificate(a, HONEST);
}
