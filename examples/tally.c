#include "examples/tally.h"

#include <stdint.h>
#include <stdlib.h>

struct entry {
    unsigned char *text;
    size_t len;
    size_t count;
    size_t order; /* of first appearance */
};

struct tally {
    struct entry *slots; /* open addressing, a power of two of them */
    size_t capacity, used, total;
};

struct status tally_new(struct tally **out)
{
    struct tally *t = calloc(1, sizeof(*t));
    if (!t)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    t->capacity = 256;
    t->slots = calloc(t->capacity, sizeof(*t->slots));
    if (!t->slots) {
        free(t);
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    }
    *out = t;
    return OK;
}

void tally_free(struct tally *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->capacity; i++)
        free(t->slots[i].text);
    free(t->slots);
    free(t);
}

/* FNV-1a; the input is the owners' own, not an attacker's. */
static size_t slot_of(const struct entry *slots, size_t capacity,
                      struct bytes text)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < text.len; i++)
        h = (h ^ text.at[i]) * 0x100000001b3u;
    size_t at = (size_t)h & (capacity - 1);
    while (slots[at].text && (slots[at].len != text.len ||
                              memcmp(slots[at].text, text.at, text.len) != 0))
        at = (at + 1) & (capacity - 1);
    return at;
}

static struct status grow(struct tally *t)
{
    size_t capacity = t->capacity * 2;
    struct entry *slots = calloc(capacity, sizeof(*slots));
    if (!slots)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    for (size_t i = 0; i < t->capacity; i++) {
        struct entry *e = &t->slots[i];
        if (e->text)
            slots[slot_of(slots, capacity, bytes_of(e->text, e->len))] = *e;
    }
    free(t->slots);
    t->slots = slots;
    t->capacity = capacity;
    return OK;
}

struct status tally_add(struct tally *t, struct bytes text)
{
    if (t->used * 2 >= t->capacity)
        TRY(grow(t));
    struct entry *e = &t->slots[slot_of(t->slots, t->capacity, text)];
    if (!e->text) {
        e->text = malloc(text.len + 1);
        if (!e->text)
            return failure(STATUS_NO_MEMORY, "malloc", 0);
        if (text.len > 0)
            memcpy(e->text, text.at, text.len);
        e->len = text.len;
        e->order = t->used++;
    }
    e->count++;
    t->total++;
    return OK;
}

size_t tally_count(const struct tally *t)
{
    return t->total;
}

size_t tally_unique(const struct tally *t)
{
    return t->used;
}

struct bytes tally_top(const struct tally *t, size_t *freq)
{
    const struct entry *best = NULL;
    for (size_t i = 0; i < t->capacity; i++) {
        const struct entry *e = &t->slots[i];
        if (e->text && (!best || e->count > best->count ||
                        (e->count == best->count && e->order < best->order)))
            best = e;
    }
    *freq = best ? best->count : 0;
    return best ? bytes_of(best->text, best->len) : bytes_of(NULL, 0);
}
