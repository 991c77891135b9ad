/* The verdicts of an independent checker on real and derived evidence, row
 * by row. The evidence is not part of this project: it is read from beside
 * the checkout, and where it is missing the test says so and is skipped. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/support/check.h"

#include "attest/attest.h"
#include "base/file.h"

#ifndef SHARED_EVIDENCE
#error "the build names the directory"
#endif

enum {
    KIND,
    QUOTE,
    COLLATERAL,
    ROOT,
    TIME,
    RESULT,
    FAILURES,
    TCB,
    FLAGS,
    NOTE,
    COLUMNS
};

struct anchors {
    struct attest_anchor intel;
    struct attest_anchor simulator;
};

static bool read_shared(const char *name, struct buffer *out)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", SHARED_EVIDENCE, name);
    return !failed(file_read(path, out));
}

static void read_anchor(const char *name, const char *label, bool simulated,
                        struct attest_anchor *out)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(8192);
    struct reason why = { "" };
    assert_true(read_shared(name, &pem));
    assert_ok(
        attest_anchor_read(buffer_bytes(&pem), label, simulated, out, &why));
}

static int load(void **state)
{
    static struct anchors anchors;
    AUTO_CLEAR_BUFFER probe = buffer_make(8192);
    *state = NULL;
    if (!read_shared("sgx/intel-sgx-root-ca.pem", &probe))
        return 0;
    read_anchor("sgx/intel-sgx-root-ca.pem", "intel", false, &anchors.intel);
    read_anchor("sim/sim-root-ca.pem", "sim", true, &anchors.simulator);
    *state = &anchors;
    return 0;
}

static void skip_unless(void *state)
{
    if (state)
        return;
    print_message("SKIPPED LOUDLY: no evidence in %s; nothing real was "
                  "verified\n",
                  SHARED_EVIDENCE);
    skip();
}

/* Splits a line in place; true when it has every column but the note. */
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
    return count > FLAGS;
}

static uint64_t seconds_of(const char *text)
{
    struct tm tm = { 0 };
    assert_non_null(strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm));
    return (uint64_t)timegm(&tm);
}

/* Is one of the row's failures one that needs no collateral to be seen? */
static bool fails_by_itself(char *const row[COLUMNS])
{
    static const char *const ours[] = {
        "chain:",  "malformed",     "key-type", "nonzero-trailing", "v3-header",
        "no-pck-", "qe-report-sig", "ak-hash",  "qe-attributes",    "quote-sig",
    };
    if (strstr(row[FLAGS], "INIT-not-set"))
        return true;
    for (const char *at = row[FAILURES]; at; at = strchr(at, ';')) {
        at += *at == ';';
        for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
            if (strncmp(at, ours[i], strlen(ours[i])) == 0)
                return true;
    }
    return false;
}

static void check_row(const struct anchors *anchors, char *const row[COLUMNS],
                      struct bytes evidence)
{
    bool simulator = strcmp(row[ROOT], "sim") == 0;
    const struct attest_anchor *anchor =
        simulator ? &anchors->simulator : &anchors->intel;
    bool refused = fails_by_itself(row);
    struct attest_identity identity = { 0 };
    struct reason why = { "" };
    struct attest_question asked =
        attest_ask(evidence, anchor, 1, seconds_of(row[TIME]));
    struct status s = attest_verify(&asked, &identity, &why);
    if (s.code != (refused ? STATUS_DENIED : STATUS_OK))
        fail_msg("%s at %s under %s: expected %s (%s), got %s: %s", row[QUOTE],
                 row[TIME], row[ROOT], refused ? "refusal" : "acceptance",
                 row[FAILURES], status_name(s.code), why.text);
    if (failed(s)) {
        assert_string_not_equal(why.text, "");
        return;
    }
    assert_int_equal(identity.kind, simulator
                                        ? API_KIND_SGX | API_KIND_SIMULATED
                                        : API_KIND_SGX);
    assert_int_equal(identity.tcb, API_TCB_UNEVALUATED);
    assert_int_equal(identity.debug, strstr(row[FLAGS], "DEBUG") != NULL);
}

static void every_row_about_a_version_3_quote_gets_its_verdict(void **state)
{
    skip_unless(*state);
    AUTO_CLEAR_BUFFER table = buffer_make((size_t)1024 * 1024);
    assert_true(read_shared("CASES.tsv", &table));
    char *text = buffer_string(&table);
    size_t rows = 0;
    for (char *line = text, *next; line && *line; line = next) {
        char *row[COLUMNS] = { NULL };
        AUTO_CLEAR_BUFFER evidence = buffer_make((size_t)64 * 1024);
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        assert_true(split(line, row));
        if (strcmp(row[KIND], "kind") == 0)
            continue;
        assert_true(read_shared(row[QUOTE], &evidence));
        if (evidence.len < 2 || evidence.data[0] != 3)
            continue;
        check_row(*state, row, buffer_bytes(&evidence));
        rows++;
    }
    free(text);
    print_message("%zu rows compared\n", rows);
    assert_true(rows >= 100);
}

static void the_vendor_is_named_only_by_its_key(void **state)
{
    skip_unless(*state);
    const struct anchors *anchors = *state;
    struct attest_anchor again;
    assert_string_equal(attest_vendor_name(&anchors->intel.spki),
                        "Intel SGX Root CA (Intel Corporation)");
    assert_null(attest_vendor_name(&anchors->simulator.spki));
    /* The older issue is another certificate on the same key. */
    read_anchor("sgx/intel-sgx-root-ca-2018-2033-older-issue.pem", "old", false,
                &again);
    assert_true(hash_equal(&again.spki, &anchors->intel.spki));
    assert_int_not_equal(memcmp(again.certificate, anchors->intel.certificate,
                                again.certificate_len),
                         0);
}

static void a_vendors_root_cannot_be_called_a_simulators(void **state)
{
    skip_unless(*state);
    AUTO_CLEAR_BUFFER pem = buffer_make(8192);
    struct attest_anchor anchor;
    struct reason why = { "" };
    assert_true(read_shared("sgx/intel-sgx-root-ca.pem", &pem));
    assert_status(
        STATUS_INVALID,
        attest_anchor_read(buffer_bytes(&pem), "intel", true, &anchor, &why));
    assert_non_null(strstr(why.text, "cannot be a simulator's"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_about_a_version_3_quote_gets_its_verdict),
        cmocka_unit_test(the_vendor_is_named_only_by_its_key),
        cmocka_unit_test(a_vendors_root_cannot_be_called_a_simulators),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
