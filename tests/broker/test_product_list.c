/* Lists of the product: metadata, paging, search, order. */

#include "tests/broker/users_cast.h"

static json_int_t meta(const struct answer *a, const char *member)
{
    return json_integer_value(
        json_object_get(json_object_get(a->body, "metadata"), member));
}

static const char *email_at(const struct answer *a, size_t i)
{
    return json_string_value(json_object_get(
        json_array_get(json_object_get(a->body, "items"), i), "user_email"));
}

static void lists_are_searched_sorted_and_cut(void **state)
{
    struct stage *s = *state;
    struct user u;
    static const char *const guests[] = { "b@one.example", "c@two.example",
                                          "a@one.example" };
    user_make_managing(s, "owner@example.com", &u);
    for (size_t i = 0; i < 3; i++)
        assert_answer(user_ask(s, &u, HTTP_POST,
                               json_pack("{s:s, s:[s]}", "user_email",
                                         guests[i], "roles", "READER"),
                               "/v1/users/invite"),
                      201, NULL);
    struct answer *a = user_ask(s, &u, HTTP_GET, NULL, "/v1/users");
    assert_int_equal(4, meta(a, "total_count"));
    assert_int_equal(4, meta(a, "filtered_count"));
    assert_int_equal(4, meta(a, "limit"));
    assert_int_equal(1, meta(a, "pages"));
    assert_int_equal(0, meta(a, "page"));

    a = user_ask(s, &u, HTTP_GET, NULL,
                 "/v1/users?all_search=ONE.&sort_by=user_email%%3ADESC");
    assert_int_equal(4, meta(a, "total_count"));
    assert_int_equal(2, meta(a, "filtered_count"));
    assert_string_equal("b@one.example", email_at(a, 0));
    assert_string_equal("a@one.example", email_at(a, 1));

    a = user_ask(s, &u, HTTP_GET, NULL,
                 "/v1/users?limit=3&offset=3&sort_by=user_email:ASC");
    assert_int_equal(2, meta(a, "pages"));
    assert_int_equal(1, meta(a, "page"));
    assert_string_equal("owner@example.com", email_at(a, 0));
    assert_int_equal(1, json_array_size(json_object_get(a->body, "items")));

    static const char *const bad[] = { "limit=0",
                                       "limit=x",
                                       "offset=-1",
                                       "sort_by=password:ASC",
                                       "sort_by=user_email:UP",
                                       "limit=1&limit=2" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_event(user_ask(s, &u, HTTP_GET, NULL, "/v1/users?%s", bad[i]),
                     400, "INVALID_QUERY_PARAMETER");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(lists_are_searched_sorted_and_cut),
    };
    return cmocka_run_group_tests(tests, stage_group, NULL);
}
