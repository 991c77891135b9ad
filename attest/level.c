/* level.c - members that the vendor's statements have in common. */

#include "attest/statement.h"
#include "attest/token.h"
#include "base/text.h"

#include <stdio.h>

static STATUS unfit(const char *name)
{
    return failure(STATUS_INVALID, name, 0);
}

struct status attest_json_hex(const json_t *object, const char *name, void *out,
                              size_t len)
{
    const char *text = json_string_value(json_object_get(object, name));
    if (!text)
        return unfit(name);
    return hex_decode(bytes_of_string(text), out, len);
}

struct status attest_json_number(const json_t *object, const char *name,
                                 uint32_t max, uint32_t *out)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        json_integer_value(value) > (json_int_t)max)
        return unfit(name);
    *out = (uint32_t)json_integer_value(value);
    return OK;
}

static bool take_digits(const char **at, int count, unsigned *out)
{
    *out = 0;
    for (; count > 0; count--, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        *out = *out * 10 + (unsigned)(**at - '0');
    }
    return true;
}

/* Days from 1970 to a day of the Gregorian calendar, from year 1970 on. */
static uint64_t days_to(unsigned year, unsigned month, unsigned day)
{
    static const unsigned before[] = { 0,   31,  59,  90,  120, 151,
                                       181, 212, 243, 273, 304, 334 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    uint64_t past = year - 1;
    uint64_t days = past * 365 + past / 4 - past / 100 + past / 400 - 719162;
    return days + before[month - 1] + (leap && month > 2 ? 1 : 0) + day - 1;
}

struct status attest_json_time(const json_t *object, const char *name,
                               uint64_t *out)
{
    static const char form[] = "YYYY-MM-DDThh:mm:ssZ";
    static const int widths[] = { 4, 2, 2, 2, 2, 2 };
    unsigned part[6];
    const char *text = json_string_value(json_object_get(object, name));
    if (!text || strlen(text) != sizeof(form) - 1)
        return unfit(name);
    const char *at = text;
    for (size_t i = 0; i < 6; i++) {
        if (!take_digits(&at, widths[i], &part[i]) || *at != form[at - text])
            return unfit(name);
        at++;
    }
    if (part[0] < 1970 || part[1] < 1 || part[1] > 12 || part[2] < 1 ||
        part[2] > 31 || part[3] > 23 || part[4] > 59 || part[5] > 59)
        return unfit(name);
    *out = days_to(part[0], part[1], part[2]) * 86400 + part[3] * 3600u +
           part[4] * 60u + part[5];
    return OK;
}

/* Texts that fit: one that were cut, or left out, could not be excepted or
 * held against anybody. */
static bool are_advisories(const json_t *ids)
{
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const json_t *id = json_array_get(ids, i);
        if (!json_is_string(id) || json_string_length(id) > API_ADVISORY_LEN)
            return false;
    }
    return json_is_array(ids);
}

struct status attest_level_read(const json_t *level, struct attest_level *out)
{
    struct attest_level read = { .status = 0 };
    const char *word = json_string_value(json_object_get(level, "tcbStatus"));
    if (!word || failed(attest_json_time(level, "tcbDate", &read.date)))
        return unfit("tcbStatus");
    if (strcmp(word, "Revoked") == 0)
        read.status = ATTEST_REVOKED;
    else if (failed(api_tcb_parse(bytes_of_string(word), &read.status)) ||
             read.status == API_TCB_UNEVALUATED)
        read.status = 0; /* no vendor's word: it must never pass for one */
    read.advisories = json_object_get(level, "advisoryIDs");
    if (read.advisories && !are_advisories(read.advisories))
        return unfit("advisoryIDs");
    *out = read;
    return OK;
}

static bool is_listed(const struct attest_advisories *in, const char *id)
{
    for (size_t i = 0; i < in->count; i++)
        if (strcmp(in->id[i], id) == 0)
            return true;
    return false;
}

struct status attest_advisories_add(struct attest_advisories *to,
                                    const json_t *ids, struct reason *why)
{
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const char *id = json_string_value(json_array_get(ids, i));
        if (is_listed(to, id))
            continue;
        if (to->count == ATTEST_ADVISORIES_MAX)
            return ATTEST_REFUSE(why, "advisories", "more than %d are open",
                                 ATTEST_ADVISORIES_MAX);
        (void)snprintf(to->id[to->count++], sizeof(to->id[0]), "%s", id);
    }
    return OK;
}
