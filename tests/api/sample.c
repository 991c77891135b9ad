/* sample.c - see sample.h. The keys are fixed so that a manifest's bytes are
 * known; they are of no use to anybody. */

#include "tests/api/sample.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* Per person: the key they began with, and their recovery key. */
static const char *const pems[SAMPLE_PEOPLE][2] = {
    {
        "-----BEGIN PRIVATE KEY-----\n"
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgHCGs2pZnS6bUC32Y\n"
        "xJLAXxNKK7v8B5KKxYMXftiG1XOhRANCAARLAG8aY/OQEcCSMZymxQipAe7u+m2M\n"
        "UYUQBDtWLoT7e0h3SkmIPcR/jvdz6o650D/M0F0IRZfWkjoDr1fgIPx/\n"
        "-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\n"
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgSNK8bGi38OhMQvTK\n"
        "1bH4jPWqPWIIZvD8cCpaRZBOjGShRANCAARiM3E6SKfTuf+rVDdD0NylqGNR10yw\n"
        "KHJipIV7b6rPRJJYSqap4ExixKqKIrrLEGDoJ5P4obGFx0f6DQKc2Uqk\n"
        "-----END PRIVATE KEY-----\n",
    },
    {
        "-----BEGIN PRIVATE KEY-----\n"
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQghRguMHkMORRftqAp\n"
        "1tnQfumXMJ3jdFJvNmV+F4k6Ou+hRANCAAS5BffWOzsJaokNnxmnjWTRrEVJ4kHq\n"
        "T2bVvZMWcxibIjAkpA9T2N3FbcfL7i6zBtrxe3DtXtvlXBMMRj3A3z/M\n"
        "-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\n"
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg7VcuaNT8ZuawU3dl\n"
        "kSb5Y+haM4FhbMi6kdIO4gSexQahRANCAASpBby5PpEj7AFvmJDJcpjqQCzMIBzv\n"
        "L21xNYE0hQ7zDCRY/7TW3FG28jk0BnE409IxfYplxVpIb+h0qusKwYUy\n"
        "-----END PRIVATE KEY-----\n",
    },
    {
        "-----BEGIN PRIVATE KEY-----\n"
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgN2CBeHbWvtq0KMSN\n"
        "RshYoElG08ovi7P7YsEn3f5dJ3+hRANCAATqmUeC0sKixqdWzYsfmsxH13YNp3Cx\n"
        "fKLA8C273yPmZr5HGeCHSUN9nKzQcBfDGmfYq6ICm6N8y8Hp+R+I58S8\n"
        "-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\n"
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgCDwHOheDkIrMxBMw\n"
        "Zbwku+0PjNExCl5w4Ohiiaq2yHqhRANCAASbrgplKIG4pErWH2PimEw/fjyHm3Oo\n"
        "9r4gYCqFlntqRd0vSRWid/lP0UostIUoVdFUIKqH1KMK4HtYSjkNv2FP\n"
        "-----END PRIVATE KEY-----\n",
    },
};

static void heap_open(void)
{
    AUTO_FREE(secret) probe = NULL;
    if (failed(secret_new(16, &probe)))
        assert_ok(secret_heap_open(64 * 1024));
}

struct secret *sample_secret(struct bytes bytes)
{
    struct secret *made = NULL;
    heap_open();
    assert_ok(secret_new(bytes.len, &made));
    memcpy(secret_fill(made), bytes.at, bytes.len);
    return made;
}

static struct api_key *read_key(const char *pem)
{
    struct api_key *key = NULL;
    AUTO_FREE(secret) text = sample_secret(bytes_of_string(pem));
    assert_ok(api_key_read(text, &key));
    return key;
}

static json_t *owner_text(const struct api_owner *owner)
{
    AUTO_CLEAR_BUFFER encoded = buffer_make(4096);
    assert_ok(api_owner_encode(owner, &encoded));
    return api_json_of_base64(buffer_bytes(&encoded));
}

json_t *sample_parse(const char *text)
{
    json_error_t error;
    json_t *value = json_loads(text, JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
    if (!value)
        print_error("%s at %d: %s\n", error.text, error.position, text);
    assert_non_null(value);
    return value;
}

void sample_set(json_t *object, const char *name, json_t *value)
{
    assert_non_null(value);
    assert_int_equal(json_object_set_new(object, name, value), 0);
}

json_t *sample_at(const struct sample *s, const char *name, ...)
{
    json_t *at = s->proposal;
    va_list names;
    va_start(names, name);
    for (; name; name = va_arg(names, const char *)) {
        at = json_object_get(at, name);
        assert_non_null(at);
    }
    va_end(names);
    return at;
}

void sample_tell_owner(struct sample *s, enum sample_person person)
{
    sample_set(sample_at(s, "people", s->people[person], NULL), "owner",
               owner_text(&s->owners[person]));
}

static void add_person(struct sample *s, enum sample_person person)
{
    static const char *const names[] = { "Alice", "Bob", "Carol" };
    struct api_owner *owner = &s->owners[person];
    s->keys[person] = read_key(pems[person][0]);
    s->recovery[person] = read_key(pems[person][1]);
    owner->first = api_key_signer(s->keys[person]).key;
    owner->recovery = api_key_signer(s->recovery[person]).key;
    (void)snprintf(s->people[person], API_ID_TEXT,
                   "a0000000-0000-4000-8000-00000000000%d", (int)person);
    sample_set(sample_at(s, "people", NULL), s->people[person],
               json_pack("{s:s, s:o}", "name", names[person], "owner",
                         owner_text(owner)));
}

void sample_rename_config(struct sample *s)
{
    json_t *configurations = sample_at(s, "configurations", NULL);
    const char *id = json_object_iter_key(json_object_iter(configurations));
    json_t *record = json_incref(json_object_get(configurations, id));
    struct hash hash;
    AUTO_JSON *base = json_pack("{s:O, s:O, s:[O]}", "app_config",
                                json_object_get(record, "app_config"), "labels",
                                json_object_get(record, "labels"), "zone_ca",
                                sample_at(s, "zone_ca", NULL));
    assert_ok(api_configuration_hash(base, &hash, NULL));
    json_object_clear(configurations);
    hex_encode(hash_bytes(&hash), s->config);
    sample_set(configurations, s->config, record);

    const char *key;
    json_t *object;
    json_object_foreach(sample_at(s, "objects", NULL), key, object)
    {
        json_t *app = json_object_get(json_object_get(object, "ref"), "app");
        if (app)
            sample_set(app, "config_id", json_string(s->config));
    }
}

void sample_open_empty(struct sample *s)
{
    *s = (struct sample){ .proposal = NULL };
    s->proposal = sample_parse(
        "{\"account\": \"b0000000-0000-4000-8000-000000000000\","
        " \"workflow\": \"c0000000-0000-4000-8000-000000000000\","
        " \"version\": 1, \"name\": \"Patient statistics\","
        " \"description\": \"\", \"parent\": null, \"zone_ca\": \"\","
        " \"objects\": {}, \"edges\": {}, \"builds\": {}, \"datasets\": {},"
        " \"people\": {}, \"configurations\": {\"0\": {\"name\": \"default\","
        "   \"app_config\": {\"/f\": {\"contents\": \"AA==\"}},"
        "   \"labels\": {\"a\": \"b\"}, \"ports\": [\"input\", \"output\"]}}}");
    sample_set(s->proposal, "zone_ca", json_string(SAMPLE_ZONE_CA));
    assert_ok(api_json_id(s->proposal, "account", &s->account, NULL));
    add_person(s, ALICE);
    add_person(s, BOB);
    add_person(s, CAROL);
    sample_rename_config(s);
}

void sample_open(struct sample *s)
{
    sample_open_empty(s);
    sample_dataset(s, "d1", "patients", ALICE);
    sample_app(s, "a1", "app-1", BOB);
    sample_dataset(s, "d2", "result", CAROL);
    sample_connect(s, "e1", "d1", "a1", "input");
    sample_connect(s, "e2", "d2", "a1", "output");
}

void sample_close(struct sample *s)
{
    json_decref(s->proposal);
    for (size_t i = 0; i < SAMPLE_PEOPLE; i++) {
        api_key_free(s->keys[i]);
        api_key_free(s->recovery[i]);
    }
}

/* The record's random is its object's key, padded with zeros. */
static void derive(struct sample *s, enum api_object kind, const char *key,
                   enum sample_person owner, unsigned char random[16],
                   char id[API_ID_TEXT])
{
    struct hash hash;
    struct api_id made;
    memset(random, 0, 16);
    memcpy(random, key, strlen(key));
    assert_ok(api_owner_hash(&s->owners[owner], &hash));
    assert_ok(api_id_derive(kind, &s->account, &hash, random, &made));
    api_id_text(&made, id);
}

void sample_dataset(struct sample *s, const char *key, const char *name,
                    enum sample_person owner)
{
    unsigned char random[16];
    char id[API_ID_TEXT], location[128];
    derive(s, API_DATASET, key, owner, random, id);
    (void)snprintf(location, sizeof(location), "https://store.example/%s.bin",
                   name);
    sample_set(sample_at(s, "datasets", NULL), id,
               json_pack("{s:s, s:o, s:o, s:s, s:i, s:{}}", "name", name,
                         "owner", owner_text(&s->owners[owner]), "random",
                         api_json_of_base64(bytes_of(random, 16)), "location",
                         location, "flags", 0, "limits"));
    sample_set(sample_at(s, "objects", NULL), key,
               json_pack("{s:s, s:s, s:{s:{s:s}}}", "name", name, "user_id",
                         s->people[owner], "ref", "dataset", "dataset_id", id));
}

json_t *sample_record(const struct sample *s, const char *key)
{
    json_t *ref = sample_at(s, "objects", key, "ref", NULL);
    json_t *app = json_object_get(ref, "app");
    json_t *id =
        app ? json_object_get(app, "image_id")
            : json_object_get(json_object_get(ref, "dataset"), "dataset_id");
    return sample_at(s, app ? "builds" : "datasets", json_string_value(id),
                     NULL);
}

void sample_sign(struct sample *s, const char *key, struct api_key *by)
{
    struct api_identity_rule rule;
    struct api_id build;
    struct hash identity;
    struct api_signature signature;
    struct api_signer signer = api_key_signer(by);
    AUTO_CLEAR_BUFFER message = buffer_make(128);
    json_t *record = sample_record(s, key);
    assert_ok(api_json_id(sample_at(s, "objects", key, "ref", "app", NULL),
                          "image_id", &build, NULL));
    assert_ok(api_rule_from_json(json_object_get(record, "rule"), &rule, NULL));
    assert_ok(api_identity_hash(&rule, &identity, NULL));
    assert_ok(api_build_message(&s->account, &build, &identity, &message));
    assert_ok(signer.sign(signer.context, buffer_bytes(&message), &signature));
    sample_set(
        record, "signature",
        api_json_of_base64(bytes_of(signature.bytes, API_SIGNATURE_LEN)));
}

void sample_app(struct sample *s, const char *key, const char *name,
                enum sample_person owner)
{
    unsigned char random[16];
    char id[API_ID_TEXT];
    struct hash anchor;
    struct api_identity_rule rule = { .kind = API_KIND_SGX | API_KIND_SIMULATED,
                                      .form = API_SGX_MRENCLAVE,
                                      .tcb_mask = API_TCB_UNEVALUATED };
    derive(s, API_BUILD, key, owner, random, id);
    assert_ok(hash_of(&anchor, bytes_of_string("anchor")));
    memset(rule.sgx.mrenclave, 0x12, sizeof(rule.sgx.mrenclave));
    rule.anchor = anchor;
    sample_set(sample_at(s, "builds", NULL), id,
               json_pack("{s:s, s:o, s:o, s:o, s:s}", "name", "harmonize",
                         "owner", owner_text(&s->owners[owner]), "random",
                         api_json_of_base64(bytes_of(random, 16)), "rule",
                         api_rule_to_json(&rule), "signature", ""));
    sample_set(sample_at(s, "objects", NULL), key,
               json_pack("{s:s, s:s, s:{s:{s:s, s:s}}}", "name", name,
                         "user_id", s->people[owner], "ref", "app", "image_id",
                         id, "config_id", s->config));
    sample_sign(s, key, s->keys[owner]);
}

void sample_connect(struct sample *s, const char *edge, const char *dataset,
                    const char *app, const char *port)
{
    bool written = strncmp(port, "output", 6) == 0;
    sample_set(sample_at(s, "edges", NULL), edge,
               json_pack("{s:{s:s}, s:{s:s, s:s}}",
                         written ? "target" : "source", "id", dataset,
                         written ? "source" : "target", "id", app, "port",
                         port));
}

static void manifest_text(const struct sample *s, struct buffer *out)
{
    struct reason why = { "" };
    struct status made = api_manifest_text(s->proposal, out, &why);
    if (failed(made))
        print_error("%s\n", why.text);
    assert_ok(made);
}

json_t *sample_manifest(const struct sample *s)
{
    json_t *manifest = NULL;
    AUTO_CLEAR_BUFFER text = buffer_make(API_MANIFEST_MAX);
    manifest_text(s, &text);
    assert_ok(api_json_read(buffer_bytes(&text), API_MANIFEST_MAX, false,
                            &manifest, NULL));
    return manifest;
}

void sample_digest(const struct sample *s, struct hash *out)
{
    AUTO_CLEAR_BUFFER text = buffer_make(API_MANIFEST_MAX);
    manifest_text(s, &text);
    assert_ok(hash_of(out, buffer_bytes(&text)));
}
