#include "attest/quoting.h"
#include "attest/token.h"

struct status attest_quoting_check(const struct attest_report *qe,
                                   const struct attest_vendor *vendor,
                                   struct reason *why)
{
    if (!(qe->flags & ATTEST_INIT) || (qe->flags & ATTEST_DEBUG))
        return ATTEST_REFUSE(why, "qe-attributes",
                             "the quoting enclave is a debug enclave or not "
                             "initialised");
    if (!vendor)
        return OK;
    if (!bytes_equal(qe->mrsigner, bytes_of(vendor->qe_mrsigner,
                                            sizeof(vendor->qe_mrsigner))) ||
        qe->isvprodid != vendor->qe_isvprodid)
        return ATTEST_REFUSE(why, "qe-mrsigner",
                             "not the quoting enclave of %s", vendor->name);
    return OK;
}
