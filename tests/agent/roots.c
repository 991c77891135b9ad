#include "tests/agent/roots.h"

#include "tests/support/check.h"

#include <time.h>

struct root root_make(void)
{
    static const unsigned char serial[CA_SERIAL_LEN] = { 1 };
    struct root root = { .der = buffer_make(CA_CERTIFICATE_MAX) };
    assert_ok(ca_key_generate(CA_KEY_P256, &root.key));
    const struct ca_signer signer = ca_key_signer(root.key);
    assert_ok(ca_root_build(ca_spki(ca_key_public(root.key)), serial,
                            (uint64_t)time(NULL) - 86400, &signer, &root.der,
                            NULL));
    return root;
}

void root_clear(struct root *root)
{
    ca_key_free(root->key);
    buffer_clear(&root->der);
}

void root_pem(const struct root *root, struct buffer *out)
{
    ca_pem_write("CERTIFICATE", buffer_bytes(&root->der), out);
    assert_ok(buffer_status(out));
}

struct buffer root_certify_server(const struct root *root,
                                  const struct ca_key *server)
{
    static const char *const names[] = { "127.0.0.1" };
    const struct ca_certificate_fields fields = {
        .statement = { .kind = CA_SERVER },
        .spki = ca_spki(ca_key_public(server)),
        .serial = { 2 },
        .not_before = (uint64_t)time(NULL) - 60,
        .not_after = (uint64_t)time(NULL) + 3600,
        .names = names,
        .names_count = 1,
    };
    const struct ca_signer signer = ca_key_signer(root->key);
    struct buffer der = buffer_make(CA_CERTIFICATE_MAX);
    assert_ok(ca_certificate_build(&fields, buffer_bytes(&root->der), &signer,
                                   &der, NULL));
    return der;
}
