#include "broker/zone.h"

#include <openssl/crypto.h>

#include "base/text.h"

/* account 16, expires 8, MAC 32 */
#define TOKEN_LEN (ZONE_TOKEN_CHARS / 2)
#define TOLD_LEN  (TOKEN_LEN - HASH_LEN)

struct status zone_id(const struct api_id *account, struct api_id *out)
{
    struct hash hash;
    TRY(hash_of(&hash, bytes_of_string("accord zone v1"),
                api_id_bytes(account)));
    memcpy(out->bytes, hash.bytes, API_ID_LEN);
    out->bytes[6] = (unsigned char)(0x80 | (out->bytes[6] & 0x0f));
    out->bytes[8] = (unsigned char)(0x80 | (out->bytes[8] & 0x3f));
    return OK;
}

json_t *zone_view(const struct broker *b, const struct api_id *account)
{
    struct api_id id;
    if (failed(zone_id(account, &id)))
        return NULL;
    return json_pack(
        "{s:o, s:s%, s:o, s:s, s:s, s:i, s:i, s:{s:b}}", "acct_id",
        api_json_of_id(account), "certificate", (const char *)b->ca_pem.data,
        b->ca_pem.len, "zone_id", api_json_of_id(&id), "name",
        "Default Enclave Zone", "description", "", "node_refresh_interval",
        ZONE_REFRESH_SECONDS, "node_renewal_threshold", ZONE_RENEWAL_PERCENT,
        "node_enrollment", "attestation_enforcement_disabled_insecure", false);
}

static struct status sign(const struct broker *b, struct bytes told,
                          struct hash *out)
{
    return policy_mac(b->store, "accord join token v1", &told, 1, out);
}

struct status zone_token(const struct broker *b, const struct api_id *account,
                         uint64_t expires, char out[ZONE_TOKEN_CHARS + 1])
{
    AUTO_CLEAR_BUFFER token = buffer_make(TOKEN_LEN);
    struct hash mac;
    buffer_put(&token, api_id_bytes(account));
    buffer_put_u64(&token, expires);
    TRY(buffer_status(&token));
    TRY(sign(b, buffer_bytes(&token), &mac));
    buffer_put(&token, hash_bytes(&mac));
    TRY(buffer_status(&token));
    hex_encode(buffer_bytes(&token), out);
    return OK;
}

struct status zone_token_account(const struct exchange *x, struct bytes text,
                                 struct api_id *out)
{
    unsigned char token[TOKEN_LEN];
    struct api_id account;
    struct hash mac;
    if (failed(hex_decode(text, token, sizeof(token))))
        return failure(STATUS_DENIED, "join token", 0);
    TRY(sign(x->broker, bytes_of(token, TOLD_LEN), &mac));
    struct cursor in = cursor_of(bytes_of(token, TOLD_LEN));
    cursor_copy(&in, account.bytes, sizeof(account.bytes));
    bool in_time = x->now / 1000 < cursor_u64(&in);
    if (CRYPTO_memcmp(mac.bytes, token + TOLD_LEN, HASH_LEN) != 0 || !in_time)
        return failure(STATUS_DENIED, "join token", 0);
    *out = account;
    return OK;
}
