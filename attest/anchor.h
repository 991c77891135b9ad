/* anchor.h - a trust anchor: one root, given by whoever runs the verifier.
 *
 * An anchor is its subject and its public key, not its certificate: vendors
 * re-issue certificates on the same key. The root inside evidence is never
 * trusted; it only says which anchor to ask. */

#ifndef ATTEST_ANCHOR_H
#define ATTEST_ANCHOR_H

#include "base/bytes.h"
#include "base/hash.h"
#include "base/status.h"

#define ATTEST_CERTIFICATE_MAX 4096 /* bytes of DER */
#define ATTEST_LABEL_LEN       64   /* without the NUL */

/* What kind of evidence a root can vouch for; follows from its key. */
enum attest_family {
    ATTEST_DCAP = 1,  /* SGX and TDX: P-256 with SHA-256 */
    ATTEST_SNP = 2,   /* SEV-SNP: RSA-4096, PSS with SHA-384 */
    ATTEST_NITRO = 3, /* Nitro Enclaves: P-384 with SHA-384 */
};

/* AMD's processors as far as attestation tells them apart. There is no
 * default: 0 is no product. */
enum attest_product {
    ATTEST_MILAN = 1, /* Zen 3 */
    ATTEST_GENOA = 2, /* Zen 4, with Bergamo and Siena */
    ATTEST_TURIN = 3, /* Zen 5 */
};

/* What the common name of an SNP root begins with. */
#define ATTEST_ARK_PREFIX "ARK-"

/* Plain data without pointers: may be copied and sent to another process. */
struct attest_anchor {
    uint8_t family;  /* enum attest_family */
    uint8_t product; /* enum attest_product of an SNP root; 0: of a simulator
                        of all of them, and of other families */
    bool simulated;  /* identities under it are of a simulated kind */
    char label[ATTEST_LABEL_LEN + 1]; /* what the operator calls it */
    struct hash spki;                 /* SHA-256 of SubjectPublicKeyInfo */
    size_t certificate_len;
    unsigned char certificate[ATTEST_CERTIFICATE_MAX]; /* DER, borrowed by
                                                          nobody */
};

/* Reads one root certificate, PEM (exactly one block). `simulated` is the
 * operator's word that the root is a simulator's. STATUS_INVALID with a
 * reason unless it is a self-signed CA of one of the families in strict DER
 * whose signature holds and whose key usage allows it to sign certificates,
 * and unless the label is 1 to 64 printable ASCII characters; also when a
 * root whose key is a vendor's is called a simulator's, and when an SNP root
 * is not named "ARK-Milan", "ARK-Genoa", "ARK-Turin" or, a simulator's,
 * "ARK-Simulated". */
STATUS attest_anchor_read(struct bytes pem, const char *label, bool simulated,
                          struct attest_anchor *out, struct reason *why);

/* The vendor behind a root key whose SHA-256 is compiled in, e.g. "Intel SGX
 * Root CA (Intel Corporation)"; NULL for every other key, whatever names its
 * certificate has. */
const char *attest_vendor_name(const struct hash *spki);

#endif
