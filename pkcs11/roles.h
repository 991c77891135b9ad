/* roles.h - the descriptors that the supervisor leaves to its children, at
 * fixed numbers; everything else is closed before exec. */

#ifndef PKCS11_ROLES_H
#define PKCS11_ROLES_H

#include "base/buffer.h"
#include "base/secret.h"

#define HSM_FD_JOBS    3 /* worker: socket to the supervisor            */
#define HSM_FD_JUDGE   4 /* worker and verifier: socket between the two */
#define HSM_FD_PIN     5 /* worker: pipe with the PIN                   */
#define HSM_FD_CONFIG  6 /* worker: the configuration's text            */
#define HSM_FD_ANCHORS 6 /* verifier: the trust anchors                 */
#define HSM_FD_LOCK    7 /* worker: keeps the state directory locked    */

#define HSM_PIN_MAX     256
#define HSM_SECRET_HEAP ((size_t)256 * 1024)

/* Reads a descriptor to its end and closes it. STATUS_INVALID when there is
 * more than the buffer holds. */
STATUS hsm_role_read(int fd, struct buffer *out);

/* The same for the PIN, straight into locked memory. */
STATUS hsm_role_pin(int fd, struct secret **out);

/* No cores, no ptrace, no privileges from exec, SIGPIPE ignored, umask 077:
 * the first thing in every role. */
STATUS hsm_harden(void);

/* One line on standard error, where the journal collects it. */
void hsm_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
