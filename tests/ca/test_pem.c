#include "tests/support/check.h"

#include <string.h>

#include "ca/pem.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define BEGIN "-----BEGIN X-----\n"
#define END   "-----END X-----\n"
#define LINE64                                                                 \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void every_length_is_read_back(void **state)
{
    (void)state;
    unsigned char der[200];
    memset(der, 0xa5, sizeof(der));
    for (size_t len = 1; len <= sizeof(der); len++) {
        AUTO_CLEAR_BUFFER text = buffer_make(512);
        AUTO_CLEAR_BUFFER back = buffer_make(512);
        ca_pem_write("X", bytes_of(der, len), &text);
        assert_ok(buffer_status(&text));
        assert_memory_equal(text.data, BEGIN, strlen(BEGIN));
        assert_memory_equal(text.data + text.len - strlen(END), END,
                            strlen(END));
        assert_ok(ca_pem_read("X", buffer_bytes(&text), &back, NULL));
        assert_true(bytes_equal(buffer_bytes(&back), bytes_of(der, len)));
    }
}

static void lines_are_of_64(void **state)
{
    (void)state;
    unsigned char der[49] = { 0 };
    AUTO_CLEAR_BUFFER text = buffer_make(512);
    ca_pem_write("X", bytes_of(der, sizeof(der)), &text);
    static const char wanted[] = BEGIN LINE64 "\nAA==\n" END;
    assert_true(bytes_equal(buffer_bytes(&text), bytes_of_string(wanted)));
}

static void some_freedom_is_given(void **state)
{
    (void)state;
    static const char *const texts[] = {
        BEGIN "AAAA\n-----END X-----",
        BEGIN "AAAA\n" END "\n \t\n",
        "-----BEGIN X-----\r\nAAAA\r\n-----END X-----\r\n",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        AUTO_CLEAR_BUFFER der = buffer_make(64);
        assert_ok(ca_pem_read("X", bytes_of_string(texts[i]), &der, NULL));
        assert_true(bytes_equal(buffer_bytes(&der), bytes_of("\0\0\0", 3)));
    }
}

static void everything_else_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *because;
    } rows[] = {
        { "", "begin" },
        { "\n" BEGIN "AAAA\n" END, "begin" },
        { "text\n" BEGIN "AAAA\n" END, "begin" },
        { "-----BEGIN Y-----\nAAAA\n-----END Y-----\n", "begin" },
        { BEGIN "AAAA\n-----END Y-----\n", "64" },
        { BEGIN "AAAA\n", "end line" },
        { BEGIN, "end line" },
        { BEGIN END, "base64" },
        { BEGIN "AAA\n" END, "base64" },
        { BEGIN "AA.A\n" END, "base64" },
        { BEGIN " AAAA\n" END, "base64" },
        { BEGIN "AAB=\n" END, "base64" },
        { BEGIN "AAAA\nAAAA\n" END, "64" },
        { BEGIN "AAAA\n\n" END, "64" },
        { BEGIN "\nAAAA\n" END, "64" },
        { BEGIN LINE64 "A\n" END, "64" },
        { BEGIN "Proc-Type: 4,ENCRYPTED\n\nAAAA\n" END, "64" },
        { BEGIN "AAAA\n" END BEGIN "AAAA\n" END, "follows" },
        { BEGIN "AAAA\n" END "x", "follows" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct reason why = { "" };
        AUTO_CLEAR_BUFFER der = buffer_make(256);
        assert_status(
            STATUS_INVALID,
            ca_pem_read("X", bytes_of_string(rows[i].text), &der, &why));
        if (!strstr(why.text, rows[i].because))
            fail_msg("\"%s\" does not say \"%s\"", why.text, rows[i].because);
        assert_int_equal(der.len, 0);
    }
}

static void what_does_not_fit_is_said(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER small = buffer_make(20);
    ca_pem_write("X", bytes_of("abc", 3), &small);
    assert_status(STATUS_INVALID, buffer_status(&small));
    AUTO_CLEAR_BUFFER tiny = buffer_make(2);
    assert_status(
        STATUS_INVALID,
        ca_pem_read("X", bytes_of_string(BEGIN "AAAA\n" END), &tiny, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_is_read_back),
        cmocka_unit_test(lines_are_of_64),
        cmocka_unit_test(some_freedom_is_given),
        cmocka_unit_test(everything_else_is_refused),
        cmocka_unit_test(what_does_not_fit_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
