/* apps_cast.h - apps of the product's users, and words on their tasks. */

#ifndef TESTS_BROKER_APPS_CAST_H
#define TESTS_BROKER_APPS_CAST_H

#include "tests/broker/users_cast.h"

struct app {
    char id[API_ID_TEXT], task[API_ID_TEXT]; /* "": none waits */
};

/* The body of POST /v1/apps; with one domain, unless that is NULL. */
json_t *app_body(const char *name, const char *domain);
struct answer *app_make(struct stage *s, const struct user *u, const char *name,
                        const char *domain, struct app *out);
struct answer *app_look(struct stage *s, const struct user *u,
                        const struct app *app);
/* PATCH of allowed_domains (taken over). */
struct answer *app_want(struct stage *s, const struct user *u,
                        const struct app *app, json_t *domains);
/* PATCH of a task: "APPROVED" or "DENIED". */
struct answer *task_decide(struct stage *s, const struct user *u,
                           const char *task, const char *word);

/* A member of the answer that is an id. */
void keep_id(char out[API_ID_TEXT], const struct answer *a, const char *member);
/* The member is a list of these names, with commas between. */
void assert_domains(const struct answer *a, const char *member,
                    const char *wanted);

#endif
