#include "examples/summary.h"

#include <stdio.h>

#include "examples/csv.h"
#include "examples/tally.h"

#define WIDTH 50 /* characters (Unicode scalar values) of a value */

static const char *const columns[] = { "START",     "STOP", "PATIENT",
                                       "ENCOUNTER", "CODE", "DESCRIPTION" };
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static size_t find_column(const struct csv *csv, const char *name)
{
    for (size_t i = 0; i < csv->count; i++)
        if (bytes_equal(csv->fields[i], bytes_of_string(name)))
            return i;
    return SIZE_MAX;
}

static struct status read_header(struct csv *csv, size_t *description,
                                 struct reason *why)
{
    struct status s = csv_next(csv, why);
    if (s.code == STATUS_NOT_FOUND)
        return refuse(why, STATUS_INVALID, "csv", "the file is empty");
    TRY(s);
    for (size_t i = 0; i < COLUMNS; i++) {
        size_t at = find_column(csv, columns[i]);
        if (at == SIZE_MAX)
            return refuse(why, STATUS_INVALID, "csv",
                          "the header has no column %s", columns[i]);
        *description = at; /* the last one asked for */
    }
    return OK;
}

static struct status count_records(struct csv *csv, struct tally *tally,
                                   struct reason *why)
{
    size_t description = 0, fields;
    TRY(read_header(csv, &description, why));
    fields = csv->count;
    for (;;) {
        size_t line = csv->line;
        struct status s = csv_next(csv, why);
        if (s.code == STATUS_NOT_FOUND)
            break;
        TRY(s);
        if (csv->count != fields)
            return refuse(why, STATUS_INVALID, "csv",
                          "line %zu: Invalid CSV data: %zu fields, the header "
                          "has %zu",
                          line, csv->count, fields);
        TRY(tally_add(tally, csv->fields[description]));
    }
    if (tally_count(tally) == 0)
        return refuse(why, STATUS_INVALID, "csv", "the file has no records");
    return OK;
}

static size_t characters(struct bytes utf8)
{
    size_t count = 0;
    for (size_t i = 0; i < utf8.len; i++)
        count += (utf8.at[i] & 0xc0) != 0x80;
    return count;
}

static void put_line(struct buffer *out, const char *label, struct bytes value)
{
    buffer_put_string(out, label);
    buffer_put(out, value);
    for (size_t n = characters(value); n < WIDTH; n++)
        buffer_put_u8(out, ' ');
    buffer_put_u8(out, '\n');
}

static void put_number(struct buffer *out, const char *label, size_t number)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%zu", number);
    put_line(out, label, bytes_of_string(text));
}

struct status summary_write(struct bytes csv_text, struct buffer *out,
                            struct reason *why)
{
    AUTO_FREE(tally) tally = NULL;
    struct csv csv;
    size_t freq;
    TRY(tally_new(&tally));
    csv_init(&csv, csv_text);
    struct status s = count_records(&csv, tally, why);
    csv_clear(&csv);
    TRY(s);

    struct bytes top = tally_top(tally, &freq);
    put_number(out, "count  ", tally_count(tally));
    put_number(out, "unique ", tally_unique(tally));
    put_line(out, "top    ", top);
    put_number(out, "freq   ", freq);
    buffer_put_string(out, "Name: DESCRIPTION, dtype: object\n");
    return buffer_status(out);
}
