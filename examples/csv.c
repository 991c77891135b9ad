#include "examples/csv.h"

void csv_init(struct csv *csv, struct bytes text)
{
    static const unsigned char mark[] = { 0xef, 0xbb, 0xbf };
    if (text.len >= sizeof(mark) && memcmp(text.at, mark, sizeof(mark)) == 0)
        text = bytes_of(text.at + sizeof(mark), text.len - sizeof(mark));
    *csv = (struct csv){ .rest = text, .line = 1 };
    /* What was quoted is never longer than the text it was quoted in. */
    csv->unquoted = buffer_make(text.len + 1);
}

void csv_clear(struct csv *csv)
{
    buffer_clear(&csv->unquoted);
}

static bool at_end_of_line(struct bytes rest)
{
    return rest.len == 0 || rest.at[0] == '\n' ||
           (rest.len >= 2 && rest.at[0] == '\r' && rest.at[1] == '\n');
}

static void skip(struct csv *csv, size_t len)
{
    csv->rest = bytes_of(csv->rest.at + len, csv->rest.len - len);
}

static struct status plain_field(struct csv *csv, struct bytes *out,
                                 struct reason *why)
{
    const unsigned char *from = csv->rest.at;
    while (!at_end_of_line(csv->rest) && csv->rest.at[0] != ',') {
        unsigned char c = csv->rest.at[0];
        if (c == '"' || c == '\r' || c == '\0')
            return refuse(why, STATUS_INVALID, "csv",
                          "line %zu: a field holds %s", csv->line,
                          c == '"'    ? "a quote but is not quoted"
                          : c == '\r' ? "a bare carriage return"
                                      : "a NUL");
        skip(csv, 1);
    }
    *out = bytes_of(from, (size_t)(csv->rest.at - from));
    return OK;
}

/* Where a quoted field lies in csv->unquoted: the buffer may move. */
struct place {
    size_t at, len;
};

static struct status quoted_field(struct csv *csv, struct place *out,
                                  struct reason *why)
{
    size_t began = csv->line, from = csv->unquoted.len;
    skip(csv, 1);
    for (;;) {
        if (csv->rest.len == 0 || csv->rest.at[0] == '\0')
            return refuse(why, STATUS_INVALID, "csv",
                          "line %zu: a quoted field does not end", began);
        unsigned char c = csv->rest.at[0];
        skip(csv, 1);
        if (c == '"' && csv->rest.len > 0 && csv->rest.at[0] == '"')
            skip(csv, 1);
        else if (c == '"')
            break;
        csv->line += c == '\n';
        buffer_put_u8(&csv->unquoted, c);
    }
    if (!at_end_of_line(csv->rest) && csv->rest.at[0] != ',')
        return refuse(why, STATUS_INVALID, "csv",
                      "line %zu: text behind a closing quote", csv->line);
    *out = (struct place){ from, csv->unquoted.len - from };
    return buffer_status(&csv->unquoted);
}

static struct status next_field(struct csv *csv, struct place *quoted,
                                struct reason *why)
{
    struct bytes *field = &csv->fields[csv->count];
    *quoted = (struct place){ SIZE_MAX, 0 };
    if (csv->rest.len > 0 && csv->rest.at[0] == '"')
        return quoted_field(csv, quoted, why);
    return plain_field(csv, field, why);
}

struct status csv_next(struct csv *csv, struct reason *why)
{
    struct place quoted[CSV_FIELDS_MAX];
    csv->count = 0;
    csv->unquoted.len = 0;
    if (csv->rest.len == 0)
        return failure(STATUS_NOT_FOUND, "csv", 0);
    for (;;) {
        if (csv->count == CSV_FIELDS_MAX)
            return refuse(why, STATUS_INVALID, "csv",
                          "line %zu: more than %d fields", csv->line,
                          CSV_FIELDS_MAX);
        TRY(next_field(csv, &quoted[csv->count], why));
        csv->count++;
        if (csv->rest.len == 0 || csv->rest.at[0] != ',')
            break;
        skip(csv, 1);
    }
    for (size_t i = 0; i < csv->count; i++)
        if (quoted[i].at != SIZE_MAX)
            csv->fields[i] =
                bytes_of(csv->unquoted.data + quoted[i].at, quoted[i].len);
    if (csv->rest.len > 0)
        skip(csv, csv->rest.at[0] == '\r' ? 2 : 1);
    csv->line++;
    return OK;
}
