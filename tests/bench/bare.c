/* bare.c - the PKCS#11 calls of a sealed release and nothing else: how many
 * a token gives per second. What accordd manages is measured against it.
 *
 *     bare SOFTHSM2.CONF LABEL PIN-FILE SECONDS THREADS
 *
 * Each thread has a session, and again and again imports an RSA-3072 public
 * key, wraps an AES-256 key to it by OAEP and destroys it: what the worker
 * does for each release. Prints one line of JSON. */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/file.h"
#include "ca/ca.h"
#include "pkcs11/rsa.h"
#include "pkcs11/settings.h"
#include "pkcs11/template.h"

#define THREADS_MAX 64
#define SOFTHSM     "/usr/lib/softhsm/libsofthsm2.so"

struct caller {
    pthread_t thread;
    struct hsm_session session;
    const struct ca_public_key *to;
    double until;
    size_t done, failed;
};

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct status make_key(struct hsm_session *session,
                              CK_OBJECT_HANDLE *out)
{
    static const CK_KEY_TYPE aes = CKK_AES;
    static const unsigned char value[32] = { 7 };
    struct hsm_template t = { .count = 0 };
    hsm_template_secret(&t, &aes, HSM_NO_USE);
    hsm_template_place(&t, false, true);
    hsm_template_hidden(&t, true);
    hsm_template_value(&t, CKA_VALUE, value, sizeof(value));
    return hsm_object_make(session, &t, out);
}

static void *call(void *argument)
{
    struct caller *c = argument;
    CK_OBJECT_HANDLE key;
    if (failed(make_key(&c->session, &key))) {
        c->failed++;
        return NULL;
    }
    while (now() < c->until && c->failed == 0) {
        AUTO_CLEAR_BUFFER wrapped = buffer_make(1024);
        if (failed(hsm_wrap(&c->session, key, c->to, &wrapped)))
            c->failed++;
        else
            c->done++;
    }
    return NULL;
}

static struct status log_in(char **argv, struct hsm_token **out,
                            struct reason *why)
{
    AUTO_CLEAR_BUFFER text = buffer_make(256);
    AUTO_FREE(secret) pin = NULL;
    struct hsm_place place = { .module = SOFTHSM,
                               .softhsm_conf = argv[1],
                               .label = argv[2],
                               .serial = "" };
    TRY(file_read(argv[3], &text));
    TRY(secret_new(text.len, &pin));
    memcpy(secret_fill(pin), text.data, text.len);
    TRY(hsm_token_open(&place, out, why));
    return hsm_token_login(*out, pin, why);
}

static int run(struct hsm_token *token, double seconds, unsigned threads)
{
    static struct caller callers[THREADS_MAX];
    AUTO_FREE(ca_key) key = NULL;
    size_t done = 0, bad = 0;
    if (failed(ca_key_generate(CA_KEY_RSA_3072, &key)))
        return EXIT_FAILURE;
    double began = now();
    for (unsigned i = 0; i < threads; i++) {
        callers[i].to = ca_key_public(key);
        callers[i].until = began + seconds;
        if (failed(hsm_session_open(token, &callers[i].session)) ||
            pthread_create(&callers[i].thread, NULL, call, &callers[i]) != 0)
            return EXIT_FAILURE;
    }
    for (unsigned i = 0; i < threads; i++) {
        (void)pthread_join(callers[i].thread, NULL);
        hsm_session_clear(&callers[i].session);
        done += callers[i].done;
        bad += callers[i].failed;
    }
    double took = now() - began;
    (void)printf("{\"done\": %zu, \"failed\": %zu, \"seconds\": %.3f, "
                 "\"per_second\": %.1f}\n",
                 done, bad, took, (double)done / took);
    return bad == 0 && done > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    AUTO_FREE(hsm_token) token = NULL;
    struct reason why = { "" };
    double seconds = argc == 6 ? strtod(argv[4], NULL) : 0;
    unsigned threads = argc == 6 ? (unsigned)strtoul(argv[5], NULL, 10) : 0;
    if (!(seconds > 0) || threads < 1 || threads > THREADS_MAX) {
        (void)fprintf(stderr, "usage: bare SOFTHSM2.CONF LABEL PIN-FILE "
                              "SECONDS THREADS\n");
        return 2;
    }
    if (failed(secret_heap_open(1 << 20)) ||
        failed(log_in(argv, &token, &why))) {
        (void)fprintf(stderr, "bare: %s\n", why.text);
        return EXIT_FAILURE;
    }
    return run(token, seconds, threads);
}
