/* transfer.h - a dataset's file, decrypted on its way in and encrypted on its
 * way out, in constant memory. For this folder only. */

#ifndef ENCLAVE_TRANSFER_H
#define ENCLAVE_TRANSFER_H

#include "enclave/session.h"

/* As accord_download() and accord_upload(): plaintext at `fd`. At most
 * `room` bytes come in, encrypted. */
STATUS transfer_download(const struct accord_session *session,
                         const struct enclave_dataset *dataset, int fd,
                         uint64_t room, struct reason *why);
STATUS transfer_upload(const struct accord_session *session,
                       const struct enclave_dataset *dataset, int fd,
                       struct reason *why);

#endif
