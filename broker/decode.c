/* decode.c - identify and decode: who asks, and what, before anything is
 * looked up. */

#include "broker/broker.h"
#include "broker/credentials.h"
#include "broker/route.h"
#include "broker/steps.h"

/* A cookie session comes as a cookie, any other as a bearer token: what the
 * browser adds by itself never counts as a token that a program sent. */
static void find_session(struct exchange *x)
{
    struct bytes token =
        credentials_bearer(http_request_header(&x->request, "Authorization"));
    bool by_cookie = token.len == 0;
    if (by_cookie)
        token = credentials_cookie(http_request_header(&x->request, "Cookie"));
    x->token_sent = token.len > 0;
    if (!x->token_sent)
        return;
    x->session_seen =
        sessions_find(x->broker->sessions, token, x->now / 1000, &x->session);
    if (x->session_seen != SESSION_LIVE)
        return;
    if (by_cookie != (x->session.form == SESSION_COOKIE))
        x->session_seen = SESSION_UNKNOWN;
    else
        x->peer.kind = PEER_SESSION;
}

struct status step_identify(struct exchange *x)
{
    struct status s = peers_find(x->broker->peers, x->peer_der, x->now / 1000,
                                 &x->peer, &x->why);
    if (failed(s))
        x->code = "certificate";
    else if (x->peer.kind == PEER_NOBODY && x->broker->sessions)
        find_session(x);
    return s;
}

static struct status read_body(struct exchange *x)
{
    if (x->request.body.len == 0)
        return OK;
    struct bytes type = http_request_header(&x->request, "Content-Type");
    struct bytes json = bytes_of_string("application/json");
    if (type.len < json.len || memcmp(type.at, json.at, json.len) != 0)
        return refuse(&x->why, STATUS_INVALID, "body",
                      "the body must be application/json");
    return api_json_read(x->request.body, HTTP_BODY_MAX, true, &x->body,
                         &x->why);
}

struct status step_decode(struct exchange *x)
{
    TRY(route_find(x, x->groups));
    return read_body(x);
}
