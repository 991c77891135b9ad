/* pin.h - where the PIN comes from. */

#ifndef PKCS11_PIN_H
#define PKCS11_PIN_H

#include "pkcs11/settings.h"

/* token.pin_file, or $CREDENTIALS_DIRECTORY/pin when that is not set: a file
 * that group and others cannot read, one line. */
STATUS hsm_pin_read(const struct hsm_settings *settings, struct secret **out,
                    struct reason *why);

/* The same from the file named. */
STATUS hsm_pin_read_file(const char *path, struct secret **out,
                         struct reason *why);

#endif
