/* A credential is accepted or denied with a reason; when it is accepted its
 * members are the ones its bytes begin with. */

#include <stdint.h>
#include <stdlib.h>

#include "api/seal.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return failed(secret_heap_open(1024 * 1024)) ? 1 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct api_credential credential;
    struct reason why = { "" };
    struct status decoded =
        api_credential_decode(bytes_of(data, size), &credential, &why);
    if (failed(decoded)) {
        if (decoded.code != STATUS_DENIED || why.text[0] == '\0')
            abort();
        return 0;
    }
    if (memcmp(data + 20, credential.account.bytes, API_ID_LEN) != 0 ||
        memcmp(data + 36, credential.dataset.bytes, API_ID_LEN) != 0 ||
        strlen(credential.location) > API_LOCATION_MAX ||
        secret_expose(credential.content).len >= size)
        abort();
    api_credential_clear(&credential);
    return 0;
}
