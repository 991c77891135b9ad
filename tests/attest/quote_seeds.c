/* Writes the seeds of the fuzz target `quote` into a directory: one for each
 * shape a quote can have, and some that fail late. Run it again when the
 * format of the simulator's quotes changes:
 *
 *     attest.quote_seeds tests/fuzz/corpus/quote */

#include <stdio.h>
#include <stdlib.h>

#include "tests/attest/forge.h"
#include "tests/support/check.h"

#include "base/file.h"

#define SEED_MAX ((size_t)64 * 1024)

static void honest(struct forge *f)
{
    (void)f;
}
static void reordered(struct forge *f)
{
    f->order = "rlc";
}
static void debug(struct forge *f)
{
    f->report.flags |= SGX_DEBUG;
}
static void not_initialised(struct forge *f)
{
    f->report.flags &= ~(uint64_t)SGX_INIT;
}
static void own_attestation_key(struct forge *f)
{
    f->attestation = f->other;
}
static void other_root(struct forge *f)
{
    f->order = "lco";
}
static void root_omitted(struct forge *f)
{
    f->order = "lc";
}
static void expired(struct forge *f)
{
    f->pck.says.not_after = FORGE_NOW - 1;
}
static void without_extension(struct forge *f)
{
    f->pck.says.sgx_extension = bytes_of("", 0);
}

static void no_change(struct buffer *quote)
{
    (void)quote;
}
static void padded(struct buffer *quote)
{
    for (int i = 0; i < 8; i++)
        buffer_put_u8(quote, 0);
}
static void without_nul(struct buffer *quote)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(SEED_MAX);
    buffer_put(&pem, bytes_of(quote->data + FORGE_PEM_AT,
                              quote->len - FORGE_PEM_AT - 1));
    forge_replace_pem(quote, buffer_bytes(&pem));
}

static const struct {
    const char *name;
    void (*spoil)(struct forge *);
    void (*edit)(struct buffer *quote);
} seeds[] = {
    /* clang-format off */
    { "honest",              honest,              no_change   },
    { "reordered",           reordered,           no_change   },
    { "debug",               debug,               no_change   },
    { "padded",              honest,              padded      },
    { "without-nul",         honest,              without_nul },
    { "not-initialised",     not_initialised,     no_change   },
    { "own-attestation-key", own_attestation_key, no_change   },
    { "other-root",          other_root,          no_change   },
    { "root-omitted",        root_omitted,        no_change   },
    { "expired",             expired,             no_change   },
    { "without-extension",   without_extension,   no_change   },
    /* clang-format on */
};

static void write_seed(const char *directory, size_t i)
{
    AUTO_FORGE forge;
    AUTO_CLEAR_BUFFER der = buffer_make(SEED_MAX);
    AUTO_CLEAR_BUFFER pem = buffer_make(SEED_MAX);
    AUTO_CLEAR_BUFFER quote = buffer_make(SEED_MAX);
    AUTO_CLEAR_BUFFER seed = buffer_make(SEED_MAX);
    char path[512];
    forge_init(&forge);
    forge_der(&forge.root, &der);
    ca_pem_write("CERTIFICATE", buffer_bytes(&der), &pem);
    seeds[i].spoil(&forge);
    forge_quote(&forge, &quote);
    seeds[i].edit(&quote);
    buffer_put_u16(&seed, (uint16_t)pem.len);
    buffer_put(&seed, buffer_bytes(&pem));
    buffer_put(&seed, buffer_bytes(&quote));
    assert_ok(buffer_status(&seed));
    (void)snprintf(path, sizeof(path), "%s/%s", directory, seeds[i].name);
    assert_ok(file_write(path, buffer_bytes(&seed), 0644));
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fputs("usage: attest.quote_seeds DIRECTORY\n", stderr);
        return 2;
    }
    assert_ok(secret_heap_open((size_t)256 * 1024));
    for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++)
        write_seed(argv[1], i);
    return 0;
}
