/* evidence_cases.c - a table of evidence and expected verdicts, run.
 *
 * Tab-separated with a line of column names; "-" is nothing. Paths are relative
 * to the table. SGX and TDX: quote, collateral, configured_root (intel, sim, or
 * a file), time_utc, default_policy_result, crypto_failures, tcb_status,
 * app_flags. SEV-SNP and Nitro: evidence, endorsement_key_cert, intermediate,
 * configured_root, time_utc, expected. */

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/evidence.h"

#define TABLE_MAX   ((size_t)16 * 1024 * 1024)
#define COLUMNS_MAX 32
#define CELL_MAX    4096

enum column {
    EVIDENCE,
    ENDORSEMENT,
    INTERMEDIATE,
    COLLATERAL,
    ROOT,
    TIME,
    RESULT,
    FAILURES,
    STATUS_OF_TCB,
    FLAGS,
    COLUMNS
};

/* Both tables' names for each. */
static const char *const names[COLUMNS][2] = {
    [EVIDENCE] = { "quote", "evidence" },
    [ENDORSEMENT] = { "endorsement_key_cert", NULL },
    [INTERMEDIATE] = { "intermediate", NULL },
    [COLLATERAL] = { "collateral", NULL },
    [ROOT] = { "configured_root", NULL },
    [TIME] = { "time_utc", NULL },
    [RESULT] = { "default_policy_result", "expected" },
    [FAILURES] = { "crypto_failures", NULL },
    [STATUS_OF_TCB] = { "tcb_status", NULL },
    [FLAGS] = { "app_flags", NULL },
};

struct table {
    const char *directory;
    size_t at[COLUMNS]; /* place of each column, from 1; 0: none */
};

/* One row: each cell NUL-terminated; NULL for no column or "-". */
struct row {
    char *cell[COLUMNS];
    char paths[4][CELL_MAX];
};

/* Splits a line in place. */
static size_t split(char *line, char *cells[COLUMNS_MAX])
{
    size_t count = 0;
    while (line && count < COLUMNS_MAX)
        cells[count++] = strsep(&line, "\t");
    return count;
}

static STATUS read_header(char *line, struct table *out, struct reason *why)
{
    char *cells[COLUMNS_MAX];
    size_t count = split(line, cells);
    for (size_t c = 0; c < COLUMNS; c++)
        for (size_t i = 0; i < count; i++)
            for (size_t n = 0; n < 2; n++)
                if (names[c][n] && strcmp(names[c][n], cells[i]) == 0)
                    out->at[c] = i + 1;
    if (!out->at[EVIDENCE] || !out->at[ROOT] || !out->at[TIME] ||
        !out->at[RESULT])
        return refuse(why, STATUS_INVALID, "table",
                      "the table has no columns for evidence, root, time and "
                      "expected result");
    return OK;
}

static STATUS place(const struct table *table, char **cell, char path[CELL_MAX])
{
    if (!*cell)
        return OK;
    int len = snprintf(path, CELL_MAX, "%s/%s", table->directory, *cell);
    if (len < 0 || len >= CELL_MAX)
        return failure(STATUS_INVALID, "path", 0);
    *cell = path;
    return OK;
}

static STATUS read_row(const struct table *table, char *line, struct row *out)
{
    char *cells[COLUMNS_MAX];
    size_t count = split(line, cells);
    for (size_t c = 0; c < COLUMNS; c++) {
        size_t at = table->at[c];
        bool given = at > 0 && at <= count && cells[at - 1][0] != '\0' &&
                     strcmp(cells[at - 1], "-") != 0;
        out->cell[c] = given ? cells[at - 1] : NULL;
    }
    static const enum column paths[] = { EVIDENCE, ENDORSEMENT, INTERMEDIATE,
                                         COLLATERAL };
    for (size_t i = 0; i < 4; i++)
        TRY(place(table, &out->cell[paths[i]], out->paths[i]));
    return OK;
}

/* A root is a name as in the tables, or a path relative to them. */
static STATUS find_root(const struct table *table, const char *name,
                        char out[CELL_MAX], struct reason *why)
{
    int len = snprintf(out, CELL_MAX, "%s/%s", table->directory, name);
    if (len > 0 && len < CELL_MAX && evidence_is_file(out))
        return OK;
    return evidence_find_root(name, table->directory, out, why);
}

static STATUS judge_row(const struct table *table, const struct row *row,
                        struct attest_verdict *out, struct reason *why)
{
    AUTO_EVIDENCE evidence = { .has_anchor = false };
    char root[CELL_MAX];
    uint64_t now = 0;
    if (!row->cell[EVIDENCE] || !row->cell[ROOT] || !row->cell[TIME] ||
        failed(evidence_time(row->cell[TIME], &now)))
        return refuse(why, STATUS_INVALID, "table",
                      "a row lacks evidence, root or time");
    TRY(find_root(table, row->cell[ROOT], root, why));
    struct evidence_files files = { .evidence = row->cell[EVIDENCE],
                                    .endorsement = row->cell[ENDORSEMENT],
                                    .intermediate = row->cell[INTERMEDIATE],
                                    .collateral = row->cell[COLLATERAL],
                                    .root = root };
    TRY(evidence_read(&files, &evidence, why));
    return evidence_judge(&evidence, now, out, why);
}

/* Exactly the flags of the list, whatever stands between them. */
static bool same_flags(const struct attest_verdict *v, const char *list)
{
    uint32_t wanted = 0;
    char copy[256], *rest = copy, *word;
    (void)snprintf(copy, sizeof(copy), "%s", list ? list : "");
    while ((word = strsep(&rest, ";, "))) {
        uint32_t found = 0;
        for (unsigned i = 0; i < ATTEST_FLAGS && *word; i++)
            if (strcmp(attest_flag_name(1u << i), word) == 0)
                found = 1u << i;
        if (*word && found == 0)
            return false;
        wanted |= found;
    }
    return wanted == v->flags;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* SEV-SNP and Nitro tables give the result only. */
static bool agrees(const struct table *table, const struct row *row,
                   const struct attest_verdict *v)
{
    if (!same_text(evidence_result_name(v->result), row->cell[RESULT]))
        return false;
    if (table->at[STATUS_OF_TCB] &&
        !same_text(v->tcb, row->cell[STATUS_OF_TCB]))
        return false;
    if (table->at[FAILURES] &&
        (v->failures_count > 0) != (row->cell[FAILURES] != NULL))
        return false;
    return !table->at[FLAGS] || !v->has_identity ||
           same_flags(v, row->cell[FLAGS]);
}

static void say_cell(const struct row *row, enum column column)
{
    (void)printf("%s%s", column == RESULT ? "" : " ",
                 row->cell[column] ? row->cell[column] : "-");
}

static void say_difference(const struct row *row,
                           const struct attest_verdict *v, size_t number)
{
    (void)printf("row %zu: %s under %s at %s\n  expected ", number,
                 row->cell[EVIDENCE], row->cell[ROOT], row->cell[TIME]);
    say_cell(row, RESULT);
    say_cell(row, STATUS_OF_TCB);
    say_cell(row, FLAGS);
    say_cell(row, FAILURES);
    (void)printf("\n  found    %s %s", evidence_result_name(v->result),
                 v->tcb ? v->tcb : "-");
    for (unsigned i = 0; i < ATTEST_FLAGS; i++)
        if (v->flags >> i & 1)
            (void)printf(" %s", attest_flag_name(1u << i));
    for (size_t i = 0; i < v->failures_count; i++)
        (void)printf("; %s", v->failures[i].token);
    (void)printf("\n");
}

static STATUS run_table(struct table *table, char *text, size_t *count,
                        size_t *differ, struct reason *why)
{
    struct row row;
    struct attest_verdict v;
    char *line = strsep(&text, "\n");
    TRY(read_header(line, table, why));
    while (text && (line = strsep(&text, "\n"))) {
        if (line[0] == '\0' || line[0] == '#')
            continue;
        ++*count;
        TRY(read_row(table, line, &row));
        struct status s = judge_row(table, &row, &v, why);
        if (s.code == STATUS_NO_MEMORY)
            return s;
        if (!failed(s) && agrees(table, &row, &v))
            continue;
        ++*differ;
        if (failed(s)) /* what could not be judged agrees with nothing */
            (void)printf("row %zu: no verdict: %s\n", *count, why->text);
        else
            say_difference(&row, &v, *count);
    }
    return OK;
}

struct status evidence_cases(const char *path, size_t *count, size_t *differ,
                             struct reason *why)
{
    AUTO_CLEAR_BUFFER text = buffer_make(TABLE_MAX);
    char directory[CELL_MAX];
    if (failed(file_read(path, &text)))
        return refuse(why, STATUS_NOT_FOUND, "file", "cannot read %s", path);
    buffer_put_u8(&text, 0);
    TRY(buffer_status(&text));
    (void)snprintf(directory, sizeof(directory), "%s", path);
    struct table table = { .directory = dirname(directory) };
    return run_table(&table, (char *)text.data, count, differ, why);
}
