/* Who is here: joining by invitation, roles that hold at once, keys that
 * change, accounts that do not see each other. */

#include <stdlib.h>

#include "tests/broker/cast.h"

static struct answer *join(struct stage *s, json_t *body)
{
    return stage_ask(s, AS_NOBODY, HTTP_POST, body, "/accord/v1/join");
}

static struct answer *invite(struct stage *s, const struct person *who,
                             const char *name, const char *role)
{
    return stage_ask(s, as(who), HTTP_POST,
                     json_pack("{s:s, s:s}", "name", name, "role", role),
                     "/accord/v1/invitations");
}

static struct answer *me(struct stage *s, const struct person *who)
{
    return stage_ask(s, as(who), HTTP_GET, NULL, "/accord/v1/me");
}

/* --- the installation ---------------------------------------------------- */

static void anybody_may_see_what_this_installation_is(void **state)
{
    struct stage *s = *state;
    AUTO_CLEAR_BUFFER root = buffer_make(8192);
    struct api_spki log_key;
    struct answer *a =
        stage_ask(s, AS_NOBODY, HTTP_GET, NULL, "/accord/v1/installation");
    assert_answer(a, 200, NULL);
    assert_string_equal(SOFT_DOMAIN, answer_text(a, "domain"));
    assert_ok(ca_pem_read("CERTIFICATE", bytes_of_string(answer_text(a, "ca")),
                          &root, NULL));
    assert_true(bytes_equal(buffer_bytes(&root), buffer_bytes(&s->door->root)));
    assert_ok(api_json_spki(a->body, "log_key", &log_key, NULL));
    assert_true(api_spki_equal(&log_key, &s->broker.hsm_facts.log_key));
    assert_true(json_is_true(json_object_get(a->body, "plain_paths")));
}

static void the_first_leaf_is_the_stores_beginning(void **state)
{
    struct stage *s = *state;
    AUTO_JSON *detail = NULL;
    struct api_leaf leaf = stage_leaf(s, 0, &detail);
    assert_int_equal(API_LEAF_STORE, leaf.kind);
    assert_string_equal("store-begin",
                        json_string_value(json_object_get(detail, "action")));
    assert_int_equal(1, stage_log_size(s));
}

/* --- joining ------------------------------------------------------------- */

static void whoever_was_invited_joins(void **state)
{
    struct stage *s = *state;
    struct person root;
    struct ca_facts facts;
    person_first(s, &root, "root");
    assert_ok(ca_certificate_read(as(&root), &facts, NULL));
    assert_int_equal(CA_PERSON, facts.statement.kind);
    assert_true(api_id_equal(&facts.statement.id, &root.id));
    assert_true(api_id_equal(&facts.statement.account, &root.account));
    assert_newest_leaf(s, API_LEAF_CERTIFICATE, "kind", "person");
    struct answer *a = me(s, &root);
    assert_answer(a, 200, NULL);
    assert_string_equal(root.text, answer_text(a, "person"));
    assert_string_equal("manager", answer_text(a, "role"));
    assert_string_equal("default", answer_text(a, "account_name"));
    assert_int_equal(0, json_array_size(json_object_get(a->body, "waiting")));
    person_clear(&root);
}

static void an_answer_that_got_lost_may_be_asked_for_again(void **state)
{
    struct stage *s = *state;
    struct person root, again;
    char secret[65];
    person_first(s, &root, "root");
    stage_first_secret(s, secret);
    again = root;
    again.certificate = buffer_make(CA_CERTIFICATE_MAX);
    person_join(s, &again, secret);
    assert_string_equal(root.text, again.text);
    assert_answer(me(s, &again), 200, NULL);
    buffer_clear(&again.certificate);
    person_clear(&root);
}

static void an_invitation_serves_one_key(void **state)
{
    struct stage *s = *state;
    struct person root, thief;
    char secret[65];
    person_first(s, &root, "root");
    stage_first_secret(s, secret);
    person_make(&thief, "thief");
    struct answer *a = join(s, join_body(&thief, secret));
    assert_answer(a, 403, "denied");
    assert_says(a, "used");
    person_clear(&thief);
    person_clear(&root);
}

static void an_invitation_serves_one_key_within_one_group_too(void **state)
{
    struct stage *s = *state;
    struct person first, second;
    struct answer answers[2];
    char secret[65];
    stage_first_secret(s, secret);
    person_make(&first, "first");
    person_make(&second, "second");
    stage_begin(s, &answers[0], AS_NOBODY, HTTP_POST, join_body(&first, secret),
                "/accord/v1/join");
    stage_begin(s, &answers[1], AS_NOBODY, HTTP_POST,
                join_body(&second, secret), "/accord/v1/join");
    stage_write(s);
    assert_answer(&answers[0], 201, NULL);
    assert_answer(&answers[1], 403, "denied");
    answer_clear(&answers[0]);
    answer_clear(&answers[1]);
    person_clear(&first);
    person_clear(&second);
}

static void invitations_end(void **state)
{
    struct stage *s = *state;
    struct person root;
    char secret[65];
    person_make(&root, "root");
    stage_first_secret(s, secret);
    stage_pass(3600); /* the first one after an hour */
    assert_answer(join(s, join_body(&root, secret)), 403, "denied");
    stage_clock.wall--;
    assert_answer(join(s, join_body(&root, secret)), 201, NULL);
    person_clear(&root);
}

static void an_invented_secret_invites_nobody(void **state)
{
    struct stage *s = *state;
    struct person p;
    char secret[65];
    person_make(&p, "p");
    memset(secret, 'a', 64);
    secret[64] = '\0';
    uint64_t size = stage_log_size(s);
    assert_answer(join(s, join_body(&p, secret)), 403, "denied");
    assert_int_equal(size, stage_log_size(s)); /* nobody known: no leaf */
    person_clear(&p);
}

static void the_recovery_key_must_speak_for_itself(void **state)
{
    struct stage *s = *state;
    struct person p;
    char secret[65];
    stage_first_secret(s, secret);
    person_make(&p, "p");

    json_t *body = join_body(&p, secret); /* signed by the wrong key */
    assert_int_equal(
        0, json_object_set_new(body, "proof",
                               signature_json(p.key, bytes_of_string("x"))));
    struct answer *a = join(s, body);
    assert_answer(a, 403, "denied");
    assert_says(a, "proof: not signed by the recovery key");

    struct person same = p; /* one key for both */
    same.recovery = p.key;
    a = join(s, join_body(&same, secret));
    assert_answer(a, 400, "invalid");
    assert_says(a, "recovery");
    person_clear(&p);
}

static void joining_is_read_strictly(void **state)
{
    struct stage *s = *state;
    struct person p;
    char secret[65];
    static const char *const members[] = { "secret", "csr", "recovery", "proof",
                                           "name" };
    stage_first_secret(s, secret);
    person_make(&p, "p");
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        json_t *body = join_body(&p, secret);
        assert_int_equal(0, json_object_del(body, members[i]));
        struct answer *a = join(s, body);
        assert_answer(a, 400, "invalid");
        assert_says(a, members[i]);
    }
    json_t *body = join_body(&p, secret);
    assert_int_equal(0,
                     json_object_set_new(body, "role", json_string("manager")));
    assert_answer(join(s, body), 400, "invalid");
    assert_answer(join(s, NULL), 400, "invalid");
    person_clear(&p);
}

static void one_key_is_one_person(void **state)
{
    struct stage *s = *state;
    struct person root;
    char secret[65];
    person_first(s, &root, "root");
    person_invite(s, &root, "writer", secret);
    struct answer *a = join(s, join_body(&root, secret));
    assert_answer(a, 409, "conflict");
    assert_says(a, "csr: this key belongs to a person already");
    person_clear(&root);
}

/* --- invitations and roles ----------------------------------------------- */

static void only_managers_invite(void **state)
{
    struct stage *s = *state;
    struct person root, writer;
    person_first(s, &root, "root");
    person_join_as(s, &root, "writer", "writer", &writer);
    struct answer *a = invite(s, &writer, "friend", "reader");
    assert_answer(a, 403, "role");
    assert_newest_leaf(s, API_LEAF_DENIAL, "code", "role");
    a = invite(s, &root, "friend", "king");
    assert_answer(a, 400, "invalid");
    assert_says(a, "role");
    assert_answer(invite(s, &root, "", "reader"), 400, "invalid");
    a = invite(s, &root, "friend", "reader");
    assert_answer(a, 201, NULL);
    assert_receipt(s, a);
    assert_int_equal(stage_seconds() + 7 * STAGE_DAY,
                     json_integer_value(json_object_get(a->body, "expires")));
    assert_true(strncmp(answer_text(a, "invitation"),
                        "accord-invitation-v1 https://broker.example:9443 ",
                        49) == 0);
    person_clear(&writer);
    person_clear(&root);
}

static void roles_hold(void **state)
{
    struct stage *s = *state;
    struct person root, reader;
    person_first(s, &root, "root");
    person_join_as(s, &root, "reader", "reader", &reader);
    assert_answer(stage_ask(s, as(&reader), HTTP_GET, NULL, "/accord/v1/apps"),
                  200, NULL);
    struct answer *a =
        stage_ask(s, as(&reader), HTTP_POST, json_pack("{s:s}", "name", "a"),
                  "/accord/v1/apps");
    assert_answer(a, 403, "role");
    assert_says(a, "writer");
    assert_answer(stage_ask(s, AS_NOBODY, HTTP_GET, NULL, "/accord/v1/apps"),
                  401, "certificate");
    person_clear(&reader);
    person_clear(&root);
}

static struct answer *patch(struct stage *s, const struct person *by,
                            const struct person *whom, const char *member,
                            const char *value)
{
    return stage_ask(s, as(by), HTTP_PATCH, json_pack("{s:s}", member, value),
                     "/accord/v1/people/%s", whom->text);
}

static void a_changed_role_holds_at_once(void **state)
{
    struct stage *s = *state;
    struct person root, p;
    person_first(s, &root, "root");
    person_join_as(s, &root, "reader", "p", &p);
    assert_answer(patch(s, &p, &p, "role", "manager"), 403, "role");
    struct answer *a = patch(s, &root, &p, "role", "writer");
    assert_answer(a, 200, NULL);
    assert_receipt(s, a);
    assert_string_equal("writer", answer_text(a, "role"));
    assert_answer(stage_ask(s, as(&p), HTTP_POST,
                            json_pack("{s:s}", "name", "a"), "/accord/v1/apps"),
                  201, NULL);
    assert_answer(patch(s, &root, &p, "state", "suspended"), 200, NULL);
    a = me(s, &p);
    assert_answer(a, 403, "suspended");
    assert_newest_leaf(s, API_LEAF_DENIAL, "code", "suspended");
    assert_answer(patch(s, &root, &p, "state", "active"), 200, NULL);
    assert_answer(me(s, &p), 200, NULL);
    assert_answer(patch(s, &root, &p, "state", "gone"), 400, "invalid");
    assert_answer(patch(s, &root, &p, "role", "none"), 400, "invalid");
    person_clear(&p);
    person_clear(&root);
}

static void the_last_manager_stays(void **state)
{
    struct stage *s = *state;
    struct person root, other;
    person_first(s, &root, "root");
    person_join_as(s, &root, "manager", "other", &other);
    assert_answer(patch(s, &root, &other, "state", "suspended"), 200, NULL);
    assert_answer(patch(s, &root, &root, "role", "reader"), 409, "conflict");
    assert_answer(patch(s, &root, &root, "state", "suspended"), 409,
                  "conflict");
    assert_string_equal("manager", answer_text(me(s, &root), "role"));
    assert_answer(patch(s, &root, &other, "state", "active"), 200, NULL);
    assert_answer(patch(s, &root, &root, "role", "reader"), 200, NULL);
    person_clear(&other);
    person_clear(&root);
}

static void joining_again_undoes_nothing(void **state)
{
    struct stage *s = *state;
    struct person root, p;
    char secret[65];
    person_first(s, &root, "root");
    person_make(&p, "p");
    person_invite(s, &root, "writer", secret);
    person_join(s, &p, secret);
    assert_answer(patch(s, &root, &p, "role", "reader"), 200, NULL);
    struct answer *a = join(s, join_body(&p, secret));
    assert_answer(a, 201, NULL);
    assert_string_equal("reader", answer_text(a, "role"));
    assert_answer(patch(s, &root, &p, "state", "suspended"), 200, NULL);
    a = join(s, join_body(&p, secret));
    assert_answer(a, 403, "denied");
    assert_says(a, "this invitation is used: ask for a new one");
    assert_answer(me(s, &p), 403, "suspended");
    person_clear(&p);
    person_clear(&root);
}

/* --- accounts ------------------------------------------------------------ */

static void accounts_do_not_see_each_other(void **state)
{
    struct stage *s = *state;
    struct person root, other;
    person_first(s, &root, "root");
    assert_answer(stage_ask(s, as(&root), HTTP_POST,
                            json_pack("{s:s}", "name", "default"),
                            "/accord/v1/accounts"),
                  409, "conflict");
    struct answer *a =
        stage_ask(s, as(&root), HTTP_POST, json_pack("{s:s}", "name", "second"),
                  "/accord/v1/accounts");
    assert_answer(a, 201, NULL);
    const char *line = answer_text(a, "invitation");
    char secret[65];
    memcpy(secret, line + strlen(line) - 64, 65);
    person_make(&other, "other");
    person_join(s, &other, secret);
    assert_false(api_id_equal(&root.account, &other.account));

    a = stage_ask(s, as(&other), HTTP_GET, NULL, "/accord/v1/people");
    json_t *items = json_object_get(a->body, "items");
    assert_int_equal(1, json_array_size(items));
    assert_string_equal("other", json_string_value(json_object_get(
                                     json_array_get(items, 0), "name")));
    a = patch(s, &other, &root, "role", "reader");
    assert_answer(a, 404, "not-found");
    assert_says(a, "there is no such person in this account");
    person_clear(&other);
    person_clear(&root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(anybody_may_see_what_this_installation_is),
        stage_test(the_first_leaf_is_the_stores_beginning),
        stage_test(whoever_was_invited_joins),
        stage_test(an_answer_that_got_lost_may_be_asked_for_again),
        stage_test(an_invitation_serves_one_key),
        stage_test(an_invitation_serves_one_key_within_one_group_too),
        stage_test(invitations_end),
        stage_test(an_invented_secret_invites_nobody),
        stage_test(the_recovery_key_must_speak_for_itself),
        stage_test(joining_is_read_strictly),
        stage_test(one_key_is_one_person),
        stage_test(only_managers_invite),
        stage_test(roles_hold),
        stage_test(a_changed_role_holds_at_once),
        stage_test(the_last_manager_stays),
        stage_test(joining_again_undoes_nothing),
        stage_test(accounts_do_not_see_each_other),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
