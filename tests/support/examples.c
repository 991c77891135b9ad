#include "tests/support/examples.h"

#include <glob.h>

#include "base/file.h"
#include "tests/support/check.h"

#ifndef EXAMPLES
#error "the build names the directory"
#endif

/* Each one's second text in the place of its first, as often as that stands
 * there; of the same length. */
static void replace(struct buffer *text, const char *const *pairs)
{
    for (; pairs && pairs[0]; pairs += 2) {
        size_t len = strlen(pairs[0]);
        assert_int_equal(len, strlen(pairs[1]));
        for (size_t i = 0; i + len <= text->len; i++)
            if (memcmp(text->data + i, pairs[0], len) == 0)
                memcpy(text->data + i, pairs[1], len);
    }
}

json_t *example(unsigned number, const char *const *pairs)
{
    char pattern[512];
    glob_t found;
    json_t *sample = NULL;
    AUTO_CLEAR_BUFFER text = buffer_make((size_t)1 << 20);
    (void)snprintf(pattern, sizeof(pattern), "%s/%02u_*.json", EXAMPLES,
                   number);
    if (glob(pattern, 0, NULL, &found) != 0)
        return NULL;
    assert_int_equal(1, found.gl_pathc);
    assert_ok(file_read(found.gl_pathv[0], &text));
    replace(&text, pairs);
    assert_ok(api_json_read(buffer_bytes(&text), (size_t)1 << 20, true, &sample,
                            NULL));
    globfree(&found);
    return sample;
}

static json_type type_of(const json_t *value)
{
    json_type type = value ? json_typeof(value) : JSON_NULL;
    return type == JSON_FALSE ? JSON_TRUE : type;
}

static const json_t *first_member(const json_t *object)
{
    json_t *any = (json_t *)(uintptr_t)object;
    return json_object_iter_value(json_object_iter(any));
}

static bool is_like(const json_t *answer, const json_t *sample,
                    const char *where)
{
    const char *name;
    json_t *member, *all = (json_t *)(uintptr_t)sample;
    if (type_of(answer) != type_of(sample)) {
        print_error("%s: not of the sample's type\n", where);
        return false;
    }
    if (json_is_array(sample))
        return json_array_size(sample) == 0 || json_array_size(answer) == 0 ||
               is_like(json_array_get(answer, 0), json_array_get(sample, 0),
                       where);
    json_object_foreach(all, name, member)
    {
        const json_t *own = strlen(name) == 64 ? first_member(answer)
                                               : json_object_get(answer, name);
        if (!is_like(own, member, name))
            return false;
    }
    return true;
}

void assert_like_example(unsigned number, const json_t *answer)
{
    AUTO_JSON *sample = example(number, NULL);
    if (!sample) {
        print_error("SKIPPED: no sample %u in %s: this answer's shape is not "
                    "compared\n",
                    number, EXAMPLES);
        return;
    }
    assert_true(is_like(answer, sample, "answer"));
}
