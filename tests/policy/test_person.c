/* People: found by account and id, by key, by owner hash; a replaced key
 * names nobody. */

#include "policy/nouns.h"
#include "tests/policy/fixture.h"

static struct api_id id_of(unsigned char with)
{
    struct api_id id;
    memset(id.bytes, with, sizeof(id.bytes));
    return id;
}

/* A person with fresh keys; the key is the caller's. */
static void make(struct policy_person *p, unsigned char id,
                 struct api_key **key)
{
    AUTO_FREE(api_key) recovery = NULL;
    *p = (struct policy_person){ .account = id_of(0xaa),
                                 .person = id_of(id),
                                 .name = "somebody",
                                 .role = POLICY_WRITER,
                                 .certificate_not_after = 2000,
                                 .created_at = 1000 };
    assert_ok(api_key_generate(key));
    assert_ok(api_key_generate(&recovery));
    p->owner.first = api_key_signer(*key).key;
    p->owner.recovery = api_key_signer(recovery).key;
    assert_ok(api_owner_hash(&p->owner, &p->owner_hash));
    assert_ok(api_spki_hash(&p->owner.first, &p->key));
}

static void put_person(struct fixture *f, const struct policy_person *p)
{
    AUTO_FREE(policy_txn) txn = NULL;
    assert_ok(policy_write(f->policy, &txn));
    assert_ok(policy_person_put(txn, p));
    assert_ok(policy_commit(txn));
}

static void assert_same(const struct policy_person *a,
                        const struct policy_person *b)
{
    assert_true(api_id_equal(&a->account, &b->account));
    assert_true(api_id_equal(&a->person, &b->person));
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->role, b->role);
    assert_int_equal(a->suspended, b->suspended);
    assert_true(hash_equal(&a->owner_hash, &b->owner_hash));
    assert_true(hash_equal(&a->key, &b->key));
    assert_true(api_spki_equal(&a->owner.recovery, &b->owner.recovery));
    assert_int_equal(a->certificate_not_after, b->certificate_not_after);
    assert_int_equal(a->created_at, b->created_at);
}

static void a_person_is_found_three_ways(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_FREE(api_key) key = NULL;
    struct policy_person p, found;
    make(&p, 1, &key);
    p.suspended = true;
    put_person(f, &p);
    assert_ok(policy_read(f->policy, &txn));
    assert_ok(policy_person_get(txn, &p.account, &p.person, &found));
    assert_same(&p, &found);
    assert_ok(policy_person_find(txn, &p.key, &found));
    assert_same(&p, &found);
    assert_ok(policy_person_of_owner(txn, &p.account, &p.owner_hash, &found));
    assert_same(&p, &found);
}

static void nobody_is_found_elsewhere(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_FREE(api_key) key = NULL;
    struct policy_person p, found;
    struct api_id other = id_of(0xbb);
    make(&p, 1, &key);
    put_person(f, &p);
    assert_ok(policy_read(f->policy, &txn));
    assert_status(STATUS_NOT_FOUND,
                  policy_person_get(txn, &other, &p.person, &found));
    assert_status(STATUS_NOT_FOUND,
                  policy_person_of_owner(txn, &other, &p.owner_hash, &found));
    assert_status(STATUS_NOT_FOUND,
                  policy_person_of_owner(txn, &p.account, &p.key, &found));
    assert_status(STATUS_NOT_FOUND,
                  policy_person_find(txn, &p.owner_hash, &found));
}

static void a_replaced_key_names_nobody(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_FREE(api_key) key = NULL;
    AUTO_FREE(api_key) fresh = NULL;
    struct policy_person p, found;
    struct reason why = { "" };
    make(&p, 1, &key);
    put_person(f, &p);
    struct hash old = p.key;
    assert_ok(api_key_generate(&fresh));
    struct api_spki spki = api_key_signer(fresh).key;
    struct api_signer signer = api_key_signer(key);
    assert_ok(api_owner_change(&p.owner, &spki, &signer, &why));
    assert_ok(api_spki_hash(&spki, &p.key));
    put_person(f, &p);
    assert_ok(policy_read(f->policy, &txn));
    assert_status(STATUS_NOT_FOUND, policy_person_find(txn, &old, &found));
    assert_ok(policy_person_find(txn, &p.key, &found));
    assert_int_equal(1, found.owner.changes);
    assert_ok(policy_person_of_owner(txn, &p.account, &p.owner_hash, &found));
}

static void the_view_is_what_http_promises(void **state)
{
    (void)state;
    AUTO_FREE(api_key) key = NULL;
    struct policy_person p;
    static const char *const members[] = { "person", "name",
                                           "role",   "owner",
                                           "state",  "owner_hash",
                                           "key",    "certificate_not_after" };
    make(&p, 1, &key);
    AUTO_JSON *view = policy_person_view(&p);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        assert_non_null(json_object_get(view, members[i]));
    assert_string_equal("active",
                        json_string_value(json_object_get(view, "state")));
}

static void roles_have_names_and_an_order(void **state)
{
    (void)state;
    enum policy_role role = POLICY_NO_ROLE;
    for (int r = POLICY_READER; r <= POLICY_MANAGER; r++) {
        assert_ok(
            policy_role_parse(policy_role_name((enum policy_role)r), &role));
        assert_int_equal(r, role);
    }
    assert_true(POLICY_READER < POLICY_WRITER &&
                POLICY_WRITER < POLICY_MANAGER);
    assert_status(STATUS_INVALID, policy_role_parse("none", &role));
    assert_status(STATUS_INVALID, policy_role_parse("Manager", &role));
    assert_status(STATUS_INVALID, policy_role_parse("", &role));
}

static void a_broken_record_is_corrupt_and_not_a_person(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_FREE(api_key) key = NULL;
    struct policy_person p, found;
    make(&p, 1, &key);
    static const char *const members[] = { "role", "owner", "key",
                                           "name", "state", "created_at" };
    assert_ok(policy_write(f->policy, &txn));
    struct policy_key at = policy_key(POLICY_PERSON, api_id_bytes(&p.account),
                                      api_id_bytes(&p.person));
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        AUTO_JSON *view = policy_person_view(&p);
        (void)json_object_del(view, members[i]);
        policy_put_json(txn, &at, view);
        assert_status(STATUS_CORRUPT,
                      policy_person_get(txn, &p.account, &p.person, &found));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        store_test(a_person_is_found_three_ways),
        store_test(nobody_is_found_elsewhere),
        store_test(a_replaced_key_names_nobody),
        cmocka_unit_test(the_view_is_what_http_promises),
        cmocka_unit_test(roles_have_names_and_an_order),
        store_test(a_broken_record_is_corrupt_and_not_a_person),
    };
    return cmocka_run_group_tests(tests, fixture_group, NULL);
}
