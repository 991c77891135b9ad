/* csr_attribute.h - the attributes of a request. Private to ca/. */

#ifndef CA_CSR_ATTRIBUTE_H
#define CA_CSR_ATTRIBUTE_H

#include "base/cursor.h"
#include "ca/csr.h"

/* Reads them all into names and carriers. STATUS_INVALID with a reason. */
STATUS csr_attributes_read(struct cursor *attributes, struct ca_csr *csr,
                           struct reason *why);

#define CSR_CARRIER_OID_LEN 11

/* The contents of the attribute's identifier; STATUS_INVALID for kinds that
 * are no attribute. */
STATUS csr_carrier_oid(enum ca_carrier_kind kind,
                       unsigned char out[CSR_CARRIER_OID_LEN]);

#endif
