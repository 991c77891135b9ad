#include "base/hash.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

bool hash_is_zero(const struct hash *h)
{
    static const struct hash zero;
    return hash_equal(h, &zero);
}

struct status hash_parts(const struct bytes *parts, size_t count,
                         struct hash *out)
{
    struct hash made;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int good = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
    for (size_t i = 0; good && i < count; i++)
        good = EVP_DigestUpdate(context, parts[i].at, parts[i].len) == 1;
    good = good && EVP_DigestFinal_ex(context, made.bytes, NULL) == 1;
    EVP_MD_CTX_free(context);

    if (!good)
        return failure(STATUS_NO_MEMORY, "EVP_Digest", 0);
    *out = made;
    return OK;
}

struct status random_fill(void *out, size_t len)
{
    if (len > INT_MAX || RAND_bytes(out, (int)len) != 1)
        return failure(STATUS_UNAVAILABLE, "RAND_bytes", 0);
    return OK;
}
