#include "tests/attest/forge_snp.h"

#include "tests/support/check.h"

#define DER_MAX ((size_t)8192)

enum { ARK, ASK, OTHER_RSA, EK, OTHER_EK };

static struct vendor_certificate certificate(const char *name,
                                             const char *issuer,
                                             int path_length,
                                             const struct ca_key *key,
                                             const struct ca_key *signer)
{
    return (struct vendor_certificate){
        .says = { .name = name,
                  .issuer = issuer,
                  .path_length = path_length,
                  .not_before = VENDOR_NOW - 10 * VENDOR_DAY,
                  .not_after = VENDOR_NOW + 10 * VENDOR_DAY,
                  .manner = PKI_LIKE_AMD },
        .key = key,
        .signer = signer,
    };
}

static void fill_report(struct snp_report *report)
{
    report->guest_svn = 7;
    report->policy |= 0x1f; /* ABI 0.31 */
    for (size_t i = 0; i < 48; i++) {
        report->measurement[i] = (unsigned char)(0x10 + i);
        report->id_key_digest[i] = (unsigned char)(0x50 + i);
        report->author_key_digest[i] = (unsigned char)(0x90 + i);
    }
    memset(report->host_data, 0x44, sizeof(report->host_data));
    memset(report->data, 0x55, sizeof(report->data));
    memset(report->family_id, 0x66, sizeof(report->family_id));
    memset(report->image_id, 0x77, sizeof(report->image_id));
    memset(report->report_id, 0x88, sizeof(report->report_id));
}

void snp_forge_product(struct snp_forge *f, enum snp_product product)
{
    f->product = product;
    if (product == SNP_TURIN)
        memset(f->chip_id + 8, 0, sizeof(f->chip_id) - 8);
    snp_report_init(product, f->chip_id, &f->report);
    memcpy(f->tcb, f->report.reported_tcb, sizeof(f->tcb));
    fill_report(&f->report);
}

void snp_forge_init(struct snp_forge *f)
{
    *f = (struct snp_forge){ .order = "ea" };
    f->keys[ARK] = vendor_rsa_key("ark");
    f->keys[ASK] = vendor_rsa_key("ask");
    f->keys[OTHER_RSA] = vendor_rsa_key("other");
    assert_ok(ca_key_generate(CA_KEY_P384, &f->keys[EK]));
    assert_ok(ca_key_generate(CA_KEY_P384, &f->keys[OTHER_EK]));
    f->ark =
        certificate(PKI_ARK_NAME, PKI_ARK_NAME, 1, f->keys[ARK], f->keys[ARK]);
    f->ask =
        certificate(PKI_ASK_NAME, PKI_ARK_NAME, 0, f->keys[ASK], f->keys[ARK]);
    f->ek = certificate(PKI_VCEK_NAME, PKI_ASK_NAME, PKI_NOT_A_CA, f->keys[EK],
                        f->keys[ASK]);
    f->endorsement = f->keys[EK];
    for (size_t i = 0; i < sizeof(f->chip_id); i++)
        f->chip_id[i] = (unsigned char)(i + 1);
    snp_forge_product(f, SNP_MILAN);
    vendor_anchor(&f->ark, &f->anchor);
}

void snp_forge_clear(struct snp_forge *f)
{
    for (size_t i = 0; i < sizeof(f->keys) / sizeof(f->keys[0]); i++)
        ca_key_free(f->keys[i]);
}

void snp_forge_vlek(struct snp_forge *f)
{
    f->provider = "CN=cloud.example";
    f->ek.says.name = PKI_VLEK_NAME;
    f->ek.says.issuer = f->ask.says.name = PKI_ASVK_NAME;
    f->report.keys = SNP_KEYS_VLEK;
    memset(f->report.chip_id, 0, sizeof(f->report.chip_id));
}

static void put_certificate(struct snp_forge *f, char which, struct buffer *out)
{
    struct vendor_certificate other = f->ark;
    other.key = other.signer = f->keys[OTHER_RSA];
    vendor_der(which == 'e'   ? &f->ek
               : which == 'a' ? &f->ask
               : which == 'r' ? &f->ark
                              : &other,
               out);
}

void snp_forge_write(struct snp_forge *f, struct buffer *out)
{
    struct snp_extensions extensions;
    snp_extensions_fill(f->product, f->tcb, f->chip_id, f->provider,
                        &extensions);
    if (f->edit_extensions)
        f->edit_extensions(&extensions);
    f->ek.says.extensions = extensions.at;
    f->ek.says.extensions_count = extensions.count;
    assert_ok(snp_report_write(&f->report, f->endorsement, out));
    for (const char *c = f->order; *c; c++)
        put_certificate(f, *c, out);
    if (f->edit)
        f->edit(out);
    assert_ok(buffer_status(out));
}
