/* What a client is not opened with. */

#include "tests/support/check.h"

#include "http/http.h"
#include "tests/http/pki.h"

static struct pki root;
static struct pki_identity person;
static struct pki_identity other;
static struct reason why;

static void assert_not_opened(const struct http_client_settings *settings,
                              const char *reason)
{
    struct http_client *client = NULL;
    why.text[0] = '\0';
    assert_status(STATUS_INVALID, http_client_open(settings, &client, &why));
    assert_null(client);
    assert_string_equal(why.text, reason);
}

static void wrong_settings_are_named(void **state)
{
    (void)state;
    const struct http_client_settings good = {
        .base_url = "https://a.example",
        .roots = buffer_bytes(&root.pem),
    };
    struct http_client_settings s = good;
    s.base_url = "http://a.example";
    assert_not_opened(&s, "the URL of a.example:80 does not begin with "
                          "https://");
    s.base_url = "a.example";
    assert_not_opened(&s, "the URL does not begin with https:// or http://");
    s = good;
    s.roots.len = 0;
    assert_not_opened(&s, "no root certificate is given for a.example:443");
    s.roots = bytes_of_string("no certificate at all");
    assert_not_opened(&s, "the root certificates cannot be read as PEM");
    s.roots = bytes_of(root.pem.data, root.pem.len - 30);
    assert_not_opened(&s, "the root certificates cannot be read as PEM");
    s = good;
    s.server_name = "a.example:443";
    assert_not_opened(&s, "the server name is not a host name");
    s.server_name = "";
    assert_not_opened(&s, "the server name is not a host name");
    s.server_name = "a b";
    assert_not_opened(&s, "the server name is not a host name");
}

static void a_client_certificate_needs_its_key(void **state)
{
    (void)state;
    struct http_client_settings s = {
        .base_url = "https://a.example",
        .roots = buffer_bytes(&root.pem),
        .certificate = buffer_bytes(&person.pem),
    };
    assert_not_opened(&s, "the private key is not that of the client "
                          "certificate");
    s.key = other.key;
    assert_not_opened(&s, "the private key is not that of the client "
                          "certificate");
    s.key = person.key;
    s.certificate = bytes_of_string("-----BEGIN CERTIFICATE-----\n");
    assert_not_opened(&s, "the client certificate cannot be read as PEM");
    s.certificate.len = 0;
    assert_not_opened(&s, "there is a private key but no client certificate");
}

static void an_unverified_client_speaks_tls_only(void **state)
{
    (void)state;
    struct http_client *client = NULL;
    assert_status(STATUS_INVALID, http_client_open_unverified(
                                      "http://a.example", &client, &why));
    assert_null(client);
}

static int set_up(void **state)
{
    (void)state;
    root = pki_make("root");
    person = pki_issue(&root, "person", NULL, 60);
    other = pki_issue(&root, "other", NULL, 60);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pki_clear(&root);
    pki_identity_clear(&person);
    pki_identity_clear(&other);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_settings_are_named),
        cmocka_unit_test(a_client_certificate_needs_its_key),
        cmocka_unit_test(an_unverified_client_speaks_tls_only),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
