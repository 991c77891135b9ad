/* one_key.c - every session of one test program has the same RSA key: a fresh
 * one for each costs most of the time. Linked with
 * -Wl,--wrap=ca_key_generate. */

#include "tests/support/check.h"

#include "ca/ca.h"

struct status __real_ca_key_generate(enum ca_key_kind kind,
                                     struct ca_key **out);
struct status __wrap_ca_key_generate(enum ca_key_kind kind,
                                     struct ca_key **out);

struct status __wrap_ca_key_generate(enum ca_key_kind kind, struct ca_key **out)
{
    static struct secret *pem;
    if (kind != CA_KEY_RSA_3072)
        return __real_ca_key_generate(kind, out);
    if (!pem) {
        AUTO_FREE(ca_key) key = NULL;
        TRY(__real_ca_key_generate(kind, &key));
        TRY(ca_key_write(key, &pem));
    }
    return ca_key_read(pem, out);
}
