/* docs/openapi.json says what the routes tables say: every row is an
 * operation, every operation a row, and who may ask is the same. That each
 * status a row answers is listed is seen by stage_ask.c, in every test. */

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "tests/broker/openapi.h"
#include "tests/support/check.h"

static bool is_documented(const struct route *r)
{
    return strncmp(r->path, "/accord/v1/", 11) == 0 ||
           strncmp(r->path, "/v1/", 4) == 0;
}

typedef void (*each_row)(const struct route *route);

static void for_each_row(each_row check)
{
    for (const struct route *const *g = route_groups; *g; g++)
        for (const struct route *r = *g; r->path; r++)
            if (is_documented(r))
                check(r);
}

/* --- rows and operations ------------------------------------------------- */

static void has_an_operation(const struct route *r)
{
    if (!openapi_operation(r))
        fail_msg("docs/openapi.json lacks %s %s", http_method_name(r->method),
                 r->path);
}

static void every_row_is_an_operation(void **state)
{
    (void)state;
    for_each_row(has_an_operation);
}

static size_t rows;

static void count(const struct route *r)
{
    rows += r->path != NULL;
}

static void every_operation_is_a_row(void **state)
{
    (void)state;
    json_t *path, *operation;
    const char *name, *method;
    size_t operations = 0;
    json_object_foreach(json_object_get(openapi(), "paths"), name, path)
        json_object_foreach(path, method, operation) operations++;
    rows = 0;
    for_each_row(count);
    assert_int_equal(rows, operations); /* each row has its own: see above */
}

/* --- who may ask --------------------------------------------------------- */

/* The alternatives of `security`, canonical. */
static const char *const security[] = {
    [ANYBODY] = "[]",
    [A_READER] = "[{\"person\":[\"reader\"]}]",
    [A_WRITER] = "[{\"person\":[\"writer\"]}]",
    [A_MANAGER] = "[{\"person\":[\"manager\"]}]",
    [AN_ENCLAVE] = "[{\"enclave\":[]}]",
    [A_USER] = "[{\"session\":[]},{\"cookie\":[],\"csrf\":[]}]",
    [A_USER_READING] = "[{\"session\":[\"READER\"]},{\"cookie\":[\"READER\"],"
                       "\"csrf\":[]}]",
    [A_USER_WRITING] = "[{\"session\":[\"WRITER\"]},{\"cookie\":[\"WRITER\"],"
                       "\"csrf\":[]}]",
    [A_USER_MANAGING] = "[{\"session\":[\"MANAGER\"]},{\"cookie\":["
                        "\"MANAGER\"],\"csrf\":[]}]",
    [A_NODE] = "[{\"node\":[]}]",
    [A_JOINER] = "[{\"joinToken\":[]},{\"node\":[]}]",
};

static void says_who(const struct route *r)
{
    AUTO_CLEAR_BUFFER text = buffer_make(4096);
    const json_t *is = json_object_get(openapi_operation(r), "security");
    assert_non_null(is);
    assert_ok(api_json_canonical(is, &text));
    buffer_put_u8(&text, '\0');
    const char *want = security[r->who];
    if (strcmp(r->path, "/v1/sys/auth") == 0) /* anybody, with a password */
        want = "[{\"basic\":[]}]";
    if (strcmp(want, (const char *)text.data) != 0)
        fail_msg("%s %s: docs/openapi.json says %s, the row %s",
                 http_method_name(r->method), r->path, (const char *)text.data,
                 want);
}

static void who_may_ask_is_what_the_rows_say(void **state)
{
    (void)state;
    for_each_row(says_who);
}

/* --- form ---------------------------------------------------------------- */

static bool has_parameter(const json_t *operation, const char *name, size_t len)
{
    const json_t *list = json_object_get(operation, "parameters");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *p = json_array_get(list, i);
        const char *is = json_string_value(json_object_get(p, "name"));
        const char *in = json_string_value(json_object_get(p, "in"));
        if (is && in && strcmp(in, "path") == 0 && strlen(is) == len &&
            memcmp(is, name, len) == 0)
            return true;
    }
    return false;
}

static void every_placeholder_is_a_parameter(void **state)
{
    (void)state;
    json_t *path, *operation;
    const char *name, *method;
    json_object_foreach(json_object_get(openapi(), "paths"), name, path)
        json_object_foreach(path, method,
                            operation) for (const char *at = strchr(name, '{');
                                            at; at = strchr(at + 1, '{'))
    {
        size_t len = (size_t)(strchr(at, '}') - at - 1);
        if (!has_parameter(operation, at + 1, len))
            fail_msg("%s %s: {%.*s} is no parameter", method, name, (int)len,
                     at + 1);
    }
}

/* "#/components/schemas/User" */
static bool resolves(const char *reference)
{
    char part[128];
    const json_t *at = openapi();
    if (strncmp(reference, "#/", 2) != 0)
        return false;
    for (reference += 2; at && *reference;) {
        size_t len = strcspn(reference, "/");
        (void)snprintf(part, sizeof(part), "%.*s", (int)len, reference);
        at = json_object_get(at, part);
        reference += len + (reference[len] == '/');
    }
    return at != NULL;
}

static void check_references(json_t *value)
{
    json_t *member;
    const char *name;
    size_t i;
    json_array_foreach(value, i, member) check_references(member);
    json_object_foreach(value, name, member)
    {
        if (strcmp(name, "$ref") == 0 && !resolves(json_string_value(member)))
            fail_msg("%s is nowhere", json_string_value(member));
        check_references(member);
    }
}

static void every_reference_is_there(void **state)
{
    (void)state;
    check_references(openapi());
}

static void answers_something(const struct route *r)
{
    const json_t *responses =
        json_object_get(openapi_operation(r), "responses");
    static const char *const good[] = { "200", "201", "202", "204" };
    bool found = false;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        found |= json_object_get(responses, good[i]) != NULL;
    if (!found || !json_object_get(responses, "default"))
        fail_msg("%s %s: a success and \"default\" are wanted",
                 http_method_name(r->method), r->path);
    if (r->who != ANYBODY && (!json_object_get(responses, "401") ||
                              !json_object_get(responses, "403")))
        fail_msg("%s %s: not everybody is let in: 401 and 403",
                 http_method_name(r->method), r->path);
}

static void every_operation_says_how_it_ends(void **state)
{
    (void)state;
    assert_string_equal(
        "3.1.0", json_string_value(json_object_get(openapi(), "openapi")));
    for_each_row(answers_something);
}

static int group(void **state)
{
    (void)state;
    api_json_memory_open();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_an_operation),
        cmocka_unit_test(every_operation_is_a_row),
        cmocka_unit_test(who_may_ask_is_what_the_rows_say),
        cmocka_unit_test(every_placeholder_is_a_parameter),
        cmocka_unit_test(every_reference_is_there),
        cmocka_unit_test(every_operation_says_how_it_ends),
    };
    return cmocka_run_group_tests(tests, group, NULL);
}
