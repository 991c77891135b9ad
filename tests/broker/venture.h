/* venture.h - three users of one account and what they bring into a workflow
 * of the CCM class, as records: a program with its configuration, and two
 * datasets. */

#ifndef TESTS_BROKER_VENTURE_H
#define TESTS_BROKER_VENTURE_H

#include "tests/broker/users_cast.h"

#define VENTURE_MEASURED 0xc1

struct venture {
    struct stage *stage;
    struct user boss, alice, bob; /* MANAGER; WRITERs: data, program */
    struct api_id account, build, input, output, app;
    char build_text[API_ID_TEXT], input_text[API_ID_TEXT],
        output_text[API_ID_TEXT], configuration[65];
    char request[API_ID_TEXT], workflow[API_ID_TEXT]; /* submitted last */
};

/* Boss owns the output, alice the input, bob the program. */
void venture_make(struct venture *v, struct stage *s);

/* Puts one of the records again, with these members besides (taken over);
 * deletes one. */
void venture_change(struct venture *v, enum policy_kind kind, struct bytes id,
                    json_t *more);
void venture_drop(struct venture *v, enum policy_kind kind, struct bytes id);

/* {"objects", "edges", "metadata"}; the body of POST final/graphs. */
json_t *venture_contents(const struct venture *v);
json_t *venture_graph(const struct venture *v);
/* The same with the program alone, which is bob's. */
json_t *venture_small(const struct venture *v);

/* POST approval_requests by boss; 201. `operation` NULL: a new workflow. */
void venture_submit(struct venture *v, json_t *body, const char *operation);
struct answer *venture_approve(struct venture *v, const struct user *who);
/* All three; APPROVED. */
void venture_agree(struct venture *v);

/* The next version of the workflow that stands; its contents without output. */
void venture_extend(struct venture *v, json_t *contents);
json_t *venture_without_output(const struct venture *v);

/* What stands for ours in the samples of the product's clients: pairs of
 * theirs and ours, NULL last. Borrowed from `v`. */
#define VENTURE_PAIRS 13
void venture_pairs(const struct venture *v, const char *pairs[VENTURE_PAIRS]);

/* Of app-1 in version `version` of the workflow: its runtime hash. */
void venture_runtime(struct venture *v, const char *version, struct hash *out);

#endif
