/* Writes the seeds of the fuzz targets `snp`, `snp_ek`, `nitro` and `cbor`
 * below a directory. Run it again when their formats change:
 *
 *     attest.vendor_seeds tests/fuzz/corpus */

#include <stdio.h>

#include "tests/attest/forge_nitro.h"
#include "tests/attest/forge_snp.h"
#include "tests/support/check.h"

#include "base/file.h"

#define SEED_MAX ((size_t)64 * 1024)

static void write_file(const char *directory, const char *target,
                       const char *name, struct bytes seed)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", directory, target);
    assert_ok(file_make_directory(path, 0755));
    (void)snprintf(path, sizeof(path), "%s/%s/%s", directory, target, name);
    assert_ok(file_write(path, seed, 0644));
}

static void write_seed(const char *directory, const char *target,
                       const char *name, const struct vendor_certificate *root,
                       const struct buffer *evidence)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(SEED_MAX);
    AUTO_CLEAR_BUFFER seed = buffer_make(SEED_MAX);
    vendor_pem(root, &pem);
    buffer_put_u16(&seed, (uint16_t)pem.len);
    buffer_put(&seed, buffer_bytes(&pem));
    buffer_put(&seed, buffer_bytes(evidence));
    assert_ok(buffer_status(&seed));
    write_file(directory, target, name, buffer_bytes(&seed));
}

static void honest(struct snp_forge *f)
{
    (void)f;
}
static void turin(struct snp_forge *f)
{
    snp_forge_product(f, SNP_TURIN);
    f->report.version = 5;
}
static void old(struct snp_forge *f)
{
    f->report.version = 2;
    f->order = "ear";
}
static void other_key(struct snp_forge *f)
{
    f->endorsement = f->keys[4];
}

static const struct {
    const char *name;
    void (*spoil)(struct snp_forge *);
} snps[] = { { "honest", honest },
             { "vlek", snp_forge_vlek },
             { "turin-5", turin },
             { "version-2", old },
             { "other-key", other_key } };

static void write_snp(const char *directory, size_t i)
{
    AUTO_SNP_FORGE forge;
    AUTO_CLEAR_BUFFER evidence = buffer_make(SEED_MAX);
    AUTO_CLEAR_BUFFER ek = buffer_make(SEED_MAX);
    struct snp_extensions extensions;
    snp_forge_init(&forge);
    snps[i].spoil(&forge);
    snp_forge_write(&forge, &evidence);
    write_seed(directory, "snp", snps[i].name, &forge.ark, &evidence);
    snp_extensions_fill(forge.product, forge.tcb, forge.chip_id, forge.provider,
                        &extensions);
    forge.ek.says.extensions = extensions.at;
    vendor_der(&forge.ek, &ek);
    write_file(directory, "snp_ek", snps[i].name, buffer_bytes(&ek));
}

static void write_nitro(const char *directory, const char *name, bool tagged,
                        bool other_signer)
{
    AUTO_NITRO_FORGE forge;
    AUTO_CLEAR_BUFFER evidence = buffer_make(SEED_MAX);
    nitro_forge_init(&forge);
    forge.envelope.tagged = tagged;
    if (other_signer)
        forge.signer = forge.keys[4];
    nitro_forge_write(&forge, &evidence);
    write_seed(directory, "nitro", name, &forge.root, &evidence);
    write_file(directory, "cbor", name, buffer_bytes(&evidence));
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fputs("usage: attest.vendor_seeds DIRECTORY\n", stderr);
        return 2;
    }
    assert_ok(secret_heap_open((size_t)1024 * 1024));
    for (size_t i = 0; i < sizeof(snps) / sizeof(snps[0]); i++)
        write_snp(argv[1], i);
    write_nitro(argv[1], "honest", false, false);
    write_nitro(argv[1], "tagged", true, false);
    write_nitro(argv[1], "other-key", false, true);
    return 0;
}
