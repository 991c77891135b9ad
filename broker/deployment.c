#include "broker/deployment.h"

#include <stdio.h>

#include "broker/product.h"

#define TEXT_MAX  1024
#define PORTS_MAX 256
#define VARS_MAX  256

/* Where in the body, for the refusal. */
struct deployment_place {
    struct exchange *x;
    char text[192];
};

static struct deployment_place inside(const struct deployment_place *at,
                                      const char *name)
{
    struct deployment_place in = { .x = at->x };
    (void)snprintf(in.text, sizeof(in.text), "%.120s%s%.64s", at->text,
                   at->text[0] ? "." : "", name);
    return in;
}

static struct status bad(const struct deployment_place *at,
                         const char *expected)
{
    return product_refuse(at->x, 400, "INVALID_VALUE", "%s: expected %s",
                          at->text, expected);
}

/* An object without members that nobody knows. */
static struct status only(const struct deployment_place *at,
                          const json_t *value, const char *const *names,
                          size_t count)
{
    struct reason why = { "" };
    if (!json_is_object(value))
        return bad(at, "an object");
    if (!failed(api_json_only(value, names, count, &why)))
        return OK;
    return product_refuse(at->x, 400, "INVALID_BODY_PARAMETER", "%s%s%s",
                          at->text, at->text[0] ? ": " : "", why.text);
}
#define ONLY(at, value, ...)                                                   \
    only((at), (value), (const char *const[]){ __VA_ARGS__ },                  \
         sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

static struct status text(const struct deployment_place *at, const json_t *from,
                          const char *name)
{
    const json_t *value = json_object_get(from, name);
    struct deployment_place in = inside(at, name);
    if (!json_is_string(value) || json_string_length(value) > TEXT_MAX)
        return bad(&in, "text of at most 1024 bytes");
    return OK;
}

static struct status id(const struct deployment_place *at, const json_t *from,
                        const char *name)
{
    struct api_id ignored;
    struct deployment_place in = inside(at, name);
    if (failed(api_json_id(from, name, &ignored, NULL)))
        return bad(&in, "a UUID");
    return OK;
}

/* --- of the whole -------------------------------------------------------- */

static struct status read_kubernetes_job(const struct deployment_place *at,
                                         const json_t *value)
{
    TRY(ONLY(at, value, "namespace", "cluster_id"));
    TRY(text(at, value, "namespace"));
    return id(at, value, "cluster_id");
}

static struct status read_aci_job(const struct deployment_place *at,
                                  const json_t *value)
{
    TRY(ONLY(at, value, "cluster_id", "deployment_location"));
    if (json_object_get(value, "deployment_location"))
        TRY(text(at, value, "deployment_location"));
    return id(at, value, "cluster_id");
}

/* --- of one program ------------------------------------------------------ */

static struct status read_kubernetes(const struct deployment_place *at,
                                     const json_t *value)
{
    struct deployment_place in = inside(at, "job_spec");
    TRY(ONLY(at, value, "job_spec"));
    if (!json_is_object(json_object_get(value, "job_spec")))
        return bad(&in, "an object");
    return OK;
}

static struct status read_port(const struct deployment_place *at,
                               const json_t *value)
{
    int64_t port;
    const char *protocol =
        json_string_value(json_object_get(value, "protocol"));
    TRY(ONLY(at, value, "port", "protocol"));
    if (failed(api_json_integer(value, "port", 1, 65535, &port, NULL)) ||
        !protocol ||
        (strcmp(protocol, "Tcp") != 0 && strcmp(protocol, "Udp") != 0))
        return bad(at, "a port from 1 to 65535 and Tcp or Udp");
    return OK;
}

static struct status read_aci(const struct deployment_place *at,
                              const json_t *value)
{
    const char *name;
    json_t *variable;
    TRY(ONLY(at, value, "exposed_ports", "env_vars"));
    const json_t *ports = json_object_get(value, "exposed_ports");
    json_t *variables = json_object_get(value, "env_vars");
    struct deployment_place in = inside(at, "exposed_ports");
    if (!json_is_array(ports) || json_array_size(ports) > PORTS_MAX)
        return bad(&in, "a list of at most 256 ports");
    for (size_t i = 0; i < json_array_size(ports); i++)
        TRY(read_port(&in, json_array_get(ports, i)));
    in = inside(at, "env_vars");
    if (!json_is_object(variables) || json_object_size(variables) > VARS_MAX)
        return bad(&in, "an object of at most 256 texts");
    json_object_foreach(variables, name, variable)
        TRY(text(&in, variables, name));
    return OK;
}

struct variant {
    const char *name;
    STATUS (*read)(const struct deployment_place *at, const json_t *value);
};

static const struct variant of_whole[] = {
    { "kubernetes_single_job", read_kubernetes_job },
    { "aci_single_job", read_aci_job },
};
static const struct variant of_one[] = {
    { "kubernetes", read_kubernetes },
    { "aci", read_aci },
};

/* Exactly one of the two. */
static struct status read_variant(const struct deployment_place *at,
                                  const json_t *value,
                                  const struct variant variants[2])
{
    TRY(ONLY(at, value, variants[0].name, variants[1].name));
    const json_t *first = json_object_get(value, variants[0].name);
    const json_t *second = json_object_get(value, variants[1].name);
    if (!first == !second)
        return product_refuse(at->x, 400, "INVALID_VALUE",
                              "%s: expected exactly one of %s and %s", at->text,
                              variants[0].name, variants[1].name);
    const struct variant *v = &variants[first ? 0 : 1];
    struct deployment_place in = inside(at, v->name);
    return v->read(&in, first ? first : second);
}

static struct status read_programs(const struct deployment_place *at,
                                   const json_t *value)
{
    const char *hash;
    json_t *programs = (json_t *)(uintptr_t)value, *program;
    if (!json_is_object(value))
        return bad(at, "an object");
    json_object_foreach(programs, hash, program)
    {
        struct deployment_place in = inside(at, hash),
                                deeper = inside(&in, "deployment");
        TRY(ONLY(&in, program, "deployment"));
        const json_t *one = json_object_get(program, "deployment");
        if (one && !json_is_null(one))
            TRY(read_variant(&deeper, one, of_one));
    }
    return OK;
}

struct status deployment_read(struct exchange *x)
{
    struct deployment_place body = { .x = x };
    struct deployment_place whole = inside(&body, "deployment");
    struct deployment_place programs = inside(&body, "runtime_configs");
    TRY(PRODUCT_ONLY(x, "deployment", "runtime_configs"));
    if (json_dumpb(x->body, NULL, 0, JSON_COMPACT) > DEPLOYMENT_MAX)
        return product_refuse(x, 400, "INVALID_VALUE",
                              "deployment: more than %zu bytes",
                              DEPLOYMENT_MAX);
    TRY(read_variant(&whole, json_object_get(x->body, "deployment"), of_whole));
    return read_programs(&programs,
                         json_object_get(x->body, "runtime_configs"));
}

static bool is_of(const json_t *version, const char *hash)
{
    json_t *hashes = json_object_get(version, "hashes"), *one;
    const char *name;
    json_object_foreach(hashes, name, one) if (strcmp(json_string_value(one),
                                                      hash) == 0) return true;
    return false;
}

struct status deployment_check(struct exchange *x, const json_t *version)
{
    const char *hash;
    json_t *program;
    json_object_foreach(json_object_get(x->body, "runtime_configs"), hash,
                        program)
    {
        if (!is_of(version, hash))
            return product_refuse(x, 400, "INVALID_VALUE",
                                  "runtime_configs.%.64s: no program of this "
                                  "version",
                                  hash);
    }
    return OK;
}

/* --- kept ---------------------------------------------------------------- */

static struct policy_key key_of(const struct exchange *x,
                                const struct api_id *workflow, uint32_t version)
{
    unsigned char number[4];
    for (int i = 0; i < 4; i++)
        number[i] = (unsigned char)(version >> (24 - 8 * i));
    return policy_key(POLICY_DEPLOYMENT, api_id_bytes(&x->peer.account),
                      api_id_bytes(workflow), bytes_of(number, sizeof(number)));
}

void deployment_put(struct exchange *x, struct policy_txn *txn,
                    const struct api_id *workflow, uint32_t version)
{
    struct policy_key key = key_of(x, workflow, version);
    policy_put_json(txn, &key, x->body);
}

void deployment_forget(struct exchange *x, struct policy_txn *txn,
                       const struct api_id *workflow, uint32_t version)
{
    struct policy_key key = key_of(x, workflow, version);
    policy_delete(txn, &key);
}

struct status deployment_show(struct exchange *x, struct policy_txn *txn,
                              const struct api_id *workflow, uint32_t version,
                              json_t *graph)
{
    AUTO_JSON *said = NULL;
    const char *hash;
    json_t *program, *configs = json_object_get(graph, "runtime_configs");
    struct policy_key key = key_of(x, workflow, version);
    struct status got = policy_get_json(txn, &key, &said);
    if (got.code == STATUS_NOT_FOUND)
        return OK;
    TRY(got);
    if (json_object_set(graph, "deployment",
                        json_object_get(said, "deployment")) != 0)
        return failure(STATUS_NO_MEMORY, "json", 0);
    json_object_foreach(json_object_get(said, "runtime_configs"), hash, program)
    {
        json_t *one = json_object_get(program, "deployment");
        if (one && !json_is_null(one) &&
            json_object_set(json_object_get(configs, hash), "deployment",
                            one) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
    }
    return OK;
}
