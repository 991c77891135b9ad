#include "agent/simulator_snp.h"

#include <stdlib.h>
#include <unistd.h>

#include "agent/pki.h"
#include "agent/simulator.h"
#include "agent/simulator_files.h"

#define DAY       86400u
#define DER_MAX   8192
#define PEM_MAX   ((size_t)16 * 1024)
#define GUID_LEN  16
#define ENTRY_LEN (GUID_LEN + 8)

struct simulator_snp {
    struct ca_key *vcek;
    enum snp_product product;
    unsigned char chip_id[64];
    struct buffer ark_pem, chain_pem;
    struct buffer ark, ask, endorsement; /* DER */
};

/* --- making --------------------------------------------------------------- */

struct keys {
    struct ca_key *ark, *ask, *vcek;
};

static void keys_clear(struct keys *keys)
{
    ca_key_free(keys->ark);
    ca_key_free(keys->ask);
    ca_key_free(keys->vcek);
}

#define AUTO_KEYS __attribute__((cleanup(keys_clear))) struct keys

/* A chip of its own for each simulator, named by its key. Turin's is short. */
static void chip_of(const struct ca_public_key *vcek, enum snp_product product,
                    unsigned char out[64])
{
    memset(out, 0, 64);
    memcpy(out, vcek->hash.bytes, product == SNP_TURIN ? 8 : HASH_LEN);
    if (product != SNP_TURIN)
        memcpy(out + HASH_LEN, vcek->hash.bytes, HASH_LEN);
}

static STATUS issue(const char *directory, const char *file,
                    struct pki_certificate *what, const struct ca_key *subject,
                    const struct ca_key *issuer, struct reason *why)
{
    AUTO_CLEAR_BUFFER der = buffer_make(DER_MAX);
    what->manner = PKI_LIKE_AMD;
    TRY(pki_issue(what, subject, issuer, &der));
    return simulator_write_certificate(directory, file, buffer_bytes(&der),
                                       why);
}

static STATUS write_certificates(const char *directory, const struct keys *keys,
                                 enum snp_product product, uint64_t not_before,
                                 struct reason *why)
{
    struct snp_report guest;
    struct snp_extensions says;
    unsigned char chip_id[64];
    struct pki_certificate what = { .not_before = not_before,
                                    .not_after =
                                        not_before + SIMULATOR_LIFETIME };
    chip_of(ca_key_public(keys->vcek), product, chip_id);
    snp_report_init(product, chip_id, &guest);
    snp_extensions_fill(product, guest.reported_tcb, chip_id, NULL, &says);

    what.name = PKI_VCEK_NAME;
    what.issuer = PKI_ASK_NAME;
    what.path_length = PKI_NOT_A_CA;
    what.extensions = says.at;
    what.extensions_count = says.count;
    TRY(issue(directory, SIMULATOR_VCEK_PEM, &what, keys->vcek, keys->ask,
              why));
    what.extensions_count = 0;
    what.name = PKI_ASK_NAME;
    what.issuer = PKI_ARK_NAME;
    what.path_length = 0;
    TRY(issue(directory, SIMULATOR_ASK_PEM, &what, keys->ask, keys->ark, why));
    what.name = PKI_ARK_NAME;
    what.path_length = 1;
    /* Last: where it stands, the simulator is whole. */
    return issue(directory, SIMULATOR_ARK_PEM, &what, keys->ark, keys->ark,
                 why);
}

struct status simulator_snp_make(const char *directory,
                                 enum snp_product product, uint64_t now,
                                 struct reason *why)
{
    AUTO_KEYS keys = { 0 };
    char path[SIMULATOR_PATH_MAX];
    TRY(simulator_path(directory, SIMULATOR_ARK_PEM, path, why));
    if (access(path, F_OK) == 0)
        return refuse(why, STATUS_CONFLICT, "simulator",
                      "%s holds a simulator of SEV-SNP already", directory);
    TRY(ca_key_generate(CA_KEY_RSA_4096, &keys.ark));
    TRY(ca_key_generate(CA_KEY_RSA_4096, &keys.ask));
    TRY(ca_key_generate(CA_KEY_P384, &keys.vcek));
    TRY(simulator_write_key(directory, SIMULATOR_ARK_KEY, keys.ark, why));
    TRY(simulator_write_key(directory, SIMULATOR_ASK_KEY, keys.ask, why));
    TRY(simulator_write_key(directory, SIMULATOR_VCEK_KEY, keys.vcek, why));
    return write_certificates(directory, &keys, product,
                              now > DAY ? now - DAY : 0, why);
}

/* --- opening -------------------------------------------------------------- */

/* The product is in the certificate, as productName. */
static enum snp_product product_of(const struct buffer *vcek)
{
    static const char milan[] = "\x16\x08Milan-B0", turin[] = "\x16\x05Turin";
    if (memmem(vcek->data, vcek->len, milan, sizeof(milan) - 1))
        return SNP_MILAN;
    return memmem(vcek->data, vcek->len, turin, sizeof(turin) - 1) ? SNP_TURIN
                                                                   : SNP_GENOA;
}

static STATUS load(const char *directory, struct simulator_snp *snp,
                   struct reason *why)
{
    snp->ark_pem = snp->chain_pem = buffer_make(PEM_MAX);
    snp->ark = snp->ask = snp->endorsement = buffer_make(DER_MAX);
    TRY(simulator_read_key(directory, SIMULATOR_VCEK_KEY, CA_P384, &snp->vcek,
                           why));
    TRY(simulator_read_certificate(directory, SIMULATOR_VCEK_PEM,
                                   &snp->chain_pem, &snp->endorsement, why));
    AUTO_CLEAR_BUFFER ask = buffer_make(PEM_MAX);
    TRY(simulator_read_certificate(directory, SIMULATOR_ASK_PEM, &ask,
                                   &snp->ask, why));
    buffer_put(&snp->chain_pem, buffer_bytes(&ask));
    TRY(buffer_status(&snp->chain_pem));
    TRY(simulator_read_certificate(directory, SIMULATOR_ARK_PEM, &snp->ark_pem,
                                   &snp->ark, why));
    struct bytes spki = ca_spki(ca_key_public(snp->vcek));
    if (!memmem(snp->endorsement.data, snp->endorsement.len, spki.at, spki.len))
        return refuse(why, STATUS_CORRUPT, "simulator",
                      "%s: keys and certificates do not belong together",
                      directory);
    snp->product = product_of(&snp->endorsement);
    chip_of(ca_key_public(snp->vcek), snp->product, snp->chip_id);
    return OK;
}

struct status simulator_snp_open(const char *directory,
                                 struct simulator_snp **out, struct reason *why)
{
    AUTO_FREE(simulator_snp) made = calloc(1, sizeof(*made));
    if (!made)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    TRY(load(directory, made, why));
    *out = TAKE(made);
    return OK;
}

void simulator_snp_free(struct simulator_snp *snp)
{
    if (!snp)
        return;
    ca_key_free(snp->vcek);
    buffer_clear(&snp->ark_pem);
    buffer_clear(&snp->chain_pem);
    buffer_clear(&snp->ark);
    buffer_clear(&snp->ask);
    buffer_clear(&snp->endorsement);
    free(snp);
}

struct bytes simulator_snp_root_pem(const struct simulator_snp *snp)
{
    return buffer_bytes(&snp->ark_pem);
}

struct bytes simulator_snp_chain_pem(const struct simulator_snp *snp)
{
    return buffer_bytes(&snp->chain_pem);
}

/* --- evidence ------------------------------------------------------------- */

void simulator_snp_guest(const struct simulator_snp *snp,
                         struct snp_report *out)
{
    snp_report_init(snp->product, snp->chip_id, out);
}

struct status simulator_snp_report(const struct simulator_snp *snp,
                                   const struct snp_report *guest,
                                   struct buffer *out)
{
    return snp_report_write(guest, snp->vcek, out);
}

struct status simulator_snp_evidence(const struct simulator_snp *snp,
                                     const struct snp_report *guest,
                                     struct buffer *out)
{
    TRY(simulator_snp_report(snp, guest, out));
    buffer_put(out, buffer_bytes(&snp->endorsement));
    buffer_put(out, buffer_bytes(&snp->ask));
    return buffer_status(out);
}

static void put_u32(struct buffer *out, size_t value)
{
    for (size_t i = 0; i < 4; i++)
        buffer_put_u8(out, (uint8_t)(value >> (8 * i)));
}

struct status simulator_snp_table(const struct simulator_snp *snp,
                                  struct buffer *out)
{
    /* VCEK, ASK, ARK; as in the specification, in the order of their text. */
    static const unsigned char guids[3][GUID_LEN] = {
        { 0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64, 0xad, 0xc5, 0xf4,
          0xb9, 0x3b, 0xe8, 0xac, 0xcd },
        { 0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4, 0xa0, 0x2f, 0x05,
          0xae, 0xf3, 0x27, 0xc7, 0x82 },
        { 0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52, 0x97, 0x43, 0x3f,
          0xb6, 0x01, 0x4c, 0xd0, 0xae },
    };
    const struct buffer *all[3] = { &snp->endorsement, &snp->ask, &snp->ark };
    static const unsigned char end[ENTRY_LEN];
    size_t at = 4 * ENTRY_LEN;
    for (size_t i = 0; i < 3; i++) {
        buffer_put(out, bytes_of(guids[i], GUID_LEN));
        put_u32(out, at);
        put_u32(out, all[i]->len);
        at += all[i]->len;
    }
    buffer_put(out, bytes_of(end, sizeof(end)));
    for (size_t i = 0; i < 3; i++)
        buffer_put(out, buffer_bytes(all[i]));
    return buffer_status(out);
}
