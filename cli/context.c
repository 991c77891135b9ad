#include "cli/context.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"

#define CONTEXT_MAX ((size_t)256 * 1024)

struct status context_directory(const char *name, char out[2048],
                                struct reason *why)
{
    const char *base = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    char above[1024];
    if (!name)
        name = getenv("ACCORD_CONTEXT");
    if (!name || !name[0])
        name = "default";
    if (!api_name_valid(bytes_of_string(name)))
        return refuse(why, STATUS_INVALID, "context",
                      "\"%s\" is not a name for a context", name);
    int len =
        base && base[0] == '/'
            ? snprintf(above, sizeof(above), "%s", base)
            : snprintf(above, sizeof(above), "%s/.config", home ? home : "");
    if (len < 0 || (size_t)len >= sizeof(above) || above[0] != '/')
        return refuse(why, STATUS_INVALID, "context",
                      "neither XDG_CONFIG_HOME nor HOME is usable");
    status_ignore(file_make_directory(above, 0700)); /* the next one tells */
    (void)snprintf(out, 2048, "%s/accord", above);
    struct status s = file_make_directory(out, 0700);
    if (failed(s))
        return refuse(why, s.code, "context", "cannot make %s", out);
    (void)snprintf(out, 2048, "%s/accord/%s", above, name);
    return OK;
}

struct status context_file(const struct context *c, const char *file,
                           char out[2200])
{
    int len = snprintf(out, 2200, "%s/%s", c->directory, file);
    return len > 0 && len < 2200 ? OK : failure(STATUS_INVALID, "path", 0);
}

static struct status read_owner(const json_t *json, struct api_owner *out,
                                struct reason *why)
{
    AUTO_CLEAR_BUFFER raw = buffer_make(4096);
    TRY(api_json_base64(json, "owner", &raw, why));
    struct cursor in = cursor_of(buffer_bytes(&raw));
    if (failed(api_owner_decode(&in, out)) ||
        failed(cursor_finish(&in, "owner")))
        return refuse(why, STATUS_INVALID, "owner",
                      "owner: it is not an owner's keys");
    return OK;
}

static struct status read_json(struct context *c, const json_t *json,
                               struct reason *why)
{
    const char *url, *ca;
    const json_t *head = json_object_get(json, "head");
    TRY(api_json_text(json, "url", &url, why));
    TRY(api_json_text(json, "ca", &ca, why));
    if (strlen(url) >= sizeof(c->url))
        return refuse(why, STATUS_INVALID, "url",
                      "url: it is longer than %zu bytes", sizeof(c->url) - 1);
    memcpy(c->url, url, strlen(url) + 1);
    buffer_put_string(&c->ca_pem, ca);
    TRY(buffer_status(&c->ca_pem));
    TRY(api_json_id(json, "account", &c->account, why));
    TRY(api_json_id(json, "person", &c->person, why));
    TRY(api_json_spki(json, "log_key", &c->log_key, why));
    TRY(read_owner(json, &c->owner, why));
    if (json_is_object(head))
        TRY(api_head_from_json(head, &c->head, why));
    return OK;
}

static struct status read_keys(struct context *c, struct reason *why)
{
    char path[2200];
    AUTO_FREE(secret) pem = NULL;
    TRY(context_file(c, "key.pem", path));
    struct status s = file_read_secret(path, 4096, false, &pem);
    if (failed(s))
        return refuse(why, s.code, "key",
                      s.code == STATUS_DENIED
                          ? "%s can be read by others: chmod 600 it"
                          : "cannot read %s",
                      path);
    s = api_key_read(pem, &c->key);
    if (!failed(s))
        s = ca_key_read(pem, &c->tls);
    if (is_wanting(s))
        return s;
    if (failed(s))
        return refuse(why, STATUS_INVALID, "key", "%s is not a P-256 key",
                      path);
    TRY(context_file(c, "certificate.pem", path));
    s = file_read(path, &c->certificate);
    return failed(s)
               ? refuse(why, s.code, "certificate", "cannot read %s", path)
               : OK;
}

static struct status read_context(const char *name, bool keys,
                                  struct context *c, struct reason *why)
{
    AUTO_CLEAR_BUFFER text = buffer_make(CONTEXT_MAX);
    AUTO_JSON *json = NULL;
    char path[2200];
    TRY(context_directory(name, c->directory, why));
    TRY(context_file(c, "context.json", path));
    struct status s = file_read(path, &text);
    if (failed(s))
        return refuse(why, s.code, "context",
                      "you have not joined a broker yet: accord join < "
                      "INVITATION (no %s)",
                      path);
    TRY(api_json_read(buffer_bytes(&text), CONTEXT_MAX, false, &json, why));
    TRY(read_json(c, json, why));
    return keys ? read_keys(c, why) : OK;
}

static struct status open_context(const char *name, bool keys,
                                  struct context *out, struct reason *why)
{
    struct context c = { .ca_pem = buffer_make(CONTEXT_MAX),
                         .certificate = buffer_make(CONTEXT_MAX) };
    struct status s = read_context(name, keys, &c, why);
    if (failed(s)) {
        context_clear(&c);
        return s;
    }
    *out = c;
    return OK;
}

struct status context_open(const char *name, struct context *out,
                           struct reason *why)
{
    return open_context(name, true, out, why);
}

struct status context_open_keyless(const char *name, struct context *out,
                                   struct reason *why)
{
    return open_context(name, false, out, why);
}

void context_clear(struct context *c)
{
    buffer_clear(&c->ca_pem);
    buffer_clear(&c->certificate);
    ca_key_free(c->tls);
    api_key_free(c->key);
    c->tls = NULL;
    c->key = NULL;
}

struct status context_save(const struct context *c, struct reason *why)
{
    AUTO_CLEAR_BUFFER text = buffer_make(CONTEXT_MAX),
                      owner = buffer_make(4096);
    char path[2200];
    TRY(api_owner_encode(&c->owner, &owner));
    AUTO_JSON *json = json_pack(
        "{s:s, s:s%, s:o, s:o, s:o, s:o, s:o}", "url", c->url, "ca",
        (const char *)c->ca_pem.data, c->ca_pem.len, "account",
        api_json_of_id(&c->account), "person", api_json_of_id(&c->person),
        "log_key", api_json_of_base64(api_spki_bytes(&c->log_key)), "owner",
        api_json_of_base64(buffer_bytes(&owner)), "head",
        c->head.size ? api_head_to_json(&c->head) : json_null());
    if (!json)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(api_json_canonical(json, &text));
    TRY(context_file(c, "context.json", path));
    struct status s = file_write(path, buffer_bytes(&text), 0600);
    return failed(s) ? refuse(why, s.code, "context", "cannot write %s", path)
                     : OK;
}
