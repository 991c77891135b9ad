#include "http/target_check.h"

#include "http/grammar.h"
#include "http/target.h"

static bool is_dots(struct bytes segment)
{
    size_t dots = 0;
    while (segment.len > 0) {
        if (http_take_decoded(&segment, false) != '.')
            return false;
        dots++;
    }
    return dots == 1 || dots == 2;
}

/* Encoded characters that would mean something to whoever decodes early. */
static bool hides_something(struct bytes s, bool slash_too)
{
    while (s.len > 0) {
        bool encoded = s.at[0] == '%';
        unsigned char c = http_take_decoded(&s, false);
        if (encoded && (http_is_control(c) || (slash_too && c == '/')))
            return true;
    }
    return false;
}

const char *http_path_fault(struct bytes path)
{
    if (path.len == 0 || path.at[0] != '/')
        return "the target is not an absolute path";
    if (!http_all(path, http_is_plain_path))
        return "the path has a character that is not allowed";
    if (hides_something(path, true))
        return "the path encodes a slash or a control character";

    struct bytes segment;
    while (http_path_next(&path, &segment)) {
        if (segment.len == 0 && path.len > 0)
            return "the path has an empty segment";
        if (is_dots(segment))
            return "the path has a segment of dots";
    }
    return NULL;
}

const char *http_query_fault(struct bytes query)
{
    if (!http_all(query, http_is_query))
        return "the query has a character that is not allowed";
    if (hides_something(query, false))
        return "the query encodes a control character";
    return NULL;
}
