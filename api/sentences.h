/* sentences.h - a manifest in plain English, for the person who is asked to
 * sign it, and its graph as a drawing.
 *
 * Everything that somebody else has chosen (names, locations) is shown so
 * that it cannot pass for anything else: in quotes, and with whatever moves
 * a cursor or turns text around written as \u{202e}. Lines are not broken:
 * a hash or a location stays in one piece. */

#ifndef API_SENTENCES_H
#define API_SENTENCES_H

#include "api/json.h"

/* The first 64 bits of a hash as four words that can be read aloud
 * ("lusab-babad-gutih-tugad"): 16 bits each, as consonant, vowel, consonant,
 * vowel, consonant of 4, 2, 4, 2, 4 bits. For people to compare; software
 * compares all 256 bits. */
#define API_KEY_WORDS_LEN 24 /* 23 characters and a NUL */
void api_key_words(const struct hash *hash, char out[API_KEY_WORDS_LEN]);

/* Appends text that is safe on a terminal: control characters, invisible
 * and direction-changing ones as \u{...}; \ and " with a \ before them. */
void api_put_plain(struct bytes text, struct buffer *out);

/* What the one who reads knows already; NULL, and NULL members, are fine. */
struct api_acquaintance {
    void *context;
    /* A name for a root of trust, or NULL. */
    const char *(*root_name)(void *context, const struct hash *anchor);
    /* Has this owner been met with this key? */
    bool (*met)(void *context, const struct hash *owner,
                const struct hash *key);
};

/* Appends who must agree, which programs run, how each is recognised, what
 * each reads and writes, and (when `parent` is not NULL) what is different
 * from there. A port named out... is said to be written, every other one to
 * be read: the format knows no direction. STATUS_INVALID when a member of a
 * manifest is missing; a manifest is not verified here. */
STATUS api_sentences(const json_t *manifest, const json_t *parent,
                     const struct api_acquaintance *known, struct buffer *out);

/* Appends only the difference: one sentence per line, at least one. Apps and
 * datasets are matched by their names, people by their owner hashes. That
 * keys or the direction of edges changed is said only if nothing else did. */
STATUS api_difference(const json_t *manifest, const json_t *parent,
                      struct buffer *out);

/* Appends the graph of anything that has "objects" and "edges" (a draft, a
 * proposal, a manifest): for each app what it reads at its left and what it
 * writes at its right, with box characters or in plain ASCII. What is drawn
 * at several apps carries a star; placeholders a question mark.
 * STATUS_INVALID when there are no objects or edges, or names of pages. */
STATUS api_graph_draw(const json_t *graph, bool ascii, struct buffer *out);

#endif
