/* candidate.c - which agreed program is it that shows this evidence? */

#include "policy/holders.h"

static struct status try_candidate(struct policy_txn *txn,
                                   const struct holder *h,
                                   const struct hash *runtime,
                                   policy_matches_fn matches, void *context,
                                   struct policy_candidate *out,
                                   struct reason *why)
{
    AUTO_FREE(agreed_version) version = NULL;
    struct policy_candidate found = { .account = h->account,
                                      .workflow = h->workflow,
                                      .version = h->version };
    bool withdrawn = true;
    TRY(holder_version(txn, h, &version));
    TRY(api_manifest_app(version->manifest, runtime, &found.app));
    TRY(holder_build_withdrawn(txn, h, &found.app.build, &withdrawn));
    found.app.key = NULL;

    out->code = POLICY_NO_BUILD;
    out->account = h->account; /* whose members may see the refusal */
    if (withdrawn) {
        status_ignore(refuse(why, STATUS_DENIED, "build",
                             "the build was withdrawn")); /* in the code */
        return OK;
    }
    struct status said = matches(context, &found.app.rule, why);
    if (said.code == STATUS_DENIED)
        return OK;
    TRY(said);
    *out = found;
    return OK;
}

struct status policy_candidate_find(struct policy_txn *txn,
                                    const struct hash *runtime,
                                    policy_matches_fn matches, void *context,
                                    struct policy_candidate *out,
                                    struct reason *why)
{
    struct holders holders;
    struct policy_candidate found = { .code = POLICY_NO_CONFIGURATION };
    TRY(holders_find(txn, runtime, &holders));
    struct status s = OK;
    if (holders.count == 0)
        status_ignore(refuse(why, STATUS_DENIED, "configuration",
                             "no approved workflow has this runtime "
                             "configuration")); /* in the code */
    for (size_t i = 0; i < holders.count && !failed(s); i++) {
        s = try_candidate(txn, &holders.at[i], runtime, matches, context,
                          &found, why);
        if (found.code == POLICY_ALLOW)
            break;
    }
    holders_clear(&holders);
    TRY(s);
    *out = found;
    return OK;
}
