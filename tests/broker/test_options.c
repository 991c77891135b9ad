/* One table drives parsing, defaults, the sample file and what is refused. */

#include <stdlib.h>

#include "broker/options.h"
#include "tests/support/check.h"

#define STORE  "[store]\ndirectory = /var/lib/accord\n"
#define HSM    "[hsm]\nsocket = /run/accord-hsm/socket\n"
#define SERVER "[server]\nurl = https://b.example:9443\n"

static struct status parse(const char *text, struct config **out,
                           struct reason *why)
{
    return config_parse("accordd.conf", bytes_of_string(text), broker_options,
                        broker_options_count, out, why);
}

static void three_options_are_enough(void **state)
{
    (void)state;
    AUTO_FREE(config) config = NULL;
    struct reason why = { "" };
    assert_ok(parse(STORE HSM SERVER, &config, &why));
    assert_string_equal("Accord", config_text(config, "installation", "name"));
    assert_int_equal(9443, config_number(config, "server", "port"));
    assert_int_equal(8, config_number(config, "server", "workers"));
    assert_string_equal("", config_text(config, "operator", "listen"));
    assert_int_equal(0, config_list_count(config, "anchors", "trusted"));
}

static void the_sample_parses_to_the_defaults(void **state)
{
    (void)state;
    AUTO_FREE(config) config = NULL;
    AUTO_CLEAR_BUFFER sample = buffer_make(65536);
    AUTO_CLEAR_BUFFER text = buffer_make(65536);
    struct reason why = { "" };
    config_write_sample(broker_options, broker_options_count, &sample);
    assert_ok(buffer_status(&sample));
    char *lines = buffer_string(&sample);
    assert_non_null(lines);
    /* Its required options have no value: give them theirs. */
    for (char *line = lines, *next; line && *line; line = next) {
        next = strchr(line, '\n');
        size_t len = next ? (size_t)(next - line) : strlen(line);
        next = next ? next + 1 : NULL;
        if (len >= 5 && strncmp(line, "#url ", 5) == 0)
            buffer_put_string(&text, "url = https://b.example");
        else if (len >= 11 && strncmp(line, "#directory ", 11) == 0)
            buffer_put_string(&text, "directory = /var/lib/accord");
        else if (len >= 8 && strncmp(line, "#socket ", 8) == 0)
            buffer_put_string(&text, "socket = /run/socket");
        else
            buffer_put(&text, bytes_of(line, len));
        buffer_put_string(&text, "\n");
    }
    free(lines);
    struct status s =
        config_parse("sample", buffer_bytes(&text), broker_options,
                     broker_options_count, &config, &why);
    if (failed(s))
        print_error("%s\n", why.text);
    assert_ok(s);
    assert_int_equal(512, config_number(config, "server", "queue"));
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } bad[] = {
        { STORE HSM SERVER "port = 0\n", "port" },
        { STORE HSM SERVER "port = 65536\n", "port" },
        { STORE HSM SERVER "port = http\n", "port" },
        { STORE HSM SERVER "threads = 65\n", "threads" },
        { STORE HSM SERVER "workers = 0\n", "workers" },
        { STORE HSM SERVER "queue = 0\n", "queue" },
        { STORE SERVER HSM "deadline_ms = 999\n", "deadline_ms" },
        { STORE HSM SERVER "colour = red\n", "colour" },
        { STORE HSM SERVER "[colours]\nred = 1\n", "colours" },
        { HSM SERVER "[store]\ndirectory = here\n", "directory" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        AUTO_FREE(config) config = NULL;
        struct reason why = { "" };
        assert_status(STATUS_INVALID, parse(bad[i].text, &config, &why));
        if (!strstr(why.text, bad[i].says) ||
            !strstr(why.text, "accordd.conf:"))
            fail_msg("%s says: %s", bad[i].text, why.text);
    }
}

static void each_required_option_is_missed(void **state)
{
    (void)state;
    static const char *const without[][2] = {
        { STORE HSM, "url" },
        { SERVER HSM, "directory" },
        { SERVER STORE, "socket" },
    };
    for (size_t i = 0; i < 3; i++) {
        AUTO_FREE(config) config = NULL;
        struct reason why = { "" };
        assert_status(STATUS_INVALID, parse(without[i][0], &config, &why));
        assert_non_null(strstr(why.text, without[i][1]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_options_are_enough),
        cmocka_unit_test(the_sample_parses_to_the_defaults),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(each_required_option_is_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
