#include "policy/agreement.h"

#include <string.h>

bool policy_is_plain_class(const json_t *record)
{
    const char *class = json_string_value(json_object_get(record, "class"));
    return class && strcmp(class, "ccm") == 0;
}

bool policy_workflow_lives(const json_t *record)
{
    json_t *versions = json_object_get(record, "versions"), *entry;
    const char *number;
    json_object_foreach(versions, number, entry)
    {
        const char *status =
            json_string_value(json_object_get(entry, "status"));
        if (status && strcmp(status, "active") == 0)
            return true;
    }
    return false;
}

struct status policy_user_owner(const struct api_id *user, struct hash *out)
{
    return hash_of(out, bytes_of_string("accord user v1"), api_id_bytes(user));
}
