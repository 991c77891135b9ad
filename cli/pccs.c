#include "cli/pccs.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ca/ca.h"

#define FILE_MAX  ((size_t)128 * 1024)
#define CHAIN_MAX ((size_t)32 * 1024)

const char *const pccs_file_names[PCCS_FILES] = {
    [PCCS_TCB_INFO] = "tcbinfo.json",
    [PCCS_QE_IDENTITY] = "qeidentity.json",
    [PCCS_SIGNING_CHAIN] = "tcb_signing_chain.pem",
    [PCCS_ROOT_CRL] = "root_ca.crl.der",
    [PCCS_PCK_CRL] = "pck_ca.crl.der",
    [PCCS_PCK_CRL_CHAIN] = "pck_crl_issuer_chain.pem",
};

void pccs_collateral_clear(struct pccs_collateral *collateral)
{
    for (size_t i = 0; i < PCCS_FILES; i++)
        buffer_clear(&collateral->file[i]);
}

/* One GET; an answer but 200 is a failure that names the path. */
static struct status get(struct http_client *http, const char *path,
                         struct http_answer *out, struct reason *why)
{
    const struct http_call call = { .method = HTTP_GET, .path = path };
    TRY(http_call(http, &call, out, why));
    if (out->status != 200)
        return refuse(
            why, out->status == 404 ? STATUS_NOT_FOUND : STATUS_UNAVAILABLE,
            "pccs", "GET %s: the service answered %d", path, out->status);
    if (out->body.len == 0)
        return refuse(why, STATUS_INVALID, "pccs",
                      "GET %s: the answer is empty", path);
    return OK;
}

/* %0A and the like; a plus sign stays one. */
static struct status decode_percent(struct bytes text, struct buffer *out)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = text.at[i];
        if (byte == '%') {
            if (text.len - i < 3)
                return failure(STATUS_INVALID, "percent", 0);
            TRY(hex_decode(bytes_of(text.at + i + 1, 2), &byte, 1));
            i += 2;
        }
        buffer_put_u8(out, byte);
    }
    return buffer_status(out);
}

/* The chain that signed the answer is in one of its fields, whose name depends
 * on the version of the interface. */
static struct status take_chain(const struct http_answer *answer,
                                const char *const *names, const char *path,
                                struct buffer *out, struct reason *why)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----";
    AUTO_CLEAR_BUFFER chain = buffer_make(CHAIN_MAX);
    for (; *names; names++) {
        struct bytes field = http_answer_header(answer, *names);
        if (!field.at)
            continue;
        if (failed(decode_percent(field, &chain)) ||
            chain.len < sizeof(begin) ||
            memcmp(chain.data, begin, sizeof(begin) - 1) != 0)
            return refuse(why, STATUS_INVALID, "pccs",
                          "GET %s: %s is not a chain of certificates", path,
                          *names);
        buffer_put(out, buffer_bytes(&chain));
        return buffer_status(out);
    }
    return refuse(why, STATUS_INVALID, "pccs",
                  "GET %s: the answer names no chain that signed it", path);
}

/* Intel's object, exactly as it was signed. */
static struct status take_signed(const struct http_answer *answer,
                                 const char *member, const char *path,
                                 struct buffer *out, struct reason *why)
{
    AUTO_JSON *json = NULL;
    struct bytes body = buffer_bytes(&answer->body);
    if (failed(api_json_read(body, FILE_MAX, false, &json, why)) ||
        !json_is_object(json_object_get(json, member)) ||
        !json_is_string(json_object_get(json, "signature")))
        return refuse(why, STATUS_INVALID, "pccs",
                      "GET %s: the answer is not a signed %s", path, member);
    buffer_put(out, body);
    return buffer_status(out);
}

/* DER as it is, in PEM, or in hexadecimal. */
static struct status take_crl(const struct http_answer *answer,
                              const char *path, struct buffer *out,
                              struct reason *why)
{
    struct bytes body = buffer_bytes(&answer->body);
    unsigned char first = 0;
    while (body.len > 0 &&
           (body.at[body.len - 1] == '\n' || body.at[body.len - 1] == '\r'))
        body.len--;
    if (body.at[0] == 0x30 && body.len > 1 && body.at[1] >= 0x80)
        buffer_put(out, buffer_bytes(&answer->body)); /* nothing trimmed */
    else if (body.at[0] == '-')
        return ca_pem_read("X509 CRL", body, out, why);
    else if (body.len % 2 == 0 && body.len / 2 <= FILE_MAX &&
             !failed(hex_decode(bytes_of(body.at, 2), &first, 1)) &&
             first == 0x30) {
        unsigned char *into = buffer_extend(out, body.len / 2);
        if (into && failed(hex_decode(body, into, body.len / 2)))
            return refuse(why, STATUS_INVALID, "pccs",
                          "GET %s: the answer is not a revocation list", path);
    } else {
        return refuse(why, STATUS_INVALID, "pccs",
                      "GET %s: the answer is not a revocation list", path);
    }
    return buffer_status(out);
}

static struct status fetch_tcb_info(struct http_client *http,
                                    const struct pccs_wanted *w,
                                    struct pccs_collateral *out,
                                    struct reason *why)
{
    static const char *const chains[] = { "TCB-Info-Issuer-Chain",
                                          "SGX-TCB-Info-Issuer-Chain", NULL };
    AUTO_CLEAR_ANSWER answer = { 0 };
    char path[256];
    (void)snprintf(path, sizeof(path), "/%s/certification/v%u/tcb?fmspc=%s%s%s",
                   w->tee, w->version, w->fmspc, w->update ? "&update=" : "",
                   w->update ? w->update : "");
    TRY(get(http, path, &answer, why));
    TRY(take_chain(&answer, chains, path, &out->file[PCCS_SIGNING_CHAIN], why));
    return take_signed(&answer, "tcbInfo", path, &out->file[PCCS_TCB_INFO],
                       why);
}

static struct status fetch_identity(struct http_client *http,
                                    const struct pccs_wanted *w,
                                    struct pccs_collateral *out,
                                    struct reason *why)
{
    AUTO_CLEAR_ANSWER answer = { 0 };
    char path[256];
    (void)snprintf(path, sizeof(path), "/%s/certification/v%u/qe/identity%s%s",
                   w->tee, w->version, w->update ? "?update=" : "",
                   w->update ? w->update : "");
    TRY(get(http, path, &answer, why));
    return take_signed(&answer, "enclaveIdentity", path,
                       &out->file[PCCS_QE_IDENTITY], why);
}

static struct status fetch_pck_crl(struct http_client *http,
                                   const struct pccs_wanted *w,
                                   struct pccs_collateral *out,
                                   struct reason *why)
{
    static const char *const chains[] = { "SGX-PCK-CRL-Issuer-Chain", NULL };
    AUTO_CLEAR_ANSWER answer = { 0 };
    char path[256];
    (void)snprintf(path, sizeof(path),
                   "/sgx/certification/v%u/pckcrl?ca=%s&encoding=der",
                   w->version, w->ca);
    TRY(get(http, path, &answer, why));
    TRY(take_chain(&answer, chains, path, &out->file[PCCS_PCK_CRL_CHAIN], why));
    return take_crl(&answer, path, &out->file[PCCS_PCK_CRL], why);
}

static struct status fetch_root_crl(struct http_client *http,
                                    const struct pccs_wanted *w,
                                    struct pccs_collateral *out,
                                    struct reason *why)
{
    AUTO_CLEAR_ANSWER answer = { 0 };
    char path[256];
    (void)snprintf(path, sizeof(path), "/sgx/certification/v%u/rootcacrl",
                   w->version);
    TRY(get(http, path, &answer, why));
    return take_crl(&answer, path, &out->file[PCCS_ROOT_CRL], why);
}

struct status pccs_fetch(struct http_client *http,
                         const struct pccs_wanted *wanted,
                         struct pccs_collateral *out, struct reason *why)
{
    AUTO_CLEAR_COLLATERAL got = { 0 };
    for (size_t i = 0; i < PCCS_FILES; i++)
        got.file[i] = buffer_make(FILE_MAX);
    TRY(fetch_tcb_info(http, wanted, &got, why));
    TRY(fetch_identity(http, wanted, &got, why));
    TRY(fetch_pck_crl(http, wanted, &got, why));
    TRY(fetch_root_crl(http, wanted, &got, why));
    *out = got;
    got = (struct pccs_collateral){ 0 };
    return OK;
}
