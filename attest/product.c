#include "attest/product.h"

#define EXTENSIONS 10 /* .3.1 to .3.9 */

static const struct product {
    const char *name;
    uint8_t product;
    uint8_t snp_svn;         /* where in a TCB version */
    uint8_t fixed_svn;       /* of that SVN */
    int8_t byte[EXTENSIONS]; /* by the last arc of the extension */
} products[] = {
    /* 1 boot loader, 2 TEE, 3 SNP, 4 to 7 spare, 8 microcode, 9 FMC */
    { "Milan", ATTEST_MILAN, 6, 0x18, { -1, 0, 1, 6, 2, 3, 4, 5, 7, -1 } },
    { "Genoa", ATTEST_GENOA, 6, 0x17, { -1, 0, 1, 6, 2, 3, 4, 5, 7, -1 } },
    { "Turin", ATTEST_TURIN, 3, 0, { -1, 1, 2, 3, -1, 4, 5, 6, 7, 0 } },
};

static const struct {
    unsigned family, first, last; /* models */
    uint8_t product;
} cpuids[] = {
    { 0x19, 0x00, 0x0f, ATTEST_MILAN },
    { 0x19, 0x10, 0x1f, ATTEST_GENOA },
    { 0x19, 0xa0, 0xaf, ATTEST_GENOA },
    { 0x1a, 0x00, 0xff, ATTEST_TURIN },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct product *find(uint8_t product)
{
    for (size_t i = 0; i < COUNT(products); i++)
        if (products[i].product == product)
            return &products[i];
    return NULL;
}

uint8_t attest_product_of_cpuid(unsigned family, unsigned model)
{
    for (size_t i = 0; i < COUNT(cpuids); i++)
        if (cpuids[i].family == family && cpuids[i].first <= model &&
            model <= cpuids[i].last)
            return cpuids[i].product;
    return 0;
}

/* "-B0": a hyphen, a capital, a digit. */
static bool is_stepping(struct bytes text)
{
    return text.len == 3 && text.at[0] == '-' && text.at[1] >= 'A' &&
           text.at[1] <= 'Z' && text.at[2] >= '0' && text.at[2] <= '9';
}

uint8_t attest_product_of_name(struct bytes name)
{
    for (size_t i = 0; i < COUNT(products); i++) {
        size_t len = strlen(products[i].name);
        if (name.len < len || memcmp(name.at, products[i].name, len) != 0)
            continue;
        struct bytes rest = bytes_of(name.at + len, name.len - len);
        if (rest.len == 0 || is_stepping(rest))
            return products[i].product;
    }
    return 0;
}

uint8_t attest_product_of_ark(const char *name)
{
    for (size_t i = 0; i < COUNT(products); i++)
        if (strcmp(products[i].name, name) == 0)
            return products[i].product;
    return 0;
}

const char *attest_product_name(uint8_t product)
{
    const struct product *found = find(product);
    return found ? found->name : NULL;
}

size_t attest_product_snp_svn(uint8_t product)
{
    const struct product *found = find(product);
    return found ? found->snp_svn : 0;
}

uint8_t attest_product_fixed_svn(uint8_t product)
{
    const struct product *found = find(product);
    return found ? found->fixed_svn : 0;
}

int attest_product_tcb_byte(uint8_t product, unsigned n)
{
    const struct product *found = find(product);
    return found && n < EXTENSIONS ? found->byte[n] : -1;
}
