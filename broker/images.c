#include "broker/images.h"

#include "attest/attest.h"
#include "base/text.h"
#include "broker/tasks.h"

/* --- the identity rule --------------------------------------------------- */

/* What "attributes" may hold, and the kind of evidence that proves it. Members
 * are the rule's own (api/identity_fields.h); `zero` ones may be left out. */
struct platform {
    const char *name, *anchor;
    uint8_t kind;
    const char *const *members, *const *zero;
};

static const char *const sgx_members[] = { "mrenclave", "mrsigner", "isvprodid",
                                           "isvsvn", NULL };
static const char *const nitro_members[] = { "hash_algorithm", "pcr0", "pcr1",
                                             "pcr2",           "pcr3", "pcr4",
                                             "pcr8",           NULL };
static const char *const tdx_members[] = {
    "mrtd",       "rtmr0",   "rtmr1",         "rtmr2",       "rtmr3",
    "mrconfigid", "mrowner", "mrownerconfig", "mrservicetd", NULL
};
static const char *const snp_members[] = { "measurement",   "host_data",
                                           "id_key_digest", "author_key_digest",
                                           "guest_svn_min", NULL };
static const char *const none[] = { NULL };
static const char *const tdx_zero[] = { "mrconfigid", "mrowner",
                                        "mrownerconfig", "mrservicetd", NULL };

/* clang-format off */
static const struct platform platforms[] = {
    { "sgx",                   "sgx",   API_KIND_SGX,   sgx_members,   none },
    { "sgx2",                  "sgx",   API_KIND_SGX,   sgx_members,   none },
    { "nitro_enclave",         "nitro", API_KIND_NITRO, nitro_members, none },
    { "baremetal_tdx",         "tdx",   API_KIND_TDX,   tdx_members,   tdx_zero },
    { "baremetal_amd_sev_snp", "snp",   API_KIND_SNP,   snp_members,   none },
    { 0 },
};
/* clang-format on */

static const struct platform *platform_named(const char *name)
{
    const struct platform *p = platforms;
    while (p->name && strcmp(p->name, name) != 0)
        p++;
    return p->name ? p : NULL;
}

/* The one platform whose measurements the body has, and where they are. */
static struct status find_platform(struct exchange *x,
                                   const struct platform **out,
                                   const json_t **measured)
{
    json_t *attributes = json_object_get(x->body, "attributes"), *value;
    const char *name;
    *out = &platforms[0];
    *measured = x->body;
    if (!attributes || json_is_null(attributes))
        return OK;
    if (!json_is_object(attributes) || json_object_size(attributes) != 1)
        return product_refuse(x, 400, "INVALID_VALUE",
                              "attributes: expected the measurements of one "
                              "platform");
    json_object_foreach(attributes, name, value)
    {
        *out = platform_named(name);
        *measured = value;
        if (!*out)
            return product_refuse(x, 501, "INVALID_BODY_PARAMETER",
                                  "attributes.%.40s: this broker cannot verify "
                                  "such images",
                                  name);
    }
    return json_is_object(*measured)
               ? OK
               : product_refuse(x, 400, "INVALID_VALUE",
                                "attributes.%s: expected an object",
                                (*out)->name);
}

/* `ccm.anchors` says which, "sgx:label"; without it the only one there is. */
static struct status find_anchor(struct exchange *x, const char *platform,
                                 struct attest_anchor *out)
{
    const struct broker *b = x->broker;
    size_t count = config_list_count(b->config, "ccm", "anchors");
    size_t len = strlen(platform);
    bool found = count == 0 && b->anchors_count == 1;
    if (found)
        *out = b->anchors[0];
    for (size_t i = 0; i < count; i++) {
        const char *item = config_list_item(b->config, "ccm", "anchors", i);
        if (strncmp(item, platform, len) != 0 || item[len] != ':')
            continue;
        for (size_t a = 0; a < b->anchors_count; a++)
            if (strcmp(b->anchors[a].label, item + len + 1) == 0) {
                *out = b->anchors[a];
                found = true;
            }
    }
    if (!found)
        return product_refuse(x, 501, "INVALID_BODY_PARAMETER",
                              "no anchor is named for %s images: ccm.anchors "
                              "of the broker's configuration",
                              platform);
    return OK;
}

static struct status tcb_of(struct exchange *x, bool simulated, uint16_t *out)
{
    const struct config *config = x->broker->config;
    *out = simulated ? API_TCB_UNEVALUATED : 0;
    for (size_t i = 0; i < config_list_count(config, "ccm", "tcb"); i++) {
        uint16_t bit;
        const char *name = config_list_item(config, "ccm", "tcb", i);
        if (failed(api_tcb_parse(bytes_of_string(name), &bit)))
            return product_refuse(x, 501, "INVALID_BODY_PARAMETER",
                                  "ccm.tcb of the broker's configuration: no "
                                  "such status: %.40s",
                                  name);
        *out |= bit;
    }
    return OK;
}

static struct status take_members(struct exchange *x, const struct platform *p,
                                  const json_t *measured, json_t *rule)
{
    static const char zeros[] = "00000000000000000000000000000000000000000000"
                                "0000000000000000000000000000000000000000000000"
                                "000000";
    bool whole_body = measured == x->body;
    struct reason why = { "" };
    size_t count = 0;
    while (p->members[count])
        count++;
    if (!whole_body && failed(api_json_only(measured, p->members, count, &why)))
        return product_refuse(x, 400, "INVALID_BODY_PARAMETER",
                              "attributes.%s: %s", p->name, why.text);
    for (size_t i = 0; i < count; i++) {
        json_t *value = json_object_get(measured, p->members[i]);
        if (value && !json_is_null(value) &&
            json_object_set(rule, p->members[i], value) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
    }
    for (const char *const *zero = p->zero; *zero; zero++)
        if (!json_object_get(rule, *zero) &&
            json_object_set_new(rule, *zero, json_string(zeros)) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
    return OK;
}

/* MRENCLAVE alone decides what runs; signer, product and version are compared
 * besides when a certificate is issued: image_check(). */
static struct status sgx_of(struct exchange *x, const json_t *measured,
                            json_t *rule, json_t *info)
{
    static const char *const digests[] = { "mrenclave", "mrsigner" };
    static const char *const numbers[] = { "isvprodid", "isvsvn" };
    for (size_t i = 0; i < 2; i++) {
        unsigned char raw[32];
        char hex[65];
        const char *text =
            json_string_value(json_object_get(measured, digests[i]));
        if (!text || failed(hex_decode(bytes_of_string(text), raw, 32)))
            return product_refuse(x, 400, "INVALID_VALUE",
                                  "%s: expected 64 hexadecimal digits",
                                  digests[i]);
        hex_encode(bytes_of(raw, 32), hex);
        if (json_object_set_new(info, digests[i], json_string(hex)) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
    }
    for (size_t i = 0; i < 2; i++) {
        json_t *number = json_object_get(measured, numbers[i]);
        if (!json_is_integer(number) || json_integer_value(number) < 0 ||
            json_integer_value(number) > 65535)
            return product_refuse(x, 400, "INVALID_VALUE",
                                  "%s: expected an integer from 0 to 65535",
                                  numbers[i]);
        if (json_object_set(info, numbers[i], number) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
        (void)json_object_del(rule, numbers[i]);
    }
    (void)json_object_del(rule, "mrsigner");
    return OK;
}

/* The members that only some kinds have. */
static struct status complete(struct exchange *x, const struct platform *p,
                              json_t *rule)
{
    int bad = 0;
    const char *algorithm =
        json_string_value(json_object_get(rule, "hash_algorithm"));
    if (p->kind == API_KIND_NITRO) {
        if (algorithm && strcasecmp(algorithm, "Sha384") != 0)
            return product_refuse(x, 400, "INVALID_VALUE",
                                  "attributes.nitro_enclave.hash_algorithm: "
                                  "Sha384");
        (void)json_object_del(rule, "hash_algorithm");
    }
    if (p->kind == API_KIND_TDX)
        bad = json_object_set_new(rule, "sept_ve", json_false()) ||
              json_object_set_new(rule, "migratable", json_false());
    if (p->kind == API_KIND_SNP) {
        AUTO_JSON *rest = json_pack(
            "{s:s, s:i, s:s, s:i, s:b, s:b}", "host_data",
            "00000000000000000000000000000000000000000000000000000000"
            "00000000",
            "guest_svn_min", 0, "tcb_min", "0000000000000000", "vmpl_max", 0,
            "migration_agent", 0, "unchecked_aliases", 0);
        bad = !rest || json_object_update_missing(rule, rest);
    }
    return bad ? failure(STATUS_NO_MEMORY, "json", 0) : OK;
}

struct status image_read_rule(struct exchange *x, struct api_identity_rule *out,
                              json_t **info)
{
    const struct platform *p;
    const json_t *measured;
    struct attest_anchor anchor = { .simulated = false };
    uint16_t tcb;
    struct reason why = { "" };
    AUTO_JSON *rule = json_object(), *sgx = NULL;
    TRY(find_platform(x, &p, &measured));
    TRY(find_anchor(x, p->anchor, &anchor));
    TRY(tcb_of(x, anchor.simulated, &tcb));
    TRY(take_members(x, p, measured, rule));
    if (p->kind == API_KIND_SGX) {
        if (!(sgx = json_object()))
            return failure(STATUS_NO_MEMORY, "json", 0);
        TRY(sgx_of(x, measured, rule, sgx));
    }
    TRY(complete(x, p, rule));
    uint8_t kind = p->kind;
    if (anchor.simulated)
        kind |= API_KIND_SIMULATED;
    AUTO_JSON *common = json_pack(
        "{s:s, s:b, s:o, s:o}", "kind", api_kind_name(kind), "debug", 0, "tcb",
        api_tcb_to_json(tcb), "anchor", api_json_of_hash(&anchor.spki));
    if (!rule || !common || json_object_update(rule, common) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    struct status s = api_rule_from_json(rule, out, &why);
    if (s.code == STATUS_INVALID)
        return product_refuse(x, 400, "INVALID_VALUE", "%s", why.text);
    TRY(s);
    *info = TAKE(sgx);
    return OK;
}

/* --- at a certificate ---------------------------------------------------- */

static bool is_signed_as(const struct attest_sgx *is, const json_t *info)
{
    char signer[65];
    const char *said = json_string_value(json_object_get(info, "mrsigner"));
    hex_encode(bytes_of(is->mrsigner, 32), signer);
    return said && strcmp(said, signer) == 0 &&
           json_integer_value(json_object_get(info, "isvprodid")) ==
               is->isvprodid &&
           json_integer_value(json_object_get(info, "isvsvn")) == is->isvsvn;
}

struct status image_check(struct exchange *x, struct policy_txn *txn,
                          const struct policy_candidate *candidate,
                          const struct attest_identity *measured)
{
    AUTO_JSON *build = NULL;
    if (!candidate->plain_class ||
        (measured->kind & API_KIND_PLATFORM) != API_KIND_SGX)
        return OK;
    TRY(policy_object_get(txn, POLICY_BUILD, &candidate->account,
                          api_id_bytes(&candidate->app.build), &build,
                          &x->why));
    const json_t *info = json_object_get(build, "enclave_info");
    if (info && !is_signed_as(&measured->sgx, info))
        return exchange_deny(x, "build",
                             "this image has another signer, product or "
                             "version than was approved");
    return OK;
}

/* --- the task ------------------------------------------------------------ */

struct status image_settle(struct exchange *x, struct policy_txn *txn,
                           const json_t *task, bool approved)
{
    struct api_id id;
    AUTO_JSON *build = NULL;
    TRY(api_json_id(task, "entity_id", &id, &x->why));
    TRY(plain_own(x, txn, POLICY_BUILD, api_id_bytes(&id), "build", &build));
    if (json_object_set_new(build, "status",
                            json_string(approved ? "approved" : "denied")) ||
        json_object_set_new(build, "status_updated_at",
                            json_integer((json_int_t)(x->now / 1000))))
        return failure(STATUS_NO_MEMORY, "json", 0);
    (void)json_object_del(build, "pending_task_id");
    policy_object_put(txn, POLICY_BUILD, &x->peer.account, api_id_bytes(&id),
                      build);
    return OK;
}
