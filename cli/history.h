/* history.h - the log kept outside, in a directory that only grows.
 *
 *     DIR/00000000000000000000-00000000000000000028.json
 *     DIR/00000000000000000028-00000000000000000031.json
 *
 * Each piece is {"accord": "log/v1", "from", "head", "leaves"}: the leaves from
 * one size of the log to the next, and the signed head over all of them. Pieces
 * are never written again. Together they are what `accord log export` writes,
 * and need nothing of the installation to be verified but the pinned log key.
 */

#ifndef CLI_HISTORY_H
#define CLI_HISTORY_H

#include "api/api.h"

/* What was read; the head is of the last piece, size 0 before the first. */
struct history {
    struct api_head head;
    struct api_frontier frontier; /* over head.size leaves */
    json_t *leaves;               /* all of them            */
    json_t *head_json;
};

/* Reads every piece in order, and holds each to the one before: no leaf is
 * missing, every head is signed and is the root of all leaves up to it. An
 * empty directory is an empty history; other files in it are left alone.
 * STATUS_CORRUPT with a reason that names the piece. To be cleared in any
 * case. */
STATUS history_read(const char *directory, const struct api_spki *log_key,
                    struct history *out, struct reason *why);
void history_clear(struct history *history);

/* Holds the `leaves` behind history->head.size and the head over all to the
 * history in the same way, then writes them as the next piece (0600); nothing
 * when there are none. On failure no piece appears. */
STATUS history_add(struct history *history, const char *directory,
                   json_t *leaves, json_t *head, const struct api_spki *log_key,
                   struct reason *why);

/* As one export, for verifier_run(). The caller owns it. NULL: no memory. */
json_t *history_export(const struct history *history);

#endif
