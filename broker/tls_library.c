#include "broker/tls_library.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* OSSL_PROVIDER(7), provider-base(7): a provider answers which algorithms it
 * has; what they do is libcrypto's, in a context of its own. */
struct tls_library {
    OSSL_LIB_CTX *whole;     /* where libcrypto's provider lives */
    OSSL_PROVIDER *provider; /* that one */
    OSSL_LIB_CTX *narrow;    /* what we give away */
    OSSL_PROVIDER *ours;
};

/* RSA-PSS is no client's kind of key; libssl takes it for a sign that TLS 1.3
 * may sign with RSA keys at all. */
static const char *const keys[] = { "RSA", "RSA-PSS", "EC", "X25519" };
static const char *const decoded[] = { "RSA", "EC" };
#define COUNT(array)   (sizeof(array) / sizeof(array)[0])
#define ALGORITHMS_MAX 8

/* The same for every thread: constants of libcrypto. */
static struct {
    pthread_once_t once;
    OSSL_PROVIDER *provider; /* of the process's own context; kept */
    OSSL_ALGORITHM keys[ALGORITHMS_MAX], decoders[ALGORITHMS_MAX];
} offered = { .once = PTHREAD_ONCE_INIT };

/* Whose algorithms a provider that is being loaded works with. */
static _Thread_local const OSSL_PROVIDER *lent;

/* An algorithm's names stand in one string, by colons. */
static bool is_one_of(const char *names, const char *const *wanted,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(wanted[i]);
        if (strncmp(names, wanted[i], len) == 0 &&
            (names[len] == ':' || names[len] == '\0'))
            return true;
    }
    return false;
}

/* The last one stays empty: it ends the list. */
static void add(OSSL_ALGORITHM *list, const OSSL_ALGORITHM *algorithm)
{
    for (size_t i = 0; i + 1 < ALGORITHMS_MAX; i++)
        if (!list[i].algorithm_names) {
            list[i] = *algorithm;
            return;
        }
}

static void choose(void)
{
    static const char spki[] = "input=der,structure=SubjectPublicKeyInfo";
    int no_cache = 0;
    offered.provider = OSSL_PROVIDER_load(NULL, "default");
    if (!offered.provider)
        return;
    const OSSL_ALGORITHM *a = OSSL_PROVIDER_query_operation(
        offered.provider, OSSL_OP_KEYMGMT, &no_cache);
    for (; a && a->algorithm_names; a++)
        if (is_one_of(a->algorithm_names, keys, COUNT(keys)))
            add(offered.keys, a);
    a = OSSL_PROVIDER_query_operation(offered.provider, OSSL_OP_DECODER,
                                      &no_cache);
    for (; a && a->algorithm_names; a++)
        if (is_one_of(a->algorithm_names, decoded, COUNT(decoded)) &&
            strstr(a->property_definition, spki))
            add(offered.decoders, a);
}

static const OSSL_ALGORITHM *query(void *context, int operation, int *no_cache)
{
    static const OSSL_ALGORITHM nothing[1];
    (void)context;
    *no_cache = 0;
    switch (operation) {
    case OSSL_OP_KEYMGMT: return offered.keys;
    case OSSL_OP_DECODER: return offered.decoders;
    case OSSL_OP_ENCODER:
    case OSSL_OP_STORE: return nothing;
    default:
        return OSSL_PROVIDER_query_operation(offered.provider, operation,
                                             no_cache);
    }
}

/* The groups of TLS: libssl asks for each one's kind of key itself. */
static int capabilities(void *context, const char *capability,
                        OSSL_CALLBACK *each, void *argument)
{
    (void)context;
    return OSSL_PROVIDER_get_capabilities(offered.provider, capability, each,
                                          argument);
}

static int start(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
                 const OSSL_DISPATCH **out, void **context)
{
    static const OSSL_DISPATCH functions[] = {
        { OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query },
        { OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))capabilities },
        { 0, NULL },
    };
    (void)handle, (void)in;
    *out = functions;
    *context = OSSL_PROVIDER_get0_provider_ctx(lent);
    return 1;
}

static bool fill(struct tls_library *library)
{
    library->whole = OSSL_LIB_CTX_new();
    if (library->whole)
        library->provider = OSSL_PROVIDER_load(library->whole, "default");
    library->narrow = library->provider ? OSSL_LIB_CTX_new() : NULL;
    if (!library->narrow ||
        OSSL_PROVIDER_add_builtin(library->narrow, "accord", start) != 1)
        return false;
    lent = library->provider;
    library->ours = OSSL_PROVIDER_load(library->narrow, "accord");
    lent = NULL;
    return library->ours != NULL;
}

struct status tls_library_new(struct tls_library **out)
{
    AUTO_FREE(tls_library) library = calloc(1, sizeof(*library));
    if (!library)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    (void)pthread_once(&offered.once, choose);
    if (!offered.provider || !fill(library))
        return failure(STATUS_UNAVAILABLE, "OSSL_PROVIDER_load", 0);
    *out = TAKE(library);
    return OK;
}

void tls_library_free(struct tls_library *library)
{
    if (!library)
        return;
    if (library->ours)
        (void)OSSL_PROVIDER_unload(library->ours);
    OSSL_LIB_CTX_free(library->narrow);
    if (library->provider)
        (void)OSSL_PROVIDER_unload(library->provider);
    OSSL_LIB_CTX_free(library->whole);
    free(library);
}

OSSL_LIB_CTX *tls_library_context(const struct tls_library *library)
{
    return library->narrow;
}
