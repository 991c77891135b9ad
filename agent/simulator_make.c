#include "agent/local_report.h"
#include "agent/openssl_scope.h"
#include "agent/pki.h"
#include "agent/sgx_extension.h"
#include "agent/simulator.h"
#include "agent/simulator_files.h"
#include "agent/simulator_parts.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"

#define DAY     86400u
#define DER_MAX 2048

/* The keys of a simulator. */
struct keys {
    struct ca_key *root;
    struct ca_key *ca;
    struct ca_key *pck;
    struct ca_key *attestation;
    struct ca_key *tcb;
};

static void keys_clear(struct keys *keys)
{
    ca_key_free(keys->root);
    ca_key_free(keys->ca);
    ca_key_free(keys->pck);
    ca_key_free(keys->attestation);
    ca_key_free(keys->tcb);
}

#define AUTO_KEYS __attribute__((cleanup(keys_clear))) struct keys

static STATUS keys_generate(struct keys *out)
{
    TRY(ca_key_generate(CA_KEY_P256, &out->root));
    TRY(ca_key_generate(CA_KEY_P256, &out->ca));
    TRY(ca_key_generate(CA_KEY_P256, &out->pck));
    TRY(ca_key_generate(CA_KEY_P256, &out->attestation));
    return ca_key_generate(CA_KEY_P256, &out->tcb);
}

/* Others must not enter: the keys are 0600, but names and times tell too. */
static STATUS prepare_directory(const char *directory, struct reason *why)
{
    char root[SIMULATOR_PATH_MAX];
    struct stat info;
    TRY(simulator_path(directory, SIMULATOR_ROOT_PEM, root, why));
    if (failed(file_make_directory(directory, 0700)) ||
        stat(directory, &info) != 0)
        return refuse(why, STATUS_UNAVAILABLE, "simulator",
                      "cannot make the directory %s", directory);
    if (info.st_mode & 077)
        return refuse(why, STATUS_DENIED, "simulator",
                      "%s: group or others may use it; chmod it to 0700",
                      directory);
    if (lstat(root, &info) == 0)
        return refuse(why, STATUS_CONFLICT, "simulator",
                      "%s holds a simulator already", directory);
    if (errno != ENOENT)
        return refuse(why, STATUS_UNAVAILABLE, "lstat", "cannot look at %s",
                      root);
    return OK;
}

/* A platform of its own for each simulator, named by its keys. */
void simulator_platform(const struct ca_public_key *pck,
                        const struct ca_public_key *ca,
                        struct sgx_platform *out)
{
    *out = (struct sgx_platform){ .fmspc = SGX_EXTENSION_FMSPC, .pcesvn = 13 };
    memcpy(out->ppid, pck->hash.bytes, sizeof(out->ppid));
    memcpy(out->instance, ca->hash.bytes, sizeof(out->instance));
    memset(out->components, 1, sizeof(out->components));
}

static STATUS write_extension(const struct keys *keys, struct buffer *out)
{
    struct sgx_platform platform;
    simulator_platform(ca_key_public(keys->pck), ca_key_public(keys->ca),
                       &platform);
    return sgx_extension_write(&platform, out);
}

/* Whose word the collateral is: certified by the root itself. */
static STATUS write_tcb_signing(const char *directory, const struct keys *keys,
                                uint64_t not_before, struct reason *why)
{
    AUTO_CLEAR_BUFFER der = buffer_make(DER_MAX);
    const struct pki_certificate what = {
        .name = PKI_TCB_NAME,
        .issuer = PKI_ROOT_NAME,
        .path_length = PKI_NOT_A_CA,
        .not_before = not_before,
        .not_after = not_before + SIMULATOR_LIFETIME,
    };
    TRY(pki_issue(&what, keys->tcb, keys->root, &der));
    return simulator_write_certificate(directory, SIMULATOR_TCB_PEM,
                                       buffer_bytes(&der), why);
}

static STATUS write_certificates(const char *directory, const struct keys *keys,
                                 uint64_t not_before, struct reason *why)
{
    AUTO_CLEAR_BUFFER extension = buffer_make(1024);
    AUTO_CLEAR_BUFFER root = buffer_make(DER_MAX);
    AUTO_CLEAR_BUFFER ca = buffer_make(DER_MAX);
    AUTO_CLEAR_BUFFER pck = buffer_make(DER_MAX);
    struct pki_certificate what = { .not_before = not_before,
                                    .not_after =
                                        not_before + SIMULATOR_LIFETIME };
    what.name = what.issuer = PKI_ROOT_NAME;
    what.path_length = 1;
    TRY(pki_issue(&what, keys->root, keys->root, &root));
    what.name = PKI_CA_NAME;
    what.path_length = 0;
    TRY(pki_issue(&what, keys->ca, keys->root, &ca));
    TRY(write_extension(keys, &extension));
    what.name = PKI_PCK_NAME;
    what.issuer = PKI_CA_NAME;
    what.path_length = PKI_NOT_A_CA;
    what.sgx_extension = buffer_bytes(&extension);
    TRY(pki_issue(&what, keys->pck, keys->ca, &pck));

    TRY(simulator_write_certificate(directory, SIMULATOR_PCK_PEM,
                                    buffer_bytes(&pck), why));
    TRY(simulator_write_certificate(directory, SIMULATOR_CA_PEM,
                                    buffer_bytes(&ca), why));
    /* Last: where it stands, the simulator is whole. */
    return simulator_write_certificate(directory, SIMULATOR_ROOT_PEM,
                                       buffer_bytes(&root), why);
}

/* What the simulated CPU keeps for itself (local_report.h). */
static STATUS write_report_key(const char *directory, struct reason *why)
{
    char path[SIMULATOR_PATH_MAX];
    AUTO_FREE(secret) key = NULL;
    TRY(simulator_path(directory, SIMULATOR_REPORT_KEY, path, why));
    TRY(secret_new(LOCAL_REPORT_SECRET, &key));
    TRY(random_fill(secret_fill(key), LOCAL_REPORT_SECRET));
    struct status s = file_write(path, secret_expose(key), 0600);
    return failed(s) ? refuse(why, s.code, s.origin, "cannot write %s", path)
                     : OK;
}

struct status simulator_make(const char *directory, uint64_t now,
                             struct reason *why)
{
    AUTO_KEYS keys = { 0 };
    uint64_t not_before = now > DAY ? now - DAY : 0;
    TRY(prepare_directory(directory, why));
    TRY(keys_generate(&keys));
    TRY(simulator_write_key(directory, SIMULATOR_ROOT_KEY, keys.root, why));
    TRY(simulator_write_key(directory, SIMULATOR_CA_KEY, keys.ca, why));
    TRY(simulator_write_key(directory, SIMULATOR_PCK_KEY, keys.pck, why));
    TRY(simulator_write_key(directory, SIMULATOR_ATTESTATION_KEY,
                            keys.attestation, why));
    TRY(simulator_write_key(directory, SIMULATOR_TCB_KEY, keys.tcb, why));
    TRY(write_report_key(directory, why));
    TRY(write_tcb_signing(directory, &keys, not_before, why));
    return write_certificates(directory, &keys, not_before, why);
}
