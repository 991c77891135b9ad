/* decode.c - identify and decode: who asks, and what, before anything is
 * looked up. */

#include "broker/broker.h"
#include "broker/route.h"
#include "broker/steps.h"

struct status step_identify(struct exchange *x)
{
    struct status s = peers_find(x->broker->peers, x->peer_der, x->now / 1000,
                                 &x->peer, &x->why);
    if (failed(s))
        x->code = "certificate";
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
