#include "agent/openssl_scope.h"
#include "agent/simulator_files.h"
#include "agent/simulator_parts.h"
#include "base/file.h"

#define PEM_MAX 4096

static void x509s_clear(X509 *(*certificates)[3])
{
    for (size_t i = 0; i < 3; i++)
        X509_free((*certificates)[i]);
}

static STATUS read_certificate(const char *path, struct buffer *pem, X509 **out,
                               struct reason *why)
{
    AUTO_CLEAR_BUFFER der = buffer_make(PEM_MAX);
    struct status s = file_read(path, pem);
    if (failed(s))
        return refuse(why, s.code, s.origin, "cannot read %s", path);
    s = ca_pem_read("CERTIFICATE", buffer_bytes(pem), &der, NULL);
    if (s.code == STATUS_NO_MEMORY)
        return s;
    if (!failed(s)) {
        const unsigned char *at = der.data;
        *out = d2i_X509(NULL, &at, (long)der.len);
    }
    if (!*out)
        return refuse(why, STATUS_CORRUPT, "simulator",
                      "%s does not hold a certificate", path);
    return OK;
}

static STATUS seconds_of(const ASN1_TIME *time, uint64_t *out)
{
    int days;
    int seconds;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    if (!epoch)
        return failure(STATUS_NO_MEMORY, "ASN1_TIME_set", 0);
    int ok = ASN1_TIME_diff(&days, &seconds, epoch, time);
    ASN1_TIME_free(epoch);
    if (ok != 1 || days < 0 || seconds < 0)
        return failure(STATUS_CORRUPT, "ASN1_TIME_diff", 0);
    *out = (uint64_t)days * 86400 + (uint64_t)seconds;
    return OK;
}

/* The intersection of all three validities. */
static STATUS narrow(struct simulator *simulator, const X509 *certificate)
{
    uint64_t from;
    uint64_t until;
    TRY(seconds_of(X509_get0_notBefore(certificate), &from));
    TRY(seconds_of(X509_get0_notAfter(certificate), &until));
    if (from > simulator->not_before)
        simulator->not_before = from;
    if (until < simulator->not_after)
        simulator->not_after = until;
    return OK;
}

/* Leaf, CA, root: each signed by the next, the leaf for our key. */
static bool belong_together(X509 *const chain[3], const struct ca_key *pck)
{
    return X509_verify(chain[0], X509_get0_pubkey(chain[1])) == 1 &&
           X509_verify(chain[1], X509_get0_pubkey(chain[2])) == 1 &&
           X509_verify(chain[2], X509_get0_pubkey(chain[2])) == 1 &&
           EVP_PKEY_eq(X509_get0_pubkey(chain[0]), ca_key_pkey(pck)) == 1;
}

static STATUS read_chain(const char *directory, struct simulator *simulator,
                         struct reason *why)
{
    static const char *const names[3] = { SIMULATOR_PCK_PEM, SIMULATOR_CA_PEM,
                                          SIMULATOR_ROOT_PEM };
    __attribute__((cleanup(x509s_clear))) X509 *chain[3] = { NULL };
    for (size_t i = 0; i < 3; i++) {
        char path[SIMULATOR_PATH_MAX];
        AUTO_CLEAR_BUFFER pem = buffer_make(PEM_MAX);
        TRY(simulator_path(directory, names[i], path, why));
        TRY(read_certificate(path, &pem, &chain[i], why));
        TRY(narrow(simulator, chain[i]));
        buffer_put(&simulator->chain, buffer_bytes(&pem));
        if (i == 2)
            buffer_put(&simulator->root_pem, buffer_bytes(&pem));
    }
    TRY(buffer_status(&simulator->chain));
    TRY(buffer_status(&simulator->root_pem));
    if (!belong_together(chain, simulator->pck))
        return refuse(why, STATUS_CORRUPT, "simulator",
                      "%s: keys and certificates do not belong together",
                      directory);
    return OK;
}

struct status simulator_load(const char *directory, struct simulator *simulator,
                             struct reason *why)
{
    simulator->root_pem = buffer_make(PEM_MAX);
    simulator->chain = buffer_make((size_t)3 * PEM_MAX);
    simulator->not_after = UINT64_MAX;
    TRY(simulator_read_key(directory, SIMULATOR_PCK_KEY, CA_P256,
                           &simulator->pck, why));
    TRY(simulator_read_key(directory, SIMULATOR_ATTESTATION_KEY, CA_P256,
                           &simulator->attestation, why));
    return read_chain(directory, simulator, why);
}
