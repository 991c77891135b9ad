#include "cli/history.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define PIECE_MAX  ((size_t)512 * 1024 * 1024)
#define NAME_LEN   46 /* two numbers of 20 digits, "-" and ".json" */
#define PATH_BYTES 4096

void history_clear(struct history *h)
{
    json_decref(h->leaves);
    json_decref(h->head_json);
    *h = (struct history){ .head = { .size = 0 } };
}

json_t *history_export(const struct history *h)
{
    return json_pack("{s:s, s:O, s:O}", "accord", "log/v1", "head",
                     h->head_json, "leaves", h->leaves);
}

static struct status take_leaf(struct history *h, json_t *json,
                               struct reason *why)
{
    AUTO_CLEAR_BUFFER raw = buffer_make(API_LEAF_LEN);
    struct api_leaf leaf;
    struct hash hash;
    TRY(api_json_base64(json, "leaf", &raw, why));
    TRY(api_leaf_decode(buffer_bytes(&raw), &leaf));
    if (leaf.index != h->frontier.size)
        return refuse(why, STATUS_CORRUPT, "log",
                      "leaf %llu stands where leaf %llu is due",
                      (unsigned long long)leaf.index,
                      (unsigned long long)h->frontier.size);
    TRY(api_leaf_hash(raw.data, &hash));
    TRY(api_frontier_add(&h->frontier, &hash));
    return json_array_append(h->leaves, json) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status check_head(const struct history *h,
                                const struct api_head *head,
                                const struct api_spki *log_key,
                                struct reason *why)
{
    struct hash root;
    struct status held = api_head_verify(head, log_key);
    if (held.code == STATUS_NO_MEMORY)
        return held; /* no verdict */
    if (failed(held))
        return refuse(why, STATUS_CORRUPT, "head",
                      "the head is not signed by the pinned log key");
    TRY(api_frontier_root(&h->frontier, &root));
    if (head->size != h->frontier.size || !hash_equal(&head->root, &root))
        return refuse(why, STATUS_CORRUPT, "head",
                      "the leaves do not give the signed root: a leaf was "
                      "altered, added or left out");
    if (h->head.size > 0 && !api_id_equal(&h->head.store, &head->store))
        return refuse(why, STATUS_CORRUPT, "head",
                      "the head is another store's than the one before");
    return OK;
}

/* Leaves, then the head over them. */
static struct status take(struct history *h, const json_t *leaves, json_t *json,
                          const struct api_spki *log_key, struct reason *why)
{
    struct api_head head;
    for (size_t i = 0; i < json_array_size(leaves); i++)
        TRY(take_leaf(h, json_array_get(leaves, i), why));
    TRY(api_head_from_json(json, &head, why));
    TRY(check_head(h, &head, log_key, why));
    h->head = head;
    json_decref(h->head_json);
    h->head_json = json_incref(json);
    return OK;
}

/* --- reading ---------------------------------------------------------------
 */

static struct status read_piece(struct history *h, const char *path,
                                const struct api_spki *log_key,
                                struct reason *why)
{
    AUTO_CLEAR_BUFFER text = buffer_make(PIECE_MAX);
    AUTO_JSON *piece = NULL;
    const json_t *leaves;
    int64_t from;
    struct status s = file_read(path, &text);
    if (failed(s))
        return refuse(why, s.code, "log", "cannot read %s", path);
    TRY(api_json_read(buffer_bytes(&text), PIECE_MAX, false, &piece, why));
    TRY(api_json_integer(piece, "from", 0, INT64_MAX, &from, why));
    if ((uint64_t)from != h->head.size)
        return refuse(why, STATUS_CORRUPT, "log",
                      "it begins at leaf %lld, leaf %llu is due: a piece is "
                      "missing",
                      (long long)from, (unsigned long long)h->head.size);
    TRY(api_json_array(piece, "leaves", &leaves, why));
    return take(h, leaves, json_object_get(piece, "head"), log_key, why);
}

static int is_piece(const struct dirent *entry)
{
    static const char digits[] = "0123456789";
    const char *name = entry->d_name;
    return strlen(name) == NAME_LEN && strspn(name, digits) == 20 &&
           name[20] == '-' && strspn(name + 21, digits) == 20 &&
           strcmp(name + 41, ".json") == 0;
}

static struct status read_named(struct history *h, const char *directory,
                                const char *name,
                                const struct api_spki *log_key,
                                struct reason *why)
{
    char path[PATH_BYTES];
    struct reason cause = { "" };
    int len = snprintf(path, sizeof(path), "%s/%s", directory, name);
    if (len < 0 || (size_t)len >= sizeof(path))
        return failure(STATUS_INVALID, "path", 0);
    struct status s = read_piece(h, path, log_key, &cause);
    if (!failed(s) || s.code == STATUS_NO_MEMORY)
        return s;
    enum status_code code = s.code == STATUS_INVALID ? STATUS_CORRUPT : s.code;
    return refuse(why, code, "log", "%s: %s", name,
                  cause.text[0] ? cause.text : "this is no piece of a log");
}

struct status history_read(const char *directory,
                           const struct api_spki *log_key, struct history *out,
                           struct reason *why)
{
    struct dirent **names = NULL;
    struct status s = OK;
    *out = (struct history){ .leaves = json_array() };
    if (!out->leaves)
        return failure(STATUS_NO_MEMORY, "json", 0);
    int count = scandir(directory, &names, is_piece, alphasort);
    if (count < 0)
        return refuse(why, STATUS_NOT_FOUND, "log", "cannot read %s",
                      directory);
    for (int i = 0; i < count; i++) {
        if (!failed(s))
            s = read_named(out, directory, names[i]->d_name, log_key, why);
        free(names[i]);
    }
    free(names);
    return s;
}

/* --- adding ----------------------------------------------------------------
 */

struct status history_add(struct history *h, const char *directory,
                          json_t *leaves, json_t *head,
                          const struct api_spki *log_key, struct reason *why)
{
    AUTO_CLEAR_BUFFER text = buffer_make(PIECE_MAX);
    char path[PATH_BYTES];
    uint64_t from = h->head.size;
    TRY(take(h, leaves, head, log_key, why));
    if (h->head.size == from)
        return OK;
    AUTO_JSON *piece =
        json_pack("{s:s, s:I, s:O, s:O}", "accord", "log/v1", "from",
                  (json_int_t)from, "head", head, "leaves", leaves);
    if (!piece)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(api_json_canonical(piece, &text));
    int len =
        snprintf(path, sizeof(path), "%s/%020llu-%020llu.json", directory,
                 (unsigned long long)from, (unsigned long long)h->head.size);
    if (len < 0 || (size_t)len >= sizeof(path))
        return failure(STATUS_INVALID, "path", 0);
    struct status s = file_write(path, buffer_bytes(&text), 0600);
    return failed(s) ? refuse(why, s.code, "log", "cannot write %s", path) : OK;
}
