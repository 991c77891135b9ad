/* summary.h - what harmonize says about a patient file: section 7.4 of the
 * wire contract, five lines padded to 50 characters. */

#ifndef EXAMPLES_SUMMARY_H
#define EXAMPLES_SUMMARY_H

#include "base/buffer.h"
#include "base/status.h"

/* Reads the CSV (header with START, STOP, PATIENT, ENCOUNTER, CODE and
 * DESCRIPTION in any order, others ignored) and appends the five lines.
 * STATUS_INVALID with a reason for a missing column, a record with another
 * number of fields than the header, no record, or bad CSV. */
STATUS summary_write(struct bytes csv_text, struct buffer *out,
                     struct reason *why);

#endif
