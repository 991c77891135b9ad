#include "base/config_value.h"

#include <stdlib.h>

static bool is_blank(unsigned char c)
{
    return c == ' ' || c == '\t';
}

struct bytes config_trimmed(struct bytes s)
{
    while (s.len > 0 && is_blank(s.at[s.len - 1]))
        s.len--;
    while (s.len > 0 && is_blank(s.at[0]))
        s = bytes_of(s.at + 1, s.len - 1);
    return s;
}

bool config_split(struct bytes s, char mark, struct bytes *before,
                  struct bytes *after)
{
    const unsigned char *at = s.len ? memchr(s.at, mark, s.len) : NULL;
    size_t len = at ? (size_t)(at - s.at) : s.len;
    *before = bytes_of(s.at, len);
    *after = at ? bytes_of(at + 1, s.len - len - 1) : bytes_of(NULL, 0);
    return at != NULL;
}

/* Where the second byte of a UTF-8 sequence (RFC 3629) has less room. */
static bool may_follow(unsigned char lead, unsigned char second)
{
    switch (lead) {
    case 0xc2:                        /* not a C1 control character */
    case 0xe0: return second >= 0xa0; /* no longer than needed      */
    case 0xed: return second <= 0x9f; /* not half of a surrogate    */
    case 0xf0: return second >= 0x90; /* no longer than needed      */
    case 0xf4: return second <= 0x8f; /* not above U+10FFFF         */
    default: return true;
    }
}

static size_t length_after(unsigned char lead)
{
    if (lead < 0x80)
        return lead < 0x20 || lead == 0x7f ? 0 : 1;
    if (lead < 0xc2 || lead > 0xf4)
        return 0;
    return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* The length of the well-formed character that `s` starts with; 0 when there
 * is none or it is a control character. */
static size_t character_length(struct bytes s)
{
    size_t len = length_after(s.at[0]);
    if (len > s.len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((s.at[i] & 0xc0) != 0x80)
            return 0;
    return len > 1 && !may_follow(s.at[0], s.at[1]) ? 0 : len;
}

static bool is_text(struct bytes s)
{
    while (s.len > 0) {
        size_t len = character_length(s);
        if (len == 0)
            return false;
        s = bytes_of(s.at + len, s.len - len);
    }
    return true;
}

/* Decimal with no sign but '-', and no needless zero: 010 is somebody's
 * octal. Collected below zero, where there is room for INT64_MIN. */
static bool number_of(struct bytes s, int64_t *out)
{
    bool negative = s.len > 0 && s.at[0] == '-';
    int64_t made = 0;
    if (negative)
        s = bytes_of(s.at + 1, s.len - 1);
    if (s.len == 0 || (s.at[0] == '0' && (s.len > 1 || negative)))
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] < '0' || s.at[i] > '9' ||
            __builtin_mul_overflow(made, (int64_t)10, &made) ||
            __builtin_sub_overflow(made, (int64_t)(s.at[i] - '0'), &made))
            return false;
    if (!negative && __builtin_sub_overflow((int64_t)0, made, &made))
        return false;
    *out = made;
    return true;
}

static struct status keep_text(struct bytes s, struct config_value *value)
{
    value->text = calloc(1, s.len + 1);
    if (!value->text)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    memcpy(value->text, s.at, s.len);
    return OK;
}

static struct status keep_path(const struct config_option *option,
                               struct bytes s, struct config_value *value,
                               struct reason *why)
{
    if (s.at[0] != '/')
        return refuse(why, STATUS_INVALID, "config",
                      "%s must be a path that starts with /", option->name);
    return keep_text(s, value);
}

static struct status keep_number(const struct config_option *option,
                                 struct bytes s, struct config_value *value,
                                 struct reason *why)
{
    int64_t number;
    if (!number_of(s, &number) || number < option->min || number > option->max)
        return refuse(why, STATUS_INVALID, "config",
                      "%s must be a whole number from %lld to %lld",
                      option->name, (long long)option->min,
                      (long long)option->max);
    value->number = number;
    return OK;
}

static struct status keep_flag(const struct config_option *option,
                               struct bytes s, struct config_value *value,
                               struct reason *why)
{
    bool yes = bytes_equal(s, bytes_of_string("yes"));
    if (!yes && !bytes_equal(s, bytes_of_string("no")))
        return refuse(why, STATUS_INVALID, "config", "%s must be yes or no",
                      option->name);
    value->number = yes;
    return OK;
}

static struct status keep_list(const struct config_option *option,
                               struct bytes s, struct config_value *value,
                               struct reason *why)
{
    struct bytes item;
    value->text = calloc(1, s.len + 1);
    if (!value->text)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    char *to = value->text;
    for (bool more = true; more; value->items++) {
        more = config_split(s, ',', &item, &s);
        item = config_trimmed(item);
        if (item.len == 0)
            return refuse(why, STATUS_INVALID, "config",
                          "%s has an empty item between its commas",
                          option->name);
        memcpy(to, item.at, item.len); /* calloc wrote the NULs */
        to += item.len + 1;
    }
    return OK;
}

/* What no type admits; NULL when there is nothing of it. */
static const char *general_fault(struct bytes s)
{
    if (s.len == 0)
        return "has no value";
    if (s.len > CONFIG_VALUE_MAX)
        return "has a value longer than 4096 bytes";
    if (!is_text(s))
        return "has a value with a control character or that is not UTF-8";
    if (s.at[s.len - 1] == '\\')
        return "ends in a backslash; lines are not continued";
    return NULL;
}

struct status config_value_read(const struct config_option *option,
                                struct bytes s, struct config_value *value,
                                struct reason *why)
{
    const char *fault = general_fault(s);
    if (fault)
        return refuse(why, STATUS_INVALID, "config", "%s %s", option->name,
                      fault);
    switch (option->type) {
    case CONFIG_TEXT: return keep_text(s, value);
    case CONFIG_PATH: return keep_path(option, s, value, why);
    case CONFIG_NUMBER: return keep_number(option, s, value, why);
    case CONFIG_FLAG: return keep_flag(option, s, value, why);
    case CONFIG_LIST: return keep_list(option, s, value, why);
    }
    return failure(STATUS_INVALID, "config", 0);
}

struct status config_value_absent(struct config_value *value)
{
    return keep_text(bytes_of_string(""), value);
}

void config_value_clear(struct config_value *value)
{
    free(value->text);
    *value = (struct config_value){ 0 };
}
