/* dsm_words.h - what DSM's clients write: pure functions over bytes from
 * strangers. */

#ifndef BROKER_DSM_WORDS_H
#define BROKER_DSM_WORDS_H

#include "api/api.h"

#define DSM_KEY_SUFFIX   "-credentials"
#define DSM_KEY_NAME_LEN (API_ID_TEXT - 1 + sizeof(DSM_KEY_SUFFIX) - 1)

/* The id in "Basic base64(id:)" (RFC 7617; the scheme in any case): no
 * password. False for anything else. */
bool dsm_basic(struct bytes authorization, struct api_id *out);

/* The dataset of the key "<dataset>-credentials". False for another name. */
bool dsm_key_dataset(struct bytes name, struct api_id *out);

/* The name of a dataset's key, with a NUL. */
void dsm_key_name(const struct api_id *dataset, char out[DSM_KEY_NAME_LEN + 1]);

#endif
