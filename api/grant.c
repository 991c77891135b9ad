#include "api/grant.h"

#include "base/buffer.h"

#define ORIGIN "grant"
#define LABEL  "accord grant v1"
#define DAY    ((uint64_t)86400) /* seconds */

static STATUS check(const struct api_grant *grant, struct reason *why)
{
    if (grant->flags != 0)
        return refuse(why, STATUS_INVALID, ORIGIN,
                      "flags are 0x%02x; none is known", grant->flags);
    if (grant->not_before >= grant->not_after)
        return refuse(why, STATUS_INVALID, ORIGIN,
                      "not_after is not behind not_before");
    if (grant->not_after - grant->not_before > API_GRANT_DAYS_MAX * DAY)
        return refuse(why, STATUS_INVALID, ORIGIN,
                      "not_after is more than %d days behind not_before",
                      API_GRANT_DAYS_MAX);
    return OK;
}

struct status api_grant_encode(const struct api_grant *grant,
                               unsigned char out[API_GRANT_LEN])
{
    TRY(check(grant, NULL));
    AUTO_CLEAR_BUFFER encoded = buffer_make(API_GRANT_LEN);
    buffer_put_string(&encoded, LABEL);
    buffer_put(&encoded, api_id_bytes(&grant->account));
    buffer_put(&encoded, api_id_bytes(&grant->dataset));
    buffer_put(&encoded, hash_bytes(&grant->owner));
    buffer_put(&encoded, hash_bytes(&grant->configuration));
    buffer_put(&encoded, hash_bytes(&grant->identity));
    buffer_put_u8(&encoded, grant->flags);
    buffer_put_u64(&encoded, grant->not_before);
    buffer_put_u64(&encoded, grant->not_after);
    buffer_put_u64(&encoded, grant->budget);
    buffer_put(&encoded, hash_bytes(&grant->digest));
    TRY(buffer_status(&encoded));
    memcpy(out, encoded.data, API_GRANT_LEN);
    return OK;
}

struct status api_grant_decode(struct bytes encoded, struct api_grant *out,
                               struct reason *why)
{
    struct cursor in = cursor_of(encoded);
    struct api_grant grant;
    if (!cursor_expect(&in, bytes_of_string(LABEL)))
        return refuse(why, STATUS_INVALID, ORIGIN,
                      "the label \"" LABEL "\" is missing");
    cursor_copy(&in, grant.account.bytes, API_ID_LEN);
    cursor_copy(&in, grant.dataset.bytes, API_ID_LEN);
    cursor_copy(&in, grant.owner.bytes, HASH_LEN);
    cursor_copy(&in, grant.configuration.bytes, HASH_LEN);
    cursor_copy(&in, grant.identity.bytes, HASH_LEN);
    grant.flags = cursor_u8(&in);
    grant.not_before = cursor_u64(&in);
    grant.not_after = cursor_u64(&in);
    grant.budget = cursor_u64(&in);
    cursor_copy(&in, grant.digest.bytes, HASH_LEN);
    if (failed(cursor_finish(&in, ORIGIN)))
        return refuse(why, STATUS_INVALID, ORIGIN,
                      "length is %zu bytes instead of %d", encoded.len,
                      API_GRANT_LEN);
    TRY(check(&grant, why));
    *out = grant;
    return OK;
}
