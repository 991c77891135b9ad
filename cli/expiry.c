#include "cli/expiry.h"

#include <stdio.h>

#include "cli/output.h"

static bool is_of(const json_t *dataset, const char *owner)
{
    const char *is = json_string_value(json_object_get(dataset, "owner_hash"));
    return !owner || (is && strcmp(is, owner) == 0);
}

static void warn(const char *name, uint64_t expires, uint64_t now)
{
    (void)fputs("accord: warning: the credential of \"", stderr);
    output_text(stderr, name);
    if (expires <= now)
        (void)fputs("\" has expired", stderr);
    else
        (void)fprintf(stderr, "\" expires in %llu h",
                      (unsigned long long)(expires - now) / 3600);
    (void)fputs(": accord dataset renew\n", stderr);
}

size_t expiry_warn(const json_t *answer, const char *owner, uint64_t now)
{
    size_t i, count = 0;
    json_t *dataset;
    json_array_foreach(json_object_get(answer, "items"), i, dataset)
    {
        json_int_t at = json_integer_value(json_object_get(dataset, "expires"));
        if (at <= 0 || (uint64_t)at > now + EXPIRY_NEAR_SECONDS ||
            json_is_true(json_object_get(dataset, "erased")) ||
            !is_of(dataset, owner))
            continue;
        warn(json_string_value(json_object_get(dataset, "name")), (uint64_t)at,
             now);
        count++;
    }
    return count;
}
