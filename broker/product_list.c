/* product_list.c - GET of many: filters, all_search, sort_by, paging
 * (section 5.1 of the wire contract). */

#include <stdlib.h>
#include <strings.h>

#include "broker/product.h"

#define QUERY_MAX 1024
#define SORTS_MAX 4

struct sorting {
    struct bytes member;
    const char *outer; /* the object that has it; NULL: the item */
    bool descending;
};

struct asked {
    char search[QUERY_MAX];
    struct sorting sort[SORTS_MAX];
    size_t sorts;
    int64_t limit, offset; /* limit -1: none */
};

static struct status bad_query(struct exchange *x, const char *name,
                               const char *expected)
{
    return product_refuse(x, 400, "INVALID_QUERY_PARAMETER", "%s: expected %s",
                          name, expected);
}

/* *there is false when the parameter is absent or empty. */
static struct status query(struct exchange *x, const char *name,
                           char out[QUERY_MAX], bool *there)
{
    struct status s = http_query_value(x->request.query, name, out, QUERY_MAX);
    if (s.code == STATUS_INVALID)
        return bad_query(x, name, "one short text");
    *there = !failed(s) && out[0];
    return OK;
}

static struct status query_number(struct exchange *x, const char *name,
                                  int64_t least, int64_t *out)
{
    char text[QUERY_MAX], *end;
    bool there;
    TRY(query(x, name, text, &there));
    if (!there)
        return OK;
    long long number = strtoll(text, &end, 10);
    if (*end || text[0] < '0' || text[0] > '9' || number < least ||
        number > INT32_MAX)
        return bad_query(x, name, "a number");
    *out = number;
    return OK;
}

/* The one that is `name`, or begins with `name` and an equals sign. */
static const char *known(const char *const *names, struct bytes name)
{
    for (; names && *names; names++)
        if (bytes_equal(bytes_of(*names, strcspn(*names, "=")), name))
            return *names;
    return NULL;
}

/* key:ASC or key:DESC, or only the key. */
static struct status read_sort(struct exchange *x, const char *item, size_t len,
                               const struct product_list *list,
                               struct asked *asked)
{
    const char *colon = memchr(item, ':', len);
    size_t key = colon ? (size_t)(colon - item) : len;
    struct bytes way = bytes_of(item + key, len - key);
    bool descending = bytes_equal(way, bytes_of_string(":DESC"));
    const char *member = known(list->sort, bytes_of(item, key));
    if (!member || asked->sorts == SORTS_MAX ||
        (way.len > 0 && !descending &&
         !bytes_equal(way, bytes_of_string(":ASC"))))
        return bad_query(x, "sort_by", "member:ASC or member:DESC");
    asked->sort[asked->sorts++] =
        (struct sorting){ bytes_of(member, key),
                          member[key] ? member + key + 1 : NULL, descending };
    return OK;
}

static struct status read_asked(struct exchange *x,
                                const struct product_list *list,
                                struct asked *asked)
{
    char sort[QUERY_MAX];
    bool there;
    asked->limit = -1;
    TRY(query_number(x, "limit", 1, &asked->limit));
    TRY(query_number(x, "offset", 0, &asked->offset));
    TRY(query(x, "all_search", asked->search, &there));
    if (!there)
        asked->search[0] = '\0';
    TRY(query(x, "sort_by", sort, &there));
    for (const char *at = there ? sort : NULL; at;) {
        size_t len = strcspn(at, ",");
        TRY(read_sort(x, at, len, list, asked));
        at = at[len] ? at + len + 1 : NULL;
    }
    return OK;
}

/* --- filters ------------------------------------------------------------- */

/* Texts as they are, numbers in decimal, a state by its "status", an entity by
 * the id it has, a node's SGX by its version. */
static bool equals_one(const json_t *value, const char *text)
{
    static const char *const inner[] = { "status", "user", "workflow",
                                         "version" };
    for (size_t i = 0; json_is_object(value) && i < 4; i++)
        if (json_object_get(value, inner[i]))
            value = json_object_get(value, inner[i]);
    if (json_is_string(value))
        return strcmp(json_string_value(value), text) == 0;
    if (json_is_integer(value)) {
        char decimal[24];
        (void)snprintf(decimal, sizeof(decimal), "%lld",
                       (long long)json_integer_value(value));
        return strcmp(decimal, text) == 0;
    }
    return false;
}

/* Of a list, any element. */
static bool equals(const json_t *value, const char *text)
{
    if (!json_is_array(value))
        return equals_one(value, text);
    for (size_t i = 0; i < json_array_size(value); i++)
        if (equals_one(json_array_get(value, i), text))
            return true;
    return false;
}

static bool found_in(const json_t *item, const char *const *members,
                     const char *text)
{
    size_t len = strlen(text);
    for (; members && *members; members++) {
        const char *at = json_string_value(json_object_get(item, *members));
        for (; at && *at; at++)
            if (strncasecmp(at, text, len) == 0)
                return true;
    }
    return false;
}

/* "parameter", or "parameter=member" where they have two names. */
static struct status keep_equal(struct exchange *x, json_t *items,
                                const char *const *filters)
{
    char text[QUERY_MAX], name[64];
    bool there;
    for (; filters && *filters; filters++) {
        if (strcmp(*filters, "filter") == 0)
            continue; /* keep_labelled */
        const char *equal = strchr(*filters, '=');
        const char *member = equal ? equal + 1 : *filters;
        (void)snprintf(name, sizeof(name), "%.*s",
                       (int)(equal ? equal - *filters : 63), *filters);
        TRY(query(x, name, text, &there));
        for (size_t i = there ? json_array_size(items) : 0; i-- > 0;)
            if (!equals(json_object_get(json_array_get(items, i), member),
                        text))
                (void)json_array_remove(items, i);
    }
    return OK;
}

static bool has_labels(const json_t *item, json_t *wanted)
{
    const json_t *labels = json_object_get(item, "labels");
    const char *name;
    json_t *value;
    json_object_foreach(wanted, name, value)
    {
        if (!json_equal(json_object_get(labels, name), value))
            return false;
    }
    return true;
}

/* The newer API's `filter`: by labels, where items have some. */
static struct status keep_labelled(struct exchange *x, json_t *items,
                                   const struct product_list *list)
{
    static const char *const names[] = { "labels" };
    char text[QUERY_MAX];
    bool there;
    AUTO_JSON *filter = NULL;
    TRY(query(x, "filter", text, &there));
    if (!there)
        return OK;
    if (!known(list->filters, bytes_of_string("filter")))
        return product_refuse(x, 400, "INVALID_QUERY_PARAMETER",
                              "filter: this list has none");
    if (failed(api_json_read(bytes_of_string(text), QUERY_MAX, false, &filter,
                             NULL)) ||
        failed(api_json_only(filter, names, 1, NULL)) ||
        !json_is_object(json_object_get(filter, "labels")))
        return bad_query(x, "filter", "{\"labels\": {name: text}}");
    json_t *wanted = json_object_get(filter, "labels");
    for (size_t i = json_array_size(items); i-- > 0;)
        if (!has_labels(json_array_get(items, i), wanted))
            (void)json_array_remove(items, i);
    return OK;
}

static void keep_found(json_t *items, const char *const *members,
                       const char *text)
{
    for (size_t i = text[0] ? json_array_size(items) : 0; i-- > 0;)
        if (!found_in(json_array_get(items, i), members, text))
            (void)json_array_remove(items, i);
}

/* --- sorting ------------------------------------------------------------- */

static int compare_values(const json_t *a, const json_t *b)
{
    if (json_is_string(a) && json_is_string(b))
        return strcasecmp(json_string_value(a), json_string_value(b));
    json_int_t one = json_integer_value(a), other = json_integer_value(b);
    return one < other ? -1 : one > other;
}

static const json_t *value_of(const json_t *item, const struct sorting *s)
{
    if (s->outer)
        item = json_object_get(item, s->outer);
    return json_object_getn(item, (const char *)s->member.at, s->member.len);
}

struct ranked {
    json_t *item; /* borrowed from the list */
    size_t place;
    const struct asked *asked;
};

static int compare(const void *one, const void *other)
{
    const struct ranked *a = one, *b = other;
    for (size_t i = 0; i < a->asked->sorts; i++) {
        const struct sorting *s = &a->asked->sort[i];
        int way = compare_values(value_of(a->item, s), value_of(b->item, s));
        if (way != 0)
            return s->descending ? -way : way;
    }
    return a->place < b->place ? -1 : 1;
}

/* What was asked for out of `items`, in order, as a new array. */
static json_t *cut(const json_t *items, const struct asked *asked)
{
    size_t count = json_array_size(items), begin = (size_t)asked->offset;
    size_t many = asked->limit < 0 ? count : (size_t)asked->limit;
    struct ranked *ranked = calloc(count + 1, sizeof(*ranked));
    json_t *page = json_array();
    for (size_t i = 0; ranked && i < count; i++)
        ranked[i] = (struct ranked){ json_array_get(items, i), i, asked };
    if (ranked && asked->sorts > 0)
        qsort(ranked, count, sizeof(*ranked), compare);
    for (size_t i = begin; page && ranked && i < count && i - begin < many; i++)
        if (json_array_append(page, ranked[i].item) != 0) {
            json_decref(page);
            page = NULL;
        }
    if (!ranked) {
        json_decref(page);
        page = NULL;
    }
    free(ranked);
    return page;
}

struct status product_answer_list(struct exchange *x, json_t *items,
                                  const struct product_list *list)
{
    AUTO_JSON *all = items;
    struct asked asked = { .sorts = 0 };
    TRY(read_asked(x, list, &asked));
    size_t total = json_array_size(all);
    TRY(keep_equal(x, all, list->filters));
    TRY(keep_labelled(x, all, list));
    keep_found(all, list->search, asked.search);

    int64_t filtered = (int64_t)json_array_size(all);
    int64_t size = asked.limit > 0 ? asked.limit : filtered > 0 ? filtered : 1;
    x->answer = json_pack("{s:{s:I, s:I, s:I, s:I, s:I}, s:o}", "metadata",
                          "page", (json_int_t)(asked.offset / size), "pages",
                          (json_int_t)((filtered + size - 1) / size), "limit",
                          (json_int_t)size, "total_count", (json_int_t)total,
                          "filtered_count", (json_int_t)filtered, "items",
                          cut(all, &asked));
    return x->answer ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

/* --- labels -------------------------------------------------------------- */

struct status product_count_labels(json_t *items, const json_t *labels)
{
    const char *key;
    json_t *value, *item;
    size_t i;
    json_object_foreach((json_t *)(uintptr_t)labels, key, value)
    {
        bool found = false;
        json_array_foreach(items, i, item)
        {
            json_t *count = json_object_get(item, "count");
            if (strcmp(json_string_value(json_object_get(item, "key")), key) ||
                !json_equal(json_object_get(item, "value"), value))
                continue;
            found = true;
            (void)json_integer_set(count, json_integer_value(count) + 1);
        }
        if (!found && json_array_append_new(
                          items, json_pack("{s:s, s:O, s:i}", "key", key,
                                           "value", value, "count", 1)) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
    }
    return OK;
}
