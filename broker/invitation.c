#include <stdio.h>

#include "base/text.h"
#include "broker/broker.h"

struct status broker_invitation_line(const struct broker *b,
                                     const struct hash *secret, char *out,
                                     size_t capacity)
{
    struct hash ca, log;
    char ca_text[2 * HASH_LEN + 1], log_text[2 * HASH_LEN + 1],
        secret_text[2 * HASH_LEN + 1];
    TRY(api_spki_hash(&b->hsm_facts.ca_key, &ca));
    TRY(api_spki_hash(&b->hsm_facts.log_key, &log));
    hex_encode(hash_bytes(&ca), ca_text);
    hex_encode(hash_bytes(&log), log_text);
    hex_encode(hash_bytes(secret), secret_text);
    int len = snprintf(out, capacity, "accord-invitation-v1 %s %s %s %s",
                       b->url, ca_text, log_text, secret_text);
    if (len < 0 || (size_t)len >= capacity)
        return failure(STATUS_INVALID, "invitation", 0);
    return OK;
}
