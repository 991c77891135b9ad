/* test_own.c - what the broker does without being asked. */

#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "broker/keeper.h"
#include "broker/own.h"
#include "tests/broker/cast.h"
#include "tests/support/heard.h"

static const char *invitation_path(struct stage *s)
{
    return temp_dir_path(&s->dir, "invitation");
}

static void secret_in(struct stage *s, char out[65])
{
    AUTO_CLEAR_BUFFER line = buffer_make(4096);
    struct stat about;
    assert_ok(file_read(invitation_path(s), &line));
    assert_int_equal(stat(invitation_path(s), &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_true(line.len > 65);
    memcpy(out, line.data + line.len - 65, 64);
    out[64] = '\0';
}

static void invite_again(struct stage *s)
{
    struct reason why = { "" };
    assert_ok(own_invite_again(&s->broker, invitation_path(s), &why));
}

static void who_comes_after_an_hour_finds_another_invitation(void **state)
{
    struct stage *s = *state;
    struct person late;
    char first[65], second[65];
    secret_in(s, first);
    stage_pass(2 * 3600);
    heard_begin();
    stage_with_threads(s, invite_again);
    assert_heard("nobody has joined yet: the administrator's invitation is in");
    secret_in(s, second);
    assert_string_not_equal(first, second);

    person_make(&late, "Late");
    struct answer *answer = stage_ask(
        s, AS_NOBODY, HTTP_POST, join_body(&late, first), "/accord/v1/join");
    assert_answer(answer, 403, "denied");
    person_join(s, &late, second);
    person_clear(&late);
}

static void nobody_is_invited_again_once_somebody_has_joined(void **state)
{
    struct stage *s = *state;
    struct person first;
    char before[65], after[65];
    person_first(s, &first, "First");
    uint64_t size = stage_log_size(s);
    secret_in(s, before);
    stage_with_threads(s, invite_again);
    secret_in(s, after);
    assert_string_equal(before, after);
    assert_int_equal(stage_log_size(s), size);
    person_clear(&first);
}

static void renew(struct stage *s)
{
    struct reason why = { "" };
    assert_ok(own_renew_tls(&s->broker, &why));
}

static void keep(struct stage *s)
{
    keeper_round(&s->broker, stage_seconds() * 1000);
}

static void the_server_certificate_is_renewed_at_half_its_life(void **state)
{
    struct stage *s = *state;
    stage_with_threads(s, renew);
    uint64_t size = stage_log_size(s);
    assert_false(tls_due(s->broker.tls, stage_seconds()));

    stage_with_threads(s, keep);
    assert_int_equal(stage_log_size(s), size);

    stage_pass(16 * STAGE_DAY);
    assert_true(tls_due(s->broker.tls, stage_seconds()));
    stage_with_threads(s, keep);
    assert_false(tls_due(s->broker.tls, stage_seconds()));
    assert_int_equal(stage_log_size(s), size + 1);
    assert_newest_leaf(s, API_LEAF_CERTIFICATE, "kind", "server");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(who_comes_after_an_hour_finds_another_invitation),
        stage_test(nobody_is_invited_again_once_somebody_has_joined),
        stage_test(the_server_certificate_is_renewed_at_half_its_life),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
