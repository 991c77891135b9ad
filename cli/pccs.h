/* pccs.h - a provisioning certificate caching service (Intel's PCCS, or a
 * mirror of its REST interface, versions 3 and 4): what a verifier needs to
 * judge one family of platforms.
 *
 * Nothing of it is believed here: whoever uses it verifies every signature
 * under a root of their own. So http:// and any mirror will do. */

#ifndef CLI_PCCS_H
#define CLI_PCCS_H

#include "base/buffer.h"
#include "http/http.h"

struct pccs_wanted {
    const char *fmspc;  /* 12 hexadecimal digits */
    const char *ca;     /* "processor" or "platform" */
    const char *tee;    /* "sgx" or "tdx" */
    const char *update; /* "early", "standard"; NULL: the service's choice */
    unsigned version;   /* of the interface: 3 or 4 */
};

/* The files of one collateral directory. */
enum pccs_file {
    PCCS_TCB_INFO,
    PCCS_QE_IDENTITY,
    PCCS_SIGNING_CHAIN,
    PCCS_ROOT_CRL,
    PCCS_PCK_CRL,
    PCCS_PCK_CRL_CHAIN,
    PCCS_FILES
};
extern const char *const pccs_file_names[PCCS_FILES];

struct pccs_collateral {
    struct buffer file[PCCS_FILES];
};
void pccs_collateral_clear(struct pccs_collateral *collateral);
#define AUTO_CLEAR_COLLATERAL                                                  \
    __attribute__((cleanup(pccs_collateral_clear))) struct pccs_collateral

/* Fetches all of it; CRLs come out as DER, chains as PEM, whichever way the
 * service wrote them. STATUS_INVALID with a reason that names the request and
 * what was wrong with its answer. */
STATUS pccs_fetch(struct http_client *http, const struct pccs_wanted *wanted,
                  struct pccs_collateral *out, struct reason *why);

#endif
