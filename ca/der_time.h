/* der_time.h - seconds since 1970 to a Gregorian date, and back.
 *
 * By arithmetic: gmtime_r() and timegm() read the time zone's file, which
 * the HSM's worker has no right to do. */

#ifndef CA_DER_TIME_H
#define CA_DER_TIME_H

#include <stdbool.h>
#include <stdint.h>

struct der_date {
    unsigned year, month, day; /* 1970..9999, 1..12, 1..31 */
    unsigned hour, minute, second;
};

struct der_date der_date_of(uint64_t seconds); /* up to DER_TIME_MAX */

/* False when there is no such day or second, or before 1970. */
bool der_date_seconds(const struct der_date *date, uint64_t *out);

#endif
