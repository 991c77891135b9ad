/* ceremony.h - `accord-hsm init`: the keys of the token, made once. */

#ifndef PKCS11_CEREMONY_H
#define PKCS11_CEREMONY_H

#include <stdio.h>

#include "pkcs11/settings.h"

/* Makes the five keys and the anchor on the token, ca.pem, intake.pem and
 * frontier in the state directory, reads every attribute back, tries every
 * operation, and writes to `report` what others pin. Refuses a token or a
 * state directory that has any of it already; destroys what it made when it
 * fails. `now` is in seconds. */
STATUS hsm_ceremony(const struct hsm_settings *settings,
                    const struct secret *pin, uint64_t now, FILE *report,
                    struct reason *why);

#endif
