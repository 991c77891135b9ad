#include "ca/oid.h"

#include <openssl/asn1.h>
#include <openssl/objects.h>

#include "ca/openssl_scope.h"

#define OID(name, contents)                                                    \
    const struct bytes name = { (const unsigned char *)(contents),             \
                                sizeof(contents) - 1 }

OID(oid_ec_public_key, "\x2a\x86\x48\xce\x3d\x02\x01");
OID(oid_p256, "\x2a\x86\x48\xce\x3d\x03\x01\x07");
OID(oid_p384, "\x2b\x81\x04\x00\x22");
OID(oid_rsa, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01");
OID(oid_ecdsa_sha256, "\x2a\x86\x48\xce\x3d\x04\x03\x02");
OID(oid_ecdsa_sha384, "\x2a\x86\x48\xce\x3d\x04\x03\x03");
OID(oid_ecdsa_sha512, "\x2a\x86\x48\xce\x3d\x04\x03\x04");
OID(oid_rsa_sha256, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b");
OID(oid_rsa_sha384, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c");
OID(oid_rsa_sha512, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d");
OID(oid_common_name, "\x55\x04\x03");
OID(oid_extension_request, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e");
OID(oid_subject_key_id, "\x55\x1d\x0e");
OID(oid_key_usage, "\x55\x1d\x0f");
OID(oid_alternative_names, "\x55\x1d\x11");
OID(oid_basic_constraints, "\x55\x1d\x13");
OID(oid_crl_number, "\x55\x1d\x14");
OID(oid_authority_key_id, "\x55\x1d\x23");
OID(oid_extended_usage, "\x55\x1d\x25");
OID(oid_server_auth, "\x2b\x06\x01\x05\x05\x07\x03\x01");
OID(oid_client_auth, "\x2b\x06\x01\x05\x05\x07\x03\x02");
OID(oid_statement, "\x69\x81\xc8\x9b\xb5\xad\x98\x8b\x9a\x89\xe9\xb0\xdd\xaa"
                   "\x9f\x8d\x9e\xe8\xb5\x3d\x01");
OID(oid_intake_use, "\x69\x81\xc8\x9b\xb5\xad\x98\x8b\x9a\x89\xe9\xb0\xdd\xaa"
                    "\x9f\x8d\x9e\xe8\xb5\x3d\x02");
OID(oid_sgx_subject, "\x2b\x06\x01\x04\x01\x83\x84\x1a\x01\x01");
OID(oid_configuration, "\x2b\x06\x01\x04\x01\x83\x84\x1a\x01\x03\x04");
OID(oid_tdx_subject, "\x2b\x06\x01\x04\x01\x83\x84\x1a\x02\x02\x12");
OID(oid_snp_subject, "\x2b\x06\x01\x04\x01\x83\x84\x1a\x02\x02\x0e");

struct status oid_text(struct bytes oid, char out[OID_TEXT])
{
    FORGET_ERRORS;
    unsigned char der[OID_TEXT + 2] = { 0x06, (unsigned char)oid.len };
    if (oid.len == 0 || oid.len > OID_TEXT)
        return failure(STATUS_INVALID, "oid_text", 0);
    memcpy(der + 2, oid.at, oid.len);

    const unsigned char *at = der;
    AUTO_FREE(asn1_object_st)
    object = d2i_ASN1_OBJECT(NULL, &at, (long)oid.len + 2);
    char text[OID_TEXT];
    int len = object ? OBJ_obj2txt(text, sizeof(text), object, 1) : 0;
    if (len <= 0 || (size_t)len >= sizeof(text))
        return failure(STATUS_INVALID, "OBJ_obj2txt", 0);
    memcpy(out, text, sizeof(text));
    return OK;
}
