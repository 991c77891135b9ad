/* Whatever profile is accepted has a key id that can stand in a URL and a
 * secret that was in the file. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool heap_is_open;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char access[129];
    AUTO_FREE(secret) key = NULL;
    if (!heap_is_open && failed(secret_heap_open(256 * 1024)))
        abort();
    heap_is_open = true;
    if (failed(profile_parse(bytes_of(data, size), "default", access, &key)))
        return 0;
    struct bytes secret = secret_expose(key);
    size_t len = strlen(access);
    if (len == 0 || len > 128 || strpbrk(access, "&/?%= \t\r\n") ||
        !memmem(data, size, access, len) || secret.len == 0 ||
        secret.len > PROFILE_SECRET_MAX ||
        !memmem(data, size, secret.at, secret.len))
        abort();
    return 0;
}
