#include "tests/support/check.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/secret.h"

#define HEAP 16384

/* Runs `body` in a child process, because the heap is the process's only
 * one, and gives what it returned. */
static int in_child(int (*body)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(body());
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void there_is_no_secret_before_the_heap(void **state)
{
    (void)state;
    struct secret *out = NULL;
    assert_status(STATUS_UNAVAILABLE, secret_new(8, &out));
    assert_null(out);
}

static void the_heap_has_a_size_openssl_can_take(void **state)
{
    (void)state;
    static const size_t bad[] = { 0, 1, 32, 2048, 4097, 12288, SIZE_MAX };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_status(STATUS_INVALID, secret_heap_open(bad[i]));
}

/* Root may lock whatever it likes, so the child becomes nobody. */
static int open_heap_without_the_right_to_lock(void)
{
    struct secret *out = NULL;
    struct rlimit none = { 0, 0 };
    if (setrlimit(RLIMIT_MEMLOCK, &none) != 0)
        return 10;
    if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
        return 11;
    if (secret_heap_open(HEAP).code != STATUS_UNAVAILABLE)
        return 12;
    return secret_new(8, &out).code == STATUS_UNAVAILABLE && !out ? 0 : 13;
}

static void no_heap_is_better_than_one_that_can_be_swapped_out(void **state)
{
    (void)state;
    assert_int_equal(in_child(open_heap_without_the_right_to_lock), 0);
}

static int open_heap_twice(void)
{
    if (failed(secret_heap_open(HEAP)))
        return 10;
    return failed(secret_heap_open(HEAP)) ? 0 : 11;
}

static void the_heap_is_opened_only_once(void **state)
{
    (void)state;
    assert_int_equal(in_child(open_heap_twice), 0);
}

static int open_heap(void **state)
{
    (void)state;
    return failed(secret_heap_open(HEAP)) ? -1 : 0;
}

static void a_new_secret_is_zero_filled(void **state)
{
    (void)state;
    static const unsigned char zeros[100];
    for (int round = 0; round < 2; round++) { /* a used block, too */
        AUTO_FREE(secret) s = NULL;
        assert_ok(secret_new(sizeof(zeros), &s));
        assert_int_equal(secret_expose(s).len, sizeof(zeros));
        assert_memory_equal(secret_expose(s).at, zeros, sizeof(zeros));
        memset(secret_fill(s), 0xa5, sizeof(zeros));
    }
}

/* The arena stays mapped after the block is given back. OpenSSL keeps two
 * pointers of its free list at the block's start. */
static void a_released_secret_is_wiped(void **state)
{
    (void)state;
    static const unsigned char zeros[64];
    struct secret *s = NULL;
    assert_ok(secret_new(100, &s));
    memset(secret_fill(s), 0xa5, 100);
    const unsigned char *remains = secret_expose(s).at;
    secret_free(s);
    assert_memory_equal(remains + 32, zeros, 64);
}

static void freeing_nothing_is_fine(void **state)
{
    (void)state;
    secret_free(NULL);
}

static void a_full_heap_says_busy_and_recovers(void **state)
{
    (void)state;
    struct secret *big = NULL, *out = NULL;
    assert_ok(secret_new(HEAP / 2, &big));
    assert_status(STATUS_BUSY, secret_new(HEAP, &out));
    assert_status(STATUS_INVALID, secret_new(SIZE_MAX, &out));
    assert_null(out);
    secret_free(big);
    assert_ok(secret_new(HEAP / 2, &big));
    secret_free(big);
}

static void secrets_compare_by_length_and_content(void **state)
{
    (void)state;
    AUTO_FREE(secret) s = NULL;
    assert_ok(secret_new(4, &s));
    memcpy(secret_fill(s), "1234", 4);
    assert_true(secret_equals(s, bytes_of_string("1234")));
    assert_false(secret_equals(s, bytes_of_string("1235")));
    assert_false(secret_equals(s, bytes_of_string("0234")));
    assert_false(secret_equals(s, bytes_of_string("123")));
    assert_false(secret_equals(s, bytes_of_string("12345")));
    assert_false(secret_equals(s, bytes_of(NULL, 0)));
}

static void a_secret_may_be_empty(void **state)
{
    (void)state;
    AUTO_FREE(secret) s = NULL;
    assert_ok(secret_new(0, &s));
    assert_int_equal(secret_expose(s).len, 0);
    assert_true(secret_equals(s, bytes_of(NULL, 0)));
}

/* The kernel's flags of the mapping that holds `address`. */
static void flags_of(const void *address, char *out, size_t len)
{
    char line[512];
    bool here = false;
    unsigned long first, last;
    FILE *maps = fopen("/proc/self/smaps", "re");
    *out = '\0';
    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps)) {
        if (sscanf(line, "%lx-%lx ", &first, &last) == 2)
            here = (unsigned long)address >= first &&
                   (unsigned long)address < last;
        else if (here && memcmp(line, "VmFlags:", 8) == 0)
            (void)snprintf(out, len, "%s", line);
    }
    (void)fclose(maps);
}

static void the_heap_is_locked_and_left_out_of_dumps(void **state)
{
    (void)state;
    char flags[512];
    AUTO_FREE(secret) s = NULL;
    assert_ok(secret_new(8, &s));
    flags_of(secret_expose(s).at, flags, sizeof(flags));
    assert_non_null(strstr(flags, " lo ")); /* locked              */
    assert_non_null(strstr(flags, " dd ")); /* do not include in dump */
}

int main(void)
{
    const struct CMUnitTest before[] = {
        cmocka_unit_test(there_is_no_secret_before_the_heap),
        cmocka_unit_test(the_heap_has_a_size_openssl_can_take),
        cmocka_unit_test(no_heap_is_better_than_one_that_can_be_swapped_out),
        cmocka_unit_test(the_heap_is_opened_only_once),
    };
    const struct CMUnitTest after[] = {
        cmocka_unit_test(a_new_secret_is_zero_filled),
        cmocka_unit_test(a_released_secret_is_wiped),
        cmocka_unit_test(freeing_nothing_is_fine),
        cmocka_unit_test(a_full_heap_says_busy_and_recovers),
        cmocka_unit_test(secrets_compare_by_length_and_content),
        cmocka_unit_test(a_secret_may_be_empty),
        cmocka_unit_test(the_heap_is_locked_and_left_out_of_dumps),
    };
    int wrong = cmocka_run_group_tests(before, NULL, NULL);
    return wrong + cmocka_run_group_tests(after, open_heap, NULL);
}
