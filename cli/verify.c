#include "cli/verify.h"

#include "base/text.h"
#include "ca/ca.h"

struct status verifier_add_anchor(struct verifier *v, struct bytes pem,
                                  bool simulated, struct reason *why)
{
    if (v->anchors_count == VERIFY_ANCHORS_MAX)
        return refuse(why, STATUS_INVALID, "root", "more than %d roots",
                      VERIFY_ANCHORS_MAX);
    TRY(attest_anchor_read(pem, "root", simulated,
                           &v->anchors[v->anchors_count], why));
    v->anchors_count++;
    return OK;
}

/* One leaf of the export, decoded. */
struct entry {
    struct api_leaf leaf;
    unsigned char raw[API_LEAF_LEN];
    unsigned char salt[API_SALT_LEN];
    const char *detail; /* NULL: another account's */
    const json_t *json;
};

static struct status fixed(const json_t *json, const char *name, void *out,
                           size_t len, struct reason *why)
{
    AUTO_CLEAR_BUFFER raw = buffer_make(len);
    TRY(api_json_base64(json, name, &raw, why));
    if (raw.len != len)
        return refuse(why, STATUS_CORRUPT, name, "%s has another length", name);
    memcpy(out, raw.data, len);
    return OK;
}

static struct status read_entry(const json_t *json, struct entry *out,
                                struct reason *why)
{
    out->json = json;
    TRY(fixed(json, "leaf", out->raw, sizeof(out->raw), why));
    TRY(fixed(json, "salt", out->salt, sizeof(out->salt), why));
    TRY(api_leaf_decode(bytes_of(out->raw, sizeof(out->raw)), &out->leaf));
    out->detail = json_string_value(json_object_get(json, "detail"));
    return OK;
}

static struct status check_detail(struct verifier *v, const struct entry *e,
                                  struct reason *why)
{
    struct hash hash;
    if (!e->detail)
        return OK;
    TRY(api_detail_hash(e->salt, bytes_of_string(e->detail), &hash));
    if (!hash_equal(&hash, &e->leaf.detail))
        return refuse(why, STATUS_CORRUPT, "detail",
                      "leaf %llu: its detail was altered",
                      (unsigned long long)e->leaf.index);
    v->details++;
    return OK;
}

/* What a certificate's detail says of its evidence. */
struct certified {
    struct api_identity_rule rule;
    struct hash digest;
    struct hash collateral; /* that it was judged with; zero: none */
    uint16_t tcb;           /* and the state that was found */
    struct ca_expectation expected;
    struct buffer material; /* of expected.binding */
};

static struct status read_binding(const json_t *detail, struct certified *out,
                                  struct reason *why)
{
    struct ca_expectation *e = &out->expected;
    const char *name;
    TRY(api_json_text(detail, "binding", &name, why));
    if (failed(ca_binding_parse(bytes_of_string(name), &e->binding.rule)))
        return refuse(why, STATUS_INVALID, "binding",
                      "binding: this program knows no such rule");
    if (!json_is_null(json_object_get(detail, "nonce")))
        TRY(api_json_hash(detail, "nonce", &e->nonce, why));
    if (!json_is_null(json_object_get(detail, "material")))
        TRY(api_json_base64(detail, "material", &out->material, why));
    e->binding.material = buffer_bytes(&out->material);
    e->own_place = (out->rule.kind & API_KIND_PLATFORM) == API_KIND_NITRO;
    return OK;
}

static struct status read_verdict(const json_t *detail, struct certified *out,
                                  struct reason *why)
{
    const json_t *verdict;
    const char *tcb;
    TRY(api_json_object(detail, "verdict", &verdict, why));
    TRY(api_json_text(verdict, "tcb", &tcb, why));
    if (failed(api_tcb_parse(bytes_of_string(tcb), &out->tcb)))
        return refuse(why, STATUS_INVALID, "tcb",
                      "verdict.tcb: this program knows no such state");
    if (json_is_null(json_object_get(verdict, "collateral")))
        return OK;
    return api_json_hash(verdict, "collateral", &out->collateral, why);
}

static struct status read_certified(const json_t *detail, struct certified *out,
                                    struct reason *why)
{
    AUTO_CLEAR_BUFFER spki = buffer_make(CA_SPKI_MAX);
    const json_t *rule;
    TRY(api_json_object(detail, "rule", &rule, why));
    TRY(api_rule_from_json(rule, &out->rule, why));
    TRY(api_json_hash(detail, "configuration", &out->expected.configuration,
                      why));
    TRY(api_json_hash(detail, "evidence", &out->digest, why));
    TRY(api_json_base64(detail, "spki", &spki, why));
    TRY(hash_of(&out->expected.spki, buffer_bytes(&spki)));
    TRY(read_verdict(detail, out, why));
    return read_binding(detail, out, why);
}

/* The collateral that a leaf of this export brought, by its digest. */
static struct status find_collateral(const struct verifier *v,
                                     const struct hash *digest,
                                     struct buffer *out, struct reason *why)
{
    char hex[2 * HASH_LEN + 1];
    hex_encode(hash_bytes(digest), hex);
    if (!json_object_get(v->collateral, hex))
        return refuse(why, STATUS_CORRUPT, "collateral",
                      "collateral missing: %.16s... is in no leaf", hex);
    return api_json_base64(v->collateral, hex, out, why);
}

/* As it was judged: with the same collateral, at the same time. */
static struct status measure(const struct verifier *v, const struct entry *e,
                             const struct certified *c, struct bytes evidence,
                             struct attest_identity *out, struct reason *why)
{
    AUTO_CLEAR_BUFFER encoded = buffer_make(ATTEST_COLLATERAL_MAX);
    struct attest_collateral collateral;
    struct attest_question asked =
        attest_ask(evidence, v->anchors, v->anchors_count, e->leaf.time / 1000);
    if (!hash_is_zero(&c->collateral)) {
        TRY(find_collateral(v, &c->collateral, &encoded, why));
        TRY(attest_collateral_decode(buffer_bytes(&encoded), &collateral));
        asked.collateral = &collateral;
    }
    asked.evaluation_min = c->rule.terms.evaluation_min;
    return attest_verify(&asked, out, why);
}

static struct status measure_word(
    const struct verifier *v, const struct entry *e, const struct certified *c,
    struct bytes evidence, struct attest_identity *out, struct reason *why)
{
    const struct ca_expectation *expected = &c->expected;
    const struct words_question asked = {
        .evidence = evidence,
        .time = e->leaf.time / 1000,
        .spki = expected->spki,
        .configuration = expected->configuration,
        .account = e->leaf.account,
    };
    if (!hash_is_zero(&expected->nonce))
        return refuse(why, STATUS_CORRUPT, "evidence",
                      "nonce: a node's word has no place for one");
    return words_judge(&v->words, &asked, out, why);
}

static struct status check_state(const struct certified *c,
                                 const struct attest_identity *out,
                                 struct reason *why)
{
    if (out->tcb != c->tcb)
        return refuse(why, STATUS_CORRUPT, "evidence",
                      "the platform's recorded state is %s, its evidence "
                      "says %s",
                      api_tcb_name(c->tcb), api_tcb_name(out->tcb));
    return OK;
}

static struct status check_binding(const struct certified *c,
                                   const struct attest_identity *identity,
                                   struct reason *why)
{
    unsigned char expected[CA_REPORT_DATA_LEN];
    TRY(ca_expected(&c->expected, expected, why));
    bool nonce = !c->expected.own_place || hash_is_zero(&c->expected.nonce) ||
                 !failed(attest_has_nonce(identity, &c->expected.nonce));
    if (!nonce || failed(attest_binds(identity, expected)))
        return refuse(why, STATUS_CORRUPT, "evidence",
                      "its evidence is bound to another key");
    return OK;
}

static struct status judge(struct verifier *v, const struct entry *e,
                           const struct certified *c, struct bytes evidence,
                           struct reason *why)
{
    struct attest_identity identity;
    struct hash digest;
    TRY(hash_of(&digest, evidence));
    if (!hash_equal(&digest, &c->digest))
        return refuse(why, STATUS_CORRUPT, "evidence",
                      "its evidence is not the recorded one");
    bool word = c->expected.binding.rule == CA_BINDS_VOUCHED;
    TRY(word ? measure_word(v, e, c, evidence, &identity, why)
             : measure(v, e, c, evidence, &identity, why));
    TRY(check_state(c, &identity, why));
    TRY(attest_matches(&c->rule, &identity, e->leaf.time / 1000, why));
    if (!word)
        TRY(check_binding(c, &identity, why));
    v->evidence++;
    return OK;
}

static struct status check_evidence(struct verifier *v, const struct entry *e,
                                    struct reason *why)
{
    AUTO_JSON *detail = NULL;
    AUTO_CLEAR_BUFFER evidence = buffer_make(65536);
    struct certified certified = { .material = buffer_make(CA_MATERIAL_MAX) };
    struct reason cause = { "" };
    if (e->leaf.kind != API_LEAF_CERTIFICATE || !e->detail)
        return OK;
    TRY(api_json_read(bytes_of_string(e->detail), 1024 * 1024, false, &detail,
                      why));
    const char *kind = json_string_value(json_object_get(detail, "kind"));
    if (!kind || strcmp(kind, ca_kind_name(CA_ENCLAVE)) != 0)
        return OK;
    struct status s = read_certified(detail, &certified, &cause);
    if (!failed(s))
        s = api_json_base64(e->json, "evidence", &evidence, &cause);
    if (!failed(s))
        s = judge(v, e, &certified, buffer_bytes(&evidence), &cause);
    buffer_clear(&certified.material);
    if (s.code == STATUS_NO_MEMORY)
        return s; /* no verdict */
    if (failed(s))
        return refuse(why, STATUS_CORRUPT, "evidence",
                      "leaf %llu: a certificate without good evidence: %s",
                      (unsigned long long)e->leaf.index,
                      cause.text[0] ? cause.text : "evidence missing");
    return OK;
}

static struct status check_seen(const struct api_frontier *frontier,
                                const struct api_head *seen, struct reason *why)
{
    struct hash root;
    if (seen->size == 0 || seen->size != frontier->size)
        return OK;
    TRY(api_frontier_root(frontier, &root));
    if (!hash_equal(&root, &seen->root))
        return refuse(why, STATUS_CORRUPT, "log",
                      "THE HISTORY WAS REWRITTEN before leaf %llu: it does "
                      "not contain the head that you have seen",
                      (unsigned long long)seen->size);
    return OK;
}

static struct status check_leaf(struct verifier *v, const json_t *json,
                                struct api_frontier *frontier, uint64_t *time,
                                struct reason *why)
{
    struct entry e = { .detail = NULL };
    struct reason cause = { "" };
    struct hash hash;
    struct status s = read_entry(json, &e, &cause);
    if (s.code == STATUS_NO_MEMORY)
        return s;
    if (failed(s))
        return refuse(why, s.code, "leaf", "leaf %llu: %s",
                      (unsigned long long)frontier->size,
                      cause.text[0] ? cause.text : "it is malformed");
    if (e.leaf.index != frontier->size || e.leaf.time < *time)
        return refuse(why, STATUS_CORRUPT, "log",
                      "leaf %llu: index or time out of order",
                      (unsigned long long)frontier->size);
    *time = e.leaf.time;
    TRY(check_detail(v, &e, why));
    if (e.leaf.kind == API_LEAF_CHANGE && e.detail)
        TRY(words_note(&v->words, e.detail, why));
    TRY(check_evidence(v, &e, why));
    TRY(api_leaf_hash(e.raw, &hash));
    TRY(api_frontier_add(frontier, &hash));
    v->leaves++;
    return OK;
}

static struct status check_head(const json_t *log,
                                const struct api_frontier *frontier,
                                const struct api_spki *log_key,
                                const struct api_head *seen, struct reason *why)
{
    struct api_head head;
    struct hash root;
    TRY(api_head_from_json(json_object_get(log, "head"), &head, why));
    TRY(api_frontier_root(frontier, &root));
    struct status held = api_head_verify(&head, log_key);
    if (held.code == STATUS_NO_MEMORY)
        return held; /* no verdict */
    if (failed(held))
        return refuse(why, STATUS_CORRUPT, "head",
                      "the head is not signed by the pinned log key");
    if (head.size != frontier->size || !hash_equal(&head.root, &root))
        return refuse(why, STATUS_CORRUPT, "head",
                      "the leaves do not give the signed root: a leaf was "
                      "altered, added or left out");
    if (seen->size > head.size ||
        (seen->size > 0 && !api_id_equal(&seen->store, &head.store)))
        return refuse(why, STATUS_CORRUPT, "head",
                      "this history is shorter than what you have seen, or "
                      "another store's");
    return OK;
}

/* First of all: certificates may stand before the leaf that brings what they
 * were judged with. */
static struct status collect(struct verifier *v, const json_t *json,
                             struct reason *why)
{
    AUTO_CLEAR_BUFFER whole = buffer_make(ATTEST_COLLATERAL_MAX);
    struct hash digest;
    char hex[2 * HASH_LEN + 1];
    json_t *text = json_object_get(json, "collateral");
    if (!text)
        return OK;
    TRY(api_json_base64(json, "collateral", &whole, why));
    TRY(hash_of(&digest, buffer_bytes(&whole)));
    hex_encode(hash_bytes(&digest), hex);
    return json_object_set(v->collateral, hex, text) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status run(struct verifier *v, const json_t *log,
                         const struct api_spki *log_key,
                         const struct api_head *seen, struct reason *why)
{
    struct api_frontier frontier = { 0 };
    const json_t *leaves;
    uint64_t time = 0;
    TRY(api_json_array(log, "leaves", &leaves, why));
    for (size_t i = 0; i < json_array_size(leaves); i++)
        TRY(collect(v, json_array_get(leaves, i), why));
    for (size_t i = 0; i < json_array_size(leaves); i++) {
        TRY(check_leaf(v, json_array_get(leaves, i), &frontier, &time, why));
        TRY(check_seen(&frontier, seen, why));
    }
    return check_head(log, &frontier, log_key, seen, why);
}

struct status verifier_run(struct verifier *v, const json_t *log,
                           const struct api_spki *log_key,
                           const struct api_head *seen, struct reason *why)
{
    AUTO_JSON *collateral = json_object();
    AUTO_JSON *gone = json_object();
    if (!collateral || !gone)
        return failure(STATUS_NO_MEMORY, "json", 0);
    v->collateral = collateral;
    v->words.gone = gone;
    struct status s = run(v, log, log_key, seen, why);
    v->collateral = v->words.gone = NULL;
    return s;
}
