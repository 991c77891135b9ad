/* grammar.h - the alphabets of HTTP and URLs. For this folder only.
 *
 * Bytes, not characters: no locale has a say. */

#ifndef HTTP_GRAMMAR_H
#define HTTP_GRAMMAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

bool http_is_digit(unsigned char c);
bool http_is_hex(unsigned char c);
bool http_is_token(unsigned char c); /* RFC 9110, 5.6.2: tchar          */
bool http_is_text(unsigned char c);  /* visible ASCII, blank, tab       */
bool http_is_blank(unsigned char c); /* blank, tab                      */

/* What a request's path may be made of here: less than RFC 3986 allows. */
bool http_is_plain_path(unsigned char c);

/* RFC 3986: pchar, without the percent sign but with '/'; and with '?' too. */
bool http_is_path(unsigned char c);
bool http_is_query(unsigned char c);

/* Every byte is `allowed`, or a percent sign before two hex digits. */
bool http_all(struct bytes s, bool (*allowed)(unsigned char c));

/* What the next character of an encoded text stands for, taken off its front.
 * `s` is not empty and its percent signs are well formed. */
unsigned char http_take_decoded(struct bytes *s, bool plus_is_blank);

/* Below the blank, or DEL. */
bool http_is_control(unsigned char c);

/* Equal but for the case of ASCII letters. */
bool http_same_word(struct bytes a, struct bytes b);

/* Without the blanks and tabs around it. */
struct bytes http_trimmed(struct bytes s);

/* Splits at the first `mark`, which is in neither half; false, and all of it
 * in *before, if there is none. */
bool http_cut(struct bytes s, unsigned char mark, struct bytes *before,
              struct bytes *after);

/* host[:port]. The host is a name, an IPv4 address, or an IPv6 address in
 * brackets; the port 0 when not given. False, and *host and *port untouched,
 * for anything else. */
bool http_authority_read(struct bytes s, struct bytes *host, uint16_t *port);

#endif
