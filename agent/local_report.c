#include "agent/local_report.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define KEY_LEN        16
#define MAC_LEN        16
#define CPUSVN_AT      0
#define MISCSELECT_AT  16
#define ATTRIBUTES_AT  48
#define MRENCLAVE_AT   64
#define MRSIGNER_AT    128
#define ISVPRODID_AT   256
#define ISVSVN_AT      258
#define REPORT_DATA_AT 320

#define TD_TYPE        0x81
#define TD_TEE_HASH_AT 32
#define TD_INFO_AT     80
#define TD_DATA_AT     128
#define TD_MAC_AT      224
#define SHA384_LEN     48

/* --- targets -----------------------------------------------------------------
 */

void local_target_write(const struct local_target *target,
                        unsigned char out[LOCAL_TARGET_LEN])
{
    memset(out, 0, LOCAL_TARGET_LEN);
    memcpy(out, target->mrenclave, 32);
    memcpy(out + 32, target->attributes, 16);
    memcpy(out + 52, target->miscselect, 4);
}

void local_target_read(const unsigned char in[LOCAL_TARGET_LEN],
                       struct local_target *out)
{
    memcpy(out->mrenclave, in, 32);
    memcpy(out->attributes, in + 32, 16);
    memcpy(out->miscselect, in + 52, 4);
}

void local_target_of(const unsigned char report[LOCAL_REPORT_LEN],
                     struct local_target *out)
{
    memcpy(out->mrenclave, report + MRENCLAVE_AT, 32);
    memcpy(out->attributes, report + ATTRIBUTES_AT, 16);
    memcpy(out->miscselect, report + MISCSELECT_AT, 4);
}

/* --- SGX
 * ---------------------------------------------------------------------- */

void local_report_rebuild(const struct ca_sgx_subject *subject,
                          const unsigned char keyid[32],
                          const unsigned char mac[16],
                          unsigned char out[LOCAL_REPORT_LEN])
{
    memset(out, 0, LOCAL_REPORT_LEN);
    memcpy(out + CPUSVN_AT, subject->cpusvn, 16);
    memcpy(out + MISCSELECT_AT, subject->miscselect, 4);
    memcpy(out + ATTRIBUTES_AT, subject->attributes, 16);
    memcpy(out + MRENCLAVE_AT, subject->mrenclave, 32);
    memcpy(out + MRSIGNER_AT, subject->mrsigner, 32);
    memcpy(out + ISVPRODID_AT, subject->isvprodid, 2);
    memcpy(out + ISVSVN_AT, subject->isvsvn, 2);
    memcpy(out + REPORT_DATA_AT, subject->report_data, 64);
    memcpy(out + LOCAL_REPORT_KEYID_AT, keyid, 32);
    memcpy(out + LOCAL_REPORT_MAC_AT, mac, MAC_LEN);
}

static STATUS cmac(const struct hash *key, struct bytes message,
                   unsigned char out[MAC_LEN])
{
    size_t len;
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
    EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
    char cipher[] = "AES-128-CBC";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string("cipher", cipher, 0),
        OSSL_PARAM_construct_end(),
    };
    bool done = ctx && EVP_MAC_init(ctx, key->bytes, KEY_LEN, params) == 1 &&
                EVP_MAC_update(ctx, message.at, message.len) == 1 &&
                EVP_MAC_final(ctx, out, &len, MAC_LEN) == 1 && len == MAC_LEN;
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac);
    return done ? OK : failure(STATUS_NO_MEMORY, "EVP_MAC", 0);
}

static STATUS mac_of(const struct secret *cpu,
                     const struct local_target *target,
                     const unsigned char report[LOCAL_REPORT_LEN],
                     unsigned char out[MAC_LEN])
{
    struct hash key;
    TRY(hash_of(
        &key, bytes_of_string("accord simulated report key v1"),
        secret_expose(cpu), bytes_of(report + LOCAL_REPORT_KEYID_AT, 32),
        bytes_of(target->mrenclave, 32), bytes_of(target->attributes, 16),
        bytes_of(target->miscselect, 4)));
    struct status s = cmac(&key, bytes_of(report, SGX_REPORT_LEN), out);
    OPENSSL_cleanse(&key, sizeof(key));
    return s;
}

struct status local_report_seal(const struct secret *cpu,
                                const struct local_target *target,
                                unsigned char report[LOCAL_REPORT_LEN])
{
    TRY(random_fill(report + LOCAL_REPORT_KEYID_AT, 32));
    return mac_of(cpu, target, report, report + LOCAL_REPORT_MAC_AT);
}

struct status local_report_check(const struct secret *cpu,
                                 const struct local_target *target,
                                 const unsigned char report[LOCAL_REPORT_LEN])
{
    unsigned char mac[MAC_LEN];
    TRY(mac_of(cpu, target, report, mac));
    if (CRYPTO_memcmp(mac, report + LOCAL_REPORT_MAC_AT, MAC_LEN) != 0)
        return failure(STATUS_DENIED, "report-mac", 0);
    return OK;
}

/* --- TDX
 * ---------------------------------------------------------------------- */

static STATUS td_mac_of(const struct secret *cpu, const unsigned char *report,
                        unsigned char out[HASH_LEN])
{
    struct hash key;
    unsigned len = 0;
    TRY(hash_of(&key, bytes_of_string("accord simulated td report key v1"),
                secret_expose(cpu)));
    bool done = HMAC(EVP_sha256(), key.bytes, HASH_LEN, report, TD_MAC_AT, out,
                     &len) != NULL;
    OPENSSL_cleanse(&key, sizeof(key));
    return done && len == HASH_LEN ? OK : failure(STATUS_NO_MEMORY, "HMAC", 0);
}

static STATUS sha384(struct bytes message, unsigned char out[SHA384_LEN])
{
    if (EVP_Digest(message.at, message.len, out, NULL, EVP_sha384(), NULL) != 1)
        return failure(STATUS_NO_MEMORY, "EVP_Digest", 0);
    return OK;
}

/* All but the CPU's own numbers and the MAC. */
static STATUS td_put(struct bytes tee_info, struct bytes td_info,
                     const unsigned char data[64], unsigned char *out)
{
    memset(out, 0, LOCAL_TD_REPORT_LEN);
    out[0] = TD_TYPE;
    TRY(sha384(tee_info, out + TD_TEE_HASH_AT));
    TRY(sha384(td_info, out + TD_INFO_AT));
    memcpy(out + TD_DATA_AT, data, 64);
    return OK;
}

struct status local_td_report_make(const struct secret *cpu,
                                   struct bytes tee_info, struct bytes td_info,
                                   const unsigned char data[64],
                                   unsigned char out[LOCAL_TD_REPORT_LEN])
{
    TRY(td_put(tee_info, td_info, data, out));
    return td_mac_of(cpu, out, out + TD_MAC_AT);
}

struct status local_td_report_check(const struct secret *cpu,
                                    struct bytes tee_info, struct bytes td_info,
                                    const unsigned char data[64],
                                    struct bytes report)
{
    unsigned char wanted[LOCAL_TD_REPORT_LEN];
    if (report.len != LOCAL_TD_REPORT_LEN)
        return failure(STATUS_DENIED, "report-mac", 0);
    TRY(td_put(tee_info, td_info, data, wanted));
    memcpy(wanted + 16, report.at + 16, 16); /* the CPU's own: CPUSVN */
    TRY(td_mac_of(cpu, wanted, wanted + TD_MAC_AT));
    if (CRYPTO_memcmp(wanted, report.at, LOCAL_TD_REPORT_LEN) != 0)
        return failure(STATUS_DENIED, "report-mac", 0);
    return OK;
}
