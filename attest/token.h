/* token.h - the one way evidence is refused: a stable token as the status'
 * origin and in front of the sentence. Private to attest/. */

#ifndef ATTEST_TOKEN_H
#define ATTEST_TOKEN_H

#include "base/status.h"

#define ATTEST_REFUSE(why, token, ...)                                         \
    refuse(why, STATUS_DENIED, token, token ": " __VA_ARGS__)

/* The same, naming the certificate it is about. */
#define ATTEST_REFUSE_OF(why, token, name, sentence)                           \
    refuse(why, STATUS_DENIED, token, token " %s: %s", name, sentence)

#endif
