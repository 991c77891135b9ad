/* world.c - making it; what its broker answers is in world_broker.c. */

#include "tests/enclave/world_private.h"

#include <time.h>

#include "base/file.h"
#include "base/text.h"

#define HEAP ((size_t)2 << 20)

static void make_authority(struct world *w)
{
    w->root = root_make();
    w->other_root = root_make();
    assert_ok(ca_key_generate(CA_KEY_P256, &w->tls_key));
    w->server = root_certify_server(&w->root, w->tls_key);
    w->other_server = root_certify_server(&w->other_root, w->tls_key);
    w->tls = host_tls(buffer_bytes(&w->server), ca_key_pkey(w->tls_key));
}

static void make_owner(struct world *w)
{
    assert_ok(api_id_random(&w->account));
    assert_ok(api_key_generate(&w->owner_key));
    assert_ok(api_key_generate(&w->recovery_key));
    assert_ok(api_key_generate(&w->log_key));
    w->owner.first = api_key_signer(w->owner_key).key;
    w->owner.recovery = api_key_signer(w->recovery_key).key;
}

static void make_dataset(struct world *w, struct world_dataset *d,
                         const char *path)
{
    struct hash owner;
    d->path = path;
    d->stored = buffer_make((size_t)4 << 20);
    assert_ok(random_fill(d->random, sizeof(d->random)));
    assert_ok(api_id_random(&d->version));
    assert_ok(api_owner_hash(&w->owner, &owner));
    assert_ok(
        api_id_derive(API_DATASET, &w->account, &owner, d->random, &d->id));
}

static struct status keep(void *context, struct bytes bytes)
{
    buffer_put(context, bytes);
    return buffer_status(context);
}

static void store_plain(const struct world *w, struct world_dataset *d,
                        const char *plain)
{
    AUTO_FREE(api_file) file = NULL;
    assert_ok(api_file_encrypt(w->file_key, keep, &d->stored, &file));
    assert_ok(api_file_put(file, bytes_of_string(plain)));
    assert_ok(api_file_finish(file));
    d->exists = true;
}

static json_t *port_of(const struct world_dataset *d, const char *object)
{
    return json_pack("{s:{s:{s:o}}}", object, "dataset", "id",
                     api_json_of_id(&d->id));
}

static void hash_configuration(struct world *w)
{
    assert_ok(api_configuration_hash(w->config, &w->hash, NULL));
    hex_encode(hash_bytes(&w->hash), w->hash_text);
}

static void make_configuration(struct world *w)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(8192);
    struct api_id workflow;
    assert_ok(api_id_random(&workflow));
    root_pem(&w->root, &pem);
    w->config = json_pack(
        "{s:{s:{s:s}}, s:{s:s}, s:[s#], s:{s:o, s:s, s:{s:o, s:o}}}",
        "app_config", "/opt/fortanix/enclave-os/app-config/rw/a/b.txt",
        "contents", "aGVsbG8=", "labels", "purpose", "test", "zone_ca",
        (const char *)pem.data, (int)pem.len, "workflow", "workflow_id",
        api_json_of_id(&workflow), "app_name", "app-1", "port_map", "input",
        port_of(&w->datasets[0], "patients"), "output",
        port_of(&w->datasets[1], "summary"));
    assert_non_null(w->config);
    hash_configuration(w);
}

static void start_agent(struct world *w)
{
    AUTO_CLEAR_BUFFER roots = buffer_make(8192);
    struct reason why = { "" };
    const char *directory = temp_dir_path(&w->dir, "simulator");
    assert_ok(simulator_make(directory, (uint64_t)time(NULL), &why));
    assert_ok(simulator_open(directory, &w->simulator, &why));
    root_pem(&w->root, &roots);
    const struct agent_settings settings = {
        .address = "127.0.0.1",
        .broker_url = host_url(w->broker),
        .broker_roots = buffer_bytes(&roots),
        .simulator = w->simulator,
    };
    assert_ok(agent_open(&settings, &w->agent, &why));
    (void)snprintf(w->agent_url, sizeof(w->agent_url), "http://127.0.0.1:%u",
                   (unsigned)agent_port(w->agent));
}

void world_open(struct world *w, const char *plain)
{
    static bool heap;
    if (!heap) {
        api_json_memory_open();
        assert_ok(secret_heap_open(HEAP));
    }
    heap = true;
    *w = (struct world){ .dir = temp_dir_make(), .leaves = 1 };
    memset(w->log[0].bytes, 0x33, HASH_LEN);
    make_authority(w);
    make_owner(w);
    assert_ok(secret_new(API_KEY_LEN, &w->file_key));
    memcpy(secret_fill(w->file_key), WORLD_FILE_KEY, API_KEY_LEN);
    make_dataset(w, &w->datasets[0], "/input.bin");
    make_dataset(w, &w->datasets[1], "/output.bin");
    store_plain(w, &w->datasets[0], plain);
    make_configuration(w);
    w->broker = host_start(world_broker, w, w->tls);
    w->store = host_start(world_store, w, NULL);
    start_agent(w);
}

void world_close(struct world *w)
{
    agent_free(w->agent);
    simulator_free(w->simulator);
    buffer_clear(&w->evidence);
    host_stop(w->broker);
    host_stop(w->store);
    SSL_CTX_free(w->tls);
    json_decref(w->config);
    secret_free(w->file_key);
    for (size_t i = 0; i < 2; i++)
        buffer_clear(&w->datasets[i].stored);
    api_key_free(w->owner_key);
    api_key_free(w->recovery_key);
    api_key_free(w->log_key);
    ca_key_free(w->tls_key);
    root_clear(&w->root);
    root_clear(&w->other_root);
    buffer_clear(&w->server);
    buffer_clear(&w->other_server);
    temp_dir_remove(&w->dir);
}

void world_other_zone(struct world *w)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(8192);
    root_pem(&w->other_root, &pem);
    assert_int_equal(
        json_array_set_new(json_object_get(w->config, "zone_ca"), 0,
                           json_stringn((const char *)pem.data, pem.len)),
        0);
    hash_configuration(w);
}

const char *world_root_file(const struct world *w)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(8192);
    const char *path = temp_dir_path(&w->dir, "root.pem");
    root_pem(&w->root, &pem);
    assert_ok(file_write(path, buffer_bytes(&pem), 0644));
    return path;
}

void world_log_key(const struct world *w, char out[65])
{
    struct hash hash;
    const struct api_spki key = api_key_signer(w->log_key).key;
    assert_ok(api_spki_hash(&key, &hash));
    hex_encode(hash_bytes(&hash), out);
}
