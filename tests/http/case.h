/* case.h - one server, what is asked of it, and the words about it: what
 * the tests of calls and transfers share. */

#ifndef TESTS_CASE_H
#define TESTS_CASE_H

#include "base/secret.h"
#include "tests/http/server.h"

extern struct server *server; /* the one that runs now */
extern struct reason why;

void serve_plan(const struct server_plan *plan);
void serve_answer(const struct server_answer *only); /* plain HTTP */
void serve_text(const char *text);                   /* the same   */

/* Stops it; the record is the caller's. */
struct server_record finish(void);
void finish_quietly(void);

/* `format` has PORT where the port of the last server must be. */
void assert_text(const char *format, struct bytes got);
void assert_reason(const char *format);

struct secret *secret_of(const char *text);

#endif
