#include "tests/ca/draft.h"

#include "ca/certificate_form.h"
#include "ca/der.h"
#include "ca/oid.h"
#include "ca/signature.h"
#include "tests/ca/authority.h"
#include "tests/support/check.h"

void draft_put(const struct draft *draft, struct buffer *out)
{
    const struct ca_public_key *key = ca_key_public(draft->key);
    AUTO_CLEAR_BUFFER info = buffer_make(2 * CA_CSR_MAX);
    AUTO_CLEAR_BUFFER signature = buffer_make(1024);
    size_t place = der_open(&info, DER_SEQUENCE);
    der_put_number(&info, draft->version);
    der_put(&info, DER_SEQUENCE, draft->subject);
    buffer_put(&info, draft->spki.len > 0 ? draft->spki : ca_spki(key));
    der_put(&info, DER_CONTEXT_CONSTRUCTED | 0, draft->attributes);
    der_close(&info, place);
    assert_ok(signature_make(draft->key, buffer_bytes(&info), &signature));

    place = der_open(out, DER_SEQUENCE);
    buffer_put(out, buffer_bytes(&info));
    if (draft->algorithm.len > 0)
        buffer_put(out, draft->algorithm);
    else
        signature_put_algorithm(out, key->type);
    der_put_bits(out, buffer_bytes(&signature));
    der_close(out, place);
    assert_ok(buffer_status(out));
}

void draft_attribute(struct buffer *out, struct bytes oid, struct bytes value)
{
    size_t place = der_open(out, DER_SEQUENCE);
    der_put(out, DER_OID, oid);
    der_put(out, DER_SET, value);
    der_close(out, place);
}

void draft_request(struct buffer *out, struct bytes list)
{
    AUTO_CLEAR_BUFFER value = buffer_make(2 * CA_CSR_MAX);
    der_put(&value, DER_SEQUENCE, list);
    draft_attribute(out, oid_extension_request, buffer_bytes(&value));
}

void draft_extension(struct buffer *out, struct bytes oid, int critical,
                     struct bytes value)
{
    form_put_extension(out, oid, critical, value);
}

void draft_rdn(struct buffer *out, struct bytes oid, unsigned tag,
               struct bytes value)
{
    size_t set = der_open(out, DER_SET);
    size_t pair = der_open(out, DER_SEQUENCE);
    der_put(out, DER_OID, oid);
    der_put(out, tag, value);
    der_close(out, pair);
    der_close(out, set);
}

void assert_request_refused(struct bytes text, const char *because)
{
    struct ca_csr csr = { .carriers_count = 77 };
    struct reason why = { "" };
    assert_status(STATUS_INVALID, ca_csr_read(text, &csr, &why));
    if (!strstr(why.text, because))
        fail_msg("\"%s\" does not say \"%s\"", why.text, because);
    assert_int_equal(csr.carriers_count, 77);
}

void assert_draft_refused(const struct draft *draft, const char *because)
{
    struct draft whole = *draft;
    if (!whole.key)
        whole.key = sample_key(CA_KEY_P256);
    AUTO_CLEAR_BUFFER der = buffer_make(4 * CA_CSR_MAX);
    draft_put(&whole, &der);
    assert_request_refused(buffer_bytes(&der), because);
}

void assert_draft_accepted(const struct draft *draft, struct ca_csr *csr)
{
    struct draft whole = *draft;
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CSR_MAX);
    if (!whole.key)
        whole.key = sample_key(CA_KEY_P256);
    draft_put(&whole, &der);
    if (failed(ca_csr_read(buffer_bytes(&der), csr, &why)))
        fail_msg("%s", why.text);
}
