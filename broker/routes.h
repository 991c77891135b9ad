/* routes.h - the groups of routes, one file each. Where both classes have a
 * thing of the same name, routes_plain_... is the CCM class's (/v1). */

#ifndef BROKER_ROUTES_H
#define BROKER_ROUTES_H

#include "broker/route.h"

extern const struct route routes_people[];
extern const struct route routes_builds[];
extern const struct route routes_datasets[];
extern const struct route routes_configurations[];
extern const struct route routes_requests[];
extern const struct route routes_workflows[];
extern const struct route routes_attest[];
extern const struct route routes_certificates[];
extern const struct route routes_custody[];
extern const struct route routes_membership[];
extern const struct route routes_named[];
extern const struct route routes_decisions[];
extern const struct route routes_enclaves[];
extern const struct route routes_dsm[];
extern const struct route routes_log[];
extern const struct route routes_operator[];

/* the product's: /v1 */
extern const struct route routes_sessions[];
extern const struct route routes_accounts[];
extern const struct route routes_users[];
extern const struct route routes_passwords[];
extern const struct route routes_members[];
extern const struct route routes_zones[];
extern const struct route routes_nodes[];
extern const struct route routes_plain_apps[];
extern const struct route routes_plain_builds[];
extern const struct route routes_tasks[];
extern const struct route routes_enrolment[];
extern const struct route routes_plain_drafts[];
extern const struct route routes_plain_workflows[];
extern const struct route routes_plain_requests[];
extern const struct route routes_plain_datasets[];
extern const struct route routes_plain_configurations[];
extern const struct route routes_issuance[];

#endif
