/* draw.c - the workflow graph as text: one picture per app, what it reads at
 * its left and what it writes at its right, three lines for each:
 *
 *     ┌──────────┐           ┌───────┐            ┌────────┐
 *     │ patients ├─ input ──▶│ app-1 ├─ output ──▶│ result │
 *     └──────────┘           └───────┘            └────────┘ */

#include "api/graph.h"
#include "api/sentences.h"
#include "api/show.h"
#include "api/sorted.h"

/* Longer names and ports make no drawing (STATUS_INVALID). */
#define LABEL_MAX 4096

/* What lines are made of. */
struct strokes {
    const char *across, *down, *leave, *arrow;
    const char *left[2], *right[2]; /* corners: top, bottom */
};

static const struct strokes box_strokes = {
    "─", "│", "├", "▶", { "┌", "└" }, { "┐", "┘" },
};
static const struct strokes ascii_strokes = {
    "-", "|", "|", ">", { "+", "+" }, { "+", "+" },
};

struct picture {
    const json_t *objects, *edges;
    const struct strokes *strokes;
    struct buffer *out;
    json_t *beside; /* object key -> {key of an app it is connected to} */
};

/* What is at one side of an app: labels and ports, and the widest of each. */
struct side {
    json_t *labels, *ports;
    size_t label_width, port_width;
};

static STATUS out_of_memory(void)
{
    return failure(STATUS_NO_MEMORY, "json", 0);
}

/* Columns: every character that is shown takes one. */
static size_t width(const char *text)
{
    size_t columns = 0;
    for (; *text; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

static void repeat(struct buffer *out, const char *stroke, size_t times)
{
    while (times-- > 0)
        buffer_put_string(out, stroke);
}

/* --- what is connected */

typedef STATUS (*link_fn)(struct picture *p, void *context, const char *app,
                          const char *port, const char *other);

static STATUS visit_end(struct picture *p, const json_t *near,
                        const json_t *far, link_fn visit, void *context)
{
    const char *app = api_graph_text(near, "id");
    const char *other = api_graph_text(far, "id");
    const char *port = api_graph_text(near, "port");
    if (!app || !other ||
        api_graph_kind_of(json_object_get(p->objects, app)) != API_GRAPH_APP ||
        !json_is_object(json_object_get(p->objects, other)))
        return OK;
    return visit(p, context, app, port && *port ? port : "?", other);
}

/* Calls `visit` for each end of an edge that is at an app. */
static STATUS visit_links(struct picture *p, link_fn visit, void *context)
{
    AUTO_SORTED sorted = { 0 };
    TRY(api_sorted_names(p->edges, &sorted));
    for (size_t i = 0; i < sorted.count; i++) {
        const json_t *edge = json_object_get(p->edges, sorted.names[i]);
        const json_t *source = json_object_get(edge, "source");
        const json_t *target = json_object_get(edge, "target");
        TRY(visit_end(p, source, target, visit, context));
        TRY(visit_end(p, target, source, visit, context));
    }
    return OK;
}

static STATUS note_beside(struct picture *p, void *context, const char *app,
                          const char *port, const char *other)
{
    (void)context;
    (void)port;
    json_t *apps = json_object_get(p->beside, other);
    if (!apps) {
        apps = json_object();
        if (json_object_set_new(p->beside, other, apps) != 0)
            return out_of_memory();
    }
    return json_object_set_new(apps, app, json_true()) == 0 ? OK
                                                            : out_of_memory();
}

static STATUS text_of(const struct buffer *text, json_t **out)
{
    TRY(buffer_status(text));
    *out = json_stringn((const char *)text->data, text->len);
    return *out ? OK : out_of_memory();
}

/* The object's name, safe to show, with its mark. */
static STATUS label_of(const struct picture *p, const char *key, json_t **out)
{
    AUTO_CLEAR_BUFFER text = buffer_make(LABEL_MAX);
    const json_t *object = json_object_get(p->objects, key);
    const char *name = api_graph_text(object, "name");
    size_t apps = json_object_size(json_object_get(p->beside, key));
    enum api_graph_kind kind = api_graph_kind_of(object);
    api_put_plain(bytes_of_string(name ? name : key), &text);
    if (text.len == 0 || kind == API_GRAPH_PLACEHOLDER ||
        kind == API_GRAPH_NOTHING)
        buffer_put_string(&text, "?");
    if (apps > 1)
        buffer_put_string(&text, " *");
    return text_of(&text, out);
}

/* --- one app */

struct app_sides {
    const char *app;
    struct side reads, writes;
};

static STATUS add_link(struct picture *p, void *context, const char *app,
                       const char *port, const char *other)
{
    struct app_sides *sides = context;
    if (strcmp(app, sides->app) != 0)
        return OK;
    struct side *side = strcmp(api_show_verb(port), "writes") == 0
                            ? &sides->writes
                            : &sides->reads;
    AUTO_CLEAR_BUFFER plain = buffer_make(LABEL_MAX);
    AUTO_JSON *label = NULL, *port_text = NULL;
    api_put_plain(bytes_of_string(port), &plain);
    TRY(label_of(p, other, &label));
    TRY(text_of(&plain, &port_text));
    size_t label_width = width(json_string_value(label));
    size_t port_width = width(json_string_value(port_text));
    if (json_array_append(side->labels, label) != 0 ||
        json_array_append(side->ports, port_text) != 0)
        return out_of_memory();
    if (label_width > side->label_width)
        side->label_width = label_width;
    if (port_width > side->port_width)
        side->port_width = port_width;
    return OK;
}

/* One of the three lines of a box; the middle one ends in `edge`. */
static void put_box(const struct picture *p, int line, const char *label,
                    size_t columns, const char *edge)
{
    const struct strokes *s = p->strokes;
    if (line == 1) {
        buffer_printf(p->out, "%s %s", s->down, label);
        repeat(p->out, " ", columns - width(label));
        buffer_printf(p->out, " %s", edge);
        return;
    }
    buffer_put_string(p->out, s->left[line / 2]);
    repeat(p->out, s->across, columns + 2);
    buffer_put_string(p->out, s->right[line / 2]);
}

/* `─ input ──▶`, or as much room. */
static void put_way(const struct picture *p, int line, const char *port,
                    size_t columns)
{
    const struct strokes *s = p->strokes;
    if (line != 1 || !port) {
        repeat(p->out, " ", columns + 6);
        return;
    }
    buffer_printf(p->out, "%s %s ", s->across, port);
    repeat(p->out, s->across, columns - width(port) + 2);
    buffer_put_string(p->out, s->arrow);
}

static const char *entry(const json_t *list, size_t row)
{
    return json_string_value(json_array_get(list, row));
}

static void put_left(const struct picture *p, const struct side *side,
                     size_t row, int line)
{
    const char *label = entry(side->labels, row);
    if (json_array_size(side->labels) == 0)
        return;
    if (label)
        put_box(p, line, label, side->label_width, p->strokes->leave);
    else
        repeat(p->out, " ", side->label_width + 4);
    put_way(p, line, entry(side->ports, row), side->port_width);
}

static void put_right(const struct picture *p, const struct side *side,
                      size_t row, int line)
{
    const char *label = entry(side->labels, row);
    if (!label)
        return;
    put_way(p, line, entry(side->ports, row), side->port_width);
    put_box(p, line, label, side->label_width, p->strokes->down);
}

/* The app's box is as high as all rows together; its name is in the first. */
static void put_app(const struct picture *p, const char *label, size_t row,
                    size_t rows, int line, bool leaves)
{
    bool top = row == 0 && line == 0;
    bool bottom = row + 1 == rows && line == 2;
    bool named = row == 0 && line == 1;
    put_box(p, top || bottom ? line : 1, named ? label : "", width(label),
            leaves && line == 1 ? p->strokes->leave : p->strokes->down);
}

static void put_rows(const struct picture *p, const char *label,
                     const struct app_sides *sides)
{
    size_t reads = json_array_size(sides->reads.labels);
    size_t writes = json_array_size(sides->writes.labels);
    size_t rows = reads > writes ? reads : writes;
    if (rows == 0)
        rows = 1;
    for (size_t row = 0; row < rows; row++) {
        for (int line = 0; line < 3; line++) {
            put_left(p, &sides->reads, row, line);
            put_app(p, label, row, rows, line, row < writes);
            put_right(p, &sides->writes, row, line);
            buffer_put_string(p->out, "\n");
        }
    }
}

static STATUS draw_app(struct picture *p, const char *key)
{
    AUTO_JSON *lists = json_pack("[[], [], [], []]");
    AUTO_JSON *label = NULL;
    struct app_sides sides = {
        .app = key,
        .reads = { json_array_get(lists, 0), json_array_get(lists, 1), 0, 0 },
        .writes = { json_array_get(lists, 2), json_array_get(lists, 3), 0, 0 },
    };
    TRY(label_of(p, key, &label));
    TRY(visit_links(p, add_link, &sides));
    put_rows(p, json_string_value(label), &sides);
    return OK;
}

/* --- the whole */

static STATUS draw_alone(struct picture *p, const char *key)
{
    AUTO_JSON *label = NULL;
    TRY(label_of(p, key, &label));
    for (int line = 0; line < 3; line++) {
        put_box(p, line, json_string_value(label),
                width(json_string_value(label)), p->strokes->down);
        buffer_put_string(p->out, "\n");
    }
    return OK;
}

static STATUS draw_all(struct picture *p)
{
    AUTO_SORTED sorted = { 0 };
    bool starred = false;
    TRY(visit_links(p, note_beside, NULL));
    TRY(api_sorted_names(p->objects, &sorted));
    for (size_t i = 0; i < sorted.count; i++)
        if (api_graph_kind_of(json_object_get(p->objects, sorted.names[i])) ==
            API_GRAPH_APP)
            TRY(draw_app(p, sorted.names[i]));
    for (size_t i = 0; i < sorted.count; i++) {
        const json_t *apps = json_object_get(p->beside, sorted.names[i]);
        starred |= json_object_size(apps) > 1;
        if (api_graph_kind_of(json_object_get(p->objects, sorted.names[i])) !=
                API_GRAPH_APP &&
            !apps)
            TRY(draw_alone(p, sorted.names[i]));
    }
    if (starred)
        buffer_put_string(p->out, "* drawn at every app that it is "
                                  "connected to\n");
    return OK;
}

struct status api_graph_draw(const json_t *graph, bool ascii,
                             struct buffer *out)
{
    AUTO_CLEAR_BUFFER text = buffer_make((size_t)16 * 1024 * 1024);
    AUTO_JSON *beside = json_object();
    struct picture p = { .strokes = ascii ? &ascii_strokes : &box_strokes,
                         .out = &text,
                         .beside = beside };
    TRY(api_json_object(graph, "objects", &p.objects, NULL));
    TRY(api_json_object(graph, "edges", &p.edges, NULL));
    TRY(draw_all(&p));
    TRY(buffer_status(&text));
    buffer_put(out, buffer_bytes(&text));
    return buffer_status(out);
}
