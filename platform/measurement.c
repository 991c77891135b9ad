/* measurement.c - what stands for MRENCLAVE on the simulated platform. */

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>
#include <unistd.h>

#include "platform/platform.h"

#define LABEL         "accord simulated measurement v1"
#define ARGUMENTS_MAX ((size_t)1024 * 1024)

static struct status cannot(const char *path, int error, struct reason *why)
{
    return refuse(why, error == ENOENT ? STATUS_NOT_FOUND : STATUS_UNAVAILABLE,
                  "read", "cannot read %s: %s", path, strerror(error));
}

static struct status hash_open_file(int fd, const char *path, EVP_MD_CTX *sha,
                                    struct hash *out, struct reason *why)
{
    unsigned char piece[16384];
    unsigned char digest[HASH_LEN];
    if (EVP_DigestInit_ex(sha, EVP_sha256(), NULL) != 1)
        return failure(STATUS_NO_MEMORY, "EVP_DigestInit_ex", 0);
    for (;;) {
        ssize_t len = read(fd, piece, sizeof(piece));
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            return cannot(path, errno, why);
        if (len == 0)
            break;
        if (EVP_DigestUpdate(sha, piece, (size_t)len) != 1)
            return failure(STATUS_NO_MEMORY, "EVP_DigestUpdate", 0);
    }
    if (EVP_DigestFinal_ex(sha, digest, NULL) != 1)
        return failure(STATUS_NO_MEMORY, "EVP_DigestFinal_ex", 0);
    memcpy(out->bytes, digest, sizeof(digest));
    return OK;
}

static struct status hash_file(const char *path, struct hash *out,
                               struct reason *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return cannot(path, errno, why);
    EVP_MD_CTX *sha = EVP_MD_CTX_new();
    struct status s = sha ? hash_open_file(fd, path, sha, out, why)
                          : failure(STATUS_NO_MEMORY, "EVP_MD_CTX_new", 0);
    EVP_MD_CTX_free(sha);
    (void)close(fd);
    return s;
}

struct status platform_sim_measurement(const char *runner, const char *program,
                                       const char *const *arguments,
                                       size_t count, struct hash *out,
                                       struct reason *why)
{
    struct hash runner_hash, program_hash;
    AUTO_CLEAR_BUFFER list = buffer_make(ARGUMENTS_MAX);
    TRY(hash_file(runner, &runner_hash, why));
    TRY(hash_file(program, &program_hash, why));
    buffer_put_u32(&list, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        buffer_put_u32(&list, (uint32_t)strlen(arguments[i]));
        buffer_put_string(&list, arguments[i]);
    }
    if (failed(buffer_status(&list)))
        return refuse(why, buffer_status(&list).code, "arguments",
                      "the program's arguments are too long");
    return hash_of(out, bytes_of_string(LABEL), hash_bytes(&runner_hash),
                   hash_bytes(&program_hash), buffer_bytes(&list));
}
