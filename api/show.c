/* show.c - names, programs and datasets as parts of a sentence. */

#include "api/show.h"

#include "base/text.h"

void api_show_quoted(const char *text, struct buffer *out)
{
    buffer_put_string(out, "\"");
    api_put_plain(bytes_of_string(text), out);
    buffer_put_string(out, "\"");
}

struct status api_show_member(const json_t *object, const char *name,
                              struct buffer *out)
{
    const char *text;
    TRY(api_json_text(object, name, &text, NULL));
    api_show_quoted(text, out);
    return OK;
}

void api_show_owner(const json_t *manifest, const char *owner,
                    struct buffer *out)
{
    json_t *people = json_object_get(manifest, "people");
    const char *id;
    json_t *person;
    json_object_foreach(people, id, person)
    {
        const char *its = json_string_value(json_object_get(person, "owner"));
        const char *name = json_string_value(json_object_get(person, "name"));
        if (its && name && strcmp(its, owner) == 0) {
            api_show_quoted(name, out);
            return;
        }
    }
    buffer_put_string(out, "somebody");
}

static const char *platform_word(uint8_t kind)
{
    switch (kind & ~(API_KIND_SIMULATED | API_KIND_NODE_VOUCHED)) {
    case API_KIND_SGX: return "SGX enclave";
    case API_KIND_TDX: return "TDX machine";
    case API_KIND_SNP: return "SEV-SNP machine";
    case API_KIND_NITRO: return "Nitro enclave";
    default: return "unknown kind of enclave";
    }
}

void api_show_measurement(const struct api_identity_rule *rule,
                          struct buffer *out)
{
    char hex[2 * HASH_LEN + 1];
    bool signer = rule->form == API_SGX_MRSIGNER;
    hex_encode(bytes_of(signer ? rule->mrsigner : rule->mrenclave, HASH_LEN),
               hex);
    buffer_printf(out, "%s%s%s",
                  rule->kind & API_KIND_SIMULATED ? "SIMULATED " : "",
                  rule->kind & API_KIND_NODE_VOUCHED ? "NODE-VOUCHED " : "",
                  platform_word(rule->kind));
    if (signer)
        buffer_printf(out, " signed by %s, product %u, version %u or later",
                      hex, rule->isvprodid, rule->isvsvn_min);
    else
        buffer_printf(out, " with mrenclave %s", hex);
}

void api_show_tcb(uint16_t mask, struct buffer *out)
{
    const char *separator = "";
    for (unsigned bit = 1; bit <= API_TCB_ALL; bit <<= 1) {
        if (!(mask & bit))
            continue;
        buffer_printf(out, "%s%s", separator,
                      bit == API_TCB_UNEVALUATED ? "UNEVALUATED"
                                                 : api_tcb_name((uint16_t)bit));
        separator = ", ";
    }
}

const char *api_show_verb(const char *port)
{
    return strncmp(port, "out", 3) == 0 ? "writes" : "reads";
}

struct status api_show_dataset(const json_t *manifest, const json_t *entry,
                               struct buffer *out)
{
    const char *owner, *location;
    TRY(api_show_member(entry, "name", out));
    buffer_put_string(out, " (dataset ");
    TRY(api_show_member(entry, "dataset_name", out));
    buffer_put_string(out, " of ");
    TRY(api_json_text(entry, "owner", &owner, NULL));
    api_show_owner(manifest, owner, out);
    buffer_put_string(out, ", at ");
    TRY(api_json_text(entry, "location", &location, NULL));
    api_put_plain(bytes_of_string(location), out);
    buffer_put_string(out, ")");
    return OK;
}

struct status api_show_build(const json_t *manifest, const json_t *app,
                             struct buffer *out)
{
    const char *owner, *build;
    TRY(api_show_member(app, "build_name", out));
    buffer_put_string(out, " of ");
    TRY(api_json_text(app, "owner", &owner, NULL));
    api_show_owner(manifest, owner, out);
    TRY(api_json_text(app, "build", &build, NULL));
    buffer_put_string(out, " (");
    api_put_plain(bytes_of_string(build), out);
    buffer_put_string(out, ")");
    return OK;
}
