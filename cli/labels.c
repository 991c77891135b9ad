#include "cli/labels.h"

struct status labels_read(const struct arguments *given, json_t **out,
                          struct reason *why)
{
    AUTO_JSON *labels = json_object();
    size_t position = 0;
    const char *label;
    while ((label = arguments_each(given, "label", &position))) {
        const char *equals = strchr(label, '=');
        char name[128];
        if (!equals || equals == label ||
            (size_t)(equals - label) >= sizeof(name))
            return refuse(why, STATUS_INVALID, "label",
                          "--label: expected NAME=VALUE");
        memcpy(name, label, (size_t)(equals - label));
        name[equals - label] = '\0';
        if (json_object_get(labels, name))
            return refuse(why, STATUS_INVALID, "label",
                          "--label: %s is given twice", name);
        if (json_object_set_new(labels, name, json_string(equals + 1)) != 0)
            return refuse(why, STATUS_INVALID, "label",
                          "--label: %s is not UTF-8", name);
    }
    *out = TAKE(labels);
    return OK;
}

struct status labels_take(const struct arguments *given, const char *option,
                          json_t *object, const char *member)
{
    const char *value = arguments_value(given, option);
    if (value && json_object_set_new(object, member, json_string(value)) != 0)
        return failure(STATUS_INVALID, "text", 0); /* not UTF-8 */
    return OK;
}
