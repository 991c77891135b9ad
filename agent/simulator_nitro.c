#include "agent/simulator_nitro.h"

#include <stdlib.h>
#include <unistd.h>

#include "agent/pki.h"
#include "agent/simulator.h"
#include "agent/simulator_files.h"

#define DAY         86400u
#define LEAF_LIFE   (3 * 3600u)
#define LEAF_BEFORE 60u
#define DER_MAX     4096
#define REGION      "Accord Simulator Nitro Region CA"
#define INSTANCE    "Accord Simulator Nitro Instance CA"
#define MODULE      "i-00000000accord000-enc0000000000000000"

struct simulator_nitro {
    struct ca_key *ca;
    struct buffer root_pem;
    struct buffer root, region, instance; /* DER */
};

struct keys {
    struct ca_key *root, *region, *ca;
};

static void keys_clear(struct keys *keys)
{
    ca_key_free(keys->root);
    ca_key_free(keys->region);
    ca_key_free(keys->ca);
}

#define AUTO_KEYS __attribute__((cleanup(keys_clear))) struct keys

static STATUS issue(const char *directory, const char *file,
                    const struct pki_certificate *what,
                    const struct ca_key *subject, const struct ca_key *issuer,
                    struct reason *why)
{
    AUTO_CLEAR_BUFFER der = buffer_make(DER_MAX);
    TRY(pki_issue(what, subject, issuer, &der));
    return simulator_write_certificate(directory, file, buffer_bytes(&der),
                                       why);
}

static STATUS write_certificates(const char *directory, const struct keys *keys,
                                 uint64_t not_before, struct reason *why)
{
    struct pki_certificate what = { .not_before = not_before,
                                    .not_after =
                                        not_before + SIMULATOR_LIFETIME,
                                    .manner = PKI_LIKE_AWS };
    what.name = INSTANCE;
    what.issuer = REGION;
    what.path_length = 0;
    TRY(issue(directory, SIMULATOR_NITRO_CA_PEM, &what, keys->ca, keys->region,
              why));
    what.name = REGION;
    what.issuer = PKI_NITRO_NAME;
    what.path_length = 1;
    TRY(issue(directory, SIMULATOR_NITRO_REGION_PEM, &what, keys->region,
              keys->root, why));
    what.name = PKI_NITRO_NAME;
    what.path_length = 2;
    /* Last: where it stands, the simulator is whole. */
    return issue(directory, SIMULATOR_NITRO_ROOT_PEM, &what, keys->root,
                 keys->root, why);
}

struct status simulator_nitro_make(const char *directory, uint64_t now,
                                   struct reason *why)
{
    AUTO_KEYS keys = { 0 };
    char path[SIMULATOR_PATH_MAX];
    TRY(simulator_path(directory, SIMULATOR_NITRO_ROOT_PEM, path, why));
    if (access(path, F_OK) == 0)
        return refuse(why, STATUS_CONFLICT, "simulator",
                      "%s holds a simulator of Nitro already", directory);
    TRY(ca_key_generate(CA_KEY_P384, &keys.root));
    TRY(ca_key_generate(CA_KEY_P384, &keys.region));
    TRY(ca_key_generate(CA_KEY_P384, &keys.ca));
    TRY(simulator_write_key(directory, SIMULATOR_NITRO_ROOT_KEY, keys.root,
                            why));
    TRY(simulator_write_key(directory, SIMULATOR_NITRO_CA_KEY, keys.ca, why));
    return write_certificates(directory, &keys, now > DAY ? now - DAY : 0, why);
}

static STATUS load(const char *directory, struct simulator_nitro *nitro,
                   struct reason *why)
{
    AUTO_CLEAR_BUFFER unused = buffer_make((size_t)2 * DER_MAX);
    nitro->root_pem = buffer_make(DER_MAX);
    nitro->root = nitro->region = nitro->instance = buffer_make(DER_MAX);
    TRY(simulator_read_key(directory, SIMULATOR_NITRO_CA_KEY, CA_P384,
                           &nitro->ca, why));
    TRY(simulator_read_certificate(directory, SIMULATOR_NITRO_CA_PEM, &unused,
                                   &nitro->instance, why));
    buffer_clear(&unused);
    TRY(simulator_read_certificate(directory, SIMULATOR_NITRO_REGION_PEM,
                                   &unused, &nitro->region, why));
    TRY(simulator_read_certificate(directory, SIMULATOR_NITRO_ROOT_PEM,
                                   &nitro->root_pem, &nitro->root, why));
    struct bytes spki = ca_spki(ca_key_public(nitro->ca));
    if (!memmem(nitro->instance.data, nitro->instance.len, spki.at, spki.len))
        return refuse(why, STATUS_CORRUPT, "simulator",
                      "%s: keys and certificates do not belong together",
                      directory);
    return OK;
}

struct status simulator_nitro_open(const char *directory,
                                   struct simulator_nitro **out,
                                   struct reason *why)
{
    AUTO_FREE(simulator_nitro) made = calloc(1, sizeof(*made));
    if (!made)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    TRY(load(directory, made, why));
    *out = TAKE(made);
    return OK;
}

void simulator_nitro_free(struct simulator_nitro *nitro)
{
    if (!nitro)
        return;
    ca_key_free(nitro->ca);
    buffer_clear(&nitro->root_pem);
    buffer_clear(&nitro->root);
    buffer_clear(&nitro->region);
    buffer_clear(&nitro->instance);
    free(nitro);
}

struct bytes simulator_nitro_root_pem(const struct simulator_nitro *nitro)
{
    return buffer_bytes(&nitro->root_pem);
}

void simulator_nitro_enclave(struct nitro_document *out)
{
    *out = (struct nitro_document){ .module_id = MODULE, .present = 0xffff };
}

static STATUS issue_leaf(const struct simulator_nitro *nitro, uint64_t now,
                         const struct ca_key *key, struct buffer *der)
{
    const struct pki_certificate what = {
        .name = MODULE,
        .issuer = INSTANCE,
        .path_length = PKI_NOT_A_CA,
        .not_before = now > LEAF_BEFORE ? now - LEAF_BEFORE : 0,
        .not_after = now + LEAF_LIFE,
        .manner = PKI_LIKE_AWS,
    };
    return pki_issue(&what, key, nitro->ca, der);
}

struct status simulator_nitro_evidence(const struct simulator_nitro *nitro,
                                       const struct nitro_document *wanted,
                                       uint64_t now, struct buffer *out)
{
    AUTO_FREE(ca_key) key = NULL;
    AUTO_CLEAR_BUFFER leaf = buffer_make(DER_MAX);
    struct nitro_document document = *wanted;
    TRY(ca_key_generate(CA_KEY_P384, &key));
    TRY(issue_leaf(nitro, now, key, &leaf));
    document.timestamp = now * 1000;
    document.certificate = buffer_bytes(&leaf);
    document.cabundle[0] = buffer_bytes(&nitro->root);
    document.cabundle[1] = buffer_bytes(&nitro->region);
    document.cabundle[2] = buffer_bytes(&nitro->instance);
    document.cabundle_count = 3;
    return nitro_document_write(&document, key, out);
}
