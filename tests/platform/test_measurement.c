/* The simulated measurement covers every byte that decides what runs. */

#include "platform/platform.h"

#include "tests/support/check.h"

#include "base/file.h"
#include "base/text.h"
#include "tests/support/temp_dir.h"

static struct temp_dir dir;

static int setup(void **state)
{
    (void)state;
    dir = temp_dir_make();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    temp_dir_remove(&dir);
    return 0;
}

struct sample {
    const char *runner, *program;
    const char *arguments[4];
    size_t count;
};

static struct hash measure(const struct sample *s)
{
    struct hash out;
    const char *runner = temp_dir_path(&dir, "runner");
    const char *program = temp_dir_path(&dir, "program");
    assert_ok(file_write(runner, bytes_of_string(s->runner), 0600));
    assert_ok(file_write(program, bytes_of_string(s->program), 0600));
    assert_ok(platform_sim_measurement(runner, program, s->arguments, s->count,
                                       &out, NULL));
    return out;
}

/* From the header's formula, computed with another program. */
static void it_is_what_the_header_says(void **state)
{
    (void)state;
    const struct sample s = { "runner", "program", { "app", "-x" }, 2 };
    struct hash got = measure(&s);
    char text[65];
    hex_encode(hash_bytes(&got), text);
    assert_string_equal(text, "75aef41713c70085c5b01f12d4b7b4fb"
                              "4ed3315147a3323663de2237a9089c5b");
}

static void arguments_without_end_are_refused(void **state)
{
    (void)state;
    static char long_one[1024 * 1024 + 1];
    const char *const arguments[] = { "app", long_one };
    struct hash out;
    struct reason why = { "" };
    const struct sample s = { "runner", "program", { "app" }, 1 };
    (void)measure(&s);
    memset(long_one, 'a', sizeof(long_one) - 1);
    assert_true(failed(platform_sim_measurement(temp_dir_path(&dir, "runner"),
                                                temp_dir_path(&dir, "program"),
                                                arguments, 2, &out, &why)));
    assert_string_equal(why.text, "the program's arguments are too long");
}

static void one_byte_changes_it(void **state)
{
    (void)state;
    const struct sample samples[] = {
        { "runner", "program", { "app", "-x" }, 2 },
        { "runnes", "program", { "app", "-x" }, 2 },
        { "runner", "programs", { "app", "-x" }, 2 },
        { "program", "runner", { "app", "-x" }, 2 },
        { "runner", "program", { "apq", "-x" }, 2 }, /* its name */
        { "runner", "program", { "app", "-y" }, 2 },
        { "runner", "program", { "app" }, 1 },
        { "runner", "program", { "app", "-x", "" }, 3 },
        { "runner", "program", { "app", "", "-x" }, 3 },
        { "runner", "program", { "app-x" }, 1 }, /* no boundary moves */
        { "runner", "program", { "app-", "x" }, 2 },
        { "runner", "program", { NULL }, 0 },
        { "", "runnerprogram", { "app", "-x" }, 2 },
    };
    enum { COUNT = sizeof(samples) / sizeof(samples[0]) };
    struct hash seen[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        seen[i] = measure(&samples[i]);
        for (size_t j = 0; j < i; j++)
            if (hash_equal(&seen[i], &seen[j]))
                fail_msg("samples %zu and %zu measure alike", i, j);
    }
    struct hash again = measure(&samples[0]);
    assert_true(hash_equal(&again, &seen[0]));
}

static void a_file_larger_than_one_piece_is_read_whole(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER large = buffer_make(100000);
    unsigned char *at = buffer_extend(&large, 70000);
    memset(at, 'a', 69999);
    at[69999] = '\0';
    const struct sample s = { (const char *)at, "p", { NULL }, 0 };
    struct hash first = measure(&s);
    at[69998] = 'b';
    struct hash second = measure(&s);
    assert_false(hash_equal(&first, &second));
}

static void what_cannot_be_read_is_named(void **state)
{
    (void)state;
    struct hash out = { { 7 } };
    struct reason why = { "" };
    const char *there = temp_dir_path(&dir, "there");
    assert_ok(file_write(there, bytes_of_string("x"), 0600));
    assert_status(
        STATUS_NOT_FOUND,
        platform_sim_measurement(there, "/nonexistent", NULL, 0, &out, &why));
    assert_string_equal(why.text,
                        "cannot read /nonexistent: No such file or directory");
    assert_status(
        STATUS_NOT_FOUND,
        platform_sim_measurement("/nonexistent", there, NULL, 0, &out, &why));
    assert_status(
        STATUS_UNAVAILABLE,
        platform_sim_measurement(there, dir.path, NULL, 0, &out, &why));
    assert_int_equal(out.bytes[0], 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_what_the_header_says),
        cmocka_unit_test(arguments_without_end_are_refused),
        cmocka_unit_test(one_byte_changes_it),
        cmocka_unit_test(a_file_larger_than_one_piece_is_read_whole),
        cmocka_unit_test(what_cannot_be_read_is_named),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
