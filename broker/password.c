#include "broker/password.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <pthread.h>

#define LOG_N      15
#define BLOCKS     8
#define LANES      1
#define MEMORY_MAX ((uint64_t)256 << 20)

struct status password_check(struct bytes password, struct reason *why)
{
    if (password.len < PASSWORD_MIN || password.len > PASSWORD_MAX)
        return refuse(why, STATUS_INVALID, "password",
                      "a password has %d to %d characters", PASSWORD_MIN,
                      PASSWORD_MAX);
    return OK;
}

static void context_free(EVP_KDF_CTX **ctx)
{
    EVP_KDF_CTX_free(*ctx);
}

static void kdf_free(EVP_KDF **kdf)
{
    EVP_KDF_free(*kdf);
}

static struct status scrypt(const struct secret *password,
                            const struct policy_password *kept,
                            struct hash *out)
{
    __attribute__((cleanup(kdf_free))) EVP_KDF *kdf =
        EVP_KDF_fetch(NULL, OSSL_KDF_NAME_SCRYPT, NULL);
    __attribute__((cleanup(context_free))) EVP_KDF_CTX *ctx =
        kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    struct bytes typed = secret_expose(password);
    uint64_t n = (uint64_t)1 << kept->log_n, memory = MEMORY_MAX;
    uint32_t r = kept->r, p = kept->p;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(
            OSSL_KDF_PARAM_PASSWORD, (void *)(uintptr_t)typed.at, typed.len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
                                          (void *)(uintptr_t)kept->salt,
                                          sizeof(kept->salt)),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
        OSSL_PARAM_construct_end(),
    };
    struct hash made;
    if (!ctx ||
        EVP_KDF_derive(ctx, made.bytes, sizeof(made.bytes), params) != 1) {
        ERR_clear_error();
        return failure(STATUS_NO_MEMORY, "EVP_KDF_derive", 0);
    }
    *out = made;
    OPENSSL_cleanse(&made, sizeof(made));
    return OK;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn = PTHREAD_COND_INITIALIZER;
static unsigned computing, waiting;

static bool begin(void)
{
    (void)pthread_mutex_lock(&lock);
    bool admitted = computing < PASSWORD_AT_ONCE || waiting < PASSWORD_WAITING;
    if (admitted) {
        waiting++;
        while (computing >= PASSWORD_AT_ONCE)
            (void)pthread_cond_wait(&turn, &lock);
        waiting--;
        computing++;
    }
    (void)pthread_mutex_unlock(&lock);
    return admitted;
}

static void end(void)
{
    (void)pthread_mutex_lock(&lock);
    computing--;
    (void)pthread_cond_signal(&turn);
    (void)pthread_mutex_unlock(&lock);
}

static struct status in_turn(const struct secret *password,
                             const struct policy_password *kept,
                             struct hash *out)
{
    if (!begin())
        return failure(STATUS_BUSY, "scrypt", 0);
    struct status s = scrypt(password, kept, out);
    end();
    return s;
}

struct status password_keep(const struct secret *password,
                            struct policy_password *out)
{
    struct policy_password made = {
        .set = true, .log_n = LOG_N, .r = BLOCKS, .p = LANES
    };
    TRY(random_fill(made.salt, sizeof(made.salt)));
    TRY(in_turn(password, &made, &made.verifier));
    *out = made;
    return OK;
}

struct status password_verify(const struct secret *password,
                              const struct policy_password *kept)
{
    static const struct policy_password nobody = { .log_n = LOG_N,
                                                   .r = BLOCKS,
                                                   .p = LANES };
    bool is_kept = kept && kept->set;
    struct hash typed;
    TRY(in_turn(password, is_kept ? kept : &nobody, &typed));
    bool same = is_kept && CRYPTO_memcmp(typed.bytes, kept->verifier.bytes,
                                         sizeof(typed.bytes)) == 0;
    OPENSSL_cleanse(&typed, sizeof(typed));
    return same ? OK : failure(STATUS_DENIED, "password", 0);
}
