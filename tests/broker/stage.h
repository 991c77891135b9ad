/* stage.h - a whole broker in the test process: a real store in a directory
 * of its own, the soft door instead of the HSM, a simulator's evidence, and a
 * clock that stands where the test puts it. No sockets: requests enter as
 * bytes, answers are caught where the connection would send them.
 *
 * Everything runs on the test's own thread. Requests that want to be recorded
 * wait in the writer's queue until stage_write(), so that a test decides what
 * one group is. */

#ifndef TESTS_BROKER_STAGE_H
#define TESTS_BROKER_STAGE_H

#include "agent/simulator.h"
#include "broker/broker.h"
#include "broker/exchange.h"
#include "broker/route.h"
#include "tests/broker/soft_door.h"
#include "tests/support/check.h"
#include "tests/support/temp_dir.h"

#define STAGE_NOW ((uint64_t)1900000000) /* seconds */
#define STAGE_DAY ((uint64_t)86400)

/* What clock_now() says, to the broker and to the soft door. */
extern struct clock_reading stage_clock;

/* Both clocks go on; the wall clock alone jumps. */
void stage_pass(uint64_t seconds);
void stage_jump(int64_t seconds);
uint64_t stage_seconds(void);

struct stage {
    struct temp_dir dir;
    struct pkcs11_door *door;
    struct simulator *simulator;
    struct config *config;
    struct broker broker;
    bool open;
    struct answer *last; /* of stage_ask() */
    /* Further fields of the next requests, each with its CRLF; NULL: none. */
    const char *headers;
    bool bare;         /* no Content-Type, as em-client 2 */
    struct bytes from; /* the host that asks */
};

/* Group setup: JSON memory and the secret heap. */
int stage_group(void **state);
/* Setup and teardown of one test: *state is a struct stage, its broker open
 * and past its first start. */
int stage_setup(void **state);
int stage_teardown(void **state);
#define stage_test(f)                                                          \
    cmocka_unit_test_setup_teardown(f, stage_setup, stage_teardown)

/* The broker ends, and begins again on the same store and token. */
void stage_close(struct stage *s);
STATUS stage_open(struct stage *s, struct reason *why);

/* The broker goes on under a configuration with these lines besides. */
void stage_configure(struct stage *s, const char *lines);
/* Collateral for the simulated platform as a set of that name; gone again. */
struct simulator_collateral;
void stage_collateral(struct stage *s, const char *name,
                      const struct simulator_collateral *wanted);
void stage_no_collateral(struct stage *s, const char *name);

/* The store's directory, and copies of it, taken and put while it is closed. */
const char *stage_store(struct stage *s);
void stage_save(struct stage *s, const char *name);
void stage_put_back(struct stage *s, const char *name);

/* The secret of the first administrator's invitation, 64 digits. */
void stage_first_secret(struct stage *s, char out[65]);

/* Runs `work` with the broker's own threads. */
void stage_with_threads(struct stage *s, void (*work)(struct stage *s));

/* --- requests ------------------------------------------------------------ */

struct answer {
    bool done;
    int status;
    char type[64];
    json_t *body; /* parsed, or NULL */
    struct buffer raw;
    char retry_after[8], request_id[API_ID_TEXT], set_cookie[256], allow[40];
    size_t leaves;
    struct policy_logged leaf[EXCHANGE_LEAVES_MAX];
    bool recorded, head_signed;
};

/* A request by whoever has the certificate `peer` (empty: nobody), at its
 * first step; `out` is filled in when it ends. Takes `body` over (NULL:
 * none). exchange_resume() sets it going. */
struct exchange *stage_exchange(struct stage *s, struct answer *out,
                                struct bytes peer, enum http_method method,
                                json_t *body, const char *path);

/* The same, running until it is answered or waits for the writer. */
void stage_begin(struct stage *s, struct answer *out, struct bytes peer,
                 enum http_method method, json_t *body, const char *path);

/* Where answers go from now on instead (NULL: to the stage): for a test that
 * begins without sockets and goes on with them. */
extern void (*stage_real_reply)(struct connection *connection,
                                const struct http_reply *reply);
/* Called before each answer, when it is not NULL. */
extern void (*stage_before_reply)(void);

/* Lets the writer work until nothing waits any more. */
void stage_write(struct stage *s);

/* Both. The answer is the stage's until the next call. */
struct answer *stage_ask(struct stage *s, struct bytes peer,
                         enum http_method method, json_t *body,
                         const char *path, ...)
    __attribute__((format(printf, 5, 6)));

void answer_clear(struct answer *answer);

/* Text of a member of the answer, "" when there is none. */
const char *answer_text(const struct answer *answer, const char *member);

/* Status and problem code; NULL: no problem. */
#define assert_answer(answer, http_status, code)                               \
    assert_answer_at((answer), (http_status), (code), __FILE__, __LINE__)
void assert_answer_at(const struct answer *answer, int status, const char *code,
                      const char *file, int line);

/* The sentence names what was wrong. */
#define assert_says(answer, text)                                              \
    assert_says_at((answer), (text), __FILE__, __LINE__)
void assert_says_at(const struct answer *answer, const char *text,
                    const char *file, int line);

/* --- the log ------------------------------------------------------------- */

uint64_t stage_log_size(struct stage *s);

/* Leaf `index`, with its detail parsed (NULL: not wanted). */
struct api_leaf stage_leaf(struct stage *s, uint64_t index, json_t **detail);

/* The newest leaf is of this kind and its detail has this member. */
void assert_newest_leaf(struct stage *s, enum api_leaf_kind kind,
                        const char *member, const char *value);

/* The answer's receipt holds under the log key. */
void assert_receipt(struct stage *s, const struct answer *answer);

#endif
