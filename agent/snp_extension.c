#include "agent/snp_report.h"

#define TAG_INTEGER   0x02
#define TAG_IA5STRING 0x16
#define ARC           "1.3.6.1.4.1.3704.1."

/* Which byte of the TCB version each SVN is: the order is AMD's. */
static const struct svn {
    const char *oid;
    int classic; /* Milan, Genoa; -1: absent */
    int turin;
} svns[] = {
    { ARC "3.9", -1, 0 }, { ARC "3.1", 0, 1 }, { ARC "3.2", 1, 2 },
    { ARC "3.4", 2, -1 }, { ARC "3.5", 3, 4 }, { ARC "3.6", 4, 5 },
    { ARC "3.7", 5, 6 },  { ARC "3.3", 6, 3 }, { ARC "3.8", 7, 7 },
};

static void add(struct snp_extensions *out, const char *oid, const void *value,
                size_t len)
{
    unsigned char *at = out->made[out->count];
    memcpy(at, value, len);
    out->at[out->count] = (struct pki_extension){ oid, bytes_of(at, len) };
    out->count++;
}

static void add_number(struct snp_extensions *out, const char *oid,
                       unsigned char value)
{
    const unsigned char low[] = { TAG_INTEGER, 1, value };
    const unsigned char high[] = { TAG_INTEGER, 2, 0, value };
    if (value < 0x80)
        add(out, oid, low, sizeof(low));
    else
        add(out, oid, high, sizeof(high));
}

static void add_text(struct snp_extensions *out, const char *oid,
                     const char *text)
{
    unsigned char der[64] = { TAG_IA5STRING };
    size_t len = strnlen(text, sizeof(der) - 2);
    der[1] = (unsigned char)len;
    memcpy(der + 2, text, len);
    add(out, oid, der, 2 + len);
}

void snp_extensions_fill(enum snp_product product, const unsigned char tcb[8],
                         const unsigned char chip_id[64], const char *provider,
                         struct snp_extensions *out)
{
    static const char *const names[] = { "Milan-B0", "Genoa", "Turin" };
    bool turin = product == SNP_TURIN;
    memset(out, 0, sizeof(*out));
    add_number(out, ARC "1", turin);
    add_text(out, ARC "2", names[product]);
    for (size_t i = 0; i < sizeof(svns) / sizeof(svns[0]); i++) {
        int byte = turin ? svns[i].turin : svns[i].classic;
        if (byte >= 0)
            add_number(out, svns[i].oid, tcb[byte]);
    }
    if (provider)
        add_text(out, ARC "5", provider);
    else
        add(out, ARC "4", chip_id, turin ? 8 : 64);
}
