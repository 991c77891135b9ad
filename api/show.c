/* show.c - names, programs and datasets as parts of a sentence. */

#include "api/show.h"

#include "base/text.h"

void api_show_quoted(const char *text, struct buffer *out)
{
    buffer_put_string(out, "\"");
    api_put_plain(bytes_of_string(text), out);
    buffer_put_string(out, "\"");
}

struct status api_show_member(const json_t *object, const char *name,
                              struct buffer *out)
{
    const char *text;
    TRY(api_json_text(object, name, &text, NULL));
    api_show_quoted(text, out);
    return OK;
}

void api_show_owner(const json_t *manifest, const char *owner,
                    struct buffer *out)
{
    json_t *people = json_object_get(manifest, "people");
    const char *id;
    json_t *person;
    json_object_foreach(people, id, person)
    {
        const char *its = json_string_value(json_object_get(person, "owner"));
        const char *name = json_string_value(json_object_get(person, "name"));
        if (its && name && strcmp(its, owner) == 0) {
            api_show_quoted(name, out);
            return;
        }
    }
    buffer_put_string(out, "somebody");
}

const char *api_show_verb(const char *port)
{
    return strncmp(port, "out", 3) == 0 ? "writes" : "reads";
}

struct status api_show_dataset(const json_t *manifest, const json_t *entry,
                               struct buffer *out)
{
    const char *owner, *location;
    TRY(api_show_member(entry, "name", out));
    buffer_put_string(out, " (dataset ");
    TRY(api_show_member(entry, "dataset_name", out));
    buffer_put_string(out, " of ");
    TRY(api_json_text(entry, "owner", &owner, NULL));
    api_show_owner(manifest, owner, out);
    buffer_put_string(out, ", at ");
    TRY(api_json_text(entry, "location", &location, NULL));
    api_put_plain(bytes_of_string(location), out);
    buffer_put_string(out, ")");
    return OK;
}

struct status api_show_build(const json_t *manifest, const json_t *app,
                             struct buffer *out)
{
    const char *owner, *build;
    TRY(api_show_member(app, "build_name", out));
    buffer_put_string(out, " of ");
    TRY(api_json_text(app, "owner", &owner, NULL));
    api_show_owner(manifest, owner, out);
    TRY(api_json_text(app, "build", &build, NULL));
    buffer_put_string(out, " (");
    api_put_plain(bytes_of_string(build), out);
    buffer_put_string(out, ")");
    return OK;
}
