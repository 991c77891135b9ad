/* runtime.c - the runtime configuration: asked of any broker that shows a
 * certificate of the expected root, believed because of its hash. */

#include <stdlib.h>

#include "enclave/session.h"

#define ANSWER_MAX ((size_t)4 * 1024 * 1024)

static struct status broker_open(const struct accord_session *session,
                                 struct bytes roots, struct http_client **out,
                                 struct reason *why)
{
    const struct http_client_settings settings = {
        .base_url = session->broker,
        .roots = roots,
        .certificate = buffer_bytes(&session->chain),
        .key = ca_key_pkey(session->key),
        .answer_max = ANSWER_MAX,
    };
    return http_client_open(&settings, out, why);
}

static struct status fetch(struct accord_session *session, json_t **out,
                           struct trouble *trouble)
{
    AUTO_CLEAR_BUFFER root = buffer_make(ENCLAVE_PEM_MAX);
    AUTO_FREE(http_client) client = NULL;
    AUTO_CLEAR_ANSWER answer = { 0 };
    const struct http_call call = { .method = HTTP_GET,
                                    .path = "/v1/runtime/app_configs" };
    ca_pem_write("CERTIFICATE", buffer_bytes(&session->root), &root);
    TRY(buffer_status(&root));
    TRY(broker_open(session, buffer_bytes(&root), &client, &trouble->why));
    TRY(http_call(client, &call, &answer, &trouble->why));
    if (answer.status != 200)
        return trouble_from_answer(&answer, "broker", trouble);
    return api_json_read(buffer_bytes(&answer.body), ANSWER_MAX, true, out,
                         &trouble->why);
}

/* From here on only the canonical form is used: sorted, typed, hashed. */
static struct status accept_config(struct accord_session *session,
                                   const json_t *answer, struct reason *why)
{
    struct hash hash;
    const json_t *config, *extra;
    AUTO_CLEAR_BUFFER text = buffer_make(API_CONFIGURATION_MAX);
    TRY(api_json_object(answer, "config", &config, why));
    TRY(api_json_object(answer, "extra", &extra, why));
    TRY(api_configuration_text(config, &text, why));
    TRY(hash_of(&hash, buffer_bytes(&text)));
    if (!hash_equal(&hash, &session->configuration))
        return refuse(why, STATUS_CORRUPT, "configuration",
                      "the broker answered with another configuration than "
                      "the one asked for: its hash differs");
    TRY(api_json_read(buffer_bytes(&text), API_CONFIGURATION_MAX, true,
                      &session->config, why));
    session->extra = json_deep_copy(extra);
    return session->extra ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* The certificate's root must be one that the configuration, and so its
 * owners, named. */
static struct status accept_zone(struct accord_session *session,
                                 struct reason *why)
{
    size_t i;
    json_t *entry;
    bool named = false;
    json_array_foreach(json_object_get(session->config, "zone_ca"), i, entry)
    {
        AUTO_CLEAR_BUFFER der = buffer_make(ENCLAVE_PEM_MAX);
        struct bytes pem =
            bytes_of(json_string_value(entry), json_string_length(entry));
        buffer_put(&session->zone_ca, pem);
        if (pem.len == 0 || pem.at[pem.len - 1] != '\n')
            buffer_put_u8(&session->zone_ca, '\n');
        struct reason ignored;
        if (!failed(ca_pem_read("CERTIFICATE", pem, &der, &ignored)))
            named = named || bytes_equal(buffer_bytes(&der),
                                         buffer_bytes(&session->root));
    }
    TRY(buffer_status(&session->zone_ca));
    return named ? OK
                 : refuse(why, STATUS_DENIED, "zone_ca",
                          "the configuration's zone_ca does not hold the "
                          "root of this program's certificate");
}

static struct status copy_name(const char *name, char out[], struct reason *why)
{
    if (!api_name_valid(bytes_of_string(name)))
        return refuse(why, STATUS_INVALID, "port_map",
                      "a port or object of the configuration has no name "
                      "that can be a path");
    memcpy(out, name, strlen(name) + 1);
    return OK;
}

static struct status add_dataset(struct accord_session *session,
                                 const char *port, const char *object,
                                 const json_t *dataset, struct reason *why)
{
    struct enclave_dataset *d = &session->datasets[session->count];
    if (session->count == ENCLAVE_DATASET_MAX)
        return refuse(why, STATUS_INVALID, "port_map", "more than %d datasets",
                      ENCLAVE_DATASET_MAX);
    TRY(copy_name(port, d->port, why));
    TRY(copy_name(object, d->object, why));
    TRY(api_json_id(dataset, "id", &d->id, why));
    session->count++;
    return OK;
}

/* Objects that are other programs have no data of their own. */
static struct status list_port(struct accord_session *session, const char *port,
                               json_t *objects, struct reason *why)
{
    const char *object;
    json_t *to;
    json_object_foreach(objects, object, to)
    {
        const json_t *dataset = json_object_get(to, "dataset");
        if (dataset)
            TRY(add_dataset(session, port, object, dataset, why));
    }
    return OK;
}

static struct status list_datasets(struct accord_session *session,
                                   struct reason *why)
{
    const char *port;
    json_t *objects;
    json_t *map = json_object_get(json_object_get(session->config, "workflow"),
                                  "port_map");
    session->datasets = calloc(ENCLAVE_DATASET_MAX, sizeof(*session->datasets));
    if (!session->datasets)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    json_object_foreach(map, port, objects)
    {
        TRY(list_port(session, port, objects, why));
    }
    return OK;
}

struct status session_get_configuration(struct accord_session *session,
                                        struct trouble *trouble)
{
    AUTO_JSON *answer = NULL;
    TRY(fetch(session, &answer, trouble));
    TRY(accept_config(session, answer, &trouble->why));
    TRY(accept_zone(session, &trouble->why));
    TRY(list_datasets(session, &trouble->why));
    TRY(broker_open(session, buffer_bytes(&session->zone_ca),
                    &session->broker_client, &trouble->why));
    session_say(session,
                "configuration: its hash is the one asked for; %zu "
                "datasets",
                session->count);
    return OK;
}
