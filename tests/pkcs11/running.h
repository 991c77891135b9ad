/* running.h - the whole program, running, with the broker's door open. */

#ifndef TESTS_PKCS11_RUNNING_H
#define TESTS_PKCS11_RUNNING_H

#include "pkcs11/pkcs11.h"
#include "tests/pkcs11/stage.h"

struct running {
    struct stage stage;
    struct pkcs11_door *door;
    struct reason why;
};

extern struct running r; /* one per test program */

/* Group fixtures: ceremony and start; stop and removal. */
int running_begin(void **state);
int running_end(void **state);

/* Test fixtures: the door, opened and closed. */
int running_connect(void **state);
int running_hang_up(void **state);

/* stage_await() with the door closed: there is one at a time. */
void running_await(enum status_code code);

/* Appends `count` leaves one by one, at the newest time. */
struct api_head running_append(size_t count);

#endif
