#include "attest/quoting.h"
#include "attest/token.h"

struct status attest_quoting_check(const struct attest_report *qe, bool tdx,
                                   const struct attest_vendor *vendor,
                                   struct reason *why)
{
    if (!(qe->flags & ATTEST_INIT) || (qe->flags & ATTEST_DEBUG))
        return ATTEST_REFUSE(why, "qe-attributes",
                             "the quoting enclave is a debug enclave or not "
                             "initialised");
    if (!vendor)
        return OK;
    const struct attest_quoting_enclave *wanted =
        tdx ? &vendor->td_qe : &vendor->qe;
    if (!bytes_equal(qe->mrsigner,
                     bytes_of(wanted->mrsigner, sizeof(wanted->mrsigner))) ||
        qe->isvprodid != wanted->isvprodid)
        return ATTEST_REFUSE(why, "qe-mrsigner",
                             "not the quoting enclave of %s", vendor->name);
    return OK;
}
