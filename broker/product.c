#include "broker/product.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>

/* --- refusals ------------------------------------------------------------ */

static enum status_code code_of(int http_status, const char *event)
{
    switch (http_status) {
    case 403:
        return strcmp(event, "NO_ACCOUNT_SELECTED") == 0 ? STATUS_INVALID
                                                         : STATUS_DENIED;
    case 404: return STATUS_NOT_FOUND;
    case 409: return STATUS_CONFLICT;
    default: return STATUS_INVALID;
    }
}

struct status product_refuse(struct exchange *x, int http_status,
                             const char *event, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(x->why.text, sizeof(x->why.text), format, arguments);
    va_end(arguments);
    x->code = event;
    x->http_status = http_status;
    return failure(code_of(http_status, event), event, 0);
}

json_t *product_event(const char *message, const char *code,
                      const json_t *faults)
{
    json_t *text = json_string(message);
    for (size_t i = 0; text && i < json_array_size(faults); i++) {
        const json_t *fault = json_array_get(faults, i);
        json_t *longer = json_sprintf(
            "%s%s %s: %s", json_string_value(text), i == 0 ? ":" : ";",
            json_string_value(json_object_get(fault, "where")),
            json_string_value(json_object_get(fault, "fault")));
        json_decref(text);
        text = longer;
    }
    return json_pack("{s:o, s:s, s:s, s:O*}", "message", text, "code", code,
                     "severity", "ERROR", "faults", faults);
}

struct status product_unique(struct exchange *x, struct status s)
{
    if (s.code == STATUS_CONFLICT) {
        x->code = "UNIQUE_VIOLATION";
        x->http_status = 400;
    }
    return s;
}

/* --- roles --------------------------------------------------------------- */

static const char *const role_names[] = {
    [POLICY_NO_ROLE] = "NONE",
    [POLICY_READER] = "READER",
    [POLICY_WRITER] = "WRITER",
    [POLICY_MANAGER] = "MANAGER",
};

const char *product_role_name(enum policy_role role)
{
    return role_names[role];
}

json_t *product_roles(enum policy_role role)
{
    json_t *list = json_array();
    for (unsigned r = role; list && r > POLICY_NO_ROLE; r--) {
        if (json_array_append_new(list, json_string(role_names[r])) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

struct status product_read_roles(struct exchange *x, enum policy_role *out)
{
    const json_t *list;
    enum policy_role greatest = POLICY_NO_ROLE;
    TRY(product_texts(x, "roles", 3, &list));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        int role = POLICY_READER;
        while (role <= POLICY_MANAGER && strcmp(name, role_names[role]) != 0)
            role++;
        if (role > POLICY_MANAGER)
            return product_refuse(x, 400, "INVALID_VALUE",
                                  "roles: READER, WRITER, MANAGER");
        if (role > (int)greatest)
            greatest = (enum policy_role)role;
    }
    if (list && greatest == POLICY_NO_ROLE)
        return product_refuse(x, 400, "INVALID_VALUE",
                              "roles: at least one of them");
    *out = greatest;
    return OK;
}

/* --- members ------------------------------------------------------------- */

static struct status invalid(struct exchange *x, const char *name,
                             const char *expected)
{
    return product_refuse(x, 400, "INVALID_VALUE", "%s: expected %s", name,
                          expected);
}

static struct status missing(struct exchange *x, const char *name)
{
    return product_refuse(x, 400, "MISSING_REQUIRED_PARAMETER", "%s is missing",
                          name);
}

static json_t *member(const struct exchange *x, const char *name)
{
    json_t *value = json_object_get(x->body, name);
    return json_is_null(value) ? NULL : value;
}

struct status product_only(struct exchange *x, const char *const *names,
                           size_t count)
{
    if (!json_is_object(x->body))
        return product_refuse(x, 400, "BAD_REQUEST",
                              "the body must be a JSON object");
    struct reason why = { "" };
    if (failed(api_json_only(x->body, names, count, &why)))
        return product_refuse(x, 400, "INVALID_BODY_PARAMETER", "%s", why.text);
    return OK;
}

struct status product_not_built(struct exchange *x, const char *const *names,
                                size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (member(x, names[i]))
            return product_refuse(x, 501, "INVALID_BODY_PARAMETER",
                                  "%s: this is not built here", names[i]);
    return OK;
}

struct status product_text_optional(struct exchange *x, const char *name,
                                    size_t max, const char **out)
{
    const json_t *value = member(x, name);
    if (value &&
        (!json_is_string(value) || json_string_length(value) > max ||
         strlen(json_string_value(value)) != json_string_length(value)))
        return product_refuse(x, 400, "INVALID_VALUE",
                              "%s: expected text of at most %zu bytes", name,
                              max);
    *out = value ? json_string_value(value) : NULL;
    return OK;
}

struct status product_text(struct exchange *x, const char *name, size_t max,
                           const char **out)
{
    const char *text;
    TRY(product_text_optional(x, name, max, &text));
    if (!text)
        return missing(x, name);
    if (!text[0])
        return invalid(x, name, "text that is not empty");
    *out = text;
    return OK;
}

struct status product_integer_optional(struct exchange *x, const char *name,
                                       int64_t min, int64_t max, int64_t *out)
{
    const json_t *value = member(x, name);
    int64_t number = json_integer_value(value);
    if (!value)
        return OK;
    if (!json_is_integer(value) || number < min || number > max)
        return product_refuse(x, 400, "INVALID_VALUE",
                              "%s: expected an integer from %lld to %lld", name,
                              (long long)min, (long long)max);
    *out = number;
    return OK;
}

struct status product_integer(struct exchange *x, const char *name, int64_t min,
                              int64_t max, int64_t *out)
{
    if (!member(x, name))
        return missing(x, name);
    return product_integer_optional(x, name, min, max, out);
}

struct status product_flag(struct exchange *x, const char *name, bool *out)
{
    const json_t *value = member(x, name);
    if (value && !json_is_boolean(value))
        return invalid(x, name, "true or false");
    *out = json_is_true(value);
    return OK;
}

struct status product_id_optional(struct exchange *x, const char *name,
                                  struct api_id *out)
{
    const char *text;
    *out = (struct api_id){ { 0 } };
    TRY(product_text_optional(x, name, 36, &text));
    if (text && failed(api_id_parse(bytes_of_string(text), out)))
        return invalid(x, name, "a UUID");
    return OK;
}

struct status product_id(struct exchange *x, const char *name,
                         struct api_id *out)
{
    if (!member(x, name))
        return missing(x, name);
    return product_id_optional(x, name, out);
}

struct status product_group(struct exchange *x)
{
    struct api_id group;
    TRY(product_id_optional(x, "group_id", &group));
    if (!api_id_is_zero(&group) && !api_id_equal(&group, &x->peer.account))
        return invalid(x, "group_id", "the account's own id: it has one group");
    return OK;
}

struct status product_texts(struct exchange *x, const char *name, size_t max,
                            const json_t **out)
{
    const json_t *list = member(x, name);
    if (list && (!json_is_array(list) || json_array_size(list) > max))
        return product_refuse(x, 400, "INVALID_VALUE",
                              "%s: expected a list of at most %zu", name, max);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!json_is_string(json_array_get(list, i)))
            return invalid(x, name, "a list of texts");
    *out = list;
    return OK;
}

struct status product_labels(struct exchange *x, const char *name, size_t max,
                             const json_t **out)
{
    json_t *labels = member(x, name), *value;
    const char *key;
    if (labels && (!json_is_object(labels) || json_object_size(labels) > max))
        return product_refuse(x, 400, "INVALID_VALUE",
                              "%s: expected an object of at most %zu texts",
                              name, max);
    json_object_foreach(
        labels, key,
        value) if (!json_is_string(value)) return invalid(x, name,
                                                          "an object of texts");
    *out = labels;
    return OK;
}

struct status product_secret(struct exchange *x, const char *name,
                             struct secret **out)
{
    AUTO_FREE(secret) taken = NULL;
    const json_t *value = member(x, name);
    if (!value)
        return missing(x, name);
    if (!json_is_string(value) || json_string_length(value) == 0 ||
        json_string_length(value) > 65536)
        return invalid(x, name, "text");
    TRY(secret_new(json_string_length(value), &taken));
    memcpy(secret_fill(taken), json_string_value(value),
           json_string_length(value));
    (void)json_object_del(x->body, name); /* wiped: api/json.h */
    *out = TAKE(taken);
    return OK;
}

void product_forget_request(struct exchange *x)
{
    bool keep_alive = x->request.keep_alive;
    enum http_method method = x->request.method;
    buffer_clear(&x->raw);
    x->request =
        (struct http_request){ .method = method, .keep_alive = keep_alive };
}

struct status product_path_id(struct exchange *x, size_t index,
                              const char *what, struct api_id *out)
{
    if (failed(api_id_parse(bytes_of_string(x->part[index]), out)))
        return product_refuse(x, 404, "NOT_FOUND", "there is no such %s", what);
    return OK;
}

bool product_pointer_key(const char *part, char out[PRODUCT_KEY_MAX + 1])
{
    size_t len = 0;
    for (; *part && len < PRODUCT_KEY_MAX; part++) {
        if (*part == '~' && part[1] != '0' && part[1] != '1')
            return false;
        out[len] = *part;
        if (*part == '~')
            out[len] = *++part == '1' ? '/' : '~';
        len++;
    }
    out[len] = '\0';
    return len > 0 && !*part;
}

/* --- answers ------------------------------------------------------------- */

struct status product_answer_void(struct exchange *x)
{
    bool v2 = x->peer.kind == PEER_SESSION && x->session.form == SESSION_V2;
    x->http_status = v2 ? 200 : 204;
    return OK;
}

bool product_add(json_t *object, const char *name, json_t *value)
{
    return json_object_set_new(object, name, value) == 0;
}
