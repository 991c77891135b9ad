/* build.c - programs: their owner says what they must measure, and signs. */

#include <stdio.h>

#include "attest/attest.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/groups.h"
#include "cli/output.h"
#include "cli/rule.h"
#include "cli/sigstruct.h"

/* Of nodes' words: the zone's own root, that was pinned when joining. */
static struct status read_zone(const struct arguments *given,
                               const struct context *context, struct hash *out,
                               struct reason *why)
{
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    struct ca_root zone;
    if (arguments_value(given, "root") ||
        arguments_value(given, "simulated-root"))
        return refuse(why, STATUS_INVALID, "root",
                      "--node-vouched: the root is this zone's own, no other "
                      "beside it");
    TRY(ca_pem_read("CERTIFICATE", buffer_bytes(&context->ca_pem), &der, why));
    TRY(ca_root_read(buffer_bytes(&der), &zone, why));
    *out = zone.key.hash;
    return OK;
}

static struct status read_anchor(const struct arguments *given, bool *simulated,
                                 struct hash *out, struct reason *why)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(65536);
    const char *path = arguments_value(given, "simulated-root");
    struct attest_anchor anchor;
    *simulated = path != NULL;
    if (!path)
        path = arguments_value(given, "root");
    if (!path)
        return refuse(why, STATUS_INVALID, "root",
                      "--root FILE: the root certificate of the hardware's "
                      "vendor (or --simulated-root FILE)");
    struct status s = file_read(path, &pem);
    if (failed(s))
        return refuse(why, s.code, "root", "cannot read %s", path);
    TRY(attest_anchor_read(buffer_bytes(&pem), "root", *simulated, &anchor,
                           why));
    *out = anchor.spki;
    return OK;
}

static struct status read_number(const struct arguments *given,
                                 const char *name, uint16_t *out,
                                 struct reason *why)
{
    const char *text = arguments_value(given, name);
    unsigned long value = 0;
    if (!text)
        return OK;
    for (const char *at = text; *at; at++) {
        if (*at < '0' || *at > '9' || value > 65535)
            return refuse(why, STATUS_INVALID, name,
                          "--%s: expected a number up to 65535", name);
        value = value * 10 + (unsigned long)(*at - '0');
    }
    if (!text[0] || value > 65535)
        return refuse(why, STATUS_INVALID, name,
                      "--%s: expected a number up to 65535", name);
    *out = (uint16_t)value;
    return OK;
}

/* One of both forms, from what the signer vouches for. */
static struct status from_sigstruct(const struct arguments *given,
                                    struct api_identity_rule *rule,
                                    struct reason *why)
{
    AUTO_CLEAR_BUFFER raw = buffer_make(SIGSTRUCT_LEN + 1);
    const char *path = arguments_value(given, "sigstruct");
    struct sigstruct is;
    if (arguments_value(given, "mrenclave") ||
        arguments_value(given, "mrsigner") ||
        arguments_value(given, "isvprodid") || arguments_value(given, "isvsvn"))
        return refuse(why, STATUS_INVALID, "measurement",
                      "--sigstruct says what is measured: no other "
                      "measurement beside it");
    struct status s = file_read(path, &raw);
    if (failed(s))
        return refuse(why, s.code, "sigstruct",
                      "cannot read %s (a SIGSTRUCT has %d bytes)", path,
                      SIGSTRUCT_LEN);
    TRY(sigstruct_read(buffer_bytes(&raw), &is, why));
    if (!arguments_value(given, "by-signer")) {
        rule->form = API_SGX_MRENCLAVE;
        memcpy(rule->sgx.mrenclave, is.mrenclave, sizeof(is.mrenclave));
        return OK;
    }
    rule->form = API_SGX_MRSIGNER;
    memcpy(rule->sgx.mrsigner, is.mrsigner, sizeof(is.mrsigner));
    rule->sgx.isvprodid = is.isvprodid;
    rule->sgx.isvsvn_min = is.isvsvn;
    return OK;
}

static struct status read_measurement(const struct arguments *given,
                                      struct api_identity_rule *rule,
                                      struct reason *why)
{
    const char *enclave = arguments_value(given, "mrenclave");
    const char *signer = arguments_value(given, "mrsigner");
    if (arguments_value(given, "sigstruct"))
        return from_sigstruct(given, rule, why);
    if (!enclave == !signer)
        return refuse(why, STATUS_INVALID, "measurement",
                      "either --mrenclave HEX (exactly this program) or "
                      "--mrsigner HEX with --isvprodid and --isvsvn (every "
                      "version of a product from there on), or --sigstruct "
                      "FILE");
    rule->form = enclave ? API_SGX_MRENCLAVE : API_SGX_MRSIGNER;
    unsigned char *into = enclave ? rule->sgx.mrenclave : rule->sgx.mrsigner;
    if (failed(
            hex_decode(bytes_of_string(enclave ? enclave : signer), into, 32)))
        return refuse(why, STATUS_INVALID, "measurement",
                      "a measurement is 64 hexadecimal digits");
    TRY(read_number(given, "isvprodid", &rule->sgx.isvprodid, why));
    return read_number(given, "isvsvn", &rule->sgx.isvsvn_min, why);
}

static bool is_sgx(const struct api_identity_rule *rule)
{
    return (rule->kind & API_KIND_PLATFORM) == API_KIND_SGX;
}

static struct status read_rule(const struct arguments *given,
                               const struct context *context,
                               struct api_identity_rule *out,
                               struct reason *why)
{
    struct api_identity_rule rule;
    struct hash anchor;
    bool simulated = false;
    TRY(arguments_value(given, "node-vouched")
            ? read_zone(given, context, &anchor, why)
            : read_anchor(given, &simulated, &anchor, why));
    TRY(rule_read(given, simulated, &anchor, &rule, why));
    if (is_sgx(&rule)) {
        rule.sgx = (struct api_sgx_rule){ .isvprodid = 0 };
        TRY(read_measurement(given, &rule, why));
    }
    *out = rule;
    return OK;
}

static struct status sign_rule(struct channel *c, const struct api_id *build,
                               const struct api_identity_rule *rule,
                               struct api_signature *out, struct reason *why)
{
    AUTO_CLEAR_BUFFER message = buffer_make(256);
    struct hash identity;
    struct api_signer me = api_key_signer(c->context.key);
    TRY(api_identity_hash(rule, &identity, why));
    TRY(api_build_message(&c->context.account, build, &identity, &message));
    return me.sign(me.context, buffer_bytes(&message), out);
}

static struct status add_app(const struct arguments *given, struct channel *c,
                             json_t *body, struct reason *why)
{
    AUTO_JSON *app = NULL;
    const char *name = arguments_value(given, "app");
    if (!name)
        return OK;
    TRY(find_object(c, "/accord/v1/apps", "app", name, &app, why));
    return json_object_set(body, "app", json_object_get(app, "app")) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status create(const struct arguments *given, struct channel *c,
                            struct reason *why)
{
    struct api_identity_rule rule;
    struct api_id build;
    struct api_signature signature;
    struct hash owner;
    unsigned char random[16];
    AUTO_JSON *answer = NULL;
    TRY(read_rule(given, &c->context, &rule, why));
    TRY(random_fill(random, sizeof(random)));
    TRY(api_owner_hash(&c->context.owner, &owner));
    TRY(api_id_derive(API_BUILD, &c->context.account, &owner, random, &build));
    TRY(sign_rule(c, &build, &rule, &signature, why));
    AUTO_JSON *body = json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o}", "name", given->at[0], "id",
        api_json_of_id(&build), "random",
        api_json_of_base64(bytes_of(random, sizeof(random))), "owner",
        my_owner(c), "rule", api_rule_to_json(&rule), "signature",
        api_json_of_base64(bytes_of(signature.bytes, sizeof(signature.bytes))));
    TRY(add_app(given, c, body, why));
    TRY(channel_call(c, HTTP_POST, "/accord/v1/builds", body, &answer, why));
    output_object(given, answer,
                  LIST("build", "name", "app", "status", "identity"));
    return OK;
}

static int run_create(const struct arguments *given)
{
    return with_channel(given, create);
}

static struct status list(const struct arguments *given, struct channel *c,
                          struct reason *why)
{
    AUTO_JSON *answer = NULL;
    TRY(channel_get(c, &answer, why, "/accord/v1/builds"));
    output_list(given, answer,
                LIST("name", "class", "status", "build", "identity"));
    return OK;
}

static int run_list(const struct arguments *given)
{
    return with_channel(given, list);
}

static struct status show(const struct arguments *given, struct channel *c,
                          struct reason *why)
{
    AUTO_JSON *build = NULL;
    TRY(find_object(c, "/accord/v1/builds", "build", given->at[0], &build,
                    why));
    output_object(given, build,
                  LIST("build", "class", "name", "app", "status", "rule",
                       "identity", "owner_hash"));
    return OK;
}

static int run_show(const struct arguments *given)
{
    return with_channel(given, show);
}

static struct status act(const struct arguments *given, struct channel *c,
                         const char *verb, struct reason *why)
{
    AUTO_JSON *build = NULL, *answer = NULL;
    char path[256];
    TRY(find_object(c, "/accord/v1/builds", "build", given->at[0], &build,
                    why));
    (void)snprintf(path, sizeof(path), "/accord/v1/builds/%s/%s",
                   json_string_value(json_object_get(build, "build")), verb);
    TRY(channel_call(c, HTTP_POST, path, NULL, &answer, why));
    output_object(given, answer, LIST("build", "name", "status"));
    return OK;
}

static struct status approve(const struct arguments *given, struct channel *c,
                             struct reason *why)
{
    return act(given, c, "approve", why);
}

static struct status deny(const struct arguments *given, struct channel *c,
                          struct reason *why)
{
    return act(given, c, "deny", why);
}

static struct status withdraw(const struct arguments *given, struct channel *c,
                              struct reason *why)
{
    return act(given, c, "withdraw", why);
}

static int run_approve(const struct arguments *given)
{
    return with_channel(given, approve);
}

static int run_deny(const struct arguments *given)
{
    return with_channel(given, deny);
}

static int run_withdraw(const struct arguments *given)
{
    return with_channel(given, withdraw);
}

static const struct option create_options[] = {
    { "mrenclave", "HEX", "exactly this program" },
    { "mrsigner", "HEX", "programs of this signer" },
    { "isvprodid", "N", "with --mrsigner: its product" },
    { "isvsvn", "N", "with --mrsigner: least security version" },
    { "sigstruct", "FILE", "the enclave's SIGSTRUCT: exactly this program" },
    { "by-signer", NULL, "with --sigstruct: its signer's product from there" },
    { "app", "APP", "the app it belongs to" },
    { "root", "FILE", "root certificate of the hardware's vendor (PEM)" },
    { "simulated-root", "FILE", "root of a SIMULATOR: proves nothing" },
    RULE_OPTIONS,
    { "allow-debug", NULL, "accept debug enclaves: THEIR MEMORY IS READABLE" },
    { 0 },
};

/* clang-format off */
const struct command commands_build[] = {
    { "build", "create", "register a program by what it measures, signed by you", "NAME", 1, 1,
      create_options, "accord build create harmonize --mrenclave $(accord-enclave measure -- ./harmonize) --simulated-root sim-root.pem --tcb unevaluated", run_create },
    { "build", "list", "list the programs of the account", "", 0, 0,
      NULL, "accord build list", run_list },
    { "build", "show", "show one program and what it must measure", "BUILD", 1, 1,
      NULL, "accord build show harmonize", run_show },
    { "build", "approve", "approve a program for use in workflows", "BUILD", 1, 1,
      NULL, "accord build approve harmonize", run_approve },
    { "build", "deny", "refuse a program", "BUILD", 1, 1,
      NULL, "accord build deny harmonize", run_deny },
    { "build", "withdraw", "take a program back: its certificates are refused from now on", "BUILD", 1, 1,
      NULL, "accord build withdraw harmonize", run_withdraw },
    { 0 },
};
/* clang-format on */
