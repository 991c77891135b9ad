#include "agent/simulator_files.h"

#include <stdio.h>

#include "base/file.h"

#define KEY_MAX 8192 /* RSA-4096, PKCS#8 PEM */
#define PEM_MAX 8192

struct status simulator_path(const char *directory, const char *name,
                             char out[SIMULATOR_PATH_MAX], struct reason *why)
{
    int len = snprintf(out, SIMULATOR_PATH_MAX, "%s/%s", directory, name);
    if (len < 0 || len >= SIMULATOR_PATH_MAX)
        return refuse(why, STATUS_INVALID, "simulator",
                      "the directory's name is too long");
    return OK;
}

struct status simulator_read_key(const char *directory, const char *name,
                                 enum ca_key_type type, struct ca_key **out,
                                 struct reason *why)
{
    char path[SIMULATOR_PATH_MAX];
    AUTO_FREE(secret) pem = NULL;
    AUTO_FREE(ca_key) key = NULL;
    TRY(simulator_path(directory, name, path, why));
    struct status s = file_read_secret(path, KEY_MAX, false, &pem);
    if (failed(s))
        return refuse(why, s.code, s.origin, "cannot read the key %s", path);
    s = ca_key_read(pem, &key);
    if (s.code == STATUS_NO_MEMORY)
        return s;
    if (failed(s))
        return refuse(why, STATUS_CORRUPT, "simulator",
                      "%s does not hold a private key", path);
    if (ca_key_public(key)->type != type)
        return refuse(why, STATUS_CORRUPT, "simulator", "%s is not %s key",
                      path,
                      type == CA_P256   ? "a P-256"
                      : type == CA_P384 ? "a P-384"
                                        : "an RSA");
    *out = TAKE(key);
    return OK;
}

static STATUS could_not_write(struct status s, const char *path,
                              struct reason *why)
{
    return failed(s) ? refuse(why, s.code, s.origin, "cannot write %s", path)
                     : OK;
}

struct status simulator_write_key(const char *directory, const char *name,
                                  const struct ca_key *key, struct reason *why)
{
    char path[SIMULATOR_PATH_MAX];
    AUTO_FREE(secret) pem = NULL;
    TRY(simulator_path(directory, name, path, why));
    TRY(ca_key_write(key, &pem));
    return could_not_write(file_write(path, secret_expose(pem), 0600), path,
                           why);
}

struct status simulator_write_certificate(const char *directory,
                                          const char *name, struct bytes der,
                                          struct reason *why)
{
    char path[SIMULATOR_PATH_MAX];
    AUTO_CLEAR_BUFFER pem = buffer_make(PEM_MAX);
    TRY(simulator_path(directory, name, path, why));
    ca_pem_write("CERTIFICATE", der, &pem);
    TRY(buffer_status(&pem));
    return could_not_write(file_write(path, buffer_bytes(&pem), 0644), path,
                           why);
}

struct status simulator_read_certificate(const char *directory,
                                         const char *name, struct buffer *pem,
                                         struct buffer *der, struct reason *why)
{
    char path[SIMULATOR_PATH_MAX];
    TRY(simulator_path(directory, name, path, why));
    struct status s = file_read(path, pem);
    if (failed(s))
        return refuse(why, s.code, s.origin, "cannot read %s", path);
    s = ca_pem_read("CERTIFICATE", buffer_bytes(pem), der, NULL);
    if (s.code == STATUS_NO_MEMORY)
        return s;
    if (failed(s))
        return refuse(why, STATUS_CORRUPT, "simulator",
                      "%s does not hold a certificate", path);
    return OK;
}
