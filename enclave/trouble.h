/* trouble.h - why a step failed: a sentence, and the stable code of whoever
 * refused. For this folder only. */

#ifndef ENCLAVE_TROUBLE_H
#define ENCLAVE_TROUBLE_H

#include "base/status.h"
#include "http/http.h"

#define TROUBLE_CODE_MAX 32

struct trouble {
    struct reason why;
    char code[TROUBLE_CODE_MAX]; /* "" when nobody gave one */
};

/* The code as others know it, for a refusal in somebody's name. */
void trouble_code(struct trouble *trouble, const char *code);

/* What an answer other than 200 means: STATUS_DENIED for 4xx,
 * STATUS_UNAVAILABLE for 429, 5xx and answers nobody should give. Takes code
 * and detail out of a problem (RFC 9457), or out of the product's event. */
STATUS trouble_from_answer(const struct http_answer *answer, const char *who,
                           struct trouble *trouble);

#endif
