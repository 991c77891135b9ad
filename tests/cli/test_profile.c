#include "tests/support/check.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/profile.h"

static void the_right_section_is_read(void **state)
{
    (void)state;
    static const char text[] = "# keys\n"
                               "[other]\naws_access_key_id = OTHER\n"
                               "aws_secret_access_key = o/t+h=er\r\n"
                               "[default]\n"
                               "\taws_access_key_id=MINE\n"
                               "region = x\n"
                               "aws_secret_access_key =  a=b  ";
    char access[129];
    AUTO_FREE(secret) mine = NULL;
    AUTO_FREE(secret) other = NULL;
    assert_ok(profile_parse(bytes_of_string(text), "default", access, &mine));
    assert_string_equal(access, "MINE");
    assert_true(secret_equals(mine, bytes_of_string("a=b")));
    assert_ok(profile_parse(bytes_of_string(text), "other", access, &other));
    assert_string_equal(access, "OTHER");
    assert_true(secret_equals(other, bytes_of_string("o/t+h=er")));
}

static void half_a_profile_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "aws_access_key_id = A\naws_secret_access_key = b\n",
        "[default]\naws_access_key_id = A\n",
        "[default]\naws_secret_access_key = b\n",
        "[default]\naws_access_key_id = A\n[x]\naws_secret_access_key = b\n",
        "[default]\naws_access_key_id = A\naws_secret_access_key =\n",
        "[default]\naws_access_key_id =\naws_secret_access_key = b\n",
        "[default]\naws_access_key_id = A&B\naws_secret_access_key = b\n",
        "[defaul]\naws_access_key_id = A\naws_secret_access_key = b\n",
        "[default\naws_access_key_id = A\naws_secret_access_key = b\n",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char access[129] = "untouched";
        AUTO_FREE(secret) key = NULL;
        assert_status(STATUS_INVALID, profile_parse(bytes_of_string(bad[i]),
                                                    "default", access, &key));
        assert_string_equal(access, "untouched");
        assert_null(key);
    }
}

static void a_profile_that_others_can_read_is_refused(void **state)
{
    (void)state;
    static const char text[] =
        "[default]\naws_access_key_id = A\naws_secret_access_key = hush\n";
    char path[] = "/tmp/accord-profile.XXXXXX", access[129];
    struct reason why = { "" };
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    AUTO_FREE(secret) key = NULL;
    assert_ok(file_write(path, bytes_of_string(text), 0640));
    assert_status(STATUS_DENIED,
                  profile_read(path, "default", access, &key, &why));
    assert_non_null(strstr(why.text, "chmod 600"));
    assert_ok(file_write(path, bytes_of_string(text), 0600));
    assert_status(STATUS_INVALID,
                  profile_read(path, "absent", access, &key, &why));
    assert_non_null(strstr(why.text, "[absent]"));
    assert_null(strstr(why.text, "hush"));
    assert_ok(profile_read(path, "default", access, &key, &why));
    (void)close(fd);
    (void)unlink(path);
}

static int heap_open(void **state)
{
    (void)state;
    return failed(secret_heap_open(256 * 1024)) ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_right_section_is_read),
        cmocka_unit_test(half_a_profile_is_refused),
        cmocka_unit_test(a_profile_that_others_can_read_is_refused),
    };
    return cmocka_run_group_tests(tests, heap_open, NULL);
}
