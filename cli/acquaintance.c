#include "cli/acquaintance.h"

#include "base/file.h"
#include "base/text.h"

#define PEOPLE_MAX ((size_t)1024 * 1024)

static struct status put_nobody(struct buffer *text)
{
    buffer_put_string(text, "{\"people\":{}}");
    return buffer_status(text);
}

/* I have met myself. */
static struct status add_myself(const struct context *context, json_t *known)
{
    struct hash owner, key;
    char name[2 * HASH_LEN + 1];
    if (!context->key)
        return OK;
    struct api_spki mine = api_key_signer(context->key).key;
    TRY(api_owner_hash(&context->owner, &owner));
    TRY(api_spki_hash(&mine, &key));
    hex_encode(hash_bytes(&owner), name);
    return json_object_set_new(json_object_get(known, "people"), name,
                               api_json_of_hash(&key)) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

struct status acquaintance_read(const struct context *context, json_t **out,
                                struct reason *why)
{
    AUTO_CLEAR_BUFFER text = buffer_make(PEOPLE_MAX);
    AUTO_JSON *json = NULL;
    char path[2200];
    TRY(context_file(context, "people.json", path));
    struct status s = file_read(path, &text);
    if (s.code == STATUS_NOT_FOUND)
        s = put_nobody(&text);
    if (!failed(s))
        s = api_json_read(buffer_bytes(&text), PEOPLE_MAX, false, &json, NULL);
    if (is_wanting(s))
        return s;
    if (failed(s) || !json_is_object(json_object_get(json, "people")))
        return refuse(why, failed(s) ? s.code : STATUS_INVALID, "people",
                      "%s is damaged: remove it, and nobody counts as met",
                      path);
    TRY(add_myself(context, json));
    *out = TAKE(json);
    return OK;
}

bool acquaintance_met(void *people, const struct hash *owner,
                      const struct hash *key)
{
    char name[2 * HASH_LEN + 1], is[2 * HASH_LEN + 1];
    hex_encode(hash_bytes(owner), name);
    hex_encode(hash_bytes(key), is);
    const char *known = json_string_value(
        json_object_get(json_object_get(people, "people"), name));
    return known && strcmp(known, is) == 0;
}

static struct status add_all(json_t *people, const json_t *manifest,
                             struct reason *why)
{
    const char *id;
    json_t *person;
    json_object_foreach(json_object_get(manifest, "people"), id, person)
    {
        struct hash owner, key;
        char name[2 * HASH_LEN + 1];
        TRY(api_json_hash(person, "owner", &owner, why));
        TRY(api_json_hash(person, "key", &key, why));
        hex_encode(hash_bytes(&owner), name);
        if (json_object_set_new(people, name, api_json_of_hash(&key)) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
    }
    return OK;
}

struct status acquaintance_add(const struct context *context,
                               const json_t *manifest, struct reason *why)
{
    AUTO_JSON *known = NULL;
    AUTO_CLEAR_BUFFER text = buffer_make(PEOPLE_MAX);
    char path[2200];
    TRY(acquaintance_read(context, &known, why));
    TRY(add_all(json_object_get(known, "people"), manifest, why));
    TRY(api_json_canonical(known, &text));
    TRY(context_file(context, "people.json", path));
    struct status s = file_write(path, buffer_bytes(&text), 0600);
    return failed(s) ? refuse(why, s.code, "people", "cannot write %s", path)
                     : OK;
}
