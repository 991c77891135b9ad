/* private_key.h - what key.c and private_key.c share. For this folder only. */

#ifndef API_PRIVATE_KEY_H
#define API_PRIVATE_KEY_H

#include "api/key.h"

#define API_POINT_LEN         65 /* 04 || x || y */
#define API_SIGNATURE_DER_MAX 72

/* The point in a key that api_spki_read() or the next function made. */
struct bytes api_spki_point(const struct api_spki *key);
void api_spki_of_point(const unsigned char point[API_POINT_LEN],
                       struct api_spki *out);

#endif
