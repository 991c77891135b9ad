#include "attest/roles.h"
#include "attest/anchor.h"
#include "attest/certificate.h"
#include "attest/pem.h"
#include "attest/token.h"

#include <openssl/x509.h>

#define BLOCKS_MAX 4 /* beyond, nothing is even decoded */

/* In whatever order they came; owned. */
struct blocks {
    X509 *at[BLOCKS_MAX];
    size_t count;
};

static void blocks_clear(struct blocks *blocks)
{
    for (size_t i = 0; i < blocks->count; i++)
        X509_free(blocks->at[i]);
}

#define AUTO_BLOCKS __attribute__((cleanup(blocks_clear))) struct blocks

void attest_roles_clear(struct attest_roles *roles)
{
    X509_free(roles->leaf);
    X509_free(roles->ca);
    X509_free(roles->root);
    *roles = (struct attest_roles){ 0 };
}

/* Libraries disagree about the NUL that ends the text: at most one. */
static struct bytes without_final_nul(struct bytes text)
{
    if (text.len > 0 && text.at[text.len - 1] == '\0')
        text.len--;
    return text;
}

static STATUS read_block(struct bytes *rest, struct blocks *out,
                         struct reason *why)
{
    AUTO_CLEAR_BUFFER der = buffer_make(ATTEST_CERTIFICATE_MAX);
    size_t number = out->count + 1;
    if (number > BLOCKS_MAX)
        return ATTEST_REFUSE(why, "chain:len", "more than %d certificates",
                             BLOCKS_MAX);
    if (failed(attest_pem_take(rest, &der)))
        return ATTEST_REFUSE(why, "malformed",
                             "certificate %zu is not a PEM block", number);
    if (failed(attest_x509_read(buffer_bytes(&der), &out->at[out->count])))
        return ATTEST_REFUSE(why, "malformed",
                             "certificate %zu is not strict DER", number);
    out->count = number;
    return OK;
}

static STATUS read_blocks(struct bytes pem, struct blocks *out,
                          struct reason *why)
{
    struct bytes rest = without_final_nul(pem);
    while (rest.len > 0)
        TRY(read_block(&rest, out, why));
    return OK;
}

static bool issued_by(const X509 *issued, const X509 *issuer)
{
    return X509_NAME_cmp(X509_get_issuer_name(issued),
                         X509_get_subject_name(issuer)) == 0;
}

/* By names, not by places: real quotes come in more than one order. Takes
 * the certificates over from the blocks when they fit. */
static bool assign(struct blocks *blocks, struct attest_roles *out)
{
    for (size_t i = 0; i < ATTEST_CHAIN_LEN; i++) {
        X509 **root = &blocks->at[i];
        X509 **ca = &blocks->at[(i + 1) % ATTEST_CHAIN_LEN];
        X509 **leaf = &blocks->at[(i + 2) % ATTEST_CHAIN_LEN];
        if (!issued_by(*root, *root) || issued_by(*ca, *ca) ||
            issued_by(*leaf, *leaf))
            continue;
        if (issued_by(*leaf, *root)) { /* they came the other way round */
            X509 **other = ca;
            ca = leaf;
            leaf = other;
        }
        if (!issued_by(*ca, *root) || !issued_by(*leaf, *ca))
            return false;
        out->root = TAKE(*root);
        out->ca = TAKE(*ca);
        out->leaf = TAKE(*leaf);
        return true;
    }
    return false; /* no root, or several */
}

static bool is_named(const X509 *certificate, const char *role)
{
    struct attest_name name = attest_x509_name(certificate);
    return strstr(name.text, role) != NULL;
}

/* What attest_judge() can go on with when they do not link: the one leaf, by
 * its name, and whoever says to have issued it. */
static void guess(struct blocks *blocks, struct attest_roles *out)
{
    X509 **leaf = NULL;
    for (size_t i = 0; i < blocks->count; i++) {
        if (!is_named(blocks->at[i], "SGX PCK Certificate"))
            continue;
        if (leaf)
            return;
        leaf = &blocks->at[i];
    }
    if (!leaf)
        return;
    for (size_t i = 0; i < blocks->count && !out->ca; i++)
        if (&blocks->at[i] != leaf && issued_by(*leaf, blocks->at[i]))
            out->ca = TAKE(blocks->at[i]);
    out->leaf = TAKE(*leaf);
}

struct status attest_roles_read(struct bytes pem, struct attest_roles *out,
                                struct reason *why)
{
    AUTO_BLOCKS blocks = { 0 };
    TRY(read_blocks(pem, &blocks, why));
    if (blocks.count == ATTEST_CHAIN_LEN && assign(&blocks, out))
        return OK;
    size_t count = blocks.count;
    guess(&blocks, out);
    if (count != ATTEST_CHAIN_LEN)
        return refuse(why, STATUS_DENIED, "chain:len",
                      "chain:len %zu: %zu certificates; a chain has %d", count,
                      count, ATTEST_CHAIN_LEN);
    return ATTEST_REFUSE(why, "chain:names",
                         "the names do not link root, CA and leaf");
}

void attest_pair_clear(struct attest_pair *pair)
{
    X509_free(pair->leaf);
    X509_free(pair->root);
    *pair = (struct attest_pair){ 0 };
}

struct status attest_pair_read(struct bytes pem, struct attest_pair *out,
                               struct reason *why)
{
    AUTO_BLOCKS blocks = { 0 };
    if (failed(read_blocks(pem, &blocks, why)))
        return refuse(why, STATUS_DENIED, "tcbchain:malformed",
                      "tcbchain:malformed: not certificates in PEM");
    if (blocks.count != 2)
        return refuse(why, STATUS_DENIED, "tcbchain:len",
                      "tcbchain:len %zu: a signer and its root are two",
                      blocks.count);
    size_t root = issued_by(blocks.at[1], blocks.at[1]) ? 1 : 0;
    if (!issued_by(blocks.at[root], blocks.at[root]) ||
        issued_by(blocks.at[1 - root], blocks.at[1 - root]) ||
        !issued_by(blocks.at[1 - root], blocks.at[root]))
        return refuse(why, STATUS_DENIED, "tcbchain:names",
                      "tcbchain:names: the names do not link root and signer");
    out->root = TAKE(blocks.at[root]);
    out->leaf = TAKE(blocks.at[1 - root]);
    return OK;
}
