/* request.c - what waits for its owners: looked at with one's own eyes, then
 * signed. The manifest is derived here again from its parts and must be the
 * broker's byte for byte. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "attest/attest.h"
#include "base/text.h"
#include "cli/acquaintance.h"
#include "cli/graph.h"
#include "cli/groups.h"
#include "cli/output.h"

/* A request whose manifest this program has derived itself. */
struct examined {
    json_t *request;
    json_t *manifest;
    json_t *parent; /* NULL: none */
    struct hash digest;
};

static void examined_clear(struct examined *e)
{
    json_decref(e->request);
    json_decref(e->manifest);
    json_decref(e->parent);
}

static struct status check_parent(struct examined *e, struct reason *why)
{
    const char *text =
        json_string_value(json_object_get(e->request, "parent_manifest"));
    struct hash parent, named;
    bool wanted = json_is_string(json_object_get(e->manifest, "parent"));
    if (!wanted && !text)
        return OK;
    if (!wanted || !text)
        return refuse(why, STATUS_CORRUPT, "parent",
                      "the broker shows another parent than the manifest "
                      "names");
    TRY(hash_of(&parent, bytes_of_string(text)));
    TRY(api_json_hash(e->manifest, "parent", &named, why));
    if (!hash_equal(&parent, &named))
        return refuse(why, STATUS_CORRUPT, "parent",
                      "the parent that the broker shows is not the one the "
                      "manifest names");
    return api_json_read(bytes_of_string(text), API_MANIFEST_MAX, false,
                         &e->parent, why);
}

static struct status derive_again(struct channel *c, struct examined *e,
                                  struct reason *why)
{
    AUTO_CLEAR_BUFFER text = buffer_make(API_MANIFEST_MAX);
    const json_t *proposal = json_object_get(e->request, "proposal");
    const char *shown, *zone;
    struct api_id account;
    TRY(api_json_text(e->request, "manifest", &shown, why));
    TRY(api_json_text(proposal, "zone_ca", &zone, why));
    TRY(api_json_id(proposal, "account", &account, why));
    if (!bytes_equal(bytes_of_string(zone), buffer_bytes(&c->context.ca_pem)) ||
        !api_id_equal(&account, &c->context.account))
        return refuse(why, STATUS_CORRUPT, "manifest",
                      "THE REQUEST IS MADE FOR ANOTHER CA OR ACCOUNT than the "
                      "one you joined");
    TRY(api_manifest_text(proposal, &text, why));
    if (!bytes_equal(buffer_bytes(&text), bytes_of_string(shown)))
        return refuse(why, STATUS_CORRUPT, "manifest",
                      "THE BROKER'S MANIFEST IS NOT WHAT ITS PARTS GIVE: do "
                      "not sign, tell the others");
    TRY(hash_of(&e->digest, buffer_bytes(&text)));
    TRY(api_json_read(buffer_bytes(&text), API_MANIFEST_MAX, false,
                      &e->manifest, why));
    return check_parent(e, why);
}

static bool is_plain(const json_t *request)
{
    const char *class = json_string_value(json_object_get(request, "class"));
    return class && strcmp(class, "ccm") == 0;
}

static struct status examine(struct channel *c, const char *id,
                             struct examined *out, struct reason *why)
{
    struct examined e = { .request = NULL };
    struct status s =
        channel_get(c, &e.request, why, "/accord/v1/requests/%s", id);
    if (!failed(s) && is_plain(e.request))
        s = refuse(why, STATUS_DENIED, "class",
                   "this request is of the CCM class: its users decide it "
                   "with their passwords, and no signature counts");
    if (!failed(s))
        s = derive_again(c, &e, why);
    if (failed(s)) {
        examined_clear(&e);
        return s;
    }
    *out = e;
    return OK;
}

/* --- show ---------------------------------------------------------------- */

static void print_decisions(const json_t *request)
{
    const char *id;
    json_t *person;
    json_object_foreach(json_object_get(request, "people"), id, person)
    {
        const char *said =
            json_string_value(json_object_get(person, "decision"));
        (void)printf("  %-16s ", said ? said : "has not decided");
        output_text(stdout, json_string_value(json_object_get(person, "name")));
        (void)fputc('\n', stdout);
    }
}

/* A vendor's name only for a key that is compiled in. */
static const char *root_name(void *context, const struct hash *anchor)
{
    (void)context;
    return attest_vendor_name(anchor);
}

static struct status print_request(struct channel *c, const struct examined *e,
                                   struct reason *why)
{
    AUTO_JSON *people = NULL;
    AUTO_CLEAR_BUFFER text = buffer_make((size_t)4 * 1024 * 1024);
    char digest[2 * HASH_LEN + 1];
    TRY(acquaintance_read(&c->context, &people, why));
    const struct api_acquaintance known = { .context = people,
                                            .root_name = root_name,
                                            .met = acquaintance_met };
    hex_encode(hash_bytes(&e->digest), digest);
    TRY(api_sentences(e->manifest, e->parent, &known, &text));
    (void)printf("request %s, of the signed class: %s, derived here again and "
                 "equal\n",
                 json_string_value(json_object_get(e->request, "request")),
                 json_string_value(json_object_get(e->request, "status")));
    (void)fwrite(text.data, 1, text.len, stdout);
    (void)printf("digest %s\ndecisions:\n", digest);
    print_decisions(e->request);
    return OK;
}

/* No owner signed and none will: what the broker says is all there is. */
static void print_plain(const json_t *request)
{
    output_members(request, LIST("request", "class", "name", "workflow",
                                 "version", "status", "digest"));
    (void)printf("decisions, by password:\n");
    print_decisions(request);
}

static struct status show(const struct arguments *given, struct channel *c,
                          struct reason *why)
{
    struct examined e;
    AUTO_JSON *request = NULL;
    TRY(channel_get(c, &request, why, "/accord/v1/requests/%s", given->at[0]));
    if (is_plain(request)) {
        if (output_is_json(given))
            output_json(request);
        else
            print_plain(request);
        return OK;
    }
    TRY(examine(c, given->at[0], &e, why));
    struct status s = OK;
    if (output_is_json(given))
        output_json(e.request);
    else
        s = print_request(c, &e, why);
    examined_clear(&e);
    return s;
}

static int run_show(const struct arguments *given)
{
    return with_channel(given, show);
}

static struct status list(const struct arguments *given, struct channel *c,
                          struct reason *why)
{
    AUTO_JSON *answer = NULL;
    TRY(channel_get(c, &answer, why, "/accord/v1/requests"));
    output_list(
        given, answer,
        LIST("request", "class", "name", "version", "status", "digest"));
    return OK;
}

static int run_list(const struct arguments *given)
{
    return with_channel(given, list);
}

/* --- decide -------------------------------------------------------------- */

static struct status sign_grants(struct channel *c, const struct examined *e,
                                 uint64_t now, uint64_t until, json_t *list)
{
    struct hash owner;
    struct api_grant *wanted = NULL;
    size_t count = 0;
    struct api_signer me = api_key_signer(c->context.key);
    TRY(api_owner_hash(&c->context.owner, &owner));
    TRY(api_grants_wanted(e->manifest, &e->digest, &owner, now, until, &wanted,
                          &count));
    struct status s = OK;
    for (size_t i = 0; i < count && !failed(s); i++) {
        unsigned char encoded[API_GRANT_LEN];
        struct api_signature signature;
        s = api_grant_encode(&wanted[i], encoded);
        if (!failed(s))
            s = me.sign(me.context, bytes_of(encoded, sizeof(encoded)),
                        &signature);
        if (!failed(s) &&
            json_array_append_new(
                list,
                json_pack(
                    "{s:o, s:o}", "grant",
                    api_json_of_base64(bytes_of(encoded, sizeof(encoded))),
                    "signature",
                    api_json_of_base64(
                        bytes_of(signature.bytes, sizeof(signature.bytes))))))
            s = failure(STATUS_NO_MEMORY, "json", 0);
    }
    free(wanted);
    return s;
}

static struct status send_decision(struct channel *c, const struct examined *e,
                                   bool approve, uint64_t days, json_t **out,
                                   struct reason *why)
{
    AUTO_CLEAR_BUFFER text = buffer_make(65536);
    AUTO_JSON *grants = json_array();
    struct api_signer me = api_key_signer(c->context.key);
    struct api_signature signature;
    uint64_t now = (uint64_t)time(NULL);
    char path[256];
    struct api_approval approval = {
        .digest = e->digest,
        .approve = approve,
        .head_size = c->context.head.size,
        .head_root = c->context.head.root,
        .sign_by = now + 3600,
        .valid_until = now + days * 86400,
    };
    TRY(api_json_id(e->request, "request", &approval.request, why));
    TRY(api_approval_text(&approval, &text));
    TRY(me.sign(me.context, buffer_bytes(&text), &signature));
    if (approve)
        TRY(sign_grants(c, e, now, approval.valid_until, grants));
    AUTO_JSON *body = json_pack(
        "{s:s%, s:o, s:O}", "approval", (const char *)text.data, text.len,
        "signature",
        api_json_of_base64(bytes_of(signature.bytes, sizeof(signature.bytes))),
        "grants", grants);
    (void)snprintf(path, sizeof(path), "/accord/v1/requests/%s/decision",
                   json_string_value(json_object_get(e->request, "request")));
    return channel_call(c, HTTP_POST, path, body, out, why);
}

static struct status read_days(const struct arguments *given, uint64_t *out,
                               struct reason *why)
{
    const char *text = arguments_value(given, "days");
    *out = API_GRANT_DAYS;
    if (!text)
        return OK;
    char *end = NULL;
    unsigned long days = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || days == 0 ||
        days > API_GRANT_DAYS_MAX)
        return refuse(why, STATUS_INVALID, "days", "--days: 1 to %d",
                      API_GRANT_DAYS_MAX);
    *out = days;
    return OK;
}

static struct status decide(const struct arguments *given, struct channel *c,
                            bool approve, struct reason *why)
{
    struct examined e;
    uint64_t days;
    AUTO_JSON *answer = NULL;
    TRY(read_days(given, &days, why));
    TRY(channel_check_head(c, why));
    TRY(examine(c, given->at[0], &e, why));
    struct status s = OK;
    if (!output_is_json(given))
        s = print_request(c, &e, why);
    if (!failed(s))
        s = confirm(given, approve ? "sign your approval?" : "decline?", why);
    if (!failed(s))
        s = send_decision(c, &e, approve, days, &answer, why);
    if (!failed(s) && approve)
        s = acquaintance_add(&c->context, e.manifest, why);
    examined_clear(&e);
    TRY(s);
    output_object(given, answer, LIST("request", "status", "cause", "hashes"));
    return OK;
}

static struct status approve(const struct arguments *given, struct channel *c,
                             struct reason *why)
{
    return decide(given, c, true, why);
}

static struct status decline(const struct arguments *given, struct channel *c,
                             struct reason *why)
{
    return decide(given, c, false, why);
}

static int run_approve(const struct arguments *given)
{
    return with_channel(given, approve);
}

static int run_decline(const struct arguments *given)
{
    return with_channel(given, decline);
}

static struct status drop(const struct arguments *given, struct channel *c,
                          struct reason *why)
{
    char path[256];
    (void)snprintf(path, sizeof(path), "/accord/v1/requests/%s", given->at[0]);
    return delete_path(given, c, path, why);
}

static int run_drop(const struct arguments *given)
{
    return with_channel(given, drop);
}

static const struct option decide_options[] = {
    { "yes", NULL, "answer the question with yes" },
    { "days", "N", "how long your grants hold: 90 unless said, 366 at most" },
    { 0 },
};

/* clang-format off */
const struct command commands_request[] = {
    { "request", "list", "list requests for approval", "", 0, 0,
      NULL, "accord request list", run_list },
    { "request", "show", "show what would be agreed, in sentences, derived again here", "REQUEST", 1, 1,
      NULL, "accord request show 6f1c...", run_show },
    { "request", "approve", "sign your approval and the grants for your data", "REQUEST", 1, 1,
      decide_options, "accord request approve 6f1c... --days 30", run_approve },
    { "request", "decline", "reject the request for everybody", "REQUEST", 1, 1,
      decide_options, "accord request decline 6f1c...", run_decline },
    { "request", "withdraw", "take a pending request back", "REQUEST", 1, 1,
      NULL, "accord request withdraw 6f1c...", run_drop },
    { 0 },
};
/* clang-format on */
