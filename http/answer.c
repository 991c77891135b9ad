#include "http/client.h"
#include "http/grammar.h"

void http_answer_clear(struct http_answer *answer)
{
    buffer_clear(&answer->body);
    buffer_clear(&answer->fields);
    answer->status = 0;
}

struct bytes http_answer_header(const struct http_answer *answer,
                                const char *name)
{
    struct bytes rest = buffer_bytes(&answer->fields);
    while (rest.len > 0) {
        struct bytes line;
        struct bytes field;
        struct bytes value;
        (void)http_cut(rest, '\n', &line, &rest);
        if (line.len > 0 && line.at[line.len - 1] == '\r')
            line.len--;
        if (http_cut(line, ':', &field, &value) &&
            http_same_word(field, bytes_of_string(name)))
            return http_trimmed(value);
    }
    return bytes_of(NULL, 0);
}
