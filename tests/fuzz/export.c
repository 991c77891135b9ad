/* Any bytes as an exported log: length of a PEM 2, PEM (a simulator's root, or
 * nothing), JSON. As it is it never holds: nobody signed it. With the hashes
 * and the signature that fit it, what holds holds again, goes on from its own
 * head, and holds for no other key; what does not is refused with a reason.
 * Seeds: tests/fuzz/seeds.c. */

#include <stdint.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "cli/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

#define TEXT_MAX ((size_t)1024 * 1024)

static struct api_key *key;

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* The first signature makes libcrypto's generators, which only the secret heap
 * points to: that is not where leaks are searched for. */
static void make_key(void)
{
    struct api_signature unused;
    must(!failed(api_key_generate(&key)));
    struct api_signer signer = api_key_signer(key);
    must(!failed(signer.sign(signer.context, bytes_of(NULL, 0), &unused)));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    must(!failed(secret_heap_open(256 * 1024)));
    if (__lsan_disable && __lsan_enable) {
        __lsan_disable();
        make_key();
        __lsan_enable();
    } else {
        make_key();
    }
    return 0;
}

/* --- the hashes and the signature that fit -------------------------------- */

static struct status reseal_leaf(json_t *entry, struct api_frontier *frontier)
{
    AUTO_CLEAR_BUFFER raw = buffer_make(API_LEAF_LEN);
    AUTO_CLEAR_BUFFER salt = buffer_make(API_SALT_LEN);
    unsigned char sealed[API_LEAF_LEN];
    struct api_leaf leaf;
    struct hash hash;
    const char *detail;
    TRY(api_json_base64(entry, "leaf", &raw, NULL));
    TRY(api_leaf_decode(buffer_bytes(&raw), &leaf));
    leaf.index = frontier->size;
    if (!failed(api_json_base64(entry, "salt", &salt, NULL)) &&
        salt.len == API_SALT_LEN &&
        !failed(api_json_text(entry, "detail", &detail, NULL)))
        TRY(api_detail_hash(salt.data, bytes_of_string(detail), &leaf.detail));
    TRY(api_leaf_encode(&leaf, sealed));
    TRY(api_leaf_hash(sealed, &hash));
    TRY(api_frontier_add(frontier, &hash));
    must(json_object_set_new(
             entry, "leaf",
             api_json_of_base64(bytes_of(sealed, sizeof(sealed)))) == 0);
    return OK;
}

static struct status reseal(json_t *log, struct api_head *head)
{
    struct api_frontier frontier = { .size = 0 };
    struct api_signer signer = api_key_signer(key);
    unsigned char raw[API_HEAD_LEN];
    size_t i;
    json_t *entry;
    TRY(api_head_from_json(json_object_get(log, "head"), head, NULL));
    json_array_foreach(json_object_get(log, "leaves"), i, entry)
    {
        TRY(reseal_leaf(entry, &frontier));
    }
    head->size = frontier.size;
    TRY(api_frontier_root(&frontier, &head->root));
    TRY(api_head_encode(head, raw));
    TRY(signer.sign(signer.context, bytes_of(raw, sizeof(raw)),
                    &head->signature));
    must(json_object_set_new(log, "head", api_head_to_json(head)) == 0);
    return OK;
}

/* --- what must hold ------------------------------------------------------- */

static bool runs(struct bytes pem, const json_t *log,
                 const struct api_spki *log_key, const struct api_head *seen)
{
    struct verifier *v = calloc(1, sizeof(*v));
    struct reason why = { "" };
    must(v != NULL);
    if (pem.len > 0)
        status_ignore(verifier_add_anchor(v, pem, true, &why));
    why.text[0] = '\0';
    struct status s = verifier_run(v, log, log_key, seen, &why);
    must(!failed(s) || why.text[0] != '\0');
    free(v);
    return !failed(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct api_spki mine = api_key_signer(key).key, nobody = { { 0 } };
    const struct api_head none = { .size = 0 };
    struct api_head head;
    struct cursor in = cursor_of(bytes_of(data, size));
    struct bytes pem = cursor_take(&in, cursor_u16(&in));
    AUTO_JSON *log = NULL;
    struct reason why = { "" };
    if (in.broken || failed(api_json_read(bytes_of(in.at, in.left), TEXT_MAX,
                                          false, &log, &why)))
        return 0;
    must(!runs(pem, log, &mine, &none));
    if (failed(reseal(log, &head)) || !runs(pem, log, &mine, &none))
        return 0;
    must(runs(pem, log, &mine, &none));
    must(runs(pem, log, &mine, &head));
    must(!runs(pem, log, &nobody, &none));
    return 0;
}
