#include "broker/route.h"

#include "broker/routes.h"

/* clang-format off */
const struct route *const route_groups[] = {
    routes_people, routes_membership, routes_named, routes_certificates, routes_builds, routes_datasets, routes_custody, routes_configurations,
    routes_requests, routes_decisions, routes_workflows,
    routes_attest, routes_enclaves, routes_dsm, routes_log,
    routes_sessions, routes_accounts, routes_passwords, routes_members, routes_users,
    routes_zones, routes_nodes, routes_enrolment,
    routes_plain_drafts, routes_plain_workflows, routes_plain_requests, routes_issuance,
    routes_plain_datasets, routes_plain_configurations,
    routes_plain_apps, routes_plain_builds, routes_tasks,
    NULL,
};

const struct route *const route_operator_groups[] = {
    routes_operator,
    NULL,
};
/* clang-format on */

/* Takes `prefix` off a path when whole segments follow it. */
static bool take_prefix(struct bytes *path, const char *prefix)
{
    size_t len = strlen(prefix);
    if (path->len <= len || memcmp(path->at, prefix, len) != 0 ||
        path->at[len] != '/')
        return false;
    *path = bytes_of(path->at + len, path->len - len);
    return true;
}

enum dialect route_dialect(const struct exchange *x)
{
    struct bytes path = x->request.path;
    if (x->route)
        return x->route->dialect;
    if (take_prefix(&path, "/sys/v1") || take_prefix(&path, "/crypto/v1"))
        return DSM;
    return take_prefix(&path, "/v1") || take_prefix(&path, ROUTE_ALIAS)
               ? PRODUCT
               : ACCORD;
}

/* Segment by segment; "{}" takes one, decoded, into `part`. */
static bool path_matches(const struct route *route, struct bytes path,
                         char part[][96])
{
    struct bytes pattern = bytes_of_string(route->path);
    if (take_prefix(&path, ROUTE_ALIAS) && !take_prefix(&pattern, "/v1"))
        return false;
    struct bytes want, have;
    size_t parts = 0;
    bool more_want, more_have;
    for (;;) {
        more_want = http_path_next(&pattern, &want);
        more_have = http_path_next(&path, &have);
        if (!more_want || !more_have)
            return more_want == more_have;
        if (bytes_equal(want, bytes_of_string("{}"))) {
            if (parts == EXCHANGE_PARTS_MAX || have.len == 0 ||
                failed(http_path_segment(have, part[parts++], 96)))
                return false;
        } else if (!bytes_equal(want, have)) {
            return false;
        }
    }
}

static void write_allowed(unsigned methods, char out[40])
{
    size_t len = 0;
    out[0] = '\0';
    for (enum http_method m = HTTP_GET; m <= HTTP_DELETE; m++)
        if (methods & 1U << m)
            len += (size_t)snprintf(out + len, 40 - len, "%s%s",
                                    len > 0 ? ", " : "", http_method_name(m));
}

struct status route_find(struct exchange *x, const struct route *const *groups)
{
    unsigned allowed = 0; /* bit by method */
    for (; *groups; groups++) {
        for (const struct route *r = *groups; r->path; r++) {
            char part[EXCHANGE_PARTS_MAX][96] = { "" };
            if (!path_matches(r, x->request.path, part))
                continue;
            allowed |= 1U << r->method;
            if (r->method != x->request.method)
                continue;
            x->route = r;
            memcpy(x->part, part, sizeof(part));
            return OK;
        }
    }
    if (allowed) {
        x->http_status = 405;
        write_allowed(allowed, x->allow);
        return refuse(&x->why, STATUS_INVALID, "route",
                      "this path does not take %s",
                      http_method_name(x->request.method));
    }
    return refuse(&x->why, STATUS_NOT_FOUND, "route", "there is no such path");
}
