/* test_routes_release.c - smoke */

#include "tests/broker/cast.h"

static void an_agreed_program_gets_the_credential(void **state)
{
    struct play play;
    struct enclave e;
    play_begin(&play, *state);
    play_agree(&play);
    enclave_make(&play, soft_rsa_key(0), &e);
    struct answer *a = stage_ask(play.stage, as_enclave(&e), HTTP_POST,
                                 json_pack("{s:s}", "dataset", play.input.text),
                                 "/accord/v1/release");
    assert_answer(a, 200, NULL);
    assert_receipt(play.stage, a);
    enclave_clear(&e);
    play_end(&play);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(an_agreed_program_gets_the_credential),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
