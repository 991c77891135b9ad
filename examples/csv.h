/* csv.h - RFC 4180 records out of a run of bytes.
 *
 * Fields are separated by commas, records end with LF or CRLF (or the end of
 * the text), a field may stand in double quotes, which doubled stand for
 * themselves. A quote inside an unquoted field, text behind a closing quote,
 * a bare CR and a NUL are errors. */

#ifndef EXAMPLES_CSV_H
#define EXAMPLES_CSV_H

#include "base/buffer.h"
#include "base/status.h"

#define CSV_FIELDS_MAX 256

struct csv {
    struct bytes rest;
    size_t line; /* of the next record, from 1 */
    size_t count;
    struct bytes fields[CSV_FIELDS_MAX]; /* of the last record read */
    struct buffer unquoted;              /* holds fields that had quotes */
};

/* Borrows `text`. Clear with csv_clear(). A UTF-8 byte order mark at the
 * beginning is not part of the first field. */
void csv_init(struct csv *csv, struct bytes text);
void csv_clear(struct csv *csv);

/* Reads the next record; its fields are valid until the next call.
 * STATUS_NOT_FOUND at the end, STATUS_INVALID with "line N: ..." */
STATUS csv_next(struct csv *csv, struct reason *why);

#endif
