/* writer.h - the one thread that commits, and the log's way to the HSM. */

#ifndef BROKER_WRITER_H
#define BROKER_WRITER_H

#include "broker/broker.h"

#define WRITER_GROUP_MAX 512

/* Takes groups off broker->writer until that queue is closed. Thread
 * function; `broker` is a struct broker. */
void *writer_run(void *broker);

/* Appends to the HSM's frontier whatever the store has beyond it and makes
 * the signed head the newest. Refuses (STATUS_CORRUPT, with the reason) a
 * store that is shorter than the frontier or has another root there. Called
 * at start before the threads, later only by the writer. */
STATUS writer_catch_up(struct broker *broker, struct reason *why);

#endif
