/* routes_zones.c - the account's zone and its join token (section 5.5 of the
 * wire contract), for users and, below /accord/v1, for persons. */

#include "broker/product.h"
#include "broker/routes.h"
#include "broker/zone.h"

/* The bare array of the product. */
static struct status list_answer(struct exchange *x)
{
    x->answer = json_pack("[o]", zone_view(x->broker, &x->peer.account));
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* Only the own zone is there. */
static struct status find(struct exchange *x)
{
    struct api_id asked, own;
    TRY(zone_id(&x->peer.account, &own));
    if (failed(api_id_parse(bytes_of_string(x->part[0]), &asked)) ||
        !api_id_equal(&asked, &own))
        return refuse(&x->why, STATUS_NOT_FOUND, "zone",
                      "there is no such zone in this account");
    return OK;
}

static struct status get_answer(struct exchange *x)
{
    TRY(find(x));
    x->answer = zone_view(x->broker, &x->peer.account);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* The installation's one root, which no account replaces. */
static struct status certificates_answer(struct exchange *x)
{
    AUTO_JSON *zone = NULL;
    TRY(find(x));
    zone = zone_view(x->broker, &x->peer.account);
    x->answer = json_pack("{s:O, s:[]}", "current_certificate",
                          json_object_get(zone, "certificate"),
                          "previous_certificates");
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* A leaf says who took a token: what is enrolled with it is logged too. */
static struct status token_change(struct exchange *x, struct policy_txn *txn)
{
    TRY(find(x));
    return log_change(x, txn, "join-token", "zone", x->part[0], NULL);
}

static struct status token_answer(struct exchange *x)
{
    char token[ZONE_TOKEN_CHARS + 1];
    TRY(zone_token(x->broker, &x->peer.account,
                   x->now / 1000 + ZONE_TOKEN_LASTS, token));
    x->answer = json_pack("{s:s}", "token", token);
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status items_answer(struct exchange *x)
{
    x->answer =
        json_pack("{s:[o]}", "items", zone_view(x->broker, &x->peer.account));
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* clang-format off */
const struct route routes_zones[] = {
    { HTTP_GET, "/v1/zones",                A_USER_READING,  PRODUCT, .answer = list_answer },
    { HTTP_GET, "/v1/zones/{}",             A_USER_READING,  PRODUCT, .answer = get_answer },
    { HTTP_GET, "/v1/zones/{}/certificates", A_USER_READING, PRODUCT, .answer = certificates_answer },
    { HTTP_GET, "/v1/zones/{}/token",       A_USER_MANAGING, PRODUCT, .change = token_change, .answer = token_answer },
    { HTTP_GET, "/accord/v1/zones",         A_READER,        ACCORD,  .answer = items_answer },
    { HTTP_GET, "/accord/v1/zones/{}/token", A_MANAGER,      ACCORD,  .change = token_change, .answer = token_answer },
    { 0 },
};
/* clang-format on */
