/* state.h - where the log stands, as accord-hsm itself remembers it: a
 * two-slot file that only it can touch, and an anchor on the token.
 *
 * state = store id 16 || epoch 4 || size 8 || newest time 8 ||
 *         64 * node 32 (unused ones zero)
 *
 * file   = slot 0 at 0, slot 1 at 4096; slot = "accord frontier v1" ||
 *          counter 8 || generation 8 || state || SHA-256 of all before it
 * anchor = "accord anchor v1" || state || SHA-256 of all before it
 *
 * The slot with the higher counter holds. A slot is written whole and synced
 * before anything that follows from it leaves the worker, so a torn write
 * costs nothing that was answered. */

#ifndef PKCS11_STATE_H
#define PKCS11_STATE_H

#include "api/api.h"
#include "pkcs11/template.h"

struct hsm_state {
    struct api_id store;
    uint32_t epoch;
    uint64_t time; /* newest leaf, milliseconds */
    struct api_frontier frontier;
};

struct hsm_frontier_file {
    int fd; /* -1: closed */
    uint64_t counter;
    uint64_t generation;
};

/* Makes the file (0600) with a first slot. STATUS_CONFLICT when there is
 * one: a ceremony never overwrites it. */
STATUS hsm_frontier_make(const char *path, const struct hsm_state *state,
                         struct reason *why);

/* Opens and reads it. STATUS_NOT_FOUND when it is missing, STATUS_CORRUPT
 * when neither slot holds, STATUS_DENIED when others may write it. */
STATUS hsm_frontier_open(const char *path, struct hsm_frontier_file *out,
                         struct hsm_state *state, struct reason *why);

/* Writes the other slot and syncs it. STATUS_NO_MEMORY before the file was
 * touched; after any other failure nothing is known of
 * what stands on disk: the worker must be replaced. */
STATUS hsm_frontier_write(struct hsm_frontier_file *file,
                          const struct hsm_state *state);

void hsm_frontier_close(struct hsm_frontier_file *file);

/* Writes the anchor: the new object first, then the old ones go. A token
 * write. */
STATUS hsm_anchor_write(struct hsm_session *session,
                        const struct hsm_state *state);

/* The first half of that: makes the new object beside what is there. */
STATUS hsm_anchor_add(struct hsm_session *session,
                      const struct hsm_state *state);

/* Destroys all anchors: for a ceremony that failed. */
STATUS hsm_anchor_erase(struct hsm_session *session);

/* Reads it; of several, the one with the largest epoch and size.
 * STATUS_NOT_FOUND when there is none, STATUS_CORRUPT when none is whole. */
STATUS hsm_anchor_read(struct hsm_session *session, struct hsm_state *out,
                       struct reason *why);

/* May a worker go on from `state` when the token remembers `anchor`?
 * STATUS_CORRUPT with the cause when store or epoch differ, when the file is
 * behind the token, or when both have one size and different roots. */
STATUS hsm_state_check(const struct hsm_state *state,
                       const struct hsm_state *anchor, struct reason *why);

/* Coding, for the two files of this header. */
#define HSM_STATE_LEN (16 + 4 + 8 + 8 + 64 * HASH_LEN)
void hsm_state_put(struct buffer *out, const struct hsm_state *state);
struct hsm_state hsm_state_take(struct cursor *in);

#endif
