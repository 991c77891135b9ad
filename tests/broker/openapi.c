#include "tests/broker/openapi.h"

#include <stdio.h>

#include "base/file.h"
#include "tests/support/check.h"

json_t *openapi(void)
{
    static json_t *document;
    AUTO_CLEAR_BUFFER text = buffer_make((size_t)4 << 20);
    struct reason why = { "" };
    if (document)
        return document;
    assert_ok(file_read(OPENAPI_JSON, &text));
    struct status s = api_json_read(buffer_bytes(&text), (size_t)4 << 20, false,
                                    &document, &why);
    if (failed(s))
        fail_msg("docs/openapi.json: %s", why.text);
    return document;
}

/* "/a/{name}" is the row's "/a/{}". */
static bool same_path(const char *written, const char *row)
{
    while (*written && *row) {
        if (*written == '{' && *row == '{') {
            written = strchr(written, '}');
            row++; /* both at their '}' */
            if (!written)
                return false;
        }
        if (*written++ != *row++)
            return false;
    }
    return !*written && !*row;
}

static const char *member_of(enum http_method method)
{
    static const char *const names[] = { [HTTP_GET] = "get",
                                         [HTTP_POST] = "post",
                                         [HTTP_PUT] = "put",
                                         [HTTP_PATCH] = "patch",
                                         [HTTP_DELETE] = "delete" };
    return names[method];
}

json_t *openapi_operation(const struct route *route)
{
    json_t *paths = json_object_get(openapi(), "paths"), *operations;
    const char *path;
    json_object_foreach(paths, path, operations) if (
        same_path(path,
                  route->path)) return json_object_get(operations,
                                                       member_of(
                                                           route->method));
    return NULL;
}

bool openapi_lists(const struct route *route, int status)
{
    char text[16];
    if (route->path[1] != 'v' && strncmp(route->path, "/accord/", 8) != 0)
        return true; /* not /accord/v1 and not /v1 */
    (void)snprintf(text, sizeof(text), "%d", status);
    json_t *responses = json_object_get(openapi_operation(route), "responses");
    bool any = status >= 500 && status != 501;
    return json_object_get(responses, any ? "default" : text) != NULL;
}
