/* users_cast.h - people of the product's clients on the stage: who log in
 * with a password and speak as em-client 2, em-client 4 or a browser does. */

#ifndef TESTS_BROKER_USERS_CAST_H
#define TESTS_BROKER_USERS_CAST_H

#include "tests/broker/cast.h"

#define PASSWORD "correct horse"

struct user {
    char email[64];
    char id[API_ID_TEXT];
    char token[64];    /* bearer, or the cookie's value */
    char headers[160]; /* that carry it */
    bool v2;           /* speaks as em-client 2 */
    char account[API_ID_TEXT];
};

/* "Authorization: Basic ...\r\n" */
void basic_header(const char *email, const char *password, char *out,
                  size_t capacity);

struct answer *user_sign_up(struct stage *s, const char *email,
                            const char *password);
/* POST /v1/sys/auth; `headers` besides Basic, NULL: none. */
struct answer *user_auth(struct stage *s, const char *email,
                         const char *password, const char *headers, bool bare);
/* Signed up and logged in. */
void user_make(struct stage *s, const char *email, struct user *out);
void user_log_in(struct stage *s, struct user *user);
/* With an account of its own, selected. */
void user_make_managing(struct stage *s, const char *email, struct user *out);
void user_select(struct stage *s, const struct user *user, const char *account);
/* Joined to `manager`'s account with the role, which is selected. */
void user_make_in(struct stage *s, const struct user *manager, const char *role,
                  const char *email, struct user *out);

/* MANAGER in the account of a person, by a record alone; it is selected. */
void user_put_in(struct stage *s, const struct person *p, struct user *u);

/* A request within the user's session. */
struct answer *user_ask(struct stage *s, const struct user *user,
                        enum http_method method, json_t *body, const char *path,
                        ...) __attribute__((format(printf, 5, 6)));

/* How many mails wait in the outbox; the token "NAME_token: ..." of the only
 * one, which is taken away. */
size_t mails_count(struct stage *s);
void mail_take_token(struct stage *s, const char *name, char out[128]);
void mails_clear(struct stage *s);

/* The answer refuses: an Event of this status and EventType. */
#define assert_event(answer, http_status, type)                                \
    assert_answer((answer), (http_status), (type))
#define assert_event_says(asked, http_status, type, text)                      \
    do {                                                                       \
        const struct answer *said = (asked);                                   \
        assert_event(said, (http_status), (type));                             \
        assert_says(said, (text));                                             \
    } while (0)

#endif
