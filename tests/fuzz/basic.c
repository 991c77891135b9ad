/* Authorization and Cookie fields, as strangers write them. */

#include <stdlib.h>

#include "broker/credentials.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static bool open;
    char email[POLICY_EMAIL_MAX + 1], again[POLICY_EMAIL_MAX + 1];
    AUTO_FREE(secret) password = NULL;
    struct bytes field = bytes_of(data, size);
    if (!open && failed(secret_heap_open(1 << 21)))
        abort();
    open = true;

    struct bytes token = credentials_bearer(field);
    struct bytes cookie = credentials_cookie(field);
    if (token.len > size || cookie.len > size)
        abort(); /* borrowed from the field */
    if (failed(credentials_basic(field, email, &password, NULL)))
        return 0;
    if (!password || secret_expose(password).len == 0 || token.len > 0)
        abort();
    if (failed(policy_email_normalise(email, again, NULL)) ||
        strcmp(email, again) != 0)
        abort(); /* what is normal stays so */
    return 0;
}
