/* The configuration: what is understood, and which mistakes are named. */

#include <string.h>
#include <unistd.h>

#include "tests/support/check.h"

#include "pkcs11/settings.h"

static struct reason why;

static struct status parse(const char *text, struct hsm_settings *out)
{
    why.text[0] = '\0';
    return hsm_settings_read("test.conf", bytes_of_string(text), out, &why);
}

static void assert_refused(const char *text, const char *what)
{
    struct hsm_settings settings;
    assert_status(STATUS_INVALID, parse(text, &settings));
    if (!strstr(why.text, what))
        print_error("reason: %s\n", why.text);
    assert_non_null(strstr(why.text, what));
}

static void needs_only_a_domain(void **state)
{
    struct hsm_settings s;
    (void)state;
    assert_ok(parse("[ca]\ndomain = accord.example\n", &s));
    assert_string_equal(s.place.label, "accord");
    assert_string_equal(s.place.serial, "");
    assert_int_equal(s.threads, 2);
    assert_int_equal(s.run_limit, 2000);
    assert_int_equal(s.token_limit, 30000);
    assert_int_equal(s.sandbox, HSM_SANDBOX_LOCAL);
    assert_int_equal(hsm_peers_count(&s), 1);
    assert_string_equal(hsm_peer_at(&s, 0), "accordd");
    assert_int_equal(hsm_server_names_count(&s), 0);
    assert_false(s.plain_paths);
    hsm_settings_clear(&s);
    assert_refused("", "domain");
}

static void says_where_the_keys_of_credentials_lie(void **state)
{
    struct hsm_settings s;
    (void)state;
    assert_ok(parse("[ca]\ndomain = a.b\n", &s));
    assert_false(s.wrapped);
    hsm_settings_clear(&s);
    assert_ok(parse("[ca]\ndomain = a.b\n[credentials]\n"
                    "placement = wrapped\n",
                    &s));
    assert_true(s.wrapped);
    hsm_settings_clear(&s);
    assert_ok(
        parse("[ca]\ndomain = a.b\n[credentials]\nplacement = token\n", &s));
    assert_false(s.wrapped);
    hsm_settings_clear(&s);
    assert_refused("[ca]\ndomain = a.b\n[credentials]\nplacement = disk\n",
                   "credentials.placement is disk: token or wrapped");
}

static void names_what_is_wrong(void **state)
{
    (void)state;
    assert_refused("[ca]\ndomain = no_dots..here\n", "");
    assert_refused("[ca]\ndomain = a.b\n[service]\nsandbox = tight\n",
                   "local, network or none");
    assert_refused("[ca]\ndomain = a.b\n[service]\nthreads = 0\n", "threads");
    assert_refused("[ca]\ndomain = a.b\n[anchors]\ntrusted = /x.pem\n",
                   "label:/path.pem");
    assert_refused("[ca]\ndomain = a.b\n[anchors]\nsimulated = x:y.pem\n",
                   "label:/path.pem");
    assert_refused("[ca]\ndomain = a.b\nserver_names = bad..name\n", "");
    assert_refused("[ca]\ndomain = a.b\n[token]\nmodule = lib.so\n", "module");
    assert_refused(
        "[ca]\ndomain = a.b\n[service]\nsocket = "
        "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
        "107 bytes");
}

struct seen {
    size_t count;
    bool simulated[4];
    char path[4][64];
};

static struct status see(void *context, struct bytes label, const char *path,
                         bool simulated, struct reason *reason)
{
    struct seen *seen = context;
    (void)reason;
    assert_true(label.len > 0);
    seen->simulated[seen->count] = simulated;
    (void)snprintf(seen->path[seen->count++], 64, "%s", path);
    return OK;
}

static void tells_simulators_from_real_anchors(void **state)
{
    struct hsm_settings s;
    struct seen seen = { .count = 0 };
    (void)state;
    assert_ok(parse("[ca]\ndomain = a.b\n[anchors]\n"
                    "trusted = intel:/etc/intel.pem, amd:/etc/amd.pem\n"
                    "simulated = sim:/etc/sim.pem\n",
                    &s));
    assert_ok(hsm_anchors_each(&s, see, &seen, &why));
    assert_int_equal(seen.count, 3);
    assert_false(seen.simulated[0]);
    assert_false(seen.simulated[1]);
    assert_true(seen.simulated[2]);
    assert_string_equal(seen.path[1], "/etc/amd.pem");
    hsm_settings_clear(&s);
}

static void plain_paths_are_allowed_by_name(void **state)
{
    struct hsm_settings s;
    (void)state;
    assert_ok(parse("[ca]\ndomain = a.b\n[ccm]\nplain_paths = yes\n", &s));
    assert_true(s.plain_paths);
    hsm_settings_clear(&s);
}

static void users_are_names_or_numbers(void **state)
{
    uid_t uid = 7;
    (void)state;
    assert_ok(hsm_peer_uid("root", &uid, &why));
    assert_int_equal(uid, 0);
    assert_ok(hsm_peer_uid("65534", &uid, &why));
    assert_int_equal(uid, 65534);
    assert_status(STATUS_NOT_FOUND,
                  hsm_peer_uid("nobody-of-that-name", &uid, &why));
    assert_non_null(strstr(why.text, "nobody-of-that-name"));
}

static void its_sample_says_what_every_option_is(void **state)
{
    AUTO_CLEAR_BUFFER sample = buffer_make(64 * 1024);
    (void)state;
    config_write_sample(hsm_options, hsm_options_count, &sample);
    assert_ok(buffer_status(&sample));
    assert_non_null(memmem(sample.data, sample.len, "softhsm_conf", 12));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(needs_only_a_domain),
        cmocka_unit_test(says_where_the_keys_of_credentials_lie),
        cmocka_unit_test(names_what_is_wrong),
        cmocka_unit_test(tells_simulators_from_real_anchors),
        cmocka_unit_test(plain_paths_are_allowed_by_name),
        cmocka_unit_test(users_are_names_or_numbers),
        cmocka_unit_test(its_sample_says_what_every_option_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
