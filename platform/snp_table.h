/* snp_table.h - the certificates a SEV-SNP host hands out with a report (GHCB
 * specification 2.03, section 4.1.8.1). Private to platform/.
 *
 * Entries of 24 bytes, GUID 16, offset 4, length 4, little-endian, end with
 * one of zeros; offsets count from the table's first byte. The host is not
 * believed: the certificates are verified by whoever judges the evidence. */

#ifndef PLATFORM_SNP_TABLE_H
#define PLATFORM_SNP_TABLE_H

#include "base/buffer.h"

#define SNP_TABLE_MAX ((size_t)32 * 1024)

/* Appends the DER of the endorsement key's certificate (the VLEK's if
 * `vlek`, else the VCEK's), then of its issuer's, if it is there. An empty
 * table appends nothing. STATUS_INVALID for entries that do not end, reach
 * outside the table or into the entries, are there twice, or when the
 * endorsement key's is missing; nothing is appended then. */
STATUS snp_table_read(struct bytes table, bool vlek, struct buffer *out);

#endif
