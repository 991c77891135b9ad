/* Sessions of programs: one certificate each, and an end. */

#include "tests/support/check.h"

#include "broker/dsm_sessions.h"

#define NOW ((uint64_t)1900000000)

static struct dsm_sessions *sessions;

static int setup(void **state)
{
    (void)state;
    assert_ok(dsm_sessions_new(&sessions));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    dsm_sessions_free(sessions);
    return 0;
}

static struct hash certificate(unsigned number)
{
    struct hash hash = { .bytes = { (unsigned char)(number >> 16),
                                    (unsigned char)(number >> 8),
                                    (unsigned char)number } };
    return hash;
}

struct token {
    char text[DSM_TOKEN_CHARS + 1];
};

static struct token open_for(unsigned number, uint64_t now)
{
    struct token token;
    struct hash of = certificate(number);
    assert_ok(dsm_sessions_open(sessions, &of, now, token.text));
    assert_int_equal(DSM_TOKEN_CHARS, strlen(token.text));
    return token;
}

static bool use(unsigned number, const struct token *token, uint64_t now)
{
    struct hash of = certificate(number);
    return dsm_sessions_use(sessions, &of, bytes_of_string(token->text), now);
}

static void a_token_is_good_with_its_certificate_only(void **state)
{
    struct token first = open_for(1, NOW), second = open_for(2, NOW);
    (void)state;
    assert_string_not_equal(first.text, second.text);
    assert_true(use(1, &first, NOW));
    assert_false(use(2, &first, NOW));
    assert_false(use(1, &second, NOW));
    assert_true(use(2, &second, NOW));
    first.text[0] ^= 1;
    assert_false(use(1, &first, NOW));
    first.text[0] = '\0';
    assert_false(use(1, &first, NOW));
}

static void it_ends_when_it_is_not_used(void **state)
{
    struct token token = open_for(1, NOW);
    (void)state;
    assert_true(use(1, &token, NOW + DSM_IDLE - 1));
    assert_true(use(1, &token, NOW + 2 * DSM_IDLE - 2));
    assert_false(use(1, &token, NOW + 3 * DSM_IDLE - 2));
    assert_false(use(1, &token, NOW)); /* for good */
}

static void it_ends_however_much_it_is_used(void **state)
{
    struct token token = open_for(1, NOW);
    uint64_t now = NOW;
    (void)state;
    for (; now < NOW + DSM_LIFE; now += DSM_IDLE - 1)
        assert_true(use(1, &token, now));
    assert_false(use(1, &token, NOW + DSM_LIFE));
}

static void it_ends_when_it_is_terminated(void **state)
{
    struct token token = open_for(1, NOW), other = open_for(1, NOW);
    struct hash one = certificate(1), two = certificate(2);
    (void)state;
    dsm_sessions_end(sessions, &two, bytes_of_string(token.text));
    assert_true(use(1, &token, NOW));
    dsm_sessions_end(sessions, &one, bytes_of_string(token.text));
    assert_false(use(1, &token, NOW));
    assert_true(use(1, &other, NOW));
    dsm_sessions_end(sessions, &one, bytes_of_string(token.text));
}

static void one_certificate_has_so_many(void **state)
{
    struct token tokens[DSM_PER_CERTIFICATE + 1];
    struct token other = open_for(2, NOW);
    (void)state;
    for (size_t i = 0; i < DSM_PER_CERTIFICATE; i++)
        tokens[i] = open_for(1, NOW + i);
    assert_true(use(1, &tokens[0], NOW + 100)); /* not the oldest any more */
    tokens[DSM_PER_CERTIFICATE] = open_for(1, NOW + 101);
    assert_false(use(1, &tokens[1], NOW + 102));
    assert_true(use(1, &tokens[0], NOW + 102));
    assert_true(use(1, &tokens[2], NOW + 102));
    assert_true(use(1, &tokens[DSM_PER_CERTIFICATE], NOW + 102));
    assert_true(use(2, &other, NOW + 102));
}

static void there_are_only_so_many(void **state)
{
    char token[DSM_TOKEN_CHARS + 1];
    struct hash one_more = certificate(DSM_SESSIONS_MAX + 1);
    (void)state;
    for (unsigned i = 0; i < DSM_SESSIONS_MAX; i++)
        (void)open_for(i, NOW);
    assert_status(STATUS_BUSY,
                  dsm_sessions_open(sessions, &one_more, NOW, token));
    assert_ok(dsm_sessions_open(sessions, &one_more, NOW + DSM_IDLE, token));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_token_is_good_with_its_certificate_only),
        CASE(it_ends_when_it_is_not_used),
        CASE(it_ends_however_much_it_is_used),
        CASE(it_ends_when_it_is_terminated),
        CASE(one_certificate_has_so_many),
        CASE(there_are_only_so_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
