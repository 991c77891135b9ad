#include "ca/expected.h"
#include "ca/claims.h"

static const struct {
    enum ca_binding_rule rule;
    const char *name;
} rules[] = {
    { CA_BINDS_KEY, "key" },
    { CA_BINDS_DOMAIN, "domain" },
    { CA_BINDS_CLAIMS, "claims" },
    { CA_BINDS_VOUCHED, "vouched" },
};

#define COUNT (sizeof(rules) / sizeof(rules[0]))

const char *ca_binding_name(enum ca_binding_rule rule)
{
    for (size_t i = 0; i < COUNT; i++)
        if (rules[i].rule == rule)
            return rules[i].name;
    return NULL;
}

struct status ca_binding_parse(struct bytes name, enum ca_binding_rule *out)
{
    for (size_t i = 0; i < COUNT; i++)
        if (bytes_equal(name, bytes_of_string(rules[i].name))) {
            *out = rules[i].rule;
            return OK;
        }
    return failure(STATUS_INVALID, "ca_binding_parse", 0);
}

/* Claims have a place for a nonce, and the report data covers them. */
static STATUS check_nonce(const struct ca_expectation *e, struct reason *why)
{
    struct ca_claims claims;
    if (hash_is_zero(&e->nonce) || e->own_place)
        return OK;
    if (failed(ca_claims_read(e->binding.material, &claims)) ||
        !bytes_equal(claims.nonce, hash_bytes(&e->nonce)))
        return refuse(why, STATUS_INVALID, "nonce",
                      "nonce: the claims do not hold the one asked for");
    return OK;
}

struct status ca_expected(const struct ca_expectation *e,
                          unsigned char out[CA_REPORT_DATA_LEN],
                          struct reason *why)
{
    bool in_claims = e->binding.rule == CA_BINDS_CLAIMS;
    bool nonce = !hash_is_zero(&e->nonce) && !e->own_place && !in_claims;
    struct status s;
    if (in_claims)
        TRY(check_nonce(e, why));
    if (nonce && e->binding.rule != CA_BINDS_KEY)
        return refuse(why, STATUS_INVALID, "nonce",
                      "nonce: this form of evidence has no place for one");
    if (nonce)
        s = ca_report_data_fresh(&e->spki, &e->configuration, &e->nonce, out);
    else
        s = ca_binding_report_data(&e->binding, &e->spki, &e->configuration,
                                   out);
    if (s.code == STATUS_INVALID)
        return refuse(why, STATUS_INVALID, "binding",
                      "binding: the request does not say how its evidence is "
                      "bound to its key");
    return s;
}
