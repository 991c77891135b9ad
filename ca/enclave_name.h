/* enclave_name.h - taking an enclave's name apart. Private to ca/. */

#ifndef CA_ENCLAVE_NAME_H
#define CA_ENCLAVE_NAME_H

#include "base/bytes.h"

struct enclave_name_parts {
    struct bytes configuration, label; /* 64 lower-case digits each */
    struct bytes domain;               /* not checked               */
};

/* False when `name` is not of the form <64 hex>.<64 hex>.id.<domain>. */
bool enclave_name_split(struct bytes name, struct enclave_name_parts *out);

#endif
