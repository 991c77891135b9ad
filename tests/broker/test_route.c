/* Method and path to a row: placeholders, encoded segments, 404 and 405. */

#include "broker/broker.h"
#include "broker/route.h"
#include "tests/support/check.h"

static struct status nothing(struct exchange *x)
{
    (void)x;
    return OK;
}

static const struct route first[] = {
    { HTTP_GET, "/a", ANYBODY, ACCORD, .answer = nothing },
    { HTTP_POST, "/a", ANYBODY, ACCORD, .answer = nothing },
    { HTTP_GET, "/a/{}", ANYBODY, ACCORD, .answer = nothing },
    { 0 },
};
static const struct route second[] = {
    { HTTP_GET, "/a/{}/b/{}", ANYBODY, ACCORD, .answer = nothing },
    { HTTP_DELETE, "/a/{}", ANYBODY, ACCORD, .answer = nothing },
    { 0 },
};
static const struct route *const groups[] = { first, second, NULL };

static struct status find(struct exchange *x, enum http_method method,
                          const char *path)
{
    *x = (struct exchange){ .request = { .method = method,
                                         .path = bytes_of_string(path) } };
    return route_find(x, groups);
}

static void the_row_of_method_and_path_is_found(void **state)
{
    (void)state;
    struct exchange x;
    assert_ok(find(&x, HTTP_GET, "/a"));
    assert_ptr_equal(&first[0], x.route);
    assert_ok(find(&x, HTTP_POST, "/a"));
    assert_ptr_equal(&first[1], x.route);
    assert_ok(find(&x, HTTP_DELETE, "/a/x")); /* in another group */
    assert_ptr_equal(&second[1], x.route);
}

static void a_placeholder_takes_one_segment_decoded(void **state)
{
    (void)state;
    struct exchange x;
    assert_ok(find(&x, HTTP_GET, "/a/one"));
    assert_string_equal("one", x.part[0]);
    assert_ok(find(&x, HTTP_GET, "/a/one/b/two"));
    assert_string_equal("one", x.part[0]);
    assert_string_equal("two", x.part[1]);
    assert_ok(find(&x, HTTP_GET, "/a/%7Bx%7D%20y"));
    assert_string_equal("{x} y", x.part[0]);
}

static void literal_segments_are_not_decoded(void **state)
{
    (void)state;
    struct exchange x;
    assert_status(STATUS_NOT_FOUND, find(&x, HTTP_GET, "/%61"));
}

static void other_paths_are_not_found(void **state)
{
    (void)state;
    struct exchange x;
    static const char *const paths[] = { "/",          "/b",       "/a/",
                                         "/a/x/b",     "/a/x/c/y", "/A",
                                         "/a/x/b/y/z", "/ab" };
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        assert_status(STATUS_NOT_FOUND, find(&x, HTTP_GET, paths[i]));
        assert_int_equal(0, x.http_status);
        assert_null(x.route);
    }
}

static void another_method_is_said_to_be_the_matter(void **state)
{
    (void)state;
    struct exchange x;
    assert_status(STATUS_INVALID, find(&x, HTTP_DELETE, "/a"));
    assert_int_equal(405, x.http_status);
    assert_string_equal("GET, POST", x.allow);
    assert_non_null(strstr(x.why.text, "DELETE"));
    assert_null(x.route);
    assert_status(STATUS_INVALID, find(&x, HTTP_PUT, "/a/x"));
    assert_int_equal(405, x.http_status);
}

static void a_segment_that_does_not_fit_is_not_found(void **state)
{
    (void)state;
    struct exchange x;
    char path[128] = "/a/";
    memset(path + 3, 'x', 95);
    path[98] = '\0';
    assert_ok(find(&x, HTTP_GET, path));
    assert_int_equal(95, strlen(x.part[0]));
    path[98] = 'x';
    path[99] = '\0';
    assert_status(STATUS_NOT_FOUND, find(&x, HTTP_GET, path));
    assert_status(STATUS_NOT_FOUND, find(&x, HTTP_GET, "/a/%ff"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_row_of_method_and_path_is_found),
        cmocka_unit_test(a_placeholder_takes_one_segment_decoded),
        cmocka_unit_test(literal_segments_are_not_decoded),
        cmocka_unit_test(other_paths_are_not_found),
        cmocka_unit_test(another_method_is_said_to_be_the_matter),
        cmocka_unit_test(a_segment_that_does_not_fit_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
