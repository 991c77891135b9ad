/* The verdicts of an independent checker on real and derived SEV-SNP and
 * Nitro evidence, row by row. Like test_shared_evidence.c: what is not beside
 * the checkout is skipped loudly. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/support/check.h"

#include "attest/attest.h"
#include "base/file.h"
#include "ca/ca.h"

#ifndef SHARED_EVIDENCE
#error "the build names the directory"
#endif

#define TABLE "CASES-SNP-NITRO.tsv"

enum {
    KIND,
    EVIDENCE,
    ENDORSEMENT,
    INTERMEDIATE,
    ROOT,
    TIME,
    EXPECTED,
    COLUMNS
};

static bool read_shared(const char *name, struct buffer *out)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", SHARED_EVIDENCE, name);
    return !failed(file_read(path, out));
}

/* A certificate's DER, from either spelling; "-" adds nothing. */
static void add_certificate(const char *name, struct buffer *evidence)
{
    AUTO_CLEAR_BUFFER file = buffer_make(8192);
    if (strcmp(name, "-") == 0)
        return;
    assert_true(read_shared(name, &file));
    if (file.data[0] == '-')
        assert_ok(
            ca_pem_read("CERTIFICATE", buffer_bytes(&file), evidence, NULL));
    else
        buffer_put(evidence, buffer_bytes(&file));
}

static void read_anchor(const char *name, bool simulated,
                        struct attest_anchor *out)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(8192);
    struct reason why = { "" };
    assert_true(read_shared(name, &pem));
    if (failed(
            attest_anchor_read(buffer_bytes(&pem), name, simulated, out, &why)))
        fail_msg("%s: %s", name, why.text);
    assert_int_equal(simulated, attest_vendor_name(&out->spki) == NULL);
}

static uint64_t seconds_of(const char *text)
{
    struct tm tm = { 0 };
    assert_non_null(strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm));
    return (uint64_t)timegm(&tm);
}

static bool split(char *line, char *out[COLUMNS])
{
    size_t count = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *at = line; at && count < COLUMNS; count++) {
        char *tab = strchr(at, '\t');
        out[count] = at;
        if (tab)
            *tab++ = '\0';
        at = tab;
    }
    return count == COLUMNS;
}

static void check_row(char *const row[COLUMNS])
{
    AUTO_CLEAR_BUFFER evidence = buffer_make(ATTEST_EVIDENCE_MAX);
    struct attest_anchor anchor;
    struct attest_verdict verdict;
    assert_true(read_shared(row[EVIDENCE], &evidence));
    add_certificate(row[ENDORSEMENT], &evidence);
    add_certificate(row[INTERMEDIATE], &evidence);
    read_anchor(row[ROOT], strncmp(row[ROOT], "sim/", 4) == 0, &anchor);
    struct attest_question question = { .evidence = buffer_bytes(&evidence),
                                        .anchors = &anchor,
                                        .anchors_count = 1,
                                        .now = seconds_of(row[TIME]) };
    assert_ok(attest_judge(&question, &verdict, NULL));
    bool accepted = verdict.result == ATTEST_ACCEPT;
    if (accepted != (strcmp(row[EXPECTED], "ACCEPT") == 0))
        fail_msg("%s at %s: expected %s, got %zu failures (%s: %s), flags %x",
                 row[EVIDENCE], row[TIME], row[EXPECTED],
                 verdict.failures_count, verdict.failures[0].token,
                 verdict.failures[0].sentence, (unsigned)verdict.flags);
}

static void every_row_gets_its_verdict(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER table = buffer_make((size_t)1024 * 1024);
    size_t rows = 0;
    if (!read_shared(TABLE, &table)) {
        print_message("SKIPPED LOUDLY: no %s in %s; nothing real was "
                      "verified\n",
                      TABLE, SHARED_EVIDENCE);
        skip();
    }
    char *text = buffer_string(&table);
    for (char *line = text, *next; line && *line; line = next) {
        char *row[COLUMNS] = { NULL };
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        assert_true(split(line, row));
        if (strcmp(row[KIND], "kind") == 0)
            continue;
        check_row(row);
        rows++;
    }
    free(text);
    print_message("%zu rows compared\n", rows);
    assert_true(rows >= 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_gets_its_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
