#include "broker/settings.h"

enum shape { TEXT, TEXTS, FLAG, ANYTHING };

struct known {
    const char *name;
    enum shape shape;
};

/* clang-format off */
static const struct known settings[] = {
    { "entrypoint", TEXTS }, { "encryptedDirs", TEXTS }, { "rw_dirs", TEXTS },
    { "manifestEnv", TEXTS }, { "mutableEnv", TEXTS }, { "java_runtime", TEXT },
    { "allowCmdlineArgs", FLAG },
    { "certificate", ANYTHING }, { "caCertificate", ANYTHING }, /* see below */
    { 0 },
};
static const struct known certificate[] = {
    { "issuer", TEXT }, { "subject", TEXT }, { "altNames", TEXTS }, { "keyType", TEXT },
    { "keyParam", ANYTHING }, { "keyPath", TEXT }, { "certPath", TEXT }, { "chainPath", TEXT },
    { 0 },
};
static const struct known ca_certificate[] = {
    { "caPath", TEXT }, { "caCert", TEXT }, { "system", TEXT },
    { 0 },
};
/* clang-format on */

static bool has_shape(const json_t *value, enum shape shape)
{
    switch (shape) {
    case TEXT: return json_is_string(value);
    case FLAG: return json_is_boolean(value);
    case ANYTHING: return true;
    case TEXTS: break;
    }
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!json_is_string(json_array_get(value, i)))
            return false;
    return json_is_array(value);
}

static struct status check(struct exchange *x, json_t *object,
                           const char *where, const struct known *known)
{
    const char *name;
    json_t *value;
    if (!json_is_object(object))
        return product_refuse(x, 400, "INVALID_VALUE", "%s: expected an object",
                              where);
    json_object_foreach(object, name, value)
    {
        const struct known *k = known;
        while (k->name && strcmp(k->name, name) != 0)
            k++;
        if (!k->name)
            return product_refuse(x, 400, "INVALID_BODY_PARAMETER",
                                  "%s: unknown member \"%.64s\"", where, name);
        if (!json_is_null(value) && !has_shape(value, k->shape))
            return product_refuse(x, 400, "INVALID_VALUE",
                                  "%s.%s: not of its type", where, name);
    }
    return OK;
}

/* Closed lists of the clients: another word would break their reading. */
static struct status check_words(struct exchange *x, const json_t *given)
{
    static const char *const java[] = { "JAVA-ORACLE", "OPENJDK", "OPENJ9",
                                        "LIBERTY-JRE" };
    const char *word =
        json_string_value(json_object_get(given, "java_runtime"));
    if (!word)
        return OK;
    for (size_t i = 0; i < sizeof(java) / sizeof(java[0]); i++)
        if (strcmp(java[i], word) == 0)
            return OK;
    return product_refuse(x, 400, "INVALID_VALUE",
                          "advanced_settings.java_runtime: JAVA-ORACLE, "
                          "OPENJDK, OPENJ9 or LIBERTY-JRE");
}

static struct status check_part(struct exchange *x, const json_t *given,
                                const char *name, const char *where,
                                const struct known *known)
{
    json_t *part = json_object_get(given, name);
    return !part || json_is_null(part) ? OK : check(x, part, where, known);
}

struct status settings_read(struct exchange *x, const json_t **out)
{
    json_t *given = json_object_get(x->body, "advanced_settings");
    *out = NULL;
    if (!given || json_is_null(given))
        return OK;
    TRY(check(x, given, "advanced_settings", settings));
    TRY(check_words(x, given));
    TRY(check_part(x, given, "certificate", "advanced_settings.certificate",
                   certificate));
    TRY(check_part(x, given, "caCertificate", "advanced_settings.caCertificate",
                   ca_certificate));
    AUTO_CLEAR_BUFFER text = buffer_make(SETTINGS_MAX);
    if (failed(api_json_canonical(given, &text)) ||
        failed(buffer_status(&text)))
        return product_refuse(x, 400, "INVALID_VALUE",
                              "advanced_settings: more than %d bytes",
                              SETTINGS_MAX);
    *out = given;
    return OK;
}

struct status settings_docker(struct exchange *x, const json_t **out)
{
    static const char *const members[] = { "docker_image_name",
                                           "docker_version", "docker_image_sha",
                                           "docker_image_size" };
    json_t *given = json_object_get(x->body, "docker_info");
    struct reason why = { "" };
    *out = NULL;
    if (!given || json_is_null(given))
        return OK;
    if (!json_is_object(given) ||
        failed(api_json_only(given, members, 4, &why)))
        return product_refuse(x, 400, "INVALID_BODY_PARAMETER",
                              "docker_info: %s",
                              why.text[0] ? why.text : "expected an object");
    for (size_t i = 0; i < 4; i++) {
        json_t *value = json_object_get(given, members[i]);
        bool there = value && !json_is_null(value);
        if ((i < 2 && !there) || (there && !(i < 3 ? json_is_string(value)
                                                   : json_is_integer(value))))
            return product_refuse(x, 400, "INVALID_VALUE",
                                  "docker_info.%s: not of its type",
                                  members[i]);
    }
    *out = given;
    return OK;
}
