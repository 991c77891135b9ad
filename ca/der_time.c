#include "ca/der_time.h"

/* Days are counted from 0000-03-01, so that the leap day ends a year: 400
 * years have 146,097 days, and the months from March on follow a line. */
#define DAYS_BEFORE_1970 719468u

static uint64_t days_of(unsigned year, unsigned month, unsigned day)
{
    uint64_t y = month <= 2 ? year - 1 : year;
    uint64_t from_march = month > 2 ? month - 3 : month + 9;
    return y * 365 + y / 4 - y / 100 + y / 400 + (153 * from_march + 2) / 5 +
           day - 1;
}

struct der_date der_date_of(uint64_t seconds)
{
    uint64_t days = seconds / 86400 + DAYS_BEFORE_1970;
    uint64_t era = days / 146097;
    uint64_t of_era = days % 146097;
    uint64_t year =
        (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    uint64_t from_march = (5 * of_year + 2) / 153;
    uint64_t month = from_march < 10 ? from_march + 3 : from_march - 9;
    uint64_t rest = seconds % 86400;

    return (struct der_date){
        .year = (unsigned)(era * 400 + year + (month <= 2)),
        .month = (unsigned)month,
        .day = (unsigned)(of_year - (153 * from_march + 2) / 5 + 1),
        .hour = (unsigned)(rest / 3600),
        .minute = (unsigned)(rest / 60 % 60),
        .second = (unsigned)(rest % 60),
    };
}

bool der_date_seconds(const struct der_date *date, uint64_t *out)
{
    if (date->year < 1970 || date->year > 9999 || date->month < 1 ||
        date->month > 12 || date->day < 1 || date->day > 31 ||
        date->hour > 23 || date->minute > 59 || date->second > 59)
        return false;

    uint64_t days =
        days_of(date->year, date->month, date->day) - DAYS_BEFORE_1970;
    uint64_t seconds = days * 86400 + date->hour * 3600ull +
                       date->minute * 60ull + date->second;
    if (der_date_of(seconds).day != date->day)
        return false; /* 30 February became a day in March */
    *out = seconds;
    return true;
}
