#include "ca/certificate_form.h"
#include "ca/root.h"
#include "ca/signature.h"

struct status ca_certificate_build(const struct ca_certificate_fields *fields,
                                   struct bytes issuer,
                                   const struct ca_signer *signer,
                                   struct buffer *der_out, struct reason *why)
{
    struct ca_public_key key;
    struct ca_root root;
    TRY(ca_public_key_read(fields->spki, &key, why));
    TRY(form_check(fields, &key, why));
    TRY(ca_root_read(issuer, &root, why));
    if (fields->not_before < root.not_before ||
        fields->not_after > root.not_after)
        return refuse(why, STATUS_INVALID, "certificate",
                      "%s certificate: it would outlive the root",
                      ca_kind_name(fields->statement.kind));

    AUTO_CLEAR_BUFFER tbs = buffer_make(CA_CERTIFICATE_MAX);
    struct form_issuer by = form_issuer_of(&root.key);
    form_put_tbs(&tbs, fields, &key, &by);
    TRY(buffer_status(&tbs));
    return signature_put_signed(buffer_bytes(&tbs), signer, &root.key, der_out);
}
