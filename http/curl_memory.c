#include "http/curl_memory.h"

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Stands before every block, so that free() knows how much to wipe. */
struct block {
    alignas(max_align_t) size_t len;
};

static struct block *block_of(void *p)
{
    return (struct block *)p - 1;
}

static _Thread_local bool refused;

bool http_curl_memory_refused(void)
{
    bool was_refused = refused;
    refused = false;
    return was_refused;
}

static void *wiping_malloc(size_t len)
{
    bool possible = len <= SIZE_MAX - sizeof(struct block);
    struct block *made = possible ? malloc(sizeof(*made) + len) : NULL;
    if (!made) {
        refused = true;
        return NULL;
    }
    made->len = len;
    return made + 1;
}

static void wiping_free(void *p)
{
    if (!p)
        return;
    struct block *old = block_of(p);
    OPENSSL_cleanse(old, sizeof(*old) + old->len);
    free(old);
}

static void *wiping_calloc(size_t n, size_t size)
{
    if (size != 0 && n > SIZE_MAX / size)
        return NULL;
    void *p = wiping_malloc(n * size);
    if (p)
        memset(p, 0, n * size);
    return p;
}

static void *wiping_realloc(void *p, size_t len)
{
    void *made = wiping_malloc(len);
    if (!made || !p)
        return made;
    size_t old = block_of(p)->len;
    memcpy(made, p, old < len ? old : len);
    wiping_free(p);
    return made;
}

static char *wiping_strdup(const char *s)
{
    size_t len = strlen(s) + 1;
    char *made = wiping_malloc(len);
    if (made)
        memcpy(made, s, len);
    return made;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode started;

static void start(void)
{
    started =
        curl_global_init_mem(CURL_GLOBAL_DEFAULT, wiping_malloc, wiping_free,
                             wiping_realloc, wiping_strdup, wiping_calloc);
}

struct status http_curl_start(void)
{
    (void)pthread_once(&once, start);
    return started == CURLE_OK
               ? OK
               : failure(STATUS_UNAVAILABLE, "curl_global_init_mem",
                         (uint32_t)started);
}
