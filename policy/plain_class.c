#include "policy/agreement.h"

#include <string.h>

bool policy_is_plain_class(const json_t *record)
{
    const char *class = json_string_value(json_object_get(record, "class"));
    return class && strcmp(class, "ccm") == 0;
}

struct status policy_user_owner(const struct api_id *user, struct hash *out)
{
    return hash_of(out, bytes_of_string("accord user v1"), api_id_bytes(user));
}
