/* Writes the seeds of the fuzz targets `collateral` and `sgx_extension` below
 * a directory. Run it again when their formats change:
 *
 *     attest.collateral_seeds tests/fuzz/corpus */

#include <stdio.h>

#include "agent/sgx_extension.h"
#include "tests/attest/kit.h"
#include "tests/support/check.h"

#include "base/file.h"

#define SEED_MAX ((size_t)256 * 1024)

static const char *corpus;

static void write_file(const char *target, const char *name, struct bytes seed)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", corpus, target);
    assert_ok(file_make_directory(path, 0755));
    (void)snprintf(path, sizeof(path), "%s/%s/%s", corpus, target, name);
    assert_ok(file_write(path, seed, 0644));
}

static void other_module(struct collateral_plan *plan)
{
    plan->tcb_info.modules[0].id[5]++;
}
static void many_levels(struct collateral_plan *plan)
{
    struct collateral_tcb_info *info = &plan->tcb_info;
    for (info->count = 1; info->count < COLLATERAL_LEVELS_MAX; info->count++) {
        info->levels[info->count] = info->levels[0];
        info->levels[info->count].sgx[info->count]++;
    }
}
static void root_signs(struct collateral_plan *plan)
{
    plan->tcb_signing = plan->root;
}

static const struct {
    const char *name;
    struct simulator_collateral wanted;
} seeds[] = {
    { "sgx", { .tdx = false } },
    { "tdx", { .tdx = true } },
    { "version-2", { .version = 2 } },
    { "advisories",
      { .status = "SWHardeningNeeded", .advisories = "A-1,A-2" } },
    { "revoked", { .tdx = true, .status = "Revoked" } },
    { "no-level", { .status = "NotSupported" } },
    { "module-out-of-date", { .tdx = true, .module_status = "OutOfDate" } },
    { "enclave-out-of-date", { .qe_status = "OutOfDate" } },
    { "pck-revoked", { .revoke_pck = true } },
    { "ca-revoked", { .revoke_platform_ca = true } },
    { "old", { .issued = KIT_NOW - 9, .next_update = KIT_NOW - 8 } },
    { "early-evaluation", { .evaluation = 16 } },
    { "other-module", { .tdx = true, .retouch = other_module } },
    { "many-levels", { .retouch = many_levels } },
    { "root-signs", { .retouch = root_signs } },
};

static void write_seed(const struct kit *kit, size_t i)
{
    AUTO_COLLATERAL files = { 0 };
    AUTO_CLEAR_BUFFER encoded = buffer_make(SEED_MAX);
    AUTO_CLEAR_BUFFER seed = buffer_make(SEED_MAX);
    struct bytes root = simulator_root_pem(kit->simulator);
    const struct buffer *quote = seeds[i].wanted.tdx ? &kit->tdx15 : &kit->sgx;
    kit_make(kit, false, &seeds[i].wanted, &files);
    struct attest_collateral collateral = kit_collateral(&files);
    assert_ok(attest_collateral_encode(&collateral, &encoded));
    buffer_put_u16(&seed, (uint16_t)root.len);
    buffer_put(&seed, root);
    buffer_put_u32(&seed, (uint32_t)encoded.len);
    buffer_put(&seed, buffer_bytes(&encoded));
    buffer_put(&seed, buffer_bytes(quote));
    assert_ok(buffer_status(&seed));
    write_file("collateral", seeds[i].name, buffer_bytes(&seed));
}

static void write_extension(const char *name, unsigned char component)
{
    struct sgx_platform platform = { .fmspc = SGX_EXTENSION_FMSPC,
                                     .pcesvn = 13 };
    AUTO_CLEAR_BUFFER der = buffer_make(SEED_MAX);
    memset(platform.components, component, sizeof(platform.components));
    assert_ok(sgx_extension_write(&platform, &der));
    write_file("sgx_extension", name, buffer_bytes(&der));
}

int main(int argc, char **argv)
{
    void *kit = NULL;
    if (argc != 2) {
        (void)fputs("usage: attest.collateral_seeds DIRECTORY\n", stderr);
        return 2;
    }
    corpus = argv[1];
    assert_int_equal(kit_begin(&kit), 0);
    for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++)
        write_seed(kit, i);
    write_extension("zeros", 0);
    write_extension("small", 9);
    write_extension("with-sign-byte", 200);
    return kit_end(&kit);
}
