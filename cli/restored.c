/* restored.c - an older store goes on: what is lost, and a person's word that
 * this may be. */

#include <stdio.h>

#include "cli/groups.h"
#include "cli/output.h"

#define PAGE 500

struct restored {
    const struct arguments *given;
    struct channel *channel;
    struct api_head head; /* the new one */
    json_t *losses;       /* what the leaves say, oldest first */
};

/* --- the leaves ---------------------------------------------------------- */

static struct status read_tree(const json_t *detail, const char *member,
                               int64_t *size, struct hash *root,
                               struct reason *why)
{
    const json_t *tree = json_object_get(detail, member);
    TRY(api_json_integer(tree, "size", 0, INT64_MAX, size, why));
    return api_json_hash(tree, "root", root, why);
}

/* The first loss since this person's head must not be larger than it says. */
static struct status check_first(const struct restored *r, const json_t *detail,
                                 struct reason *why)
{
    const struct api_head *seen = &r->channel->context.head;
    int64_t signed_size;
    struct hash root;
    TRY(read_tree(detail, "lost", &signed_size, &root, why));
    if ((uint64_t)signed_size < seen->size ||
        ((uint64_t)signed_size == seen->size &&
         !hash_equal(&root, &seen->root)))
        return refuse(why, STATUS_CORRUPT, "log",
                      "MORE IS LOST THAN THE LOG SAYS: it speaks of %lld "
                      "leaves, you have seen %llu",
                      (long long)signed_size, (unsigned long long)seen->size);
    return OK;
}

/* The same head as if it were of the new epoch: its leaves are all kept. */
static struct status check_kept(const struct restored *r, const json_t *detail,
                                struct reason *why)
{
    struct api_head seen = r->channel->context.head;
    AUTO_JSON *answer = NULL;
    int64_t kept;
    struct hash root;
    TRY(read_tree(detail, "kept", &kept, &root, why));
    if ((uint64_t)kept < seen.size || seen.size == 0)
        return OK;
    seen.epoch = r->head.epoch;
    TRY(channel_get(r->channel, &answer, why,
                    "/accord/v1/log/consistency?from=%llu&to=%llu",
                    (unsigned long long)seen.size,
                    (unsigned long long)r->head.size));
    return api_head_continues(&seen, &r->head, answer, why);
}

static struct status add_loss(struct restored *r, const json_t *detail,
                              struct reason *why)
{
    int64_t epoch;
    const struct api_head *seen = &r->channel->context.head;
    TRY(api_json_integer(detail, "epoch", 2, UINT32_MAX, &epoch, why));
    if (epoch <= seen->epoch)
        return OK; /* accepted long ago */
    if (json_array_size(r->losses) == 0 && epoch == (int64_t)seen->epoch + 1) {
        TRY(check_first(r, detail, why));
        TRY(check_kept(r, detail, why));
    }
    return json_array_append(r->losses, (json_t *)(uintptr_t)detail) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

/* What the leaf says counts only with its receipt. */
static struct status read_loss(struct restored *r, uint64_t index,
                               struct reason *why)
{
    AUTO_JSON *answer = NULL;
    AUTO_JSON *detail = NULL;
    struct api_receipt receipt;
    TRY(channel_get(r->channel, &answer, why, "/accord/v1/log/receipts/%llu",
                    (unsigned long long)index));
    TRY(api_receipt_from_json(answer, &receipt, why));
    TRY(api_receipt_verify(&receipt, &r->channel->context.log_key, why));
    if (!receipt.detail)
        return refuse(why, STATUS_CORRUPT, "log",
                      "the broker keeps back what leaf %llu says",
                      (unsigned long long)index);
    TRY(api_json_read(bytes_of_string(receipt.detail), 4096, false, &detail,
                      why));
    return add_loss(r, detail, why);
}

static struct status look_at_page(struct restored *r, const json_t *leaves,
                                  struct reason *why)
{
    size_t i;
    json_t *entry;
    json_array_foreach(leaves, i, entry)
    {
        AUTO_CLEAR_BUFFER raw = buffer_make(API_LEAF_LEN);
        struct api_leaf leaf;
        TRY(api_json_base64(entry, "leaf", &raw, why));
        TRY(api_leaf_decode(buffer_bytes(&raw), &leaf));
        if (leaf.kind == API_LEAF_RESTORE)
            TRY(read_loss(r, leaf.index, why));
    }
    return OK;
}

static struct status find_losses(struct restored *r, struct reason *why)
{
    for (uint64_t at = 0; at < r->head.size; at += PAGE) {
        AUTO_JSON *answer = NULL;
        TRY(channel_get(r->channel, &answer, why,
                        "/accord/v1/log/leaves?from=%llu&count=%d",
                        (unsigned long long)at, PAGE));
        TRY(look_at_page(r, json_object_get(answer, "leaves"), why));
    }
    if (json_array_size(r->losses) == 0)
        return refuse(why, STATUS_CORRUPT, "log",
                      "the log is of epoch %u and no leaf says why: do not "
                      "accept it",
                      r->head.epoch);
    return OK;
}

/* --- accepting ----------------------------------------------------------- */

static struct status new_head(struct restored *r, struct reason *why)
{
    const struct context *context = &r->channel->context;
    AUTO_JSON *answer = NULL;
    TRY(channel_get(r->channel, &answer, why, "/accord/v1/log/head"));
    TRY(api_head_from_json(answer, &r->head, why));
    if (failed(api_head_verify(&r->head, &context->log_key)))
        return refuse(why, STATUS_CORRUPT, "log",
                      "a log head is not signed by the pinned log key");
    if (!api_id_equal(&r->head.store, &context->head.store) ||
        r->head.epoch <= context->head.epoch)
        return refuse(why, STATUS_CONFLICT, "log",
                      "the log is of epoch %u, as you know it: nothing was "
                      "restored",
                      r->head.epoch);
    return OK;
}

static void tell(const struct restored *r)
{
    const struct api_head *seen = &r->channel->context.head;
    size_t i;
    json_t *detail;
    json_array_foreach(r->losses, i, detail)
    {
        int64_t kept = 0, lost = 0, epoch = 0;
        struct hash unused;
        status_ignore(
            api_json_integer(detail, "epoch", 0, INT64_MAX, &epoch, NULL));
        status_ignore(read_tree(detail, "kept", &kept, &unused, NULL));
        status_ignore(read_tree(detail, "lost", &lost, &unused, NULL));
        (void)printf("epoch %lld: an older store went on; %lld of %lld leaves "
                     "are LOST, from leaf %lld on\n",
                     (long long)epoch, (long long)(lost - kept),
                     (long long)lost, (long long)kept);
    }
    (void)printf("you have seen %llu leaves of epoch %u\n",
                 (unsigned long long)seen->size, seen->epoch);
    (void)printf(
        "what was withdrawn, suspended, revoked or changed in the lost "
        "part is undone: do it again before you resume a dataset\n");
}

static struct status accept(struct restored *r, struct reason *why)
{
    TRY(new_head(r, why));
    TRY(find_losses(r, why));
    if (output_is_json(r->given))
        output_json(r->losses);
    else
        tell(r);
    TRY(confirm(r->given, "go on with this log?", why));
    r->channel->context.head = r->head;
    return context_save(&r->channel->context, why);
}

static struct status accept_restore(const struct arguments *given,
                                    struct channel *c, struct reason *why)
{
    AUTO_JSON *losses = json_array();
    struct restored r = { .given = given, .channel = c, .losses = losses };
    return accept(&r, why);
}

static int run_accept_restore(const struct arguments *given)
{
    return with_channel(given, accept_restore);
}

static const struct option accept_options[] = {
    { "yes", NULL, "answer the question with yes" },
    { 0 },
};

/* clang-format off */
const struct command commands_restored[] = {
    { "log", "accept", "see what an older store lost, and go on with it", "", 0, 0,
      accept_options, "accord log accept", run_accept_restore },
    { 0 },
};
/* clang-format on */
