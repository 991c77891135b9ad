/* place.h - an object at the server of the case. */

#ifndef TESTS_PLACE_H
#define TESTS_PLACE_H

#include "http/http.h"

/* The part of it that must be in no reason is "s3cr3t". */
#define QUERY "X-Signature=s3cr3t%2F&X-Expires=60"

/* /bucket/a%20b; given up after a second of silence. */
struct http_place place_of(const struct secret *query);

/* assert_reason(), and that the query is not in it. */
void assert_discreet_reason(const char *format);

/* Every status that is not 200, and what it must become. */
struct other_status {
    enum status_code code;
    int status;
};
extern const struct other_status other_statuses[];
extern const size_t other_status_count;

/* An answer of that status, and the reason it must give. */
void other_status_texts(int status, char answer[128], char reason[128]);

#endif
