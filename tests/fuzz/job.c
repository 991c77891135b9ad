/* Any bytes as a job: the first is its number, 0x80 or-ed asks for the
 * decoder alone, which must write back what it read. The jobs run against a
 * token that agrees to everything: so whatever is refused, the worker's own
 * checks refused it, and nothing that needs a recorded leaf may succeed. */

#include <openssl/crypto.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pkcs11/erased.h"
#include "pkcs11/messages.h"
#include "pkcs11/worker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define NOW 1800000000000ull

static struct hsm_worker worker;
static struct hsm_session session;

static CK_RV agree_sign_init(CK_SESSION_HANDLE s, CK_MECHANISM_PTR m,
                             CK_OBJECT_HANDLE key)
{
    (void)s, (void)m, (void)key;
    return CKR_OK;
}

static CK_RV agree_sign(CK_SESSION_HANDLE s, CK_BYTE_PTR data, CK_ULONG len,
                        CK_BYTE_PTR out, CK_ULONG_PTR out_len)
{
    (void)s, (void)data, (void)len;
    memset(out, 0x11, *out_len);
    return CKR_OK;
}

static CK_RV agree_unwrap(CK_SESSION_HANDLE s, CK_MECHANISM_PTR m,
                          CK_OBJECT_HANDLE key, CK_BYTE_PTR wrapped,
                          CK_ULONG len, CK_ATTRIBUTE_PTR t, CK_ULONG count,
                          CK_OBJECT_HANDLE_PTR out)
{
    (void)s, (void)m, (void)key, (void)wrapped, (void)len, (void)t;
    (void)count;
    *out = 1;
    return CKR_OK;
}

static CK_RV agree_derive(CK_SESSION_HANDLE s, CK_MECHANISM_PTR m,
                          CK_OBJECT_HANDLE key, CK_ATTRIBUTE_PTR t,
                          CK_ULONG count, CK_OBJECT_HANDLE_PTR out)
{
    (void)s, (void)m, (void)key, (void)t, (void)count;
    *out = 2;
    return CKR_OK;
}

static CK_RV agree_generate(CK_SESSION_HANDLE s, CK_MECHANISM_PTR m,
                            CK_ATTRIBUTE_PTR t, CK_ULONG count,
                            CK_OBJECT_HANDLE_PTR out)
{
    (void)s, (void)m, (void)t, (void)count;
    *out = 3;
    return CKR_OK;
}

static CK_RV agree_copy(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE object,
                        CK_ATTRIBUTE_PTR t, CK_ULONG count,
                        CK_OBJECT_HANDLE_PTR out)
{
    (void)s, (void)object, (void)t, (void)count;
    *out = 4;
    return CKR_OK;
}

static CK_RV agree_attribute(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o,
                             CK_ATTRIBUTE_PTR t, CK_ULONG count)
{
    (void)s, (void)o, (void)count;
    memset(t->pValue, 0, t->ulValueLen);
    return CKR_OK;
}

static CK_RV agree_destroy(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o)
{
    (void)s, (void)o;
    return CKR_OK;
}

static CK_RV agree_find_init(CK_SESSION_HANDLE s, CK_ATTRIBUTE_PTR t,
                             CK_ULONG count)
{
    (void)s, (void)t, (void)count;
    return CKR_OK;
}

static CK_RV agree_find(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE_PTR out,
                        CK_ULONG max, CK_ULONG_PTR count)
{
    (void)s, (void)out, (void)max;
    *count = 0;
    return CKR_OK;
}

static CK_RV agree_find_final(CK_SESSION_HANDLE s)
{
    (void)s;
    return CKR_OK;
}

static void need(struct status s)
{
    if (failed(s))
        abort();
}

static void make_root(struct reason *why)
{
    static const unsigned char serial[CA_SERIAL_LEN] = { 1 };
    struct ca_key *key = NULL;
    need(ca_key_generate(CA_KEY_P256, &key));
    const struct ca_signer signer = ca_key_signer(key);
    struct bytes spki = ca_spki(ca_key_public(key));
    worker.ca_certificate = buffer_make(CA_CERTIFICATE_MAX);
    need(ca_root_build(spki, serial, NOW / 1000 - 86400, &signer,
                       &worker.ca_certificate, why));
    need(api_spki_read(spki, &worker.ca_key));
    worker.log_key = worker.ca_key;
    ca_key_free(key);
}

/* A file that is nobody's as soon as it is open. */
static void open_erased(struct reason *why)
{
    char path[] = "/tmp/accord-fuzz-XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0 || close(fd) != 0)
        abort();
    need(hsm_erased_open(path, &worker.erased, why));
    (void)unlink(path);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static CK_FUNCTION_LIST calls = {
        .C_SignInit = agree_sign_init,
        .C_Sign = agree_sign,
        .C_EncryptInit = agree_sign_init,
        .C_Encrypt = agree_sign,
        .C_DecryptInit = agree_sign_init,
        .C_Decrypt = agree_sign,
        .C_GenerateKey = agree_generate,
        .C_CopyObject = agree_copy,
        .C_UnwrapKey = agree_unwrap,
        .C_DeriveKey = agree_derive,
        .C_GetAttributeValue = agree_attribute,
        .C_DestroyObject = agree_destroy,
        .C_FindObjectsInit = agree_find_init,
        .C_FindObjects = agree_find,
        .C_FindObjectsFinal = agree_find_final,
    };
    struct reason why = { "" };
    (void)argc, (void)argv;

    session = (struct hsm_session){ .calls = &calls, .handle = 1 };
    need(secret_heap_open(1024 * 1024));
    need(hsm_settings_read("fuzz",
                           bytes_of_string("[ca]\ndomain = a.b\n"
                                           "[ccm]\nplain_paths = yes\n"),
                           &worker.settings, &why));
    make_root(&why);
    worker.log.file.fd = memfd_create("frontier", MFD_CLOEXEC);
    pthread_mutex_init(&worker.log.lock, NULL);
    pthread_mutex_init(&worker.token_writes, NULL);
    need(hsm_leaves_new(0, &worker.leaves));
    need(hsm_proven_new(&worker.proven));
    need(hsm_nonces_new(&worker.nonces));
    need(hsm_credentials_open(&session, &worker.credentials, &why));
    open_erased(&why);
    return 0;
}

static void same(const struct buffer *again, struct bytes body)
{
    if (failed(buffer_status(again)) || !bytes_equal(buffer_bytes(again), body))
        abort();
}

/* One encoding for each meaning. */
static void decode(uint8_t number, struct bytes body)
{
    static struct pkcs11_certify_message certify;
    static struct pkcs11_release_message release;
    struct reason why = { "" };
    struct pkcs11_intake intake;
    struct pkcs11_intake_plain_message clear;
    struct pkcs11_release_plain plain;
    struct api_context context;
    struct ca_crl_fields crl;
    AUTO_CLEAR_BUFFER again = buffer_make(PKCS11_REQUEST_MAX);

    if (number == PKCS11_INTAKE &&
        !failed(pkcs11_decode_intake(body, &intake))) {
        pkcs11_encode_intake(&intake, &again);
        same(&again, body);
    } else if (number == PKCS11_INTAKE_PLAIN &&
               !failed(pkcs11_decode_intake_plain(body, &clear))) {
        pkcs11_encode_intake_plain(&clear, &again);
        same(&again, body);
    } else if (number == PKCS11_RELEASE_PLAIN &&
               !failed(pkcs11_decode_release_plain(body, &plain))) {
        pkcs11_encode_release_plain(&plain, &again);
        same(&again, body);
    } else if (number == PKCS11_ERASE &&
               !failed(pkcs11_decode_context(body, &context))) {
        pkcs11_put_context(&again, &context);
        same(&again, body);
    } else if (number == PKCS11_CRL && !failed(pkcs11_decode_crl(body, &crl))) {
        pkcs11_encode_crl(&crl, &again);
        same(&again, body);
    } else if (number == PKCS11_RELEASE &&
               !failed(pkcs11_decode_release(body, &release))) {
        need(pkcs11_encode_release(&release.fields, &again));
        same(&again, body);
    } else if (number == PKCS11_CERTIFY &&
               !failed(pkcs11_decode_certify(body, &certify, &why))) {
        need(pkcs11_encode_certify(&certify.fields, &again, &why));
        same(&again, body);
    }
}

/* These need a leaf, or a proof, that no fuzzer has. */
static bool needs_more_than_bytes(uint8_t number)
{
    return number == PKCS11_RELEASE || number == PKCS11_CERTIFY ||
           number == PKCS11_INTAKE || number == PKCS11_RELEASE_PLAIN;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER out = buffer_make(PKCS11_ANSWER_MAX);

    if (size == 0)
        return 0;
    struct bytes body = bytes_of(data + 1, size - 1);
    if (data[0] & 0x80) {
        decode(data[0] & 0x7f, body);
        return 0;
    }
    if (data[0] == PKCS11_ANCHOR) /* takes no bytes, and needs a token */
        return 0;
    const struct hsm_job job = { .worker = &worker,
                                 .session = &session,
                                 .now = NOW,
                                 .monotonic = 1000,
                                 .out = &out,
                                 .why = &why };
    struct status s = hsm_job_run(&job, data[0], body);
    if (!failed(s) && needs_more_than_bytes(data[0]))
        abort();
    if (!failed(s) && data[0] == PKCS11_INTAKE_PLAIN) /* do not fill up */
        need(hsm_job_run(&job, PKCS11_ERASE, bytes_of(body.at, 81)));
    return 0;
}
