/* rule.h - an identity rule, and terms of evidence, from what was typed. */

#ifndef CLI_RULE_H
#define CLI_RULE_H

#include "api/api.h"
#include "cli/arguments.h"

#define RULE_OPTIONS                                                           \
    { "kind", "KIND", "sgx (as without), tdx, snp or nitro" },                 \
        { "measured", "NAME=VALUE",                                            \
          "of tdx, snp, nitro: mrtd, rtmr1, measurement, pcr0, ... in hex" },  \
        { "node-vouched", NULL,                                                \
          "WEAKER: an unattested node of this account says so" },              \
        { "allow", "NAME",                                                     \
          "WEAKER: sept_ve, migratable, migration_agent, "                     \
          "unchecked_aliases" },                                               \
        { "tcb", "STATUS", "accepted TCB status, may be repeated" },           \
        { "max-age", "SECONDS",                                                \
          "how long evidence counts, at most 48 hours" },                      \
        { "evaluation", "N", "least tcbEvaluationDataNumber of collateral" },  \
        { "demand-nonce", NULL, "evidence is made for each certificate" },     \
        { "except", "STATUS", "until --except-until accepted, too" },          \
        { "except-advisory", "ID", "... with no other advisory open" },        \
    {                                                                          \
        "except-until", "SECONDS", "since 1970: when the exception ends"       \
    }

/* The measured members of TDX, SEV-SNP and Nitro, and the terms; the caller
 * adds the anchor. Of SGX the terms and the TCB statuses only. What is not
 * given and has a strict default (zero, none allowed) gets it. With
 * --node-vouched the kind says so, and the status is `unevaluated`; refuses
 * terms that no node's word can meet, and Nitro. */
STATUS rule_read(const struct arguments *given, bool simulated,
                 const struct hash *anchor, struct api_identity_rule *out,
                 struct reason *why);

#define DEMAND_OPTIONS                                                         \
    { "demand-tcb", "STATUS", "of its programs' platforms; may be repeated" }, \
        { "demand-age", "SECONDS", "how long their evidence may count" },      \
        { "demand-evaluation", "N", "least tcbEvaluationDataNumber" },         \
        { "demand-nonce", NULL,                                                \
          "their evidence is made for each certificate" },                     \
    {                                                                          \
        "demand-hardware", NULL, "no simulator, no unattested node, no debug"  \
    }

/* `limits` of a dataset: {} or {"evidence": DEMANDS}. Owned by the caller. */
STATUS demands_read(const struct arguments *given, json_t **out,
                    struct reason *why);

#endif
