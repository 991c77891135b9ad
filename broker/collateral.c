#include "broker/collateral.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

void collateral_init(struct collateral *held)
{
    *held = (struct collateral){ .count = 0 };
    (void)pthread_mutex_init(&held->lock, NULL);
}

static void clear_sets(struct collateral_set *sets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        collateral_set_clear(&sets[i]);
    free(sets);
}

void collateral_clear(struct collateral *held)
{
    clear_sets(held->sets, held->count);
    held->sets = NULL;
    held->count = 0;
}

/* Newest first: the evaluation, then the date. */
static int compare(const void *a, const void *b)
{
    const struct policy_collateral *x =
        &((const struct collateral_set *)a)->about;
    const struct policy_collateral *y =
        &((const struct collateral_set *)b)->about;
    if (x->evaluation != y->evaluation)
        return x->evaluation > y->evaluation ? -1 : 1;
    if (x->issued != y->issued)
        return x->issued > y->issued ? -1 : 1;
    return memcmp(x->digest.bytes, y->digest.bytes, HASH_LEN);
}

static struct status read_sets(DIR *open, const char *directory,
                               struct collateral_set *sets, size_t *count)
{
    for (;;) {
        struct reason why = { "" };
        errno = 0;
        const struct dirent *entry = readdir(open);
        if (!entry)
            return errno == 0 ? OK
                              : failure(STATUS_UNAVAILABLE, "readdir",
                                        (uint32_t)errno);
        if (entry->d_name[0] == '.')
            continue; /* also what is being written */
        if (*count == COLLATERAL_SETS_MAX) {
            (void)fprintf(stderr,
                          "collateral: more than %d sets in %s: the "
                          "rest is left out\n",
                          COLLATERAL_SETS_MAX, directory);
            return OK;
        }
        struct status s =
            collateral_read(directory, entry->d_name, &sets[*count], &why);
        if (s.code == STATUS_NO_MEMORY)
            return s;
        if (failed(s))
            (void)fprintf(stderr, "collateral: %s is left out: %s\n",
                          entry->d_name, why.text);
        else
            (*count)++;
    }
}

static bool are_same(const struct collateral *held,
                     const struct collateral_set *sets, size_t count)
{
    if (held->count != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!hash_equal(&held->sets[i].about.digest, &sets[i].about.digest))
            return false;
    return true;
}

static void replace(struct collateral *held, struct collateral_set *sets,
                    size_t count)
{
    (void)pthread_mutex_lock(&held->lock);
    struct collateral_set *before = held->sets;
    size_t before_count = held->count;
    held->generation += !are_same(held, sets, count);
    held->sets = sets;
    held->count = count;
    (void)pthread_mutex_unlock(&held->lock);
    clear_sets(before, before_count);
}

struct status collateral_load(struct collateral *held, const char *directory,
                              struct reason *why)
{
    if (directory[0] == '\0')
        return OK;
    struct collateral_set *sets = calloc(COLLATERAL_SETS_MAX, sizeof(*sets));
    size_t count = 0;
    if (!sets)
        return failure(STATUS_NO_MEMORY, "calloc", 0);
    DIR *open = opendir(directory);
    if (!open) {
        free(sets);
        return refuse(why, STATUS_UNAVAILABLE, "collateral",
                      "collateral: cannot read the directory %s", directory);
    }
    struct status s = read_sets(open, directory, sets, &count);
    (void)closedir(open);
    if (failed(s)) {
        clear_sets(sets, count);
        return refuse(why, s.code, s.origin,
                      "collateral: cannot read the directory %s", directory);
    }
    qsort(sets, count, sizeof(*sets), compare);
    replace(held, sets, count);
    return OK;
}

static bool is_about(const struct collateral_set *set,
                     const struct attest_identity *platform, uint8_t ca)
{
    return hash_equal(&set->about.anchor, &platform->anchor) &&
           set->about.tee == (platform->kind & API_KIND_PLATFORM) &&
           memcmp(set->about.fmspc, platform->platform.fmspc, 6) == 0 &&
           set->about.ca == ca;
}

struct status collateral_find(struct collateral *held,
                              const struct attest_identity *platform,
                              uint8_t ca, struct buffer *encoded,
                              struct policy_collateral *about)
{
    struct status s = failure(STATUS_NOT_FOUND, "collateral", 0);
    (void)pthread_mutex_lock(&held->lock);
    for (size_t i = 0; i < held->count; i++)
        if (is_about(&held->sets[i], platform, ca)) {
            buffer_put(encoded, buffer_bytes(&held->sets[i].encoded));
            *about = held->sets[i].about;
            s = buffer_status(encoded);
            break;
        }
    (void)pthread_mutex_unlock(&held->lock);
    return s;
}

uint64_t collateral_generation(struct collateral *held)
{
    (void)pthread_mutex_lock(&held->lock);
    uint64_t generation = held->generation;
    (void)pthread_mutex_unlock(&held->lock);
    return generation;
}

static json_t *set_json(const struct collateral_set *set)
{
    const struct policy_collateral *a = &set->about;
    char fmspc[2 * sizeof(a->fmspc) + 1];
    hex_encode(bytes_of(a->fmspc, sizeof(a->fmspc)), fmspc);
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:o}", "name",
                     set->name, "tee", api_kind_name(a->tee), "fmspc", fmspc,
                     "ca", policy_collateral_ca(a->ca), "evaluation",
                     (json_int_t)a->evaluation, "issued", (json_int_t)a->issued,
                     "expires", (json_int_t)set->expires, "anchor",
                     api_json_of_hash(&a->anchor), "digest",
                     api_json_of_hash(&a->digest));
}

json_t *collateral_list(struct collateral *held)
{
    json_t *items = json_array();
    bool whole = items != NULL;
    (void)pthread_mutex_lock(&held->lock);
    for (size_t i = 0; i < held->count && whole; i++)
        whole = json_array_append_new(items, set_json(&held->sets[i])) == 0;
    (void)pthread_mutex_unlock(&held->lock);
    if (!whole) {
        json_decref(items);
        return NULL;
    }
    return json_pack("{s:o}", "items", items);
}

uint64_t collateral_left(struct collateral *held, uint64_t now)
{
    uint64_t left = UINT64_MAX;
    (void)pthread_mutex_lock(&held->lock);
    for (size_t i = 0; i < held->count; i++) {
        uint64_t end = held->sets[i].expires;
        uint64_t its = end > now ? end - now : 0;
        left = its < left ? its : left;
    }
    (void)pthread_mutex_unlock(&held->lock);
    return left;
}
